"""What people paste as coordinates: every reading that fits, what is said of it, and what is refused."""

from __future__ import annotations

import json
import math
from functools import lru_cache
from typing import Any

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod, Transformer

from projects_api import geodesy, offsets
from projects_api.coordinates import (
    Reading,
    area,
    bearing,
    compass,
    read_coordinates,
    system_name,
    zone_of,
    zones_near,
)
from projects_api.errors import InvalidInput
from projects_api.geodesy import Bounds
from tests.pure.refusals import refusal

PUCHENG = Bounds(109.338, 34.751, 109.915, 35.176)
GUSHI = Bounds(115.343, 31.758, 115.938, 32.581)
EVERYWHERE = Bounds(70, 0, 140, 56)
TOWN = (109.58806, 34.97411)  # in CM 111° E: 371061.483, 3872631.427
GEOD = Geod(ellps="WGS84")


def reading(text: str, crs: str = "", bounds: Bounds = PUCHENG, **more: Any) -> Reading:
    return read_coordinates(text, crs=crs, bounds=bounds, **more)


def codes(found: Reading) -> list[str]:
    return [note.code for note in found.notes]


def metres(one: tuple[float, float], other: tuple[float, float]) -> float:
    return float(GEOD.inv(*one, *other)[2])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("109.58806, 34.97411", "longitude_latitude"),
        ("109.58806 34.97411", "longitude_latitude"),
        ("[109.58806, 34.97411]", "longitude_latitude"),
        ("POINT (109.58806 34.97411)", "longitude_latitude"),
        ("34.97411, 109.58806", "swapped"),
        ("34.97411N 109.58806E", "longitude_latitude"),
        ("https://www.google.com/maps/@34.97411,109.58806,17z", "longitude_latitude"),
        (
            "https://www.google.com/maps/place/x/@34.9,109.5,500m/data=!3m1!1e3!3d34.97411!4d109.58806",
            "longitude_latitude",
        ),
        ("https://www.openstreetmap.org/?mlat=34.97411&mlon=109.58806#map=17/34.9/109.5", "longitude_latitude"),
        ("https://example.org/maps/status/?bureau=610526#map=15/34.97411/109.58806", "longitude_latitude"),
        ("https://uri.amap.com/marker?position=109.58806%2C34.97411", "longitude_latitude"),
        ("geo:34.97411,109.58806;u=35", "longitude_latitude"),
        ("N34 58.4466 E109 35.2836", "longitude_latitude"),
        ("34 58 26.796 N, 109 35 17.016 E", "longitude_latitude"),
        ("N34.97411 E109.58806", "longitude_latitude"),
        ("lat: 34.97411; lon: 109.58806", "longitude_latitude"),
        ("B=34.97411 L=109.58806", "longitude_latitude"),
        ("北纬34.97411°，东经109.58806°", "longitude_latitude"),
        ("经度：109.58806\n纬度：34.97411", "longitude_latitude"),
        ("纬度109.58806 经度34.97411", "labels_swapped"),
        ("１０９．５８８０６，３４．９７４１１", "longitude_latitude"),
        ("109.58806、34.97411", "longitude_latitude"),
        ("https://map.example/?position=109.58806,34.97411&name=x", "longitude_latitude"),
        ("34°58'26.796\"N 109°35'17.016\"E", "longitude_latitude"),
        ("东经109度35分17.016秒，北纬34度58分26.796秒", "longitude_latitude"),
        ("109º35′17.016″ 34º58′26.796″", "longitude_latitude"),
        ("109°35.2836' 34°58.4466'", "longitude_latitude"),
        ("109d35'17.016\"E, 34d58'26.796\"N", "longitude_latitude"),
        ("34:58:26.796 109:35:17.016", "swapped"),
        ("\u200b109.58806,\u200e34.97411\ufeff", "longitude_latitude"),
    ],
)
def test_degrees_are_read_as_people_write_them(text: str, said: str) -> None:
    found = reading(text, "WGS84")
    assert (found.shape, codes(found)) == ("Point", [said])
    assert found.chosen and metres(found.chosen.place, TOWN) < 0.01


