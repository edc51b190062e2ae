"""The odds of the finish: what is drawn, from where, and what never is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projects_api.errors import InvalidInput
from projects_api.schedule.network import Activity, Link, passes
from projects_api.schedule.odds import Odds, Range, Sample, Stage, finish_odds
from tests.pure.refusals import refusal

NOW = 100
SEED = 20260901


def stage(key: str, duration: int, spread: Range | None = None, *, ratios: tuple[float, ...] = (), **facts) -> Stage:
    return Stage(Activity(key, duration, **facts), spread or Range(duration, duration, duration), Sample(ratios))


def after(*keys: str) -> tuple[Link, ...]:
    return tuple(Link(key) for key in keys)


def odds(*stages: Stage, runs: int = 500, seed: int = SEED) -> Odds:
    found = finish_odds(stages, NOW, seed=seed, runs=runs)
    assert found
    return found


def percentiles(found: Odds) -> tuple[int, int, int, int]:
    return found.p10, found.p50, found.p80, found.p90


@st.composite
def networks(draw: st.DrawFn) -> list[Activity]:
    """One to eight stages with links backward, some finished, some under way, some with a forecast of somebody's own."""
    activities: list[Activity] = []
    for number in range(draw(st.integers(1, 8))):
        earlier = [activity.key for activity in activities]
        befores = draw(st.lists(st.sampled_from(earlier), unique=True, max_size=3)) if earlier else []
        links = tuple(Link(key, draw(st.sampled_from(("FS", "SS"))), draw(st.integers(0, 20))) for key in befores)
        activity = Activity(str(number), draw(st.integers(0, 60)), links)
        match draw(st.sampled_from(("ahead", "under way", "finished"))):
            case "ahead":
                activity = replace(activity, not_before=draw(st.none() | st.integers(0, 200)))
            case "under way":
                activity = replace(
                    activity, started=draw(st.integers(0, NOW + 5)), remaining=draw(st.none() | st.integers(0, 60))
                )
            case "finished":
                started = draw(st.integers(0, NOW))
                finished = draw(st.integers(started, NOW))
                activity = replace(activity, started=draw(st.sampled_from((started, None))), finished=finished)
        if activity.finished is None:
            activity = replace(activity, until=draw(st.none() | st.integers(50, 300)))
        activities.append(activity)
    return activities


ranges = st.lists(st.integers(0, 90), min_size=3, max_size=3).map(lambda days: Range(*sorted(days)))


# --- what the odds are made of ---


@given(networks(), st.integers(0, 50))
def test_without_doubt_every_percentile_is_the_finish_of_the_pass(activities, usual) -> None:
    """Whatever the template's usual duration is: a range without width says only that stages take what they should."""
    found = odds(*(Stage(activity, Range(usual, usual, usual)) for activity in activities), runs=3)
    assert set(percentiles(found)) == {passes(activities, NOW).finish}


@given(networks(), st.data())
def test_percentiles_rise_and_lie_between_the_best_and_the_worst_case(activities, data) -> None:
    """Best and worst: every stage at the end of its range, which is the pass over stages stretched that much."""
    spreads = [data.draw(ranges.filter(lambda spread: spread.usual > 0)) for _ in activities]
    found = odds(*(Stage(*pair) for pair in zip(activities, spreads, strict=True)), runs=50)
    ends = percentiles(found)
    assert list(ends) == sorted(ends)
    certain = [Range(1, 1, 1) for _ in activities]
    for end, pick, is_beyond in ((ends[0], "low", int.__ge__), (ends[3], "high", int.__le__)):
        factors = [(getattr(spread, pick) / spread.usual,) * 10 for spread in spreads]
        limit = odds(*map(Stage, activities, certain, map(Sample, factors)), runs=1)
        assert is_beyond(end, limit.p50)


def test_a_range_is_drawn_from_the_pert_distribution() -> None:
    """Quantiles by hand: Beta(1, 5) of a stage that is usually at its best is 1 - (1 - p) ** (1/5) over 300 to 900 days."""
    found = odds(stage("works", 300, Range(300, 300, 900)), runs=20_000)
    exact = [NOW + 300 + 600 * (1 - (1 - p) ** (1 / 5)) for p in (0.1, 0.5, 0.8, 0.9)]
    assert percentiles(found) == pytest.approx(exact, abs=6)


