"""``/office/{bureau}/publishing/``: what the public sees of what is not accepted yet, tried, saved and taken back on a page."""

from __future__ import annotations

from typing import Any

import pytest

from projects_api.models import Bureau
from tests.cast import Cast, api
from tests.portal.conftest import Page
from tests.portal.test_office_settings import Desk, assert_saved, refused

__all__ = ["api"]

PAGE, STAGE = "/office/610526/publishing/", "projects/610526-2023-001/milestones/completion_acceptance/"


@pytest.fixture
def finished(cast: Cast, api: Any) -> None:
    assert api("engineer").change(STAGE, {"actual": "2023-07-19"}).ok()["state"] == "reported"


def test_the_choice_is_tried_saved_and_taken_back(cast: Cast, browser_of: Any, api: Any, finished: None) -> None:
    assert f'href="{PAGE}"' in Page(browser_of("official").get("/office/")).html
    form = Desk(browser_of("bureau_admin"), PAGE)
    assert "What waits for acceptance now" in form.page and "19 July 2023" in form.page
    preview = form.send("preview", reported="no")
    assert "1 stage would be held back from the public until it is accepted" in preview
    assert "19 July 2023" in Page(browser_of("public").get("/projects/610526-2023-001/")), "nothing is saved yet"
    assert_saved(form.send("save", reported="no", reason="as the county asks"))

    outside = Page(browser_of("public").get("/projects/610526-2023-001/"))
    assert "Reported, not yet accepted" not in outside and "held back" not in outside
    inside = Page(browser_of("official").get("/projects/610526-2023-001/"))
    assert "Reported, not yet accepted" in inside and "19 July 2023" in inside
    assert "1 stage is reported and not yet accepted. The public does not see that" in inside
    assert "as the county asks" in form.read() and "19 July 2023" in form.page
    assert "completion_acceptance" in Page(browser_of("supervisor").get("/office/reports/")).html, "it can be accepted"

    assert_saved(form.send("undo"))
    assert "Reported, not yet accepted" in Page(browser_of("public").get("/projects/610526-2023-001/"))


def test_who_may_and_what_is_no_choice(cast: Cast, browser_of: Any) -> None:
    page = Page(browser_of("official").get(PAGE))
    assert page.status == 200 and 'id="setting"' not in page.html and "Reported and accepted facts, told apart" in page
    assert browser_of("official").post(PAGE, {"version": "0", "act": "save", "reported": "no"}).status_code == 403
    form = Desk(browser_of("bureau_admin"), PAGE)
    assert [place for place, _words in refused(form.send("save", reported="perhaps"))] == ["reported"]
    assert Bureau.objects.get(code="610526").publishing == {}
