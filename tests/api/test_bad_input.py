"""What breaks the default stack, through the real one: every entry of "Bad inputs" in `reliability.md` for JSON, geometry
and query. Each is refused by name, no worker dies, and every list, map and export answers afterwards.
"""

from __future__ import annotations

import http.client
import json
import re
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.wire import Reply, Wire, nobody_dies
from tests.servers import Prepared, Server

pytestmark = pytest.mark.e2e

P = "projects/610526-2023-001/"
STAGE = f"{P}milestones/external_works/"
# What lists, draws and exports everything: asked after every single input.
LISTINGS = (
    "projects/?page_size=200",
    "sites.geojson",
    "statistics/",
    "/maps/marks.json",
    "/maps/sites.json",
    "/maps/status/",
    "tiles/0/0/0.mvt",
)
# And the rest: asked after what was stored, and at the end.
READS = (
    *LISTINGS, "changes/?limit=1000", "plans/610526-2023/", "schools/", "regions/?page_size=200", P, f"{P}history/",
    "/", "/projects/", f"/{P}", "/plans/610526-2023/", "/maps/outline.geojson",
)  # fmt: skip


@pytest.fixture(scope="module")
def server(prepared: Prepared) -> Iterator[Server]:
    with prepared.server() as server, nobody_dies(server):
        yield server
        everything_answers(server)
        assert "all sound" in server.manage("verify_ledger").stdout


@pytest.fixture(scope="module")
def official(server: Server) -> Wire:
    return Wire.signed_in(server, "official")


@pytest.fixture(scope="module")
def engineer(server: Server) -> Wire:
    return Wire.signed_in(server, "engineer")


