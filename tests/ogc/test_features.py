"""OGC API – Features as a program meets it: linked documents, items by page, box, time and filter, only what is public."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openapi_spec_validator import OpenAPIV30SpecValidator

from projects_api.models import Project
from projects_api.services.milestones import milestone_change
from projects_api.services.projects import project_change
from tests.cast import GUSHI_PRIVATE, PRIVATE, REPORTED, Cast
from tests.factories import make_project

ITEMS = "/ogc/collections/projects/items"


def codes(answer: Any) -> list[str]:
    return [feature["id"] for feature in answer.ok()["features"]]


def linked(body: dict[str, Any], rel: str) -> str:
    """Where the link of this relation to the data leads, as path and query; "" without one."""
    found = [link["href"] for link in body["links"] if link["rel"] == rel and link["type"] != "text/html"]
    return "?".join(urlsplit(found[0])[2:4]) if found else ""


def walk(read: Any, start: str, rel: str = "next") -> Iterator[list[str]]:
    """The pages from an address on, by their links."""
    while start:
        answer = read.get(start)
        yield codes(answer)
        start = linked(answer.data, rel)


@pytest.fixture
def more(cast: Cast) -> list[str]:
    """Five more published projects, the last of which has no site."""
    bureau, official = cast.bureau(), cast.user("official")
    made = [make_project(bureau, actor=official, title_zh=f"学校{n}").code for n in range(4)]
    return [*made, make_project(bureau, actor=official, title_zh="学校", site=None).code]


def test_every_link_leads_where_it_says(cast: Cast, api: Any) -> None:
    """From the landing page to everything, in both forms; nothing private on the way."""
    reader = api()
    seen: dict[str, set[str]] = {}
    ahead = ["/ogc/?f=json"]
    while ahead:
        answer = reader.get(here := ahead.pop())
        assert answer.status == 200, here
        assert PRIVATE not in answer.text and GUSHI_PRIVATE not in answer.text
        if answer.type == "text/html":
            assert "Access-Control-Allow-Origin" not in answer.headers
            continue
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        body = answer.data
        rels = {}
        for link in [*body.get("links", ()), *(x for c in body.get("collections", ()) for x in c["links"])]:
            address = "?".join(urlsplit(link["href"])[2:4])
            rels[link["rel"]] = address
            if link["rel"] == "license":
                assert link["href"] == "https://creativecommons.org/licenses/by/4.0/"
            elif not address.startswith("/ogc/"):
                assert reader.get(address).status == 200
            elif address not in seen:
                seen[address] = set()
                ahead.append(address)
                assert reader.get(address).headers["Content-Type"].startswith(link["type"]), link
        seen[here] = set(rels)
    assert seen["/ogc/?f=json"] == {"self", "alternate", "service-desc", "service-doc", "conformance", "data"}
    assert seen["/ogc/collections/projects?f=json"] == {"self", "alternate", "items", "license", "describedby"}
    assert {"/ogc/api?f=json", "/ogc/conformance?f=html", f"{ITEMS}?f=json", f"{ITEMS}?f=html"} <= seen.keys()


def test_it_describes_itself(cast: Cast, api: Any) -> None:
    described = api().get("/ogc/api").ok()
    OpenAPIV30SpecValidator(described).validate()
    assert described["servers"] == [{"url": "http://localhost/ogc"}]
    names = [p.get("name") for p in described["paths"]["/collections/projects/items"]["get"]["parameters"]]
    assert {"status", "region", "q"} <= set(names) and "published" not in names
    assert {"limit", "bbox", "datetime"} <= described["components"]["parameters"].keys(), "where QGIS looks for them"
    classes = api().get("/ogc/conformance").ok()["conformsTo"]
    assert {c.rpartition("/")[2] for c in classes} == {"core", "oas30", "html", "geojson"}
    extent = api().get("/ogc/collections/projects").ok()["extent"]
    west, south, east, north = extent["spatial"]["bbox"][0]
    ours, theirs = cast.project().site, cast.project(cast.gushi_published).site
    assert ours and theirs and (west, south, east, north) == pytest.approx((ours.x, theirs.y, theirs.x, ours.y))
    assert extent["temporal"]["interval"] == [["2023-05-20T00:00:00+08:00", "2023-05-20T23:59:59+08:00"]]


def test_a_feature_is_the_site_and_more(cast: Cast, api: Any, more: list[str]) -> None:
    sites = {f["id"]: f for f in api().get("sites.geojson").ok()["features"]}
    body = api().get(ITEMS).ok()
    assert (body["numberMatched"], body["numberReturned"]) == (7, 7) and body["timeStamp"].endswith("Z")
    features = {f["id"]: f for f in body["features"]}
    assert features[more[4]]["geometry"] is None and more[4] not in sites
    for code, site in sites.items():
        assert features[code]["geometry"] == site["geometry"]
        assert site["properties"].items() <= features[code]["properties"].items()
    one = api().get(f"{ITEMS}/{cast.published}").ok()
    assert {name: one[name] for name in ("type", "id", "geometry", "properties")} == features[cast.published]
    facts = one["properties"]
    assert facts["title"] == facts["title_en"] and facts["total_investment"] == 50000000
    assert (facts["begins"], facts["ends"]) == ("2023-05-20", "2023-05-20")
    page = api().get(f"{ITEMS}/{more[4]}?f=html").text
    assert "no site on the map" in page and f"/projects/{more[4]}/" in page
    # Why a project stands still is told, and asked for.
    why = {"status_reason": "land", "status_note": "管线未迁改", "status_since": "2023-06-30"}
    api("official").change(f"projects/{cast.published}/", {"status": "suspended", **why}).ok()
    (halted,) = api().get(f"{ITEMS}?status_reason=land").ok()["features"]
    assert halted["id"] == cast.published and why.items() <= halted["properties"].items()
    asked = api().get("/ogc/api?f=json").ok()["paths"]["/collections/projects/items"]["get"]["parameters"]
    (described,) = [found for found in asked if found.get("name") == "status_reason"]
    assert "school_closed" in described["description"]


def test_pages_lose_and_repeat_nothing_while_projects_come(cast: Cast, api: Any, more: list[str]) -> None:
    every = codes(api().get(ITEMS))
    assert every == sorted(every)
    forward = list(walk(api(), f"{ITEMS}?limit=3"))
    assert [len(page) for page in forward] == [3, 3, 1] and sum(forward, []) == every
    last = api().get(ITEMS + f"?limit=3&after={forward[1][-1]}").ok()
    back = list(walk(api(), linked(last, "prev"), "prev"))
    assert sum(reversed(back), []) == every[:6]
    second = linked(api().get(f"{ITEMS}?limit=3&status=approved,proposed").ok(), "next")
    assert "status=approved,proposed" in second
    make_project(cast.bureau(cast.gushi), actor=cast.user("gushi_official"))
    assert sum(walk(api(), second), []) == every[3:], "a project before them moves nobody"
    assert len(codes(api().get(f"{ITEMS}?limit=1000000"))) == 8, "more than there may be is as many as there may be"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("bbox=109,34,110,35", "pucheng"),
        ("bbox=109,34,-100,110,35,9000", "pucheng"),
        ("bbox={x},{y},{x},{y}", "pucheng"),  # its edges included
        ("bbox=170,-80,-170,80", ""),
        ("bbox=110,30,-170,80", "gushi"),
        ("bbox=-180,-90,180,90&bbox-crs=http://www.opengis.net/def/crs/OGC/1.3/CRS84", "both"),
        ("datetime=2023-05-20", "both"),
        ("datetime=2023-05-19T16:00:00Z", "both"),  # the day begins in China
        ("datetime=2023-05-19T15:59:59Z", ""),
        ("datetime=2023-05-01/2023-05-31", "both"),
        ("datetime=2023-05-20T10:00:00%2B08:00/..", "both"),
        ("datetime=/2023-05-20", "both"),
        ("datetime=../2023-05-19", ""),
        ("datetime=2023-05-21/..", ""),
        ("datetime=..%2F9999-12-31T23:59:59.123Z&bureau=610526", "pucheng"),
        ("bureau=411525", "gushi"),
        ("q=pucheng", "pucheng"),
        ("in_bbox=109,34,110,35&status=", "pucheng"),
        ("near={x:.2f},{y:.2f}&radius=2000", "pucheng"),
    ],
)  # fmt: skip
def test_what_is_asked_for_is_found(cast: Cast, api: Any, query: str, found: str) -> None:
    site = cast.project().site
    assert site is not None
    query = query.format(x=site.x, y=site.y)
    wanted = {"pucheng": [cast.published], "gushi": [cast.gushi_published], "": []}
    assert codes(api().get(f"{ITEMS}?{query}")) == wanted.get(found, [cast.gushi_published, cast.published])


def test_a_period_reaches_from_the_first_day_to_the_last(cast: Cast, api: Any) -> None:
    milestone_change(
        project_id=cast.project().pk,
        key="topping_out",
        changes={"planned": date(2024, 3, 1)},
        actor=cast.user("official"),
        at=REPORTED,
        expected=None,
    )
    feature = api().get(f"{ITEMS}/{cast.published}").ok()
    assert (feature["properties"]["begins"], feature["properties"]["ends"]) == ("2023-05-20", "2024-03-01")
    for when, hit in (("2023-10-01", True), ("2024-03-02/..", False), ("../2023-05-19", False), ("2024-03-01", True)):
        assert bool(codes(api().get(f"{ITEMS}?datetime={when}&bureau=610526"))) is hit, when


@pytest.mark.parametrize(
    ("path", "pointer"),
    [
        (f"{ITEMS}?limt=3", "?limt"),
        (f"{ITEMS}?as_of=2024-01-01", "?as_of"),
        (f"{ITEMS}?published=false", "?published"),
        (f"{ITEMS}?status=builded", "?status"),
        (f"{ITEMS}?limit=0", "?limit"),
        (f"{ITEMS}?limit=-1", "?limit"),
        (f"{ITEMS}?limit=ten", "?limit"),
        (f"{ITEMS}?bbox=1,2,3", "?bbox"),
        (f"{ITEMS}?bbox=1,2,3,4,5", "?bbox"),
        (f"{ITEMS}?bbox=nan,2,3,4", "?bbox"),
        (f"{ITEMS}?bbox=1,50,3,40", "?bbox"),
        (f"{ITEMS}?bbox=181,2,182,4", "?bbox"),
        (f"{ITEMS}?bbox=1,2,3,4&bbox-crs=EPSG:4326", "?bbox-crs"),
        (f"{ITEMS}?datetime=yesterday", "?datetime"),
        (f"{ITEMS}?datetime=2023-02-30", "?datetime"),
        (f"{ITEMS}?datetime=2023-05-20T10:00:00", "?datetime"),
        (f"{ITEMS}?datetime=2024-01-01/2023-01-01", "?datetime"),
        (f"{ITEMS}?datetime=../..", "?datetime"),
        (f"{ITEMS}?after=a&before=b", "?before"),
        (f"{ITEMS}?f=gml", "?f"),
        ("/ogc/?limit=3", "?limit"),
        ("/ogc/collections?bbox=1,2,3,4", "?bbox"),
    ],
)
def test_what_is_not_understood_is_refused_by_name(cast: Cast, api: Any, path: str, pointer: str) -> None:
    answer = api().get(path)
    answer.problem(400, pointer)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_what_is_not_there_is_a_problem_or_a_page(cast: Cast, api: Any) -> None:
    for path in (f"{ITEMS}/{cast.unpublished}", f"{ITEMS}/nothing", f"{ITEMS}/%00", "/ogc/collections/schools"):
        api().get(path).problem(404)
        assert api().get(path, accept="text/html").type == "text/html"
    api().get("/ogc/", accept="image/png").problem(406)
    assert api().get("/ogc/", accept="text/html,*/*;q=0.8").type == "text/html"
    assert api().get(ITEMS, accept="application/json").type == "application/geo+json"
    assert api().post("/ogc/").status == 405
    assert api().get("/ogc").ok()["links"], "QGIS follows no redirect"
    assert api().get("/ogc?f=html", accept="*/*").headers["Location"] == "/ogc/?f=html", "a page has one address"


def test_everybody_sees_what_the_public_sees_and_nothing_longer(cast: Cast, api: Any, monkeypatch: Any) -> None:
    official = api()
    official.client.force_login(cast.user("official"), "projects_api.services.sign_in.AccountBackend")
    first = api().get(ITEMS)
    assert codes(official.get(ITEMS)) == codes(first) == [cast.gushi_published, cast.published]
    again = api().get(ITEMS, if_none_match=first.etag)
    assert (again.status, again.content, again.etag) == (304, b"", first.etag)
    with monkeypatch.context() as updated:
        updated.setattr("projects_api.selectors.ledger.release", lambda: "another program")
        assert api().get(ITEMS, if_none_match=first.etag).status == 200, "an update of the program is another answer"
    assert api().get(f"{ITEMS}/{cast.published}", accept="application/geo+json").status == 200
    change = {"published": False}
    project_change(
        project_id=cast.project().pk, changes=change, actor=cast.user("official"), at=REPORTED, expected=None
    )
    after = api().get(ITEMS, if_none_match=first.etag)
    assert codes(after) == [cast.gushi_published] and after.data["numberMatched"] == 1
    api().get(f"{ITEMS}/{cast.published}").problem(404)
    assert codes(official.get(ITEMS)) == [cast.gushi_published]


def test_a_page_costs_the_same_however_many_there_are(cast: Cast, api: Any, more: list[str]) -> None:
    """Four queries: the newest entry, the count, the rows, their periods."""

    def cost(path: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            api().get(path).ok()
        return len(asked)

    cost(f"{ITEMS}/{more[0]}")  # the engine is asked what it can, once
    assert cost(f"{ITEMS}?limit=1") == cost(f"{ITEMS}?limit=6&located=true") == 4
    assert cost(f"{ITEMS}?limit=2&after=0") == 3, "counted once for all pages"
    assert Project.objects.visible_to(None).count() == 7