@pytest.mark.parametrize(
    ("text", "crs", "said"),
    [
        ("X=3872631.43 Y=37371061.48", "EPSG:4525", ["x_is_north", "zone_in_easting"]),
        ("3872631.43, 37371061.48", "EPSG:4525", ["x_is_north", "zone_in_easting"]),
        ("37371061.48, 3872631.43", "EPSG:4525", ["east_first", "zone_in_easting"]),
        ("X=37371061.48 Y=3872631.43", "EPSG:4525", ["y_is_north", "zone_in_easting"]),
        ("纵坐标X＝3872631.43，横坐标Y＝371061.48", "EPSG:4546", ["x_is_north", "zone_by_county"]),
        ("3,872,631.43  371,061.48", "EPSG:4546", ["x_is_north", "zone_by_county"]),
        ("X 3872631.43 Y 371061.48 中央子午线111°", "EPSG:4546", ["x_is_north"]),
        ("3度带第37带 X3872631.43 Y371061.48", "EPSG:4546", ["x_is_north"]),
        ("X3872631.43 Y371061.48 H402.5", "EPSG:4546", ["x_is_north", "heights_left_out", "zone_by_county"]),
    ],
)
def test_metres_say_their_zone_and_which_is_north(text: str, crs: str, said: list[str]) -> None:
    found = reading(text, "CGCS2000")
    assert codes(found) == said
    assert found.chosen and found.chosen.crs == crs
    assert metres(found.chosen.place, TOWN) < 0.01
    assert codes(reading(text))[-1] == "datum_not_said" and reading(text).chosen is None, "nobody said CGCS2000"


def test_both_zones_are_tried_and_the_one_inside_the_county_is_named() -> None:
    west = to_grid(4545).transform(109.4, 34.9)
    found = reading(f"X={west[1]:.3f} Y={west[0]:.3f}", "CGCS2000")
    assert [candidate.crs for candidate in found.candidates] == ["EPSG:4545"]
    assert [name for name, _words in found.refused] == ["EPSG:4546"]
    assert "EPSG:4545" in found.refused[0][1], "where it would lie inside"
    assert zones_near(PUCHENG) == [36, 37] and zones_near(GUSHI) == [38, 39]


def test_degrees_do_not_tell_their_system_so_every_reading_is_shown() -> None:
    found = reading("109.5926, 34.9725")
    assert found.chosen is None and codes(found) == ["longitude_latitude", "system_not_said"]
    assert [candidate.crs for candidate in found.candidates] == ["WGS84", "GCJ-02", "BD-09"]
    assert [round(candidate.distance) for candidate in found.candidates] == [0, 472, 1190]
    gcj = reading("109.5926, 34.9725", "GCJ-02")
    assert gcj.chosen and gcj.chosen.crs == "GCJ-02" and gcj.candidates[0] is gcj.chosen
    assert gcj.chosen.geometry == {"type": "Point", "coordinates": [109.5926, 34.9725], "crs": "GCJ-02"}


def test_what_the_text_says_of_itself_is_heard_and_held_against_what_was_chosen() -> None:
    assert reading("高德 109.5926,34.9725").candidates[0].chosen
    assert reading("百度地图：109.5926,34.9725").candidates[0].crs == "BD-09"
    found = reading("EPSG:4546 3872631.43 371061.48")
    assert found.chosen and found.chosen.crs == "EPSG:4546"
    assert "systems_differ" in codes(reading("GCJ-02 109.5926,34.9725", "WGS84"))
    assert "systems_differ" not in codes(reading("CGCS2000 X=3872631.43 Y=371061.48", "EPSG:4546"))
    crossed = reading("X=3872631.43 Y=37371061.48", "EPSG:4545")
    assert "zones_differ" in codes(crossed) and crossed.chosen is None
    assert "not_degrees" in codes(reading("X=3872631.43 Y=37371061.48", "GCJ-02"))
    assert "not_metres" in codes(reading("109.5926,34.9725", "EPSG:4546"))


