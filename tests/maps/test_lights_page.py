"""`/maps/lights/` and what it fetches: what is late, by how much, and why; and both documents of another day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from projects_api.models import Milestone, Project

Make = Callable[..., Project]
MARKS, SITES = "/maps/lights/marks.json", "/maps/lights/sites.json"


def get_json(client: Client, url: str) -> Any:
    response = client.get(url)
    assert response.status_code == 200, response.content
    return response.json()


def test_each_site_says_its_light_its_days_and_its_reason(client: Client, make_project: Make) -> None:
    today = timezone.localdate()
    promised = {"measured_finish": today, "yellow_from": today, "red_from": today}
    late = make_project(**promised, finish=today + timedelta(days=47))
    make_project(measured_finish=today - timedelta(days=9), finish=today - timedelta(days=3))
    make_project()
    halted = {"status": "suspended", "red_from": today, "finish_tail": 0}
    make_project(
        **halted, measured_finish=today + timedelta(days=30), status_since=date(2024, 5, 3), status_reason="land"
    )
    make_project(**halted, measured_finish=today - timedelta(days=12), next_milestone="topping_out", next_due=today)
    for key, reason, days, public in [
        ("tendering", "land", 30, True),
        ("commencement", "weather", 17, True),
        ("settlement_audit", "funds", 90, False),
    ]:
        Milestone.objects.create(project=late, key=key, position=1, delay_reason=reason, days_lost=days, public=public)
    data, marks = get_json(client, SITES), get_json(client, MARKS)
    words = data["vocab"]
    lights = ["red", "green", "none", "red", "red"]
    assert [words["light"][place] for place in data["light"]] == lights
    assert [marks["vocab"]["light"][place] for place in marks["light"]] == lights
    assert data["slip"] == [47, 6, None, 0, 12]
    assert [words["late"][place] if place >= 0 else "" for place in data["late"]] == [
        "预计晚47天 · 用地原因",
        "晚6天建成",
        "",
        "2024年5月3日起暂停 · 用地原因",
        "已暂停 · 已逾期12天",
    ]
    assert (words["next"][data["next"][4]], data["next_due"][4]) == ("主体封顶", None), "no day is waited for"
    assert data["lost"] == {"land": 30, "weather": 17}, "what the public does not see is not counted"
    assert data["version"] == marks["version"]


def test_the_status_map_does_not_pay_for_it(client: Client, make_project: Make) -> None:
    make_project()
    assert "slip" not in get_json(client, "/maps/sites.json")
    assert "light" not in get_json(client, "/maps/marks.json")


def test_filters_narrow_the_days_lost_too(client: Client, make_project: Make) -> None:
    for status, days in [("in_use", 5), ("suspended", 9)]:
        project = make_project(status=status)
        Milestone.objects.create(project=project, key="works", position=1, delay_reason="funds", days_lost=days)
    assert get_json(client, f"{SITES}?status=suspended")["lost"] == {"funds": 9}


@pytest.mark.parametrize("address", ["/maps/lights/", "/maps/status/", MARKS, SITES, "/maps/marks.json"])
@pytest.mark.parametrize("query", ["on=2999-01-01", "on=0000-00-00", "as_of=yesterday", "on=2023-06-30&no_such=1"])
def test_days_that_are_none_are_named(client: Client, db: None, address: str, query: str) -> None:
    response = client.get(f"{address}?{query}")
    assert response.status_code == 400


def test_another_day_has_the_marks_and_words_of_that_day(client: Client, make_project: Make) -> None:
    project = make_project(status="in_use", progress=100)
    day = date(2023, 6, 1)
    Milestone.objects.create(
        project=project, key="commencement", position=1, weight=50, started=date(2023, 3, 1),
        actual=date(2023, 3, 1), state="met", percent=100,
    )  # fmt: skip
    Milestone.objects.create(
        project=project, key="handover", position=2, weight=50, actual=date(2024, 8, 1), state="met", percent=100
    )
    for paint in ("", "lights/"):
        now, then = (get_json(client, f"/maps/{paint}sites.json{query}") for query in ("", f"?on={day}"))
        marks = get_json(client, f"/maps/{paint}marks.json?on={day}")
        status = [then["vocab"]["status"][place] for place in then["status"]]
        assert status == [marks["vocab"]["status"][place] for place in marks["status"]] == ["under_construction"]
        assert (now["progress"], then["progress"]) == ([100], [50])
        assert then.keys() == now.keys()
        assert (then["code"], then["title"], then["lon"]) == (now["code"], now["title"], now["lon"])
