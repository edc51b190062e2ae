"""A bureau's year on one sheet (挂图作战): a row per project, the months across."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from math import ceil, floor
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from mapviews.styles import LIGHT_STYLES
from portal.charts.axis import Axis, flag, percentage
from portal.charts.words import month_word, period, short_day
from projects_api.late_words import project_words
from projects_api.wording import in_chinese

# The width of a letter of the marks' words, in percent of a year on the narrowest desk (560 px): full-width, others.
WIDE, NARROW, GAP = 1.9, 1.05, 1.6


Mark = tuple[date, str, str]

# What each kind is in the template and the style sheet; what is drawn later lies on top.
BARS = {"baseline": "plan", "forecast": "rest", "actual": "done"}
MARKS = {"planned": "wp", "expected": "we", "met": "wm"}


@dataclass(frozen=True, kw_only=True)
class WallRow:
    """A project. ``bars``: (baseline, forecast or actual; first day; last day). ``marks``: (day; planned, met or expected;
    title). ``progress`` in percent; ``over``: it is ready, and ``finish`` a fact; ``group``: the word of its target in
    the plan; ``since``: the day from which on it is ``suspended``, where somebody said it."""

    code: str
    title: str
    url: str
    region: str
    light: str
    light_word: str
    progress: int
    planned_progress: int | None = None
    bars: list[tuple[str, date, date]] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    finish: date | None = None
    over: bool = False
    slip_days: int | None = None
    suspended: bool = False
    since: date | str | None = None
    leader: str = ""
    group: str = ""


def wall_chart(rows: Sequence[WallRow], *, year: int, today: date, day_word: str = "") -> dict[str, Any]:
    """The context of ``charts/_wall.html`` for 1 January to 31 December: ``{% include … with wall=… only %}``, once a page.

    Groups come in the order in which they first appear, rows keep theirs. What lies outside of the year is cut off, and a
    small arrow says that it goes on. ``day_word`` stands at the line of ``today``: another word for another day.
    """
    axis = Axis(date(year, 1, 1), date(year, 12, 31))
    groups: dict[str, list[WallRow]] = {}
    for row in rows:
        groups.setdefault(row.group, []).append(row)
    months = [date(year, month, 1) for month in range(1, 13)]
    chinese = in_chinese()
    return {
        "year": year,
        "today": flag(axis, today),
        "day_word": day_word or _("today"),
        "months": [
            {"x": percentage(axis.at(m)), "middle": axis.x(m.replace(day=16)), "word": month_word(m), "number": m.month}
            for m in months
        ],
        "lights": LIGHT_STYLES,
        "tally": _tally(rows),
        "groups": [
            {
                "word": word,
                "count": len(members),
                "tally": _tally(members),
                "rows": [_wall_row(r, axis, chinese) for r in members],
            }
            for word, members in groups.items()
        ],
    }


def _tally(rows: Iterable[WallRow]) -> list[dict[str, Any]]:
    """How many projects show each light, in the order of ``LIGHT_STYLES``."""
    rows = list(rows)
    counts = Counter(row.light for row in rows)
    words = {row.light: row.light_word for row in rows}
    return [{"light": code, "word": words[code], "count": counts[code]} for code in LIGHT_STYLES if counts[code]]


def _wall_row(row: WallRow, axis: Axis, chinese: bool) -> dict[str, Any]:
    year = axis.first.year
    marks = sorted(row.marks)
    spans: dict[str, list[tuple[date, date]]] = {kind: [] for kind in BARS}
    for kind, start, finish in row.bars:
        spans[kind].append((start, finish))
    return {
        "row": row,
        "drawing": _drawing(spans, marks, axis),
        "finish": short_day(row.finish, year, chinese=chinese),
        "slip": project_words(
            row.slip_days, over=row.over, known=row.finish is not None, suspended=row.suspended, since=row.since
        ),
        "late": (row.slip_days or 0) > 0,
        "periods": [
            ", ".join(period(*span, year, chinese=chinese) for span in spans[kind])
            for kind in ("baseline", "actual", "forecast")
        ],
        "milestones": _milestones(marks, year, chinese),
    }


def _drawing(spans: dict[str, list[tuple[date, date]]], marks: Sequence[Mark], axis: Axis) -> SafeString:
    """A row's bars, marks and labels as SVG elements whose heights are the style sheet's.

    Written here and not in the template: there are 20 of them in each of 300 rows. Only titles are text; they are escaped.
    """
    parts = [
        f'<rect class="{looks}" x="{bar["x"]}" width="{bar["w"]}"/>'
        for kind, looks in BARS.items()
        for bar in axis.bars(spans[kind])
    ]
    every = [day for span in spans.values() for pair in span for day in pair]
    if any(day < axis.first for day in every):
        parts.append('<use href="#w-before"/>')
    if any(day > axis.last for day in every):
        parts.append('<use href="#w-beyond" x="100%"/>')
    parts += [
        f'<use href="#{shape}" x="{x}"/>'
        for kind, shape in MARKS.items()
        for day, mark, _title in marks
        if mark == kind and (x := axis.x(day))
    ]
    parts += [f'<text x="{x}">{escape(title)}</text>' for x, title in _labels(marks, axis)]
    return SafeString("".join(parts))


def _milestones(marks: Sequence[Mark], year: int, chinese: bool) -> str:
    """``Topping-out: planned 3 May, met 9 May; …``, in the order of the days."""
    words = {"planned": _("planned"), "expected": _("expected"), "met": _("met")}
    told: dict[str, list[str]] = {title: [] for _day, _kind, title in marks}
    for kind, word in words.items():
        for day, mark, title in marks:
            if mark == kind:
                told[title].append(f"{word} {short_day(day, year, chinese=chinese)}")
    return "; ".join(f"{title}: {', '.join(days)}" for title, days in told.items())


def _width(text: str) -> float:
    return sum(WIDE if ord(letter) > 0x2E7F else NARROW for letter in text)


def _labels(marks: Sequence[Mark], axis: Axis) -> list[tuple[str, str]]:
    """The marks' titles, from left to right, where there is room for them below the bar: the x of their middle, the title.

    A title that is planned and also met or expected is written once, where it is now. What finds no room is in the table.
    """
    current = {title for _day, kind, title in marks if kind != "planned"}
    labels: list[tuple[str, str]] = []
    free = 0.0
    for day, kind, title in marks:
        if not axis.first <= day <= axis.last or kind == "planned" and title in current:
            continue
        width = _width(title)
        left = min(max(axis.at(day) - width / 2, 0.0), 100 - width)
        if left >= free:
            # Whole percents keep 300 rows small; at the edges they are rounded inwards.
            middle = left + width / 2
            whole = ceil(middle) if left == 0 else floor(middle) if left == 100 - width else round(middle)
            labels.append((f"{whole}%", title))
            free = left + width + GAP
    return labels
