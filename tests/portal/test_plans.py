"""The scoreboard: completed x of y, in the year or later, with the projects behind each figure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from projects_api.models import AnnualPlan, Project
from projects_api.services.milestones import milestone_change
from tests.cast import Cast
from tests.factories import make_project
from tests.portal.conftest import Page

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


def test_the_figures_and_the_projects_behind_them(visit: Visit, year: Cast) -> None:
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
    assert "expected 1 June 2023 overdue by" in started


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
