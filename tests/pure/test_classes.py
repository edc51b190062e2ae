"""Classes of a choropleth: none empty, what lies near each other in one, round limits between neighbours."""

from __future__ import annotations

from decimal import Decimal
from itertools import combinations
from statistics import fmean

from hypothesis import given
from hypothesis import strategies as st

from mapviews.classes import class_of, limits, roundest

AMOUNTS = st.integers(1, 10**15).map(lambda cents: Decimal(cents) / 100)


@given(st.lists(AMOUNTS, max_size=30))
def test_every_class_has_members_and_every_value_a_class(values: list[Decimal]) -> None:
    cuts = limits(values)
    assert cuts == sorted(set(cuts)) and len(cuts) <= 4
    classes = [class_of(value, cuts) for value in values]
    assert set(classes) == set(range(len(cuts) + 1)) or not values
    ordered = [found for _value, found in sorted(zip(values, classes, strict=True))]
    assert ordered == sorted(ordered)


def test_limits_are_round() -> None:
    values = [Decimal(n) for n in (2, 3, 17, 18, 24, 50, 118, 210, 286)]
    assert limits(values) == [40, 50, 200, 250]
    assert limits([Decimal(5)] * 7) == []
    assert roundest(Decimal("11.2"), Decimal("19.8")) == 15
    assert roundest(Decimal("0.0021"), Decimal("0.0024")) == Decimal("0.0022")


def test_what_is_far_above_the_rest_has_a_class_of_its_own() -> None:
    """Pucheng's townships: nearly all of the money goes to one."""
    amounts = [Decimal(n) for n in (76760, 286, 268, 254, 232, 224, 216, 198, 158, 146, 139)]
    cuts = limits(amounts)
    assert [class_of(value, cuts) for value in amounts] == [4, 3, 3, 3, 2, 2, 2, 1, 0, 0, 0]
    assert cuts == [160, 200, 250, 500]


@given(st.lists(st.integers(1, 10**6), min_size=4, max_size=9, unique=True))
def test_no_other_classes_hold_together_better(numbers: list[int]) -> None:
    values = sorted(numbers)

    def apart(cuts: tuple[int, ...]) -> float:
        groups = [values[a:b] for a, b in zip((0, *cuts), (*cuts, len(values)), strict=True)]
        return sum(sum((value - fmean(group)) ** 2 for value in group) for group in groups)

    found = limits([Decimal(value) for value in values], 3)
    at = tuple(sum(value <= cut for value in values) for cut in found)
    assert apart(at) <= min(map(apart, combinations(range(1, len(values)), 2))) * (1 + 1e-9) + 1
