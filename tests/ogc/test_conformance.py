"""The abstract test suite of OGC 17-069r4, Annex A, for the classes that we say we conform to: Core, GeoJSON, HTML, OpenAPI 3.0.

The OGC's own suite is a Java program. Here is its list, test by test, under the standard's names; each asks over HTTP. What is
looked at by hand there is looked at by what must stand on the page.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV30SpecValidator

from tests.cast import Cast
from tests.factories import make_project
from tests.ogc.reader import Reader, href
from tests.ogc.schemas import COLLECTION, COLLECTIONS, CONFORMS, CRS84, FEATURE, FEATURES, LANDING

CLASS = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/"
ANNEX_A = {
    "core": "http crs84 root-op root-success conformance-op conformance-success api-definition-op api-definition-success "
    "fc-md-op fc-md-success fc-md-links fc-md-items fc-md-items-links fc-md-extent sfc-md-op sfc-md-success fc-op "
    "fc-bbox-definition fc-bbox-response fc-limit-definition fc-limit-response fc-time-definition fc-time-response "
    "query-param-invalid query-param-unknown fc-response fc-links fc-timeStamp fc-numberMatched fc-numberReturned "
    "f-op f-success f-links",
    "geojson": "definition content",
    "html": "definition content",
    "oas30": "completeness exceptions-codes oas-definition-1 oas-definition-2 oas-impl security",
}
TESTS: dict[str, Callable[[Reader], None]] = {}


def self_and_alternate(reader: Reader, document: Any, media: str) -> None:
    """Both lead to the same in their media type."""
    assert reader.get(href(document, "self", media), media).ok()["links"] == document["links"]
    assert reader.get(href(document, "alternate", "text/html"), "text/html").type == "text/html"
    assert all(link["rel"] and link["type"] for link in document["links"])


def requirement(name: str) -> Callable[[Callable[[Reader], None]], Callable[[Reader], None]]:
    def keep(test: Callable[[Reader], None]) -> Callable[[Reader], None]:
        TESTS[name] = test
        return test

    return keep


@pytest.fixture
def reader(cast: Cast, api: Any) -> Reader:
    official, bureau = cast.user("official"), cast.bureau()
    return Reader(
        api(), make_project(bureau, actor=official, site=None).code, make_project(bureau, actor=official).code
    )


@pytest.mark.parametrize("name", [f"{of}/{test}" for of, tests in ANNEX_A.items() for test in tests.split()])
def test_annex_a(reader: Reader, name: str) -> None:
    TESTS[name](reader)


def test_it_is_the_whole_annex(reader: Reader) -> None:
    """No test that is not of the list, and every class that we claim is in it."""
    assert TESTS.keys() == {f"{of}/{test}" for of, tests in ANNEX_A.items() for test in tests.split()}
    assert set(reader.data("/conformance")["conformsTo"]) == {CLASS + of for of in ANNEX_A}


# --- Core ---


@requirement("core/http")
def _http(reader: Reader) -> None:
    """HTTP/1.1 itself is gunicorn's. What is ours: HEAD is GET without a body, OPTIONS and 405 say what is allowed."""
    for path in reader.documents:
        whole, head = reader.get(path), reader.api.call("HEAD", f"/ogc{path}", accept="application/json")
        assert (head.status, head.content, head.headers["Content-Type"]) == (200, b"", whole.headers["Content-Type"])
        asked, refused = (reader.api.call(method, f"/ogc{path}") for method in ("OPTIONS", "POST"))
        assert (asked.status, refused.status) == (204, 405)
        assert asked.headers["Allow"] == refused.headers["Allow"] == "GET, HEAD, OPTIONS"
        assert reader.get(path, "image/png").status == 406


@requirement("core/crs84")
def _crs84(reader: Reader) -> None:
    """Longitude first: in Shaanxi and Henan it is beyond 90, which no latitude is."""
    points = [f["geometry"]["coordinates"] for f in reader.items()["features"] if f["geometry"]]
    assert points and all(100 < x < 120 and 30 < y < 40 for x, y in points)
    assert reader.data("/collections/projects")["crs"] == [CRS84]


@requirement("core/root-op")
def _root_op(reader: Reader) -> None:
    for root in ("/ogc/", "/ogc"):
        reader.api.get(root, accept="application/json").ok()


@requirement("core/root-success")
def _root_success(reader: Reader) -> None:
    landing = reader.data("/", LANDING)
    for rel in ("service-desc", "service-doc", "conformance", "data"):
        assert reader.get(href(landing, rel), "*/*").status == 200
    page = reader.get("/", "text/html").text
    for path in ("api", "conformance", "collections"):
        assert f'href="/ogc/{path}?f=html"' in page


