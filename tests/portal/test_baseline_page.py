"""``/projects/{code}/baseline/``: what would be promised, and the approval that nobody takes back."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from projects_api.models import Project
from projects_api.services.baselines import baseline_approve
from projects_api.services.milestones import milestone_change
from projects_api.services.projects import project_change
from tests.cast import Cast
from tests.factories import make_project
from tests.portal.conftest import Page

AT = datetime(2023, 2, 1, 4, tzinfo=UTC)
FIRST_DAY = date(2023, 4, 1)


def change(project: Project, key: str, **changes: Any) -> None:
    milestone_change(project_id=project.pk, key=key, actor=None, at=AT, expected=None, changes=changes)


@pytest.fixture
def project(cast: Cast) -> Project:
    """A rural upgrade, one stage a week from 1 April 2023 on, ready with the acceptance on 20 May."""
    project = make_project(cast.bureau(), kind="rural_upgrade", title_en="The mended school")
    for place, key in enumerate(project.milestones.values_list("key", flat=True)):
        change(project, key, planned=FIRST_DAY + timedelta(weeks=place))
    return project


def address(project: Project) -> str:
    return f"/projects/{project.code}/baseline/"


def version_of(page: Page) -> str:
    found = re.search(r'name="version" value="(\d+)"', page.html)
    assert found
    return found[1]


def approve(client: Any, project: Project, reason: str = "the council's plan", version: str = "", **more: Any) -> Any:
    version = version or version_of(Page(client.get(address(project))))
    return client.post(address(project), {"version": version, "reason": reason}, **more)


def test_the_first_promise_is_shown_approved_and_cannot_be_taken_back(
    cast: Cast, browser_of: Any, project: Project
) -> None:
    official = browser_of("official")
    page = Page(official.get(address(project)))
    assert "Approve baseline 1" in page and "nobody can change or delete them" in page
    assert "Ready, as it would be promised 20 May 2023" in page and "Start before" not in page
    assert "Acceptance 11 May 2023 20 May 2023" in page, "ten working days up to its planned day"
    answer = approve(official, project, follow=True)
    assert answer.redirect_chain == [(f"/projects/{project.code}/", 303)]
    assert "Baseline 1 is approved: ready on 20 May 2023." in Page(answer)
    made = project.baselines.get()
    assert (made.number, made.reason, made.approved_by) == (1, "the council's plan", cast.user("official"))
    after = Page(official.get(address(project)))
    assert "Baseline 1 already says exactly this. Change the plan first." in after
    assert "Approve baseline" not in after and 'class="approve"' not in after.html
    assert "Baseline 1 current" in after and "name of official the council's plan 20 May 2023" in after


def test_the_next_one_stands_beside_the_current(cast: Cast, browser_of: Any, project: Project) -> None:
    official = browser_of("official")
    approve(official, project)
    change(project, "acceptance", planned=FIRST_DAY + timedelta(weeks=7, days=12))
    change(project, "audit", planned=FIRST_DAY + timedelta(weeks=9, days=-1))
    change(project, "payment", planned=FIRST_DAY + timedelta(weeks=9, days=-1))
    change(project, "needs_survey", state="not_applicable")
    page = Page(official.get(address(project)))
    assert "Ready, as it would be promised 1 June 2023 (12 days later)" in page
    assert "Ready, by baseline 1 20 May 2023" in page
    assert "Acceptance 23 May 2023 1 June 2023 11 May 2023 20 May 2023 12 days later" in page
    assert re.search(r"Payment, equipment in place .{40,60} 1 day earlier", page.text)
    assert re.search(r"Works in the summer holiday .{40,60} the same day", page.text)
    assert "No longer promised: Needs survey" in page and "Approve baseline 2" in page
    assert approve(official, project, "rain").status_code == 303
    assert [row.number for row in project.baselines.order_by("number")] == [1, 2]


def test_gaps_are_named_with_their_stage_and_nothing_is_offered(cast: Cast, browser_of: Any, project: Project) -> None:
    official = browser_of("official")
    version = version_of(Page(official.get(address(project))))
    change(project, "works", planned=None)
    change(project, "plan_approval", planned=FIRST_DAY - timedelta(days=3))
    page = Page(official.get(address(project)))
    assert page.status == 200 and "This plan cannot be promised yet" in page
    assert "Works in the summer holiday: This stage has no planned day" in page
    assert "Planned before the stage that it waits for: Needs survey (2023-04-01) → Plan approval (2023-03-29)." in page
    assert 'href="#milestones-works"' in page.html and 'id="milestones-works"' in page.html
    assert "Approve baseline" not in page
    for sent in (version, str(cast.project(project.code).version)):
        refused = Page(official.post(address(project), {"version": sent, "reason": "all the same"}))
        assert refused.status == 400 and "This stage has no planned day" in refused and "all the same" in refused
    assert not project.baselines.exists()


def test_a_reason_is_needed_and_what_was_typed_comes_back(cast: Cast, browser_of: Any, project: Project) -> None:
    official = browser_of("official")
    page = Page(approve(official, project, "  "))
    assert page.status == 400 and '<a href="#reason">' in page.html and "Say why these dates are promised." in page
    long = "x" * 501
    page = Page(approve(official, project, long))
    assert page.status == 400 and f">{long}</textarea>" in page.html and "At most 500 characters." in page
    assert approve(official, project, "why", version="x").status_code == 400
    assert not project.baselines.exists()


def test_of_two_at_once_the_second_hears_that_it_is_promised_already(
    cast: Cast, browser_of: Any, project: Project
) -> None:
    first, second = browser_of("official"), browser_of("bureau_admin")
    version = version_of(Page(second.get(address(project))))
    assert approve(first, project).status_code == 303
    page = Page(approve(second, project, "mine", version))
    assert page.status == 409 and "Baseline 1 already says exactly this." in page and "mine" in page
    assert project.baselines.count() == 1


def test_a_plan_that_changed_meanwhile_is_shown_again_before_it_is_promised(
    cast: Cast, browser_of: Any, project: Project
) -> None:
    official = browser_of("official")
    version = version_of(Page(official.get(address(project))))
    change(project, "acceptance", planned=FIRST_DAY + timedelta(weeks=7, days=2))
    page = Page(approve(official, project, "as seen", version))
    assert page.status == 412 and "Somebody else changed this project meanwhile." in page
    assert "Ready, as it would be promised 22 May 2023" in page and ">as seen</textarea>" in page.html
    assert not project.baselines.exists()
    assert approve(official, project, "as seen", version_of(page)).status_code == 303


def test_what_is_cancelled_is_promised_to_nobody(cast: Cast, browser_of: Any, project: Project) -> None:
    official = browser_of("official")
    version = version_of(Page(official.get(address(project))))
    project_change(
        project_id=project.pk,
        actor=None,
        at=AT,
        expected=None,
        changes={"status": "cancelled", "status_reason": "funds"},
    )
    page = Page(official.get(address(project)))
    assert "its dates are promised to nobody any more" in page and "Approve baseline" not in page
    assert approve(official, project, "still", version).status_code == 409


def test_only_who_may_approve_finds_the_way_and_gets_in(cast: Cast, browser_of: Any, project: Project) -> None:
    baseline_approve(project_id=project.pk, actor=None, at=AT, expected=None, reason="r")
    change(project, "acceptance", planned=FIRST_DAY + timedelta(weeks=7, days=2))
    form = {"version": str(cast.project(project.code).version), "reason": "mine"}
    for person in ("public", "engineer", "supervisor", "viewer", "gushi_official", "official"):
        client = browser_of(person)
        links = Page(client.get(f"/projects/{project.code}/")).html
        may = person == "official"
        assert ("Approve a baseline" in links, "Move to another template" in links) == (may, may), person
        assert f'href="{address(project)}"' in links or not may
        if not may:
            answer = client.post(address(project), form)
            assert answer.status_code == (302 if person == "public" else 403)
    assert project.baselines.count() == 1
    assert browser_of("official").post("/projects/610526-1999-001/baseline/", form).status_code == 404


def test_invented_dates_make_an_invented_promise(cast: Cast, browser_of: Any, project: Project) -> None:
    project.milestones.filter(key="works").update(illustrative=True)
    approve(browser_of("official"), project)
    assert project.baselines.get().illustrative
