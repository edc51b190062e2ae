"""Cells to values: dates, amounts, whole numbers, with the words that stand in for them understood.

``CellError`` carries the reason that the rejected row is reported with.
"""

from __future__ import annotations

import re
from collections.abc import Mapping as Dict
from datetime import date, datetime
from decimal import Decimal
from functools import cache

from django.conf import settings
from django.db.models import TextChoices
from django.utils import translation
from django.utils.translation import gettext as _

from projects_api.bounds import AREA_MAX, CLASSES_MAX, EARLIEST, LATEST, MONEY_MAX, PLACES_MAX
from projects_api.errors import InvalidInput
from projects_api.text import clean_line, clean_text

# By field; the record's own bounds.
MOST: dict[str, int | Decimal] = {
    "classes": CLASSES_MAX,
    "places": PLACES_MAX,
    "floor_area": AREA_MAX,
    "land_area": AREA_MAX,
}

_GROUPED = re.compile(r"-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]{1,2})?")
_PLAIN = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,2})?")
# In another unit: 1256.3478 万元 are whole yuan.
_AMOUNT = re.compile(r"-?([0-9]{1,3}(,[0-9]{3})+|[0-9]{1,15})(\.[0-9]{1,10})?")
_DEGREES = re.compile(r"[+-]?[0-9]{1,3}(\.[0-9]{1,15})?")
_METRES = re.compile(r"[+-]?[0-9]{1,8}(\.[0-9]{1,15})?")
TRUE = frozenset({"true", "yes", "1", "是"})
FALSE = frozenset({"false", "no", "0", "否", ""})


class CellError(Exception):
    """Why a cell is not what its column holds."""


class Values:
    """The formats of one mapping, with answers remembered: a table repeats its dates and amounts. ``today``: after
    which no fact can lie, where that is known."""

    def __init__(
        self,
        date_formats: tuple[str, ...],
        money_signs: str,
        money_unit: int,
        words: Dict[str, str],
        today: date | None = None,
    ) -> None:
        self._formats = date_formats
        self._signs = str.maketrans("", "", money_signs.replace(",", "").replace("-", ""))
        self._unit = money_unit
        self._words = words
        self._dates: dict[str, date] = {}
        self.today = today

    def word(self, cell: str) -> str:
        """``"PNS: project not started"`` when the cell is a word of the mapping, else empty."""
        return f"{cell}: {self._words[cell]}" if cell in self._words else ""

    def day(self, cell: str) -> date | None:
        """None for an empty cell and for a known word. Raises CellError."""
        if not cell or cell in self._words:
            return None
        if cell not in self._dates:
            self._dates[cell] = self._read_date(cell)
        return self._dates[cell]

    def fact(self, cell: str) -> date | None:
        """The day of something that has happened. Raises CellError, also where it is still to come."""
        day = self.day(cell)
        if day is not None and self.today is not None and day > self.today:
            raise CellError(_("This is a fact, so it cannot lie in the future."))
        return day

    def _read_date(self, cell: str) -> date:
        for layout in self._formats:
            try:
                found = datetime.strptime(cell, layout).date()
            except ValueError:
                continue
            if not EARLIEST <= found <= LATEST:
                raise CellError(
                    _("“%(cell)s” is not a date between %(low)s and %(high)s")
                    % {"cell": cell[:40], "low": EARLIEST, "high": LATEST}
                )
            return found
        raise CellError(_("“%(cell)s” is neither a date nor a known word") % {"cell": cell[:40]})

    def money(self, cell: str, *, negative: bool = False) -> Decimal | None:
        """None for an empty cell, a known word and zero (which says that there is none). Raises CellError."""
        if not cell or cell in self._words:
            return None
        bare = cell.translate(self._signs).replace(" ", "")
        exact = Decimal(bare.replace(",", "")) * self._unit if _AMOUNT.fullmatch(bare) else None
        # Nothing is rounded: what is no whole number of cents in its unit is another unit, or no amount.
        if exact is None or (amount := exact.quantize(Decimal("0.01"))) != exact:
            raise CellError(_("“%(cell)s” is neither an amount nor a known word") % {"cell": cell[:40]})
        if amount > MONEY_MAX or amount < (-MONEY_MAX if negative else 0):
            raise CellError(_("“%(cell)s” is out of range for an amount") % {"cell": cell[:40]})
        return amount or None


def number(cell: str) -> int | None:
    if not cell:
        return None
    if not re.fullmatch(r"[0-9]{1,6}", cell):
        raise CellError(_("“%(cell)s” is not a whole number") % {"cell": cell[:40]})
    return int(cell)


def decimal(cell: str) -> Decimal | None:
    if not cell:
        return None
    if not (_PLAIN.fullmatch(cell) or _GROUPED.fullmatch(cell)) or cell.startswith("-"):
        raise CellError(_("“%(cell)s” is not a number with at most two decimals") % {"cell": cell[:40]})
    return Decimal(cell.replace(",", "")).quantize(Decimal("0.01"))


def within(key: str, value: Decimal | int | None) -> Decimal | int | None:
    """The value, where the project's field of that name can hold it. Raises CellError."""
    most = MOST.get(key)
    if value is not None and most is not None and value > most:
        raise CellError(
            _("%(value)s is more than the record holds here: at most %(most)s") % {"value": value, "most": most}
        )
    return value


def ordinate(cell: str, *, metres: bool) -> float:
    """A longitude or latitude; on a survey grid an easting, with its zone in front or without, or a northing."""
    if not (_METRES if metres else _DEGREES).fullmatch(cell):
        words = _("“%(cell)s” is not a number of metres") if metres else _("“%(cell)s” is not a number of degrees")
        raise CellError(words % {"cell": cell[:40]})
    return float(cell)


def flag(cell: str) -> bool:
    if cell.casefold() in TRUE:
        return True
    if cell.casefold() in FALSE:
        return False
    raise CellError(_("“%(cell)s” is neither yes nor no") % {"cell": cell[:40]})


def code_of(cell: str, vocabulary: type[TextChoices]) -> str:
    """The code that a cell means: itself, or the word for it in either language. What means none is returned as it is."""
    return _words(vocabulary).get(cell.casefold(), cell)


def known_codes(vocabulary: type[TextChoices]) -> str:
    """Every code, with its word where that says more to the reader: what a cell may hold."""
    return ", ".join(
        code if word.casefold() == code.replace("_", " ") else f"{code} ({word})"
        for code, word in ((choice.value, str(choice.label)) for choice in vocabulary)
    )


@cache
def _words(vocabulary: type[TextChoices]) -> dict[str, str]:
    found: dict[str, str] = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            found |= {str(choice.label).casefold(): choice.value for choice in vocabulary}
    return found | {choice.value: choice.value for choice in vocabulary}


def safe_text(text: str, *, max_length: int, lines: bool = False) -> str:
    """The text as the product keeps it (NFC, no control, bidi or zero-width characters). Raises CellError."""
    try:
        return (clean_text if lines else clean_line)(text, pointer="", max_length=max_length) if text else ""
    except InvalidInput as error:
        raise CellError("; ".join(str(e.message) for e in error.errors)) from None
