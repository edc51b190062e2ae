"""The rules of the traffic lights: a bureau's setting, Yinchuan's rule of 2025 by default (`domain.md`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from projects_api.errors import FieldError, InvalidInput


@dataclass(frozen=True, slots=True)
class LightRules:
    """When a project is yellow or red; 0 switches a rule off.

    ``behind_yellow``/``behind_red``  percentage points of physical progress behind the baseline: at least / more than
    ``slip_yellow``/``slip_red``      days by which the forecast finish lies after the baseline's: at least
    ``start_red``                     planned start missed in so many months in a row: red (yellow from the first day on)
    ``stale_days``                    no report for so many days
    ``term_start``                    month-day on which the school year begins
    """

    behind_yellow: int = 10
    behind_red: int = 30
    slip_yellow: int = 1
    slip_red: int = 90
    start_red: int = 3
    stale_days: int = 30
    term_start: str = "09-01"

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> LightRules:
        """From plain JSON; absent members take the defaults. Raises InvalidInput that names every wrong member."""
        known = {field.name for field in fields(cls)}
        errors = [
            FieldError(f"/{name}", "unknown_field", _("There is no such field.")) for name in document.keys() - known
        ]
        for name, (low, high) in _RANGES.items():
            value = document.get(name, low)
            if type(value) is not int or not low <= value <= high:
                words = _("A whole number between %(low)s and %(high)s.") % {"low": low, "high": high}
                errors.append(FieldError(f"/{name}", "out_of_range", words))
        if not _is_month_day(document.get("term_start", "09-01")):
            errors.append(FieldError("/term_start", "invalid", _("A month and a day, like 09-01.")))
        if errors:
            raise InvalidInput(errors)
        rules = cls(**document)
        for first, then in (("behind_yellow", "behind_red"), ("slip_yellow", "slip_red")):
            if 0 < getattr(rules, then) < getattr(rules, first):
                errors.append(FieldError(f"/{then}", "below_yellow", _("Red cannot begin before yellow.")))
        if errors:
            raise InvalidInput(errors)
        return rules

    def document(self) -> dict[str, Any]:
        return asdict(self)

    def next_term(self, day: date, ago: int = 0) -> date:
        """The first start of a term, autumn's or spring's, on or after a day; ``ago``: so many starts before that one.

        The spring term begins half a year after the school year: to the month, its day is set anew every year.
        """
        month, number = int(self.term_start[:2]), int(self.term_start[3:])
        half = (month + 5) % 12 + 1
        starts = sorted(
            start
            for year in range(day.year - 2, day.year + 2)
            for start in (date(year, month, number), date(year, half, 1))
        )
        return starts[next(place for place, start in enumerate(starts) if start >= day) - ago]

    def is_autumn(self, term: date) -> bool:
        """Whether a term begins the school year, on the day that the bureau has set."""
        return f"{term:%m-%d}" == self.term_start

    def term_after(self, day: date) -> date:
        """The first start of a school year on or after a day."""
        month, number = int(self.term_start[:2]), int(self.term_start[3:])
        this_year = date(day.year, month, number)
        return this_year if this_year >= day else date(day.year + 1, month, number)


_RANGES = {
    "behind_yellow": (0, 100),
    "behind_red": (0, 100),
    "slip_yellow": (0, 3650),
    "slip_red": (0, 3650),
    "start_red": (0, 24),
    "stale_days": (0, 3650),
}


def _is_month_day(text: object) -> bool:
    """A day that every year has."""
    try:
        return isinstance(text, str) and len(text) == 5 and date.fromisoformat(f"2023-{text}").strftime("%m-%d") == text
    except ValueError:
        return False
