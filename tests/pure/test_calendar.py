"""Working calendars: what a bureau closes, counting in working days, and what is refused."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projects_api.errors import InvalidInput
from projects_api.schedule.calendar import (
    FIRST,
    LAST,
    MAX_CLOSURES,
    CalendarRules,
    Closure,
    WorkCalendar,
    calendar_of,
)
from tests.pure.refusals import refusal

DAY = timedelta(days=1)
NORTH = CalendarRules(winter=("11-15", "03-15"), spring_festival=(7, 15))
OFFICE = CalendarRules(closed_weekdays=(5, 6), public_holidays=True)


def closed(rules: CalendarRules, first: date, last: date) -> list[date]:
    calendar = calendar_of(rules)
    days = (first + DAY * number for number in range((last - first).days + 1))
    return [day for day in days if not calendar.is_working(day)]


def span(first: date, last: date) -> list[date]:
    return [first + DAY * number for number in range((last - first).days + 1)]


def test_sites_work_every_day_unless_the_bureau_says_otherwise() -> None:
    calendar = calendar_of(CalendarRules())
    assert calendar.between(date(2024, 1, 1), date(2025, 1, 1)) == 366
    assert calendar.index(FIRST) == 0
    assert calendar.day(0) == FIRST
    assert calendar.index(LAST) == (LAST - FIRST).days


@pytest.mark.parametrize(("year", "first"), [(2023, date(2023, 1, 22)), (2024, date(2024, 2, 10))])
def test_spring_festival_closes_the_days_before_it_and_from_it_on(year: int, first: date) -> None:
    days = closed(CalendarRules(spring_festival=(7, 15)), date(year, 1, 1), date(year, 12, 31))
    assert days == span(first - 7 * DAY, first + 14 * DAY)
    assert closed(CalendarRules(spring_festival=(0, 1)), date(year, 1, 1), date(year, 12, 31)) == [first]
    assert closed(CalendarRules(spring_festival=(2, 0)), date(year, 1, 1), date(year, 12, 31)) == span(
        first - 2 * DAY, first - DAY
    )


def test_a_lunar_year_that_nobody_knows_closes_nothing_and_the_calendar_says_so() -> None:
    calendar = calendar_of(CalendarRules(spring_festival=(7, 15)))
    assert calendar.unknown_years(date(1949, 12, 1), date(2100, 12, 31)) == []
    assert calendar.unknown_years(date(2099, 1, 1), date(2103, 5, 1)) == [2101, 2102, 2103]
    assert calendar.between(date(2101, 1, 1), date(2102, 1, 1)) == 365
    assert calendar.between(date(2100, 1, 1), date(2101, 1, 1)) == 365 - 22
    assert calendar_of(OFFICE).unknown_years(date(2100, 1, 1), date(2101, 1, 1)) == [2101]
    assert calendar_of(CalendarRules()).unknown_years(date(2099, 1, 1), date(2103, 5, 1)) == []


def test_a_winter_stop_runs_over_new_year() -> None:
    rules = CalendarRules(winter=("11-15", "03-15"))
    assert closed(rules, date(2023, 7, 1), date(2024, 6, 30)) == span(date(2023, 11, 15), date(2024, 3, 15))
    # The winter that had begun before the calendar, and the one that ends after it.
    assert closed(CalendarRules(winter=("11-15", "10-10")), FIRST, date(1949, 11, 14)) == span(
        FIRST, date(1949, 10, 10)
    )
    assert closed(rules, date(2110, 6, 1), LAST) == span(date(2110, 11, 15), LAST)


def test_a_stop_within_a_year() -> None:
    rules = CalendarRules(winter=("01-01", "02-29"))
    rules.check()
    assert closed(rules, date(2023, 7, 1), date(2024, 12, 31)) == span(date(2024, 1, 1), date(2024, 2, 29))
    assert closed(CalendarRules(winter=("07-01", "07-01")), date(2024, 1, 1), date(2024, 12, 31)) == [date(2024, 7, 1)]


@pytest.mark.parametrize(("year", "end"), [(2023, 28), (2024, 29), (2025, 28), (2100, 28)])
def test_29_february_means_the_28th_in_a_common_year(year: int, end: int) -> None:
    until = closed(CalendarRules(winter=("12-01", "02-29")), date(year, 1, 1), date(year, 6, 30))
    assert until == span(date(year, 1, 1), date(year, 2, end))
    begun = closed(CalendarRules(winter=("02-29", "03-15")), date(year, 1, 1), date(year, 6, 30))
    assert begun == span(date(year, 2, end), date(year, 3, 15))


def test_weekdays_are_closed_by_their_number() -> None:
    calendar = calendar_of(CalendarRules(closed_weekdays=(6,)))
    assert not calendar.is_working(date(2026, 11, 22))  # a Sunday
    assert [calendar.is_working(date(2026, 11, day)) for day in range(16, 22)] == [True] * 6
    assert calendar.between(date(2026, 11, 2), date(2026, 11, 30)) == 24


def test_public_holidays_are_the_days_off_of_the_state_council() -> None:
    # Its notice for 2024: National Day 1 to 7 October, with 29 September and 12 October worked.
    autumn = (date(2024, 9, 23), date(2024, 10, 13))
    week = span(date(2024, 10, 1), date(2024, 10, 7))
    weekends = [date(2024, 9, 28), date(2024, 10, 13)]
    assert sorted(set(week) | set(weekends)) == closed(OFFICE, *autumn)
    # 5 and 6 October were a weekend: a site without weekends has them off too, for nobody comes back for two days.
    every_day = CalendarRules(public_holidays=True)
    assert closed(every_day, *autumn) == week
    # Qingming 2025 was a Friday: the weekend after it is one like any other.
    assert closed(every_day, date(2025, 4, 1), date(2025, 4, 10)) == [date(2025, 4, 4)]


def test_a_longer_stop_outranks_a_make_up_day() -> None:
    worked_saturday = date(2024, 10, 12)
    assert calendar_of(OFFICE).is_working(worked_saturday)
    stop = CalendarRules((5, 6), public_holidays=True, closures=(Closure(worked_saturday, worked_saturday),))
    assert not calendar_of(stop).is_working(worked_saturday)


def test_a_closure_closes_its_first_and_its_last_day() -> None:
    rules = CalendarRules(closures=(Closure(date(2026, 6, 7), date(2026, 6, 9), "gaokao"),))
    assert closed(rules, date(2026, 6, 1), date(2026, 6, 30)) == span(date(2026, 6, 7), date(2026, 6, 9))


def test_counting_over_a_closed_span() -> None:
    calendar = calendar_of(CalendarRules(closures=(Closure(date(2026, 6, 7), date(2026, 6, 9)),)))
    before, inside, after = date(2026, 6, 6), date(2026, 6, 8), date(2026, 6, 10)
    assert calendar.add(before, 1) == after
    assert calendar.add(inside, 0) == after
    assert calendar.add(after, -1) == before
    assert calendar.between(before, after) == 1
    assert calendar.between(after, before) == -1
    assert calendar.index(inside) == calendar.index(after) == calendar.index(before) + 1
    # Work of two days that starts on the 6th ends, half-open, before the index of the 11th: on the 10th.
    assert calendar.last(calendar.index(before) + 2) == after


rules = st.builds(
    CalendarRules,
    closed_weekdays=st.lists(st.integers(0, 6), unique=True, max_size=4).map(tuple),
    winter=st.none() | st.sampled_from([("11-15", "03-15"), ("12-20", "02-29"), ("06-01", "06-30")]),
    spring_festival=st.none() | st.tuples(st.integers(0, 30), st.integers(0, 30)),
    public_holidays=st.booleans(),
    closures=st.lists(
        st.builds(
            lambda start, days, label: Closure(start, start + DAY * days, label),
            st.dates(date(1990, 1, 1), date(2080, 1, 1)),
            st.integers(0, 200),
            st.text("abc 高考", max_size=5).map(str.strip),
        ),
        max_size=3,
    ).map(tuple),
)
# 500 working days of the scantiest calendar are 17 years: none of these days is nearer to the end of what is known.
days = st.dates(date(1968, 1, 1), date(2092, 1, 1))


@given(rules, days, st.integers(-500, 500))
def test_counting_is_consistent(rules: CalendarRules, day: date, steps: int) -> None:
    calendar = calendar_of(rules)
    index = calendar.index(day)
    landed = calendar.day(index)
    if calendar.is_working(day):
        assert landed == day
    else:  # the next working day
        assert landed > day
        assert closed(rules, day, landed - DAY) == span(day, landed - DAY)
    assert calendar.index(day + DAY) == index + calendar.is_working(day)
    assert calendar.index(calendar.day(index + steps)) == index + steps
    assert calendar.add(day, steps) == calendar.day(index + steps)
    assert calendar.last(index + 1) == landed
    assert calendar.between(day, calendar.add(day, steps)) == steps


@given(rules)
def test_rules_survive_json(rules: CalendarRules) -> None:
    assert CalendarRules.from_document(json.loads(json.dumps(rules.document()))) == rules


def test_an_empty_document_is_the_default() -> None:
    assert CalendarRules.from_document({}) == CalendarRules()
    assert CalendarRules().document() == {
        "closed_weekdays": [],
        "winter": None,
        "spring_festival": None,
        "public_holidays": False,
        "closures": [],
    }


def test_a_label_is_cleaned_as_every_line_is() -> None:
    read = CalendarRules.from_document({"closures": [["2026-06-07", "2026-06-09", " gaokao "], ["2026-07-01"] * 2]})
    assert [closure.label for closure in read.closures] == ["gaokao", ""]


@pytest.mark.parametrize(
    ("document", "pointer", "code"),
    [
        ([], "", "not_an_object"),
        ({"winter stop": None}, "/winter stop", "unknown_member"),
        ({"a/b~c": None}, "/a~1b~0c", "unknown_member"),
        ({"closed_weekdays": 6}, "/closed_weekdays", "not_a_list"),
        ({"closed_weekdays": [0, True]}, "/closed_weekdays/1", "not_an_integer"),
        ({"winter": "11-15"}, "/winter", "not_a_pair"),
        ({"winter": ["11-15"]}, "/winter", "not_a_pair"),
        ({"winter": ["11-15", 315]}, "/winter/1", "not_a_string"),
        ({"spring_festival": [7]}, "/spring_festival", "not_a_pair"),
        ({"spring_festival": [7, 1.5]}, "/spring_festival/1", "not_an_integer"),
        ({"public_holidays": 1}, "/public_holidays", "not_a_boolean"),
        ({"public_holidays": None}, "/public_holidays", "not_a_boolean"),
        ({"closures": {}}, "/closures", "not_a_list"),
        ({"closures": [["2026-06-07", "2026-06-09"], "2026-06-07"]}, "/closures/1", "not_a_closure"),
        ({"closures": [["2026-06-07", "2026-06-09", "", ""]]}, "/closures/0", "not_a_closure"),
        ({"closures": [["2026-06-07"]]}, "/closures/0", "not_a_closure"),
        ({"closures": [["2026-06-07", "2026-02-29"]]}, "/closures/0/1", "not_a_date"),
        ({"closures": [["20260607", "2026-06-09"]]}, "/closures/0/0", "not_a_date"),
        ({"closures": [["2026-06-07", "2026-06-09", "x" * 101]]}, "/closures/0/2", "too_long"),
        ({"closures": [["2026-06-07", "2026-06-09", "a\nb"]]}, "/closures/0/2", "line_break"),
        ({"closures": [["2026-06-07", "2026-06-09"]] * (MAX_CLOSURES + 1)}, "/closures", "too_many"),
    ],
)
def test_a_document_of_another_shape_is_refused(document: Any, pointer: str, code: str) -> None:
    assert refusal(CalendarRules.from_document, document) == (pointer, code)


def closing(*spans: tuple[date, date]) -> CalendarRules:
    return CalendarRules(closures=tuple(Closure(start, end) for start, end in spans))


GOOD = (date(2026, 6, 7), date(2026, 6, 9))


@pytest.mark.parametrize(
    ("rules", "pointer", "code"),
    [
        (CalendarRules(closed_weekdays=(0, 7)), "/closed_weekdays/1", "out_of_range"),
        (CalendarRules(closed_weekdays=(-1,)), "/closed_weekdays/0", "out_of_range"),
        (CalendarRules(closed_weekdays=(5, 6, 5)), "/closed_weekdays/2", "duplicate"),
        (CalendarRules(winter=("11-31", "03-15")), "/winter/0", "not_a_month_day"),
        (CalendarRules(winter=("11-15", "3-15")), "/winter/1", "not_a_month_day"),
        (CalendarRules(winter=("11-15", "02-30")), "/winter/1", "not_a_month_day"),
        (CalendarRules(winter=("", "03-15")), "/winter/0", "not_a_month_day"),
        (CalendarRules(spring_festival=(61, 15)), "/spring_festival/0", "out_of_range"),
        (CalendarRules(spring_festival=(7, -1)), "/spring_festival/1", "out_of_range"),
        (closing(GOOD, GOOD, (date(2026, 6, 9), date(2026, 6, 8))), "/closures/2/1", "ends_before_start"),
        (closing(GOOD, (date(2061, 1, 1), date(2066, 1, 2))), "/closures/1/1", "too_long"),
        (closing((date(1949, 9, 30), GOOD[1])), "/closures/0/0", "out_of_range"),
        (closing((GOOD[0], date(2111, 1, 1))), "/closures/0/1", "out_of_range"),
        (closing(*[GOOD] * (MAX_CLOSURES + 1)), "/closures", "too_many"),
        (CalendarRules(closures=(Closure(*GOOD, "x" * 101),)), "/closures/0/2", "too_long"),
        (CalendarRules(closed_weekdays=tuple(range(7))), "", "no_working_day"),
        (CalendarRules(winter=("01-01", "12-31")), "", "no_working_day"),
        (CalendarRules(winter=("03-15", "03-14")), "", "no_working_day"),
        (CalendarRules(winter=("02-29", "02-28")), "", "no_working_day"),
        (closing((date(2030, 1, 1), date(2030, 12, 2))), "", "no_working_day"),  # 29 days are left
    ],
)
def test_what_no_calendar_can_be_is_refused(rules: CalendarRules, pointer: str, code: str) -> None:
    assert refusal(rules.check) == (pointer, code)


@pytest.mark.parametrize(
    "rules",
    [
        CalendarRules(),
        NORTH,
        OFFICE,
        CalendarRules(spring_festival=(60, 60)),
        closing((date(2061, 1, 1), date(2065, 12, 31))),
        closing((date(2030, 1, 1), date(2030, 12, 1))),  # 30 days are left
        closing((FIRST, FIRST), (LAST, LAST)),
    ],
)
def test_calendars_at_the_limit_pass(rules: CalendarRules) -> None:
    rules.check()


def test_every_fault_is_named_at_once() -> None:
    wrong = CalendarRules((9,), ("x", "y"), (99, 99), closures=(Closure(GOOD[1], GOOD[0]),))
    with pytest.raises(InvalidInput) as caught:
        wrong.check()
    pointers = [error.pointer for error in caught.value.errors]
    assert pointers == [
        "/closed_weekdays/0",
        "/winter/0",
        "/winter/1",
        "/spring_festival/0",
        "/spring_festival/1",
        "/closures/0/1",
    ]


def test_the_year_without_work_is_named() -> None:
    with pytest.raises(InvalidInput, match="2030"):
        closing((date(2030, 1, 1), date(2030, 12, 31))).check()


def test_beyond_the_calendar_is_refused_not_clamped() -> None:
    calendar = calendar_of(CalendarRules(winter=("11-15", "03-15")))
    count = calendar.index(LAST)
    for read in (
        lambda: calendar.index(FIRST - DAY),
        lambda: calendar.index(LAST + DAY),
        lambda: calendar.is_working(date(1900, 1, 1)),
        lambda: calendar.day(-1),
        lambda: calendar.day(count),  # the last winter has begun: no working day is left
        lambda: calendar.last(0),
        lambda: calendar.add(LAST, 1),
        lambda: calendar.between(FIRST, date(2200, 1, 1)),
    ):
        assert refusal(read) == ("", "out_of_range")
    assert calendar.day(count - 1) == date(2110, 11, 14)


def test_equal_rules_share_one_calendar() -> None:
    assert calendar_of(CalendarRules(winter=("11-15", "03-15"))) is calendar_of(
        CalendarRules(winter=("11-15", "03-15"))
    )


def test_a_month_day_that_is_none_builds_no_calendar() -> None:
    with pytest.raises(ValueError, match="13-01"):
        WorkCalendar(CalendarRules(winter=("13-01", "03-15")))
