"""The computed schedule seen from a day: finish, float, critical path, slip, and the days lost at each stage."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projects_api.choices import BUILDING_STAGES, RURAL_STAGES, MilestoneState, StageSpec
from projects_api.errors import InvalidInput
from projects_api.schedule.baseline import Measure, bridged, counted, current_measure, freeze, measure_of_plan
from projects_api.schedule.calendar import CalendarRules, calendar_of
from projects_api.schedule.facts import Limit, MilestoneFacts
from projects_api.schedule.forecast import Forecast, forecast
from projects_api.schedule.network import Link
from projects_api.schedule.slips import slips
from projects_api.schedule.terms import deadline_of

EVERY_DAY = calendar_of(CalendarRules())
WEEKDAYS = calendar_of(CalendarRules(closed_weekdays=(5, 6)))
MONDAY = date(2024, 1, 1)
OFF = MilestoneState.NOT_APPLICABLE


def day(number: int) -> date:
    """The first day of the plan is 1."""
    return MONDAY + timedelta(days=number - 1)


def stage(key: str, duration: int | None, *after: str | Link, **facts: Any) -> MilestoneFacts:
    links = tuple(link if isinstance(link, Link) else Link(link) for link in after)
    return MilestoneFacts(key, duration=duration, links=links, **facts)


def numbered(*stages: MilestoneFacts) -> list[MilestoneFacts]:
    return [replace(facts, position=place) for place, facts in enumerate(stages, 1)]


# Two ways from the beginning to the end: through b (20 days) and through c (5), so that c has 15 days to spare.
FORK = numbered(
    stage("a", 10, planned=day(10), weight=1),
    stage("b", 20, "a", planned=day(30), weight=1),
    stage("c", 5, "a", planned=day(15), weight=1),
    stage("d", 10, "b", "c", planned=day(40), weight=1),
)
PROMISE = measure_of_plan(FORK, EVERY_DAY)


def seen(stages: list[MilestoneFacts], today: date = MONDAY, **changes: dict[str, Any]) -> Forecast:
    """The forecast against the fork's own plan, after changes by stage."""
    moved = [replace(facts, **changes.get(facts.key, {})) for facts in stages]
    return forecast(moved, PROMISE, EVERY_DAY, today)


def test_as_planned_it_ends_as_planned_and_says_which_way_is_critical() -> None:
    found = seen(FORK)
    assert found.finish == day(40) and found.critical_path == ["a", "b", "d"]
    spans = {key: (s.start, s.finish) for key, s in found.stages.items()}
    assert spans == {
        "a": (day(1), day(10)),
        "b": (day(11), day(30)),
        "c": (day(11), day(15)),
        "d": (day(31), day(40)),
    }
    assert {key: s.total_float for key, s in found.stages.items()} == {"a": 0, "b": 0, "c": 15, "d": 0}
    assert {key for key, s in found.stages.items() if s.critical} == {"a", "b", "d"}
    assert {s.slip_days for s in found.stages.values()} == {0}


@given(st.integers(1, 60))
def test_a_slip_within_float_moves_nothing_and_beyond_it_all_that_follows(days: int) -> None:
    found = seen(FORK, c={"forecast": day(15 + days)})
    beyond = max(0, days - 15)
    assert found.finish == day(40 + beyond)
    assert found.stages["c"].slip_days == days and found.stages["c"].total_float == max(0, 15 - days)
    assert found.stages["d"].slip_days == beyond
    assert found.critical_path == (["c", "d"] if beyond else ["a", "b", "d"]), "the chain begins at the typed day"


@given(st.integers(1, 60))
def test_every_day_lost_on_a_critical_stage_is_lost_at_the_end(days: int) -> None:
    found = seen(FORK, b={"forecast": day(30 + days)})
    assert found.finish == day(40 + days) and found.stages["d"].slip_days == days
    assert found.stages["c"].total_float == 15 + days, "what goes beside it has so much more time"


