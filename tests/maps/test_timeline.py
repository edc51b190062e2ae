"""`/maps/timeline/`'s documents say of every month what the API says of its last day."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from mapviews import timeline
from projects_api import past
from projects_api.choices import Status
from projects_api.models import Project, User
from projects_api.schedule.progress import FORWARD
from projects_api.services.projects import project_change
from tests.cast import Cast, _standing, cast

__all__ = ["_standing", "cast"]

TIMELINE, KNOWN = "/maps/timeline/timeline.json", "/maps/timeline/known.json"


def get_json(client: Client, url: str) -> Any:
    response = client.get(url)
    assert response.status_code == 200, response.content
    return response.json()


def told(data: Any, way: str, code: str, month: str, before: str) -> str:
    """The status that a document tells of a month; ``before``: where nothing has happened yet."""
    place, _far = steps(data, way, code, month) or (-1, -1)
    return data["vocab"]["status"][place] if place >= 0 else before


def steps(data: Any, way: str, code: str, month: str) -> tuple[int, int] | None:
    """Status and how far at the end of a month, as places in the vocabulary."""
    year, number = map(int, data["from"].split("-"))
    at = int(month[:4]) * 12 + int(month[5:]) - (year * 12 + number)
    flat = data[way][data["code"].index(code)]
    found = [then for since, *then in zip(flat[::3], flat[1::3], flat[2::3], strict=True) if since <= at]
    return (found[-1][0], found[-1][1]) if found else None


def month_ends(first: date, last: date) -> list[date]:
    days, day = [], first.replace(day=1)
    while day < last:
        day = (day + timedelta(days=32)).replace(day=1)
        days.append(day - timedelta(days=1))
    return [day for day in days if day < last]


def test_every_month_is_what_the_lists_say_of_its_last_day(client: Client, cast: Cast) -> None:
    happened, known = get_json(client, TIMELINE), get_json(client, KNOWN)
    assert cast.published in happened["code"]
    for day in month_ends(date(2023, 1, 1), timezone.localdate())[::3]:
        month = f"{day:%Y-%m}"
        on = {row["code"]: row["status"] for row in get_json(client, f"/api/v1/projects/?on={day}")["results"]}
        as_of = {row["code"]: row["status"] for row in get_json(client, f"/api/v1/projects/?as_of={day}")["results"]}
        for code in happened["code"]:
            assert told(happened, "happened", code, month, "proposed") == on[code], (code, month)
            assert told(known, "known", code, month, "") == as_of.get(code, ""), (code, month)


def test_a_site_without_a_place_has_its_months_too(client: Client, cast: Cast) -> None:
    Project.objects.filter(code=cast.published).update(site=None, place=None, location_precision="")
    assert cast.published in get_json(client, TIMELINE)["code"] and cast.published in get_json(client, KNOWN)["code"]


def test_what_was_known_before_publication_is_for_insiders(client: Client, cast: Cast) -> None:
    official = Client()
    official.force_login(User.objects.get(username="official"))
    public, inside = get_json(client, KNOWN), get_json(official, KNOWN)
    assert told(public, "known", cast.published, "2023-03", "") == ""
    assert told(inside, "known", cast.published, "2023-03", "") != ""
    assert cast.unpublished not in public["code"]
    assert cast.unpublished in inside["code"]


def test_a_write_is_in_the_next_answer(client: Client, cast: Cast) -> None:
    code = cast.published
    before = get_json(client, TIMELINE)
    project = Project.objects.get(code=code)
    at = datetime.now(UTC)
    project_change(
        project_id=project.pk,
        actor=None,
        at=at,
        expected=None,
        changes={"status": "suspended", "status_reason": "funds"},
    )
    after = get_json(client, TIMELINE)
    now = f"{timezone.localdate():%Y-%m}"
    assert told(before, "happened", code, now, "") != "suspended"
    assert told(after, "happened", code, now, "") == "suspended"


@pytest.mark.parametrize(("end", "late"), [("suspended", [17, 20, 22]), ("cancelled", [17, 20])])
def test_what_stands_still_has_begun_and_is_behind_and_for_what_was_given_up_nobody_waits(
    end: str, late: list[int]
) -> None:
    def told_of(*found: tuple[int, str]) -> list[int]:
        return timeline._packed(
            [(date(2023 + month // 12, month % 12 + 1, 9), Status(status)) for month, status in found], 2023 * 12
        )

    promised = told_of((3, "approved"), (17, "under_construction"), (22, "in_use"))
    happened = told_of((3, "approved"), (20, "under_construction"), (20, "suspended"), (21, end))
    assert happened[-2:] == [list(Status.values).index(end), FORWARD.index(Status.UNDER_CONSTRUCTION)]
    assert timeline._behind(happened, promised) == late
    assert timeline._behind(happened, []) == []


def test_too_many_sites_say_so(client: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timeline, "MOST", 1)
    response = client.get(TIMELINE, headers={"accept": "application/json"})
    assert response.status_code == 400
    assert client.get(f"{TIMELINE}?bureau={cast.gushi}").status_code == 200
    # Nor is another day calculated for everybody at once, wherever it is asked for.
    monkeypatch.setattr(past, "MOST", 1)
    for address in ("/maps/marks.json", "/api/v1/projects/", "/api/v1/sites.geojson"):
        refused = client.get(f"{address}?on=2024-01-01", headers={"accept": "application/json"})
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "?on")
        assert client.get(f"{address}?on=2024-01-01&bureau={cast.gushi}").status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        "left_layer=kind", "left_day=2999-01-01", "right_day=31.12.2023", "left_known=yes", "middle_day=2023-01-01",
        "left_day=0000-00-00", "left_layer=%7B%7B7*191%7D%7D",
    ],
)  # fmt: skip
def test_a_comparison_names_what_is_wrong_with_its_address(client: Client, db: None, query: str) -> None:
    response = client.get(f"/maps/compare/?{query}")
    assert response.status_code == 400
    assert query.split("=")[0] in response.content.decode()


def test_a_comparison_explains_what_it_shows_and_no_more(client: Client, db: None) -> None:
    def explained(query: str) -> str:
        return " ".join(re.findall(r'id="legend-(\w+)"', client.get(f"/maps/compare/{query}").content.decode()))

    assert explained("") == "status differs stage place"
    assert explained("?left_layer=light&right_layer=light&left_day=2023-06-30") == "light differs place"
    assert explained("?right_layer=light") == "status light differs stage place"


@pytest.mark.parametrize(
    "query", ["month=2023-13", "month=0001-01", "month=2023", "way=dreamt", "month=%F0%9D%9F%9A023-01"]
)
@pytest.mark.parametrize("file", ["", "download/", "map.pdf"])
def test_a_month_and_a_way_of_telling_are_part_of_the_address_and_checked(
    client: Client, db: None, query: str, file: str
) -> None:
    response = client.get(f"/maps/timeline/{file}?{query}", headers={"accept": "application/json"})
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (400, f"?{query.split('=')[0]}")


@pytest.mark.parametrize("view", ["timeline", "compare"])
def test_a_map_of_many_days_takes_no_day(client: Client, db: None, view: str) -> None:
    assert client.get(f"/maps/{view}/?on=2023-06-30").status_code == 400


def test_a_comparison_keeps_the_filters_and_its_sides(client: Client, cast: Cast) -> None:
    page = client.get(
        "/maps/compare/?bureau=610526&left_day=2023-06-30&left_known=1&right_layer=light"
    ).content.decode()
    assert '"query": "as_of=2023-06-30"' in page
    assert '"paint": "light", "query": ""' in page
    assert page.count('name="bureau" value="610526"') == 1
    assert "marks.json?bureau=610526" in page, "the sides' own parameters are none of the data's filters"
