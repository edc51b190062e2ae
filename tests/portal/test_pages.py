"""The front page and the list: what they count, find, order and cost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import Storage
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portal.public.views import RECENT
from projects_api.models import Project
from tests.cast import Cast
from tests.factories import make_project
from tests.portal.conftest import Page

Visit = Callable[..., Page]


def queries_of(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    return len(queries)


def test_the_front_page_counts_what_the_reader_sees(visit: Visit, cast: Cast) -> None:
    public = visit("/")
    assert "2 projects" in public and "School construction in Pucheng and Gushi" in public
    assert "4 projects" in visit("/", "superuser")
    assert "3 projects" in visit("/", "official")
    # Each figure leads to its projects.
    assert '<a href="/projects/?status=approved">' in public.html


def test_the_front_page_shows_the_newest_published_plan_of_each_bureau(visit: Visit) -> None:
    public = visit("/")
    assert "2023 年计划" in public and "2024 年计划" not in public
    assert "Completed 0 of 1" in public
    assert "2024 年计划" in visit("/", "official")


def test_the_front_page_holds_the_map_and_works_without_it(visit: Visit) -> None:
    page = visit("/")
    assert "data-map-stage" in page.html and 'aria-labelledby="map-title"' in page.html
    assert "<noscript>" in page.html
    assert "Public School of Pucheng Education Bureau" in page  # among the projects changed last, without any script
    assert "Internal School" not in page


def test_the_front_page_of_an_empty_record_says_so(visit: Visit, cast: Cast) -> None:
    Project.objects.update(published=False)
    assert "No project has been published yet." in visit("/")
    assert "No project has been published yet." in visit("/projects/")
    assert "尚未公开任何项目。" in visit("/", language="zh-hans")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", 2),
        ("?bureau=610526", 1),
        ("?region=610526", 1),
        ("?region=610526101", 1),
        ("?region=610526102", 0),
        ("?kind=new_build", 2),
        ("?kind=rural_upgrade", 0),
        ("?stage=primary&status=approved", 2),
        ("?status=approved,in_use", 2),
        ("?year=2023", 2),
        ("?q=公开小学", 2),
        ("?q=public+pucheng", 1),
        ("?plan=610526-2023", 1),
        ("?bureau=&kind=&stage=&status=&year=&q=&region=", 2),
    ],
)
def test_the_list_narrows_by_the_filters_of_the_api(visit: Visit, query: str, found: int) -> None:
    page = visit("/projects/" + query)
    assert (
        page.html.count('href="/projects/610526-')
        - page.html.count('href="/projects/?bureau=610526')
        + page.html.count('href="/projects/411525-')
        == found
    )
    if not found:
        assert "No project matches these filters." in page and "Show all projects" in page


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/projects/?foo=1", "foo"),
        ("/?foo=1", "foo"),
        ("/plans/?year=2023", "year"),
        ("/projects/?status=nonsense", "status"),
        ("/projects/?ordering=note", "ordering"),
        ("/projects/?page=0", "page"),
        ("/projects/?page=x", "page"),
        ("/projects/?page_size=1000000", "page_size"),
        ("/projects/?published=true", "published"),
        ("/projects/610526-2023-001/?as_of=2023-01-01", "as_of"),
        ("/plans/610526-2023/?x=1", "x"),
    ],
)
def test_an_unknown_or_unreadable_parameter_is_named(visit: Visit, path: str, name: str) -> None:
    page = visit(path)
    assert page.status == 400
    assert f"<code>{name}</code>" in page.html


def test_pages_of_the_list_keep_the_filters(visit: Visit, cast: Cast) -> None:
    for _ in range(25):
        make_project(cast.bureau(), kind="expansion")
    first = visit("/projects/?kind=expansion")
    assert "25 projects" in first and "Page 1 of 2" in first
    assert 'href="?kind=expansion&amp;page=2"' in first.html
    second = visit("/projects/?kind=expansion&page=2")
    assert second.html.count("<tr>") == 1 + 5  # the header, and what is left of 25
    assert visit("/projects/?kind=expansion&page=3").status == 404


def test_private_projects_are_marked_for_those_who_see_them(visit: Visit) -> None:
    assert "Internal School" not in visit("/projects/")
    page = visit("/projects/", "official")
    assert "Internal School of Pucheng" in page and "not published" in page
    assert "Internal School of Gushi" not in page


# What each page may cost: for the public comes on top the newest ledger entry, under which it is kept; for a reader the
# session, the user, the roles, the unread notifications.
BUDGETS = {
    # counts; last changed; their next milestones; what opens next; plans; the plans' projects with their deciding milestones (2);
    # the map's bureaus and years (the regions are asked for where there is one bureau only)
    "/": 9,
    # the filters' regions, bureaus, years; all counts; the page's ids; its rows with all they refer to; their next milestones
    "/projects/": 7,
    # how many plans; the page's plans; their projects with the deciding milestones (2)
    "/plans/": 4,
    # the plan; its projects; their stages and baselines; when their percentages were reported
    "/plans/610526-2023/": 5,
}


@pytest.mark.parametrize("path", BUDGETS)
def test_a_list_costs_the_same_however_long_it_is(path: str, browser_of: Any, cast: Cast) -> None:
    public, official = browser_of(), browser_of("official")
    few = queries_of(public, path), queries_of(official, path)
    for number in range(12):
        make_project(cast.bureau(), kind="expansion", plan="610526-2023", plan_target="start", title_zh=f"新增{number}")
    many = queries_of(public, path), queries_of(official, path)
    assert few == many == (BUDGETS[path] + 1, BUDGETS[path] + 4)


def test_the_front_page_shows_only_a_few_of_those_changed_last(visit: Visit, cast: Cast) -> None:
    for _ in range(RECENT + 3):
        make_project(cast.bureau())
    assert visit("/").html.count('<th scope="row">') == RECENT


def test_the_language_is_the_readers(visit: Visit, browser_of: Any) -> None:
    assert visit("/", language="zh-CN,zh;q=0.9").html.count('lang="zh-Hans"') >= 1
    assert "蒲城县、固始县学校建设" in visit("/", language="zh-CN")
    assert "School construction in" in visit("/", language="en-GB")
    assert "学校建设" in visit("/", language="fr")  # the installation's own language where the reader's is not known
    client = browser_of(language="zh-CN")
    answer = client.post("/i18n/setlang/", {"language": "en", "next": "/plans/"})
    assert answer["Location"] == "/plans/"
    assert "Annual plans" in Page(client.get("/plans/"))


def test_the_language_switch_never_leads_elsewhere(browser_of: Any) -> None:
    answer = browser_of().post("/i18n/setlang/", {"language": "en", "next": "//evil.example/"})
    assert answer["Location"] == "/"


def test_readiness_names_a_storage_that_cannot_be_written(
    visit: Visit, client: Client, settings: Any, tmp_path: Path
) -> None:
    """Pages and writes go on without it, so the server stays in service; who watches it sees why photos are refused."""
    settings.STORAGES = settings.STORAGES | {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path)}}
    }
    assert client.get("/readyz").json()["storage"] == "ok"
    settings.STORAGES = settings.STORAGES | {"default": {"BACKEND": "tests.portal.test_pages.NoStorage"}}
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["storage"]) == (200, "away")


def test_the_icon_that_browsers_ask_for_by_themselves_costs_nothing(
    browser_of: Any, django_assert_num_queries: Any
) -> None:
    client = browser_of()
    with django_assert_num_queries(0):
        answer = client.get("/favicon.ico")
    assert answer.status_code == 302 and answer["Location"].startswith("/static/portal/field/icon-192.")
    assert answer["Cache-Control"] == "public, max-age=86400" and not answer.cookies
    assert client.get("/favicon.ico?colour=blue").status_code == 302


class NoStorage(Storage):
    """A bucket that does not answer."""

    def reach(self) -> None:
        raise ConnectionError("no answer")
