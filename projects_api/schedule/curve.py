"""S-curves: how much of a project should be, is and will be complete, day by day.

What is planned and what is ahead are weights × dates: a stage's weight is spread evenly over the calendar days of its span.
Calendar days, not working days: a curve is read against the calendar on the wall, and a stop shows in the stages' dates.
What was done is steps, each on the day that the record knows it by: nobody saw the days between two reports, and a line drawn
through them would be another one tomorrow.

Weights count as in `progress.progress`: those of 0 do not, and where none is positive all count alike. 100 is said only
when it is true, and short of it a point shows 99.9 at most.
"""

from __future__ import annotations

import math
from calendar import monthrange
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from projects_api.choices import MilestoneState
from projects_api.schedule.facts import MilestoneFacts

MAX_POINTS = 400
# Months between two points, the finest first; all divide into years, so that coarser points fall on ends of quarters and
# years. The last suffices for every date that there is.
_STEPS = (1, 3, 6, 12, 60, 120, 600)
_ALL_BUT = math.nextafter(100.0, 0.0)


@dataclass(frozen=True, slots=True)
class Span:
    """A stage of `weight` (any scale) worked evenly from `start` to `finish`, both included.

    A stage of one day is complete at the end of that day. Raises ValueError where it ends before it starts.
    """

    start: date
    finish: date
    weight: float

    def __post_init__(self) -> None:
        if self.finish < self.start:
            raise ValueError(f"a span from {self.start} to {self.finish} ends before it starts")


@dataclass(frozen=True, slots=True)
class Done:
    """What is proven of a stage of `weight`: (day, percent) in order, each from the end of its day on; before the first, nothing.

    `met` is somebody's acceptance on the last of these days, which 100 percent alone is not.
    """

    steps: tuple[tuple[date, float], ...]
    weight: float
    met: bool

    def percent_on(self, day: date) -> float:
        return next((percent for since, percent in reversed(self.steps) if since <= day), 0.0)

    def met_on(self, day: date) -> bool:
        return self.met and self.steps[-1][0] <= day


@dataclass(frozen=True, slots=True)
class Point:
    """Percent complete at the end of `day`, to 0.1; None where the curve says nothing of that day."""

    day: date
    planned: float | None
    actual: float | None
    forecast: float | None


@dataclass(frozen=True, slots=True)
class Curves:
    """What a project's three curves are drawn from, and what the project counts among others (`weight`, any scale).

    `ahead`: what remains of the stages (`weight`: of what remains) over the days on which it is expected; none where
    nothing remains or nothing can be expected.
    """

    planned: Sequence[Span]
    actual: Sequence[Done]
    ahead: Sequence[Span]
    weight: float = 1.0


def share(spans: Iterable[Span], day: date) -> float:
    """Percent of the whole, 0 to 100, that is complete at the end of `day`; 0 where there are no spans.

    Never falls from day to day; 0 before the first start, under 100 before the last finish, exactly 100.0 from then on.
    """
    return _percent([(span.weight, 100 * _elapsed(span.start, span.finish, day), day >= span.finish) for span in spans])


def first_day(spans: Sequence[Span], percent: float) -> date | None:
    """The first day, looked for from the first start on, at whose end `share` is at least `percent`.

    None where that day never comes (`percent` over 100) or there are no spans. About 12 evaluations of `share`.
    """
    if not spans or percent > 100:
        return None
    first = min(span.start for span in spans)
    low, high = 0, (max(span.finish for span in spans) - first).days
    while low < high:
        middle = (low + high) // 2
        if share(spans, first + timedelta(days=middle)) >= percent:
            high = middle
        else:
            low = middle + 1
    return first + timedelta(days=low)


# The percentages that were reported of stages, by key: day by day in order, the last of each day.
Reports = Mapping[str, Sequence[tuple[date, int]]]


def actual_steps(milestones: Iterable[MilestoneFacts], today: date, reports: Reports | None = None) -> list[Done]:
    """What the facts prove at the end of `today`: one Done for every milestone that applies, in their order.

    A met or reported stage was done on its actual day; before that, and as long as it is open, it is where `reports` say. A
    percentage whose day they do not tell, and an actual day that is not known or to come, count as today: nothing is proven
    earlier, and today's share is the progress.
    """
    known = reports or {}
    return [_done(facts, today, known.get(facts.key, ())) for facts in milestones if facts.is_applicable]


def actual_share(done: Iterable[Done], day: date) -> float:
    """Percent of the whole, 0 to 100, that was complete at the end of `day`; 0 where there is nothing.

    On the day of the facts it is `progress.progress` before rounding down; 100 only when every stage that counts is met.
    """
    return _percent([(part.weight, part.percent_on(day), part.met_on(day)) for part in done])


def series(planned: Sequence[Span], actual: Sequence[Done], forecast: Sequence[Span], today: date) -> list[Point]:
    """The three curves at every month's end, their first and last day, and today; in order, at most MAX_POINTS.

    Over some 33 years only ends of quarters are shown, then of half years and so on. `actual` stops and `forecast`
    begins today, both with the actual share. `forecast` (`Curves.ahead`) rises from the actual share to 100, and none of
    it lies before tomorrow: a span that does is moved. A curve without stages is None throughout; without any stage there
    are no points.
    """
    coming = _from_tomorrow(forecast, today)
    ends = [day for span in (*planned, *coming) for day in (span.start, span.finish)]
    ends += [day for part in actual for day, _percent in part.steps]
    if not ends:
        return []
    return _points([Curves(planned, actual, coming)], _days(min(ends), max(ends), today), today)


