"""Classes of a choropleth: what lies near each other in one, with limits that are round numbers."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import ROUND_CEILING, Decimal
from itertools import accumulate

MOST = 5
_STEPS = (Decimal(5), Decimal(2), Decimal(1))


def limits(values: Iterable[Decimal], most: int = MOST) -> list[Decimal]:
    """The upper limits of all classes but the last, ascending: at most ``most - 1``. A value on a limit is below it.

    Natural breaks say which values belong together: a township that gets a hundred times what the others get must not have the
    colour of the second. Each limit is the roundest number between the last value of one class and the first of the next, and
    less than twice the former, so that no class is empty and the legend can be read and promises no more than there is.
    """
    found = sorted(Counter(values).items())
    ordered = [value for value, _times in found]
    cuts = _natural([float(value) for value in ordered], [times for _value, times in found], min(most, len(ordered)))
    return [roundest(ordered[at - 1], min(ordered[at], 2 * ordered[at - 1])) for at in cuts]


def _natural(values: Sequence[float], times: Sequence[int], most: int) -> list[int]:
    """Where each class but the first begins, so that the squares of all distances from the mean of one's class are least
    (Jenks, Fisher). ``values`` ascend and differ. Of 1,000 values it takes about 50 ms.
    """
    if not values:
        return []
    shares = [value / values[-1] for value in values]
    weight, total, squares = (
        [0.0, *accumulate(n * share**power for share, n in zip(shares, times, strict=True))] for power in range(3)
    )

    def spread(first: int, end: int) -> float:
        return squares[end] - squares[first] - (total[end] - total[first]) ** 2 / (weight[end] - weight[first])

    best = {end: spread(0, end) for end in range(1, len(values) + 1)}
    begins: list[dict[int, int]] = []
    for classes in range(2, most + 1):
        next_best: dict[int, float] = {}
        chosen: dict[int, int] = {}
        # Where the last class of more values begins is never further down: each half is searched on its side alone.
        open_parts = [(classes, len(values), classes - 1, len(values) - 1)]
        while open_parts:
            low, high, first, last = open_parts.pop()
            if low > high:
                continue
            end = (low + high) // 2
            cost, at = min((best[at] + spread(at, end), at) for at in range(first, min(last, end - 1) + 1))
            next_best[end], chosen[end] = cost, at
            open_parts += [(low, end - 1, first, at), (end + 1, high, at, last)]
        best = next_best
        begins.append(chosen)
    cuts: list[int] = []
    end = len(values)
    for chosen in reversed(begins):
        end = chosen[end]
        cuts.insert(0, end)
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
