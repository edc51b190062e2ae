"""The public's sites in memory: they say what the tables say, after every write and at midnight, and to nobody else."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
import time_machine
from django.contrib.gis.geos import Point
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from mapviews import clusters
from projects_api.models import LedgerEntry, Project
from projects_api.selectors import census
from projects_api.services.bureaus import calendar_change
from projects_api.services.projects import project_change
from tests.api.test_tiles import address, tile_at
from tests.cast import PUBLISHED, Cast

WINDOW = "in_bbox=109.3,34.7,109.9,35.2"
ADDRESSES = [f"/maps/{paint}clusters.json?{WINDOW}&zoom={zoom}" for paint in ("", "lights/") for zoom in (3, 11, 17)]
ADDRESSES += ["/maps/marks.json", "/maps/lights/marks.json"]
ADDRESSES += [f"/api/v1/{address(tile_at(109.56, 34.93, z))}" for z in (0, 6, 9)]


@pytest.fixture
def crowded(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Cast:
    """1,500 sites more, of which some are late from different days on."""
    bureau = cast.bureau()
    statuses = ("proposed", "under_construction", "in_use", "in_use")
    Project.objects.bulk_create(
        Project(
            code=f"{bureau.code}-2024-{n:06d}", bureau=bureau, region=bureau.region, title_zh=f"校{n}", kind="new_build",
            status=statuses[n % 4], site=Point(109.5 + n % 61 * 0.002, 34.9 + n % 67 * 0.001, srid=4326) if n % 50 else None,
            location_precision="map_pin" if n % 50 else "", published=True, created_at=PUBLISHED, updated_at=PUBLISHED,
            measured_finish=date(2027, 6, 1) if n % 3 else None, yellow_from=date(2026, 11, 1) if n % 3 == 1 else None,
            red_from=date(2026, 11, 27) if n % 6 == 1 else None,
        )
        for n in range(1500)
    )  # fmt: skip
    monkeypatch.setattr(clusters, "MANY", 1000)
    return cast


def answers(client: Client) -> list[bytes]:
    """All addresses, with nothing kept; the version, which is another after each write, is taken out."""
    from django.core.cache import caches

    found = []
    for path in ADDRESSES:
        caches["answers"].clear()
        caches["tiles"].clear()
        answer = client.get(path)
        assert answer.status_code == 200, answer.content
        found.append(re.sub(rb'"version":"[^"]*"', b"", answer.content))
    return found


@pytest.fixture
def agreed(client: Client, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[bytes]]:
    """Asks the database and then the memory, which must say the same; returns it."""

    def compare() -> list[bytes]:
        monkeypatch.setattr(census, "MANY", 10**9)
        told = answers(client)
        monkeypatch.setattr(census, "MANY", 0)
        assert answers(client) == told
        return told

    return compare


def test_memory_and_database_tell_the_same_after_every_write(
    crowded: Cast, client: Client, agreed: Callable[[], list[bytes]]
) -> None:
    told = [agreed()]
    project = crowded.project()
    for changes in (
        {"published": False},
        {"published": True},
        {"site": {"type": "Point", "coordinates": [109.55, 35.0]}},
        {"site": None},
    ):
        project_change(project_id=project.pk, actor=None, at=PUBLISHED, expected=None, changes=changes)
        told.append(agreed())
        assert told[-1] != told[-2]


def test_a_light_turns_at_midnight_and_with_the_calendar(crowded: Cast, agreed: Callable[[], list[bytes]]) -> None:
    evening = datetime(2026, 11, 26, 12, tzinfo=UTC)
    with time_machine.travel(evening, tick=False):
        before = agreed()
    with time_machine.travel(evening.replace(day=28), tick=False):
        after = agreed()
        assert before != after
        bureau = crowded.bureau()
        # Whatever a write to the bureau moved, behind the projects' own chains.
        Project.objects.filter(bureau=bureau, red_from__isnull=False).update(red_from=None)
        calendar_change(bureau_id=bureau.pk, actor=None, at=evening, expected=None, rules={"closed_weekdays": [5, 6]})
        assert agreed() != after


def test_it_is_asked_instead_of_the_rows_and_only_by_the_public(
    crowded: Cast, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(census, "MANY", 0)
    client.get(ADDRESSES[0])

    def counts(path: str) -> list[str]:
        from django.core.cache import caches

        caches["tiles"].clear()
        with CaptureQueriesContext(connection) as captured:
            assert client.get(path).status_code == 200
        return [query["sql"] for query in captured if "COUNT(" in query["sql"]]

    assert counts(ADDRESSES[0]) == []
    assert counts(f"{ADDRESSES[0]}&status=in_use") != []
    client.force_login(crowded.user("official"))
    assert counts(ADDRESSES[0]) != []


def test_another_ledger_with_the_same_ids_is_noticed(crowded: Cast) -> None:
    """As after a backup was restored under a running server."""
    newest = LedgerEntry.objects.order_by("-id").values_list("id", "hash").first()
    assert newest is not None
    assert census._changed_since(newest) == []
    assert census._changed_since((newest[0], "another")) is None
    assert census._changed_since((newest[0] + 1, newest[1])) is None


def test_a_census_of_nobody(cast: Cast, monkeypatch: pytest.MonkeyPatch, client: Client) -> None:
    monkeypatch.setattr(census, "MANY", -1)
    Project.objects.update(published=False)
    assert client.get("/api/v1/tiles/0/0/0.mvt").status_code == 204
    assert client.get(ADDRESSES[0]).json()["count"] == 0
