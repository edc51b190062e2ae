"""Base maps: an archive made from vector data, served in ranges, drawn in Chromium; and a tile server that is dead."""

from __future__ import annotations

import io
import json
import re
import shutil
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from PIL import Image
from playwright.sync_api import expect

from config.basemaps import BaseMap, Offered
from mapviews.pmtiles import tile_id
from tests.servers import Prepared, Server, free_port

PUCHENG = "/maps/status/?bureau=610526"


def collection(path: Path, *features: tuple[str, Any, dict[str, str]]) -> Path:
    rows = [
        {"type": "Feature", "geometry": {"type": kind, "coordinates": places}, "properties": words}
        for kind, places, words in features
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": rows}), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake over most of Pucheng, a road through it and a town; each from another file, names in other columns."""
    folder = tmp_path_factory.mktemp("basemap")
    lake = [[[109.35, 34.76], [109.9, 34.76], [109.9, 35.17], [109.35, 35.17], [109.35, 34.76]]]
    water = collection(folder / "water.geojson", ("Polygon", lake, {"fclass": "lake", "名称": "大湖"}))
    roads = collection(
        folder / "lines.geojson",
        ("LineString", [[109.3, 34.95], [109.9, 34.97]], {"highway": "primary", "NAME": "大路"}),
    )
    town = collection(folder / "places.geojson", ("Point", [109.59, 34.955], {"kind": "town", "name": "<b>县城</b>"}))
    target = folder / "county.pmtiles"
    arguments = [str(water), f"roads={roads}", str(town), str(target), "--max-zoom=12"]
    call_command("make_basemap", *arguments, "--attribution=<i>Survey</i> office", stdout=None)
    return target


def test_tiles_are_numbered_as_the_specification_says() -> None:
    places = [(0, 0, 0), (1, 0, 0), (1, 0, 1), (1, 1, 1), (1, 1, 0), (2, 0, 0), (12, 3423, 1763)]
    assert [tile_id(*place) for place in places] == [0, 1, 2, 3, 4, 5, 19078479]


def test_what_cannot_be_a_base_map_is_said(tmp_path: Path) -> None:
    water = collection(tmp_path / "water.geojson", ("Point", [109.5, 34.9], {}))
    other = collection(tmp_path / "other.geojson", ("Point", [109.5, 34.9], {}))
    junk = tmp_path / "roads.geojson"
    junk.write_text("no data", encoding="utf-8")
    for arguments, words in (
        (["lakes=" + str(water), "x.pmtiles"], "no such layer"),
        ([str(tmp_path / "none.shp"), "x.pmtiles"], "no such file"),
        ([str(junk), "x.pmtiles"], "cannot read"),
        ([str(other), "x.pmtiles"], "say what it holds"),
        ([str(water), "x.mbtiles"], "must end in .pmtiles"),
        ([str(water), "x.pmtiles", "--bbox=1,2,3"], "W,S,E,N"),
    ):
        with pytest.raises(CommandError, match=words):
            call_command("make_basemap", *arguments[:1], str(tmp_path / arguments[1]), *arguments[2:])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other.geojson", "roads.geojson", "water.geojson"]


def test_ranges_of_the_archive_are_served(client: Client, archive: Path, settings: Any, db: None) -> None:
    settings.BASE_MAPS = (BaseMap("county", path=archive),)
    whole = archive.read_bytes()
    url = "/maps/basemap/county.pmtiles"

    def get(asked: str, **headers: str) -> Any:
        return client.get(url, headers={"range": asked, **headers})

    first = get("bytes=0-126")
    assert (first.status_code, first.getvalue()) == (206, whole[:127])
    assert first["Content-Range"] == f"bytes 0-126/{len(whole)}"
    assert get("bytes=-10").getvalue() == whole[-10:]
    assert get(f"bytes={len(whole) - 5}-{len(whole) + 500}").getvalue() == whole[-5:]
    assert get(f"bytes={len(whole)}-").status_code == 416
    for odd in ("bytes=-", "bytes=5-2,7-9", "lines=1-2", "bytes=a-b"):
        assert get(odd).getvalue() == whole, odd
    assert get("bytes=0-1", **{"if-range": '"another"'}).status_code == 200
    assert client.get(url, headers={"if-none-match": first["ETag"]}).status_code == 304
    assert client.get("/maps/basemap/other.pmtiles").status_code == 404


def test_the_archive_names_its_credit_as_plain_text(client: Client, archive: Path, settings: Any, db: None) -> None:
    settings.BASE_MAPS = (BaseMap("county", path=archive),)
    page = client.get("/maps/status/").content.decode()
    tiles = json.loads(page.split('<script id="map-config" type="application/json">')[1].split("</script>")[0])["tiles"]
    assert tiles["maps"][0]["attribution"] == "Survey office"
    assert "protomaps" in tiles["drawer"]
    settings.BASE_MAPS = (BaseMap("tiles1", ("/t/{z}/{x}/{y}.png",), attribution="x"),)
    assert "protomaps" not in client.get("/maps/status/").content.decode()


@pytest.fixture
def tiles() -> Iterator[tuple[str, list[str]]]:
    """A tile server that answers every address with a green tile, and what it was asked for."""
    asked: list[str] = []
    picture = io.BytesIO()
    Image.new("RGB", (256, 256), (200, 230, 190)).save(picture, "PNG")

    class Tiles(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "image/png")
            self.end_headers()
            self.wfile.write(picture.getvalue())

        def log_message(self, *words: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Tiles) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()


@pytest.fixture
def grounded(prepared: Prepared, archive: Path, tiles: tuple[str, list[str]]) -> Iterator[Server]:
    """A server with a base map whose tiles nobody serves, one that somebody does as WMTS, and one of its own."""
    dead = f"http://127.0.0.1:{free_port()}/{{z}}/{{x}}/{{y}}.png"
    alive = f"{tiles[0]}/wmts?LAYER=vec&TILEMATRIX={{z}}&TILEROW={{y}}&TILECOL={{x}}"
    with prepared.server({"TILE_URL": f"{dead} {alive} pmtiles:{archive}", "TILE_ATTRIBUTION": "Nobody"}) as server:
        yield server


def test_a_file_is_offered_as_soon_as_it_lies_there(
    client: Client, archive: Path, settings: Any, tmp_path: Path, db: None
) -> None:
    settings.BASE_MAPS = Offered((BaseMap("tiles1", ("/t/{z}/{x}/{y}.png",), attribution="x"),), tmp_path, "Survey")

    def words() -> list[str]:
        page = client.get("/maps/status/", headers={"accept-language": "en"}).content.decode()
        config = json.loads(page.split('id="map-config" type="application/json">')[1].split("</script>")[0])
        return [base["word"] for base in config["tiles"]["maps"]]

    assert words() == ["Base map"] and client.get("/maps/basemap/county.pmtiles").status_code == 404
    shutil.copy(archive, tmp_path / "county.pmtiles")
    (tmp_path / "half.pmtiles").write_bytes(b"PMT")
    assert words() == ["Base map", "Base map county"], "what is still being copied waits"
    assert client.get("/maps/basemap/county.pmtiles", headers={"range": "bytes=0-6"}).getvalue() == b"PMTiles"
    (tmp_path / "county.pmtiles").unlink()
    assert words() == ["Base map"]


@pytest.mark.browser
def test_a_dead_tile_server_breaks_nothing_one_that_answers_and_a_file_are_drawn(
    browser: Any, grounded: Server, tiles: tuple[str, list[str]]
) -> None:
    errors: list[str] = []
    page = browser.new_page(viewport={"width": 1280, "height": 800}, locale="en-GB")
    page.on("pageerror", lambda error: errors.append(str(error)))

    def logged(message: Any) -> None:
        if message.type == "error" and "ERR_CONNECTION_REFUSED" not in message.text:
            errors.append(message.text)

    page.on("console", logged)
    page.goto(grounded.url + PUCHENG)
    page.wait_for_selector("[data-map-located] li")
    says = "The base map does not answer. Everything else on this map works without it."
    page.locator(".map-failures", has_text=says).wait_for()
    page.get_by_role("button", name="Layers").click()
    assert page.locator(".map-base-state").text_content() == says
    expect(page.locator(".map-with-base"), "the county keeps its own ground").to_have_count(0)
    page.locator("[data-map-located] button").first.click()
    page.locator(".popup h3").wait_for()

    page.get_by_role("radio", name="Base map 2").check()
    page.locator("img.leaflet-tile-loaded").first.wait_for()
    page.wait_for_selector(".map-with-base")
    expect(page.locator(".map-base-state"), "this one answers").to_be_hidden()
    column, row = page.evaluate(
        """() => {
          const { x, y } = SchoolWorks.map.project(SchoolWorks.map.getCenter()).divideBy(256).floor();
          return [x, y];
        }"""
    )
    wanted = rf"/wmts\?LAYER=vec&TILEMATRIX=\d+&TILEROW={row}&TILECOL={column}"
    assert any(re.fullmatch(wanted, path) for path in tiles[1]), "the middle of the county among them"

    page.get_by_role("radio", name="Base map county").check()
    page.locator("canvas.leaflet-tile-loaded").first.wait_for()
    page.wait_for_selector(".map-with-base")
    page.wait_for_function(
        """() => [...document.querySelectorAll("canvas.leaflet-tile-loaded")].some((tile) => {
          const [red, green, blue, alpha] = tile.getContext("2d").getImageData(tile.width / 2, tile.height / 2, 1, 1).data;
          return alpha === 255 && blue > red;
        })"""
    )
    assert page.locator(".map-attribution").text_content() == "Survey office", (
        "its own credit, not the one of the tiles"
    )
    expect(page.locator(".map-base-state")).to_be_hidden()
    page.get_by_role("radio", name="none").check()
    page.wait_for_function("() => !document.querySelector('.leaflet-tile')")
    page.close()
    assert errors == []
