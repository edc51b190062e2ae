"""`/projects/`: filters that are links with their counts, orders, places to be near, help for who found nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from html import unescape

import pytest
from django.contrib.gis.geos import Point
from django.db import connection
from django.test.utils import CaptureQueriesContext

from projects_api.models import Project, Region
from tests.cast import Cast
from tests.factories import make_project
from tests.portal.conftest import Page

Visit = Callable[..., Page]


@pytest.fixture
def some(cast: Cast) -> dict[str, Project]:
    """Beside the cast's two of the public: three in Pucheng, each somewhere else and of another kind."""
    bureau = cast.bureau()
    towns = {
        name: Region.objects.create(
            code=f"61052619{n}",
            level="township",
            name_zh=zh,
            name_en=name,
            parent=bureau.region,
            point=Point(*at, srid=4326),
        )
        for n, (name, zh, at) in enumerate([("Sunzhen", "孙镇", (109.7, 34.95)), ("Xingzhen", "兴镇", (109.9, 34.95))])
    }
    return {
        "garden": make_project(bureau, title_zh="孙镇幼儿园", title_en="Sunzhen Kindergarten", stage="kindergarten",
                               region=towns["Sunzhen"].code, site={"type": "Point", "coordinates": [109.7, 34.95]}),
        "primary": make_project(bureau, title_zh="兴镇小学", title_en="Xingzhen Primary", stage="primary", kind="expansion",
                                region=towns["Xingzhen"].code, site={"type": "Point", "coordinates": [109.9, 34.95]}),
        "nowhere": make_project(bureau, title_zh="扩建", title_en="Somewhere", kind="expansion", site=None),
    }  # fmt: skip


def shown(page: Page) -> list[str]:
    """The codes of the rows, in their order."""
    return re.findall(r'<th scope="row"><a href="[^"]*/projects/([^/"]+)/"', page.html)


def links(page: Page, part: str) -> dict[str, str]:
    """Words → address of the links in a part of the page (``facets``, ``chips``)."""
    inside = page.html.partition(f'class="{part}')[2].partition(
        {"facets": "</aside>", "chips": "</ul>", "orders": "</nav>"}[part]
    )[0]
    found = re.findall(r'<a [^>]*?href="([^"]*)"[^>]*>(.*?)</a>', inside, re.DOTALL)
    return {
        re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", "", words))).strip(): unescape(href) for href, words in found
    }


def test_filters_are_links_with_what_they_would_leave(visit: Visit, some: dict[str, Project]) -> None:
    page = visit("/projects/")
    facets = links(page, "facets")
    assert facets["Kindergarten 1"] == "?stage=kindergarten"
    assert facets["Expansion 2"] == "?kind=expansion"
    # Another filter narrows a facet's counts, its own choice does not; a second value is added to the first.
    page = visit("/projects/?kind=expansion")
    facets = links(page, "facets")
    assert facets["New build 3"] == "?kind=expansion,new_build"
    assert "Kindergarten 1" not in facets and "Primary school 1" not in facets  # one choice divides nothing
    assert any(words.startswith("✓ Expansion 2") for words in facets)
    assert len(shown(visit("/projects/?kind=expansion,new_build"))) == 5
    # Townships come once a county is chosen.
    assert "Sunzhen 1" not in links(visit("/projects/"), "facets")
    assert links(visit("/projects/?bureau=610526"), "facets")["Sunzhen 1"] == "?bureau=610526&region=610526190"


def test_what_is_chosen_stands_above_the_list_and_can_be_taken_away(visit: Visit, some: dict[str, Project]) -> None:
    page = visit("/projects/?kind=expansion&q=Xing&progress_min=0&ordering=-progress")
    chips = {words.partition(": ")[2].removesuffix(" ×"): href for words, href in links(page, "chips").items()}
    assert chips["Kind: Expansion"] == "?q=Xing&progress_min=0&ordering=-progress"
    assert chips["Search: Xing"] == "?kind=expansion&progress_min=0&ordering=-progress"
    assert 'value="Xing"' in page.html and '<input type="hidden" name="progress_min" value="0">' in page.html
    assert '<a href="/projects/">Take all away</a>' in page.html or "Take all away" in page
    assert "chips" not in visit("/projects/?ordering=-progress").html.partition("<main")[2]


def test_sorted_by_distance_with_the_distance_beside(visit: Visit, some: dict[str, Project]) -> None:
    page = visit("/projects/?near=109.71,34.95&radius=30000")
    assert shown(page)[0] == some["garden"].code and shown(page).index(some["primary"].code) == 2
    assert "less than 1 km" in page and "about 17 km" in page
    assert some["nowhere"].code not in shown(page) and "left out" in page
    # Without a script or a position: a township's place.
    form = visit("/projects/").html
    assert '<option value="109.70,34.95">Sunzhen</option>' in form
    page = visit("/projects/?near=109.90,34.95&radius=100000&ordering=distance")
    assert shown(page)[0] == some["primary"].code and "by distance from Xingzhen" in page
    assert visit("/projects/?ordering=distance").status == 400


def test_a_county_whose_townships_nobody_has_located_offers_its_middle(visit: Visit, some: dict[str, Project]) -> None:
    offered = dict(re.findall(r'<option value="([\d.,]+)"[^>]*>([^<]*)</option>', visit("/projects/").html))
    assert "Sunzhen" in offered.values() and "the middle of Gushi" in offered.values(), offered
    middle = next(spot for spot, name in offered.items() if name == "the middle of Gushi")
    assert "the middle of Gushi" in visit(f"/projects/?near={middle}&radius=50000")


