"""A project's stages on the axis of time: baseline, forecast, actual, critical path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _

from portal.charts.axis import Axis, flag
from portal.charts.words import days_word, period, short_day
from projects_api.late_words import slip_words

Dates = tuple[date | None, date | None]

POINT = 0.8  # percent of the width below which a bar would be a hairline and is drawn as a diamond


@dataclass(frozen=True, kw_only=True)
class GanttRow:
    """A stage. Dates are inclusive; ``links`` are the keys it comes after; ``slip_days`` > 0 is late."""

    key: str
    title: str
    baseline_start: date | None = None
    baseline_finish: date | None = None
    forecast_start: date | None = None
    forecast_finish: date | None = None
    actual_start: date | None = None
    actual_finish: date | None = None
    percent: int = 0
    critical: bool = False
    float_days: int | None = None
    slip_days: int | None = None
    state: str = "scheduled"
    state_word: str = ""
    public: bool = True
    links: list[str] = field(default_factory=list)


def _drawn(axis: Axis, start: date | None, finish: date | None) -> dict[str, str] | None:
    """A bar (``x``, ``w``) or, for a single day or what is too short to see, a diamond (``x`` alone)."""
    if finish is None:
        return None
    if start is None or axis.at(finish + timedelta(days=1)) - axis.at(start) < POINT:
        x = axis.x(finish)
        return {"x": x} if x else None
    return axis.bar(start, finish)


def gantt_chart(
    rows: Sequence[GanttRow],
    *,
    today: date,
    needed_by: date | None = None,
    closed: Sequence[tuple[date, date]] = (),
    baseline_name: str = "",
) -> dict[str, Any]:
    """The context of ``charts/_gantt.html``: ``{% include "charts/_gantt.html" with gantt=… only %}``, once a page.

    Rows keep their order. The axis holds every date of a row and the deadline, and today while anything is open. Without
    any date ``axis`` is None and the template says so.
    """
    pairs: list[Dates] = [
        pair
        for r in rows
        for pair in (
            (r.baseline_start, r.baseline_finish),
            (r.forecast_start, r.forecast_finish),
            (r.actual_start, r.actual_finish),
        )
    ]
    days = [day for pair in pairs for day in pair if day]
    if not days:
        return {"axis": None, "rows": []}
    days += [needed_by] if needed_by else []
    days += [today] if any(r.actual_finish is None for r in rows) else []
    axis = Axis.of_months(days)
    titles = {r.key: r.title for r in rows}
    return {
        "axis": axis,
        "ticks": axis.ticks(),
        "years": axis.years(),
        "closed": axis.bars(closed),
        "today": flag(axis, today),
        "needed_by": flag(axis, needed_by),
        "baseline_name": baseline_name,
        "rows": [_gantt_row(row, axis, today, titles) for row in rows],
        "critical": any(row.critical for row in rows),
        "internal": any(not row.public for row in rows),
    }


def _planned(day: date | None) -> str:
    """Where nobody knows a day, the plan's is said to be the plan's."""
    return f"{_('planned')} {short_day(day)}" if day else ""


def _gantt_row(row: GanttRow, axis: Axis, today: date, titles: dict[str, str]) -> dict[str, Any]:
    done = row.actual_finish is not None
    begun = row.actual_start or row.actual_finish
    worked_until = row.actual_finish or (today if row.actual_start and row.actual_start <= today else None)
    slip = slip_words(row.slip_days, done)
    return {
        "row": row,
        "baseline": _drawn(axis, row.baseline_start, row.baseline_finish),
        "forecast": None if done else _drawn(axis, begun or row.forecast_start, row.forecast_finish),
        "actual": _drawn(axis, begun, worked_until),
        "hatched": row.critical and not done,
        "done": done,
        "finish": short_day(row.actual_finish or row.forecast_finish) or _planned(row.baseline_finish),
        "slip": slip,
        "late": (row.slip_days or 0) > 0,
        "periods": [
            period(row.baseline_start, row.baseline_finish),
            period(row.forecast_start, row.forecast_finish),
            period(row.actual_start, row.actual_finish),
        ],
        "float": "" if row.float_days is None else days_word(row.float_days),
        "after": [titles[key] for key in row.links if key in titles],
    }
