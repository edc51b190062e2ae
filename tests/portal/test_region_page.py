"""`/regions/{code}/`: what is being built in a county or township."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date
from typing import Any

from django.contrib.gis.geos import Point
from django.db import connection
from django.test.utils import CaptureQueriesContext

from projects_api.models import Project, Region
from tests.cast import Cast
from tests.factories import make_project
from tests.portal.conftest import Page

Visit = Callable[..., Page]


def test_a_county_says_what_is_built_where_and_what_opens_next(visit: Visit, cast: Cast) -> None:
    bureau = cast.bureau()
    town = Region.objects.create(
        code="610526190",
        level="township",
        name_zh="孙镇",
        name_en="Sunzhen",
        parent=bureau.region,
        point=Point(109.7, 34.9),
    )
    garden = make_project(bureau, title_zh="孙镇幼儿园", title_en="Sunzhen Kindergarten", region=town.code)
    Project.objects.filter(pk=garden.pk).update(finish=date(2099, 9, 1), finish_tail=5)
    page = visit("/regions/610526/")
    assert "School construction in" in page and "2 projects : where they stand today." in page
    assert "Sunzhen Kindergarten 1 September 2099" in page.text.partition("Opens next")[2]
    assert '<a href="/regions/610526190/">Sunzhen</a> <span class="number quiet">1</span>' in page.html
    assert '"query": "?region=610526"' in page.html  # the map is the status map of this county
    assert "Internal School" not in page and "Internal School" in visit("/regions/610526/", "official")
    assert "2023 年计划" in page and "2024 年计划" not in page
    inside = visit("/regions/610526190/")
    assert "1 project : where it stands today." in inside
    assert "near=109.70,34.90" in inside.html
    assert '<link rel="canonical" href="http://localhost/en/regions/610526190/">' in inside.html
    crumbs = [
        json.loads(block) for block in re.findall(r'<script type="application/ld\+json">(.*?)</script>', inside.html)
    ]
    assert [step["name"] for step in crumbs[0]["itemListElement"]][-1] == "Sunzhen"
    assert crumbs[0]["itemListElement"][-1]["item"] == "http://localhost/regions/610526190/"


def test_lists_and_rows_lead_to_the_region(visit: Visit) -> None:
    assert '<a class="row-region" href="/regions/610526101/">' in visit("/projects/?bureau=610526").html
    assert '<a href="/regions/610526/">' in visit("/").html


def test_where_nothing_is_public_it_says_so(visit: Visit, cast: Cast) -> None:
    Project.objects.update(published=False)
    page = visit("/regions/610526/")
    assert page.status == 200 and "No project has been published here." in page
    assert '<meta name="robots" content="noindex">' in page.html
    assert visit("/regions/999999/").status == 404 and visit("/regions/610526/?x=1").status == 400


def test_a_region_costs_the_same_however_much_is_built_there(browser_of: Any, cast: Cast) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert browser_of().get("/regions/610526/").status_code == 200
        return len(queries)

    few = cost()
    for n in range(25):
        make_project(cast.bureau(), title_zh=f"新增{n}")
    assert cost() == few <= 17