@requirement("core/conformance-op")
def _conformance_op(reader: Reader) -> None:
    assert reader.data(href(reader.data("/"), "conformance")) == reader.data("/conformance")


@requirement("core/conformance-success")
def _conformance_success(reader: Reader) -> None:
    assert f"{CLASS}core" in reader.data("/conformance", CONFORMS)["conformsTo"]


@requirement("core/api-definition-op")
def _api_definition_op(reader: Reader) -> None:
    links = [x for x in reader.data("/")["links"] if x["rel"] in ("service-desc", "service-doc")]
    assert len(links) == 2 and all(reader.get(x["href"], x["type"]).status == 200 for x in links)


@requirement("core/api-definition-success")
def _api_definition_success(reader: Reader) -> None:
    OpenAPIV30SpecValidator(reader.described()).validate()


@requirement("core/fc-md-op")
def _fc_md_op(reader: Reader) -> None:
    assert reader.data(href(reader.data("/"), "data")) == reader.data("/collections")


@requirement("core/fc-md-success")
def _fc_md_success(reader: Reader) -> None:
    reader.data("/collections", COLLECTIONS)
    page = reader.get("/collections", "text/html").text
    assert "<code>projects</code>" in page and 'rel="license"' in page and "/open-data/projects/" in page
    assert 'href="/ogc/collections/projects/items?f=html"' in page


@requirement("core/fc-md-links")
def _fc_md_links(reader: Reader) -> None:
    self_and_alternate(reader, reader.data("/collections"), "application/json")


@requirement("core/fc-md-items")
def _fc_md_items(reader: Reader) -> None:
    """Each that has items is listed: our own description knows no other."""
    listed = [found["id"] for found in reader.data("/collections")["collections"]]
    paths = reader.described()["paths"]
    assert [f"/collections/{name}/items" for name in listed] == [path for path in paths if path.endswith("/items")]


@requirement("core/fc-md-items-links")
def _fc_md_items_links(reader: Reader) -> None:
    for found in reader.data("/collections")["collections"]:
        for media in ("application/geo+json", "text/html"):
            assert reader.get(href(found, "items", media), "*/*").type == media
        # Recommended: the licence, and what describes the columns.
        assert href(found, "license", "text/html").startswith("https://creativecommons.org/")
        assert reader.get(href(found, "describedby", "text/html"), "text/html").status == 200


@requirement("core/fc-md-extent")
def _fc_md_extent(reader: Reader) -> None:
    extent = reader.data("/collections/projects")["extent"]
    [[west, south, east, north]], [[first, last]] = extent["spatial"]["bbox"], extent["temporal"]["interval"]
    for feature in reader.items("?limit=1000")["features"]:
        facts = feature["properties"]
        assert not facts["begins"] or first[:10] <= facts["begins"] <= facts["ends"] <= last[:10]
        if feature["geometry"]:
            x, y = feature["geometry"]["coordinates"]
            assert west <= x <= east and south <= y <= north


@requirement("core/sfc-md-op")
def _sfc_md_op(reader: Reader) -> None:
    for found in reader.data("/collections")["collections"]:
        assert reader.data(f"/collections/{found['id']}", COLLECTION)["id"] == found["id"]
        assert reader.get(f"/collections/{found['id']}", "text/html").type == "text/html"


@requirement("core/sfc-md-success")
def _sfc_md_success(reader: Reader) -> None:
    [listed], alone = reader.data("/collections")["collections"], reader.data("/collections/projects")
    for name in ("id", "title", "description", "extent", "crs", "itemType"):
        assert listed[name] == alone[name]
    assert {(x["rel"], x["href"]) for x in listed["links"]} <= {(x["rel"], x["href"]) for x in alone["links"]}


@requirement("core/fc-op")
def _fc_op(reader: Reader) -> None:
    for found in reader.data("/collections")["collections"]:
        assert reader.data(href(found, "items", "application/geo+json"))["features"]
        assert reader.get(f"/collections/{found['id']}/items").status == 200


@requirement("core/fc-bbox-definition")
def _fc_bbox_definition(reader: Reader) -> None:
    numbers = {"type": "array", "minItems": 4, "maxItems": 6, "items": {"type": "number"}}
    assert reader.parameter("bbox") == {
        "in": "query", "required": False, "schema": numbers, "style": "form", "explode": False}  # fmt: skip


