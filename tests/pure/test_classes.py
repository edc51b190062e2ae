"""Classes of a choropleth: none empty, about as many in each, round limits between neighbours."""

from __future__ import annotations

from decimal import Decimal

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
    assert limits(values) == [10, 20, 40, 200]
    assert limits([Decimal(5)] * 7) == []
    assert roundest(Decimal("11.2"), Decimal("19.8")) == 15
    assert roundest(Decimal("0.0021"), Decimal("0.0024")) == Decimal("0.0022")
