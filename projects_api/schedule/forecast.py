"""The computed schedule: facts and durations through the network and the calendar, seen from a day (mechanism 3).

Each stage is one activity of `schedule.network`, in working days; it ends at the end of its last day. A stage is taken
- as finished by its actual day;
- with a forecast typed by the engineer, by that day, but never before the stages it waits for, nor before today;
- under way, by what remains of its duration after the percentage reported;
- else by its duration, not before its planned start: what was promised for March is not forecast for January.
A stage without a duration is an event: it happens on the planned day, or on the day on which what it waits for has ended.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from projects_api.choices import MilestoneState
from projects_api.schedule.baseline import Measure, bridged, counted, leading_to, opening_of
from projects_api.schedule.calendar import WorkCalendar
from projects_api.schedule.facts import MilestoneFacts
from projects_api.schedule.network import Activity, Link, Network, passes

ALWAYS = date(1949, 10, 1)  # before every day that the record knows
DONE = frozenset({MilestoneState.MET, MilestoneState.REPORTED})


@dataclass(frozen=True, slots=True)
class StageForecast:
    """One stage, dates inclusive. `slip_days`: calendar days from the baseline's finish to the actual or forecast one.

    `total_float` in working days and `critical` look at the day on which the school is ready; None for stages after it.
    """

    key: str
    start: date
    finish: date
    total_float: int | None
    critical: bool
    slip_days: int | None


@dataclass(frozen=True, slots=True)
class Forecast:
    """`finish`: when the school is ready, None where no day is known; `critical_path` in order, what is finished included."""

    stages: dict[str, StageForecast]
    finish: date | None
    critical_path: list[str]


def end_of(day: date, calendar: WorkCalendar) -> int:
    """The index at which work ends that ends with `day`: the working days up to and including it."""
    return calendar.index(day) + calendar.is_working(day)


def activities(
    stages: Sequence[MilestoneFacts], measure: Measure | None, calendar: WorkCalendar, now: int | None
) -> list[Activity]:
    """The stages as activities. Links to stages that are left out go to what those waited for.

    `now` only settles what a forecast that has passed means: one day more. None: as if no day were today.
    """
    own = {facts.key for facts in stages}
    by_key = {facts.key: facts for facts in stages}
    return [_activity(by_key[key], own, measure, calendar, now) for key in by_key]


def _activity(
    facts: MilestoneFacts, own: set[str], measure: Measure | None, calendar: WorkCalendar, now: int | None
) -> Activity:
    span = measure.spans.get(facts.key) if measure else None
    duration = facts.duration or 0
    event = duration == 0
    links = tuple(
        # An event happens on the very day on which what it waits for ends.
        Link(link.after, link.kind, link.lag - (event and link.kind == "FS"))
        for link in facts.links
        if link.after in own
    )
    days = max(1, duration)
    if facts.actual is not None:
        finished = end_of(facts.actual, calendar)
        started = min(calendar.index(facts.started), finished) if facts.started else None
        return Activity(facts.key, days, links, started=started, finished=finished)
    if facts.forecast is not None:
        # The last day is what is forecast; how long the work takes does not matter any more.
        begun = facts.has_begun
        return Activity(facts.key, 1, () if begun else links, not_before=end_of(facts.forecast, calendar) - 1)
    if facts.has_begun and not event:
        left = max(1, -(-duration * (100 - min(facts.percent, 100)) // 100))
        started = calendar.index(facts.started) if facts.started else (now or 0)
        return Activity(facts.key, days, links, started=started, remaining=left)
    planned = facts.planned or (span.finish if span else None)
    if event:
        begun = facts.has_begun
        return Activity(
            facts.key, 1, () if begun else links, not_before=end_of(planned, calendar) - 1 if planned else None
        )
    return Activity(facts.key, days, links, not_before=end_of(planned, calendar) - days if planned else None)


def opened_on(stages: Sequence[MilestoneFacts]) -> date | None:
    """The day on which the school was ready by its opening stage, whatever else was not recorded; None while it is not."""
    last = opening_of(stages)
    return last.actual if last and last.state in DONE else None


def is_ready(opening: Sequence[MilestoneFacts]) -> bool:
    """Whether the school is ready: its opening stage is done; where it has none, all are."""
    last = opening_of(opening)
    return last.state in DONE if last else bool(opening) and all(facts.state in DONE for facts in opening)


def is_paced(opening: Sequence[MilestoneFacts]) -> bool:
    """Whether of anything that remains it is known how long it takes. Where nothing is, days can only be given."""
    return any(facts.duration for facts in opening if facts.state not in DONE)


def still_to_come(given: date | None, today: date) -> date | None:
    """A day that was given and is over, with the work not done, is no expectation any more; and today is none in its place."""
    return given if given and given >= today else None


def still_known(stages: Sequence[MilestoneFacts], key: str, finish: date, today: date) -> date | None:
    """The day on which an open stage is expected, of its forecast's `finish`; None where that only says that it is not over."""
    needed = leading_to(bridged(stages), key)
    return finish if finish > today or is_paced(needed) else still_to_come(_given(needed, key), today)


