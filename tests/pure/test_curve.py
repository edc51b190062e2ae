"""The S-curve: planned, actual and forecast share of a project, day by day."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projects_api.choices import MilestoneState
from projects_api.schedule.curve import (
    MAX_POINTS,
    Curves,
    Done,
    Point,
    Span,
    actual_share,
    actual_steps,
    first_day,
    joint,
    series,
    share,
    weights,
)
from projects_api.schedule.facts import MilestoneFacts
from projects_api.schedule.progress import progress

TODAY = date(2026, 5, 20)
DAY = timedelta(days=1)

days = st.dates(date(2024, 1, 1), date(2029, 12, 31))
amounts = st.one_of(st.integers(0, 1000), st.floats(0, 1e12, allow_nan=False), st.sampled_from([1e-20, 1e9, -1]))
spans = st.builds(
    lambda start, length, weight: Span(start, start + timedelta(days=length), weight),
    days,
    st.integers(0, 600),
    amounts,
)
plans = st.lists(spans, min_size=1, max_size=8)


@st.composite
def facts(draw: st.DrawFn) -> list[MilestoneFacts]:
    """Facts of every sort, those of the importer's worst day included: no start, a day to come, a finish before its start."""
    dates = st.none() | st.dates(TODAY - 500 * DAY, TODAY + 90 * DAY)
    return [
        MilestoneFacts(
            str(key),
            started=draw(dates),
            actual=draw(dates),
            percent=draw(st.integers(0, 100)),
            weight=draw(st.integers(0, 60)),
            state=draw(st.sampled_from(MilestoneState)),
        )
        for key in range(draw(st.integers(0, 8)))
    ]


# --- planned ---


def test_a_stage_is_spread_evenly_over_its_days_both_included() -> None:
    stage = [Span(date(2026, 3, 1), date(2026, 3, 4), 7)]
    shares = [share(stage, date(2026, 2, 28) + n * DAY) for n in range(7)]
    assert shares == [0, 25, 50, 75, 100, 100, 100]


def test_a_stage_of_one_day_is_complete_at_its_end() -> None:
    stage = [Span(TODAY, TODAY, 3)]
    assert (share(stage, TODAY - DAY), share(stage, TODAY)) == (0, 100)


def test_stages_count_by_weight_those_of_none_do_not_and_where_all_are_none_all_count_alike() -> None:
    early, late = (date(2026, 1, 1), date(2026, 1, 10)), (date(2026, 2, 1), date(2026, 2, 10))
    assert share([Span(*early, 30), Span(*late, 10)], early[1]) == 75
    assert share([Span(*early, 0), Span(*late, 10)], early[1]) == 0
    assert share([Span(*early, 0), Span(*late, 0)], early[1]) == 50


def test_no_stages_are_no_share_and_no_day() -> None:
    assert share([], TODAY) == 0
    assert first_day([], 50) is None


def test_a_span_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(ValueError, match="2026-05-20 to 2026-05-19"):
        Span(TODAY, TODAY - DAY, 1)


@given(plans, days, st.integers(0, 400))
def test_the_share_never_falls_and_is_whole_only_when_it_is_true(plan, day, later) -> None:
    assert share(plan, day) <= share(plan, day + later * DAY)
    counted = [span for span in plan if span.weight > 0] or plan
    first, last = min(span.start for span in counted), max(span.finish for span in counted)
    assert share(plan, first - DAY) == 0
    assert share(plan, last) == 100.0
    assert share(plan, last - DAY) < 100


@given(plans, st.floats(0, 100, exclude_min=True))
def test_the_first_day_of_a_share_is_the_first(plan, percent) -> None:
    found = first_day(plan, percent)
    assert found is not None
    assert share(plan, found) >= percent
    assert share(plan, found - DAY) < percent


def test_a_share_that_never_comes_has_no_day() -> None:
    assert first_day([Span(TODAY, TODAY + DAY, 1)], 100.1) is None


# --- actual ---