def test_waiting_pushes_what_has_not_begun_and_what_is_done_stands() -> None:
    done = {"started": day(1), "actual": day(8), "state": MilestoneState.MET, "percent": 100}
    assert seen(FORK, today=day(9), a=done).finish == day(40), "two days early, and the plan is not moved forward"
    late = seen(FORK, today=day(21), a=done)
    assert late.stages["b"].start == day(21) and late.finish == day(50)
    assert late.stages["a"].finish == day(8) and late.stages["a"].slip_days == -2


def test_work_under_way_ends_by_what_is_left_of_it() -> None:
    done = {"started": day(1), "actual": day(10), "state": MilestoneState.MET, "percent": 100}
    half: dict[str, Any] = {"started": day(11), "percent": 50, "state": MilestoneState.IN_PROGRESS}
    assert seen(FORK, today=day(21), a=done, b=half).finish == day(40)
    assert seen(FORK, today=day(26), a=done, b=half).stages["b"].finish == day(35), "ten days from the 26th on"
    for percent in (96, 99, 100):
        nearly = half | {"percent": percent}
        assert seen(FORK, today=day(26), a=done, b=nearly).stages["b"].finish == day(26), "at least a day is left"


def test_a_forecast_that_has_passed_means_today() -> None:
    assert seen(FORK, today=day(50), d={"forecast": day(45)}, **dict.fromkeys("abc", MET)).finish == day(50)


MET = {"actual": day(9), "state": MilestoneState.MET, "percent": 100}


def test_a_forecast_cannot_end_before_what_it_waits_for() -> None:
    """Somebody types an end for the last stage; the stage before it is still to be done."""
    assert seen(FORK, d={"forecast": day(20)}).finish == day(31)


def test_an_event_happens_on_the_day_on_which_what_it_waits_for_has_ended() -> None:
    for duration in (None, 0):
        stages = numbered(stage("a", 10, planned=day(10)), stage("event", duration, "a"))
        assert forecast(stages, None, EVERY_DAY, day(1)).stages["event"].finish == day(10)
        assert forecast(stages, None, EVERY_DAY, day(5)).finish == day(14)
        promised = numbered(stages[0], stage("event", duration, "a", planned=day(20)))
        assert forecast(promised, None, EVERY_DAY, day(1)).finish == day(20), "not before its day"


def test_a_start_to_start_link_lets_two_stages_overlap() -> None:
    stages = numbered(stage("infill", 40, planned=day(40)), stage("finishes", 75, Link("infill", "SS", 20)))
    found = forecast(stages, None, EVERY_DAY, MONDAY)
    assert (found.stages["finishes"].start, found.finish) == (day(21), day(95))
    assert found.stages["infill"].total_float == 0, "its start, not its end, holds the other back"


def test_only_working_days_are_worked() -> None:
    stages = numbered(stage("a", 5), stage("b", 1, Link("a", "FS", 2)))
    found = forecast(stages, None, WEEKDAYS, MONDAY)
    assert (found.stages["a"].finish, found.stages["b"].finish) == (date(2024, 1, 5), date(2024, 1, 10))
    assert forecast(stages, None, WEEKDAYS, date(2024, 1, 6)).stages["a"].start == date(2024, 1, 8), "Saturday"


def test_facts_on_a_closed_day_are_shown_as_they_were_given() -> None:
    saturday = date(2024, 1, 6)
    met = stage("a", 5, planned=saturday, actual=saturday, percent=100, state=MilestoneState.MET)
    typed = stage("a", 5, planned=date(2024, 1, 5), forecast=saturday)
    for facts in (met, typed):
        assert forecast([facts], None, WEEKDAYS, MONDAY).finish == saturday


def test_the_29th_of_february_is_a_day_like_any_other() -> None:
    leap = numbered(stage("a", 29, planned=date(2024, 2, 29)), stage("b", 1, "a"))
    measure = measure_of_plan(leap[:1], EVERY_DAY)
    assert measure is not None
    assert (measure.spans["a"].start, measure.finish) == (date(2024, 2, 1), date(2024, 2, 29))
    found = forecast(leap, measure, EVERY_DAY, date(2024, 2, 1))
    assert (found.stages["a"].finish, found.finish) == (date(2024, 2, 29), date(2024, 3, 1))
    late = [replace(leap[0], forecast=date(2025, 2, 28)), leap[1]]
    assert forecast(late, measure, EVERY_DAY, date(2024, 2, 1)).stages["a"].slip_days == 365


