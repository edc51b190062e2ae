"""``/office/reports/``: what came from the sites is looked at, accepted or returned, by somebody else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from projects_api.models import Milestone, ProgressReport
from projects_api.services.milestones import milestone_change
from projects_api.services.reports import Draft, report_submit
from tests.cast import Cast
from tests.portal.conftest import Page

AT = datetime(2023, 6, 6, 8, tzinfo=UTC)
FINISHED = {"completion_acceptance": {"started": date(2023, 6, 1), "actual": date(2023, 6, 5)}}


def report(cast: Cast, entries: dict[str, Any] | None = None, **more: Any) -> ProgressReport:
    project, engineer = cast.project(), cast.user("engineer")
    draft = Draft(
        id=uuid4(), base_version=project.version, made_at=AT, entries=entries, **{"text": "Third floor", **more}
    )
    return report_submit(project_id=project.pk, actor=engineer, at=AT, draft=draft)


def stage(cast: Cast, key: str) -> Milestone:
    return cast.project().milestones.get(key=key)


def decide(client: Client, cast: Cast, found: ProgressReport, decision: str, **more: str) -> Any:
    form = {"version": str(cast.project().version), "decision": decision, **more}
    return client.post(f"/office/reports/{found.pk}/", form)


def test_a_supervisor_sees_what_was_said_and_accepts_it(cast: Cast, browser_of: Callable[..., Client]) -> None:
    found = report(cast, FINISHED, problems="No water yet")
    client = browser_of("supervisor")
    listed = Page(client.get("/office/reports/"))
    assert "Third floor" in listed and "No water yet" in listed and "Entered in the record" in listed
    page = Page(client.get(f"/office/reports/{found.pk}/"))
    assert "5 June 2023" in page and "Reported, not yet accepted" in page and "Accept" in page
    answer = decide(client, cast, found, "accept")
    assert (answer.status_code, answer["Location"]) == (303, "/office/reports/")
    assert "The report is accepted." in Page(client.get("/office/reports/"))
    assert stage(cast, "completion_acceptance").state == "met"
    assert "Third floor" in Page(browser_of().get("/projects/610526-2023-001/")), "the sentence is public once accepted"
    assert "Nothing waits for review." in Page(client.get("/office/reports/"))
    assert "Third floor" in Page(client.get("/office/reports/?state=accepted"))
    # A report is looked through (通过); buildings are accepted (验收).
    chinese = Page(browser_of("supervisor", "zh-hans").get("/office/reports/?state=accepted"))
    assert "已通过" in chinese and "已验收" not in chinese


def test_insiders_read_on_the_project_page_what_came_from_the_site(
    cast: Cast, browser_of: Callable[..., Client]
) -> None:
    found = report(cast, FINISHED)
    official = browser_of("official")
    assert "Report from the site: Third floor" in Page(official.get("/projects/610526-2023-001/"))
    report(cast, {"foundations": {"percent": 5}}, text="Fourth floor")
    decide(browser_of("supervisor"), cast, found, "accept")
    page = Page(official.get("/projects/610526-2023-001/"))
    assert "Report from the site: Fourth floor" in page and "Report from the site: Accepted" in page
    assert "Fourth floor" not in Page(browser_of().get("/projects/610526-2023-001/"))


def test_returning_needs_a_note_and_loses_nothing_typed(cast: Cast, browser_of: Callable[..., Client]) -> None:
    found = report(cast, FINISHED)
    client = browser_of("bureau_admin")
    refused = decide(client, cast, found, "return", reason="the supervisor is ill")
    assert refused.status_code == 400
    assert "Say what is to be corrected." in Page(refused) and "the supervisor is ill" in refused.content.decode()
    refused = decide(client, cast, found, "return", note="no photo")
    assert refused.status_code == 400 and "no photo" in refused.content.decode(), "an administrator says why"
    assert decide(client, cast, found, "return", note="no photo", reason="the supervisor is ill").status_code == 303
    assert stage(cast, "completion_acceptance").actual is None
    assert "no photo" in Page(client.get("/office/reports/?state=returned"))


def test_after_one_report_comes_the_next(cast: Cast, browser_of: Callable[..., Client]) -> None:
    first, second = report(cast, FINISHED), report(cast, text="Fourth floor")
    answer = decide(browser_of("supervisor"), cast, first, "accept")
    assert answer["Location"] == f"/office/reports/{second.pk}/"


def test_a_state_that_moved_on_is_said_and_what_was_typed_stays(cast: Cast, browser_of: Callable[..., Client]) -> None:
    found = report(cast, FINISHED)
    client = browser_of("supervisor")
    stale = client.post(f"/office/reports/{found.pk}/", {"version": "1", "decision": "return", "note": "look again"})
    assert stale.status_code == 412 and "look again" in stale.content.decode()
    assert ProgressReport.objects.get(pk=found.pk).state == "submitted"


def test_a_conflict_shows_both_sides(cast: Cast, browser_of: Callable[..., Client]) -> None:
    seen = cast.project()
    milestone_change(
        project_id=seen.pk,
        key="foundations",
        actor=cast.user("bureau_admin"),
        at=AT,
        expected=None,
        changes={"percent": 30},
    )
    draft = Draft(id=uuid4(), base_version=seen.version, made_at=AT, entries={"foundations": {"percent": 60}})
    found = report_submit(project_id=seen.pk, actor=cast.user("engineer"), at=AT, draft=draft)
    page = Page(browser_of("supervisor").get(f"/office/reports/{found.pk}/"))
    assert "30%" in page and "60%" in page and "Somebody else changed this meanwhile" in page
    assert "name of bureau_admin" in page, "people, not accounts"


@pytest.mark.parametrize(("metres", "far"), [(0.001, False), (0.02, True)])
def test_a_report_from_far_away_says_so(
    cast: Cast, browser_of: Callable[..., Client], metres: float, far: bool
) -> None:
    site = cast.project().site
    assert site is not None
    found = report(cast, position=(site.x, site.y + metres), accuracy=15)
    html = browser_of("supervisor").get(f"/office/reports/{found.pk}/").content.decode()
    assert "m from the site (± 15 m)" in html
    assert (f'<strong class="late">{"2," if far else ""}' in html) is far


def test_a_finished_stage_without_a_report_is_accepted_by_somebody_else(
    cast: Cast, browser_of: Callable[..., Client]
) -> None:
    project = cast.project()
    milestone_change(
        project_id=project.pk, key="completion_acceptance", actor=cast.user("bureau_admin"), at=AT, expected=None,
        changes=FINISHED["completion_acceptance"], reason="the minutes are here",
    )  # fmt: skip
    path, form = (
        f"/office/milestones/{project.code}/completion_acceptance/accept/",
        {"version": str(cast.project().version)},
    )
    assert "Finished stages that wait for acceptance" in Page(browser_of("official").get("/office/reports/"))
    assert browser_of("bureau_admin").post(path, {**form, "reason": "mine"}).status_code == 403
    assert browser_of("engineer").post(path, form).status_code == 403
    assert browser_of("official").post(path, form).status_code == 303
    assert stage(cast, "completion_acceptance").state == "met"


def test_nobody_reviews_who_may_not(cast: Cast, browser_of: Callable[..., Client]) -> None:
    found = report(cast, FINISHED)
    own = Page(browser_of("engineer").get(f"/office/reports/{found.pk}/"))
    assert own.status == 200 and "somebody else reviews it" in own and 'name="decision"' not in own.html
    assert decide(browser_of("engineer"), cast, found, "accept").status_code == 403
    assert 'name="decision"' not in browser_of("viewer").get(f"/office/reports/{found.pk}/").content.decode()
    assert browser_of("gushi_official").get(f"/office/reports/{found.pk}/").status_code == 404
    assert decide(browser_of("gushi_official"), cast, found, "accept").status_code == 404


def test_the_list_costs_the_same_however_many_wait(
    cast: Cast, browser_of: Callable[..., Client], django_assert_max_num_queries: Any
) -> None:
    client = browser_of("supervisor")
    for _number in range(4):
        report(cast, {"foundations": {"percent": 5 + _number}})
    client.get("/office/reports/")
    with django_assert_max_num_queries(12):
        assert client.get("/office/reports/").status_code == 200