def _given(needed: Sequence[MilestoneFacts], key: str) -> date | None:
    return next((facts.due for facts in needed if facts.key == key), None)


def fixed_finish(opening: Sequence[MilestoneFacts], network: Network, calendar: WorkCalendar) -> date | None:
    """The finish as far as no day moves it: by facts, typed forecasts and planned starts. `network`: passed without a day."""
    if network.finish is None:
        return None
    given = [day for facts in opening if (day := facts.actual or facts.forecast) is not None]
    if network.tail is None:
        return max(given)
    last = [calendar.last_within(network.finish)] if network.finish > 0 else [ALWAYS]
    return max([*last, *given])


def forecast(
    milestones: Sequence[MilestoneFacts],
    measure: Measure | None,
    calendar: WorkCalendar,
    today: date,
    *,
    to_opening: bool = False,
) -> Forecast:
    """The schedule as it is expected on `today`; `to_opening`: only up to the stage with which the school is ready.

    At most two passes over the stages; well under 1 ms for 30.
    """
    stages = bridged(milestones)
    if to_opening:
        stages = counted(stages)
    if not stages:
        return Forecast({}, None, [])
    now = calendar.index(today)
    opening = counted(stages)
    main = passes(activities(opening, measure, calendar, now), now)
    whole = main if len(opening) == len(stages) else passes(activities(stages, measure, calendar, now), now)
    found = {facts.key: _stage(facts, main, whole, measure, calendar) for facts in stages}
    finish: date | None = max(found[facts.key].finish for facts in opening)
    if over := opened_on(opening):
        finish = over
    elif not is_ready(opening) and not is_paced(opening):
        given = passes(activities(opening, measure, calendar, None))
        finish = still_to_come(fixed_finish(opening, given, calendar), today)
    return Forecast(found, finish, main.critical_path)


def _stage(
    facts: MilestoneFacts, main: Network, whole: Network, measure: Measure | None, calendar: WorkCalendar
) -> StageForecast:
    times = main.times.get(facts.key)
    ends = (times or whole.times[facts.key]).finish
    begins = (times or whole.times[facts.key]).start
    # Facts and forecasts are shown as they were given, though nobody works on that day.
    finish = facts.actual or max(calendar.last_within(ends), facts.forecast or date.min)
    if facts.started:
        start = facts.started
    elif facts.actual or facts.forecast:
        start = calendar.day_within(ends - max(1, facts.duration or 1))
    else:
        start = calendar.day_within(begins)
    span = measure.spans.get(facts.key) if measure else None
    return StageForecast(
        key=facts.key,
        start=min(start, finish),
        finish=finish,
        total_float=times.total_float if times else None,
        critical=times is not None and times.critical,
        slip_days=(finish - span.finish).days if span else None,
    )
