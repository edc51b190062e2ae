"""The project's own map: everybody's outline and mark, insiders' photos with direction and findings, none of them outside."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.gis.geos import Point, Polygon
from django.test import Client
from django.utils import timezone

from projects_api.models import Finding, Photo, Project
from projects_api.services.photos import photo_change
from tests.cast import Cast
from tests.maps.conftest import HOSTILE_TEXT
from tests.photo_files import exif, picture, scene
from tests.portal.test_photos_on_pages import TAKEN, folders, sent

__all__ = ["folders"]

HERE = (109.5877, 34.9561)


def document(client: Client, code: str) -> Any:
    response = client.get(f"/projects/{code}/map.json")
    assert response.status_code == 200, response.content
    return response.json()


@pytest.fixture
def photo(cast: Cast) -> Photo:
    """A published photo that looks east, of a project with an outline."""
    box = Polygon.from_bbox((HERE[0] - 0.001, HERE[1] - 0.001, HERE[0] + 0.001, HERE[1] + 0.001))
    Project.objects.filter(code=cast.published).update(
        site=Point(*HERE, srid=4326), footprint=box, location_precision="surveyed"
    )
    made = sent(cast, picture(scene(3), exif=exif(position=HERE, direction=89.6)), caption="Roof")
    photo_change(
        project_id=made.project_id, photo_ids=[made.pk], actor=cast.user("official"), at=timezone.now(),
        expected=cast.project().version, published=True,
    )  # fmt: skip
    made.refresh_from_db()
    return made


def test_the_camera_says_which_way_it_looked(photo: Photo) -> None:
    assert photo.exif_direction == 90 and photo.published


def test_insiders_see_photos_with_direction_and_the_public_none(
    cast: Cast, photo: Photo, browser_of: Callable[..., Client]
) -> None:
    inside = document(browser_of("official"), cast.published)
    assert [(p["id"], p["direction"], p["caption"]) for p in inside["photos"]] == [(str(photo.pk), 90, "Roof")]
    assert (inside["photos"][0]["lon"], inside["photos"][0]["lat"]) == pytest.approx(HERE, abs=1e-6)
    for who in ("", "other_engineer", "gushi_official"):
        outside = document(browser_of(*([who] if who else [])), cast.published)
        assert outside["photos"] == outside["findings"] == []
        assert outside["site"]["lon"] == pytest.approx(HERE[0]) and outside["footprint"]["type"] == "Polygon"
    history = browser_of().get(f"/api/v1/projects/{cast.published}/history/").content.decode()
    assert "exif_direction" not in history


def test_before_and_after_are_reached_from_both_marks(
    cast: Cast, photo: Photo, browser_of: Callable[..., Client]
) -> None:
    later = sent(
        cast, picture(scene(4), exif=exif(position=HERE, taken=(TAKEN + timedelta(days=60)).replace(tzinfo=None)))
    )
    found = {p["id"]: p for p in document(browser_of("official"), cast.published)["photos"]}
    for one in (photo, later):
        assert [half["url"] for half in found[str(one.pk)]["pair"]] == [
            f"/api/v1/projects/{cast.published}/photos/{pk}/public/" for pk in (photo.pk, later.pk)
        ]


def test_findings_with_a_point_come_for_insiders_as_they_were_written(
    cast: Cast, browser_of: Callable[..., Client]
) -> None:
    project = cast.project()
    Finding.objects.filter(project=project).delete()
    today = timezone.localdate()
    Finding.objects.create(
        project=project, number=1, severity="serious", description=HOSTILE_TEXT, owner="mason",
        raised_on=today - timedelta(days=9), raised_by=cast.user("supervisor"),
        deadline=today - timedelta(days=1), point=Point(*HERE, srid=4326),
    )  # fmt: skip
    Finding.objects.create(
        project=project, number=2, severity="minor", description="no place", owner="mason", raised_on=today - timedelta(days=9),
        raised_by=cast.user("supervisor"),
        deadline=today,
    )  # fmt: skip
    found = document(browser_of("supervisor"), cast.published)["findings"]
    assert [(f["number"], f["text"], f["overdue"]) for f in found] == [(1, HOSTILE_TEXT, True)]
    assert document(browser_of(), cast.published)["findings"] == []


def test_a_project_without_a_place_has_no_map(cast: Cast, browser_of: Callable[..., Client]) -> None:
    Project.objects.filter(code=cast.published).update(site=None, footprint=None, location_precision="")
    assert "data-own-map" not in browser_of("official").get(f"/projects/{cast.published}/").content.decode()


def test_the_public_gets_a_map_where_there_is_more_than_a_mark(
    cast: Cast, photo: Photo, browser_of: Callable[..., Client]
) -> None:
    path = f"/projects/{cast.published}/"
    assert "data-own-map" in browser_of().get(path).content.decode()
    Project.objects.filter(code=cast.published).update(footprint=None)
    assert "data-own-map" not in browser_of().get(path).content.decode()
    assert "data-own-map" in browser_of("official").get(path).content.decode()