def everything_answers(server: Server, paths: tuple[str, ...] = READS) -> None:
    """As the public sees it, over one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=300)
    for path in paths:
        connection.request("GET", path if path.startswith("/") else f"/api/v1/{path}", headers={"Accept": "*/*"})
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status == 200, (path, body[:500])
    connection.close()


@pytest.fixture(autouse=True)
def _nothing_is_poisoned(server: Server) -> Iterator[None]:
    yield
    everything_answers(server, LISTINGS)


def patched(person: Wire, path: str, raw: str | bytes, **headers: str) -> Reply:
    body = raw if isinstance(raw, bytes) else raw.encode("utf-8", "surrogatepass")
    return person.call("PATCH", path, body, if_match=person.etag(path), **headers)


# --- JSON ---------------------------------------------------------------------------------------------------

# what: (body, pointer)
BODIES: dict[str, tuple[str | bytes, str]] = {
    "lone surrogate": (r'{"title_zh": "\ud800"}', "/title_zh"),
    "lone surrogate in a key": (r'{"\udfff": 1}', ""),
    "half a pair at the end": (r'{"note": "a\ud83d"}', "/note"),
    "raw surrogate": (b'{"title_zh": "\xed\xa0\x80"}', ""),
    "NUL": (r'{"title_zh": "a\u0000b"}', "/title_zh"),
    "raw NUL": (b'{"title_zh": "a\x00b"}', ""),
    "NUL in a key": (r'{"a\u0000": 1}', ""),
    "arrays 100,000 deep": ('{"title_zh": ' + "[" * 100_000 + "]" * 100_000 + "}", ""),
    "objects 100,000 deep": ('{"a":' * 100_000 + "1" + "}" * 100_000, ""),
    "100,000 brackets opened and never closed": ("[" * 100_000, ""),
    "NaN": ('{"places": NaN}', "/places"),
    "Infinity": ('{"places": -Infinity}', "/places"),
    "1e999": ('{"places": 1e999}', "/places"),
    "1e999 as an amount": ('{"total_investment": 1e999}', "/total_investment"),
    "5,000 digits": ('{"places": ' + "9" * 5000 + "}", "/places"),
    "5,000 digits behind the point": ('{"floor_area": 0.' + "1" * 5000 + "}", "/floor_area"),
    "5,000 digits as text": ('{"total_investment": "' + "9" * 5000 + '"}', "/total_investment"),
    "sNaN as text": ('{"total_investment": "sNaN"}', "/total_investment"),
    "NaN as text": ('{"floor_area": "NaN"}', "/floor_area"),
    "an exponent as text": ('{"total_investment": "1e1000000"}', "/total_investment"),
    "duplicate keys": ('{"places": 1, "places": 2}', "/places"),
    "duplicate keys by escape": (r'{"places": 1, "pl\u0061ces": 2}', "/places"),
    "invalid UTF-8": (b'{"title_zh": "\xff\xfe"}', ""),
    "overlong UTF-8": (b'{"title_zh": "\xc0\xaf"}', ""),
    "UTF-16": ('{"places": 1}'.encode("utf-16"), ""),
    "a byte order mark": (b'\xef\xbb\xbf{"places": 1}', ""),
    "nothing": (b" ", ""),
    "cut off": ('{"places": 1', ""),
    "two values": ('{"places": 1} {"places": 2}', ""),
    "a comment": ('{"places": 1} // one', ""),
    "single quotes": ("{'places': 1}", ""),
    "an array": ("[1]", ""),
    "a string": ('"places"', ""),
    "null": ("null", ""),
    "an unknown field": ('{"titel": "x"}', "/titel"),
    "a dangerous name": ('{"__proto__": {"a": 1}}', "/__proto__"),
    "a field name with a slash": ('{"a/b~c": 1}', "/a~1b~0c"),
    "a read-only field": ('{"progress": 100}', "/progress"),
    "a right-to-left override": ('{"title_zh": "abc\u202egnp"}', "/title_zh"),
    "an isolate": ('{"contractor": "a\u2066b"}', "/contractor"),
    "a zero-width space": ('{"responsible_unit": "a\u200bb"}', "/responsible_unit"),
    "a zero-width joiner in a name": ('{"contractor": "a\u200db"}', "/contractor"),
    "a tag character": ('{"contractor": "a\U000e0041b"}', "/contractor"),
    "a noncharacter": ('{"contractor": "a\uffffb"}', "/contractor"),
    "a bell": (r'{"contractor": "a\u0007b"}', "/contractor"),
    "a line break in a title": (r'{"title_zh": "a\nb"}', "/title_zh"),
    "10,000 accents": ('{"title_zh": "a' + "\u0301" * 10_000 + '"}', "/title_zh"),
    "a list for a text": ('{"title_zh": ["a"]}', "/title_zh"),
    "an object for a code": ('{"kind": {"a": 1}}', "/kind"),
    "a text for a truth": ('{"published": "false"}', "/published"),
}


@pytest.mark.parametrize("what", BODIES)
def test_a_bad_body_is_refused_by_name(official: Wire, what: str) -> None:
    body, pointer = BODIES[what]
    patched(official, P, body).problem(400, pointer)


FACTS: dict[str, tuple[str, int, str | None]] = {
    "percent -1": ('{"percent": -1}', 400, "/percent"),
    "percent 101": ('{"percent": 101}', 400, "/percent"),
    "year 0": ('{"forecast": "0000-01-01"}', 400, "/forecast"),
    "year 1": ('{"forecast": "0001-01-01"}', 400, "/forecast"),
    "year 9999": ('{"forecast": "9999-12-31"}', 400, "/forecast"),
    "year 10000": ('{"forecast": "10000-01-01"}', 400, "/forecast"),
    "a leap day that is none": ('{"forecast": "2023-02-29"}', 400, "/forecast"),
    "an ISO week": ('{"forecast": "2023-W01-1"}', 400, "/forecast"),
    "digits of another script": ('{"forecast": "２０２３-01-01"}', 400, "/forecast"),
    "end before start": ('{"started": "2023-06-02", "actual": "2023-06-01"}', 400, "/actual"),
    "a fact of the future": ('{"actual": "2099-01-01"}', 400, "/actual"),
    "a state that contradicts": ('{"state": "in_progress", "started": null, "actual": null, "percent": 0}', 409, None),
}


@pytest.mark.parametrize("what", FACTS)
def test_a_bad_fact_is_refused_by_name(engineer: Wire, what: str) -> None:
    body, status, pointer = FACTS[what]
    patched(engineer, STAGE, body).problem(status, pointer)


def test_an_illegal_step_is_409_and_anothers_milestone_404(official: Wire, engineer: Wire) -> None:
    patched(official, P, '{"status": "proposed"}').problem(409)
    etag = engineer.etag("projects/610526-2023-001/")
    engineer.call("PATCH", f"{P}milestones/works/", {"percent": 1}, if_match=etag).problem(404)
    engineer.call("PATCH", f"{P}milestones/%00/", {"percent": 1}, if_match=etag).problem(404)


def test_over_long_bodies_are_413_whatever_they_say_of_themselves(server: Server, official: Wire) -> None:
    big = b'{"title_zh": "' + b"x" * 1_100_000 + b'"}'
    official.call("POST", "projects/", big).problem(413)
    official.call("POST", "projects/", b" " * 1_100_000 + b"{}").problem(413)
    Wire(server).call("POST", "tokens/", big).problem(413)
    # In pieces, without a length: nothing behind the server would read it, so it is refused and not taken for empty.
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=300)
    pieces = iter([b'{"bureau": ', b'"610526"}'])
    headers = {"Authorization": f"Token {official.token}", "Content-Type": "application/json"}
    connection.request("POST", "/api/v1/projects/", pieces, headers, encode_chunked=True)
    answer = connection.getresponse()
    assert answer.status == 411 and json.loads(answer.read())["status"] == 411
    connection.close()


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml",
        "a/b/c",
        "\u00ff",
    ],
)
def test_another_content_type_is_415(official: Wire, content_type: str) -> None:
    patched(official, P, '{"places": 1}', content_type=content_type).problem(415)


def test_a_broken_multipart_body_is_415_and_not_read(official: Wire) -> None:
    for body in (b"--x\r\nContent-Disposition: form-data; name=", b"x" * 100_000, b""):
        reply = official.call("POST", "projects/", body, content_type="multipart/form-data; boundary=x")
        assert reply.status in (400, 415)
        reply.problem(reply.status)


def test_text_of_templates_and_scripts_is_kept_as_it_is(server: Server, official: Wire) -> None:
    for text in (
        "{{7*191}}",
        "{% b",
        "${1}",
        "`",
        "</script><script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "%(a)s %s {0}",
    ):
        changed = official.change(P, {"title_zh": text, "address": text, "description": text})
        assert changed.status == 200, changed
        assert changed.data["title_zh"] == changed.data["address"] == changed.data["description"] == text
        for path in (f"/{P}", "/projects/", "/maps/status/"):
            page = Wire(server).get(path).body.decode()
            assert (
                "1337" not in re.sub(r"[0-9a-f]{12}", "", page)
                and "<script>alert" not in page
                and "<img src=x" not in page
            )
        assert text in [f["properties"]["title_zh"] for f in Wire(server).get("sites.geojson").data["features"]]
        everything_answers(server)


def test_text_of_other_scripts_is_kept(official: Wire) -> None:
    for text in ("עברית ועוד", "العربية", "𠀀𠀁 校", "🏫", "e\u0301 → é", "Ǆ ﬁ ½"):
        assert official.change(P, {"contractor": text}).status == 200


# --- geometry -----------------------------------------------------------------------------------------------

RING = [[109.58, 34.95], [109.59, 34.95], [109.59, 34.96], [109.58, 34.96], [109.58, 34.95]]


def point(*coordinates: Any, **members: Any) -> str:
    return json.dumps({"site": {"type": "Point", "coordinates": list(coordinates), **members}})


def polygon(*rings: Any, **members: Any) -> str:
    return json.dumps({"footprint": {"type": "Polygon", "coordinates": list(rings), **members}})


def circle(vertices: int) -> list[list[float]]:
    step = 0.02 / vertices
    there = [[round(109.58 + n * step, 9), 34.95] for n in range(vertices // 2)]
    back = [[lon, 34.951] for lon, _lat in reversed(there)]
    return [*there, *back, there[0]]


GEOMETRIES: dict[str, str] = {
    "1e200": point(1e200, 34.95),
    "1e308 twice": point(1e308, 1e308),
    "1e999": '{"site": {"type": "Point", "coordinates": [1e999, 34.95]}}',
    "-1e999": '{"site": {"type": "Point", "coordinates": [109.58, -1e999]}}',
    "NaN": '{"site": {"type": "Point", "coordinates": [NaN, NaN]}}',
    "5,000 digits": '{"site": {"type": "Point", "coordinates": [' + "1" * 5000 + ", 34.95]}}",
    "999999": point(999999, 999999),
    "swapped": point(34.95, 109.58),
    "null island": point(0, 0),
    "the wrong county": point(115.6, 32.1),
    "just outside": point(109.0, 34.95),
    "empty": point(),
    "one number": point(109.58),
    "with a height": point(109.58, 34.95, 400),
    "with a measure": point(109.58, 34.95, 400, 1),
    "text for numbers": point("109.58", "34.95"),
    "truth for numbers": point(True, False),
    "null for numbers": point(None, None),
    "nested": point([109.58, 34.95]),
    "WKT with NaN": '{"site": "POINT(NaN NaN)"}',
    "WKT": '{"site": "POINT(109.58 34.95)"}',
    "WKB": '{"site": "0101000020E6100000000000000000F87F000000000000F87F"}',
    "a number": '{"site": 7}',
    "a list": '{"site": [109.58, 34.95]}',
    "an empty object": '{"site": {}}',
    "another type": '{"site": {"type": "MultiPoint", "coordinates": [[109.58, 34.95]]}}',
    "a feature": '{"site": {"type": "Feature", "geometry": {"type": "Point", "coordinates": [109.58, 34.95]}}}',
    "a collection": '{"site": {"type": "GeometryCollection", "geometries": []}}',
    "nested collections": '{"site": ' + '{"type": "GeometryCollection", "geometries": [' * 8 + "]}" * 8 + "}",
    "an unknown system": point(109.58, 34.95, crs="EPSG:2326"),
    "a system that is no text": point(109.58, 34.95, crs={"type": "name", "properties": {"name": "EPSG:4326"}}),
    "a PROJ pipeline": point(109.58, 34.95, crs="+proj=pipeline +step +inv"),
    "a local independent system": point(3871234.5, 370123.4, crs="local"),
    "an SRID": point(109.58, 34.95, srid=4326),
    "a bounding box": point(109.58, 34.95, bbox=[0, 0, 1, 1]),
    "grid coordinates swapped": point(3871234.5, 370123.4, crs="EPSG:4546"),
    "grid coordinates of 1e200": point(1e200, 1e200, crs="EPSG:4546"),
    "GCJ-02 of 1e308": point(1e308, -1e308, crs="GCJ-02"),
    "a polygon for a point": json.dumps({"site": {"type": "Polygon", "coordinates": [RING]}}),
    "polygon: no ring": polygon(),
    "polygon: an empty ring": polygon([]),
    "polygon: three positions": polygon(RING[:3]),
    "polygon: unclosed": polygon(RING[:4]),
    "polygon: self-crossing": polygon([RING[0], RING[2], RING[1], RING[3], RING[0]]),
    "polygon: a spike": polygon([RING[0], RING[1], RING[0], RING[1], RING[0]]),
    "polygon: all in one place": polygon([RING[0]] * 5),
    "polygon: 1e200": polygon([RING[0], [1e200, 1e200], RING[2], RING[0]]),
    "polygon: 1e999": '{"footprint": {"type": "Polygon", "coordinates": [[[1e999, 0], [0, 1], [1, 1], [1e999, 0]]]}}',
    "polygon: a hole outside": polygon(RING, [[109.7, 34.95], [109.71, 34.95], [109.71, 34.96], [109.7, 34.95]]),
    "polygon: two crossing holes": polygon(
        RING,
        [[109.581, 34.951], [109.587, 34.951], [109.587, 34.957], [109.581, 34.951]],
        [[109.583, 34.951], [109.589, 34.951], [109.589, 34.957], [109.583, 34.951]],
    ),
    "polygon: over 10,000 vertices": polygon(circle(10_002)),
    "polygon: heights": polygon([[*position, 400] for position in RING]),
    "polygon: in Gushi": polygon([[lon + 6, lat - 3] for lon, lat in RING]),
    "polygon: a point": json.dumps({"footprint": {"type": "Point", "coordinates": RING[0]}}),
}


@pytest.mark.parametrize("what", GEOMETRIES)
def test_a_bad_geometry_is_refused_by_name(official: Wire, what: str) -> None:
    body = GEOMETRIES[what]
    pointer = "/footprint" if '"footprint"' in body[:14] else "/site"
    problem = patched(official, P, body).problem(400)
    assert all(error["pointer"].startswith(pointer) for error in problem["errors"]), problem


def test_the_same_pasted_as_coordinates_is_refused_or_read_inside_the_county(official: Wire) -> None:
    """A position that is turned round, or one with a height, can be read, and it is said what was done; never outside."""
    for what, body in GEOMETRIES.items():
        answer = official.call("POST", "coordinates/", {"bureau": "610526", "text": body})
        if answer.status == 200:
            corners = re.findall(
                r"[\d.]+", json.dumps([each["wgs84"]["coordinates"] for each in answer.data["candidates"]])
            )
            assert corners and all(34.7 < float(lat) < 35.2 for lat in corners[1::2]), what
            assert all(109.3 < float(lon) < 110 for lon in corners[::2]), what
            assert answer.data["notes"], what
        else:
            assert {error["pointer"] for error in answer.problem(400)["errors"]} == {"/text"}, what
    for wrong in ({"bureau": "610526", "text": 7}, {"bureau": "610526", "text": "1" * 500_000}, {"bureau": "610526"}):
        answer = official.call("POST", "coordinates/", wrong)
        assert {error["pointer"] for error in answer.problem(400)["errors"]} == {"/text"}
    answer = official.call("POST", "coordinates/", {"bureau": "610526", "text": "109.6, 34.9", "crs": "EPSG:3857"})
    assert answer.problem(400)["errors"][0]["code"] == "unknown_crs"
    answer = official.call("POST", "coordinates/", {"bureau": "999999", "text": "109.6, 34.9"})
    assert answer.problem(400)["errors"][0]["pointer"] == "/bureau"


def test_a_large_footprint_within_the_limits_is_kept(official: Wire) -> None:
    changed = patched(official, P, polygon(circle(9_000)))
    assert changed.status == 200 and len(changed.data["footprint"]["coordinates"][0]) == 9_001
    assert patched(official, P, '{"footprint": null}').status == 200


# --- query --------------------------------------------------------------------------------------------------

LISTS = (
    "projects/", "sites.geojson", "tiles/5/25/12.mvt", "statistics/", "/maps/sites.json", "/maps/status/",
    "/maps/outline.geojson", "/projects/",
)  # fmt: skip
QUERIES = {
    "in_bbox=1e308,1e308,1e308,1e308": "?in_bbox",
    "in_bbox=-1e308,-1e308,1e308,1e308": "?in_bbox",
    "in_bbox=NaN,NaN,NaN,NaN": "?in_bbox",
    "in_bbox=-Infinity,-Infinity,Infinity,Infinity": "?in_bbox",
    "in_bbox=1e999,1,2,3": "?in_bbox",
    "in_bbox=110,35,109,34": "?in_bbox",
    "in_bbox=1,2,3": "?in_bbox",
    "in_bbox=1,2,3,4,5": "?in_bbox",
    "in_bbox=a,b,c,d": "?in_bbox",
    "in_bbox=" + "1" * 900 + ",2,3,4": "?in_bbox",
    "near=NaN,NaN&radius=5": "?near",
    "near=1e308,1e308&radius=5": "?near",
    "near=%20&radius=5": "?near",
    "near=%E3%80%80&radius=5": "?near",
    "in_bbox=%20": "?in_bbox",
    "near=109.5,34.9&radius=-5": "?radius",
    "near=109.5,34.9&radius=NaN": "?radius",
    "near=109.5,34.9&radius=1e308": "?radius",
    "near=109.5,34.9&radius=inf": "?radius",
    "near=109.5,34.9": "?radius",
    "near=%EF%BC%91%EF%BC%90%EF%BC%99,34&radius=5": "?near",
    "title_zh__regex=(a%2B)%2B%24": "?title_zh__regex",
    "q__regex=.": "?q__regex",
    "note__icontains=a": "?note__icontains",
    "contact_phone=1": "?contact_phone",
    "bureau__users__password__startswith=a": "?bureau__users__password__startswith",
    "published=false": "?published",
    "archived=true": "?archived",
    "q=%00": "?q",
    "q=a%00b": "?q",
    "%00=1": None,
    "q=%E2%80%AE": "?q",
    "status=%00": "?status",
    "region=%00": "?region",
    "year=%00": "?year",
    "updated_since=0001-01-01T00:00:00%2B14:00": "?updated_since",
    "updated_since=9999-12-31T23:59:59-14:00": "?updated_since",
    "year=1e400": "?year",
    "total_investment_min=sNaN": "?total_investment_min",
    "total_investment_min=1e-999999": "?total_investment_min",
    "places_max=1_000": "?places_max",
    "progress_min=%EF%BC%92": "?progress_min",
    "places_min=" + "9" * 900: "?places_min",
    "year=2023&kind[$ne]=1": "?kind[$ne]",
    "foo=1": "?foo",
}


@pytest.mark.parametrize("query", QUERIES, ids=[query[:50] for query in QUERIES])
def test_a_bad_query_is_refused_by_name_on_everything_that_lists_sites(server: Server, query: str) -> None:
    pointer = QUERIES[query]
    for path in LISTS:
        reply = Wire(server).get(f"{path}?{query}", accept="application/json")
        if pointer is None and reply.status == 200:
            continue
        reply.problem(400, pointer)


PAGING = ["page=0", "page=-1", f"page={10**24}", "page=NaN", "page_size=1000000", "page_size=0", "page_size=-5",
          "ordering=note", "ordering=contact_phone", "ordering=bureau__users__password", "ordering=?", "ordering=%00",
          "as_of=0000-00-00", "as_of=9999-12-31", "on=%00", "on=2023-13-01"]  # fmt: skip


@pytest.mark.parametrize("query", PAGING)
def test_a_bad_page_order_or_day_is_refused_by_name(server: Server, query: str) -> None:
    Wire(server).get(f"projects/?{query}").problem(400, "?" + query.split("=")[0])


def test_two_thousand_parameters_are_refused(server: Server) -> None:
    many = "&".join(f"a{n}=1" for n in range(2000))
    same = "&".join("q=a" for n in range(2000))
    for path in (*LISTS, P, "changes/", "regions/", "schools/", "plans/", "/projects/", "/"):
        for query in (many, same):
            for length in (None, 3900):
                reply = Wire(server).get(f"{path}?{query[:length].rpartition('&')[0] if length else query}")
                assert reply.status == 400, (path, reply.status)
                assert b"<html" in reply.body if path.endswith("/") and path[0] == "/" else reply.problem(400), path


def test_an_address_that_is_too_long_is_the_products_to_refuse(server: Server) -> None:
    """Not gunicorn's, whose page is bare and English: readers keep the search, in their language, and programs their JSON."""
    for language, words in (("zh", "地址太长"), ("en", "The address is too long")):
        reply = Wire(server).get(f"/{language}/projects/?q={'a' * 10_000}", accept="text/html")
        page = reply.body.decode()
        assert reply.status == 400 and words in page and f'href="/{language}/projects/"' in page, page[:2000]
    Wire(server).get(f"projects/?q={'a' * 10_000}").problem(400, "?")
    assert Wire(server).get(f"projects/?q={'a' * 200_000}").status == 414, "beyond that nobody reads on"