def test_the_actual_curve_is_what_was_reported_on_the_day_it_was_reported() -> None:
    """Foundations were half done, then met; the structure was reported twice and then stood still; the roof is ahead."""
    milestones = [
        MilestoneFacts(
            "foundations",
            started=TODAY - 29 * DAY,
            actual=TODAY - 20 * DAY,
            weight=10,
            state=MilestoneState.MET,
            percent=80,
        ),
        MilestoneFacts("structure", started=TODAY - 15 * DAY, percent=40, weight=30, state=MilestoneState.IN_PROGRESS),
        MilestoneFacts("roof", planned=TODAY + 90 * DAY, weight=10),
    ]
    reports = {
        "foundations": [(TODAY - 25 * DAY, 50), (TODAY - 18 * DAY, 100)],
        "structure": [(TODAY - 12 * DAY, 20), (TODAY - 9 * DAY, 40)],
    }
    done = actual_steps(milestones, TODAY, reports)
    days = (26, 25, 21, 20, 13, 12, 9, 1, 0)
    assert [actual_share(done, TODAY - ago * DAY) for ago in days] == [0, 10, 10, 20, 20, 32, 44, 44, 44]
    tomorrow = actual_steps(milestones, TODAY + DAY, reports)
    assert all(actual_share(done, TODAY - ago * DAY) == actual_share(tomorrow, TODAY - ago * DAY) for ago in range(30))


def test_a_percentage_of_which_the_day_is_not_known_is_proven_today_and_no_earlier() -> None:
    """The record tells of 20, the row says 40: of a past day (`on`) or a figure taken over."""
    begun = MilestoneFacts("a", started=TODAY - 9 * DAY, percent=40, state=MilestoneState.IN_PROGRESS)
    for reports in ({}, {"a": [(TODAY - 5 * DAY, 20)]}):
        done = actual_steps([begun], TODAY, reports)
        assert (actual_share(done, TODAY - DAY), actual_share(done, TODAY)) == (0, 40)


@pytest.mark.parametrize("actual", [None, TODAY + 30 * DAY])
def test_a_stage_met_on_a_day_unknown_or_to_come_is_proven_today_and_no_earlier(actual) -> None:
    done = actual_steps([MilestoneFacts("a", actual=actual, state=MilestoneState.MET)], TODAY)
    assert (actual_share(done, TODAY - DAY), actual_share(done, TODAY)) == (0, 100)


def test_everything_reported_and_not_yet_met_is_all_but_whole() -> None:
    done = actual_steps([MilestoneFacts("a", percent=100, weight=1, state=MilestoneState.REPORTED)], TODAY)
    assert 99.9 < actual_share(done, TODAY) < 100
    assert [point.actual for point in series([], done, [], TODAY)] == [99.9]


@given(facts())
def test_today_the_curve_is_where_the_progress_is(milestones) -> None:
    assert int(actual_share(actual_steps(milestones, TODAY), TODAY)) == progress(milestones)


@given(facts(), days, st.integers(0, 300))
def test_what_was_done_is_never_undone(milestones, day, later) -> None:
    done = actual_steps(milestones, TODAY)
    assert actual_share(done, day) <= actual_share(done, day + later * DAY)


# --- the three together ---


def test_the_points_of_a_small_project() -> None:
    """Two stages of ten days were planned; the first took 20 days, the second is half done and needs ten more."""
    planned = [Span(date(2026, 4, 21), date(2026, 4, 30), 1), Span(date(2026, 5, 1), date(2026, 5, 10), 1)]
    done = [
        Done(((date(2026, 4, 28), 40), (date(2026, 5, 10), 100)), 1, met=True),
        Done(((date(2026, 5, 15), 50),), 1, met=False),
    ]
    coming = [Span(date(2026, 5, 23), date(2026, 6, 1), 0.5)]
    assert series(planned, done, coming, TODAY) == [
        Point(date(2026, 4, 21), 5.0, 0.0, None),
        Point(date(2026, 4, 30), 50.0, 20.0, None),
        Point(TODAY, 100.0, 75.0, 75.0),
        Point(date(2026, 5, 31), 100.0, None, 97.5),
        Point(date(2026, 6, 1), 100.0, None, 100.0),
    ]


