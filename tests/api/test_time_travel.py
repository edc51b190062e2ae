"""The two times: `as_of` is what was known then, `on` is how it was then by what is known now."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser

from projects_api import past
from projects_api.api.conditional import ENTITY_TAG
from projects_api.models import Project
from projects_api.services.baselines import baseline_approve
from projects_api.services.milestones import milestone_change
from tests.cast import Cast
from tests.factories import make_project

P = "projects/610526-2023-001/"


def report(cast: Cast, at: datetime, key: str = "foundations", **changes: Any) -> None:
    milestone_change(project_id=cast.project().pk, key=key, actor=None, at=at, expected=None, changes=changes)


@pytest.fixture
def works(cast: Cast) -> Cast:
    """Begun on 1 June and met on 20 July, but reported late: on 10 June and on 1 August (noon, Beijing)."""
    report(cast, datetime(2023, 6, 10, 4, tzinfo=UTC), started=date(2023, 6, 1), percent=40)
    report(cast, datetime(2023, 8, 1, 4, tzinfo=UTC), actual=date(2023, 7, 20))
    return cast


def stage(answer: Any, key: str = "foundations") -> dict[str, Any]:
    return next(m for m in answer.ok()["milestones"] if m["key"] == key)


def test_as_of_is_what_the_record_knew_at_the_end_of_that_day(works: Cast, api: Any) -> None:
    states = {
        "2023-06-09": ("scheduled", 0, None),
        "2023-06-10": ("in_progress", 40, None),
        "2023-07-31": ("in_progress", 40, None),
        "2023-08-01": ("met", 100, "2023-07-20"),
    }
    for day, (state, percent, actual) in states.items():
        answer = api().get(f"{P}?as_of={day}")
        found = stage(answer)
        assert (found["state"], found["percent"], found["actual"]) == (state, percent, actual), day
        assert answer.data["as_of"] == day
        assert not ENTITY_TAG.fullmatch(answer.etag), "another day's state is not one to change"
    versions = [api().get(f"{P}?as_of={day}").data["version"] for day in states]
    assert versions == sorted(versions) and versions[-1] == works.project().version


def test_on_is_how_it_was_by_what_is_known_now(works: Cast, api: Any) -> None:
    states = {
        "2023-05-31": ("scheduled", None, None),
        "2023-06-01": ("in_progress", "2023-06-01", None),
        "2023-07-19": ("in_progress", "2023-06-01", None),
        "2023-07-20": ("met", "2023-06-01", "2023-07-20"),
    }
    for day, (state, started, actual) in states.items():
        found = stage(api().get(f"{P}?on={day}"))
        assert (found["state"], found["started"], found["actual"]) == (state, started, actual), day
    assert api().get(f"{P}?on=2023-05-10").ok()["status"] == "proposed"
    assert api().get(f"{P}?on=2023-05-20").ok()["status"] == "approved"


def test_both_times_together(works: Cast, api: Any) -> None:
    """On 15 July as known on 15 July: begun, 40 % as last reported; by what is known now it was not yet met either."""
    found = stage(api().get(f"{P}?as_of=2023-07-15&on=2023-07-15"))
    assert (found["state"], found["percent"]) == ("in_progress", 40)
    found = stage(api().get(f"{P}?as_of=2023-06-09&on=2023-06-05"))
    assert (found["state"], found["started"]) == ("scheduled", None), "nobody knew yet"


def test_a_day_is_the_bureaus_day_not_utcs(cast: Cast, api: Any) -> None:
    """00:30 in Beijing on 1 July is still 30 June in UTC."""
    report(cast, datetime(2023, 6, 30, 16, 30, tzinfo=UTC), started=date(2023, 6, 30), percent=55)
    assert stage(api().get(f"{P}?as_of=2023-06-30"))["percent"] == 0
    assert stage(api().get(f"{P}?as_of=2023-07-01"))["percent"] == 55
    assert stage(api().get(f"{P}?on=2023-06-30"))["percent"] == 0
    assert stage(api().get(f"{P}?on=2023-07-01"))["percent"] == 55


def test_the_public_looking_at_other_days_leaves_threads_for_everybody_else(works: Cast, api: Any) -> None:
    with ExitStack() as taken:
        for _ in range(past.AT_ONCE):
            taken.enter_context(past._seat(AnonymousUser()))
        refused = api().get("projects/?as_of=2023-06-09")
        refused.problem(503)
        assert refused.headers["Retry-After"] == "5"
        assert api().get("projects/").status == 200 and api("official").get("projects/?as_of=2023-06-09").status == 200
    assert api().get("projects/?as_of=2023-06-09").status == 200


def test_lists_and_sites_travel_with_their_filters(works: Cast, api: Any) -> None:
    def found(query: str) -> dict[str, Any]:
        return {row["code"]: row for row in api().get(f"projects/?{query}").ok()["results"]}

    assert found("as_of=2023-03-31") == {}
    june, august = found("as_of=2023-06-30"), found("as_of=2023-08-01")
    assert june.keys() == august.keys() == {works.published, works.gushi_published}
    assert june[works.published]["progress"] < august[works.published]["progress"]
    assert works.published in found("on=2023-05-20&status=approved")
    assert works.published not in found("on=2023-05-19&status=approved")
    assert found("as_of=2023-06-30&bureau=411525").keys() == {works.gushi_published}
    assert found("as_of=2023-06-30&near=109.6,34.96&radius=60000").keys() == {works.published}
    assert list(found("as_of=2023-06-30&ordering=-code")) == [works.published, works.gushi_published]
    page = api().get("projects/?as_of=2023-06-30&page_size=1").ok()
    assert page["count"] == 2 and page["next"] and len(page["results"]) == 1
    today = api().get("projects/").ok()["results"]
    then = (
        api().get(f"projects/?as_of={date.today().isoformat()}").ok()["results"]
        if date.today() <= _local_today()
        else today
    )
    assert [row.keys() for row in then] == [row.keys() for row in today]
    features = api().get("sites.geojson?as_of=2023-06-30").ok()["features"]
    assert {feature["id"] for feature in features} == june.keys()
    api().get("projects/?as_of=2023-06-30&updated_since=2023-01-01T00:00:00Z").problem(400, "?updated_since")


def _local_today() -> date:
    from django.utils import timezone

    return timezone.localdate()


def test_today_is_the_present(cast: Cast, api: Any) -> None:
    today = _local_today().isoformat()
    present = api("official").get(P).ok()
    for query in (f"as_of={today}", f"on={today}", f"as_of={today}&on={today}"):
        then = api("official").get(f"{P}?{query}").ok()
        assert {name: then[name] for name in present} == present, query


@pytest.mark.parametrize("name", ["as_of", "on"])
@pytest.mark.parametrize(
    "value",
    [
        "2999-01-01",
        "0000-01-01",
        "0001-01-01",
        "9999-12-31",
        "2023-02-30",
        "2023-6-30",
        "30.06.2023",
        "today",
        "",
        "2023-06-30T00:00:00Z",
    ],
)
def test_a_day_that_is_none_is_named(cast: Cast, api: Any, name: str, value: str) -> None:
    for path in (P, f"{P}schedule/", "plans/610526-2023/", "projects/", "sites.geojson"):
        api().get(f"{path}?{name}={value}").problem(400, f"?{name}")


def test_before_the_record_began_there_is_nothing(cast: Cast, api: Any) -> None:
    api("official").get(f"{P}?as_of=2020-01-01").problem(404)
    assert api("official").get(f"{P}?on=2020-01-01").ok()["progress"] == 0


def test_the_past_cannot_be_changed(cast: Cast, api: Any) -> None:
    api("official").patch(f"{P}?as_of=2023-06-30", {"places": 1}, if_match='"4"').problem(400, "?as_of")
    api("official").delete(f"{P}?on=2023-06-30", if_match='"4"').problem(400, "?on")


# --- the schedule of another day ---

LOOK = ("light", "late", "critical", "stale", "misses_term", "baseline_finish", "forecast_finish", "slip_days")


@pytest.fixture
def slipped(cast: Cast) -> str:
    """The address of its schedule. Planned on 4 April 2023, one month for each stage; building began on 10 May, which was
    reported on 20 May. On 20 June the engineer learns that the foundations come 60 days late.
    """
    project = make_project(cast.bureau())
    stages = project.milestones.order_by("position").values_list("key", flat=True)
    planned = {key: date(2023 + number // 12, number % 12 + 1, 15) for number, key in enumerate(stages)}
    for key, day in planned.items():
        tell(project, datetime(2023, 4, 4, 4, tzinfo=UTC), key, planned=day)
    begun = {"started": date(2023, 5, 9), "actual": date(2023, 5, 10)}
    tell(project, datetime(2023, 5, 20, 4, tzinfo=UTC), "commencement", **begun)
    late = {"forecast": planned["foundations"] + timedelta(days=60), "delay_reason": "weather"}
    tell(project, datetime(2023, 6, 20, 4, tzinfo=UTC), "foundations", **late)
    return f"projects/{project.code}/schedule/"


def tell(project: Project, at: datetime, key: str, **changes: Any) -> None:
    milestone_change(
        project_id=project.pk, key=key, actor=None, at=at, expected=None, changes=changes, confirmed=True, reason="so"
    )


def expected(answer: Any, key: str) -> dict[str, Any]:
    return next(stage for stage in answer.ok()["stages"] if stage["key"] == key)


def test_a_slip_recorded_later_is_not_in_the_forecast_of_before(slipped: str, api: Any) -> None:
    before, after = (api().get(f"{slipped}?as_of=2023-06-{day}") for day in (19, 20))
    assert before.ok()["today"] == before.data["as_of"] == "2023-06-19"
    assert expected(before, "foundations")["slip_days"] < 60 == expected(after, "foundations")["slip_days"]
    assert before.data["forecast_finish"] < after.data["forecast_finish"]
    # By what is known today it was to slip even then, but an opinion has no date of its own.
    assert expected(api().get(f"{slipped}?on=2023-06-19"), "foundations")["slip_days"] < 60


def test_on_counts_actual_days_up_to_that_day(slipped: str, api: Any) -> None:
    found = {day: expected(api().get(f"{slipped}?on=2023-05-{day:02}"), "commencement") for day in (8, 9, 10)}
    assert [found[day]["actual_start"] for day in (8, 9, 10)] == [None, "2023-05-09", "2023-05-09"]
    assert [found[day]["actual_finish"] for day in (8, 9, 10)] == [None, None, "2023-05-10"]
    # It was reported on the 20th: as known on the 10th, nothing had begun.
    assert expected(api().get(f"{slipped}?as_of=2023-05-10"), "commencement")["actual_start"] is None
    assert expected(api().get(f"{slipped}?as_of=2023-05-20&on=2023-05-09"), "commencement")["actual_finish"] is None


def test_the_curve_and_the_light_are_those_of_that_day(slipped: str, api: Any) -> None:
    then = api().get(f"{slipped}?on=2023-06-19").ok()
    assert [p["day"] for p in then["curve"] if p["actual"] is not None and p["forecast"] is not None] == ["2023-06-19"]
    rows = api().get("projects/?on=2023-06-19").ok()["results"]
    row = next(row for row in rows if row["code"] in slipped)
    assert {name: then[name] for name in LOOK} == {name: row[name] for name in LOOK}
    assert api().get(f"{slipped}?on=2023-05-09").ok()["progress"] < then["progress"]


def test_each_day_has_its_own_tag_and_is_read_with_it(slipped: str, api: Any) -> None:
    queries = ("", "?on=2023-06-19", "?as_of=2023-06-19", "?as_of=2023-06-19&on=2023-06-18", "?on=2023-06-20")
    tags = {query: api().get(f"{slipped}{query}").etag for query in queries}
    assert len(set(tags.values())) == len(queries) and all(tags.values())
    assert all(api().get(f"{slipped}{query}", if_none_match=tag).status == 304 for query, tag in tags.items())
    assert api().get(f"{slipped}?on=2023-06-19", if_none_match=tags[""]).status == 200


def test_today_the_schedule_is_the_present(slipped: str, api: Any) -> None:
    today = _local_today().isoformat()
    present = api().get(slipped).ok()
    for query in (f"as_of={today}", f"on={today}", f"as_of={today}&on={today}"):
        then = api().get(f"{slipped}?{query}").ok()
        assert {name: then[name] for name in present} == present, query


def test_a_baseline_is_there_from_the_day_of_its_approval(slipped: str, api: Any, cast: Cast) -> None:
    at = datetime(2023, 7, 1, 4, tzinfo=UTC)
    project = cast.project(slipped.split("/")[1])
    baseline_approve(project_id=project.pk, actor=cast.user("official"), at=at, expected=None, reason="the plan")
    for name in ("as_of", "on"):
        assert api().get(f"{slipped}?{name}=2023-06-30").ok()["baseline"] is None
        assert api().get(f"{slipped}?{name}=2023-07-01").ok()["baseline"] == 1
        assert api().get(f"{slipped}?{name}=2023-07-01&baseline=1").ok()["baseline"] == 1
        api().get(f"{slipped}?{name}=2023-06-30&baseline=1").problem(404)


def test_the_odds_of_then_know_nothing_that_was_reported_later(slipped: str, api: Any, cast: Cast) -> None:
    """Twelve others have taken their structures in hand and met them: in 2023, as reported in 2024."""
    late = datetime(2024, 3, 1, 4, tzinfo=UTC)
    for _number in range(12):
        other = make_project(cast.bureau())
        tell(other, late, "topping_out", started=date(2023, 2, 1), actual=date(2023, 5, 1))
    drawn = {
        query: api().get(f"{slipped}?{query}").ok()["odds"]["from_record"]
        for query in ("on=2023-06-21", "on=2023-04-30")
    }
    assert drawn == {"on=2023-06-21": ["topping_out"], "on=2023-04-30": []}
    assert api().get(f"{slipped}?as_of=2023-06-21").ok()["odds"]["from_record"] == []


def test_what_was_not_public_then_has_no_schedule_of_then(cast: Cast, api: Any) -> None:
    assert api().get(f"{P}schedule/?as_of=2023-04-03").ok()  # the day of its publication
    api().get(f"{P}schedule/?as_of=2023-04-02").problem(404)
    api("official").get(f"{P}schedule/?as_of=2023-04-02").ok()
    api("official").get(f"{P}schedule/?as_of=2020-01-01").problem(404)
