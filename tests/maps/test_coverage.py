"""`/maps/coverage/` and what it fetches: places now and coming against children, by township and school stage."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.contrib.gis.geos import Point
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from mapviews import coverage
from projects_api.models import Bureau, Project, Region, School
from tests.maps.conftest import HOSTILE_TEXT
from tests.maps.test_investment import column, get_json, township

PAGE, AREAS, CIRCLES = "/maps/coverage/", "/maps/coverage/areas.json", "/maps/coverage/circles.json"
Make = Callable[..., Project]


@pytest.fixture
def towns(bureau: Bureau) -> list[Region]:
    return [township(bureau, 101, (109.4, 34.9), kind="subdistrict"), township(bureau, 102, (109.7, 35.0))]


@pytest.fixture
def make_school(bureau: Bureau) -> Callable[..., School]:
    made = 0

    def make(**fields: Any) -> School:
        nonlocal made
        made += 1
        values = {
            "code": f"S{made}", "bureau": bureau, "region": bureau.region, "name_zh": f"第{made}学校",
            "name_en": f"School {made}",
            "stage": "primary", "location": Point(109.5, 34.9, srid=4326), "location_precision": "surveyed",
        } | fields  # fmt: skip
        return School.objects.create(**values)

    return make


def count_children(bureau: Bureau, townships: dict[str, dict[str, int]], **more: Any) -> None:
    Bureau.objects.filter(pk=bureau.pk).update(
        children={"townships": townships, "counted": None, "source": "", "illustrative": False} | more
    )


def test_the_gap_is_children_less_places_now_and_coming(
    client: Client, bureau: Bureau, towns: list[Region], make_project: Make, make_school: Any
) -> None:
    here, there = towns
    count_children(bureau, {here.code: {"primary": 2700, "kindergarten": 100}, there.code: {"primary": 300}})
    make_school(region=here, places=1350)
    make_school(region=here, stage="nine_year", places=900)
    make_school(region=there, places=480)
    make_school(region=there, places=999, archived_at="2024-01-01T00:00Z")
    building = make_school(region=here, places=1080)  # its project names the county only
    new = {"kind": "new_build", "stage": "primary", "region": here}
    make_project(
        **new | {"region": bureau.region},
        school=building,
        places=1080,
        status="under_construction",
        finish=date(2027, 8, 20),
    )
    make_project(**new, places=120, status="suspended", finish_tail=0)
    make_project(**new, places=77, status="proposed")
    make_project(**new, places=55, status="cancelled")
    make_project(**new | {"kind": "rural_upgrade"}, places=500, status="under_construction")
    make_project(**new, places=333, status="under_construction", published=False)
    data = get_json(client, AREAS)
    now, coming, gap = (column(data, f"primary-{key}") for key in ("now", "coming", "gap"))
    assert now["Town 101"][0] == 1350 + 600
    assert coming["Town 101"] == (1200, "1,080 (2027) + 120 (no date)")
    assert gap["Town 101"][0] == 2700 - 1950 - 1200 and gap["Town 102"][0] == 300 - 480
    assert column(data, "junior_high-now")["Town 101"][0] == 300
    assert column(data, "junior_high-gap")["Town 101"] == (None, "–"), "children not known: no gap"
    primary = next(measure for measure in data["measures"] if measure["key"] == "primary")
    assert primary["class"][:2] == [0, 0] and primary["label"][:2] == ["450 spare", "180 spare"]
    assert "missing" not in primary["summary"]
    kindergarten = data["measures"][0]
    assert (kindergarten["key"], kindergarten["label"][0]) == ("kindergarten", "100 missing")
    assert kindergarten["summary"].endswith(" coming · 100 missing in 1 township")
    assert kindergarten["class"][:2] == [1, -1] and kindergarten["legend"] == ["enough places", "places missing"]


def test_a_school_is_in_use_once_its_building_is(
    client: Client, towns: list[Region], make_project: Make, make_school: Any
) -> None:
    school = make_school(region=towns[0], places=360)
    project = make_project(kind="new_build", school=school, region=towns[0], places=360, status="accepted")
    assert column(get_json(client, AREAS), "primary-now")["Town 101"][0] == 0
    Project.objects.filter(pk=project.pk).update(status="in_use")
    data = get_json(client, f"{AREAS}?kind=new_build")
    assert column(data, "primary-now")["Town 101"][0] == 360
    assert column(data, "primary-coming")["Town 101"][0] == 0


def test_radii_are_drawn_for_urban_day_schools_alone(
    client: Client, towns: list[Region], make_project: Make, make_school: Any
) -> None:
    make_project()
    make_school(region=towns[0], name_en=HOSTILE_TEXT, places=1350)
    make_school(region=towns[0], stage="junior_high", boarding=True)
    make_school(region=towns[1], stage="kindergarten", places=90)
    make_school(region=towns[0], stage="vocational")
    make_school(region=towns[0], location=None, location_precision="")
    coming = make_project(kind="new_build", region=towns[0], stage="kindergarten", status="tendering", places=270)
    data = get_json(client, CIRCLES)
    found = dict(zip(data["title"], zip(data["stage"], data["radius"], data["coming"], strict=True), strict=True))
    assert found[HOSTILE_TEXT] == ("primary", 500, False)
    assert found["School 2"] == ("junior_high", 0, False), "boarders"
    assert found["School 3"] == ("kindergarten", 0, False), "rural"
    assert found[coming.title_en] == ("kindergarten", 300, True)
    assert "School 4" not in found
    assert data["notes"] == ["1 school has no known location."]
    assert (data["unplaced"]["title"], data["unplaced"]["stage"]) == (["School 5"], [["primary"]])
    said = dict(zip(data["title"], data["words"], strict=True))
    assert said["School 2"][-1] == "boarders: not measured by a radius"
    assert said[HOSTILE_TEXT] == ["1,350 places", "service radius 500 m"]


def test_filters_that_are_not_about_schools_change_no_figure_and_the_page_says_so(
    client: Client, bureau: Bureau, towns: list[Region], make_project: Make, make_school: Any
) -> None:
    """What they leave out would be missing places that there are."""
    count_children(bureau, {towns[0].code: {"primary": 130}})
    make_school(region=towns[0], places=100)
    make_school(region=towns[1], places=50)
    make_project(kind="new_build", region=towns[0], places=10, status="tendering")
    make_project(kind="new_build", region=towns[0], places=7, status="approved")
    for day in ("", f"&on={timezone.localdate()}"):
        data = get_json(client, f"{AREAS}?region={towns[0].code}{day}")
        assert data["caution"] == "" and column(data, "primary-coming")["Town 101"][0] == 17
        data = get_json(client, f"{AREAS}?region={towns[0].code}&status=approved{day}")
        assert column(data, "primary-now") == {"Town 101": (100, "100")}
        assert column(data, "primary-coming")["Town 101"][0] == 17 and column(data, "primary-gap")["Town 101"][0] == 13
        assert data["caution"].startswith("The figures count all schools and projects") and data["projects"] == 1
        assert get_json(client, f"{AREAS}?q=zzzz{day}")["count"] == 0, "an empty map that says so"
        data = get_json(client, f"{AREAS}?stage=senior_high{day}")
        assert data["caution"].startswith("Senior high school: not compared with children")
        assert column(data, "primary-gap")["Town 101"][0] == 13


def test_a_filter_by_place_or_stage_tells_no_gap_that_there_is_not(
    client: Client, bureau: Bureau, towns: list[Region], make_project: Make, make_school: Any
) -> None:
    """Children are compared with all the places there are for them, or not at all."""
    here, there = towns
    count_children(bureau, {town.code: {"primary": 1000, "kindergarten": 60} for town in towns})
    for town in towns:
        make_school(region=town, places=400)
        make_school(region=town, stage="nine_year", places=450)
    make_project(kind="new_build", stage="nine_year", region=here, places=450, status="tendering")
    gaps = column(get_json(client, AREAS), "primary-gap")
    assert [gap for gap, _words in gaps.values()] == [0, 300]
    for day in ("", f"&on={timezone.localdate()}"):
        data = get_json(client, f"{AREAS}?region={there.code}{day}")
        assert [row["name"] for row in data["rows"]] == ["Town 102"], "the others' schools are left out"
        assert column(data, "primary-gap") == {"Town 102": gaps["Town 102"]}
        data = get_json(client, f"{AREAS}?stage=primary{day}")
        assert column(data, "primary-gap") == gaps, "with the places in nine-year schools"
        assert [measure["key"] for measure in data["measures"]] == ["primary"]
        assert data["projects"] == 0
        data = get_json(client, f"{AREAS}?stage=nine_year{day}")
        assert [measure["key"] for measure in data["measures"]] == ["primary", "junior_high"]
        assert column(data, "primary-gap") == gaps
    data = get_json(client, f"{AREAS}?region={there.code}01")
    assert column(data, "primary-gap") == {"Town 102": (None, "–")}, "a part of it: its children are not known"


def test_schools_that_are_too_many_to_draw_are_counted(
    client: Client, towns: list[Region], make_project: Make, make_school: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_project(places=None, stage="vocational")
    monkeypatch.setattr(coverage, "MOST", 2)
    for _one in range(5):
        make_school(region=towns[0])
    data = get_json(client, CIRCLES)
    assert len(data["lon"]) == 2 and data["notes"] == ["3 schools are not drawn: narrow the filters."]


def test_invented_and_missing_figures_say_so(
    client: Client, bureau: Bureau, towns: list[Region], make_project: Make
) -> None:
    make_project()
    assert get_json(client, AREAS)["notes"][0] == "Test County Bureau has not entered how many children there are."
    count_children(bureau, {towns[0].code: {"primary": 1}}, source="census", counted="2026-09-01", illustrative=True)
    note = get_json(client, f"{AREAS}?bureau={bureau.code}&kind=new_build")["notes"][0]
    assert note == "Children, Test County Bureau: census, 2026-09-01 · illustrative, not real"


@pytest.mark.parametrize("address", [PAGE, AREAS, CIRCLES])
def test_wrong_queries_are_refused_and_more_rows_cost_no_more(
    client: Client, bureau: Bureau, towns: list[Region], make_project: Make, make_school: Any, address: str
) -> None:
    for query in ("stage=none", "no_such=1", "on=2999-06-30", "q=%00"):
        assert client.get(f"{address}?{query}").status_code == 400
    count_children(bureau, {town.code: {"primary": 100} for town in towns})

    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert client.get(f"{address}?kind=new_build").status_code == 200
        return len(found)

    make_project(kind="new_build")
    few = queries()
    for town in towns:
        make_school(region=town, places=5)
        make_project(kind="new_build", region=town, places=10)
    assert queries() == few <= 9
