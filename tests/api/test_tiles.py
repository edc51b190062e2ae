"""Vector tiles: the sites of the list, no others, nothing private, never large; read by GDAL; right after every write."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.contrib.gis.gdal import DataSource
from django.contrib.gis.geos import Point
from django.core.cache import caches
from django.db import connection
from django.test.utils import CaptureQueriesContext

from projects_api.models import Project
from projects_api.selectors.crowds import heaps
from projects_api.selectors.tiles import ATTRIBUTES, MAX_BYTES, POINTS
from projects_api.services.projects import project_change
from projects_api.tiling import DEPTH, Tile, column_row, degrees, interleaved, place_of, shift_of
from tests.api.test_private_values import OUTSIDERS, traces
from tests.cast import PUBLISHED, Cast
from tests.factories import LONG_AGO, make_project
from tests.tiles import MEDIA_TYPE, codes, features

WORLD = "tiles/0/0/0.mvt"


def tile_at(lon: float, lat: float, z: int) -> Tile:
    return Tile(z, *column_row(place_of(lon, lat) >> shift_of(z)))


def address(tile: Tile) -> str:
    return f"tiles/{tile.z}/{tile.x}/{tile.y}.mvt"


def crowd(cast: Cast, sites: int, title: str = "校", number: int = 0) -> None:
    """So many published projects around the middle of Pucheng, straight into the table."""
    bureau = cast.bureau()
    statuses = ("proposed", "under_construction", "in_use", "in_use")
    Project.objects.bulk_create(
        Project(
            code=f"{bureau.code}-2024-{number + n:06d}", bureau=bureau, region=bureau.region, title_zh=f"{title}{n}",
            kind="new_build", status=statuses[n % 4], site=Point(109.5 + n % 61 * 0.002, 34.9 + n % 67 * 0.001, srid=4326),
            location_precision="map_pin", published=True, created_at=LONG_AGO, updated_at=LONG_AGO,
        )
        for n in range(sites)
    )  # fmt: skip


def test_the_number_of_a_place_says_its_tile_at_every_zoom() -> None:
    for lon, lat in ((109.6, 34.95), (-179.9, -84), (180, 90), (-180, -90), (0, 0)):
        column, row = column_row(place_of(lon, lat))
        assert place_of(lon, lat) == interleaved(column, row)
        at = degrees(column + 0.5, row + 0.5, DEPTH)
        assert at == pytest.approx((max(min(lon, 180), -180), max(min(lat, 85.0511), -85.0511)), abs=1e-4)
        for z in range(23):
            tile = Tile(z, column >> DEPTH - z, row >> DEPTH - z)
            assert tile.exists and tile.range[0] <= place_of(lon, lat) <= tile.range[1]


# --- what is in it ------------------------------------------------------------------------------------------


def test_a_tile_holds_each_visible_site_with_its_public_fields(cast: Cast, api: Any) -> None:
    shown = {f["id"]: f for f in api().get("sites.geojson").ok()["features"]}
    found = features(api().get(WORLD))
    assert {feature["properties"]["code"] for feature in found} == shown.keys()
    for feature in found:
        facts, known = feature["properties"], shown[feature["properties"]["code"]]["properties"]
        assert facts["title"] == (known["title_en"] or known["title_zh"])
        assert facts["precision"] == known["location_precision"]
        assert {n: facts.get(n, "") for n in ("status", "stage", "kind", "light", "progress")} == {
            n: known[n] for n in ("status", "stage", "kind", "light", "progress")
        }


def test_no_private_value_is_in_a_tile_or_a_cluster(cast: Cast, api: Any) -> None:
    for who in OUTSIDERS:
        for language in ("en", "zh-hans"):
            answer = api(who, language=language).get(WORLD)
            assert {name for f in features(answer) for name in f["properties"]} <= set(ATTRIBUTES)
            assert not traces(answer.content.decode(errors="replace"))


def test_who_sees_more_in_the_list_sees_more_in_the_tile(cast: Cast, api: Any) -> None:
    """After one another, so that an answer kept for one reader would show up at the next."""
    for who in ("public", "official", "gushi_official", "engineer", "stranger", "public"):
        listed = {row["code"] for row in api(who).get("projects/?located=true&page_size=200").ok()["results"]}
        assert codes(api(who).get(WORLD)) == listed, who
    assert cast.unpublished in codes(api("official").get(WORLD))


def test_titles_are_in_the_readers_language(cast: Cast, api: Any) -> None:
    make_project(cast.bureau(), title_zh="县第九小学", title_en="Ninth Primary School")
    for language, title in (("zh-hans", "县第九小学"), ("en", "Ninth Primary School")):
        answer = api(language=language).get(WORLD)
        assert title in {f["properties"]["title"] for f in features(answer)}
        assert "Accept-Language" in answer.headers["Vary"]


def test_a_site_stands_where_it_is_and_in_one_tile_only(cast: Cast, api: Any) -> None:
    """Also one that lies exactly on the corner of four."""
    corner = tile_at(109.6, 34.95, 12)
    lon, lat = degrees(corner.x, corner.y, 12)
    edge = make_project(cast.bureau(), site={"type": "Point", "coordinates": [lon, lat]})
    around = [Tile(12, corner.x + dx, corner.y + dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)]
    assert sum(edge.code in codes(api().get(address(tile))) for tile in around) == 1
    site = cast.project().site
    assert site is not None
    for z in (0, 7, 14, 18, 19, 22):
        tile = tile_at(site.x, site.y, z)
        at = next(
            f["geometry"]["coordinates"]
            for f in features(api().get(address(tile)))
            if f["properties"]["code"] == cast.published
        )
        x, y = degrees(tile.x + at[0] / 4096, tile.y + at[1] / 4096, z)
        assert (x, y) == pytest.approx((site.x, site.y), abs=360 / 2**z / 4096 + 360 / 2**DEPTH), z


def test_a_moved_site_moves_and_one_taken_away_is_gone(cast: Cast, api: Any) -> None:
    site = cast.project().site
    assert site is not None
    here, there = tile_at(site.x, site.y, 15), tile_at(site.x + 0.05, site.y, 15)
    assert cast.published in codes(api().get(address(here)))
    moved = {"site": {"type": "Point", "coordinates": [site.x + 0.05, site.y]}}
    project_change(project_id=cast.project().pk, actor=None, at=PUBLISHED, expected=None, changes=moved)
    assert cast.published not in codes(api().get(address(here)))
    assert cast.published in codes(api().get(address(there)))
    project_change(project_id=cast.project().pk, actor=None, at=PUBLISHED, expected=None, changes={"site": None})
    assert cast.published not in codes(api().get(WORLD))
    assert Project.objects.filter(site__isnull=True, place__isnull=False).count() == 0


# --- where they crowd ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("query", ["", "?bureau=610526", "?q=校&near=109.56,34.93&radius=50000"])
def test_a_crowd_is_counted_by_status_and_no_site_is_lost(cast: Cast, api: Any, query: str) -> None:
    crowd(cast, POINTS + 500)
    listed = api().get(f"sites.geojson{query}").ok()["features"]
    for z in (0, 6, 10):
        tile = tile_at(109.56, 34.93, z)
        inside = [
            f for f in listed if place_of(*f["geometry"]["coordinates"]) >> shift_of(z) == interleaved(tile.x, tile.y)
        ]
        expected = Counter(feature["properties"]["status"] for feature in inside)
        assert expected.total() > POINTS
        found = [feature["properties"] for feature in features(api().get(f"{address(tile)}{query}"))]
        assert len(found) <= 256
        assert sum(f["count"] for f in found) == expected.total()
        assert {status: sum(f.get(f"count_{status}", 0) for f in found) for status in expected} == expected
        assert all(f["count"] == sum(n for name, n in f.items() if name != "count") for f in found)


def test_both_ways_to_count_agree(cast: Cast) -> None:
    crowd(cast, 700)
    visible = Project.objects.visible_to(cast.user("official"))
    for z, level in ((0, 5), (8, 13), (11, 16)):
        ranges = [tile_at(109.56, 34.93, z).range]
        counted, grouped = (sorted(heaps(visible, ranges, level, few=few)) for few in (False, True))
        assert counted == grouped and sum(heap.sites for heap in counted) > 0
    assert heaps(visible, [], 5, few=False) == []


def test_no_tile_is_larger_than_200_kilobytes(cast: Cast, api: Any) -> None:
    """Few enough to be shown one by one, were their titles not as long as titles may be."""
    crowd(cast, POINTS - 10, title="长" * 190)
    answer = api().get(WORLD)
    assert len(answer.content) <= MAX_BYTES
    assert sum(f["properties"]["count"] for f in features(answer)) >= POINTS - 10
    near = tile_at(109.5, 34.9, 16)
    assert all("title" in f["properties"] for f in features(api().get(address(near))))


def test_where_nobody_builds_there_is_nothing(cast: Cast, api: Any) -> None:
    answer = api().get("tiles/5/0/0.mvt")
    assert (answer.status, answer.content) == (204, b"")
    assert answer.etag
    assert api().get("tiles/5/0/0.mvt", if_none_match=answer.etag).status == 304
    assert api().get(f"{WORLD}?q=nosuchschool").status == 204


@pytest.mark.parametrize(
    "path",
    [
        "1/2/0.mvt",
        "1/0/2.mvt",
        "23/0/0.mvt",
        f"{10**10}/0/0.mvt",
        f"0/{10**30}/0.mvt",
        "-1/0/0.mvt",
        "a/0/0.mvt",
        "0/0/0.png",
    ],
)
def test_a_tile_that_is_none_is_not_found(api: Any, cast: Cast, path: str) -> None:
    api().get(f"tiles/{path}").problem(404)


# --- over the wire ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["public", "official", "engineer"])
def test_an_unchanged_tile_costs_three_queries_and_reads_no_project(cast: Cast, api: Any, who: str) -> None:
    first = api(who).get(WORLD)
    for headers, status in (({"if_none_match": first.etag}, 304), ({}, 200)):
        with CaptureQueriesContext(connection) as captured:
            answer = api(who).get(WORLD, **headers)
        assert answer.status == status
        assert len(captured) <= 3
        assert not any("place" in query["sql"] for query in captured)
    assert answer.content == first.content


def test_a_tile_costs_the_same_queries_at_any_number_of_sites(cast: Cast, api: Any) -> None:
    """Newest entry, how many, the sites; where they crowd whether memory has them, the heaps, which PostGIS packs in one more."""
    for more, budget in ((0, 3), (100, 3), (POINTS, 5)):
        crowd(cast, more, number=more)
        caches["tiles"].clear()
        with CaptureQueriesContext(connection) as captured:
            assert api().get(WORLD).status == 200
        assert len(captured) <= budget


def test_a_kept_tile_never_outlives_a_write(cast: Cast, api: Any) -> None:
    before = api().get(WORLD)
    assert cast.published in codes(before)
    project_change(project_id=cast.project().pk, actor=None, at=PUBLISHED, expected=None, changes={"published": False})
    after = api().get(WORLD, if_none_match=before.etag)
    assert after.status == 200 and cast.published not in codes(after)


def test_a_tile_comes_packed_to_whoever_takes_it_so(cast: Cast, api: Any) -> None:
    plain = api().get(WORLD)
    for _time in ("made", "kept"):
        packed = api().get(WORLD, accept_encoding="gzip")
        assert packed.headers["Content-Encoding"] == "gzip" and "Accept-Encoding" in packed.headers["Vary"]
        assert packed.etag == plain.etag
        caches["tiles"].clear()
    assert api().get(WORLD, accept=MEDIA_TYPE).status == 200
    api().get(WORLD, accept="image/png").problem(406)


def test_gdal_reads_points_and_crowds(cast: Cast, api: Any, tmp_path: Path) -> None:
    def read(name: str) -> Any:
        folder = tmp_path / name / "0" / "0"
        folder.mkdir(parents=True)
        (folder / "0.mvt").write_bytes(api().get(WORLD).content)
        layer = DataSource(str(folder / "0.mvt"))[0]
        assert layer.name == "sites"
        return layer

    points = read("points")
    assert set(ATTRIBUTES) <= set(points.fields)
    assert cast.published in points.get_fields("code")
    assert {geometry.geom_type.name for geometry in points.get_geoms()} <= {"Point", "MultiPoint"}
    crowd(cast, POINTS + 1)
    caches["tiles"].clear()
    counts = read("counts")
    assert sum(counts.get_fields("count")) == Project.objects.visible_to(None).filter(place__isnull=False).count()
