"""``plans/{slug}/curve/``: the S-curve of a year, of all the projects of a plan together."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from projects_api.models import Project
from projects_api.services.milestones import milestone_change
from projects_api.services.projects import project_change
from tests.cast import Cast
from tests.factories import make_project

CURVE = "plans/610526-2023/curve/"
NOW = datetime(2024, 9, 3, 2, tzinfo=UTC)


def built(cast: Cast, title: str, planned: date, actual: date | None = None, **values: Any) -> Project:
    """In the plan of 2023; every stage is planned (and met) on one day, so that its curve is a step."""
    project = make_project(
        cast.bureau(), title_zh=title, plan="610526-2023", plan_target="upgrade", kind="rural_upgrade", **values
    )
    for key in project.milestones.values_list("key", flat=True):
        changes = {"planned": planned} | ({"actual": actual} if actual else {})
        milestone_change(project_id=project.pk, key=key, actor=None, at=NOW, expected=None, changes=changes)
    return project


def on(curve: dict[str, Any], day: str) -> tuple[Any, Any, Any]:
    point = next(point for point in curve["curve"] if point["day"] == day)
    return point["planned"], point["actual"], point["forecast"]


@pytest.fixture
def year(cast: Cast) -> Cast:
    """One of 3 million, done in June as planned; one of 1 million, planned for June too and not begun."""
    built(cast, "done", date(2023, 6, 30), date(2023, 6, 30), total_investment="3000000")
    built(cast, "open", date(2023, 6, 30), total_investment="1000000")
    return cast


def test_a_project_counts_by_its_total_investment(year: Cast, api: Any) -> None:
    curve = api().get(CURVE).ok()
    assert (curve["plan"], curve["year"], curve["weights"]) == ("610526-2023", 2023, "total_investment")
    assert curve["projects"] == 2 and curve["left_out"] == [year.published], "the cast's own has no planned day"
    assert [point["day"] for point in curve["curve"]][0::12] == ["2023-01-01", "2023-12-31"]
    assert on(curve, "2023-12-31") == (100.0, 75.0, None)
    values = [point["planned"] for point in curve["curve"]]
    assert values == sorted(values) and values[0] < 100


def test_all_count_alike_where_one_has_no_total_investment(year: Cast, api: Any) -> None:
    built(year, "unknown", date(2023, 6, 30), date(2023, 6, 30))
    curve = api().get(CURVE).ok()
    assert curve["weights"] == "equal"
    assert on(curve, "2023-12-31") == (100.0, 66.6, None), "done is rounded down"


def test_one_project_has_its_own_curve(cast: Cast, api: Any) -> None:
    project = built(cast, "alone", date(2023, 6, 30), date(2023, 8, 15))
    own = {point["day"]: point for point in api().get(f"projects/{project.code}/schedule/").ok()["curve"]}
    joint = api().get(CURVE).ok()
    same = [point for point in joint["curve"] if point["day"] in own]
    assert len(same) >= 3 and all(point == own[point["day"]] for point in same)
    assert on(joint, "2023-08-31") == (100.0, 100.0, None)


def test_on_a_day_of_the_year_the_forecast_begins_there(year: Cast, api: Any) -> None:
    curve = api().get(f"{CURVE}?on=2023-09-15").ok()
    assert (curve["today"], curve["on"]) == ("2023-09-15", "2023-09-15")
    planned, actual, forecast = on(curve, "2023-09-15")
    assert (planned, actual) == (100.0, 75.0) == (planned, forecast)
    assert on(curve, "2023-10-31")[1] is None and on(curve, "2023-08-31")[2] is None
    assert on(curve, "2023-12-31")[2] > 75.0


def test_what_is_suspended_expects_nothing(year: Cast, api: Any) -> None:
    soon = (datetime.now(UTC).date() + timedelta(days=400)).year
    slug = f"610526-{soon}"
    api("official").post("plans/", {"bureau": "610526", "year": soon, "title_zh": "计划", "published": True}).ok(201)
    moving = {"plan": slug, "plan_target": "upgrade"}
    for title in ("going", "halted"):
        project = built(year, title, date(soon, 6, 30))
        project_change(project_id=project.pk, actor=None, at=NOW, expected=None, changes=moving)
        if title == "halted":
            halted = {"status": "suspended", "status_reason": "funds"}
            project_change(project_id=project.pk, actor=None, at=NOW, expected=None, changes=halted, reason="funds")
    curve = api().get(f"plans/{slug}/curve/").ok()
    assert on(curve, f"{soon}-12-31") == (100.0, None, 50.0)


def test_as_known_then_a_later_report_does_not_count(year: Cast, api: Any) -> None:
    """Everything was planned and reported in September 2024: before, the record knew of no planned day."""
    then = api().get(f"{CURVE}?as_of=2024-09-02").ok()
    assert (then["projects"], then["curve"], len(then["left_out"])) == (0, [], 3)
    assert api().get(f"{CURVE}?as_of=2024-09-03").ok()["projects"] == 2
    assert api().get(f"{CURVE}?as_of=2022-12-31").ok()["left_out"] == [], "nobody knew of any project"


def test_the_public_reads_the_curve_of_what_is_public(year: Cast, api: Any) -> None:
    built(year, "draft", date(2023, 6, 30), date(2023, 6, 30), published=False, total_investment="4000000")
    assert api().get(CURVE).ok()["projects"] == api("gushi_official").get(CURVE).ok()["projects"] == 2
    office = api("official").get(CURVE).ok()
    assert office["projects"] == 3 and on(office, "2023-12-31") == (100.0, 87.5, None)


def test_unchanged_it_is_not_sent_again(year: Cast, api: Any) -> None:
    tags = {api().get(f"{CURVE}{query}").etag for query in ("", "?on=2023-09-15", "?as_of=2023-09-15")}
    tags.add(api("official").get(CURVE).etag)
    assert len(tags) == 4
    assert api().get(CURVE, if_none_match=api().get(CURVE).etag).status == 304
    before = api().get(CURVE).etag
    built(year, "another", date(2023, 6, 30))
    assert api().get(CURVE).etag != before


@pytest.mark.parametrize("query", ["on=2999-01-01", "as_of=2023-02-30", "on=", "year=2023"])
def test_a_day_that_is_none_is_named(cast: Cast, api: Any, query: str) -> None:
    api().get(f"{CURVE}?{query}").problem(400, f"?{query.partition('=')[0]}")


def test_a_plan_without_projects_has_no_curve(cast: Cast, api: Any) -> None:
    empty = api("official").get("plans/610526-2024/curve/").ok()
    assert (empty["projects"], empty["left_out"], empty["curve"]) == (0, [], [])