WINDOWS = {
    "": "?in_bbox",
    "zoom=5": "?in_bbox",
    "in_bbox=109,34,110,35": "?zoom",
    "in_bbox=109,34,110,35&zoom=-1": "?zoom",
    "in_bbox=109,34,110,35&zoom=10000000000": "?zoom",
    "in_bbox=109,34,110,35&zoom=NaN": "?zoom",
    "in_bbox=109,34,110,35&zoom=5.5": "?zoom",
    "in_bbox=109,34,110,35&zoom=%EF%BC%95": "?zoom",
    "in_bbox=109,34,110,35&zoom=%00": "?zoom",
    "in_bbox=110,34,109,35&zoom=5": "?in_bbox",
    "in_bbox=NaN,34,109,35&zoom=5": "?in_bbox",
    "in_bbox=1e308,34,1e308,35&zoom=5": "?in_bbox",
    "in_bbox=109,34,110,35&zoom=5&as_of=2023-06-30": "?as_of",
    "in_bbox=109,34,110,35&zoom=5&status=x": "?status",
}


@pytest.mark.parametrize("query", WINDOWS)
def test_a_bad_window_is_refused_by_name(server: Server, query: str) -> None:
    Wire(server).get(f"/maps/clusters.json?{query}").problem(400, WINDOWS[query])
    for whole in ("-180,-90,180,90", "180,90,180,90", "0,0,0,0"):
        assert Wire(server).get(f"/maps/clusters.json?in_bbox={whole}&zoom=22").status == 200