@requirement("core/fc-bbox-response")
def _fc_bbox_response(reader: Reader) -> None:
    """Its edges included, across 180 degrees, with heights; what has no geometry is in every box."""
    features = reader.items("?limit=1000")["features"]
    everything = {f["id"] for f in features}
    assert {f["id"] for f in features if not f["geometry"]} == {reader.nowhere}
    x, y = next(f["geometry"]["coordinates"] for f in features if f["geometry"])
    here = {f["id"] for f in features if f["geometry"] is None or f["geometry"]["coordinates"] == [x, y]}
    assert reader.found(f"?bbox={x},{y},{x},{y}") == reader.found(f"?bbox={x},{y},-50,{x},{y},9000") == here
    for whole in ("-180,-90,180,90", "100,-90,-170,90"):
        assert reader.found(f"?bbox={whole}") == everything
    assert reader.found("?bbox=-20,-80,-10,-70") == reader.found("?bbox=170,-80,-170,80") == {reader.nowhere}


@requirement("core/fc-limit-definition")
def _fc_limit_definition(reader: Reader) -> None:
    found = reader.parameter("limit")
    assert found["schema"].pop("type") == "integer"
    assert found.pop("schema") == {"minimum": 1, "maximum": 1000, "default": 100}
    assert found == {"in": "query", "required": False, "style": "form", "explode": False}


@requirement("core/fc-limit-response")
def _fc_limit_response(reader: Reader) -> None:
    assert [len(reader.items(f"?limit={n}")["features"]) for n in (1, 2)] == [1, 2]
    assert len(reader.items("?limit=1001")["features"]) == len(reader.items("?limit=1000")["features"]) <= 1000


@requirement("core/fc-time-definition")
def _fc_time_definition(reader: Reader) -> None:
    assert reader.parameter("datetime") == {
        "in": "query", "required": False, "schema": {"type": "string"}, "style": "form", "explode": False}  # fmt: skip


@requirement("core/fc-time-response")
def _fc_time_response(reader: Reader) -> None:
    """A moment, an interval, half-bounded ones with two dots and with nothing; what has no time is in every one."""
    features = reader.items("?limit=1000")["features"]
    timeless = {f["id"] for f in features if not f["properties"]["begins"]}
    assert reader.never in timeless and len(timeless) < len(features)
    for low, high, asked in (
        ("2023-05-20", "2023-05-20", ("2023-05-20T04:00:00Z",)),
        ("2023-05-01", "2023-05-31", ("2023-05-01T00:00:00%2B08:00/2023-05-31T12:00:00Z",)),
        ("0001-01-01", "2023-05-19", ("../2023-05-19T12:00:00Z", "/2023-05-19T12:00:00Z")),
        ("2023-05-20", "9999-12-31", ("2023-05-20T00:00:00%2B08:00/..", "2023-05-20T00:00:00%2B08:00/")),
        ("2023-05-21", "9999-12-31", ("2023-05-21T00:00:00%2B08:00/9999-12-31T00:00:00Z",)),
    ):
        met = {
            f["id"]
            for f in features
            if (facts := f["properties"])["begins"] and facts["begins"] <= high and facts["ends"] >= low
        }
        for text in asked:
            assert reader.found(f"?datetime={text}") == met | timeless, text


@requirement("core/query-param-invalid")
def _query_param_invalid(reader: Reader) -> None:
    for query in ("limit=many", "limit=0", "bbox=1,2,3", "bbox=a,b,c,d", "datetime=soon", "status=built"):
        assert reader.get(f"/collections/projects/items?{query}").status == 400, query


@requirement("core/query-param-unknown")
def _query_param_unknown(reader: Reader) -> None:
    for path in reader.documents:
        assert reader.get(f"{path}?unknownParameter=1").status == 400, path


@requirement("core/fc-response")
def _fc_response(reader: Reader) -> None:
    body = reader.items("?region=610526101")
    assert body["features"] and {f["properties"]["region"] for f in body["features"]} == {"610526101"}
    page = reader.get("/collections/projects/items?region=610526101", "text/html").text
    assert all(f["id"] in page for f in body["features"])


@requirement("core/fc-links")
def _fc_links(reader: Reader) -> None:
    body = reader.items("?limit=1")
    assert all(link["rel"] and link["type"] for link in body["links"])
    assert reader.get(href(body, "self", "application/geo+json")).ok()["features"] == body["features"]
    assert reader.get(href(body, "alternate", "text/html"), "text/html").type == "text/html"
    seen, following = set(reader.found("")), set()
    while True:
        following |= {f["id"] for f in body["features"]}
        if not any(link["rel"] == "next" for link in body["links"]):
            break
        body = reader.data(href(body, "next", "application/geo+json"), FEATURES)
    assert following == seen


@requirement("core/fc-timeStamp")
def _fc_time_stamp(reader: Reader) -> None:
    made = datetime.fromisoformat(reader.items()["timeStamp"])
    assert abs(datetime.now(UTC) - made) < timedelta(minutes=1)