def joint(parts: Sequence[Curves], first: date, last: date, today: date) -> list[Point]:
    """The curves of several projects as one, from `first` to `last`: on every day the mean of theirs by weight.

    Points on both days, the ends of months between them and, if it lies between, today. One project alone has its own
    curve (`series`), as far as it lies between the two days. What expects nothing (`ahead` empty) stays where it is.
    """
    if not any(part.planned or part.actual or part.ahead for part in parts):
        return []
    return _points(parts, [day for day in _days(first, last, today) if first <= day <= last], today)


def weights(amounts: Sequence[Decimal | None]) -> tuple[list[float], bool]:
    """What each of several projects counts: its amount of money, or 1 where any has none (or nothing); and whether by money."""
    if amounts and all(amounts):
        return [float(amount) for amount in amounts if amount], True
    return [1.0] * len(amounts), False


def _points(parts: Sequence[Curves], days: Iterable[date], today: date) -> list[Point]:
    planned, actual = any(part.planned for part in parts), any(part.actual for part in parts)
    coming = [_from_tomorrow(part.ahead, today) for part in parts]
    reached = [actual_share(part.actual, today) for part in parts]

    def mean(shares: Iterable[float], tenth: Callable[[float], float] = _down) -> float:
        return tenth(_percent([(part.weight, value, value == 100) for part, value in zip(parts, shares, strict=True)]))

    return [
        Point(
            day,
            planned=mean((share(part.planned, day) for part in parts), _tenth) if planned else None,
            actual=mean(actual_share(part.actual, day) for part in parts) if actual and day <= today else None,
            forecast=mean(_rest(*ahead, day) for ahead in zip(reached, coming, strict=True))
            if any(coming) and day >= today
            else None,
        )
        for day in days
    ]


def _elapsed(start: date, finish: date, day: date) -> float:
    """The part, 0 to 1, of the days from `start` through `finish` that is over at the end of `day`."""
    if day >= finish:
        return 1.0
    if day < start:
        return 0.0
    return ((day - start).days + 1) / ((finish - start).days + 1)


def _percent(parts: Sequence[tuple[float, float, bool]]) -> float:
    """The mean of the parts' percentages by weight; a part is (weight, percent, whether it is complete).

    `fsum` rounds once, so that the mean of growing parts never falls and whole percentages come out whole.
    """
    counted = [part for part in parts if part[0] > 0] or [(1.0, percent, whole) for _weight, percent, whole in parts]
    if not counted:
        return 0.0
    if all(whole for _weight, _percent, whole in counted):
        return 100.0
    done = math.fsum(weight * percent for weight, percent, _whole in counted)
    return min(done / math.fsum(weight for weight, _percent, _whole in counted), _ALL_BUT)


def _done(facts: MilestoneFacts, today: date, reports: Iterable[tuple[date, int]]) -> Done:
    percent = 100 if facts.is_met else min(max(facts.percent, 0), 100)
    if facts.state in (MilestoneState.MET, MilestoneState.REPORTED):
        last = min(facts.actual or today, today)
        steps = [(day, float(said)) for day, said in reports if day < last]
        steps.append((last, float(percent)))
    else:
        steps = [(day, float(said)) for day, said in reports if day <= today]
        # A history that does not lead to where the stage is (of a past day, or taken over) proves nothing of it.
        if not steps or steps[-1][1] != percent:
            steps = [(today, float(percent))]
    return Done(tuple(steps), facts.weight, facts.is_met)


def _from_tomorrow(spans: Iterable[Span], today: date) -> list[Span]:
    day = timedelta(days=1)
    return [Span(max(span.start, today + day), max(span.finish, today + day), span.weight) for span in spans]


def _rest(reached: float, coming: Sequence[Span], day: date) -> float:
    """`reached`, and as much of what is missing to 100 as `coming` has brought by `day`; exactly 100 at its end."""
    ahead = share(coming, day)
    return reached + (100 - reached) * ahead / 100 if ahead < 100 else 100.0


def _tenth(percent: float) -> float:
    return min(round(percent, 1), 99.9) if percent < 100 else 100.0


def _down(percent: float) -> float:
    """To a tenth and rounded down, as the progress is: 97.96 beside “97 %” is not 98. What sums of floats lose is given back."""
    return min(math.floor(percent * 10 + 1e-6) / 10, 99.9) if percent < 100 else 100.0


def _days(first: date, last: date, today: date) -> list[date]:
    """`first`, `last`, `today` and the ends of months between `first` and `last`, as many as MAX_POINTS allows."""
    months = range(_month(first), _month(last) + 1)
    step = next(step for step in _STEPS if len(months) / step <= MAX_POINTS - 4)
    ends = (_month_end(month) for month in months if (month + 1) % step == 0)
    return sorted({first, last, today, *(day for day in ends if first <= day <= last)})


def _month(day: date) -> int:
    """Months since January of the year 0."""
    return day.year * 12 + day.month - 1


def _month_end(month: int) -> date:
    year, index = divmod(month, 12)
    return date(year, index + 1, monthrange(year, index + 1)[1])
