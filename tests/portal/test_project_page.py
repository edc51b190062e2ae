"""The page of a project: its answers, its stages, its place, and what of it is for whom."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from portal.public.confirmed import confirmations
from portal.public.sureness import sure_words
from projects_api.models import Baseline, LedgerEntry, Milestone, Project
from projects_api.schedule.odds import Odds
from projects_api.selectors.change_words import lines_of
from projects_api.services.bureaus import publishing_change
from projects_api.services.milestones import milestone_accept, milestone_change
from projects_api.services.projects import project_change
from tests.cast import PRIVATE, Cast, api
from tests.portal.conftest import Page

__all__ = ["api"]

pytestmark = pytest.mark.once  # words and forms; what is behind them is tried on both engines (tests/api, tests/record)

Visit = Callable[..., Page]
NOW = datetime(2023, 7, 3, 2, tzinfo=UTC)
HERE = "/projects/610526-2023-001/"


def report(cast: Cast, key: str, *, office: bool = False, **changes: Any) -> None:
    milestone_change(
        project_id=cast.project().pk,
        key=key,
        actor=cast.user("official" if office else "engineer"),
        at=NOW,
        expected=None,
        changes=changes,
    )


def test_the_public_reads_the_facts_in_its_language(visit: Visit) -> None:
    page = visit(HERE)
    for words in (
        "Public School of Pucheng",
        "Approved",
        "Primary school",
        "1,350",
        "50,000,000 yuan",
        "First School",
        "20 May 2023",
        "Project approval",
        "Topping-out",
        "To be completed 2023",
        "Pin set on a map",
    ):
        assert words in page, words
    page = visit(HERE, language="zh-hans")
    for words in (
        "公开小学",
        "已批复",
        "1,350",
        "5,000万元",
        "第一小学",
        "2023年5月20日",
        "主体封顶",
        "计划竣工 2023",
        "地图标注",
    ):
        assert words in page, words


@pytest.mark.parametrize("person", ["public", "other_engineer", "gushi_official", "gushi_engineer", "stranger"])
def test_nothing_private_reaches_outsiders(visit: Visit, person: str) -> None:
    for language in ("en", "zh-hans"):
        page = visit(HERE, person, language)
        assert page.status == 200
        assert PRIVATE not in page.html
        assert "7,654,321" not in page.html and "765.43" not in page.html
        assert "For the bureau" not in page and "内部信息" not in page
        assert "Settlement audit" not in page and "结算审计" not in page
        assert "name of official" not in page.text.partition("Sign out")[2] or person == "official"


@pytest.mark.parametrize(
    ("person", "money"),
    [
        ("engineer", False),
        ("viewer", False),
        ("supervisor", True),
        ("official", True),
        ("bureau_admin", True),
        ("superuser", True),
    ],
)
def test_the_bureaus_own_people_read_what_the_rules_give_them(visit: Visit, person: str, money: bool) -> None:
    page = visit(HERE, person)
    assert f"{PRIVATE} note" in page and f"{PRIVATE} 139" in page and f"{PRIVATE} stage note" in page
    assert "name of engineer" in page
    assert "Settlement audit" in page and "internal" in page
    assert ("7,654,321.98 yuan" in page) is money
    assert ("Money paid" in page) is money


@pytest.mark.parametrize(
    ("code", "person", "status"),
    [
        ("610526-2023-002", "public", 404),
        ("610526-2023-002", "other_engineer", 404),
        ("610526-2023-002", "gushi_official", 404),
        ("610526-2023-002", "engineer", 200),
        ("610526-2023-002", "viewer", 200),
        ("610526-2023-999", "public", 404),
        ("{{7*191}}", "public", 404),
    ],
)
def test_what_is_not_yours_does_not_exist(visit: Visit, code: str, person: str, status: int) -> None:
    page = visit(f"/projects/{code}/", person)
    assert page.status == status
    assert PRIVATE not in page.html or status == 200
    if status == 200:
        assert "not published" in page


def test_archived_projects_are_gone_for_the_public_and_marked_for_the_bureau(visit: Visit, cast: Cast) -> None:
    Project.objects.filter(code=cast.published).update(archived_at=timezone.now())
    assert visit(HERE).status == 404
    assert "archived" in visit(HERE, "official")


def test_delay_forecast_and_progress_are_told(visit: Visit, cast: Cast) -> None:
    report(cast, "commencement", actual=date(2023, 6, 20))
    report(cast, "topping_out", office=True, planned=date(2099, 5, 1))
    report(
        cast,
        "topping_out",
        started=date(2023, 6, 25),
        percent=35,
        forecast=date(2099, 5, 11),
        delay_reason="weather",
        delay_note="Frost until March.",
    )
    page = visit(HERE)
    assert "Why is it late?" in page and "Weather" in page and "Frost until March." in page
    assert "expected 10 days late" in page
    assert "11 May 2099" in page and "1 May 2099" in page
    assert "In progress 35%" in page and "begun 25 June 2023" in page
    page = visit(HERE, language="zh-hans")
    assert "为什么延误？" in page and "预计晚10天" in page and "天气原因" in page


def test_the_marks_tell_states_apart_with_words_beside(visit: Visit, cast: Cast) -> None:
    report(cast, "commencement", office=True, planned=date(2023, 6, 1))
    page = visit(HERE)
    assert "overdue by" in page
    assert 'class="state-late"' in page.html and 'class="state-done"' in page.html and 'class="state-line"' in page.html
    assert "Scheduled" in page and "Met" in page


def test_a_project_that_stands_still_is_not_called_late(visit: Visit, cast: Cast) -> None:
    report(cast, "commencement", office=True, planned=date(2023, 6, 1), started=date(2023, 6, 1))
    report(cast, "topping_out", forecast=date(2099, 1, 30), delay_reason="land", delay_note="A pipeline.")
    project_change(
        project_id=cast.project().pk,
        actor=None,
        at=NOW,
        expected=None,
        changes={"status": "suspended", "status_reason": "funds"},
    )
    page = visit(HERE)
    assert "overdue" not in page and "work is suspended" in page
    assert "2099" not in page.text.partition("What changed")[0], "what was expected before work stopped is history"
    # No part of the page knows a day on which it is ready, nor of the card: one reason, and no light.
    assert not re.search(r"expected \d+ days", page.text)
    assert "已开始 2023年6月1日" in visit(
        HERE, language="zh-hans"
    )  # 开工 is a stage of its own, and tendering has not begun to build
    card = visit(f"{HERE}embed/").text
    assert "work is suspended: funds" in card and "Not measured" not in card and "Land" not in card
    project_change(
        project_id=cast.project().pk,
        actor=None,
        at=NOW,
        expected=None,
        changes={"status": "cancelled", "status_reason": "funds"},
    )
    page = visit(HERE)
    assert "The project is cancelled." in page and "overdue" not in page and "When will it be ready?" not in page
    # Nothing more is expected of it, in the schedule neither.
    assert "points behind the plan" not in page and "% done." in page  # it is not measured by the plan it left
    assert "Is it on plan?" not in page and not re.search(r"expected \d+ days", page.text)
    assert visit("/projects/").status == 200


def test_the_place_is_drawn_and_says_how_well_it_is_known(visit: Visit, cast: Cast) -> None:
    page = visit(HERE)
    assert 'class="locator-county"' in page.html and 'class="locator-about"' not in page.html
    assert f"/maps/status/?q={cast.published}" in page.html
    Project.objects.filter(code=cast.published).update(location_precision="township_point")
    page = visit(HERE)
    assert 'class="locator-about"' in page.html and "Only the township is known" in page and "approximate" in page
    Project.objects.filter(code=cast.published).update(location_precision="", site=None)
    page = visit(HERE)
    assert "The site is not on the map yet." in page and "locator-county" not in page.html
    # A county whose boundary is not known: coordinates in words, no drawing.
    assert "° N," in visit("/projects/411525-2023-001/")


def test_what_is_invented_says_so(visit: Visit, cast: Cast) -> None:
    assert "llustrative" not in visit(HERE)
    milestone = Milestone.objects.get(project__code=cast.published, key="commencement")
    Milestone.objects.filter(pk=milestone.pk).update(illustrative=True)
    assert "Dates marked “illustrative” are examples" in visit(HERE)
    assert visit(HERE).html.count('<span class="badge">illustrative</span>') == 1
    Milestone.objects.filter(project__code=cast.published).update(illustrative=True)
    assert "Illustrative: all dates of this project are examples" in visit(HERE)
    Project.objects.filter(code=cast.published).update(illustrative=True)
    assert "Illustrative: figures, dates and people" in visit(HERE)


def test_changes_are_told_in_plain_words_and_only_since_publication(visit: Visit, cast: Cast) -> None:
    report(cast, "commencement", actual=date(2023, 6, 20))
    project_change(
        project_id=cast.project().pk,
        actor=cast.user("official"),
        at=NOW,
        expected=None,
        changes={"places": 1400, "note": f"{PRIVATE} again", "total_investment": "51000000.00"},
        reason=f"{PRIVATE} reason",
    )
    page = visit(HERE)
    told = page.text.partition("What changed since it was published")[2]
    assert "Commencement: met on 20 June 2023" in told
    assert "Places: from 1,350 to 1,400" in told and "to 51,000,000 yuan" in told
    assert "Published." in told and "Project approval: met on 20 May 2023" in told
    assert "entered in the record" not in told  # that was before it was published
    assert PRIVATE not in told and "official" not in told
    told = visit(HERE, "official").text.partition("What changed last")[2]
    assert f"{PRIVATE} reason" in told and f"{PRIVATE} again" in told
    assert "Allocation (County budget, 2023) recorded: 7,654,321.98 yuan" in told
    assert "Allocation" not in visit(HERE, "engineer").text.partition("What changed last")[2]


def test_many_stages_at_once_are_counted_not_listed() -> None:
    keys = ("commencement", "foundations", "topping_out", "infill", "finishes")
    patch = [{"op": "replace", "path": f"/milestones/{key}/planned", "value": "2023-05-01"} for key in keys]
    with translation.override("en"):
        assert lines_of(patch, {}) == ["The schedules of 5 stages were set."]
        assert lines_of(patch[:1], {"commencement": "Ground-breaking"}) == ["Ground-breaking: planned for 1 May 2023"]


def test_the_page_costs_the_same_however_much_happened(browser_of: Any, cast: Cast) -> None:
    """The public: the newest ledger entry, under which the page is kept; the project with its milestones (2), photos, the chain,
    roles of who confirmed, certificates, inspections, money, questions; baselines and the bureau's record for the odds."""

    def queries(person: str) -> int:
        client = browser_of(person)
        client.get(HERE)
        with CaptureQueriesContext(connection) as seen:
            assert client.get(HERE).status_code == 200
        return len(seen)

    before = queries("public"), queries("official")
    for percent in range(5, 95, 5):
        report(cast, "topping_out", percent=percent)
    # The official: session, user, roles, unread notifications; engineers; findings counted; estimates, allocations, spending.
    assert before == (queries("public"), queries("official")) == (12, 20)


