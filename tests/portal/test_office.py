"""``/office/``: what needs a decision first, for who reads a whole bureau."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from projects_api.models import Project
from projects_api.services.milestones import milestone_change
from projects_api.services.projects import project_create
from tests.cast import Cast

AT = datetime(2026, 11, 1, tzinfo=UTC)


def late_project(cast: Cast, title: str) -> Project:
    """Planned to be handed over in 2024; since then the topping-out was 60 days late for want of money."""
    project = project_create(
        actor=None,
        at=AT,
        bureau=cast.bureau(),
        changes={"kind": "new_build", "title_en": title, "contractor": "Builders"},
    )
    for key in list(project.milestones.values_list("key", flat=True)):
        milestone_change(
            project_id=project.pk, key=key, actor=None, at=AT, expected=None, changes={"planned": date(2024, 6, 1)}
        )
    milestone_change(
        project_id=project.pk, key="topping_out", actor=None, at=AT, expected=None,
        changes={"actual": date(2024, 7, 31), "delay_reason": "funds"},
    )  # fmt: skip
    return project


def test_an_official_sees_what_is_far_behind_and_why(browser_of: Any, cast: Cast) -> None:
    late = late_project(cast, "The late school")
    page = browser_of("official").get("/office/")
    text = page.content.decode()
    assert f"/projects/{late.code}/" in text
    assert "days late" in text
    assert "Funds" in text
    assert "Builders" in text
    assert "?bureau=610526&amp;light=red" in text
    assert "The late school" not in browser_of("gushi_official").get("/office/").content.decode()


def test_the_office_costs_the_same_however_much_is_late(browser_of: Any, cast: Cast) -> None:
    def queries() -> int:
        client = browser_of("official")
        client.get("/office/")
        with CaptureQueriesContext(connection) as seen:
            assert client.get("/office/").status_code == 200
        return len(seen)

    late_project(cast, "One")
    few = queries()
    for number in range(4):
        late_project(cast, f"Another {number}")
    assert few == queries() <= 25


def test_a_visitor_is_asked_to_sign_in_and_finds_no_way_there(browser_of: Any, cast: Cast) -> None:
    answer = browser_of("public").get("/office/")
    assert answer.status_code == 302
    assert "/accounts/login/" in answer["Location"]
    assert "/office/" not in browser_of("public").get("/").content.decode()
    assert "/office/" in browser_of("official").get("/").content.decode()