def test_a_forecast_that_is_already_over_is_moved_to_tomorrow() -> None:
    """Nobody updated the forecast: what remains cannot have been done without anybody saying so."""
    done = [Done(((TODAY - 9 * DAY, 60),), 1, met=False)]
    points = series([], done, [Span(TODAY - 20 * DAY, TODAY - 5 * DAY, 1)], TODAY)
    assert points[-2:] == [Point(TODAY, None, 60.0, 60.0), Point(TODAY + DAY, None, None, 100.0)]


def test_no_stages_are_no_points() -> None:
    assert series([], [], [], TODAY) == []


def test_29_february_is_the_end_of_its_month() -> None:
    points = series([Span(date(2028, 2, 1), date(2028, 3, 10), 1)], [], [], date(2028, 2, 10))
    assert [point.day.isoformat()[5:] for point in points] == ["02-01", "02-10", "02-29", "03-10"]


@pytest.mark.parametrize(
    "first, last, months", [(date(2026, 1, 1), date(2058, 12, 31), 1), (date(2000, 1, 1), date(2060, 12, 31), 3)]
)
def test_a_long_project_has_coarser_points(first, last, months) -> None:
    inner = [point.day for point in series([Span(first, last, 1)], [], [], first)[1:]]
    assert {later.year * 12 + later.month - day.year * 12 - day.month for day, later in pairwise(inner)} == {months}
    assert all((day + DAY).day == 1 for day in inner)


@pytest.mark.parametrize("today", [date.min, TODAY, date.max - DAY])
def test_a_mistyped_year_does_not_flood_the_chart(today) -> None:
    points = series([Span(date.min, date.max, 1)], [], [Span(TODAY, TODAY, 1)], today)
    assert 100 < len(points) <= MAX_POINTS


@given(st.lists(spans, max_size=4), facts(), st.lists(spans, max_size=4))
def test_the_points_keep_their_promises(planned, milestones, coming) -> None:
    done = actual_steps(milestones, TODAY)
    points = series(planned, done, coming, TODAY)
    assert len(points) <= MAX_POINTS
    assert bool(points) == bool(planned or done or coming)
    assert all(earlier.day < later.day for earlier, later in pairwise(points))
    assert all((point.planned is not None) == bool(planned) for point in points)
    assert all((point.actual is not None) == (bool(done) and point.day <= TODAY) for point in points)
    assert all((point.forecast is not None) == (bool(coming) and point.day >= TODAY) for point in points)
    for name in ("planned", "actual", "forecast"):
        curve = [value for point in points if (value := getattr(point, name)) is not None]
        assert curve == sorted(curve)
        assert all(0 <= value <= 100 for value in curve)
    if planned:
        assert points[-1].planned == 100.0
    if coming:
        assert points[-1].forecast == 100.0
    if done and coming:
        now = next(point for point in points if point.day == TODAY)
        assert now.actual == now.forecast


# --- several projects together ---

FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)


def single(part: Curves) -> dict[date, Point]:
    return {point.day: point for point in series(part.planned, part.actual, part.ahead, TODAY)}


def column(points: list[Point], name: str) -> list[float]:
    return [value for point in points if (value := getattr(point, name)) is not None]


curves = st.builds(
    lambda planned, milestones, ahead, weight: Curves(planned, actual_steps(milestones, TODAY), ahead, weight),
    plans,
    facts(),
    st.lists(spans, max_size=3),
    st.floats(1, 1e9),
)