@requirement("core/fc-numberMatched")
def _fc_number_matched(reader: Reader) -> None:
    for query in ("", "&bbox=109,34,110,35", "&datetime=2023-05-21/..", "&bureau=610526&status=approved"):
        assert reader.items(f"?limit=1{query}")["numberMatched"] == len(reader.found(f"?limit=1000{query}"))


@requirement("core/fc-numberReturned")
def _fc_number_returned(reader: Reader) -> None:
    for query in ("", "?limit=1", "?status=cancelled"):
        body = reader.items(query)
        assert body["numberReturned"] == len(body["features"])


@requirement("core/f-op")
def _f_op(reader: Reader) -> None:
    for feature in reader.items()["features"]:
        one = reader.data(f"/collections/projects/items/{feature['id']}", FEATURE)
        assert {name: one[name] for name in feature} == feature


@requirement("core/f-success")
def _f_success(reader: Reader) -> None:
    for code in (reader.nowhere, reader.never):
        page = reader.get(f"/collections/projects/items/{code}", "text/html").text
        facts = reader.data(f"/collections/projects/items/{code}", FEATURE)["properties"]
        assert all(f"<code>{name}</code>" in page for name, value in facts.items() if value not in (None, ""))
        assert "<code>geometry</code>" in page


@requirement("core/f-links")
def _f_links(reader: Reader) -> None:
    one = reader.data(f"/collections/projects/items/{reader.never}")
    self_and_alternate(reader, one, "application/geo+json")
    assert reader.data(href(one, "collection", "application/json"))["id"] == "projects"


# --- GeoJSON, HTML, OpenAPI 3.0 ---


@requirement("geojson/definition")
def _geojson_definition(reader: Reader) -> None:
    for path in reader.documents:
        media = "application/geo+json" if "/items" in path else "application/json"
        if path != "/api":
            assert reader.get(path, f"{media}, */*;q=0.1").type == media


@requirement("geojson/content")
def _geojson_content(reader: Reader) -> None:
    for path in reader.documents:
        schema = FEATURE if "/items/" in path else FEATURES if path.endswith("/items") else None
        if schema:
            found = reader.data(path, schema)
            assert (
                "crs" not in found
                and found.get("id", path.rsplit("/", 1)[1]) == path.rsplit("/", 1)[1]
                or schema is FEATURES
            )


@requirement("html/definition")
def _html_definition(reader: Reader) -> None:
    for path in reader.documents:
        for answer in (reader.get(path, "text/html"), reader.get(f"{path}?f=html", "*/*")):
            assert (answer.status, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")


@requirement("html/content")
def _html_content(reader: Reader) -> None:
    """HTML 5 with a title, one heading, and a way to the same as JSON (who can read it: test_accessibility)."""
    for path in reader.documents:
        page = reader.get(path, "text/html").text
        assert page.startswith("<!doctype html>") and len(re.findall("<h1", page)) == 1 and "<title>" in page
        assert 'href="?f=json"' in page


@requirement("oas30/completeness")
@requirement("oas30/exceptions-codes")
def _oas30_codes(reader: Reader) -> None:
    """Whatever an operation answered above it says, and each with what is in it."""
    for path, methods in reader.described()["paths"].items():
        answers = methods["get"]["responses"]
        assert {"200", "304", "400", "404", "406", "500", "503"} <= answers.keys(), path
        assert all("content" in answer for status, answer in answers.items() if status != "304")


@requirement("oas30/oas-definition-1")
def _oas30_definition_1(reader: Reader) -> None:
    landing = reader.data("/")
    media = "application/vnd.oai.openapi+json;version=3.0"
    assert reader.get(href(landing, "service-desc", media), media).headers["Content-Type"] == media
    assert reader.get(href(landing, "service-doc", "text/html"), "text/html").type == "text/html"


@requirement("oas30/oas-definition-2")
def _oas30_definition_2(reader: Reader) -> None:
    assert reader.described()["openapi"].startswith("3.0.")


@requirement("oas30/oas-impl")
def _oas30_impl(reader: Reader) -> None:
    """Every path and every parameter that is described is there: an empty one narrows nothing where that is said."""
    described = reader.described()
    [server] = described["servers"]
    for path, methods in described["paths"].items():
        address = server["url"] + path.replace("{featureId}", reader.never)
        assert reader.get(address, "*/*").status == 200
        for parameter in methods["get"]["parameters"]:
            if parameter.get("allowEmptyValue"):
                assert reader.get(f"{address}?{parameter['name']}=").status == 200, parameter


@requirement("oas30/security")
def _oas30_security(reader: Reader) -> None:
    """Nobody signs in here, and nothing is said of it."""
    described = reader.described()
    assert "security" not in described and "securitySchemes" not in described["components"]