def test_a_stage_that_does_not_apply_is_bridged() -> None:
    """Without b, d waits for what b waited for; without a as well, for nothing."""
    without_b = [replace(m, state=OFF) if m.key == "b" else m for m in FORK]
    found = forecast(without_b, PROMISE, EVERY_DAY, MONDAY)
    assert "b" not in found.stages and found.finish == day(40), "d is not before its planned day"
    unplanned = [replace(m, planned=None) for m in without_b]
    found = forecast(unplanned, None, EVERY_DAY, MONDAY)
    assert found.finish == day(25) and found.critical_path == ["a", "c", "d"]
    assert [link.after for link in next(m for m in bridged(without_b) if m.key == "d").links] == ["a", "c"]
    alone = [replace(m, state=OFF) if m.key in "abc" else m for m in unplanned]
    assert forecast(alone, None, EVERY_DAY, MONDAY).finish == day(10)
    assert forecast([replace(m, state=OFF) for m in FORK], PROMISE, EVERY_DAY, MONDAY) == Forecast({}, None, [])


def test_a_link_to_a_stage_that_is_not_there_binds_nothing() -> None:
    assert forecast([stage("a", 3, "gone")], None, EVERY_DAY, MONDAY).finish == day(3)


def test_without_milestones_there_is_nothing_to_forecast() -> None:
    assert forecast([], None, EVERY_DAY, MONDAY) == Forecast({}, None, [])
    assert measure_of_plan([], EVERY_DAY) is None and current_measure([], {}, EVERY_DAY) is None


# --- the opening --------------------------------------------------------------------------------------------


def test_the_finish_is_when_the_school_opens_and_not_when_the_accounts_are_closed() -> None:
    stages = numbered(stage("works", 10), stage("handover", 5, "works"), stage("settlement_audit", 90, "works"))
    found = forecast(stages, None, EVERY_DAY, MONDAY)
    assert found.finish == day(15) and found.stages["settlement_audit"].finish == day(100)
    audit = found.stages["settlement_audit"]
    assert (audit.total_float, audit.critical) == (None, False)
    assert found.critical_path == ["works", "handover"]
    assert [m.key for m in counted(stages)] == ["works", "handover"]
    assert [m.key for m in counted([stages[0], stages[2]])] == ["works", "settlement_audit"], "all, where none opens it"


def as_template(specs: tuple[StageSpec, ...]) -> list[MilestoneFacts]:
    links: Any = [[Link(*after) for after in spec.after] for spec in specs]  # type: ignore[arg-type]
    stages = (stage(spec.key, spec.days[1], *own, weight=spec.weight) for spec, own in zip(specs, links, strict=True))
    return numbered(*stages)


@pytest.mark.parametrize("specs", [BUILDING_STAGES, RURAL_STAGES], ids=["building", "rural"])
def test_a_standard_template_promised_as_it_is_computed_is_neither_early_nor_late(specs: Any) -> None:
    stages = as_template(specs)
    free = forecast(stages, None, WEEKDAYS, MONDAY)
    planned = [replace(m, planned=free.stages[m.key].finish) for m in stages]
    promise = freeze(planned, WEEKDAYS)
    found = forecast(planned, promise, WEEKDAYS, MONDAY)
    assert found.finish == free.finish == promise.finish
    assert {s.slip_days for s in found.stages.values()} == {0}
    chain = found.critical_path
    links = {m.key: {link.after for link in m.links} for m in stages}
    assert chain[0] == specs[0].key and all(before in links[after] for before, after in pairwise(chain))
    assert all(found.stages[key].total_float == 0 for key in chain)


# --- what is promised ---------------------------------------------------------------------------------------