def test_other_bad_addresses_are_refused(server: Server, official: Wire) -> None:
    for path in (
        "projects/%00/", "projects/%ED%A0%80/", "projects/%FF/", "projects/" + "a" * 3000 + "/", "projects/..%2f..%2f/",
        "regions/%00/", "schools/%00/", "bureaus/%00/", "plans/%00-2023/", "plans/%EF%BC%91-2023/", f"{P}milestones/%00/",
        f"{P}engineers/%00/", f"{P}spending/{10**30}/", f"{P}spending/{'9' * 3000}/", "tokens/%00/", "projects/{{7*191}}/",
        "tiles/0/0/1.mvt", "tiles/23/0/0.mvt", f"tiles/{10**10}/0/0.mvt", f"tiles/5/{10**10}/1.mvt", "tiles/-1/0/0.mvt",
        "tiles/1/-1/0.mvt", "tiles/NaN/0/0.mvt", "tiles/1e3/0/0.mvt", "tiles/%00/0/0.mvt", "tiles/%EF%BC%90/0/0.mvt",
        f"tiles/0/0/{'9' * 3000}.mvt", "tiles/0/0/0.mvt/", "tiles/0/0/%2e%2e.mvt", "tiles/0/0/0.pbf", "tiles/0/0/",
    ):  # fmt: skip
        for person in (Wire(server), official):
            reply = person.get(path)
            assert reply.status in (401, 404, 405), (path, reply.status, reply.body[:300])
            reply.problem(reply.status)
    etag = official.etag(P)
    official.call("PUT", f"{P}engineers/%00/", {}, if_match=etag).problem(404)
    admin = Wire.signed_in(server, "bureau_admin")
    admin.call("PUT", f"{P}engineers/%00/", {}, if_match=etag).problem(404)
    for page in ("/projects/%00/", "/plans/%00-2023/", "/plans/610526-%EF%BC%92023/", "/projects/%ED%A0%80/"):
        assert Wire(server).get(page).status in (400, 404), page


