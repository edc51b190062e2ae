"""`/maps/status/` and what it fetches: constant size and cost, the API's filters, literal text."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.contrib.gis.geos import Point
from django.test import Client

from config.basemaps import BaseMap
from projects_api.choices import Status
from projects_api.models import AnnualPlan, Bureau, Milestone, Project, Region
from tests.maps.conftest import HOSTILE, HOSTILE_TEXT, draft

PAGE, BOOT, SHEET = "/maps/status/", "/maps/status/boot.js", "/maps/status/map.css"
MARKS, SITES, OUTLINE = "/maps/marks.json", "/maps/sites.json", "/maps/outline.geojson"
Make = Callable[..., Project]


def fill(bureau: Bureau, count: int) -> None:
    Project.objects.bulk_create([draft(bureau, 1000 + n) for n in range(count)], batch_size=500)


def get_json(client: Client, url: str, **headers: str) -> Any:
    response = client.get(url, headers=headers)
    assert response.status_code == 200, response.content
    return response.json()


def test_maps_leads_to_the_status_map_and_keeps_the_filters(client: Client) -> None:
    response = client.get("/maps/?status=in_use")
    assert (response.status_code, response["Location"]) == (302, f"{PAGE}?status=in_use")


def test_the_columns_hold_every_visible_site(client: Client, make_project: Make, plan: AnnualPlan) -> None:
    first = make_project(
        status="in_use", progress=100, plan=plan, plan_target="complete", site=Point(109.5, 34.9, srid=4326),
        next_milestone="topping_out", next_due=date(2026, 12, 1),
    )  # fmt: skip
    make_project(site=None, stage="", title_en="Nowhere school")
    make_project(published=False)
    data = get_json(client, SITES, accept_language="en")
    words = data["vocab"]
    assert data["count"] == 2
    assert (data["code"], data["title"]) == ([first.code], [first.title_en])
    assert (data["lon"], data["lat"]) == ([109.5], [34.9])
    assert [words["status"][place] for place in data["status"]] == ["in_use"]
    assert [words["stage"][place] for place in data["stage"]] == ["primary"]
    assert [words["kind"][place] for place in data["kind"]] == ["new_build"]
    assert [words["precision"][place] for place in data["precision"]] == ["surveyed"]
    assert [words["next"][place] for place in data["next"]] == ["Topping-out"]
    assert [words["region"][place] for place in data["region"]] == ["Test County"]
    assert (data["progress"], data["next_due"]) == ([100], ["2026-12-01"])
    unlocated = data["unlocated"]
    assert (unlocated["title"], unlocated["stage"], unlocated["next"]) == (["Nowhere school"], [-1], [-1])
    assert "lon" not in unlocated


def test_every_column_has_the_same_length(client: Client, bureau: Bureau) -> None:
    fill(bureau, 30)
    data = get_json(client, SITES)
    columns = [name for name, value in data.items() if isinstance(value, list)]
    assert {len(data[name]) for name in columns} == {30}
    assert {len(column) for column in data["unlocated"].values()} == {0}


def test_titles_are_in_the_language_of_the_reader(client: Client, make_project: Make) -> None:
    make_project(title_zh="第一小学", title_en="First school")
    make_project(title_zh="", title_en="Only English")
    assert get_json(client, SITES, accept_language="zh-CN")["title"] == ["第一小学", "Only English"]
    assert get_json(client, SITES, accept_language="en")["title"] == ["First school", "Only English"]


def test_a_milestone_of_a_bureaus_own_is_named_by_its_title(client: Client, make_project: Make) -> None:
    project = make_project(next_milestone="cm_fe")
    Milestone.objects.create(project=project, key="cm_fe", position=1, title_en="Furniture and equipment")
    assert get_json(client, SITES)["vocab"]["next"] == ["Furniture and equipment"]


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("", [1, 2, 3]),
        ("status=in_use", [1]),
        ("status=in_use&status=suspended", [1, 2]),
        ("kind=rural_upgrade", [2]),
        ("stage=kindergarten", [3]),
        ("year=2023", [1]),
        ("q=Second", [2]),
        ("bureau=999001", [1, 2, 3]),
        ("bureau=nobody", []),
        ("region=999001", [1, 2, 3]),
        ("in_bbox=109.55,34.7,110,35.3", [3]),
        ("bureau=&region=&kind=&stage=&status=in_use&year=&q=", [1]),
    ],
)
def test_the_filters_are_those_of_the_api(
    client: Client, make_project: Make, plan: AnnualPlan, query: str, numbers: list[int]
) -> None:
    projects = [
        make_project(status="in_use", plan=plan, plan_target="complete", site=Point(109.4, 34.8, srid=4326)),
        make_project(status="suspended", kind="rural_upgrade", title_en="Second", site=Point(109.5, 34.8, srid=4326)),
        make_project(stage="kindergarten", site=Point(109.6, 34.8, srid=4326)),
    ]
    assert get_json(client, f"{SITES}?{query}")["code"] == [projects[number - 1].code for number in numbers]
    assert client.get(f"{PAGE}?{query}").status_code == 200
    assert client.get(f"{OUTLINE}?{query}").status_code == 200


@pytest.mark.parametrize("address", [PAGE, SITES, OUTLINE])
@pytest.mark.parametrize(
    "query",
    [
        "statsu=in_use",
        "status=finished",
        "year=two",
        "in_bbox=1,2,3",
        "near=nan,1&radius=5",
        "page=2",
        "q=%00",
        "note=x",
    ],
)
def test_a_wrong_filter_is_refused_by_name(client: Client, bureau: Bureau, address: str, query: str) -> None:
    response = client.get(f"{address}?{query}", headers={"accept": "text/html"} if address == PAGE else {})
    assert response.status_code == 400
    name = query.partition("=")[0]
    if address == PAGE:
        assert response["Content-Type"].startswith("text/html")
        assert name in response.content.decode()
    else:
        assert response["Content-Type"].startswith("application/problem+json")
        assert name in response.json()["errors"][0]["pointer"]
    assert client.get(address).status_code == 200


@pytest.mark.parametrize(("path", "content_type"), [(BOOT, "text/javascript"), (SHEET, "text/css")])
def test_script_and_styles_are_cached_for_as_long_as_they_stay_the_same(
    client: Client, bureau: Bureau, path: str, content_type: str
) -> None:
    page = client.get(PAGE).content.decode()
    address = next(part for part in page.split('"') if part.startswith(path))
    response = client.get(address)
    assert response["Content-Type"].startswith(content_type)
    assert "immutable" in response["Cache-Control"]
    assert "immutable" not in client.get(f"{path}?v=older")["Cache-Control"]
    packed = client.get(address, headers={"accept-encoding": "gzip"})
    assert gzip.decompress(packed.content) == response.content
    assert client.get(f"{path}?q=x").status_code == 400


def test_the_marks_are_the_sites_without_their_words(client: Client, make_project: Make) -> None:
    """Same order, same version, so that the browser can put the words to the marks."""
    make_project(status="in_use", site=Point(109.5, 34.9, srid=4326))
    make_project(status="tendering", stage="", site=Point(109.6, 34.8, srid=4326))
    make_project(site=None)
    make_project(published=False)
    marks, sites = get_json(client, MARKS), get_json(client, SITES)
    shared = ("version", "count", "lon", "lat", "status", "stage", "precision")
    assert {name: marks[name] for name in shared} == {name: sites[name] for name in shared}
    assert marks.keys() == {*shared, "vocab"}
    assert all(sites["vocab"][name] == words for name, words in marks["vocab"].items())
    assert (marks["count"], len(marks["lon"])) == (3, 2)
    nothing = get_json(client, f"{MARKS}?status=cancelled")
    assert (nothing["count"], nothing["lon"], nothing["status"]) == (0, [], [])


def test_the_sites_are_not_sent_again_while_nothing_changed(client: Client, make_project: Make) -> None:
    make_project()
    first = client.get(SITES)
    again = client.get(SITES, headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    other_language = client.get(SITES, headers={"if-none-match": first["ETag"], "accept-language": "en"})
    other_filter = client.get(f"{SITES}?status=in_use", headers={"if-none-match": first["ETag"]})
    assert (other_language.status_code, other_filter.status_code) == (200, 200)


def test_the_sites_are_compressed_for_who_can_read_it(client: Client, bureau: Bureau) -> None:
    fill(bureau, 100)
    plain, packed = client.get(SITES), client.get(SITES, headers={"accept-encoding": "gzip"})
    assert packed["Content-Encoding"] == "gzip"
    assert len(packed.content) < len(plain.content) / 2


def test_the_outline_is_that_of_the_bureaus_shown(
    client: Client, make_bureau: Callable[..., Bureau], make_project: Make
) -> None:
    make_project()
    make_project(of=make_bureau("999002", "Other County", west=115.3))
    make_bureau("999003", "Empty County", west=117.3)
    both, one = get_json(client, OUTLINE), get_json(client, f"{OUTLINE}?bureau=999002&status=in_use")
    assert [feature["properties"]["code"] for feature in both["features"]] == ["999001", "999002"]
    assert [feature["properties"]["code"] for feature in one["features"]] == ["999002"]
    assert one["features"][0]["geometry"]["type"] == "MultiPolygon"


def test_the_page_is_of_constant_size_and_cost(client: Client, bureau: Bureau, django_assert_num_queries: Any) -> None:
    """4 queries, whatever the number of sites: the newest ledger entry, under which the page is kept, the bureaus with
    projects, the divisions of the one, its plans' years."""
    sizes = []
    for more in (1, 500):
        fill(bureau, more) if more == 1 else Project.objects.bulk_create([draft(bureau, 5000 + n) for n in range(more)])
        with django_assert_num_queries(4):
            sizes.append(len(client.get(PAGE).content))
    assert sizes[0] == sizes[1]
    assert sizes[0] < 60 * 1024


