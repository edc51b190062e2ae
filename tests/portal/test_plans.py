"""The scoreboard: completed x of y, in the year or later, with the projects behind each figure."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from projects_api.models import AnnualPlan, Bureau, Project
from projects_api.services.milestones import milestone_change
from projects_api.services.plans import plan_change
from tests.cast import Cast, api
from tests.factories import make_project
from tests.portal.conftest import Page

__all__ = ["api"]

pytestmark = pytest.mark.once  # words and forms; what is behind them is tried on both engines (tests/api, tests/record)

Visit = Callable[..., Page]
NOW = datetime(2024, 9, 3, 2, tzinfo=UTC)
PLAN = "/plans/610526-2023/"


def add(
    cast: Cast, title: str, target: str, key: str = "", actual: date | None = None, planned: date | None = None
) -> Project:
    project = make_project(
        cast.bureau(), title_en=title, title_zh=title, plan="610526-2023", plan_target=target,
        kind="rural_upgrade" if target == "upgrade" else "new_build",
    )  # fmt: skip
    if key:
        changes = {name: day for name, day in (("actual", actual), ("planned", planned)) if day}
        milestone_change(project_id=project.pk, key=key, actor=None, at=NOW, expected=None, changes=changes)
    return project


@pytest.fixture
def year(cast: Cast) -> Cast:
    add(cast, "Done in time", "complete", "completion_acceptance", date(2023, 12, 31))
    add(cast, "Done late", "complete", "completion_acceptance", date(2024, 1, 1))
    add(cast, "Begun", "start", "commencement", date(2023, 5, 4))
    add(cast, "Not begun", "start", "commencement", planned=date(2023, 6, 1))
    add(cast, "Better", "upgrade", "acceptance", date(2023, 9, 1))
    return cast


def test_the_figures_and_the_projects_behind_them(visit: Visit, year: Cast, api: Any) -> None:
    page = visit(PLAN)
    text = page.text
    # "Public School" of the cast is the third to be completed, and open.
    assert "Completed 2 of 3 in 2023 1 later 1 not yet 1" in text
    assert "Started 1 of 2 in 2023 1 later 0 not yet 1" in text
    assert "Upgraded 1 of 1 in 2023 1 later 0 not yet 0" in text
    completed = text.partition("Completed: 2 of 3")[2].partition("Started: 1 of 2")[0]
    in_time, later, still = (
        completed.partition("Reached after 2023")[0],
        *completed.partition("Reached after 2023")[2].partition("Not reached yet")[::2],
    )
    assert "Done in time" in in_time and "31 December 2023" in in_time
    assert "Done late" in later and "1 January 2024" in later
    assert "Public School" in still and "Internal School" not in still
    started = text.partition("Started: 1 of 2")[2]
    code = Project.objects.get(title_en="Not begun").code
    stages = api().get(f"projects/{code}/schedule/").ok()["stages"]
    expected = date.fromisoformat(next(stage["finish"] for stage in stages if stage["key"] == "commencement"))
    late = (expected - date(2023, 6, 1)).days
    assert f"expected {expected:%-d %B %Y} {late:,} days late" in started, (
        "of the schedule; a planned day is no expectation"
    )


def test_the_figures_in_chinese(visit: Visit, year: Cast) -> None:
    page = visit(PLAN, language="zh-hans")
    assert "已竣工 2 / 3" in page and "已开工1个（计划2个）" in page and "已改善提升 1 / 1" in page
    assert "2023年年内完成" not in page and "2023年内完成" in page


def test_the_bureaus_own_people_see_the_unpublished_projects_too(visit: Visit, year: Cast) -> None:
    assert "Completed 2 of 4" in visit(PLAN, "official")
    assert "Completed 2 of 3" in visit(PLAN, "gushi_official")


@pytest.mark.parametrize(
    ("slug", "person", "status"),
    [
        ("610526-2023", "public", 200),
        ("610526-2024", "public", 404),
        ("610526-2024", "engineer", 404),
        ("610526-2024", "gushi_official", 404),
        ("610526-2024", "official", 200),
        ("610526-1999", "public", 404),
        ("610526", "public", 404),
        ("610526-99999999999999999999", "public", 404),
        ("x-²⁰²³", "public", 404),
    ],
)
def test_plans_that_are_not_yours_do_not_exist(visit: Visit, slug: str, person: str, status: int) -> None:
    assert visit(f"/plans/{slug}/", person).status == status


def test_the_list_of_plans_has_the_same_figures(visit: Visit, year: Cast) -> None:
    page = visit("/plans/")
    assert "Completed 2 of 3 Started 1 of 2 Upgraded 1 of 1" in page
    assert "2024 年计划" not in page
    assert "2024 年计划" in visit("/plans/", "official") and "not published" in visit("/plans/", "official")
    assert "No project in this plan yet." in visit("/plans/610526-2024/", "official")


def test_an_unpublished_plan_is_not_linked_from_a_public_project(visit: Visit, cast: Cast) -> None:
    here = "/projects/610526-2023-001/"
    assert 'href="/plans/610526-2023/"' in visit(here).html
    AnnualPlan.objects.filter(bureau__code="610526", year=2023).update(published=False)
    assert 'href="/plans/610526-2023/"' not in visit(here).html
    assert 'href="/plans/610526-2023/"' in visit(here, "official").html


# --- the plan of another day ---


@pytest.mark.parametrize(
    ("query", "figure", "words"),
    [
        ("?on=2023-12-31", "Completed 1 of 3", "As it was on 31 December 2023, by what is known today."),
        ("?on=2023-12-30", "Completed 0 of 3", "As it was on 30 December 2023, by what is known today."),
        # What was reached was reported on 3 September 2024.
        ("?as_of=2024-09-02", "Completed 0 of 3", "As it was known on 2 September 2024."),
        ("?as_of=2024-09-03", "Completed 2 of 3", "As it was known on 3 September 2024."),
        (
            "?on=2023-12-31&as_of=2024-09-03",
            "Completed 1 of 3",
            "As it was on 31 December 2023, by what was known on 3 September 2024.",
        ),
    ],
)
def test_the_plan_of_another_day_says_which_and_leads_back(
    visit: Visit, year: Cast, api: Any, query: str, figure: str, words: str
) -> None:
    page = visit(PLAN + query)
    assert figure in page and words in page
    assert f'<a class="no-print" href="{PLAN}">Back to today</a>' in page.html
    assert f'href="{PLAN}wall/{query.replace("&", "&amp;")}"' in page.html or "&" in query
    # The figures and the projects behind them are the API's.
    told = api().get(f"plans/610526-2023/{query}").ok()["scoreboard"]
    assert all(f"{score['met'] + score['met_late']} of {score['planned']}" in page for score in told)
    for code in (code for score in told for name in ("met", "met_late", "open") for code in score["projects"][name]):
        assert f'href="/projects/{code}/"' in page.html


def test_today_needs_no_words_and_an_empty_form_is_today(visit: Visit, year: Cast) -> None:
    for query in ("", "?on=&as_of="):
        page = visit(PLAN + query)
        assert "Completed 2 of 3" in page and "Back to today" not in page


def test_the_form_comes_back_as_it_was_filled_in(visit: Visit, year: Cast) -> None:
    html = visit(f"{PLAN}?on=2023-06-30&as_of=2023-07-15").html
    assert 'name="on"' in html and 'value="2023-06-30"' in html and 'value="2023-07-15"' in html


@pytest.mark.parametrize("name", ["on", "as_of"])
@pytest.mark.parametrize("value", ["2999-01-01", "2023-02-30", "30.06.2023", "yesterday", "0001-01-01"])
@pytest.mark.parametrize("path", [PLAN, PLAN + "wall/"])
def test_a_day_that_is_none_is_a_page_that_names_the_field(
    visit: Visit, cast: Cast, path: str, name: str, value: str
) -> None:
    page = visit(f"{path}?{name}={value}")
    assert page.status == 400 and name in page.text.split()
    assert visit(f"{path}?day=2023-06-30").status == 400


def test_before_there_was_anything_the_page_says_so(visit: Visit, year: Cast) -> None:
    page = visit(f"{PLAN}?as_of=2020-01-01")
    assert page.status == 200 and "The plan had no project then." in page


def test_the_plan_itself_is_that_of_the_day_asked_for(visit: Visit, cast: Cast, api: Any) -> None:
    """Found: today's title and document number stood over the figures of another day."""
    ids = dict(AnnualPlan.objects.values_list("year", "pk"))
    at = datetime(2024, 9, 3, 4, tzinfo=UTC)
    renamed = {"title_zh": "新名", "title_en": "", "document_number": "蒲教发〔2024〕9号", "issued": date(2024, 9, 1)}
    plan_change(plan_id=ids[2023], actor=None, at=at, expected=1, changes=renamed)
    plan_change(plan_id=ids[2024], actor=None, at=at, expected=1, changes={"published": True})
    for query, title, number, version in (
        ("?as_of=2024-09-02", "2023 年计划", "", 1),
        ("?as_of=2020-01-01", "2023 年计划", "", 1),
        ("?as_of=2024-09-03", "新名", "蒲教发〔2024〕9号", 2),
        ("?on=2024-09-02", "新名", "蒲教发〔2024〕9号", 2),
    ):
        told = api().get(f"plans/{cast.plan}/{query}").ok()
        assert (told["title_zh"], told["document_number"], told["version"]) == (title, number, version)
        assert title in visit(f"{PLAN}{query}") and title in visit(f"{PLAN}wall/{query}")
    draft = f"plans/{cast.draft_plan}/"
    for path in (draft, f"{draft}curve/"):
        api().get(f"{path}?as_of=2024-09-02").problem(404)
        assert (
            api().get(f"{path}?as_of=2024-09-03").status
            == api("official").get(f"{path}?as_of=2024-09-02").status
            == 200
        )