def test_sorted_by_the_day_of_opening(visit: Visit, some: dict[str, Project]) -> None:
    days = {"garden": (date(2099, 9, 1), 5), "primary": (date(2098, 9, 1), 5), "nowhere": (date(2001, 9, 1), None)}
    for name, (finish, tail) in days.items():
        Project.objects.filter(pk=some[name].pk).update(finish=finish, finish_tail=tail)
    page = visit("/projects/?ordering=opening&bureau=610526")
    order = [code for code in shown(page) if code in {project.code for project in some.values()}]
    assert order == [some[name].code for name in ("primary", "garden", "nowhere")]  # what is open comes last
    assert "1 September 2098" in page
    assert "Opens next" in visit("/") and "Xingzhen Primary" in visit("/")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("Sunzehn", "sunzhen"),
        ("Kindergaten", "kindergarten"),
        ("孙阵", "孙镇"),
        ("Xingzhen Primery", "xingzhen primary"),
    ],
)
def test_who_mistypes_is_asked_what_was_meant(visit: Visit, some: dict[str, Project], typed: str, said: str) -> None:
    page = visit(f"/projects/?q={typed}")
    assert shown(page) == []
    assert f"Did you mean {said} ?" in page, page
    assert shown(visit(f"/projects/?q={said}"))


@pytest.mark.parametrize(
    ("typed", "said", "query"),
    [
        ("蒲城的幼儿园", "区划：蒲城县 · 学段：幼儿园", "region=610526&stage=kindergarten"),
        ("Expansion in Xingzhen", "类别：改扩建 · 区划：兴镇", "kind=expansion&region=610526191"),
        ("改扩建小学", "类别：改扩建 · 学段：小学", "kind=expansion&stage=primary"),
    ],
)
def test_words_that_name_filters_are_answered_with_the_filters(
    visit: Visit, some: dict[str, Project], typed: str, said: str, query: str
) -> None:
    """What a parent types is a county and a kind of school, seldom a title. Where nothing is behind it, nothing is offered."""
    page = visit(f"/projects/?q={typed}", language="zh-hans")
    assert shown(page) == [] and f"您要找的是不是{said}？" in page.text.replace(f" {said} ", said), page
    assert f'href="?{query.replace("&", "&amp;")}"' in page.html
    behind = visit(f"/projects/?{query}", language="zh-hans")
    assert shown(behind) and all(part in behind for part in said.split(" · "))  # as its chips say it
    for nothing in ("停工", "职中"):  # filters, with no project behind them
        assert "您要找的是不是" not in visit(f"/projects/?q={nothing}", language="zh-hans")


def test_who_finds_nothing_is_shown_what_is_there_without_a_filter(visit: Visit, some: dict[str, Project]) -> None:
    page = visit("/projects/?kind=expansion&stage=kindergarten")
    assert "Without “Kind: Expansion”: 1 project" in page and "Without “School stage: Kindergarten”: 2 projects" in page
    assert "Did you mean" not in visit("/projects/?q=zzzzzz")
    assert "Nothing of the bureau’s own" not in visit("/projects/?q=kanarienvogel")


@pytest.mark.parametrize("typed", ["%25", "'", '"', "%5C", "%3Cscript%3E", "_", "😀", "%20", "%E2%80%AE", "%ED%A0%80"])
def test_odd_searches_are_answered(visit: Visit, typed: str) -> None:
    assert visit(f"/projects/?q={typed}").status in (200, 400)
    assert "<script>" not in visit(f"/projects/?q={typed}").html


@pytest.mark.parametrize("typed", ["x" * 10_000, "校" * 10_000, "%00", "a%00b"])
def test_what_cannot_be_searched_for_is_refused_in_words_with_a_search_box(visit: Visit, typed: str) -> None:
    for path in ("/projects/", "/"):
        page = visit(f"{path}?q={typed}", language="zh-CN")
        assert page.status == 400 and 'lang="zh-Hans"' in page.html
        assert 'name="q"' in page.html, "a search box"


def test_an_unpublished_project_is_in_no_count(visit: Visit, cast: Cast) -> None:
    Project.objects.filter(code=cast.unpublished).update(kind="informatization", title_en="Sunzhen Kindergarten")
    assert "Informatization" not in visit("/projects/")
    assert "Did you mean" not in visit("/projects/?q=Kindergaten")


def test_a_page_costs_the_same_wherever_it_lies(visit: Visit, cast: Cast) -> None:
    """The rows of a page are read by their ids; what is skipped never leaves the index."""
    for n in range(45):
        make_project(cast.bureau(), title_zh=f"新增{n}")
    costs = []
    for number in (1, 3):
        with CaptureQueriesContext(connection) as queries:
            assert visit(f"/projects/?page={number}").status == 200
        costs.append(len(queries))
        ids = [query["sql"] for query in queries if "OFFSET" in query["sql"] or "LIMIT 20" in query["sql"]]
        assert ids and all("title_zh" not in sql for sql in ids)
    assert costs[0] == costs[1]


def test_the_head_of_a_list_names_what_it_is(visit: Visit, some: dict[str, Project]) -> None:
    page = visit("/en/projects/?status=&kind=expansion&ordering=-progress")
    assert '<link rel="canonical" href="http://localhost/en/projects/?kind=expansion">' in page.html
    assert "<title>Projects · Expansion ·" in page.html
    assert '<meta name="robots" content="noindex">' in visit("/projects/?q=x").html
