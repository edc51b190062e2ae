"""Why days are closed: the stops are exactly the closed days, and each has the reason that a reader would give."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projects_api.schedule.calendar import CalendarRules, Closure, calendar_of
from projects_api.schedule.stops import stops

pytestmark = pytest.mark.once

FIRST, LAST = date(2026, 11, 1), date(2027, 10, 31)
DAYS = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
RULES = st.builds(
    CalendarRules,
    closed_weekdays=st.sampled_from([(), (6,), (5, 6), (0, 2)]),
    winter=st.sampled_from([None, ("11-15", "03-10"), ("07-01", "07-20"), ("02-29", "02-29")]),
    spring_festival=st.sampled_from([None, (10, 15), (0, 1), (0, 0)]),
    public_holidays=st.booleans(),
    closures=st.lists(
        st.tuples(st.sampled_from(DAYS), st.integers(0, 40), st.sampled_from(["", "flood", "exams"])), max_size=3
    ).map(lambda rows: tuple(Closure(day, day + timedelta(days=n), why) for day, n, why in rows)),
)


@given(RULES)
def test_stops_are_the_closed_days_in_order_and_once(rules: CalendarRules) -> None:
    calendar = calendar_of(rules)
    found = stops(rules, FIRST, LAST)
    told = [stop.start + timedelta(days=n) for stop in found for n in range(stop.days)]
    assert told == [day for day in DAYS if not calendar.is_working(day)]
    for one, following in zip(found, found[1:], strict=False):
        gap = (following.start - one.end).days > 1
        assert gap or (one.why, one.label) != (following.why, following.label), "a span is told whole"


def test_the_reason_is_the_most_particular_one() -> None:
    rules = CalendarRules(
        closed_weekdays=(6,),
        winter=("12-20", "02-20"),
        spring_festival=(3, 2),  # the first day of the lunar year is 6 February 2027
        public_holidays=True,
        closures=(Closure(date(2027, 2, 4), date(2027, 2, 4), "flood"), Closure(date(2027, 6, 8), date(2027, 6, 8))),
    )
    february = [(s.start.day, s.end.day, s.why, s.label) for s in stops(rules, date(2027, 2, 1), date(2027, 2, 28))]
    assert february == [
        (1, 2, "winter", ""),
        (3, 3, "spring_festival", ""),
        (4, 4, "closure", "flood"),
        (5, 7, "spring_festival", ""),
        (8, 20, "winter", ""),
        (21, 21, "weekday", ""),
        (28, 28, "weekday", ""),
    ]
    october = stops(rules, date(2027, 10, 1), date(2027, 10, 3))
    assert [(s.start.day, s.end.day, s.why) for s in october] == [(1, 3, "public_holiday")]
    assert [(s.why, s.label) for s in stops(rules, date(2027, 6, 8), date(2027, 6, 8))] == [("closure", "")]


def test_nothing_is_closed_where_nothing_is_set() -> None:
    assert stops(CalendarRules(), FIRST, LAST) == []
