"""The outlook: from which day on a project is yellow, red, late, critical, stale, or will miss the start of term.

Nothing gets better by waiting: without a new fact the planned share only grows, and the forecast finish only moves away.
So each of these is false up to a day and true from it on. The days are stored with the project by the write that moves them,
and every list, map and statistic answers for its own day by comparing dates: no new calculation, and right at midnight.
That the finish on day n is max(a constant, n + the chain that remains) is `network.Network.finish_on`.
"""

from __future__ import annotations

import math
from calendar import monthrange
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from projects_api.choices import Light, Status
from projects_api.schedule.baseline import Measure, bridged, counted
from projects_api.schedule.calendar import WorkCalendar
from projects_api.schedule.curve import Span, actual_share, actual_steps, first_day
from projects_api.schedule.facts import MilestoneFacts, seen_by_all
from projects_api.schedule.forecast import (
    ALWAYS,
    DONE,
    activities,
    end_of,
    fixed_finish,
    is_paced,
    is_ready,
    opened_on,
    still_to_come,
)
from projects_api.schedule.lights import LightRules
from projects_api.schedule.network import Network, passes

_WORKS = frozenset({"commencement", "works", "construction"})
_IN_HAND = frozenset({Status.APPROVED, Status.TENDERING, Status.UNDER_CONSTRUCTION, Status.SUSPENDED})


@dataclass(frozen=True, slots=True)
class Outlook:
    """Days from which something is true, None: never as things stand. `measured_finish` None: there is nothing to measure by.

    On day n the school is ready on max(`finish`, the working day `tail` after n): `finish_on`. `tail` 0: nothing says how long
    what remains takes; once `finish` is over no day is known, and where work stands still (`finish` None) none ever is.
    """

    yellow_from: date | None = None
    red_from: date | None = None
    late_from: date | None = None
    critical_from: date | None = None
    stale_from: date | None = None
    term_missed_from: date | None = None
    measured_finish: date | None = None
    finish: date | None = None
    tail: int | None = None

    def light_on(self, day: date) -> Light:
        if self.measured_finish is None:
            return Light.NONE
        if _begun(self.red_from, day):
            return Light.RED
        return Light.YELLOW if _begun(self.yellow_from, day) else Light.GREEN

    def late_on(self, day: date) -> bool:
        return _begun(self.late_from, day)

    def critical_on(self, day: date) -> bool:
        return _begun(self.critical_from, day)

    def stale_on(self, day: date) -> bool:
        return _begun(self.stale_from, day)

    def misses_term_on(self, day: date) -> bool:
        return _begun(self.term_missed_from, day)

    def over_on(self, day: date) -> bool:
        """Whether the school is ready on a day."""
        return self.tail is None and self.finish is not None and self.finish <= day

    def finish_on(self, day: date, calendar: WorkCalendar) -> date | None:
        """When the school is ready, as expected on a day; None where no day is known."""
        if self.finish is None or self.tail is None:
            return self.finish
        if self.tail == 0:
            return still_to_come(self.finish, day)
        return max(self.finish, calendar.last_within(calendar.index(day) + self.tail))

    def slip_on(self, day: date, calendar: WorkCalendar) -> int | None:
        """Calendar days from the promised finish to the one expected on a day, or to that day, if it is past, where none is
        known."""
        if self.measured_finish is None:
            return None
        unknown = max(day, self.measured_finish) if self.finish or self.tail == 0 else None
        finish = self.finish_on(day, calendar) or unknown
        return (finish - self.measured_finish).days if finish else None


def _begun(since: date | None, day: date) -> bool:
    return since is not None and since <= day


