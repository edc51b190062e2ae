"""``/projects/{code}/status/``, and what the public reads of a project that is suspended or cancelled: why, and since when."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any

import pytest

from projects_api.models import Project
from projects_api.selectors.verify import verify
from projects_api.services.projects import project_change
from tests.cast import PRIVATE, Cast, api
from tests.portal.conftest import Page

__all__ = ["api"]

pytestmark = pytest.mark.once  # words and forms; what is behind them is tried on both engines (tests/api, tests/record)

CODE = "610526-2023-001"
HERE = f"/projects/{CODE}/"
WHY = {"status": "cancelled", "status_reason": "school_closed", "status_note": "The children go to Central School."}


def send(client: Any, **form: str) -> Page:
    version = re.search(r'name="version" value="(\d+)"', client.get(f"{HERE}status/").content.decode())
    assert version
    return Page(client.post(f"{HERE}status/", {"version": version[1], **form}, follow=True))


def first_screen(page: Page) -> str:
    return page.text.partition("How far is it?")[0]


def test_who_cancels_says_why_and_everybody_reads_it(cast: Cast, browser_of: Any, visit: Any, api: Any) -> None:
    official = browser_of("official")
    form = Page(official.get(f"{HERE}status/"))
    # Only the steps that are open; what halts asks why.
    assert re.findall(r'<option value="(\w+)"', form.html)[:5] == [
        "proposed", "approved", "tendering", "under_construction", "suspended",
    ]  # fmt: skip
    refused = send(official, status="cancelled", reason=f"{PRIVATE} document")
    assert refused.status == 400 and 'href="#status_reason"' in refused.html and "everybody who waits" in refused
    assert f"{PRIVATE} document" in refused.html  # what was typed is still there
    assert cast.project().status == "approved"

    done = send(official, **WHY, reason=f"{PRIVATE} document", status_since="2023-06-30")
    assert "The status is saved." in done
    for language, words in (
        (
            "en",
            ("The project is cancelled.", "School merged or closed – The children go to", "cancelled on 30 June 2023"),
        ),
        ("zh-hans", ("学校撤并 – The children go to", "2023年6月30日 取消")),
    ):
        page = visit(HERE, language=language)
        assert PRIVATE not in page.html
        for said in words:
            assert said in page, said
    assert "Status: from Approved to Cancelled: School merged or closed – The children go" in visit(HERE)
    assert "School merged or closed" in visit("/projects/") and "school merged or closed" in visit(f"{HERE}embed/")

    anyone = api("public")
    found = anyone.get(HERE.strip("/") + "/").ok()
    told = {name: found[name] for name in WHY} | {"status_since": found["status_since"]}
    assert told == WHY | {"status_since": "2023-06-30"}
    assert PRIVATE not in str(anyone.get(f"projects/{CODE}/history/").ok())
    table = b"".join(browser_of().get("/open-data/projects.csv").streaming_content).decode()
    assert PRIVATE not in table and "school_closed" in table

    # It goes on: the reason was that of another status.
    send(official, status="proposed", status_reason="land", reason="")
    fresh = cast.project()
    assert (fresh.status, fresh.status_reason, fresh.status_note, fresh.status_since) == ("proposed", "", "", None)
    assert "Why is it cancelled?" not in visit(HERE)
    assert "status_reason" not in anyone.get(f"projects/{CODE}/").ok()
    assert verify().sound


def test_no_program_halts_a_project_without_saying_why(cast: Cast, visit: Any, api: Any) -> None:
    official = api("official")
    path = f"projects/{CODE}/"

    def refused(body: dict[str, Any], pointer: str) -> None:
        problem = official.change(path, body).ok(400)
        assert pointer in [error["pointer"] for error in problem["errors"]], body

    for body in ({}, {"reason": f"{PRIVATE} reason"}, {"status_since": "2023-06-30"}, {"status_reason": ""}):
        for status in ("suspended", "cancelled"):
            refused({"status": status, **body}, "/status_reason")
    new = {"bureau": cast.pucheng, "title_en": "N", "kind": "new_build", "status": "cancelled"}
    official.post("projects/", new).problem(400, "/status_reason")
    assert cast.project().status == "approved"
    # What was halted before anybody asked (or in a table that does not tell): it may be changed, and explained, later.
    Project.objects.filter(code=CODE).update(status="suspended", finish=None, finish_tail=0)
    first = first_screen(visit(HERE))
    assert "Work is suspended" in first and "Why is work suspended? No reason was recorded." in first
    official.change(path, {"title_en": "Renamed", "status": "suspended"}).ok()
    for body, pointer in (
        ({"status_reason": "aliens"}, "/status_reason"),
        ({"status_reason": "other"}, "/status_note"),
        ({"status_note": "words alone"}, "/status_reason"),
        ({"status_reason": "land", "status_since": "2099-01-01"}, "/status_since"),
        ({"status": "approved", "status_reason": "land"}, "/status_reason"),
    ):
        refused(body, pointer)
    official.change(path, {"status_reason": "land", "status_note": "管线未迁改"}).ok()
    page = visit(HERE)
    assert "Land – 管线未迁改" in first_screen(page) and "No reason was recorded" not in page
    assert "Reason for the status: Land" in page
    # What was said is not taken back, and the next decision has a reason of its own.
    refused({"status_reason": "", "status_note": ""}, "/status_reason")
    refused({"status": "cancelled"}, "/status_reason")
    official.change(path, {"status": "cancelled", "status_reason": "funds"}).ok()
    assert "Why is it cancelled? Funds" in first_screen(visit(HERE))


@pytest.mark.parametrize(("published", "known"), [(True, True), (False, False)])
def test_of_a_halt_of_before_the_day_is_that_of_the_ledger(
    cast: Cast, visit: Any, published: bool, known: bool
) -> None:
    """Rows of before the reason existed have no day; what was entered before publication is nobody's to read."""
    project, at = cast.project(), datetime(2023, 7, 3, 2, tzinfo=UTC)
    common: dict[str, Any] = {"project_id": project.pk, "actor": None, "at": at, "expected": None}
    if not published:
        project_change(changes={"published": False}, **common)
    project_change(changes={"status": "suspended", "status_reason": "land"}, **common)
    Project.objects.filter(pk=project.pk).update(status_since=None, status_reason="")
    project_change(changes={"published": True, "needed_by": date(2025, 9, 1)}, **common)
    first = first_screen(visit(HERE))
    assert "No reason was recorded." in first and ("suspended since 3 July 2023" in first) is known