def test_the_first_words_answer_what_a_parent_asks(visit: Visit, cast: Cast) -> None:
    """When it opens, whether late and why, how far, how many places, where: before anything else on the page."""
    project = cast.project()
    for key, planned in (("topping_out", date(2024, 5, 1)), ("handover", date(2024, 8, 20))):
        report(cast, key, office=True, planned=planned)
    baseline = {
        "finish": "2024-08-20",
        "stages": {"handover": {"start": "2024-08-01", "finish": "2024-08-20", "weight": 2}},
    }
    Baseline.objects.create(project=project, number=1, approved_at=NOW, reason="first", **baseline)
    report(cast, "handover", forecast=date(2099, 1, 30), delay_reason="design_change", delay_note="New fire exits.")
    first = visit(HERE).text.partition("What comes next?")[0]
    for words in (
        "30 January 2099",
        "promised: 20 August 2024",
        "later than promised",
        "Why: Design change – New fire exits.",
    ):
        assert words in first, (words, first)
    for words in ("2%", "1 of 19 stages met", "1,350 places", "First School", "Primary school"):
        assert words in first, (words, first)
    whole = visit(HERE).text
    gap = re.search(r"([\d.]+) points behind the plan", whole)
    assert gap and f"Behind the plan by {gap[1]} percentage points" in whole, "one figure, wherever it stands"
    # Not within the box of what is late, at whose edge it would be nothing.
    assert 'Design change (<span class="late">' in visit(HERE).html
    first = visit(HERE, language="zh-hans").text.partition("下一步是什么")[0]
    assert "承诺：" in first and "2024年8月20日" in first and "原因：设计变更" in first and "1,350个学位" in first
    project_change(
        project_id=project.pk,
        actor=None,
        at=NOW,
        expected=None,
        changes={"status": "suspended", "status_reason": "funds"},
    )
    first = visit(HERE).text.partition("What comes next?")[0]
    assert "Work is suspended" in first and "2099" not in first


