"""The odds of the finish: the network's pass run many times with drawn durations (Monte Carlo).

Each run multiplies the days that the pass sees ahead of every unfinished stage by a drawn factor, actual over usual, and
passes through the links once more. The factor comes from the bureau's own record where there is enough of it, else from
the template's range. Facts stay facts; lags and dates before which a stage may not start are not drawn.

- **The record** is drawn from with replacement (the bootstrap: B. Efron, "Bootstrap methods: another look at the
  jackknife", Annals of Statistics 7, 1979): it needs no assumption about the shape of a delay.
- **A range** is drawn from the PERT beta distribution with weight 4 on the usual value (D. G. Malcolm, J. H. Roseboom,
  C. E. Clark, W. Fazar, "Application of a technique for research and development program evaluation", Operations
  Research 7, 1959): its mean is (low + 4 usual + high) / 6. The triangular one has the mean (low + usual + high) / 3,
  so that it hangs on the extremes; but a template's extremes are guesses, and its usual value is what people know.

Stages are drawn independently. What delays all of them at once, a hard winter or a year without money, makes the true
spread wider than the one computed.

Every stage has a stream of luck of its own, made of the seed and its key: the order of stages plays no part, and a fact
about one stage leaves the others' luck alone. So the odds move when facts do, and a stage that takes longer never
makes them better. The same numbers come back for the same seed and version of numpy (its NEP 19).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from zlib import crc32

import numpy as np
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from projects_api.errors import FieldError, InvalidInput
from projects_api.schedule.network import MAX_DURATION, Activity, Times, passes

ENOUGH_RECORD = 10  # finished stages of its own that a bureau needs before its record replaces the range
MAX_RATIO = float(MAX_DURATION)  # one day became the longest duration that there is

_USUAL_WEIGHT = 4.0

Days = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Range:
    """How many working days a stage takes: at best, most often, at worst; 0 <= low <= usual <= high <= MAX_DURATION."""

    low: int
    usual: int
    high: int


@dataclass(frozen=True, slots=True)
class Sample:
    """Actual over usual duration of the bureau's own finished stages of one sort; 0 to MAX_RATIO each."""

    ratios: tuple[float, ...] = ()

    @property
    def is_enough(self) -> bool:
        return len(self.ratios) >= ENOUGH_RECORD


@dataclass(frozen=True, slots=True)
class Stage:
    """An activity of the network, the range of its sort and the bureau's record of its sort.

    The two are read as factors, actual over usual, so that a project whose own duration is twice the template's has twice the
    range. Where the range's usual value is 0 there is no factor, and the days drawn are added.
    """

    activity: Activity
    range: Range
    sample: Sample = Sample()


@dataclass(frozen=True, slots=True)
class Odds:
    """Working-day indexes (as `network.Network.finish`) by which the project is finished in 10, 50, 80, 90 percent of `runs`.

    `sampled`: keys of the unfinished stages that were drawn from the bureau's own record, in the order of the stages.
    """

    p10: int
    p50: int
    p80: int
    p90: int
    runs: int
    sampled: list[str]


def finish_odds(stages: Sequence[Stage], now: int, *, seed: int, runs: int = 2000) -> Odds | None:
    """The odds of the project's finish, seen from the working day `now`; None without stages. `seed` >= 0, `runs` >= 1.

    Where no stage leaves any doubt, every percentile is the finish of `network.passes(activities, now)`. That holds for a
    stage whose forecast has run out as well: the pass lets it end now, and nothing is left to draw for.

    Raises InvalidInput naming every stage whose range or record is impossible, and as `network.passes` does.
    O(runs × (stages + links)); memory: two arrays of `runs` per stage.
    """
    if runs < 1:
        raise ValueError("the odds need at least one run")
    _check(stages)
    network = passes([stage.activity for stage in stages], now)
    if network.finish is None:
        return None
    starts: dict[str, Days] = {}
    finishes: dict[str, Days] = {}
    by_key = {stage.activity.key: stage for stage in stages}
    for key in TopologicalSorter({key: _predecessors(stage) for key, stage in by_key.items()}).static_order():
        stage, times = by_key[key], network.times[key]
        starts[key] = _starts(stage.activity, times, now, starts, finishes, runs)
        finishes[key] = _finishes(stage, times, now, starts[key], seed)
    end = np.max(list(finishes.values()), axis=0)
    # A day on which runs did end, so that "by then" is true of at least the stated part of them.
    p10, p50, p80, p90 = (int(day) for day in np.percentile(end, (10, 50, 80, 90), method="inverted_cdf"))
    return Odds(p10, p50, p80, p90, runs, [stage.activity.key for stage in stages if _is_sampled(stage)])


