"""A working calendar over some months: a row for each, its days across, and in words what is closed and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.utils.dates import WEEKDAYS
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.charts.axis import months_on, percentage
from portal.charts.words import month_word, year_word
from projects_api.schedule.calendar import CalendarRules, calendar_of
from projects_api.schedule.stops import Stop, stops
from projects_api.wording import in_chinese

DAY = 100 / 31  # percent of the width: all months share it, so that a day stands above the same day
NAMED = (1, 5, 10, 15, 20, 25, 30)


def months_chart(rules: CalendarRules, *, first: date, months: int = 12) -> dict[str, Any]:
    """The context of ``charts/_months.html`` for the months from that of ``first`` on: ``{% include … with months=… only %}``.

    Closed days are bars, working days dots, so that neither is told by colour alone; the words beside say the same.
    """
    return {
        "days": [{"x": _middle(number), "word": str(number)} for number in NAMED],
        "rows": [_month(rules, months_on(first.replace(day=1), number)) for number in range(months)],
    }


def _month(rules: CalendarRules, first: date) -> dict[str, Any]:
    last = months_on(first, 1) - timedelta(days=1)
    closed = stops(rules, first, last)
    return {
        "first": first,
        "word": month_of_year(first),
        "drawing": _drawing(closed, first, last),
        "working": calendar_of(rules).between(first, last + timedelta(days=1)),
        "closed": closed_words(rules, closed),
    }


def month_of_year(day: date) -> str:
    """``Nov 2026`` or ``2026年11月``."""
    return year_word(day) + month_word(day) if in_chinese() else f"{month_word(day)} {year_word(day)}"


def _middle(number: int) -> str:
    return percentage((number - 0.5) * DAY)


def _drawing(closed: Sequence[Stop], first: date, last: date) -> SafeString:
    """SVG elements whose heights are the style sheet's. Numbers only: nothing to escape."""
    shut = {stop.start + timedelta(days=n) for stop in closed for n in range(stop.days)}
    parts = [
        f'<rect class="day-closed" x="{percentage((stop.start.day - 1) * DAY)}" width="{percentage(stop.days * DAY)}"/>'
        for stop in _joined(closed)
    ]
    parts += [
        f'<circle class="day-open" cx="{_middle(number)}"/>'
        for number in range(1, last.day + 1)
        if first.replace(day=number) not in shut
    ]
    return SafeString("".join(parts))


def _joined(closed: Sequence[Stop]) -> list[Stop]:
    """Neighbours as one bar, whatever their reasons."""
    found: list[Stop] = []
    for stop in closed:
        if found and found[-1].end + timedelta(days=1) == stop.start:
            found[-1] = Stop(found[-1].start, stop.end, "")
        else:
            found.append(stop)
    return found


def closed_words(rules: CalendarRules, closed: Sequence[Stop]) -> list[str]:
    """``1–10 winter stop``, a line each; the weekly ones in one line, by their names and number."""
    lines = [f"{_span(stop)} {_why(stop)}" for stop in closed if stop.why != "weekday"]
    weekly = sum(stop.days for stop in closed if stop.why == "weekday")
    if weekly:
        days = ngettext("%(n)s day", "%(n)s days", weekly) % {"n": weekly}
        lines.append(_("%(weekdays)s: %(days)s") % {"weekdays": weekday_words(rules), "days": days})
    return lines


def weekday_words(rules: CalendarRules) -> str:
    return _(", ").join(str(WEEKDAYS[number]) for number in sorted(rules.closed_weekdays))


def _span(stop: Stop) -> str:
    days = str(stop.start.day) if stop.days == 1 else f"{stop.start.day}–{stop.end.day}"
    return f"{days}日" if in_chinese() else days


def _why(stop: Stop) -> str:
    words = {
        "spring_festival": _("Spring Festival"),
        "winter": _("winter stop"),
        "public_holiday": _("public holiday"),
    }
    return stop.label or words.get(stop.why) or _("closed")
