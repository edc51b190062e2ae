"""Lists: paging, ordering, every filter, typing errors that never widen a result, and constant query counts."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.contrib.gis.geos import GEOSGeometry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from projects_api.filtersets import PRIVATE_FILTERS, ProjectFilterSet
from projects_api.models import Bureau, Project, Region
from projects_api.services.milestones import milestone_change
from tests.cast import Cast
from tests.factories import LONG_AGO, make_project, make_school
from tests.tiles import codes as tile_codes

PUBLIC_CODES = {"610526-2023-001", "411525-2023-001"}


def codes(answer: Any) -> list[str]:
    return [row["code"] for row in answer.ok()["results"]]


def more(cast: Cast, count: int, **changes: Any) -> list[Project]:
    bureau = cast.bureau()
    return [make_project(bureau, **{"title_zh": f"项目{n}", **changes}) for n in range(count)]


# --- pages --------------------------------------------------------------------------------------------------


def test_a_page_has_20_rows_and_names_its_neighbours(cast: Cast, api: Any) -> None:
    more(cast, 43)
    first = api().get("projects/").ok()
    assert first.keys() == {"count", "next", "previous", "results"}
    assert (first["count"], len(first["results"]), first["previous"]) == (45, 20, None)
    second = api().get(first["next"].removeprefix("http://localhost")).ok()
    third = api().get(second["next"].removeprefix("http://localhost")).ok()
    assert third["next"] is None and len(third["results"]) == 5
    seen = [row["code"] for page in (first, second, third) for row in page["results"]]
    assert seen == sorted(seen) and len(set(seen)) == 45
    assert len(api().get("projects/?page_size=200").ok()["results"]) == 45


@pytest.mark.parametrize("path", ["projects/", "regions/", "schools/", "plans/", "bureaus/"])
@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("page=0", "?page"),
        ("page=-1", "?page"),
        (f"page={10**24}", "?page"),
        ("page=last", "?page"),
        ("page=1.0", "?page"),
        ("page=%EF%BC%92", "?page"),
        ("page_size=0", "?page_size"),
        ("page_size=201", "?page_size"),
        ("page_size=1000000", "?page_size"),
        ("page_size=", "?page_size"),
        ("pagesize=5", "?pagesize"),
        ("Page=5", "?Page"),
    ],
)
def test_a_wrong_page_is_named(cast: Cast, api: Any, path: str, query: str, pointer: str) -> None:
    api().get(f"{path}?{query}").problem(400, pointer)


def test_a_page_after_the_last_is_404(cast: Cast, api: Any) -> None:
    api().get("projects/?page=2").problem(404)
    assert codes(api().get("projects/?q=nothing&page=1")) == []


@pytest.mark.parametrize(
    "name", ["code", "title", "status", "progress", "next_due", "places", "total_investment", "updated"]
)
def test_lists_are_ordered_by_public_columns(cast: Cast, api: Any, name: str) -> None:
    more(cast, 3, places=5, total_investment="7.00")
    more(cast, 1)  # of which nothing is known
    there, back = (codes(api().get(f"projects/?ordering={sign}{name}")) for sign in ("", "-"))
    assert sorted(there) == sorted(back) and len(there) == 6
    column = {"title": "title_zh", "updated": "updated"}.get(name, name)
    values = [row[column] for row in api().get(f"projects/?ordering={name}").data["results"]]
    known = [float(value) if name == "total_investment" else value for value in values if value is not None]
    assert values[len(known) :] == [None] * (len(values) - len(known)), "what is not known comes last"
    for order in (name, f"-{name}"):
        rows, past, page = (
            api().get(address).text
            for address in (
                f"projects/?ordering={order}",
                f"projects/?ordering={order}&on={timezone.localdate()}",
                f"/projects/?ordering={order}",
            )
        )
        today = [row["code"] for row in json.loads(rows)["results"]]
        assert (today == [row["code"] for row in json.loads(past)["results"]]) or name == "title", order
        assert today == sorted(today, key=lambda code: page.index(f'/projects/{code}/"')), order
    assert known == sorted(known) or name == "title", "collation of Chinese is the database's"


@pytest.mark.parametrize(
    "name", ["note", "contact_phone", "id", "published", "head_hash", "--code", "code,status", "", "?"]
)
def test_ordering_by_anything_else_is_refused(cast: Cast, api: Any, name: str) -> None:
    api("official").get(f"projects/?{urlencode({'ordering': name})}").problem(400, "?ordering")


# --- filters ------------------------------------------------------------------------------------------------


@pytest.fixture
def varied(cast: Cast) -> dict[str, str]:
    """Five more projects of Pucheng, each alone in something."""
    bureau = cast.bureau()
    school = make_school(bureau, name_zh="桥陵小学", name_en="Qiaoling School")
    here = {"type": "Point", "coordinates": [109.5, 34.9]}
    made = {
        "upgrade": make_project(bureau, kind="rural_upgrade", region="610526102", title_en="Upgrade", stage="primary"),
        "planned": make_project(bureau, plan="610526-2023", plan_target="start", school=school.code, address="南环路"),
        "placed": make_project(
            bureau,
            site=here,
            location_precision="surveyed",
            places=10,
            total_investment="5.00",
            status="cancelled",
            status_reason="funds",
        ),
        "unplaced": make_project(bureau, site=None, places=4000, total_investment="9000000.50"),
        "late": make_project(bureau, title_zh="迟到的学校"),
    }
    for key, day in (("late", date(2023, 5, 1)), ("planned", timezone.localdate() + timedelta(days=30))):
        milestone_change(
            project_id=made[key].pk,
            key="project_approval",
            actor=None,
            at=LONG_AGO,
            expected=None,
            changes={"planned": day},
        )
    return {name: project.code for name, project in made.items()}


FILTERS = [
    ("bureau=411525", {"gushi"}),
    ("region=610526102", {"upgrade"}),
    ("region=411525", {"gushi"}),
    ("region=610000", {"public", "upgrade", "planned", "placed", "unplaced", "late"}),
    ("region=61052", set()),
    ("school=610526-S9999", set()),
    ("plan=610526-2023&plan_target=start", {"planned"}),
    ("kind=rural_upgrade", {"upgrade"}),
    ("kind=rural_upgrade,expansion&kind=renovation", {"upgrade"}),
    ("stage=primary&region=610526102", {"upgrade"}),
    ("status=approved", {"public", "gushi"}),
    ("status_reason=funds,land", {"placed"}),
    ("status_reason=safety", set()),
    ("location_precision=surveyed", {"placed"}),
    ("located=false", {"unplaced"}),
    ("located=true&places_max=10", {"placed"}),
    ("year=2023&bureau=610526", {"public", "planned"}),
    ("year=2024", set()),
    ("q=桥陵", {"planned"}),
    ("q=QIAOLING school", {"planned"}),
    ("q=南环路", {"planned"}),
    ("q=upgrade", {"upgrade"}),
    ("q=411525-2023", {"gushi"}),
    ("q=100%25", set()),
    ("in_bbox=109.49,34.89,109.51,34.91", {"placed"}),
    ("in_bbox=-180,-90,180,90&places_max=10", {"placed"}),
    ("near=109.5,34.9&radius=100", {"placed"}),
    ("near=109.5005,34.9&radius=30", set()),
    ("late=true", {"late"}),
    ("late=false&kind=rural_upgrade", {"upgrade"}),
    # None of them says when it is to be ready; tests/api/test_schedule.py has lights that burn.
    ("light=red,yellow,green", set()),
    ("light=none&kind=rural_upgrade", {"upgrade"}),
    ("critical=true", set()),
    ("critical=false&kind=rural_upgrade", {"upgrade"}),
    ("stale=true", {"public", "gushi"}),
    ("stale=false&kind=rural_upgrade", {"upgrade"}),
    ("next_due_before=2023-06-01", {"late"}),
    ("next_due_after=2023-06-01", {"planned"}),
    ("progress_min=2&progress_max=2", {"public", "gushi"}),
    ("places_min=2000", {"unplaced"}),
    ("places_min=3999.5&places_max=4000.5", {"unplaced"}),
    ("places_max=9.5", set()),
    ("total_investment_min=9000000.5&total_investment_max=9000000.50", {"unplaced"}),
    ("total_investment_max=5", {"placed"}),
    ("updated_since=2023-06-01T00:00:00Z", {"public", "gushi"}),
    ("updated_since=2023-06-05T10:00:00%2B08:00", {"public", "gushi"}),
    ("updated_since=2099-01-01T00:00:00Z", set()),
    ("bureau=&kind=&q=&page_size=200&region=610526102&year=&in_bbox=&near=&radius=", {"upgrade"}),
]


@pytest.mark.parametrize(("query", "expected"), FILTERS, ids=[query for query, _expected in FILTERS])
def test_filters_narrow_lists_sites_and_statistics_alike(
    cast: Cast, api: Any, varied: dict[str, str], query: str, expected: set[str]
) -> None:
    known = varied | {"public": cast.published, "gushi": cast.gushi_published}
    wanted = {known[name] for name in expected}
    assert set(codes(api().get(f"projects/?{query}"))) == wanted
    plain = "&".join(part for part in query.split("&") if not part.startswith("page_size"))
    features = api().get(f"sites.geojson?{plain}").ok()["features"]
    assert {feature["id"] for feature in features} == wanted - {known["unplaced"]}
    assert api().get(f"statistics/?{plain}").ok()["totals"]["projects"] == len(wanted)
    assert tile_codes(api().get(f"tiles/0/0/0.mvt?{plain}")) == wanted - {known["unplaced"]}
    located = api().get(f"/maps/sites.json?{plain}").ok()
    assert set(located["code"]) == wanted - {known["unplaced"]}


def test_a_division_is_a_code_that_there_is_and_not_all_that_begins_so(cast: Cast, api: Any) -> None:
    """Found: who was still typing a code, or had lost a digit of it, was answered with the whole county."""
    county = cast.bureau().region
    district = Region.objects.create(
        code="NYC-D08", parent=county, level="township", kind="district", name_zh="第8学区", name_en="District 8"
    )
    there = make_project(cast.bureau(), title_zh="别处", code=f"{cast.pucheng}-2023-008")
    Project.objects.filter(pk=there.pk).update(region=district)
    today = f"on={timezone.localdate()}"
    here = {cast.published}
    for code, found in (
        ("610526", here), ("610526000000", here), ("610526000", here), ("6105", here), ("61", here), ("610500", here),
        ("610526101000", here), ("NYC-D08", {there.code}),
        ("61052", set()), ("6105261", set()), ("6", set()), ("61052610", set()), ("NYC-D0", set()), ("NYC", set()),
        ("nyc-d08", set()), ("６１０５２６", set()),
    ):  # fmt: skip
        query = f"bureau=610526&region={quote(code)}"
        for asked in (query, f"{query}&{today}"):
            assert set(codes(api().get(f"projects/?{asked}"))) == found, asked
        items = api().get(f"/ogc/collections/projects/items?f=json&{query}").ok()["features"]
        assert {item["id"] for item in items} == found, code
        for page in ("/projects/", "/feed.atom", "/maps/coverage/areas.json"):
            assert api().get(f"{page}?{query}").status == 200, (page, code)
        assert (cast.published in api().get(f"/projects/?{query}").text) is (found == here), code
        schools = [cast.school] if found == here and code != "610526101000" else []
        for asked in (query, f"{query}&{today}"):
            assert found_schools(api().get(f"schools/?{asked}")) == schools, asked
        divisions = api().get(f"regions/?within={quote(code)}&page_size=200").ok()["results"]
        assert bool(divisions) is bool(found), code


def found_schools(answer: Any) -> list[str]:
    return [school["code"] for school in answer.ok()["results"]]


def test_every_filter_is_tried_above() -> None:
    tried = {part.split("=")[0] for query, _expected in FILTERS for part in query.split("&")}
    assert ProjectFilterSet.base_filters.keys() - PRIVATE_FILTERS <= tried


def test_the_offices_filters_find_what_is_unpublished_and_archived(cast: Cast, api: Any) -> None:
    official = api("official")
    assert codes(official.get("projects/?published=false")) == [cast.unpublished]
    assert cast.gushi_published in codes(official.get("projects/?published=true"))
    official.delete(f"projects/{cast.unpublished}/", if_match=official.get(f"projects/{cast.unpublished}/").etag).ok()
    assert cast.unpublished not in codes(official.get("projects/"))
    assert cast.unpublished not in codes(official.get("projects/?archived=false"))
    assert codes(official.get("projects/?archived=true")) == [cast.unpublished]
    assert codes(api("gushi_official").get("projects/?archived=true")) == []


@pytest.mark.parametrize("who", ["public", "stranger", "engineer"])
@pytest.mark.parametrize("query", ["published=true", "published=false", "archived=true", "archived=", "published="])
def test_private_filters_are_refused_to_those_who_do_not_read_everything(
    cast: Cast, api: Any, who: str, query: str
) -> None:
    for path in (
        "projects/",
        "sites.geojson",
        "tiles/0/0/0.mvt",
        "statistics/",
        "/maps/marks.json",
        "/maps/sites.json",
        "/maps/outline.geojson",
    ):
        person = api(who)
        if path.startswith("/") and who != "public":
            person.client.force_login(cast.user(who), "projects_api.services.sign_in.AccountBackend")
        person.get(f"{path}?{query}").problem(400, "?" + query.partition("=")[0], "private_field")


WRONG = [
    ("colour=red", "?colour"),
    ("Status=approved", "?Status"),
    ("status=aproved", "?status"),
    ("status=approved,", None),
    ("kind=new_build,castle", "?kind"),
    ("status__in=approved", "?status__in"),
    ("title_zh__regex=.*", "?title_zh__regex"),
    ("note__contains=a", "?note__contains"),
    ("contact_phone=1", "?contact_phone"),
    ("year=2023.5", "?year"),
    ("year=20x3", "?year"),
    ("year=1", "?year"),
    ("year=NaN", "?year"),
    ("progress_min=Infinity", "?progress_min"),
    ("progress_min=101", "?progress_min"),
    ("places_max=-1", "?places_max"),
    ("total_investment_min=1e1000000", "?total_investment_min"),
    ("total_investment_min=" + "9" * 5000, "?total_investment_min"),
    ("late=yes", "?late"),
    ("late=1", "?late"),
    ("located=TRUE", "?located"),
    ("next_due_after=2023-02-30", "?next_due_after"),
    ("next_due_after=2023-6-1", "?next_due_after"),
    ("next_due_after=0001-01-01", "?next_due_after"),
    ("next_due_before=9999-12-31", "?next_due_before"),
    ("next_due_before=30.06.2023", "?next_due_before"),
    ("updated_since=yesterday", "?updated_since"),
    ("updated_since=2023-06-01", "?updated_since"),
    ("updated_since=2023-06-01T00:00:00", "?updated_since"),
    ("updated_since=2023-06-01T00:00:00+08:00", "?updated_since"),
    ("status=,", "?status"),
    ("bureau=%20&region=%20&school=%20&plan=%20", "?region"),
    ("updated_since=0001-01-01T00:00:00%2B08:00", "?updated_since"),
    ("updated_since=9999-12-31T23:59:59-12:00", "?updated_since"),
    ("in_bbox=109,34,110", "?in_bbox"),
    ("in_bbox=110,34,109,35", "?in_bbox"),
    ("in_bbox=109,35,110,34", "?in_bbox"),
    ("in_bbox=1e308,34,1e308,35", "?in_bbox"),
    ("in_bbox=NaN,34,110,35", "?in_bbox"),
    ("in_bbox=-inf,-inf,inf,inf", "?in_bbox"),
    ("in_bbox=1e999,1,2,3", "?in_bbox"),
    ("near=109.5,34.9", "?radius"),
    ("radius=100", "?near"),
    ("near=NaN,34.9&radius=100", "?near"),
    ("near=109.5,34.9&radius=-1", "?radius"),
    ("near=109.5,34.9&radius=0", "?radius"),
    ("near=109.5,34.9&radius=1e300", "?radius"),
    ("near=109.5,34.9&radius=NaN", "?radius"),
    ("near=34.9,109.5&radius=100", "?near"),
    ("q=a%00b", "?q"),
    ("q=%E2%80%AEabc", "?q"),
    ("bureau=%00", "?bureau"),
    ("q=" + "x" * 201, "?q"),
    ("q=" + "x" * 1001, "?q"),
    ("plan=2023", "?plan"),
    ("plan=610526-20230", "?plan"),
    ("region=" + "6" * 300, "?region"),
    ("ordering=note", "?ordering"),
]


@pytest.mark.parametrize(("query", "pointer"), WRONG, ids=[query[:60] for query, _pointer in WRONG])
def test_a_typing_error_never_widens_a_result(cast: Cast, api: Any, query: str, pointer: str | None) -> None:
    answer = api().get(f"projects/?{query}")
    if pointer is None:
        assert set(codes(answer)) <= PUBLIC_CODES
        return
    answer.problem(400, pointer)
    if not pointer.startswith("?ordering"):
        for path in ("sites.geojson", "statistics/", "/maps/marks.json", "/maps/sites.json", "/maps/status/"):
            answer = api().get(f"{path}?{query}", accept="application/json")
            assert answer.status == 400, path


def test_more_parameters_than_anybody_needs_are_refused(cast: Cast, api: Any) -> None:
    for path in ("projects/", "sites.geojson", "regions/", f"projects/{cast.published}/", "/maps/sites.json"):
        api().get(f"{path}?" + "&".join(f"q={n}" for n in range(2000))).problem(400)
        api().get(f"{path}?" + "&".join(f"p{n}=1" for n in range(90))).problem(400)


@pytest.mark.parametrize(
    "path",
    ["bureaus/610526/", "regions/610526/", "plans/610526-2023/", "projects/610526-2023-001/", "projects/610526-2023-001/history/",
     "projects/610526-2023-001/milestones/", "tokens/", "schema/", "docs/", "changes/", "projects/610526-2023-001/spending/"],
)  # fmt: skip
def test_no_address_ignores_a_parameter(cast: Cast, api: Any, path: str) -> None:
    api("official").get(f"{path}?verbose=true").problem(400, "?verbose", "unknown_parameter")


def test_reference_lists_have_their_filters(cast: Cast, api: Any) -> None:
    def found(path: str, name: str = "code") -> list[str]:
        return [row[name] for row in api().get(path).ok()["results"]]

    assert found("regions/?within=610526&level=township") == ["610526101", "610526102"]
    assert found("regions/?q=Town 2") == ["411525102", "610526102"]
    assert found("regions/?level=province") == []
    api().get("regions/?level=village").problem(400, "?level")
    assert found("schools/?bureau=610526&region=610526&stage=primary&q=first") == [cast.school]
    assert found("schools/?bureau=411525") == []
    assert found("plans/?bureau=610526", "id") == ["610526-2023"]
    api().get("plans/?year=20x3").problem(400, "?year")
    assert found("plans/?year=2023", "id") == ["411525-2023", "610526-2023"]


def test_a_county_shows_its_boundary_and_a_list_does_not(cast: Cast, api: Any) -> None:
    county = api().get("regions/610526/").ok()
    assert GEOSGeometry(str(county["boundary"]).replace("'", '"')).geom_type == "MultiPolygon"
    assert "boundary" not in api().get("regions/").ok()["results"][0]


# --- cost ---------------------------------------------------------------------------------------------------


def queries(person: Any, path: str, **headers: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        answer = person.get(path, **headers)
    assert answer.status in (200, 304), answer
    return len(captured)


# (address, who, queries, what they are)
BUDGETS = [
    ("projects/", "public", 3, "newest entry (whether a kept answer holds), count, page"),
    ("projects/", "official", 4, "token, roles, count, page"),
    ("projects/?q=a&region=610526&near=109.6,34.9&radius=30000&ordering=-places", "official", 4, "filters add none"),
    ("projects/", "engineer", 4, "token, roles, count, page; assignments are a sub-select"),
    ("sites.geojson", "public", 2, "newest entry, rows"),
    ("sites.geojson", "official", 4, "token, roles, newest entry, rows"),
    ("statistics/", "public", 14, "newest entry, bureaus, sums, six groupings, lights, stages, three losses"),
    ("statistics/", "official", 17, "token, roles, the same, allocations, spending"),
    ("changes/?limit=5", "public", 3, "newest entry, entries with their subjects, hidden milestones"),
    ("changes/?limit=5", "official", 4, "token, roles, entries, hidden milestones"),
    ("plans/", "public", 3, "newest entry, count, page"),
    ("plans/610526-2023/", "public", 5, "newest entry, plan, its projects; stages and baselines as rows"),
    ("plans/610526-2023/curve/", "public", 6, "the same, newest entry, what was reported when"),
    ("plans/610526-2023/curve/?on=2023-12-31", "public", 20, "entry twice, plan, bureaus, ids, regions, reports, 13 more"),
    ("regions/", "public", 3, "newest entry, count, page"),
    ("schools/", "public", 4, "newest entry, count, page, events"),
    ("projects/610526-2023-001/", "public", 14, "newest entry, project, milestones, eleven kinds of parts for the document"),
    ("projects/610526-2023-001/milestones/", "public", 3, "newest entry, project, milestones"),
    ("projects/610526-2023-001/baselines/", "public", 14, "the same"),
    ("projects/610526-2023-001/schedule/", "public", 16, "the same, the bureau's record of finished stages, reports"),
    ("projects/610526-2023-001/spending/", "official", 5, "token, roles, project, milestones, entries"),
    ("projects/610526-2023-001/history/", "public", 4, "newest entry, project, milestones, entries"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "who", "budget", "words"), BUDGETS, ids=[f"{p} {w}" for p, w, _b, _s in BUDGETS])
def test_a_list_costs_the_same_queries_at_any_number_of_projects(
    cast: Cast, api: Any, path: str, who: str, budget: int, words: str
) -> None:
    queries(api(who), path)  # what Django remembers for good: the spatial reference system
    few = queries(api(who), path)
    bureau = cast.bureau()
    for n in range(12):
        make_project(bureau, plan="610526-2023", plan_target="upgrade", kind="rural_upgrade", school=cast.school)
        make_school(bureau)
        Region.objects.create(code=f"6105262{n:02d}", level="township", name_zh=f"镇{n}", parent=bureau.region)
    many = queries(api(who), path)
    assert (few, many) == (budget, budget), words


@pytest.mark.parametrize("who", ["public", "official", "engineer"])
def test_unchanged_sites_cost_at_most_three_queries(cast: Cast, api: Any, who: str) -> None:
    """Token, roles, newest entry: and not one row of the projects is read."""
    tag = api(who).get("sites.geojson").etag
    with CaptureQueriesContext(connection) as captured:
        answer = api(who).get("sites.geojson", if_none_match=tag)
    assert answer.status == 304 and not answer.content
    assert len(captured) <= 3
    assert not any('"site"' in query["sql"] for query in captured)


# --- sites.geojson ------------------------------------------------------------------------------------------


def test_sites_are_an_rfc_7946_feature_collection(cast: Cast, api: Any) -> None:
    make_project(cast.bureau(), title_zh='引号"与\\反斜杠 {{7*191}} </script>', title_en="${1}`", published=True)
    make_project(cast.bureau(), site=None)
    answer = api().get("sites.geojson")
    assert answer.type == "application/geo+json"
    collection = answer.ok()
    assert collection["type"] == "FeatureCollection" and "crs" not in collection
    assert len(collection["features"]) == 3
    for feature in collection["features"]:
        assert feature.keys() == {"type", "id", "geometry", "properties"} and feature["type"] == "Feature"
        assert feature["geometry"].keys() == {"type", "coordinates"} and feature["geometry"]["type"] == "Point"
        lon, lat = feature["geometry"]["coordinates"]
        assert 109 < lon < 116 and 31 < lat < 36, "longitude first"
        assert feature["id"] == feature["properties"]["code"]
    assert '引号"与\\反斜杠 {{7*191}} </script>' in [f["properties"]["title_zh"] for f in collection["features"]]
    empty = api().get("sites.geojson?q=nothing").ok()
    assert empty == {"type": "FeatureCollection", "features": []}


def test_sites_come_in_pieces_that_fit_together(cast: Cast, api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    more(cast, 10)
    whole = api().get("sites.geojson").ok()
    assert len(whole["features"]) == 12
    # Whole and in a file, in pieces smaller and larger than what is written at once.
    for batch, piece, in_memory in ((1, 7, 100), (5, 4000, 0), (12, 5, 10**6), (13, 1, 1)):
        monkeypatch.setattr("projects_api.selectors.sites.BATCH", batch)
        monkeypatch.setattr("projects_api.selectors.sites.PIECE", piece)
        monkeypatch.setattr("projects_api.selectors.sites.IN_MEMORY", in_memory)
        assert api().get("sites.geojson").ok() == whole


def test_statistics_add_up(cast: Cast, api: Any, varied: dict[str, str]) -> None:
    public = api().get("statistics/").ok()
    assert public["totals"]["projects"] == 7 and "money" not in public
    for name in ("status", "kind", "stage", "region", "bureau", "year"):
        rows = public[f"by_{name}"]
        assert sum(row["projects"] for row in rows) == 7
        assert sum(row["places"] for row in rows) == public["totals"]["places"] == 2 * 1350 + 4010
    official = api("official").get("statistics/").ok()
    assert official["totals"]["projects"] == 8
    assert official["money"] == {
        "allocations": [{"source": "county_budget", "currency": "CNY", "amount": "15308643.96"}],
        "spending": [{"kind": "money_paid", "currency": "CNY", "amount": "15308643.96"}],
    }
    assert "money" not in api("engineer").get("statistics/").ok()
    empty = api().get("statistics/?q=nothing").ok()
    assert empty["totals"]["projects"] == 0 and empty["totals"]["total_investment"] is None


def test_statistics_of_another_day_are_made_as_those_of_today(cast: Cast, api: Any, varied: dict[str, str]) -> None:
    """Replayed from documents, today is what the rows say; and a day before anything was known holds nothing."""
    for who in ("public", "engineer", "official"):
        person = api(who)
        for query in ("", "status=under_construction", "kind=new_build&bureau=610526"):
            for day in ("as_of", "on"):
                then = person.get(f"statistics/?{query}&{day}={timezone.localdate()}").ok()
                assert then == person.get(f"statistics/?{query}").ok(), (who, query, day)
    of = f"q={cast.published}"
    assert api("official").get(f"statistics/?{of}&as_of=2023-02-28").ok()["totals"]["projects"] == 0
    then = api("official").get(f"statistics/?{of}&as_of=2023-03-31").ok()
    assert then["totals"]["projects"] == 1 and then["money"]["spending"][0]["amount"] == "7654321.98"
    assert api().get(f"statistics/?{of}&as_of=2023-03-31").ok()["totals"]["projects"] == 0, "not public yet"
    assert api().get(f"statistics/?{of}&as_of=2023-04-30").ok()["totals"]["projects"] == 1


def test_yuan_and_dollars_are_neither_added_nor_compared(cast: Cast, api: Any) -> None:
    Bureau.objects.filter(code=cast.gushi).update(currency="USD")
    for query in ("", f"?on={timezone.localdate()}"):
        found = api().get(f"statistics/{query}").ok()
        both = [{"currency": currency, "amount": "50000000.00"} for currency in ("CNY", "USD")]
        assert found["totals"]["investment"] == both and found["totals"]["total_investment"] is None
        assert found["by_kind"][0]["investment"] == both
        assert {row["bureau"]: row["total_investment"] for row in found["by_bureau"]} == {
            cast.pucheng: "50000000.00", cast.gushi: "50000000.00",
        }  # fmt: skip
    Project.objects.filter(code=cast.gushi_published).update(total_investment="60000000.00")
    for query in ("", f"&on={timezone.localdate()}"):
        for sign in ("", "-"):
            order = codes(api().get(f"projects/?ordering={sign}total_investment{query}"))
            assert order == [cast.published, cast.gushi_published], "each currency by itself"
    page = api().get("/en/projects/?ordering=-total_investment").text
    assert page.index(cast.published) < page.index(cast.gushi_published)


ONE_VALUE = [
    ("projects/", "bureau=610526&bureau=411525", "?bureau"),
    ("projects/", "region=610526101&region=610526", "?region"),
    ("projects/", "as_of=2023-06-30&as_of=2023-07-30", "?as_of"),
    ("projects/", "page=1&page=2", "?page"),
    ("sites.geojson", "q=a&q=b", "?q"),
    ("statistics/", "year=2023&year=2024", "?year"),
    ("tiles/0/0/0.mvt", "bureau=610526&bureau=411525", "?bureau"),
    ("schools/", "bureau=610526&bureau=411525", "?bureau"),
    ("/maps/marks.json", "region=610526101&region=610526", "?region"),
    ("/maps/status/", "region=610526101&region=610526", "?region"),
    ("/projects/", "page=1&page=2", "?page"),
    ("/plans/610526-2023/", "on=2023-06-30&on=2023-07-30", "?on"),
    ("/feed.atom", "bureau=610526&bureau=411525", "?bureau"),
]


@pytest.mark.parametrize(
    ("path", "query", "pointer"), ONE_VALUE, ids=[f"{path}?{query}" for path, query, _p in ONE_VALUE]
)
def test_what_takes_one_value_is_refused_twice(cast: Cast, api: Any, path: str, query: str, pointer: str) -> None:
    api().get(f"{path}?{query}", accept="application/json").problem(400, pointer, "repeated")
    assert api().get("projects/?status=approved&status=in_use&kind=new_build&kind=expansion").status == 200


def test_the_republic_is_the_first_day(cast: Cast, api: Any) -> None:
    for day, status in (("1949-01-01", 400), ("1949-09-30", 400), ("1949-10-01", 200)):
        assert api().get(f"projects/?on={day}").status == status, day
        assert api().get(f"projects/?next_due_after={day}").status == status, day