def test_who_confirmed_is_a_role_and_no_name(visit: Visit, cast: Cast) -> None:
    report(cast, "completion_acceptance", actual=date(2023, 6, 20))
    page = visit(HERE)
    assert "Reported, not yet accepted" in page and page.html.count('data-label="Confirmed by">Engineer') == 1
    milestone_accept(
        project_id=cast.project().pk, key="completion_acceptance", actor=cast.user("supervisor"), at=NOW, expected=None
    )
    page = visit(HERE)
    assert 'data-label="Confirmed by">Supervisor' in page.html and "Education Bureau" in page
    assert "name of" not in page and 'data-label="确认人">监督员' in visit(HERE, language="zh-hans").html


def test_what_an_import_brought_names_where_it_was_taken_over_from(cast: Cast) -> None:
    """No hand of the bureau confirmed it, and nothing would look as if nobody stood for it."""
    met = [{"op": "replace", "path": "/milestones/design/state", "value": "met"}]
    entry = LedgerEntry(project=cast.project(), action="project.import", at=NOW, patch=met, actor=None)
    project = cast.project()
    with translation.override("en"):
        assert confirmations(project, [entry]) == {"design": "taken over from a file"}
        project.source = "nyc_sca"
        assert confirmations(project, [entry]) == {
            "design": "taken over from “NYC School Construction Authority: capital project schedules and budgets”"
        }