def test_the_wall_of_another_day_has_its_lights_and_marks_the_day(visit: Visit, year: Cast) -> None:
    whole = add(year, "Planned whole", "complete")
    for key in whole.milestones.values_list("key", flat=True):
        changes = {"planned": date(2023, 6, 1)}
        at = datetime(2023, 6, 5, tzinfo=UTC)
        milestone_change(project_id=whole.pk, key=key, actor=None, at=at, expected=None, changes=changes)

    def light(query: str) -> str:
        page = visit(f"{PLAN}wall/{query}")
        assert ("that day 4 Jun 2023" in page) == bool(query)
        shown = page.text.partition("Planned whole")[2]
        return shown[: shown.index("%")].partition("610526-2023-")[2]

    assert "Not measured" in light("?as_of=2023-06-04")
    assert "Far behind" in light("")
    assert "Commencement: met 4 May" in visit(f"{PLAN}wall/?on=2023-05-04")
    before = visit(f"{PLAN}wall/?on=2023-05-03")
    assert "met 4 May" not in before and "As it was on 3 May 2023" in before


def test_the_past_shows_nobody_more_than_the_present(visit: Visit, year: Cast) -> None:
    for query in ("?on=2024-09-03", "?as_of=2024-09-03"):
        assert "Internal School" not in visit(PLAN + query) and "Internal School" in visit(PLAN + query, "official")


