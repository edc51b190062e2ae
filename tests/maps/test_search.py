"""`q` and the map's search box find a project however its name is typed, on both engines, today and on other days."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.gis.geos import Point
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from django.utils import timezone

from projects_api.models import Bureau, Project, Region
from projects_api.services.projects import project_change
from tests.cast import Cast, _standing, cast
from tests.factories import make_project, make_school
from tests.maps.conftest import HOSTILE_TEXT

__all__ = ["_standing", "cast"]


def search(client: Client, q: str, **filters: str) -> Any:
    response = client.get("/maps/search.json", {"q": q, **filters})
    assert response.status_code == 200, response.content
    return response.json()


def codes(client: Client, q: str) -> list[str]:
    return [row["code"] for row in client.get("/api/v1/projects/", {"q": q}).json()["results"]]


@pytest.fixture
def two(make_project: Callable[..., Project]) -> tuple[Project, Project]:
    return (
        make_project(title_zh="罕井镇绿地路幼儿园", title_en="Hanjing Lüdi Road Kindergarten"),
        make_project(title_zh="重泉中学", title_en="Chongquan School", site=None),
    )


@pytest.mark.parametrize("typed", ["绿地", "lvdi", "lù dì lù", "hjzldlyey", "LÜDI road", "lv di yuan"])
def test_the_lists_find_what_is_typed(client: Client, two: tuple[Project, Project], typed: str) -> None:
    assert codes(client, typed) == [two[0].code]


@pytest.mark.parametrize("typed", ["桥陵小学", "qiaoling", "qlxx", "孙镇", "sunzhen", "sz", "QIAOLING sun town"])
def test_the_names_of_the_school_and_the_township_count(client: Client, cast: Cast, typed: str) -> None:
    school = make_school(cast.bureau(), name_zh="桥陵小学", name_en="Qiaoling School")
    town = Region.objects.create(
        code="610526199", level="township", name_zh="孙镇", name_en="Sun Town", parent=cast.bureau().region
    )
    found = make_project(cast.bureau(), school=school.code, region=town.code, title_zh="改扩建", title_en="Extension")
    assert codes(client, typed) == [found.code]
    on = client.get("/api/v1/projects/", {"q": typed, "on": str(timezone.localdate())}).json()["results"]
    assert [row["code"] for row in on] == [found.code]
    named = [
        [row["code"] for row in client.get(f"/api/v1/{kind}/", {"q": typed}).json()["results"]]
        for kind in ("schools", "regions")
    ]
    assert [school.code] in named or [town.code] in named or typed == "QIAOLING sun town"


def test_a_percent_sign_is_no_wildcard(client: Client, two: tuple[Project, Project]) -> None:
    assert codes(client, "%") == [] and codes(client, "c_ongquan") == []


def test_a_new_title_is_found_and_the_old_one_no_longer(client: Client, cast: Cast) -> None:
    def change(title: str) -> None:
        project_change(
            project_id=cast.project().pk, actor=None, at=timezone.now(), expected=None, changes={"title_zh": title},
        )  # fmt: skip

    change("洛滨学校")
    assert codes(client, "lbxx") == [cast.published]
    change("罕井学校")
    assert codes(client, "lbxx") == [] and codes(client, "hanjing") == [cast.published]
    on = client.get("/api/v1/projects/", {"q": "hanjing", "on": str(timezone.localdate())}).json()["results"]
    assert [row["code"] for row in on] == [cast.published]
    assert [s["code"] for s in search(client, "hanjing", as_of=str(timezone.localdate()))["sites"]] == [cast.published]


def test_the_box_gives_place_and_region_and_says_what_has_none(client: Client, two: tuple[Project, Project]) -> None:
    found = search(client, "lvdi")["sites"]
    assert [(s["code"], s["region"]) for s in found] == [(two[0].code, "Test County县")]
    assert two[0].site and found[0]["place"] == pytest.approx([two[0].site.x, two[0].site.y], abs=1e-6)
    assert search(client, "chongquan")["sites"][0]["place"] is None
    assert search(client, "lvdi", status="accepted")["sites"] == []


def test_at_most_ten_and_what_begins_with_the_word_first(
    client: Client, bureau: Bureau, make_project: Callable[..., Project]
) -> None:
    for _number in range(12):
        make_project(title_zh="新建罕井学校")
    last = make_project(title_zh="罕井学校")
    found = search(client, "hanjing")
    assert len(found["sites"]) == 10 and found["more"] is True
    assert found["sites"][0]["code"] == last.code


def test_townships_of_the_bureaus_shown_are_found_too(client: Client, bureau: Bureau, two: Any) -> None:
    Region.objects.create(
        code="999001101", parent=bureau.region, level="township", kind="town", name_zh="罕井镇", name_en="Hanjing",
        point=Point(109.6, 35.1, srid=4326),
    )  # fmt: skip
    assert search(client, "hjz")["townships"] == [{"code": "999001101", "name": "罕井镇", "place": [109.6, 35.1]}]


@pytest.mark.parametrize("query", ["", "?q=", "?q=a&nonsense=1", "?q=a&as_of=2999-01-01"])
def test_a_question_that_says_nothing_is_refused(client: Client, two: Any, query: str) -> None:
    assert client.get(f"/maps/search.json{query}").status_code == 400
    assert search(client, "'")["sites"] == [], "signs alone are in no name"


def test_signs_alone_find_nothing(client: Client, two: Any) -> None:
    assert search(client, "'")["sites"] == []


def test_hostile_titles_come_as_they_were_written(client: Client, make_project: Callable[..., Project]) -> None:
    make_project(title_zh=HOSTILE_TEXT, title_en="")
    assert search(client, "onerror")["sites"][0]["title"] == HOSTILE_TEXT


def test_what_is_not_published_is_found_by_its_own_people_alone(client: Client, cast: Cast) -> None:
    assert search(client, cast.unpublished)["sites"] == []
    official = Client()
    official.force_login(cast.user("official"), "projects_api.services.sign_in.AccountBackend")
    assert [site["code"] for site in search(official, cast.unpublished)["sites"]] == [cast.unpublished]


def test_projects_of_an_earlier_version_are_found_after_the_migration(
    client: Client, make_project: Callable[..., Project]
) -> None:
    code = make_project(title_zh="罕井镇绿地路幼儿园").code
    with connection.cursor() as cursor:
        cursor.execute("UPDATE projects_api_project SET search_text = ''")
    assert codes(client, "lvdi") == []
    executor = MigrationExecutor(connection)
    key = next(key for key in executor.loader.graph.nodes if key[0] == "projects_api" and "search_text" in key[1])
    operations = executor.loader.graph.nodes[key].operations
    state = executor.loader.project_state(key)
    operations[-1].code(state.apps, None)
    assert codes(client, "lvdi") == [code]
