"""Why a day is closed: the spans of a working calendar with their reasons, for people who read it; pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import groupby

from projects_api.schedule.calendar import CalendarRules, calendar_of

_NOTHING = CalendarRules()


@dataclass(frozen=True, slots=True)
class Stop:
    """Closed from ``start`` to ``end``, both inclusive.

    ``why``: ``closure`` (then ``label`` is its own word, perhaps ""), ``spring_festival``, ``winter``, ``public_holiday`` or
    ``weekday``. Where several close a day, the first of these is told.
    """

    start: date
    end: date
    why: str
    label: str = ""

    @property
    def days(self) -> int:
        return (self.end - self.start).days + 1


def stops(rules: CalendarRules, first: date, last: date) -> list[Stop]:
    """The closed spans from ``first`` to ``last``, in order; neighbours with another reason are spans of their own."""
    closed = list(_closed(rules, first, last))
    found = []
    for (why, label, _run), group in groupby(
        enumerate(closed), key=lambda item: (item[1][1], item[1][2], item[1][0].toordinal() - item[0])
    ):
        days = [day for _place, (day, _why, _label) in group]
        found.append(Stop(days[0], days[-1], why, label))
    return found


def _closed(rules: CalendarRules, first: date, last: date) -> Iterator[tuple[date, str, str]]:
    # Each reason alone is a calendar too: what closes a day is asked of the code that closes it.
    calendar = calendar_of(rules)
    alone = {
        "spring_festival": calendar_of(replace(_NOTHING, spring_festival=rules.spring_festival)),
        "winter": calendar_of(replace(_NOTHING, winter=rules.winter)),
        "public_holiday": calendar_of(replace(_NOTHING, public_holidays=rules.public_holidays)),
    }
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        if calendar.is_working(day):
            continue
        own = next((closure for closure in rules.closures if closure.start <= day <= closure.end), None)
        if own is not None:
            yield day, "closure", own.label
        else:
            yield day, next((why for why, one in alone.items() if not one.is_working(day)), "weekday"), ""
