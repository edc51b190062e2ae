"""Approximate cells: together they are the county, once; each holds the points that are nearest to its own."""

from __future__ import annotations

from math import cos, hypot, radians

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Point, Polygon, box

from projects_api.cells import cells, enough_known

COUNTY = Polygon([(109.3, 34.8), (109.6, 34.75), (109.95, 34.9), (109.9, 35.15), (109.62, 35.02), (109.4, 35.2)])
PLACES = st.dictionaries(
    st.integers(0, 99).map(lambda n: f"610526{n:03d}"),
    st.tuples(st.floats(109.2, 110.0), st.floats(34.7, 35.25)),
    min_size=1,
    max_size=40,
)


@settings(max_examples=80, deadline=None)
@given(points=PLACES, known=st.booleans())
def test_cells_cover_the_county_exactly_once(points: dict[str, tuple[float, float]], known: bool) -> None:
    boundaries = {"610526900": box(109.5, 34.85, 109.7, 34.95)} if known else {}
    found = cells(COUNTY, points, boundaries)
    everything = [*found.values(), *(shape.intersection(COUNTY) for shape in boundaries.values())]
    assert sum(shape.area for shape in everything) == pytest.approx(COUNTY.area, rel=1e-9)
    assert shapely.union_all(everything).symmetric_difference(COUNTY).area < COUNTY.area * 1e-9
    assert all(shape.is_valid and shape.geom_type in ("Polygon", "MultiPolygon") for shape in found.values())
    assert found.keys() <= points.keys()


@settings(max_examples=40, deadline=None)
@given(points=PLACES, lon=st.floats(109.3, 109.95), lat=st.floats(34.75, 35.2))
def test_a_place_lies_in_the_cell_of_the_nearest_point(
    points: dict[str, tuple[float, float]], lon: float, lat: float
) -> None:
    place, found = Point(lon, lat), cells(COUNTY, points)
    squeeze = cos(radians(COUNTY.centroid.y))
    away = {code: hypot((x - lon) * squeeze, y - lat) for code, (x, y) in points.items()}
    holders = [code for code, shape in found.items() if shape.covers(place)]
    assert bool(holders) == COUNTY.covers(place) or COUNTY.boundary.distance(place) < 1e-9
    assert all(away[code] <= min(away.values()) + 1e-6 for code in holders)


def test_two_at_one_point_share_no_line() -> None:
    found = cells(COUNTY, {"b": (109.5, 35.0), "a": (109.5, 35.0), "c": (109.7, 35.0)})
    assert list(found) == ["a", "c"]


def test_known_boundaries_are_not_divided_again() -> None:
    assert cells(box(0, 0, 1, 1), {"a": (0.5, 0.5)}, {"b": box(0, 0, 1, 1)}) == {}
    assert cells(COUNTY, {}) == {}


def test_a_handful_of_points_says_nothing_about_many_townships() -> None:
    assert enough_known(13, 17) and enough_known(2, 4)
    assert not enough_known(1, 1) and not enough_known(16, 33) and not enough_known(0, 33)
