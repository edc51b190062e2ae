"""Days as lengths along the width of a chart.

Lengths are percentages, as text for SVG attributes: an SVG without a view box then fits any column, screen and sheet,
with no inline style (the content security policy forbids it) and no script. A day is the span from its beginning to its
end, so that a stage of one day is one day wide and stages that follow each other touch.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from portal.charts.words import month_word, short_day, year_word

# Percent of the width that a word needs: a year on a phone, a month on the desk.
YEAR, MONTH = 9, 4
AT_MOST = 14  # months that are named


def percentage(value: float) -> str:
    """To a tenth: less than a pixel on a chart of 1,000."""
    return f"{round(value, 1):g}%"


@dataclass(frozen=True)
class Axis:
    """Days from ``first`` to ``last``, both drawn whole, over 0 to 100 % of the width."""

    first: date
    last: date

    @classmethod
    def of_months(cls, days: Sequence[date]) -> Axis:
        """The whole months around ``days`` (at least one day)."""
        return cls(min(days).replace(day=1), months_on(max(days).replace(day=1), 1) - timedelta(days=1))

    def at(self, day: date) -> float:
        """Where ``day`` begins, in percent of the width; may lie outside of 0 to 100."""
        return 100 * (day - self.first).days / ((self.last - self.first).days + 1)

    def x(self, day: date) -> str | None:
        """The middle of ``day``; None outside of the axis."""
        if not self.first <= day <= self.last:
            return None
        return percentage((self.at(day) + self.at(day + timedelta(days=1))) / 2)

    def bar(self, start: date, finish: date) -> dict[str, str] | None:
        """``x`` and ``w`` of what lies on the axis; None if nothing does, or it ends before it starts."""
        low, high = max(self.at(start), 0.0), min(self.at(finish + timedelta(days=1)), 100.0)
        return {"x": percentage(low), "w": percentage(high - low)} if high > low else None

    def bars(self, spans: Iterable[tuple[date, date]]) -> list[dict[str, str]]:
        return [bar for span in spans if (bar := self.bar(*span))]

    def ticks(self, at_most: int = AT_MOST, on_phone: int = 6) -> list[dict[str, Any]]:
        """Months that are named: ``day`` and ``x`` of their beginning, ``word``, ``more`` (no room for it on a phone).

        Where only every January has room, its year is its name: `years` has no words then.
        """
        months = self._months()
        step, phone = _step(len(months), at_most), _step(len(months), on_phone)
        return [
            {
                "day": day,
                "x": percentage(at),
                "word": year_word(day) if step % 12 == 0 else month_word(day),
                "more": _ordinal(day) % phone != 0 or at > 100 - YEAR,
            }
            for day in months
            if _ordinal(day) % step == 0 and (at := self.at(day)) <= 100 - MONTH
        ]

    def years(self) -> list[dict[str, Any]]:
        """``x`` of their beginning, ``word``, and where it stands: ``word_x``, ``end`` (to the left of it).

        A first year that is cut off too short for its word has none; a last one writes it against the end.
        """
        firsts = [self.first, *(date(year, 1, 1) for year in range(self.first.year + 1, self.last.year + 1))]
        ends = [*(self.at(day) for day in firsts[1:]), 100.0]
        years, of_years = [], _step(len(self._months()), AT_MOST) % 12 == 0
        for day, end in zip(firsts, ends, strict=True):
            x, short = percentage(self.at(day)), end - self.at(day) < YEAR
            last = short and end == 100.0
            word = "" if (short and not last) or of_years else year_word(day)
            years.append({"x": x, "word": word, "word_x": "100%" if last else x, "end": last})
        return years

    def _months(self) -> list[date]:
        count = _ordinal(self.last) - _ordinal(self.first) + 1
        return [months_on(self.first.replace(day=1), n) for n in range(count)]


def _ordinal(day: date) -> int:
    """The number of its month."""
    return day.year * 12 + day.month - 1


def _step(months: int, at_most: int) -> int:
    """Every how many months a label stands, so that there are at most so many."""
    steps = (1, 2, 3, 6, 12, 24, 60, 120, 240)
    return next((step for step in steps if months <= step * at_most), steps[-1])


def months_on(first_of_month: date, months: int) -> date:
    count = _ordinal(first_of_month) + months
    return date(count // 12, count % 12 + 1, 1)


def flag(axis: Axis, day: date | None) -> dict[str, Any] | None:
    """A line through the whole chart: ``x``, ``day``, ``short`` (its words), ``end``: the words stand to the left of it."""
    if day is None or (x := axis.x(day)) is None:
        return None
    return {"x": x, "day": day, "short": short_day(day), "end": axis.at(day) > 60}