def test_the_sites_cost_the_same_queries_at_any_number(
    client: Client, bureau: Bureau, django_assert_num_queries: Any
) -> None:
    """4 queries: newest ledger entry (the ETag), highest id (so few that all can come), projects, names of divisions.

    A milestone outside the standard templates adds one for its words. Unchanged (304): the newest entry alone.
    """
    draft(bureau, 1, next_milestone="topping_out").save()
    for more in (0, 300):
        Project.objects.bulk_create([draft(bureau, 5000 + n, next_milestone="topping_out") for n in range(more)])
        with django_assert_num_queries(4):
            response = client.get(SITES)
    with django_assert_num_queries(1):
        assert client.get(SITES, headers={"if-none-match": response["ETag"]}).status_code == 304


def test_hostile_text_is_data_everywhere(client: Client, make_project: Make, bureau: Bureau) -> None:
    """In every text that the map shows: titles, names of bureau and division, milestones; and in the address."""
    region = bureau.region
    region.name_zh = region.name_en = bureau.name_zh = bureau.name_en = HOSTILE_TEXT
    region.save()
    bureau.save()
    project = make_project(title_zh=HOSTILE_TEXT, title_en=HOSTILE_TEXT, address=HOSTILE_TEXT, next_milestone="own")
    Milestone.objects.create(project=project, key="own", position=1, title_zh=HOSTILE_TEXT, title_en=HOSTILE_TEXT)

    data = get_json(client, SITES)
    assert data["title"] == [HOSTILE_TEXT]
    assert data["vocab"]["next"] == [HOSTILE_TEXT] == data["vocab"]["region"]
    assert get_json(client, OUTLINE)["features"][0]["properties"]["name"] == HOSTILE_TEXT

    page = client.get(PAGE, {"q": HOSTILE_TEXT}).content.decode()
    assert "1337" not in page
    assert "<img" not in page
    assert page.count("</script>") == page.count("<script")
    boot = client.get(BOOT).content.decode()
    assert not any(text in boot for text in HOSTILE if text != "`")
    assert "1337" not in boot + json.dumps(data)


