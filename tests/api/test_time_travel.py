"""The two times: `as_of` is what was known then, `on` is how it was then by what is known now."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from projects_api.services.milestones import milestone_change
from tests.cast import Cast

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
        assert not answer.etag, "another day's state is not one to change"
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
    for path in (P, "projects/", "sites.geojson"):
        api().get(f"{path}?{name}={value}").problem(400, f"?{name}")


def test_before_the_record_began_there_is_nothing(cast: Cast, api: Any) -> None:
    api("official").get(f"{P}?as_of=2020-01-01").problem(404)
    assert api("official").get(f"{P}?on=2020-01-01").ok()["progress"] == 0


def test_the_past_cannot_be_changed(cast: Cast, api: Any) -> None:
    api("official").patch(f"{P}?as_of=2023-06-30", {"places": 1}, if_match='"4"').problem(400, "?as_of")
    api("official").delete(f"{P}?on=2023-06-30", if_match='"4"').problem(400, "?on")