# --- the year's curve ---


def test_the_year_has_a_curve_that_says_how_projects_count(visit: Visit, year: Cast, api: Any) -> None:
    page = visit(f"{PLAN}?on=2023-09-15")
    assert "Progress over 2023" in page and "On 15 September 2023: planned 100%, done 0%" in page
    assert "each counts alike, since the total investment of at least one is not recorded" in page
    assert "5 projects without planned days are left out" in page
    told = {point["day"]: point for point in api().get("plans/610526-2023/curve/?on=2023-09-15").ok()["curve"]}
    assert f"30 Jun 2023 {told['2023-06-30']['planned']:g}% 0% –" in page
    Project.objects.update(total_investment=5)
    assert "each counts by its total investment" in visit(PLAN)


def test_a_bureaus_office_has_the_curve_of_its_newest_plan(visit: Visit, year: Cast) -> None:
    AnnualPlan.objects.filter(year=2024).update(year=2020)
    page = visit("/office/", "official")
    assert "Progress over 2023" in page and 'id="curve-610526-data"' in page.html
    both = visit("/office/", "superuser")
    assert both.html.count("data-scurve") == len(set(re.findall(r'id="(curve-\d+)-day"', both.html))) == 1


def test_the_page_costs_the_same_queries_at_any_number_of_projects(browser_of: Any, year: Cast) -> None:
    def queries(path: str) -> int:
        client = browser_of()
        client.get(path)
        with CaptureQueriesContext(connection) as seen:
            assert client.get(path).status_code == 200
        return len(seen)

    paths = [PLAN, PLAN + "wall/", f"{PLAN}?on=2023-06-30", f"{PLAN}?as_of=2024-09-03"]
    few = [queries(path) for path in paths]
    for number in range(6):
        add(year, f"More {number}", "upgrade", "acceptance", planned=date(2023, 9, 1))
    assert [queries(path) for path in paths] == few
    assert few[:2] == [6, 5], "newest ledger entry, plan, projects, stages, baselines; when it was reported"


def test_today_is_the_bureaus_day(visit: Visit, cast: Cast) -> None:
    """In the evening in Pucheng the next day has begun further east."""
    Bureau.objects.filter(code="411525").update(time_zone="Pacific/Kiritimati")
    with time_machine.travel(datetime(2024, 9, 30, 15, tzinfo=UTC)):
        status = {slug: visit(f"/plans/{slug}/?on=2024-10-01").status for slug in ("610526-2023", "411525-2023")}
    assert status == {"610526-2023": 400, "411525-2023": 200}
