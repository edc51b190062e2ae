"""The outlook against brute force: the stored days say, for every later day, what a new calculation on that day finds.

This is the promise on which lists, maps and statistics stand: they compare days and calculate nothing.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any, NamedTuple

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from projects_api.choices import Light, MilestoneState, Status
from projects_api.schedule.baseline import Measure, bridged, counted, measure_of_plan, opening_of
from projects_api.schedule.calendar import CalendarRules, WorkCalendar, calendar_of
from projects_api.schedule.curve import Span, actual_share, actual_steps, share
from projects_api.schedule.facts import MilestoneFacts
from projects_api.schedule.forecast import ALWAYS, forecast
from projects_api.schedule.lights import LightRules
from projects_api.schedule.network import Link
from projects_api.schedule.outlook import Outlook, outlook
from tests.thorough import examples

REPORTED = date(2024, 2, 29)
CALENDARS = [
    CalendarRules(),
    CalendarRules(closed_weekdays=(5, 6)),
    CalendarRules(closed_weekdays=(6,), winter=("12-10", "02-20"), spring_festival=(7, 15), public_holidays=True),
]
DONE = (MilestoneState.MET, MilestoneState.REPORTED)


class Case(NamedTuple):
    stages: list[MilestoneFacts]
    measure: Measure | None
    calendar: WorkCalendar
    rules: LightRules
    status: Status
    needed_by: date | None

    def outlook(self) -> Outlook:
        return outlook(
            self.stages,
            self.measure,
            self.calendar,
            self.rules,
            status=self.status,
            reported=REPORTED,
            needed_by=self.needed_by,
        )


class Seen(NamedTuple):
    """What a reader sees of a project on a day."""

    finish: date | None
    light: Light
    late: bool
    critical: bool
    stale: bool
    term_missed: bool


def stored(found: Outlook, calendar: WorkCalendar, day: date) -> Seen:
    """As lists read it: days compared."""

    return Seen(
        found.finish_on(day, calendar),
        found.light_on(day),
        found.late_on(day),
        found.critical_on(day),
        found.stale_on(day),
        found.misses_term_on(day),
    )


def calculated(case: Case, day: date) -> Seen:
    """By the words of the rules alone, anew on this day."""
    if case.status == Status.CANCELLED:
        return Seen(None, Light.NONE, False, False, False, False)
    measure, rules = case.measure, case.rules
    stages = bridged(case.stages)
    opening = counted(stages)
    known = measure is not None or any(m.planned or m.forecast or m.actual for m in opening)
    finish = forecast(case.stages, measure, case.calendar, day).finish if known else None
    promised = measure.finish if measure else None
    last = opening_of(stages)
    if last.state in DONE if last else opening and all(m.state in DONE for m in opening):
        return Seen(finish, Light.GREEN if promised else Light.NONE, False, False, False, False)
    spans = measure.spans if measure else {}
    waiting = [(m.forecast, spans[m.key].finish) for m in opening if m.key in spans and m.state not in DONE]
    late = any(end < day or (typed is not None and typed > end) for typed, end in waiting)
    in_hand = case.status in (Status.APPROVED, Status.TENDERING, Status.UNDER_CONSTRUCTION, Status.SUSPENDED)
    stale = in_hand and rules.stale_days > 0 and (day - REPORTED).days > rules.stale_days
    told = None if case.status == Status.SUSPENDED else finish  # behind it is, ready on a day it is not
    if promised is None or not opening:
        return Seen(told, Light.NONE, late, False, stale, False)

    # Where no day is known, it is not today, and it is at least as late as today.
    slip, ready = ((finish or day) - promised).days, finish or day
    red, yellow = 0 < rules.slip_red <= slip, 0 < rules.slip_yellow <= slip
    # Share by share: what was to be done by the evening before, and what is done.
    measured = [m for m in stages if m.key in spans]
    planned = share([spans[m.key] for m in measured], day - timedelta(days=1))
    reached = actual_share(actual_steps(measured, day), day)
    if measured:
        yellow |= rules.behind_yellow > 0 and planned >= reached + rules.behind_yellow
        red |= rules.behind_red > 0 and planned > reached + rules.behind_red
    # A start that was planned and missed: yellow from the next day, red when so many months ended without it.
    works = [m for m in opening if m.key in ("commencement", "works", "construction")]
    starts = [spans[m.key].finish for m in works if m.key in spans]
    if rules.start_red and starts and not any(m.has_begun for m in works) and min(starts) < day:
        yellow = True
        months = (day.year - min(starts).year) * 12 + day.month - min(starts).month
        red |= months >= rules.start_red
    light = Light.RED if red else Light.YELLOW if yellow else Light.GREEN
    return Seen(told, light, late, slip >= 1, stale, ready > (case.needed_by or rules.term_after(promised)))


past = st.integers(0, 150).map(lambda n: REPORTED - timedelta(days=n))
coming = st.integers(-120, 200).map(lambda n: REPORTED + timedelta(days=n))
KEYS = ("project_approval", "commencement", "foundations", "works", "special_acceptance", "handover", "audit")


@st.composite
def stages_(draw: Any) -> list[MilestoneFacts]:
    """Up to seven stages, in order; each may wait for earlier ones. Facts are of the past, as the services demand."""
    keys = draw(st.lists(st.sampled_from(KEYS), unique=True, max_size=7))
    return [_stage(draw, key, keys[:place], place) for place, key in enumerate(keys)]


def _stage(draw: Any, key: str, before: list[str], place: int) -> MilestoneFacts:
    after = draw(st.lists(st.sampled_from(before), unique=True, max_size=2)) if before else []
    links = tuple(Link(name, draw(st.sampled_from(["FS", "SS"])), draw(st.integers(0, 9))) for name in after)
    facts: dict[str, Any] = {"planned": draw(st.none() | coming), "weight": draw(st.integers(0, 30))}
    facts["duration"] = draw(st.none() | st.integers(0, 60))
    how = draw(st.sampled_from(["todo", "todo", "begun", "reported", "met", "failed", "off"]))
    if how == "off":
        facts["state"] = MilestoneState.NOT_APPLICABLE
    elif how == "begun":
        facts |= {"state": MilestoneState.IN_PROGRESS, "percent": draw(st.integers(0, 99))}
        facts["started"] = draw(st.none() | past)
    elif how != "todo":
        states = {"met": MilestoneState.MET, "reported": MilestoneState.REPORTED, "failed": MilestoneState.NOT_MET}
        actual = draw(past)
        facts |= {"state": states[how], "percent": 100, "actual": actual}
        facts["started"] = draw(st.none() | st.integers(0, 60).map(lambda n: actual - timedelta(days=n)))
    if how in ("todo", "begun"):
        facts["forecast"] = draw(st.none() | st.none() | coming)
    return MilestoneFacts(key, position=place, links=links, **facts)


@st.composite
def cases(draw: Any) -> Case:
    stages = draw(stages_())
    calendar = calendar_of(draw(st.sampled_from(CALENDARS)))
    measure = measure_of_plan(stages, calendar)
    if draw(st.booleans()):
        measure = draw(baselines(stages))
    behind, slip = (sorted(draw(st.lists(st.integers(1, n), min_size=2, max_size=2))) for n in (100, 120))
    thresholds = [draw(st.sampled_from([value, value, 0])) for value in (*behind, *slip)]
    start_red, stale_days = draw(st.integers(0, 4)), draw(st.sampled_from([0, 1, 30]))
    term = draw(st.sampled_from(["09-01", "02-28", "12-31"]))
    behind_yellow, behind_red, slip_yellow, slip_red = thresholds
    rules = LightRules(behind_yellow, behind_red, slip_yellow, slip_red, start_red, stale_days, term)
    return Case(stages, measure, calendar, rules, draw(st.sampled_from(Status)), draw(st.none() | st.none() | coming))


@st.composite
def baselines(draw: Any, stages: list[MilestoneFacts]) -> Measure | None:
    """Another day's promise: other dates than the plan's, and not always the same stages."""
    spans = {}
    for key in [m.key for m in stages if draw(st.integers(0, 4))] + draw(st.sampled_from([[], ["given up"]])):
        finish = draw(coming)
        spans[key] = Span(finish - timedelta(days=draw(st.integers(0, 90))), finish, draw(st.integers(0, 30)))
    return Measure(1, max(span.finish for span in spans.values()), spans) if spans else None


WATCHED = [REPORTED + timedelta(days=n) for n in (*range(45), *range(45, 420, 7))]


@settings(max_examples=examples(60))
@given(cases())
def test_the_stored_days_say_of_every_day_what_a_calculation_on_it_finds(case: Case) -> None:
    found = case.outlook()
    for day in WATCHED:
        assert stored(found, case.calendar, day) == calculated(case, day), day


@given(cases())
def test_it_turns_on_the_very_day_and_not_on_the_one_before(case: Case) -> None:
    """Exactly at midnight: every stored day is the first on which it is true."""
    found = case.outlook()
    turns = {found.yellow_from, found.red_from, found.late_from, found.critical_from, found.stale_from}
    days = {day for day in turns | {found.term_missed_from} if day is not None and day > REPORTED}
    assume(days)
    for day in days:
        before = day - timedelta(days=1)
        assert calculated(case, before) != calculated(case, day)
        assert stored(found, case.calendar, before) == calculated(case, before)
        assert stored(found, case.calendar, day) == calculated(case, day)


ORDER = [Light.GREEN, Light.YELLOW, Light.RED]


@given(cases())
def test_nothing_gets_better_by_waiting(case: Case) -> None:
    seen = [calculated(case, day) for day in WATCHED]
    for before, after in zip(seen, seen[1:], strict=False):
        if before.light is Light.NONE:
            assert after.light is Light.NONE
        else:
            assert ORDER.index(after.light) >= ORDER.index(before.light)
        assert before.finish is not None or after.finish is None
        assert before.finish is None or after.finish is None or after.finish >= before.finish
        assert all(now >= was for was, now in zip(before[2:], after[2:], strict=True))


# --- the rules, one by one ----------------------------------------------------------------------------------

EVERY_DAY = calendar_of(CalendarRules())
OFF = LightRules(0, 0, 0, 0, 0, 0)


def of(*stages: MilestoneFacts, rules: LightRules = OFF, status: Status = Status.APPROVED, **more: Any) -> Outlook:
    """Measured against the plan; the last report is of 1 January 2024."""
    measure = more.pop("measure", measure_of_plan(stages, EVERY_DAY))
    return outlook(stages, measure, EVERY_DAY, rules, status=status, reported=date(2024, 1, 1), **more)


def a(**facts: Any) -> MilestoneFacts:
    """Ten days of work, to be over on 29 February 2024."""
    return MilestoneFacts("a", **{"planned": date(2024, 2, 29), "duration": 10, "weight": 1, **facts})


def test_work_not_begun_is_behind_from_the_day_on_which_it_no_longer_fits() -> None:
    """Ten days up to the 29th are the 20th to the 29th: begun on the 20th it is in time, on the 21st it is not."""
    found = of(a(), rules=LightRules(0, 0, 1, 5, 0, 0))
    assert found.critical_from == found.yellow_from == date(2024, 2, 21)
    assert found.red_from == date(2024, 2, 25), "five days later it is five days behind"
    assert found.late_from == date(2024, 3, 1), "the promised day has passed"
    assert (found.measured_finish, found.finish, found.tail) == (date(2024, 2, 29), date(2024, 2, 29), 10)


def test_points_behind_count_from_the_next_morning() -> None:
    """A tenth a day from the 20th on: ten points are behind when the 20th is over, more than thirty when the 23rd is."""
    found = of(a(), rules=LightRules(10, 30, 0, 0, 0, 0))
    assert (found.yellow_from, found.red_from) == (date(2024, 2, 21), date(2024, 2, 24))
    half = of(
        a(percent=50, started=date(2024, 1, 1), state=MilestoneState.IN_PROGRESS), rules=LightRules(10, 30, 0, 0, 0, 0)
    )
    assert (half.yellow_from, half.red_from) == (date(2024, 2, 26), date(2024, 2, 29))


def test_thirty_points_are_yellow_and_more_than_thirty_red() -> None:
    rules = LightRules(30, 30, 0, 0, 0, 0)
    found = of(a(), rules=rules)
    assert (found.yellow_from, found.red_from) == (date(2024, 2, 23), date(2024, 2, 24))


def test_a_planned_start_missed_is_yellow_at_once_and_red_after_three_months() -> None:
    """Missed in January (the 31st was the day), February and March: red from April."""
    start = MilestoneFacts("commencement", planned=date(2024, 1, 31))
    rules = LightRules(0, 0, 0, 0, 3, 0)
    found = of(start, rules=rules)
    assert (found.yellow_from, found.red_from) == (date(2024, 2, 1), date(2024, 4, 1))
    begun = of(MilestoneFacts("commencement", planned=date(2024, 1, 31), started=date(2024, 2, 5)), rules=rules)
    assert (begun.yellow_from, begun.red_from) == (None, None)
    december = of(MilestoneFacts("works", planned=date(2023, 12, 1)), rules=rules)
    assert december.red_from == date(2024, 3, 1), "February has 29 days"


def test_a_report_that_is_due_is_missed_the_day_after() -> None:
    rules = LightRules(0, 0, 0, 0, 0, 30)
    assert of(a(), rules=rules).stale_from == date(2024, 2, 1)
    for status in (Status.PROPOSED, Status.ACCEPTED, Status.IN_USE, Status.CANCELLED):
        assert of(a(), rules=rules, status=status).stale_from is None, "nobody is to report on it"


def test_a_typed_forecast_after_the_promise_is_late_at_once() -> None:
    found = of(a(forecast=date(2024, 3, 5)), rules=LightRules(0, 0, 1, 90, 0, 0))
    assert found.late_from == found.critical_from == found.yellow_from == ALWAYS
    assert found.red_from is not None and found.red_from > date(2024, 5, 1)


def test_a_school_needs_its_own_day_else_the_start_of_term() -> None:
    by_term = of(a(planned=date(2024, 8, 31), forecast=date(2024, 9, 1)))
    assert by_term.term_missed_from == date(2024, 9, 2), "on 1 September the doors open: that day is in time"
    assert of(a(planned=date(2024, 8, 31), forecast=date(2024, 9, 2))).term_missed_from == ALWAYS
    own = of(a(), needed_by=date(2024, 2, 20))
    assert own.term_missed_from == ALWAYS


def test_what_comes_after_the_opening_makes_nothing_late() -> None:
    done = date(2023, 12, 1)
    ready = MilestoneFacts("handover", 1, planned=done, actual=done, percent=100, state=MilestoneState.MET)
    audit = MilestoneFacts("settlement_audit", position=2, planned=date(2023, 12, 20), duration=20)
    found = of(ready, audit, rules=LightRules(), status=Status.IN_USE)
    assert found == Outlook(measured_finish=date(2023, 12, 1), finish=date(2023, 12, 1))


def test_a_finished_project_is_green_however_late_it_was() -> None:
    done = a(state=MilestoneState.MET, percent=100, actual=date(2024, 6, 1))
    found = of(done, rules=LightRules(), status=Status.ACCEPTED)
    assert (found.yellow_from, found.red_from, found.finish) == (None, None, date(2024, 6, 1))
    assert found.light_on(date(2050, 1, 1)) is Light.GREEN


def test_what_is_cancelled_or_has_no_dates_is_not_measured() -> None:
    rules = LightRules(stale_days=0)
    assert of(a(), rules=LightRules(), status=Status.CANCELLED) == Outlook()
    assert of(rules=rules) == Outlook()
    assert of(a(planned=None), rules=rules) == Outlook()
    off = a(state=MilestoneState.NOT_APPLICABLE)
    assert of(off, rules=rules, measure=measure_of_plan([a()], EVERY_DAY)) == Outlook(), "nothing is left of it"


def test_what_is_suspended_is_ready_on_no_day_and_behind_as_soon_as_the_promise_is_past() -> None:
    """Found: a page said "no date", the API and every table the day computed before work stopped."""
    going, halted = (of(a(), rules=LightRules(), status=s) for s in (Status.UNDER_CONSTRUCTION, Status.SUSPENDED))
    before, after = date(2024, 2, 1), date(2024, 3, 10)
    assert going.finish_on(before, EVERY_DAY) == date(2024, 2, 29) and halted.finish_on(before, EVERY_DAY) is None
    assert [halted.slip_on(day, EVERY_DAY) for day in (before, after)] == [0, 10]
    assert replace(halted, finish=going.finish, tail=going.tail) == going, "lights and what is late stay as they were"
    done = a(state=MilestoneState.MET, percent=100, actual=date(2024, 2, 1))
    assert of(done, rules=LightRules(), status=Status.SUSPENDED).over_on(before), "what is ready is a fact"


def test_a_plan_that_stops_before_the_opening_makes_stages_late_and_promises_no_finish() -> None:
    """…nor one that leaves out work whose length is known."""
    handover = MilestoneFacts("handover", position=1, duration=5)
    for last in (handover, MilestoneFacts("b", position=1, duration=5)):
        found = of(a(), last, rules=LightRules())
        assert (found.measured_finish, found.yellow_from, found.critical_from) == (None, None, None)
        assert (found.late_from, found.stale_from) == (date(2024, 3, 1), date(2024, 2, 1))


def test_where_every_weight_is_nought_all_stages_count_alike() -> None:
    b = MilestoneFacts("b", position=1, planned=date(2024, 2, 29), duration=10, weight=0)
    met = a(weight=0, state=MilestoneState.MET, percent=100, actual=date(2024, 1, 1))
    found = of(met, b, rules=LightRules(10, 30, 0, 0, 0, 0))
    assert (found.yellow_from, found.red_from) == (date(2024, 2, 26), date(2024, 2, 29)), "half is reached"
