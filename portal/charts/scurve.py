"""A project's progress over time: planned, actual, and now expected, in percent; drawn on the server."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, TypedDict

from django.utils.translation import gettext as _

from portal.charts.axis import Axis, flag
from portal.charts.words import percent, short_day
from projects_api.wording import day as long_day


class CurvePoint(TypedDict):
    """Cumulative percent on a day; None where a curve has no value (actual after today, forecast before)."""

    day: date
    planned: float | None
    actual: float | None
    forecast: float | None


# In the order of the values of a row.
CURVES = ("planned", "actual", "forecast")


def scurve_chart(
    points: Sequence[CurvePoint],
    *,
    today: date,
    needed_by: date | None = None,
    measured: bool = True,
    day_word: str = "",
    key: str = "scurve",
) -> dict[str, Any]:
    """The context of ``charts/_scurve.html``: ``{% include "charts/_scurve.html" with scurve=… only %}``.

    ``key`` begins the ids of the chart's elements: another for each curve of a page. ``day_word`` stands at the line of
    ``today``, where that is another day.
    The drawing is made here and stands without a script: ``curves`` as lines in a box of 1,000 × 100 that fits any width,
    ``levels``, ``ticks``, ``flags``. ``data`` goes to the browser as JSON, to be read day by day: where each day lies, the three
    curves in percent (null: no value), the words. ``standing`` is the sentence that the chart shows: where the work is against
    the plan on the last day that has an actual value; not ``measured``, only what is done. Without any value ``points`` is empty
    and the template says so.
    """
    points = sorted(points, key=lambda point: point["day"])
    rows = [[_rounded(value) for value in (p["planned"], p["actual"], p["forecast"])] for p in points]
    if not any(value is not None for row in rows for value in row):
        return {"points": []}
    flags = [("today", today, day_word or _("today")), ("needed", needed_by, _("needed by"))]
    axis = Axis.of_months([point["day"] for point in points] + ([needed_by] if needed_by else []))
    last = max((i for i, row in enumerate(rows) if row[1] is not None), default=None)
    return {
        "key": key,
        "today": today,
        "needed_by": needed_by,
        "standing": _standing(points[last]["day"], rows[last], measured) if last is not None else "",
        "last": len(points) - 1,
        "start": last or 0,
        "points": [
            {"day": short_day(point["day"]), "values": ["–" if value is None else percent(value) for value in row]}
            for point, row in zip(points, rows, strict=True)
        ],
        "curves": [(name, _lines(axis, points, [row[i] for row in rows])) for i, name in enumerate(CURVES)],
        "levels": [(level, 100 - level) for level in (0, 25, 50, 75, 100)],
        "ticks": axis.ticks(),
        "years": axis.years(),
        "flags": [
            (kind, f"{_across(axis, day):g}", word, line)
            for kind, day, word in flags
            if day and (line := flag(axis, day))
        ],
        "data": {
            "across": [_across(axis, point["day"]) for point in points],
            "words": [long_day(point["day"]) for point in points],
            "curves": dict(zip(CURVES, zip(*rows, strict=True), strict=True)),
            "labels": {
                "planned": _("Planned progress"),
                "actual": _("Actual progress"),
                "forecast": _("Expected progress"),
            },
        },
    }


def _across(axis: Axis, day: date) -> float:
    """Where the middle of a day lies in a drawing that is 1,000 wide."""
    return round(5 * (axis.at(day) + axis.at(day + timedelta(days=1))), 1)


def _lines(axis: Axis, points: Sequence[CurvePoint], values: Sequence[float | None]) -> list[str]:
    """Each stretch without a gap as the points of a line; 100 high, growing downwards."""
    stretches: list[list[str]] = [[]]
    for point, value in zip(points, values, strict=True):
        if value is None:
            stretches.append([])
        else:
            stretches[-1].append(f"{_across(axis, point['day']):g},{100 - value:g}")
    return [" ".join(stretch) for stretch in stretches if stretch]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), 1)


def points_behind(planned: float, actual: float) -> float:
    """Percentage points between the two as they are shown, to a tenth; below 0 where the work is ahead."""
    return round(round(planned, 1) - round(actual, 1), 1)


def _standing(day: date, row: Sequence[float | None], measured: bool) -> str:
    """``On 3 July 2023: planned 45%, done 38%: 7 points behind the plan.``"""
    planned, actual = row[0], row[1] or 0.0
    if planned is None or not measured:
        return _("On %(day)s: %(actual)s done.") % {"day": long_day(day), "actual": percent(actual)}
    gap = points_behind(planned, actual)
    if gap > 0:
        text = _("On %(day)s: planned %(planned)s, done %(actual)s: %(gap)s points behind the plan.")
    elif gap < 0:
        text = _("On %(day)s: planned %(planned)s, done %(actual)s: %(gap)s points ahead of the plan.")
    else:
        text = _("On %(day)s: planned %(planned)s, done %(actual)s: on plan.")
    return text % {
        "day": long_day(day),
        "planned": percent(planned),
        "actual": percent(actual),
        "gap": f"{abs(gap):g}",
    }