def test_the_operators_text_is_data_too(client: Client, make_project: Make, settings: Any) -> None:
    url = "https://tiles.example/{z}/{x}/{y}.png"
    settings.BASE_MAPS = (BaseMap("tiles1", (url,), attribution=HOSTILE_TEXT),)
    settings.MAP_REVIEW_NUMBER = "GS(2024)0650"
    make_project()
    page = client.get(PAGE).content.decode()
    config = json.loads(page.split('<script id="map-config" type="application/json">')[1].split("</script>")[0])
    assert config["tiles"] == {
        "maps": [
            {
                "key": "tiles1",
                "word": "底图",
                "urls": [url],
                "servers": "abc",
                "file": "",
                "attribution": HOSTILE_TEXT,
            }
        ],
        "drawer": "",
        "reviewNumber": "GS(2024)0650",
    }
    assert "tiles.example" not in client.get(BOOT).content.decode()


def test_the_page_has_nothing_inline_and_nothing_foreign(client: Client, make_project: Make) -> None:
    make_project()
    page = client.get(PAGE).content.decode()
    assert " style=" not in page
    assert "<style" not in page
    assert "user-scalable" not in page
    assert "maximum-scale" not in page
    assert "//" not in page.replace("http://www.w3.org", "").replace("http://testserver/", "").replace("</", "")
    scripts = [part.split(">")[0] for part in page.split("<script")[1:]]
    assert all("src=" in script or 'type="application/json"' in script for script in scripts)