def _predecessors(stage: Stage) -> list[str]:
    return [link.after for link in stage.activity.links]


def _starts(
    activity: Activity, times: Times, now: int, starts: dict[str, Days], finishes: dict[str, Days], runs: int
) -> Days:
    if activity.has_begun:
        return np.full(runs, times.start)
    start = np.full(runs, max(now, activity.not_before or 0))
    for link in activity.links:
        before = starts if link.kind == "SS" else finishes
        np.maximum(start, before[link.after] + link.lag, out=start)
    return start


def _finishes(stage: Stage, times: Times, now: int, start: Days, seed: int) -> Days:
    activity, runs = stage.activity, len(start)
    if activity.finished is not None:
        return np.full(runs, times.finish)
    if activity.started is None:
        return start + _drawn(stage, times.finish - times.start, seed, runs)
    today = max(now, activity.started)
    if activity.remaining is None and activity.until is None:
        # Nobody has said how far it is: the whole of it is drawn, and it is not over yet.
        return (start + _drawn(stage, activity.duration, seed, runs)).clip(min=today)
    return today + _drawn(stage, times.finish - today, seed, runs)


def _is_sampled(stage: Stage) -> bool:
    return stage.activity.finished is None and stage.sample.is_enough


def _drawn(stage: Stage, ahead: int, seed: int, runs: int) -> Days:
    """For each run the working days that the stage still takes, where the pass counts `ahead` of them."""
    days: NDArray[np.float64]
    luck = np.random.default_rng((seed, crc32(stage.activity.key.encode())))
    if _is_sampled(stage):
        days = ahead * luck.choice(np.asarray(stage.sample.ratios, dtype=np.float64), runs)
    elif stage.range.usual:
        days = ahead * (_pert(stage.range, luck, runs) / stage.range.usual)
    else:
        days = ahead + _pert(stage.range, luck, runs)
    return np.rint(days).astype(np.int64)


def _pert(span: Range, luck: np.random.Generator, runs: int) -> NDArray[np.float64]:
    """Working days, not rounded, from the PERT beta distribution of the range."""
    width = span.high - span.low
    if not width:
        return np.full(runs, span.usual, dtype=np.float64)
    above_low = 1 + _USUAL_WEIGHT * (span.usual - span.low) / width
    below_high = 1 + _USUAL_WEIGHT * (span.high - span.usual) / width
    return span.low + width * luck.beta(above_low, below_high, runs)


def _check(stages: Sequence[Stage]) -> None:
    errors = []
    for index, stage in enumerate(stages):
        key, span, ratios = stage.activity.key, stage.range, stage.sample.ratios
        if not 0 <= span.low <= span.usual <= span.high <= MAX_DURATION:
            words = _("“%(key)s”: days at best, usual and at worst must rise from 0 to at most %(max)s, not %(given)s.")
            given = f"{span.low}, {span.usual}, {span.high}"
            message = words % {"key": key, "max": MAX_DURATION, "given": given}
            errors.append(FieldError(f"/stages/{index}/range", "bad_range", message))
        if not all(0 <= ratio <= MAX_RATIO for ratio in ratios):
            message = _("“%(key)s”: the record holds a duration that cannot be.") % {"key": key}
            errors.append(FieldError(f"/stages/{index}/sample", "bad_sample", message))
    if errors:
        raise InvalidInput(errors)