def outlook(
    milestones: Sequence[MilestoneFacts],
    measure: Measure | None,
    calendar: WorkCalendar,
    rules: LightRules,
    *,
    status: Status,
    reported: date,
    needed_by: date | None = None,
) -> Outlook:
    """`reported`: the day of the newest entry. `needed_by`: the school's own date, else the first term after the baseline."""
    stages = bridged(milestones)
    opening = counted(stages)
    network = passes(activities(opening, measure, calendar, None)) if opening else Network({}, None, [], None)
    fixed = fixed_finish(opening, network, calendar) if measure or _dated(opening) else None
    if status == Status.CANCELLED:
        return Outlook()
    stale = reported + timedelta(days=rules.stale_days + 1) if rules.stale_days and status in _IN_HAND else None
    if is_ready(opening):
        return Outlook(measured_finish=measure.finish if measure else None, finish=opened_on(opening) or fixed)
    tail = (network.tail if is_paced(opening) else 0) if fixed else None
    finish, left = (None, 0) if status == Status.SUSPENDED and fixed else (fixed, tail)
    if measure is None or measure.finish is None or not opening:
        late = _late(opening, measure) if measure else None
        return Outlook(late_from=late, stale_from=stale, finish=finish, tail=left)
    behind = _Behind(tail, fixed, measure.finish, calendar)
    term = needed_by or rules.term_after(measure.finish)
    yellow = [behind.by(rules.slip_yellow)] if rules.slip_yellow else []
    red = [behind.by(rules.slip_red)] if rules.slip_red else []
    if rules.behind_yellow or rules.behind_red:
        measured = [m for m in seen_by_all(stages) if m.key in measure.spans]
        planned = [measure.spans[m.key] for m in measured]
        reached = actual_share(actual_steps(measured, reported), date.max)
        if rules.behind_yellow:
            yellow.append(_next(first_day(planned, reached + rules.behind_yellow)))
        if rules.behind_red:
            red.append(_next(first_day(planned, math.nextafter(reached + rules.behind_red, 101.0))))
    missed = _missed_start(opening, measure)
    if missed and rules.start_red:
        yellow.append(missed + timedelta(days=1))
        red.append(_months_later(missed, rules.start_red))
    red_from = _earliest(red)
    return Outlook(
        yellow_from=_earliest([*yellow, red_from]),
        red_from=red_from,
        late_from=_late(opening, measure),
        critical_from=behind.by(1),
        stale_from=stale,
        term_missed_from=behind.after(term),
        measured_finish=measure.finish,
        finish=finish,
        tail=left,
    )


@dataclass(frozen=True, slots=True)
class _Behind:
    """From which day on the forecast finish lies so far behind."""

    tail: int | None
    fixed: date | None
    promised: date
    calendar: WorkCalendar

    def by(self, days: int) -> date | None:
        """The first day on which the finish is at least `days` calendar days after the promised one."""
        return self.after(self.promised + timedelta(days=days - 1))

    def after(self, deadline: date) -> date | None:
        """The first day on which the finish is after `deadline`."""
        if self.fixed is not None and self.fixed > deadline:
            return ALWAYS
        if self.tail is None:
            return None
        if self.tail == 0:  # where no day is known it is not before the one that dawns
            return deadline + timedelta(days=1)
        # last(index(n) + tail) > deadline: one working day more before n than fits.
        fits = end_of(deadline, self.calendar) - self.tail
        return self.calendar.day(fits) + timedelta(days=1) if fits >= 0 else ALWAYS


def _dated(stages: Iterable[MilestoneFacts]) -> bool:
    return any(facts.planned or facts.forecast or facts.actual for facts in stages)


def _late(opening: Sequence[MilestoneFacts], measure: Measure) -> date | None:
    """The day after the first promised day that passes, or always where a forecast already lies after its own."""
    found = []
    for facts in opening:
        span = measure.spans.get(facts.key)
        if span is not None and facts.state not in DONE:
            found.append(ALWAYS if facts.forecast and facts.forecast > span.finish else span.finish + timedelta(days=1))
    return _earliest(found)


def _missed_start(opening: Sequence[MilestoneFacts], measure: Measure) -> date | None:
    """The day on which building was to begin, while it has not."""
    works = [facts for facts in opening if facts.key in _WORKS]
    if not works or any(facts.has_begun for facts in works):
        return None
    spans = [span for facts in works if (span := measure.spans.get(facts.key)) is not None]
    return _first_start(spans)


def _first_start(spans: Iterable[Span]) -> date | None:
    return min((span.finish for span in spans), default=None)


def _months_later(day: date, months: int) -> date:
    """The first day after so many months, the day's own included, have ended."""
    month = day.year * 12 + day.month - 1 + months - 1
    year, number = divmod(month, 12)
    return date(year, number + 1, monthrange(year, number + 1)[1]) + timedelta(days=1)


def _next(day: date | None) -> date | None:
    return None if day is None else day + timedelta(days=1)


def _earliest(days: Iterable[date | None]) -> date | None:
    return min((day for day in days if day is not None), default=None)
