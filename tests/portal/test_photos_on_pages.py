"""Photos where people look: the reviewer sees them with what is doubtful, the public those that were published."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from projects_api.models import Photo
from projects_api.services.photos import Announcement, original_receive, photo_announce, photo_change
from projects_api.services.reports import Draft, report_submit
from tests.cast import Cast
from tests.photo_files import exif, picture, scene
from tests.portal.conftest import Page

TAKEN = datetime(2023, 6, 6, 2, tzinfo=UTC)


@pytest.fixture(autouse=True)
def folders(cast: Cast, settings: Any, tmp_path: Path) -> Iterator[None]:
    settings.UPLOADS_DIR = tmp_path / "uploads"
    media = {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    settings.STORAGES = settings.STORAGES | {
        "default": media | {"OPTIONS": {"location": str(tmp_path / "media"), "allow_overwrite": True}}
    }
    yield


def sent(cast: Cast, data: bytes, **said: Any) -> Photo:
    engineer, now = cast.user("engineer"), timezone.now()
    announced = Announcement(id=uuid4(), taken_at=TAKEN, size=len(data), media_type="image/jpeg", **said)
    photo = photo_announce(project_id=cast.project().pk, actor=engineer, at=now, said=announced)
    original_receive(photo, io.BytesIO(data), offset=0, length=len(data), at=now)
    photo.refresh_from_db()
    return photo


def test_the_reviewer_sees_a_reports_photos_and_what_is_doubtful(cast: Cast, browser_of: Callable[..., Client]) -> None:
    draft = Draft(id=uuid4(), base_version=cast.project().version, made_at=TAKEN, text="Third floor")
    report = report_submit(project_id=cast.project().pk, actor=cast.user("engineer"), at=timezone.now(), draft=draft)
    data = picture(scene(7))
    sent(cast, data, caption="Columns", report=report.pk)
    sent(cast, picture(scene(7), quality=60), caption="Columns again", report=report.pk)
    client = browser_of("supervisor")
    page = Page(client.get(f"/office/reports/{report.pk}/"))
    assert "Columns" in page and "Looks like an earlier photo" in page
    source = page.html.partition('<img src="')[2].partition('"')[0]
    shown: Any = client.get(source)
    assert shown.status_code == 200 and b"".join(shown.streaming_content), "who sees the page sees the picture"
    assert browser_of().get(source).status_code in (401, 403, 404)


def test_the_public_sees_published_photos_without_where_they_were_taken(
    cast: Cast, browser_of: Callable[..., Client]
) -> None:
    data = picture(scene(8), exif=exif(position=(109.5877, 34.9561)))
    photo = sent(cast, data, caption="The new roof")
    sent(cast, picture(scene(9)), caption="Not for everybody")
    path = f"/projects/{cast.published}/"
    assert "The new roof" not in Page(browser_of().get(path))
    photo_change(
        project_id=cast.project().pk, photo_id=photo.pk, actor=cast.user("official"), at=timezone.now(), expected=None,
        published=True,
    )  # fmt: skip
    page = Page(browser_of().get(path))
    assert "The new roof" in page and "Not for everybody" not in page
    source = page.html.partition('<ul class="photos">')[2].partition('<img src="')[2].partition('"')[0]
    shown: Any = browser_of().get(source)
    assert shown.status_code == 200
    body = b"".join(shown.streaming_content)  # read to the end, the client closes the file itself
    assert b"Exif" not in body and b"34.95" not in body