def test_a_symmetric_range_has_its_usual_value_in_the_middle_and_thinner_tails_than_a_triangle() -> None:
    """Beta(3, 3): a tenth lies below 0.2466 of the width (a triangle's: 0.2236)."""
    found = odds(stage("works", 600, Range(0, 600, 1200)), runs=20_000)
    assert (found.p10, found.p50, found.p90) == pytest.approx((NOW + 296, NOW + 600, NOW + 904), abs=14)


def test_the_bureau_s_record_replaces_the_range_from_ten_finished_stages_on() -> None:
    spread = Range(10, 20, 60)
    nine, ten = (2.0,) * 9, (2.0,) * 10
    enough = odds(stage("works", 20, spread, ratios=ten))
    assert percentiles(enough) == (NOW + 40,) * 4
    assert enough.sampled == ["works"]
    short = odds(stage("works", 20, spread, ratios=nine))
    assert short.p10 < short.p90
    assert short.sampled == []


def test_the_record_is_drawn_as_it_is() -> None:
    """Three of ten stages took twice as long, one three times: nothing is smoothed over."""
    found = odds(stage("works", 20, ratios=(1.0,) * 6 + (2.0,) * 3 + (3.0,)), runs=5000)
    assert (found.p10, found.p50, found.p80) == (NOW + 20, NOW + 20, NOW + 40)


@pytest.mark.parametrize("seed", range(10))
def test_a_percentile_is_a_day_on_which_runs_did_end(seed) -> None:
    found = odds(stage("works", 20, ratios=(1.0, 3.0) * 5), runs=4, seed=seed)
    assert set(percentiles(found)) <= {NOW + 20, NOW + 60}


def test_drawn_days_are_rounded_to_the_nearest_whole_one() -> None:
    assert percentiles(odds(stage("works", 10, ratios=(0.26,) * 10))) == (NOW + 3,) * 4


def test_a_project_s_own_duration_stretches_the_template_s_range() -> None:
    twice = odds(stage("works", 200, Range(50, 100, 300)))
    once = odds(stage("works", 100, Range(50, 100, 300)))
    assert [end - NOW for end in percentiles(twice)] == pytest.approx(
        [2 * (end - NOW) for end in percentiles(once)], abs=1
    )


def test_a_stage_that_usually_takes_no_time_may_still_take_some() -> None:
    found = odds(stage("filing", 0, Range(0, 0, 100)))
    assert NOW < found.p50 < found.p90 <= NOW + 100


def test_parallel_stages_finish_later_together_than_each_alone() -> None:
    """The merge bias, for which one draws at all: the pass alone would say NOW + 200."""
    spread = Range(100, 200, 300)
    alone = odds(stage("east", 200, spread))
    assert odds(stage("east", 200, spread), stage("west", 200, spread)).p50 > alone.p50 + 5


def test_start_to_start_links_and_lags_hold_in_every_run() -> None:
    """`fit` starts 5 days after `walls`, which wait for `frame`; nothing else is in doubt but the frame: 10, or 30 days."""
    found = odds(
        stage("frame", 10, ratios=(1.0,) * 7 + (3.0,) * 3),
        stage("walls", 8, links=(Link("frame", "FS", 2),)),
        stage("fit", 20, links=(Link("walls", "SS", 5),)),
    )
    assert (found.p10, found.p50, found.p80, found.p90) == (NOW + 37, NOW + 37, NOW + 57, NOW + 57)


def test_work_waits_for_the_day_before_which_it_may_not_start() -> None:
    """The summer holiday begins on day 150: survey done by 110 or by 120, works start then."""
    survey = stage("survey", 10, ratios=(1.0, 2.0) * 5)
    assert percentiles(odds(survey, stage("works", 40, links=after("survey"), not_before=150))) == (190,) * 4


# --- facts ---


def test_finished_work_is_a_fact_and_is_not_drawn() -> None:
    done = stage("survey", 10, Range(1, 10, 90), ratios=(1.0, 9.0) * 5, started=20, finished=60)
    assert odds(done) == Odds(60, 60, 60, 60, runs=500, sampled=[])