def test_the_contents_lead_to_what_is_there(visit: Visit) -> None:
    for person in ("public", "official"):
        html = visit(HERE, person).html
        targets = re.findall(r'href="#([\w-]+)"', html[html.index('class="contents') : html.index("What comes next?")])
        assert len(targets) >= 7 and all(html.count(f'id="{target}"') == 1 for target in targets)
        assert html.count('<details class="fold" open>') == 3, "without a script nothing is folded"


def test_money_and_inspections_are_told_where_the_bureau_publishes_them(visit: Visit, cast: Cast, api: Any) -> None:
    held = {"kind": "quality", "held_on": "2023-06-20", "checklist": [], "note": PRIVATE, "inspector": PRIVATE}
    api("supervisor").post("projects/610526-2023-001/inspections/", held | {"result": "passed"}).ok(201)
    api("supervisor").post("projects/610526-2023-001/inspections/", held | {"result": "failed"}).ok(201)
    assert "What it costs" not in visit(HERE) and "Inspections passed" not in visit(HERE)
    publishing_change(
        bureau_id=cast.bureau().pk, actor=cast.user("bureau_admin"), at=NOW, expected=None,
        rules={"money": True, "inspections": True},
    )  # fmt: skip
    page = visit(HERE)
    costs = page.text.partition("What it costs")[2].partition("Facts")[0]
    assert "Money paid 7,654,321.98 yuan 15%" in costs and "County budget 7,654,321.98 yuan 100%" in costs
    assert "Approved design estimate 7,654,321.98 yuan" in costs
    assert "20 June 2023 Quality inspection Passed" in costs and "Failed" not in page
    assert "4 figures" not in page and "Now public: Money paid" in page.text.partition("What changed")[2]
    assert PRIVATE not in page.html
    assert "投资情况" in visit(HERE, language="zh-hans") and "765.43万元" in visit(HERE, language="zh-hans")


def test_what_is_chinese_says_so_on_an_english_page(visit: Visit, cast: Cast) -> None:
    words = "新建教学楼<b>3</b>栋 and a hall"
    project_change(project_id=cast.project().pk, actor=None, at=NOW, expected=None, changes={"description": words})
    assert (
        '<span lang="zh-Hans">新建教学楼</span>&lt;b&gt;3&lt;/b&gt;<span lang="zh-Hans">栋</span> and a hall'
        in visit(HERE).html
    )
    assert '<span lang="zh-Hans">' not in visit("/zh" + HERE).html


@pytest.mark.once
def test_one_sentence_says_how_sure_the_day_is() -> None:
    """The forecast against the days by which half and 80 % of all cases are done: no second answer beside the first."""
    even, likely = date(2026, 12, 8), date(2026, 12, 12)
    odds = (even, likely, Odds(0, 0, 0, 0, 1, []))
    with translation.override("en"):
        for expected, said in (
            (date(2027, 2, 20), "Quite sure: at the usual pace it would be ready even earlier"),
            (likely, "Quite sure: at the usual pace it is ready by then"),
            (date(2026, 12, 10), "Likely, not certain"),
            (date(2026, 9, 1), "Ambitious: at the usual pace it is ready by 8 December 2026 in half of all cases"),
        ):
            assert sure_words(expected, odds).startswith(said)
        assert sure_words(None, odds) == sure_words(even, None) == ""
