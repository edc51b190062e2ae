"""Classes of a choropleth: about as many areas in each, with limits that are round numbers."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from decimal import ROUND_CEILING, Decimal

MOST = 5
_STEPS = (Decimal(5), Decimal(2), Decimal(1))


def limits(values: Iterable[Decimal], most: int = MOST) -> list[Decimal]:
    """The upper limits of all classes but the last, ascending: at most ``most - 1``. A value on a limit is below it.

    Quantiles say which values belong together; each limit is the roundest number between the last value of one class and the
    first of the next, so that no class is empty and the legend can be read.
    """
    ordered = sorted(values)
    cuts: list[Decimal] = []
    for k in range(1, most):
        at = max(1, round(len(ordered) * k / most))
        while at < len(ordered) and ordered[at - 1] == ordered[at]:
            at += 1
        if at < len(ordered) and (not cuts or ordered[at - 1] > cuts[-1]):
            cuts.append(roundest(ordered[at - 1], ordered[at]))
    return cuts


def class_of(value: Decimal, cuts: Sequence[Decimal]) -> int:
    return bisect_left(cuts, value)


def roundest(low: Decimal, high: Decimal) -> Decimal:
    """The number with the fewest figures of ``low <= number < high``; low must be below high and neither negative."""
    exponent = high.adjusted() + 1
    while True:
        for step in _STEPS:
            unit = step.scaleb(exponent)
            found = (low / unit).to_integral_value(ROUND_CEILING) * unit
            if low <= found < high and found > 0:
                return found.normalize()
        exponent -= 1
        if exponent < high.adjusted() - 12:
            return low
