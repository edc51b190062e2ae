"""Clusters made by the database: no site lost, none told to whom it is hidden, and the answer as long at any number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.gis.geos import Point
from django.test import Client

from mapviews import clusters
from mapviews.clusters import REACH, Group, joined
from projects_api.choices import Status
from projects_api.models import Bureau, Project
from tests.maps.conftest import draft

COUNTY = "/maps/clusters.json?in_bbox=109.3,34.7,109.9,35.2"
STATUSES = ("proposed", "in_use", "in_use", "under_construction", "suspended")


@pytest.fixture
def many(bureau: Bureau) -> list[Project]:
    """Crowded in the west, one by one in the east; two at exactly one place, one without a place, one unpublished."""
    drafts = [draft(bureau, n, status=STATUSES[n % 5]) for n in range(1, 400)]
    drafts += [draft(bureau, n, site=Point(109.85, 34.72 + 0.07 * (n - 400), srid=4326)) for n in range(400, 406)]
    drafts += [draft(bureau, n, site=Point(109.7, 35.1, srid=4326)) for n in (406, 407)]
    drafts += [draft(bureau, 408, site=None), draft(bureau, 409, published=False)]
    return list(Project.objects.bulk_create(drafts))


def read(client: Client, address: str) -> Any:
    answer = client.get(address)
    assert answer.status_code == 200, answer.content
    return answer.json()


@pytest.mark.parametrize("zoom", [0, 5, 9, 12, 15, 18])
@pytest.mark.parametrize("query", ["", "&status=in_use,suspended", "&bureau=999001", "&near=109.5,34.9&radius=100000"])
def test_every_visible_site_in_the_window_is_counted_once(
    client: Client, many: list[Project], zoom: int, query: str
) -> None:
    data = read(client, f"{COUNTY}&zoom={zoom}{query}")
    shown = [
        p for p in many if p.published and p.site and ("status" not in query or p.status in ("in_use", "suspended"))
    ]
    expected = Counter(p.status for p in shown)
    alone = Counter(data["sites"]["vocab"]["status"][place] for place in data["sites"]["status"])
    heaps = Counter({s: sum(counts[n] for counts in data["counts"]) for n, s in enumerate(Status.values)})
    if data["zoom"] == zoom:
        assert +(alone + heaps) == expected
    assert data["count"] == expected.total() == sum(map(sum, data["counts"])) + len(data["sites"]["code"])
    assert all(sum(counts) > 1 for counts in data["counts"])
    assert len(data["list"]["code"]) == min(100, expected.total())
    assert {*data["sites"]["code"], *data["list"]["code"]} <= {p.code for p in shown}


def test_the_map_of_lights_counts_lights(client: Client, many: list[Project]) -> None:
    Project.objects.filter(status="in_use").update(measured_finish="2026-01-01", red_from="2026-02-01")
    lights = {"red": sum(p.status == "in_use" and p.published for p in many)}
    lights["none"] = 407 - lights["red"]
    for query in ("", "&bureau=999001"):
        data = read(client, f"{COUNTY.replace('maps', 'maps/lights')}&zoom=11{query}")
        words = data["vocab"]["light"]
        found = Counter(words[place] for place in data["sites"]["light"])
        for counts in data["counts"]:
            found.update(dict(zip(words, counts, strict=True)))
        assert +found == lights
        assert "slip" in data["list"]


def test_a_window_holds_what_lies_in_it(client: Client, many: list[Project]) -> None:
    east = read(client, "/maps/clusters.json?in_bbox=109.84,34.7,109.86,35.2&zoom=10")
    assert sorted(east["sites"]["code"]) == sorted(p.code for p in many[399:405])
    assert east["list"]["code"] == east["sites"]["code"]
    assert (east["count"], east["lon"]) == (6, [])
    nothing = read(client, "/maps/clusters.json?in_bbox=10,10,11,11&zoom=10")
    assert (nothing["count"], nothing["sites"]["code"], nothing["list"]["code"]) == (0, [], [])


def test_two_sites_at_one_place_stay_together_at_the_last_zoom(client: Client, many: list[Project]) -> None:
    near = read(client, "/maps/clusters.json?in_bbox=109.6999,35.0999,109.7001,35.1001&zoom=18")
    assert near["counts"] == [[2 if s == "under_construction" else 0 for s in Status.values]]
    assert (near["lon"][0], near["lat"][0]) == pytest.approx((109.7, 35.1), abs=1e-4)
    assert sorted(near["list"]["code"]) == sorted(p.code for p in many[405:407])


def test_groups_join_the_largest_within_reach_and_none_is_lost() -> None:
    groups = [Group(x * 1.7 % 60, x * 2.3 % 40, x, [1 + x % 7, x % 2], 1 + x % 7 + x % 2) for x in range(500)]
    found = joined(joined(groups))
    assert sum(group.total for group in found) == sum(group.total for group in groups)
    near = [(a, b) for n, a in enumerate(found) for b in found[:n] if (a.x - b.x) ** 2 + (a.y - b.y) ** 2 < REACH**2]
    assert len(near) <= len(found) / 20
    assert joined([]) == []


def test_the_whole_world_at_the_last_zoom_is_answered_at_a_lower_one(client: Client, many: list[Project]) -> None:
    data = read(client, "/maps/clusters.json?in_bbox=-180,-85,180,85&zoom=22")
    assert data["zoom"] < 8 and data["count"] == 407


def test_a_map_of_too_many_begins_with_an_overview(
    client: Client, many: list[Project], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clusters, "MANY", 400)
    for path in ("/maps/marks.json", "/maps/sites.json", "/maps/lights/marks.json"):
        data = read(client, path)
        assert data["too_many"] is True
        assert (data["count"], data["located"], sum(data["counts"])) == (408, 407, 407)
        (south, west), (north, east) = data["bounds"]
        assert 109.2 < west < 109.41 and 109.85 < east < 110 and 34.6 < south < 34.8 and 35.1 < north < 35.3
        assert data["unlocated"]["unlocated"]["code"] == [many[407].code]
        assert len(client.get(path).content) < 3000
    assert "lon" in read(client, "/maps/marks.json?status=in_use"), "what the filters leave decides, not what there is"


def test_the_cost_does_not_grow(
    client: Client, many: list[Project], django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    """Newest entry, counts; who stands alone, who is listed, and for both their rows and divisions."""
    with django_assert_max_num_queries(10):
        read(client, f"{COUNTY}&zoom=10")