def test_an_outline_comes_line_by_line_with_names_and_numbers_of_its_points() -> None:
    table = "点号\tX\tY\nJ1\t3872631.4\t371061.5\nJ2\t3872631.4\t371161.5\nJ3\t3872531.4\t371161.5\nJ4\t3872531.4\t371061.5\n"
    for text in (table, "\n".join(f"{n} {line[3:]}" for n, line in enumerate(table.splitlines()[1:], start=1))):
        found = reading(text, "CGCS2000")
        assert found.shape == "Polygon" and found.chosen and len(found.chosen.rings[0]) == 5
        # 100 m on the ground are 100 m less 8 cm, at 1.4 degrees from the meridian and 400 m high or not.
        assert area(found.chosen.rings) == pytest.approx(10_000, rel=1e-3)
    assert "names_left_out" in codes(reading(table)) and "J1" in reading(table).notes[1].message
    one_line = "109.58,34.95;109.59,34.95;109.59,34.96"
    assert len(reading(one_line, "WGS84").candidates[0].rings[0]) == 4
    closed = "109.58,34.95\n109.59,34.95\n109.59,34.96\n109.58,34.95"
    assert len(reading(closed, "WGS84").candidates[0].rings[0]) == 4


def test_an_empty_line_parts_an_outline_from_its_hole() -> None:
    shell, hole = "109.58,34.95\n109.59,34.95\n109.59,34.96", "109.586,34.952\n109.587,34.952\n109.587,34.953"
    found = reading(f"{shell}\n\n{hole}\n", "WGS84")
    assert found.chosen and [len(ring) for ring in found.chosen.rings] == [4, 4]
    assert area(found.chosen.rings) < area(reading(shell).candidates[0].rings)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty"),
        (" \n\u3000", "empty"),
        ("somewhere", "no_numbers"),
        ("34.9", "odd_numbers"),
        ("109.1 35.1 109.2", "odd_numbers"),
        ("32.18,115.68,45", "odd_numbers"),
        ("109.58,34.95\n109.59,34.95", "two_positions"),
        ("109°61' 34°57'", "bad_minutes"),
        ("109.58,34.95\n34.95,109.59\n109.59,34.96", "mixed_order"),
        ("109.58,34.95\nX=3872631.43 Y=371061.48\n109.59,34.96", "not_coordinates"),
        ("4512.3 8812.4", "local_system"),
        ("X=72631.42 Y=71061.48", "local_system"),
        ("蒲城县独立坐标系 X=3872631.43 Y=371061.48", "local_system"),
        ("西安80 X=3872631.43 Y=37371061.48", "unknown_datum"),
        ("1954年北京坐标系 X=3872631.43 Y=37371061.48", "unknown_datum"),
        ("UTM 49N 371061 3872631", "unknown_datum"),
        ("X=3872631.43 Y=19371061.48", "six_degree_zone"),
        ("6度带 X=3872631.43 Y=371061.48", "six_degree_zone"),
        ("1e308 34.9", "odd_numbers"),
        ("1" * 5_000 + " 34.9", "not_coordinates"),
        ("999999, 34.9", "not_coordinates"),
        ("0 0", "null_island"),
        ("0, 0", "null_island"),
        ("116.3, 39.9", "outside_bureau"),
        ("nan, nan", "no_numbers"),
        ("109.58\x00,34.95", "control_character"),
        ("109.58,34.95\ud800", "control_character"),
        ("1 " * 200_001, "too_long"),
        ("109.58,34.95 " * 10_001, "too_many_vertices"),
        ("109.58,34.95\n109.59,34.96\n109.59,34.95\n109.58,34.96", "self_crossing"),
        ("109.58,34.95 " * 3, "too_few_vertices"),
        ("{{7*191}} ${1+1}", "not_coordinates"),
    ],
)
def test_what_cannot_be_a_place_is_refused_with_its_reason(text: str, code: str) -> None:
    assert refusal(reading, text) == ("/text", code)