def test_a_promise_has_every_stage_with_the_days_that_its_work_takes() -> None:
    promise = freeze(FORK, EVERY_DAY)
    assert promise == PROMISE and promise.number is None and promise.finish == day(40)
    assert {key: (s.start, s.finish) for key, s in promise.spans.items()}["c"] == (day(11), day(15))
    without = freeze([replace(m, state=OFF, planned=None) if m.key == "c" else m for m in FORK], EVERY_DAY)
    assert without.spans.keys() == {"a", "b", "d"}, "what does not apply needs no day"


def test_what_cannot_be_promised_is_refused_with_every_stage_named() -> None:
    holes = [replace(m, planned=None) if m.key in "bd" else m for m in FORK]
    with pytest.raises(InvalidInput) as caught:
        freeze(holes, EVERY_DAY)
    assert [(e.pointer, e.code) for e in caught.value.errors] == [
        ("/milestones/b/planned", "gap"),
        ("/milestones/d/planned", "gap"),
    ]
    backwards = [replace(m, planned=day(9)) if m.key == "c" else m for m in FORK]
    with pytest.raises(InvalidInput) as caught:
        freeze(backwards, EVERY_DAY)
    (error,) = caught.value.errors
    assert (error.pointer, error.code) == ("/milestones/c/planned", "before_predecessor")
    assert "a (2024-01-10) → c (2024-01-09)" in str(error.message), "the path is named, with its days"
    for nothing in ([], [replace(m, state=OFF) for m in FORK]):
        with pytest.raises(InvalidInput) as caught:
            freeze(nothing, EVERY_DAY)
        assert caught.value.errors[0].code == "no_milestones"


def test_a_promise_across_a_stage_that_does_not_apply_is_checked_too() -> None:
    stages = [replace(m, state=OFF) if m.key == "b" else m for m in FORK]
    stages = [replace(m, planned=day(5)) if m.key == "d" else m for m in stages if m.key != "c"]
    with pytest.raises(InvalidInput) as caught:
        freeze(stages, EVERY_DAY)
    assert caught.value.errors[0].pointer == "/milestones/d/planned"


def test_the_newest_baseline_counts_by_number_and_the_plan_only_without_any() -> None:
    def document(finish: str) -> dict[str, Any]:
        return {"finish": finish, "stages": {"d": {"start": "2024-01-01", "finish": finish, "weight": 1}}}

    nine, ten = document("2024-03-01"), document("2024-04-01")
    found = current_measure(FORK, {"10": ten, "9": nine}, EVERY_DAY)
    assert found is not None and (found.number, found.finish) == (10, date(2024, 4, 1))
    assert current_measure(FORK, {}, EVERY_DAY) == PROMISE


# --- days lost ----------------------------------------------------------------------------------------------


def lost(**late: int) -> dict[str, tuple[int, int]]:
    """Slip and days lost when these stages end so many days after the fork's plan."""
    ends = {"a": day(10), "b": day(30), "c": day(15), "d": day(40)}
    moved = [replace(m, actual=ends[m.key] + timedelta(late[m.key])) if m.key in late else m for m in FORK]
    return slips(moved, PROMISE, EVERY_DAY)


def test_what_a_stage_inherits_is_lost_once() -> None:
    assert lost(a=5, b=5, c=5, d=5) == {"a": (5, 5), "b": (5, 0), "c": (5, 0), "d": (5, 0)}
    assert lost(a=5, b=8, c=0, d=9) == {"a": (5, 5), "b": (8, 3), "c": (0, 0), "d": (9, 1)}
    assert lost(a=5, b=2) == {"a": (5, 5), "b": (2, 0)}, "made good is not lost"
    assert lost(a=-4, b=3) == {"a": (-4, 0), "b": (3, 3)}, "early first, late then: three days are lost"


def test_a_stage_without_a_date_of_its_own_passes_on_what_it_inherits() -> None:
    """Between a, five days late, and d, forecast five days late, nobody has said anything of b and c."""
    assert lost(a=5, d=5) == {"a": (5, 5), "d": (5, 0)}
    assert lost(a=5, d=7) == {"a": (5, 5), "d": (7, 2)}