def test_of_work_under_way_only_what_remains_is_drawn() -> None:
    """30 of 40 days are done: the ten that remain may take between a half and three times as long."""
    found = odds(stage("works", 40, Range(20, 40, 120), started=70, remaining=10))
    assert NOW + 5 <= found.p10 < NOW + 10 < found.p90 <= NOW + 30


def test_work_under_way_of_which_nobody_says_how_far_it_is_is_drawn_from_its_start() -> None:
    """Begun 30 days ago, it takes 20 days or 40; the pass says that it ends now."""
    found = odds(stage("works", 20, ratios=(1.0, 2.0) * 5, started=NOW - 30))
    assert (found.p10, found.p90) == (NOW, NOW + 10)


def test_a_start_dated_ahead_of_now_is_where_the_rest_begins() -> None:
    found = odds(stage("works", 10, ratios=(0.1,) * 10, started=NOW + 5, remaining=10))
    assert percentiles(found) == (NOW + 6,) * 4


def test_a_forecast_of_somebody_s_own_is_as_doubtful_as_a_duration() -> None:
    """The works begin on day 110 and are said to end on day 150; they may take half or twice these 40 days."""
    survey = stage("survey", 10)
    found = odds(survey, stage("works", 90, ratios=(0.5, 2.0) * 5, links=after("survey"), until=150))
    assert (found.p10, found.p90) == (130, 190)


def test_a_longer_stage_never_makes_the_odds_better() -> None:
    """With the same seed every run keeps its luck, so that the odds move with the facts and not by chance."""
    spread = Range(10, 30, 90)
    ends = [
        percentiles(odds(stage("a", 30, spread), stage("b", days, spread, links=after("a")), stage("c", 90, spread)))
        for days in range(0, 60, 3)
    ]
    assert all(
        earlier <= later for run in zip(*ends, strict=True) for earlier, later in zip(run, run[1:], strict=False)
    )
    assert ends[0] < ends[-1]


def test_the_seed_decides_and_the_order_of_stages_does_not() -> None:
    spread = Range(10, 30, 90)
    stages = [stage("a", 300, spread), stage("b", 300, spread, links=after("a")), stage("c", 600, spread)]
    assert odds(*stages) == odds(*stages) == odds(*reversed(stages))
    assert odds(*stages) != odds(*stages, seed=SEED + 1)


def test_a_project_without_stages_has_no_odds() -> None:
    assert finish_odds([], NOW, seed=SEED) is None


# --- refusals ---


@pytest.mark.parametrize("days", [(-1, 5, 9), (6, 5, 9), (1, 9, 5), (0, 5, 3661)])
def test_a_range_that_cannot_be_is_refused_by_the_name_of_its_stage(days) -> None:
    stages = [stage("survey", 5), stage("works", 5, Range(*days))]
    assert refusal(finish_odds, stages, NOW, seed=SEED) == ("/stages/1/range", "bad_range")
    with pytest.raises(InvalidInput, match="works"):
        odds(*stages)


@pytest.mark.parametrize("ratio", [-0.1, float("nan"), float("inf"), 1e6])
def test_a_record_that_cannot_be_is_refused(ratio) -> None:
    assert refusal(odds, stage("works", 5, ratios=(1.0,) * 9 + (ratio,))) == ("/stages/0/sample", "bad_sample")


def test_stages_that_wait_for_each_other_are_refused() -> None:
    stages = [stage("a", 5, links=after("b")), stage("b", 5, links=after("a"))]
    assert refusal(finish_odds, stages, NOW, seed=SEED)[1] == "cycle"


def test_every_bad_stage_is_named_at_once() -> None:
    with pytest.raises(InvalidInput) as caught:
        odds(stage("a", 5, Range(9, 5, 1)), stage("b", 5), stage("c", 5, Range(-5, 5, 1)))
    assert [error.pointer for error in caught.value.errors] == ["/stages/0/range", "/stages/2/range"]


def test_no_runs_are_no_odds() -> None:
    with pytest.raises(ValueError, match="at least one run"):
        odds(stage("a", 5), runs=0)
