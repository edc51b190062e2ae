"""A school's public page: what and where, its life by document numbers, its projects, and who must not find it."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.contrib.gis.geos import Point

from projects_api.models import Project, School
from projects_api.services.projects import project_change
from projects_api.services.schools import school_act, school_correct
from tests.cast import PLANNED, Cast
from tests.factories import make_school

pytestmark = pytest.mark.keeps
NOW = datetime(2026, 11, 1, tzinfo=UTC)
HERE = "/en/schools/610526-first/"


def act(cast: Cast, code: str, kind: str, day: date, **more: Any) -> None:
    event = {
        "kind": kind, "applicant": "First School", "applied": day, "decision": "approved", "decided": day,
        "document_number": f"蒲教审〔{day}〕", "authority": "Pucheng Education Bureau",
    }  # fmt: skip
    pk = School.objects.get(code=code).pk
    school_act(school_id=pk, actor=cast.user("official"), at=NOW, expected=None, event=event, **more)


def test_it_tells_its_life_and_leads_to_what_is_built_for_it(visit: Any, browser_of: Any, cast: Cast) -> None:
    first = browser_of().get(HERE)
    place = {"location": (109.58, 34.95), "location_precision": "map_pin"}
    changes = {"places": 900, "classes": 20, **place}
    act(cast, "610526-first", "alteration", date(2024, 3, 1), changes=changes)
    page = visit(HERE)
    assert page.status == 200 and first["ETag"] != browser_of().get(HERE)["ETag"], "the next reader sees it"
    for words in (
        "First School",
        "Primary school",
        "蒲教审",
        "2024-03-01",
        "Places: 900 instead of",
        "Public School of",
    ):
        assert words in page, words
    assert (
        f"/en/projects/{cast.published}/" in page.html
        and cast.unpublished not in page.html
        and 'class="locator"' in page.html
    )
    assert HERE in visit(f"/en/projects/{cast.published}/").html and HERE in visit("/en/regions/610526/").html
    facts = re.findall(r'<script type="application/ld\+json"[^>]*>(.*?)</script>', page.html, re.S)
    about = [one["about"] for one in map(json.loads, facts) if one.get("about")]
    assert about and (about[0]["@type"], about[0]["maximumAttendeeCapacity"]) == ("School", 900)
    parts = visit("/sitemaps/schools-1.xml").html
    assert HERE in parts and cast.planned_school not in parts and "schools-1.xml" in visit("/sitemap.xml").html
    make_school(cast.bureau(), code="610526-old", location=Point(109.6, 34.9), location_precision="map_pin")
    circles = json.loads(visit("/maps/coverage/circles.json?bureau=610526").html)
    assert sorted(circles["school"]) == ["", "610526-old"], "the map of school places leads here"

    act(cast, "610526-first", "cancellation", date(2025, 6, 1))
    assert "Closed down" in visit(HERE), "whoever looks for it learns that it is gone"
    assert visit("/zh/schools/610526-first/").status == 200 and visit("/schools/no-such/").status == 404


def test_one_that_only_an_unpublished_project_tells_of_is_not_there(visit: Any, browser_of: Any, cast: Cast) -> None:
    path = f"/en/schools/{cast.planned_school}/"
    unknown, hidden = visit("/en/schools/610526-planner/"), visit(path)
    assert (unknown.status, hidden.status) == (404, 404) and PLANNED not in hidden.html
    assert PLANNED not in visit("/en/regions/610526101/").html
    project = Project.objects.get(code=cast.unpublished)

    def publish(shown: bool) -> None:
        project_change(project_id=project.pk, actor=None, at=NOW, expected=None, changes={"published": shown})

    publish(True)
    assert PLANNED in visit(path).html
    tag = browser_of().get(path)["ETag"]
    publish(False)
    assert browser_of().get(path, headers={"if-none-match": tag}).status_code == 404, "gone from what is kept at once"
    act(cast, cast.planned_school, "cancellation", date(2024, 1, 1))
    assert PLANNED in visit(path).html and cast.unpublished not in visit(path).html, "an approval is public by law"
    Project.objects.filter(pk=project.pk).update(archived_at=NOW)
    school_correct(
        school_id=School.objects.get(code=cast.planned_school).pk, actor=None, at=NOW, expected=None,
        changes={"withdrawn": True}, reason="never was",
    )  # fmt: skip
    assert visit(path).status == 404
