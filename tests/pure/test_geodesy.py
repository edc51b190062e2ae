"""Sites and footprints from outside: what is safe becomes WGS84, the rest is refused before GEOS sees it."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Transformer

from projects_api import geodesy, offsets
from projects_api.boxes import Near, read_bbox, read_near
from projects_api.errors import InvalidInput
from projects_api.geodesy import Bounds, SitePoint, read_point, read_polygon
from tests.pure.refusals import refusal

PUCHENG = Bounds(109.338, 34.751, 109.915, 35.176)
TOWN = (109.58806, 34.97411)
A, B = 109.58, 34.97
NAN, INF = float("nan"), float("inf")


@pytest.fixture(scope="session")
def county(shared_data: Any) -> list[geodesy.Ring]:
    collection = json.loads((shared_data / "boundaries" / "610526.geojson").read_text("utf-8"))
    return geodesy.rings_of(collection["features"][0]["geometry"])


def metres(one: tuple[float, float], other: tuple[float, float]) -> float:
    east = (one[0] - other[0]) * math.cos(math.radians(one[1]))
    return math.hypot(east, one[1] - other[1]) * 111_195


def site(raw: object, **kwargs: Any) -> SitePoint:
    return read_point(raw, pointer="/site", **{"bounds": PUCHENG} | kwargs)


def square(west: float, south: float, side: float) -> list[list[float]]:
    east, north = west + side, south + side
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def footprint(*rings: object, **members: Any) -> geodesy.SitePolygon:
    raw = {"type": "Polygon", "coordinates": list(rings), **members}
    return read_polygon(raw, pointer="/footprint", bounds=PUCHENG)


# --- points


def test_a_geojson_point_is_taken_as_it_is() -> None:
    assert site({"type": "Point", "coordinates": list(TOWN)}) == SitePoint(*TOWN, "WGS84")


def test_a_coordinate_has_seven_decimals() -> None:
    assert site({"type": "Point", "coordinates": [109.588060049, 34.97411]}).lon == 109.58806


@pytest.mark.parametrize("name", ["WGS84", "wgs-84", "EPSG:4326", "EPSG:4490"])
def test_the_type_may_be_left_out_when_the_system_is_named(name: str) -> None:
    found = site({"crs": name, "coordinates": list(TOWN)})
    assert metres((found.lon, found.lat), TOWN) < 0.05


@pytest.mark.parametrize(
    ("coordinates", "where", "code"),
    [
        ([1e200, 34.9], "/0", "out_of_range"),
        ([109.5, 10**400], "/1", "out_of_range"),
        ([999999, 34.9], "/0", "out_of_range"),
        ([109.5, 181], "/1", "out_of_range"),
        ([NAN, 34.9], "/0", "not_finite"),
        ([109.5, -INF], "/1", "not_finite"),
        ([True, 34.9], "/0", "not_a_number"),
        (["109.5", "34.9"], "/0", "not_a_number"),
        ([None, 34.9], "/0", "not_a_number"),
        ([[109.5], 34.9], "/0", "not_a_number"),
        ([109.5, 34.9, 400], "", "wrong_dimension"),
        ([109.5, 34.9, 400, 1], "", "wrong_dimension"),
        ([109.5], "", "wrong_dimension"),
        ([], "", "empty"),
        (None, "", "wrong_type"),
        ("109.5,34.9", "", "wrong_type"),
        ({"lon": 109.5}, "", "wrong_type"),
        ([0, 0], "", "null_island"),
        ([0.0, -0.0], "", "null_island"),
        ([34.97411, 109.58806], "", "swapped"),
        ([116.4, 39.9], "", "outside_bureau"),
    ],
)
def test_a_bad_position_is_named_with_its_place(coordinates: object, where: str, code: str) -> None:
    raw = {"type": "Point", "coordinates": coordinates}
    assert refusal(site, raw) == (f"/site/coordinates{where}", code)


def test_swapped_is_recognised_where_both_orders_are_degrees() -> None:
    new_york = Bounds(-74.3, 40.4, -73.6, 41.0)
    raw = {"type": "Point", "coordinates": [40.7, -73.9]}
    assert refusal(site, raw, bounds=new_york) == ("/site/coordinates", "swapped")


@pytest.mark.parametrize(
    ("raw", "where", "code"),
    [
        (None, "", "wrong_type"),
        ("POINT (109.5 34.9)", "", "wrong_type"),
        ([109.5, 34.9], "", "wrong_type"),
        ({"type": "Point"}, "/coordinates", "required"),
        ({"type": ["Point"], "coordinates": [109.5, 34.9]}, "/type", "wrong_type"),
        ({"type": "MultiPoint", "coordinates": [[109.5, 34.9]]}, "/type", "wrong_type"),
        ({"type": "Feature", "geometry": {"type": "Point", "coordinates": [1, 2]}}, "/type", "wrong_type"),
        ({"type": "GeometryCollection", "geometries": []}, "/type", "wrong_type"),
        ({"type": "Point", "coordinates": [109.5, 34.9], "srid": 4326}, "/srid", "unknown_member"),
        ({"type": "Point", "coordinates": [109.5, 34.9], "a/b~c": 1}, "/a~1b~0c", "unknown_member"),
        ({"crs": "EPSG:9999", "coordinates": [109.5, 34.9]}, "/crs", "unknown_crs"),
        ({"crs": "EPSG:3857", "coordinates": [109.5, 34.9]}, "/crs", "unknown_crs"),
        ({"crs": "EPSG:4555", "coordinates": [109.5, 34.9]}, "/crs", "unknown_crs"),
        ({"crs": "EPSG:４５４６", "coordinates": [109.5, 34.9]}, "/crs", "unknown_crs"),
        ({"crs": None, "coordinates": [109.5, 34.9]}, "/crs", "unknown_crs"),
        ({"crs": 4326, "coordinates": [109.5, 34.9]}, "/crs", "unknown_crs"),
        ({"crs": "+proj=pipeline", "coordinates": [109.5, 34.9]}, "/crs", "unknown_crs"),
        ({"crs": "x" * 100_000, "coordinates": [109.5, 34.9]}, "/crs", "unknown_crs"),
        ({"crs": {"type": "name", "properties": {}}, "coordinates": [109.5, 34.9]}, "/crs", "unknown_crs"),
    ],
)
def test_what_is_not_a_point_of_a_known_system_is_refused(raw: object, where: str, code: str) -> None:
    assert refusal(site, raw) == (f"/site{where}", code)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
)


@given(raw=st.fixed_dictionaries({"coordinates": anything}, optional={"type": anything, "crs": anything}))
def test_no_parsed_json_gets_past_as_anything_but_a_geometry_or_a_refusal(raw: dict[str, Any]) -> None:
    for read in (read_point, read_polygon):
        try:
            read(raw, pointer="/site")
        except InvalidInput:
            continue


# --- the county


def test_the_countys_boundary_is_checked_with_a_kilometre_to_spare(county: list[geodesy.Ring]) -> None:
    fence = geodesy.Boundary(county)
    raw = {"type": "Point", "coordinates": list(TOWN)}
    assert site(raw, boundary=fence).lon == TOWN[0]
    in_the_box_only = {"type": "Point", "coordinates": [109.34, 34.752]}
    assert refusal(site, in_the_box_only, boundary=fence) == ("/site/coordinates", "outside_county")

    west = min(county[0], key=lambda vertex: vertex[0])
    degree = 111_195 * math.cos(math.radians(west[1]))
    open_box = Bounds(109, 34, 110, 36)
    near = {"type": "Point", "coordinates": [west[0] - 900 / degree, west[1]]}
    far = {"type": "Point", "coordinates": [west[0] - 1_100 / degree, west[1]]}
    assert site(near, boundary=fence, bounds=open_box).lat == round(west[1], 7)
    assert refusal(site, far, boundary=fence, bounds=open_box) == ("/site/coordinates", "outside_county")


def test_a_hole_in_the_county_is_outside_it() -> None:
    rings = [square(109.0, 34.0, 1.0), square(109.3, 34.3, 0.4)]
    assert geodesy.Boundary(rings).near(109.1, 34.1)
    assert not geodesy.Boundary(rings).near(109.5, 34.5)


@given(lon=st.floats(109.2, 110.1), lat=st.floats(34.6, 35.3))
def test_the_index_answers_as_a_plain_look_at_every_edge(county: list[geodesy.Ring], lon: float, lat: float) -> None:
    (ring,) = county
    inside, distance = False, INF
    for (ax, ay), (bx, by) in zip(ring, [*ring[1:], ring[0]], strict=True):
        if (ay > lat) != (by > lat) and lon < (bx - ax) * (lat - ay) / (by - ay) + ax:
            inside = not inside
        distance = min(distance, geodesy._distance(lon, lat, ax, ay, bx, by))
    assert geodesy.Boundary(county).near(lon, lat) == (inside or distance <= geodesy.BOUNDARY_TOLERANCE)


# --- Chinese systems


@given(lon=st.floats(73, 135), lat=st.floats(3, 54))
def test_the_offset_systems_are_undone_to_less_than_a_millimetre(lon: float, lat: float) -> None:
    there = offsets.wgs84_to_gcj02(lon, lat)
    assert metres(offsets.gcj02_to_wgs84(*there), (lon, lat)) < 0.001
    there = offsets.wgs84_to_bd09(lon, lat)
    assert metres(offsets.bd09_to_wgs84(*there), (lon, lat)) < 0.001


def test_the_offset_formulas_give_the_published_values() -> None:
    # Tiananmen, as the widely copied coordinate converters print it.
    assert offsets.wgs84_to_gcj02(116.404, 39.915) == pytest.approx((116.41024449916938, 39.91640428150164))
    assert offsets.gcj02_to_bd09(116.404, 39.915) == pytest.approx((116.41036949371029, 39.92133699351021))


def test_outside_china_the_offset_systems_are_wgs84() -> None:
    new_york = (-73.98, 40.75)
    assert offsets.wgs84_to_gcj02(*new_york) == new_york
    assert offsets.bd09_to_wgs84(*new_york) == new_york


@pytest.mark.parametrize(("crs", "offset"), [("GCJ-02", 472), ("BD-09", 1_190)])
def test_a_pin_from_a_chinese_map_lands_on_the_site(crs: str, offset: int) -> None:
    forward = offsets.wgs84_to_gcj02 if crs == "GCJ-02" else offsets.wgs84_to_bd09
    pin = forward(*TOWN)
    assert metres(pin, TOWN) == pytest.approx(offset, abs=5)
    found = site({"crs": crs, "coordinates": list(pin)})
    assert (found.lon, found.lat, found.crs) == (*TOWN, crs)


@pytest.mark.parametrize("code", [4546, 4525, 4545, 4524])
def test_surveyed_coordinates_land_on_the_site(code: int) -> None:
    surveyed = Transformer.from_crs(4326, code, always_xy=True).transform(*TOWN)
    found = site({"crs": f"EPSG:{code}", "coordinates": list(surveyed)})
    assert (found.lon, found.lat) == pytest.approx(TOWN, abs=2e-7)
    # Surveyors write X (north) first.
    swapped = {"crs": f"EPSG:{code}", "coordinates": [surveyed[1], surveyed[0]]}
    assert refusal(site, swapped) == ("/site/coordinates", "swapped")


def test_every_zone_is_known() -> None:
    for code in range(4513, 4555):
        zone = (code - 4513) % 21 + 25
        easting = 500_000 + (zone * 1_000_000 if code < 4534 else 0)
        found = read_point({"crs": f"EPSG:{code}", "coordinates": [easting, 3_900_000]}, pointer="/site")
        assert found.lon == pytest.approx(zone * 3)


def test_a_wrong_zone_is_said_so() -> None:
    in_108 = Transformer.from_crs(4326, 4545, always_xy=True).transform(*TOWN)
    with pytest.raises(InvalidInput, match="EPSG:4545"):
        site({"crs": "EPSG:4546", "coordinates": list(in_108)})
    with pytest.raises(InvalidInput, match="EPSG:4525"):  # the easting says its zone: 37
        site({"crs": "EPSG:4546", "coordinates": [37_371_061.5, 3_872_631.4]})
    with pytest.raises(InvalidInput, match="37"):
        site({"crs": "EPSG:4525", "coordinates": [371_061.5, 3_872_631.4]})


@pytest.mark.parametrize("position", [[109.58, 34.97], [5e7, 3.9e6], [500_000, 9e6], [500_000, -1]])
def test_what_is_no_grid_position_is_refused(position: list[float]) -> None:
    refused = refusal(site, {"crs": "EPSG:4546", "coordinates": position})
    assert refused == ("/site/coordinates", "out_of_range")


# --- footprints


def test_a_footprint_keeps_its_rings_and_turns_them_as_geojson_wants() -> None:
    shell, hole = square(A, B, 0.01), square(A + 0.002, B + 0.002, 0.001)
    read = footprint(shell[::-1], hole)
    assert read.rings[0] == tuple((round(x, 7), round(y, 7)) for x, y in shell)
    assert read.rings[1] == tuple((round(x, 7), round(y, 7)) for x, y in hole[::-1])
    assert read.crs == "WGS84"


def test_a_footprint_may_come_from_a_chinese_map() -> None:
    shell = [list(offsets.wgs84_to_gcj02(x, y)) for x, y in square(A, B, 0.01)]
    assert footprint(shell, crs="GCJ-02").rings[0][0] == (A, B)


@pytest.mark.parametrize(
    ("rings", "where", "code"),
    [
        ([], "", "empty"),
        ([[]], "/0", "empty"),
        ([square(A, B, 0.01), []], "/1", "empty"),
        ([square(A, B, 0.01)[:4]], "/0", "unclosed_ring"),
        ([[[A, B], [A, B]]], "/0", "too_few_vertices"),
        ([[[A, B], [A + 1e-3, B], [A, B]]], "/0", "too_few_vertices"),
        ([[[A, B]] * 4], "", "too_few_vertices"),
        ([[[A, B], [A + 1e-3, B], [A + 2e-3, B], [A, B]]], "", "self_crossing"),
        ([[[A, B], [A + 0.01, B + 0.01], [A + 0.01, B], [A, B + 0.01], [A, B]]], "", "self_crossing"),
        ([square(A, B, 0.01), square(A + 0.02, B, 0.001)], "", "hole_outside"),
        ([square(A, B, 0.01), square(A + 0.005, B + 0.005, 0.01)], "", "self_crossing"),
        ([square(A, B, 0.01), square(A, B, 0.01)], "", "self_crossing"),
        (
            [square(A, B, 0.01), square(A + 2e-3, B + 2e-3, 3e-3), square(A + 3e-3, B + 3e-3, 1e-3)],
            "",
            "bad_hole",
        ),
        ([[[A, B], [A + 0.01, B, 5], [A, B + 0.01], [A, B]]], "/0/1", "wrong_dimension"),
        ([[[A, B], [A + 0.01, 1e200], [A, B + 0.01], [A, B]]], "/0/1/1", "out_of_range"),
        ([[[A, B], [A + 0.01, NAN], [A, B + 0.01], [A, B]]], "/0/1/1", "not_finite"),
        ([[[A, B], [0, 0], [A, B + 0.01], [A, B]]], "/0/1", "null_island"),
        ([[[A, B], [B, A], [A, B + 0.01], [A, B]]], "/0/1", "swapped"),
        ([[[A, B], [A + 3, B], [A, B + 0.01], [A, B]]], "/0/1", "outside_bureau"),
        ([[[A, B], A, [A, B + 0.01], [A, B]]], "/0/1", "wrong_type"),
        ("POLYGON", "", "wrong_type"),
        ([square(A, B, 0.01)[:-1] * 3_000], "", "too_many_vertices"),
        ([[[A, B]]] * 10_001, "", "too_many_vertices"),
    ],
)
def test_a_bad_footprint_is_named_with_its_place(rings: Any, where: str, code: str) -> None:
    raw = {"type": "Polygon", "coordinates": rings}
    refused = refusal(read_polygon, raw, pointer="/footprint", bounds=PUCHENG)
    assert refused == (f"/footprint/coordinates{where}", code)


def test_a_polygon_says_that_it_is_one() -> None:
    raw: dict[str, Any] = {"crs": "WGS84", "coordinates": [square(A, B, 0.01)]}
    assert refusal(read_polygon, raw, pointer="/footprint") == ("/footprint/type", "required")
    raw = {"type": "MultiPolygon", "coordinates": [[square(A, B, 0.01)]]}
    assert refusal(read_polygon, raw, pointer="/footprint") == ("/footprint/type", "wrong_type")


def test_the_largest_outlines_are_answered(county: list[geodesy.Ring]) -> None:
    count = 9_999
    turn = [2 * math.pi * index / count for index in range(count)]
    circle = [[A + 0.02 * math.cos(angle), B + 0.02 * math.sin(angle)] for angle in turn]
    raw = {"type": "Polygon", "coordinates": [[*circle, circle[0]]]}
    read = read_polygon(raw, pointer="/footprint", bounds=PUCHENG, boundary=geodesy.Boundary(county))
    assert len(read.rings[0]) == 10_000
    # A star whose every edge crosses nearly every other.
    star = [[A + 0.02 * math.cos(angle * 4_999), B + 0.02 * math.sin(angle * 4_999)] for angle in turn]
    raw = {"type": "Polygon", "coordinates": [[*star, star[0]]]}
    assert refusal(read_polygon, raw, pointer="/footprint") == ("/footprint/coordinates", "self_crossing")


# --- query parameters


def test_a_box_and_a_circle_are_read() -> None:
    assert read_bbox("109.3,34.7, 109.9 ,35.2") == Bounds(109.3, 34.7, 109.9, 35.2)
    assert read_bbox("-180,-90,180,90") == Bounds(-180, -90, 180, 90)
    assert read_near("109.5,34.9", "2000") == Near(109.5, 34.9, 2000)
    assert read_near("1.0958e2,+34.9", "2e3") == Near(109.58, 34.9, 2000)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "invalid"),
        ("1,2,3", "invalid"),
        ("1,2,3,4,5", "invalid"),
        ("1,2,3," + "4" * 5_000, "invalid"),
        ("a,2,3,4", "not_a_number"),
        ("nan,2,3,4", "not_a_number"),
        ("1,2,inf,4", "not_a_number"),
        ("1,2,Infinity,4", "not_a_number"),
        ("1_0,2,30,4", "not_a_number"),
        ("１,2,3,4", "not_a_number"),
        ("1,2,3,\x00", "not_a_number"),
        ("0x1,2,3,4", "not_a_number"),
        ("1,2,3,", "not_a_number"),
        ("1,2,1e999,4", "not_finite"),
        ("1e308,2,3,4", "out_of_range"),
        ("-1e308,-1e308,1e308,1e308", "out_of_range"),
        ("1,2,3,91", "out_of_range"),
        ("109.9,34.7,109.3,35.2", "inverted"),
        ("109.3,35.2,109.9,34.7", "inverted"),
    ],
)
def test_a_bad_box_is_refused(text: str, code: str) -> None:
    assert refusal(read_bbox, text) == ("?in_bbox", code)


@pytest.mark.parametrize(
    ("near", "radius", "where", "code"),
    [
        (None, "5", "?near", "required"),
        ("1,2", None, "?radius", "required"),
        ("1,2", "", "?radius", "required"),
        ("nan,2", "5", "?near", "not_a_number"),
        ("1", "5", "?near", "invalid"),
        ("1e308,2", "5", "?near", "out_of_range"),
        ("1,-91", "5", "?near", "out_of_range"),
        ("1,2", "-5", "?radius", "out_of_range"),
        ("1,2", "0", "?radius", "out_of_range"),
        ("1,2", "nan", "?radius", "not_a_number"),
        ("1,2", "1e999", "?radius", "not_finite"),
        ("1,2", "1e9", "?radius", "out_of_range"),
    ],
)
def test_a_bad_circle_is_refused(near: str | None, radius: str | None, where: str, code: str) -> None:
    assert refusal(read_near, near, radius) == (where, code)
