"""Text from outside, made safe to store and to show; pure.

Markup and template text (`<b>`, `{{7*191}}`, `${1}`) is ordinary text: it is kept and shown literally
everywhere. What is refused is what cannot be stored (NUL, lone surrogates), what no reader can see, and what
makes text show other than it is (Unicode TR 36 and 39, "Trojan Source"). Everything is normalised to NFC, so
that equal names compare equal.
"""

from __future__ import annotations

import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from projects_api.errors import InvalidInput

# Letters and marks that draw nothing, though Unicode does not call them format characters.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_BREAKS = frozenset("\n\r\x0b\x0c\x85\u2028\u2029")
_JOINERS = frozenset("\u200c\u200d")  # zero-width, but part of the spelling of some scripts and of emoji
# UAX 15, "Stream-Safe Text Format". Normalising is quadratic in the length of such a run.
_MAX_MARKS = 30


def clean_line(value: object, *, pointer: str, max_length: int, allow_blank: bool = False) -> str:
    """One line (a name, a title, a number of a document), stripped and in NFC, at most `max_length`
    characters.

    Raises InvalidInput, codes: not_a_string, blank, too_long, control_character, line_break, surrogate,
    noncharacter, bidi_control, invisible_character, too_many_marks.
    """
    return _clean(value, pointer, max_length, allow_blank, lines=False)


def clean_text(value: object, *, pointer: str, max_length: int, allow_blank: bool = True) -> str:
    """Running text: as `clean_line`, but tabs, line breaks (all become `\\n`) and joiners inside are kept."""
    return _clean(value, pointer, max_length, allow_blank, lines=True)


def validate_line(value: str) -> None:
    """Django validator of a single line. Raises ValidationError with the code of `clean_line`."""
    _validate(value, lines=False)


def validate_text(value: str) -> None:
    """Django validator of running text. Raises ValidationError with the code of `clean_text`."""
    _validate(value, lines=True)


def _clean(value: object, pointer: str, max_length: int, allow_blank: bool, *, lines: bool) -> str:
    if not isinstance(value, str):
        raise InvalidInput.one(pointer, "not_a_string", _("Expected a text."))
    too_long = _("At most %(max)s characters.") % {"max": max_length}
    # NFC never shortens a text to less than a quarter: whatever is longer need not even be looked at.
    if len(value) > 4 * max_length + 100:
        raise InvalidInput.one(pointer, "too_long", too_long)
    if lines:
        value = value.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    value = value.strip()
    fault = _fault(value, lines=lines)
    if fault:
        raise InvalidInput.one(pointer, *fault)
    value = unicodedata.normalize("NFC", value)
    if len(value) > max_length:
        raise InvalidInput.one(pointer, "too_long", too_long)
    if not value and not allow_blank:
        raise InvalidInput.one(pointer, "blank", _("This may not be blank."))
    return value


def _validate(value: str, *, lines: bool) -> None:
    # Browsers send line breaks as CR LF: not a fault of the writer.
    fault = _fault(value.replace("\r\n", "\n") if lines else value, lines=lines)
    if fault:
        raise ValidationError(fault[1], code=fault[0])


def _fault(value: str, *, lines: bool) -> tuple[str, str] | None:
    """Code and message of the first character that is not accepted."""
    if value.isascii() and value.isprintable():
        return None
    marks = 0
    for index, char in enumerate(value):
        marks = marks + 1 if unicodedata.combining(char) else 0
        code = "too_many_marks" if marks > _MAX_MARKS else _refusal(char, lines)
        if code:
            place = {"point": f"U+{ord(char):04X}", "position": index + 1}
            return code, _message(code) % place
    return None


def _refusal(char: str, lines: bool) -> str | None:
    if char in _BREAKS:
        return None if lines and char == "\n" else "control_character" if lines else "line_break"
    category = unicodedata.category(char)
    if category == "Cc":
        return None if lines and char == "\t" else "control_character"
    if category == "Cs":
        return "surrogate"
    if category == "Cn":  # also unassigned characters, which a newer Unicode may have: those pass
        return "noncharacter" if ord(char) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(char) <= 0xFDEF else None
    if char in _BIDI:
        return "bidi_control"
    if category == "Cf" or char in _BLANK:
        return None if lines and char in _JOINERS else "invisible_character"
    return None


def _message(code: str) -> str:
    return {
        "line_break": _("A line break at position %(position)s; this is a single line."),
        "control_character": _("The control character %(point)s at position %(position)s is not accepted."),
        "surrogate": _("Half a character (%(point)s) at position %(position)s."),
        "noncharacter": _("%(point)s at position %(position)s is not a character."),
        "bidi_control": _("The writing-direction control %(point)s at position %(position)s is not accepted."),
        "invisible_character": _("The invisible character %(point)s at position %(position)s is not accepted."),
        "too_many_marks": _("Too many accents on one letter at position %(position)s."),
    }[code]