def test_the_filters_work_without_scripts(client: Client, make_project: Make, plan: AnnualPlan) -> None:
    make_project()
    page = client.get(f"{PAGE}?status=in_use&late=true").content.decode()
    assert '<option value="in_use" selected>' in page
    assert '<input type="hidden" name="late" value="true">' in page
    assert '<option value="2023">' in page
    assert "/projects/?status=in_use&amp;late=true" in page  # the same as a list, inside <noscript>


def test_what_no_control_offers_is_shown_and_kept(
    client: Client, make_project: Make, bureau: Bureau, make_bureau: Callable[..., Bureau]
) -> None:
    """Several values, and a township where no county is chosen: the next change of another control must not lose them."""
    make_project()
    make_project(of=make_bureau("999002", "Other County", west=115.3))
    Region.objects.create(
        code="999001101", level="township", kind="town", name_zh="东镇", name_en="Town 101", parent=bureau.region
    )
    address = f"{PAGE}?region=999001101&status=in_use&status=accepted"
    page = client.get(address, headers={"accept-language": "en"}).content.decode()
    assert '<option value="999001101" selected>Town 101</option>' in page
    assert '<option value="in_use,accepted" selected>In use, Accepted</option>' in page


def test_the_legend_names_every_status_and_stage(client: Client, make_project: Make) -> None:
    make_project()
    page = client.get(PAGE).content.decode()
    assert all(f'data-legend="status:{status.value}"' in page for status in Status)
    assert page.count('data-legend="stage:') == 7


def test_the_first_view_is_a_county(client: Client, make_project: Make, make_bureau: Callable[..., Bureau]) -> None:
    """The installation's first bureau for everyone; the chosen one where one is chosen; else what was found."""
    make_project()
    make_project(of=make_bureau("999002", "Other County", west=115.3))

    def bounds(query: str, which: str = "bounds") -> Any:
        page = client.get(f"{PAGE}{query}").content.decode()
        return json.loads(page.split('type="application/json">')[1].split("</script>")[0])[which]

    assert bounds("") == [[34.7, 109.3], [35.2, pytest.approx(109.9)]]
    assert bounds("?bureau=999002") == [[34.7, 115.3], [35.2, pytest.approx(115.9)]]
    assert bounds("?status=in_use") is None
    # Where nothing is found there is still the county to look at.
    assert bounds("?bureau=999002&q=nothing", "home") == [[34.7, 115.3], [35.2, pytest.approx(115.9)]]


def test_a_bureaus_own_people_see_their_unpublished_sites(client: Client, make_project: Make, bureau: Bureau) -> None:
    from projects_api.models import Membership, User

    official = User.objects.create(username="o")
    Membership.objects.create(user=official, bureau=bureau, role="official", since=date(2020, 1, 1))
    make_project(published=False)
    assert get_json(client, SITES)["count"] == 0
    public = client.get(SITES)["ETag"]
    client.force_login(official, backend="projects_api.services.sign_in.AccountBackend")
    seen = client.get(SITES, headers={"if-none-match": public})
    assert (seen.status_code, seen.json()["count"]) == (200, 1)


@pytest.mark.parametrize("address", [PAGE, BOOT, SITES, OUTLINE])
def test_the_maps_are_only_read(client: Client, db: None, address: str) -> None:
    assert client.post(address).status_code == 405