def test_a_year_of_two_projects_counts_each_by_its_weight() -> None:
    """The small one was built in March as planned; of the large one, half is done, and the rest comes in December."""
    small = Curves([Span(date(2026, 3, 1), date(2026, 3, 31), 1)], [Done(((date(2026, 3, 31), 100),), 1, True)], [], 1)
    large = Curves(
        [Span(date(2026, 4, 1), date(2026, 4, 30), 1)],
        [Done(((TODAY, 50),), 1, False)],
        [Span(date(2026, 12, 1), date(2027, 1, 1), 1)],
        3,
    )
    points = {point.day: point for point in joint([small, large], FIRST, LAST, TODAY)}
    assert len(points) == 14, "both ends, today and the ends of eleven months between"
    assert points[date(2026, 3, 31)] == Point(date(2026, 3, 31), 25.0, 25.0, None)
    assert points[TODAY] == Point(TODAY, 100.0, 62.5, 62.5)
    assert points[date(2026, 11, 30)] == Point(date(2026, 11, 30), 100.0, None, 62.5)
    assert points[LAST] == Point(LAST, 100.0, None, 98.8), "31 of 32 days of the last half of three quarters"


@pytest.mark.parametrize("today", [date(2025, 6, 1), date(2027, 6, 1)])
def test_a_day_outside_of_the_year_is_no_point_of_it(today: date) -> None:
    part = Curves([Span(FIRST, LAST, 1)], [Done(((FIRST, 40),), 1, False)], [Span(FIRST, LAST, 1)])
    points = joint([part], FIRST, LAST, today)
    assert (points[0].day, points[-1].day, len(points)) == (FIRST, LAST, 13)
    over = today > LAST
    assert all((point.actual is not None) == over and (point.forecast is None) == over for point in points)


def test_what_stands_still_stays_where_it_is() -> None:
    still = Curves([Span(FIRST, LAST, 1)], [Done(((TODAY, 40),), 1, False)], [])
    going = Curves([Span(FIRST, LAST, 1)], [Done(((TODAY, 40),), 1, False)], [Span(TODAY, LAST, 1)])
    assert joint([still, going], FIRST, LAST, TODAY)[-1].forecast == 70.0


def test_no_projects_are_no_points() -> None:
    assert joint([], FIRST, LAST, TODAY) == []
    assert joint([Curves([], [], [])], FIRST, LAST, TODAY) == []


@given(curves)
def test_one_project_alone_has_its_own_curve(part) -> None:
    own = single(part)
    met = [point for point in joint([part], FIRST, LAST, TODAY) if point.day in own]
    assert met
    for point in met:
        for name in ("planned", "actual", "forecast"):
            # Its weight goes in and out again: a last digit of the float may decide how a half is rounded.
            assert getattr(point, name) == pytest.approx(getattr(own[point.day], name), abs=0.1001)


@given(st.lists(curves, min_size=1, max_size=5))
def test_the_joint_curves_never_fall_and_lie_among_those_of_the_projects(parts) -> None:
    points = joint(parts, FIRST, LAST, TODAY)
    for name in ("planned", "actual", "forecast"):
        values = column(points, name)
        assert values == sorted(values)
        assert all(0 <= value <= 100 for value in values)
    for point in points:
        own = [share(part.planned, point.day) for part in parts]
        assert point.planned is not None and min(own) - 0.1 <= point.planned <= max(own) + 0.1
        assert (point.planned == 100) == all(share(part.planned, point.day) == 100 for part in parts)


@given(st.lists(curves, min_size=2, max_size=5), days)
def test_the_weights_are_shares_of_their_sum(parts, day) -> None:
    """Point by point the sum of weight × share over the sum of the weights; what is doubled for all changes nothing."""
    total = sum(part.weight for part in parts)
    point = joint(parts, day, day, TODAY)[0]
    expected = sum(part.weight / total * share(part.planned, day) for part in parts)
    assert point.planned == pytest.approx(expected, abs=0.1001)
    doubled = [Curves(part.planned, part.actual, part.ahead, 2 * part.weight) for part in parts]
    assert joint(doubled, day, day, TODAY) == [point]


@pytest.mark.parametrize(
    ("money", "found"),
    [
        (["100.00", "300.00"], ([100.0, 300.0], True)),
        (["100.00", None], ([1.0, 1.0], False)),
        (["100.00", "0.00"], ([1.0, 1.0], False)),
        ([], ([], False)),
    ],
)
def test_projects_count_by_their_money_or_all_alike(money: list[str | None], found: tuple[list[float], bool]) -> None:
    assert weights([None if amount is None else Decimal(amount) for amount in money]) == found