def test_more_refusals() -> None:
    assert refusal(reading, 5) == ("/text", "not_a_string")
    assert refusal(reading, "109.58,34.95", "EPSG:3857") == ("/crs", "unknown_crs")
    assert refusal(reading, "109.58,34.95", shape="Polygon") == ("/text", "wrong_count")
    with pytest.raises(InvalidInput) as caught:
        reading("116.3, 39.9")
    assert [str(error.message)[:5] for error in caught.value.errors] == ["WGS84", "GCJ-0", "BD-09"], "each try is told"


@given(text=st.text(max_size=60) | st.text("0123456789.,;°'\"NEXY=- \n经纬", max_size=60))
@settings(deadline=None, max_examples=400)
def test_no_text_gets_past_as_anything_but_a_reading_or_a_refusal(text: str) -> None:
    try:
        found = reading(text)
    except InvalidInput as error:
        assert all(str(each.message) for each in error.errors)
    else:
        assert found.candidates and all(PUCHENG.contains(*candidate.place) for candidate in found.candidates)


@lru_cache
def to_grid(code: int) -> Transformer:
    return Transformer.from_crs(4326, code, always_xy=True)


# Both counties' zones and the outermost; test_geodesy has every zone once.
@given(
    zone=st.sampled_from([25, 36, 37, 38, 39, 45]),
    east=st.floats(-1.6, 1.6),
    lat=st.floats(18, 53),
    prefixed=st.booleans(),
)
@settings(deadline=None, max_examples=200)
def test_every_zone_is_exact_to_a_centimetre_against_pyproj(zone: int, east: float, lat: float, prefixed: bool) -> None:
    code = (4513 if prefixed else 4534) + zone - 25
    there = (zone * 3 + east, lat)
    easting, northing = to_grid(code).transform(*there)
    found = read_coordinates(f"X={northing:.4f} Y={easting:.4f}", crs=f"EPSG:{code}", bounds=EVERYWHERE)
    assert found.chosen and found.chosen.crs == f"EPSG:{code}" and zone_of(f"EPSG:{code}") == zone
    assert metres(found.chosen.place, there) < 0.01


@given(x=st.floats(0, 1), y=st.floats(0, 1), county=st.sampled_from([PUCHENG, GUSHI]))
@settings(deadline=None, max_examples=500)
def test_the_shifted_systems_come_back_within_a_millimetre_over_both_counties(
    x: float, y: float, county: Bounds
) -> None:
    there = (county.west + x * (county.east - county.west), county.south + y * (county.north - county.south))
    for forward, back in (
        (offsets.wgs84_to_gcj02, offsets.gcj02_to_wgs84),
        (offsets.wgs84_to_bd09, offsets.bd09_to_wgs84),
    ):
        assert metres(back(*forward(*there)), there) < 0.001
    pasted = "{:.8f}, {:.8f}".format(*offsets.wgs84_to_gcj02(*there))
    wide = Bounds(county.west - 1, county.south - 1, county.east + 1, county.north + 1)
    found = read_coordinates(pasted, crs="GCJ-02", bounds=wide)
    assert found.chosen and metres(found.chosen.place, there) < 0.01


def test_a_county_boundary_decides_too(shared_data: Any) -> None:
    collection = json.loads((shared_data / "boundaries" / "610526.geojson").read_text("utf-8"))
    county = geodesy.Boundary(geodesy.rings_of(collection["features"][0]["geometry"]))
    assert reading("109.58806, 34.97411", boundary=county).candidates
    assert refusal(reading, "109.345, 34.76", boundary=county) == ("/text", "outside_county")


def test_directions_and_names() -> None:
    sides = [bearing(TOWN, (TOWN[0] + dx, TOWN[1] + dy)) for dx, dy in ((0, 1), (0.1, 0), (0, -1), (-0.1, 0))]
    assert math.isclose(sides[0], 0, abs_tol=1e-6)
    with translation.override("en"):
        assert [compass(side) for side in sides] == ["north", "east", "south", "west"]
        assert compass(337.6) == "north" and compass(44) == "north-east"
        assert system_name("EPSG:4546") == "CGCS2000, central meridian 111° E, no zone number (EPSG:4546)"
        assert "zone 37" in system_name("EPSG:4525")
