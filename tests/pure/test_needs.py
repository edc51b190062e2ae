"""Children by township, and which schools are measured by how far they serve."""

from __future__ import annotations

from typing import Any

import pytest

from projects_api.errors import InvalidInput
from projects_api.needs import Children, reach, shared


@pytest.mark.parametrize(
    ("stage", "division", "boarding", "metres"),
    [
        ("kindergarten", "subdistrict", False, 300),
        ("primary", "subdistrict", False, 500),
        ("junior_high", "subdistrict", False, 1000),
        ("junior_high", "subdistrict", True, None),
        ("primary", "town", False, None),
        ("primary", "township", False, None),
        ("primary", "county", False, None),
    ],
)
def test_only_urban_day_schools_are_scored(stage: str, division: str, boarding: bool, metres: int | None) -> None:
    assert reach(stage, division, boarding) == metres


def test_a_nine_year_school_serves_two_stages() -> None:
    assert shared("nine_year", 1350) == {"primary": 900, "junior_high": 450}
    assert sum(shared("nine_year", 1000).values()) == 1000
    assert shared("primary", 7) == {"primary": 7}
    assert shared("vocational", 3000) == {}


def test_what_is_not_known_is_not_none() -> None:
    said: dict[str, Any] = {"townships": {"610526101": {"primary": 0}, "610526102": {}}, "counted": "2026-09-01"}
    children = Children.from_document(said)
    assert children.of == {"610526101": {"primary": 0}}
    assert Children.from_document(children.document()) == children
    assert Children.from_document({}).document() == {}


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({"townships": []}, "/townships"),
        ({"townships": {"610526101": 7}}, "/townships"),
        ({"townships": {"{{7*191}}": {"primary": 1}}}, "/townships"),
        ({"townships": {"610526101": {"senior_high": 1}}}, "/townships/610526101"),
        *(({"townships": {"610526101": {"primary": n}}}, "/townships/610526101/primary") for n in (-1, 1.5, "7", True, 10**9)),
        ({"townships": {str(n): {"primary": 1} for n in range(501)}}, "/townships"),
        ({"counted": "1.9.2026"}, "/counted"),
        ({"counted": 2026}, "/counted"),
        ({"source": "x" * 201}, "/source"),
        ({"source": 7}, "/source"),
        ({"illustrative": "yes"}, "/illustrative"),
        ({"no_such": 1}, "/no_such"),
    ],
)  # fmt: skip
def test_wrong_figures_are_named(document: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        Children.from_document(document)
    assert pointer in [error.pointer for error in refused.value.errors]