def test_bad_headers_are_refused(server: Server, official: Wire) -> None:
    for value in ("x" * 201, "\u00e9"):
        body = {"kind": "money_paid", "dated": "2023-05-01", "amount": "1.00"}
        official.call("POST", f"{P}spending/", body, idempotency_key=value).problem(400, "Idempotency-Key")
    for value in ('"' + "9" * 200 + '"', "\u00ff", '"\u00b2"', "abc"):
        official.call("PATCH", P, {"places": 1}, if_match=value).problem(400, "If-Match")
    for value in ("Token \u00ff", "Token " + "a" * 5000, "Token a b", "Token ", "Basic YTpi"):
        reply = Wire(server, headers={"authorization": value}).get("tokens/")
        reply.problem(401)
    for value in ("evil.example", "localhost:x", "a" * 300, "[::1"):
        reply = Wire(server).get(P, host=value)
        assert reply.status == 400
        reply.problem(400)
    for value in ('"' * 5000, ",".join('"1"' for _ in range(500)), "W/"):
        assert Wire(server).get(P, if_none_match=value).status == 200
    assert Wire(server).get(P, accept_language="\u00ff;q=x, zz-" + "a" * 500).status == 200


RAW = {
    "no length": b"POST /api/v1/tokens/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\r\n",
    "a negative length": b"POST /api/v1/tokens/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n{}",
    "two lengths": b"POST /api/v1/tokens/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}x",
    "length and chunks": b"POST /api/v1/tokens/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a body cut off": b"POST /api/v1/tokens/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Content-Length: 500\r\nConnection: close\r\n\r\n{",
    "no host": b"GET /api/v1/projects/ HTTP/1.1\r\nConnection: close\r\n\r\n",
    "bytes in the address": b"GET /api/v1/projects/\xff\xfe/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    "bytes in the query": b"GET /api/v1/projects/?q=\xff\xfe HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    "no HTTP at all": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 64,
}


@pytest.mark.parametrize("what", RAW)
def test_a_request_that_is_none_harms_nobody(server: Server, what: str) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=300) as connection:
        connection.sendall(RAW[what])
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := connection.recv(65_536):
            answer += piece
            if b"\r\n\r\n" in answer and b"Connection: close" not in answer:
                break
    assert not re.match(rb"HTTP/1\.\d 5", answer), answer[:500]
