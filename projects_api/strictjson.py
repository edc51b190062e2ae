"""JSON as RFC 8259 with I-JSON's strictness (RFC 7493): what one parser takes and another does not is
refused; pure.

Python's own parser takes NaN, 1e999, duplicate keys and lone surrogates, and fails with a RecursionError on
deep nesting. Here each is an `InvalidInput` that names the member where it is known.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

from django.utils.translation import gettext as _

from projects_api.errors import InvalidInput, TooLarge

MAX_DIGITS = 40
# A string (possessive, so that no input makes it backtrack), or a bracket outside of strings.
_STRING_OR_BRACKET = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{}]', re.DOTALL)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class _Bad:
    """Stands in the tree where a value was refused, until the walk has found out where that is."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        self.message = message


def loads(body: bytes, *, max_bytes: int, max_depth: int = 32) -> Any:
    """The value of a JSON text: objects are dicts, numbers are ints and finite floats, strings can be stored.

    Raises TooLarge, or InvalidInput with codes: invalid_utf8, byte_order_mark, invalid_json, too_deep,
    duplicate_key, not_finite, out_of_range, too_many_digits, nul, surrogate. Linear in the size of the body.
    """
    if len(body) > max_bytes:
        raise TooLarge(
            _("The body has %(size)s bytes; at most %(max)s are accepted.") % {"size": len(body), "max": max_bytes}
        )
    if body.startswith(b"\xef\xbb\xbf"):
        raise InvalidInput.one("", "byte_order_mark", _("The body starts with a byte order mark; send plain UTF-8."))
    try:
        text = bytes(body).decode("utf-8")
    except UnicodeDecodeError as error:
        message = _("The body is not UTF-8 (byte %(position)s).") % {"position": error.start}
        raise InvalidInput.one("", "invalid_utf8", message) from None
    _check_depth(text, max_depth)
    reader = _Reader()
    try:
        value = reader.decoder.decode(text)
    except json.JSONDecodeError as error:
        values = {"line": error.lineno, "column": error.colno}
        message = _("The body is not valid JSON (line %(line)s, column %(column)s).") % values
        raise InvalidInput.one("", "invalid_json", message) from None
    # Only an escape can smuggle in half a character or NUL: UTF-8 has no surrogates, raw NUL is refused by
    # the parser.
    if reader.found or "\\u" in text:
        _walk(value, "")
    return value


class _Reader:
    """The standard decoder with hooks that leave a `_Bad` behind instead of raising without a place."""

    def __init__(self) -> None:
        self.found = False
        self.decoder = json.JSONDecoder(
            object_pairs_hook=self._object,
            parse_float=self._float,
            parse_int=self._int,
            parse_constant=self._constant,
        )

    def _bad(self, code: str, message: str) -> _Bad:
        self.found = True
        return _Bad(code, message)

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        if len(members) != len(pairs):
            seen: set[str] = set()
            for key, _value in pairs:
                if key in seen:
                    members[key] = self._bad("duplicate_key", _("This member appears twice."))
                seen.add(key)
        return members

    def _float(self, digits: str) -> float | _Bad:
        if len(digits) > MAX_DIGITS:
            return self._too_long()
        value = float(digits)
        return value if math.isfinite(value) else self._bad("out_of_range", _("The number is too large."))

    def _int(self, digits: str) -> int | _Bad:
        # Before int(): it is quadratic, and refuses 4,300 digits with an error of its own.
        return int(digits) if len(digits) <= MAX_DIGITS else self._too_long()

    def _too_long(self) -> _Bad:
        return self._bad("too_many_digits", _("A number has at most %(max)s digits.") % {"max": MAX_DIGITS})

    def _constant(self, name: str) -> _Bad:
        return self._bad("not_finite", _("%(name)s is not JSON.") % {"name": name})


def _check_depth(text: str, max_depth: int) -> None:
    """Counted before parsing: the parser recurses."""
    depth = 0
    for match in _STRING_OR_BRACKET.finditer(text):
        char = match[0][0]
        if char in "[{":
            depth += 1
            if depth > max_depth:
                message = _("The body is nested more than %(max)s deep.") % {"max": max_depth}
                raise InvalidInput.one("", "too_deep", message)
        elif char in "]}":
            depth -= 1


def _walk(value: object, pointer: str) -> None:
    """Raises for the first refused value. Recursion is bounded by the depth checked before."""
    if isinstance(value, _Bad):
        raise InvalidInput.one(pointer, value.code, value.message)
    if isinstance(value, str):
        _check_string(value, pointer)
    elif isinstance(value, dict):
        for key, item in value.items():
            # A key that cannot be stored cannot be named in the answer either: its object is.
            _check_string(key, pointer)
            _walk(item, f"{pointer}/{key[:100].replace('~', '~0').replace('/', '~1')}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _walk(item, f"{pointer}/{index}")


def _check_string(value: str, pointer: str) -> None:
    found = _UNSTORABLE.search(value)
    if found:
        _refuse_character(found[0], pointer)


def _refuse_character(char: str, pointer: str) -> NoReturn:
    if char == "\x00":
        raise InvalidInput.one(pointer, "nul", _("A text may not contain the character NUL."))
    raise InvalidInput.one(pointer, "surrogate", _("A text contains half a character (a lone surrogate)."))