def test_what_the_room_between_two_stages_takes_up_is_not_inherited() -> None:
    """c has 15 days to spare before d: what d loses beyond them is its own, or b's."""
    assert lost(c=10, d=4) == {"c": (10, 10), "d": (4, 4)}
    assert lost(c=18, d=4) == {"c": (18, 18), "d": (4, 1)}
    assert lost(b=4, c=10, d=4) == {"b": (4, 4), "c": (10, 10), "d": (4, 0)}


def test_days_on_which_nobody_works_are_inherited_with_the_rest() -> None:
    """Friday's work ends on Monday; what follows ends a day later too, and over the weekend three days are behind."""
    promise = numbered(
        stage("a", 5, planned=date(2024, 1, 4)), stage("b", 1, "a", planned=date(2024, 1, 5)), stage("c", 1, "b")
    )
    measure = measure_of_plan(promise, WEEKDAYS)
    moved = [replace(promise[0], actual=date(2024, 1, 5)), replace(promise[1], actual=date(2024, 1, 8)), promise[2]]
    assert slips(moved, measure, WEEKDAYS) == {"a": (1, 1), "b": (3, 0)}


def test_a_stage_that_does_not_apply_passes_it_on_as_well() -> None:
    ends = {"a": day(15), "d": day(45)}
    stages = [replace(m, actual=ends[m.key]) if m.key in ends else replace(m, state=OFF) for m in FORK]
    promise = measure_of_plan([replace(m, duration=30) if m.key == "d" else m for m in stages], EVERY_DAY)
    assert slips(stages, promise, EVERY_DAY) == {"a": (5, 5), "d": (5, 0)}


@given(st.lists(st.integers(-20, 40), min_size=2, max_size=6))
def test_along_a_chain_never_more_is_lost_than_the_worst_of_it(late: list[int]) -> None:
    chain = [stage(str(n), 1, *([str(n - 1)] if n else []), position=n, planned=day(50)) for n in range(len(late))]
    moved = [replace(m, actual=day(50 + days)) for m, days in zip(chain, late, strict=True)]
    found = slips(moved, measure_of_plan(chain, EVERY_DAY), EVERY_DAY)
    assert [found[m.key][0] for m in chain] == late
    rises = sum(max(0, after - max(0, before)) for before, after in pairwise([0, *late]))
    assert sum(days for _slip, days in found.values()) == rises
    if late == sorted(late):
        assert rises == max(0, late[-1])


def test_a_typed_forecast_counts_until_the_fact_is_known() -> None:
    promise = PROMISE
    typed = [replace(m, forecast=day(33)) if m.key == "b" else m for m in FORK]
    assert slips(typed, promise, EVERY_DAY)["b"] == (3, 3)
    known = [replace(m, forecast=day(33), actual=day(31)) if m.key == "b" else m for m in FORK]
    assert slips(known, promise, EVERY_DAY)["b"] == (1, 1)
    assert slips(FORK, promise, EVERY_DAY) == {} and slips(typed, None, EVERY_DAY) == {}


# --- terms set by law ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "ends", "last"),
    [
        (Limit("permit", months=3), date(2023, 11, 30), date(2024, 2, 29)),
        (Limit("permit", months=3), date(2022, 11, 30), date(2023, 2, 28)),
        (Limit("permit", months=3), date(2023, 12, 15), date(2024, 3, 15)),
        (Limit("permit", months=1), date(2024, 1, 31), date(2024, 2, 29)),
        (Limit("permit", days=15), date(2024, 2, 20), date(2024, 3, 6)),
        (Limit("nothing", days=15), date(2024, 2, 20), None),
        (None, date(2024, 2, 20), None),
    ],
)
def test_a_term_runs_from_the_end_of_the_other_stage(limit: Limit | None, ends: date, last: date | None) -> None:
    permit = stage("permit", 1, actual=ends, state=MilestoneState.MET, percent=100)
    start = stage("start", 1, "permit", limit=limit, position=1)
    found = forecast([permit, start], None, EVERY_DAY, ends)
    assert deadline_of(start, found) == last


def test_a_measure_without_stages_leaves_everything_unmeasured() -> None:
    found = forecast(FORK, Measure(1, None, {}), EVERY_DAY, MONDAY)
    assert {s.slip_days for s in found.stages.values()} == {None} and found.finish == day(40)
