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

from projects_api.models import Photo, Project
from projects_api.services.photos import Announcement, original_receive, photo_announce, photo_change
from projects_api.services.projects import project_change
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


def sent(cast: Cast, data: bytes, *, project: Project | None = None, **said: Any) -> Photo:
    engineer, now = cast.user("engineer"), timezone.now()
    project = project or cast.project()
    announced = Announcement(id=uuid4(), taken_at=TAKEN, size=len(data), media_type="image/jpeg", **said)
    photo = photo_announce(project_id=project.pk, actor=engineer, at=now, said=announced)
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
    assert "2 photos · 1 doubtful" in Page(client.get("/office/reports/")), "seen before a report is opened"
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
        project_id=cast.project().pk, photo_ids=[photo.pk], actor=cast.user("official"), at=timezone.now(), expected=None,
        published=True,
    )  # fmt: skip
    page = Page(browser_of().get(path))
    assert "The new roof" in page and "Not for everybody" not in page
    source = page.html.partition('<ul class="photos">')[2].partition('<img src="')[2].partition('"')[0]
    shown: Any = browser_of().get(source)
    assert shown.status_code == 200
    body = b"".join(shown.streaming_content)  # read to the end, the client closes the file itself
    assert b"Exif" not in body and b"34.95" not in body


# --- the office's pages ---


def photos_page(cast: Cast) -> str:
    return f"/projects/{cast.published}/photos/"


def post(client: Client, path: str, version: int, act: str, *photos: Photo, **more: str) -> Any:
    chosen = [str(photo.pk) for photo in photos]
    return client.post(path, {"version": str(version), "act": act, "photo": chosen, **more})


def test_the_office_publishes_several_at_once_and_takes_one_back(cast: Cast, browser_of: Callable[..., Client]) -> None:
    roof, wall, yard = (
        sent(cast, picture(scene(n)), caption=words) for n, words in ((1, "Roof"), (2, "Wall"), (3, "Yard"))
    )
    path, version = photos_page(cast), cast.project().version
    office = browser_of("official")
    page = Page(office.get(path))
    assert all(words in page for words in ("Roof", "Wall", "Yard", "Unlike any earlier photo", "Time not known"))
    assert f'href="{path}"' in Page(office.get(f"/projects/{cast.published}/")).html
    assert post(office, path, version, "publish", roof, wall).status_code == 303
    assert cast.project().version == version + 1, "one act, one entry"
    public = Page(browser_of().get(f"/projects/{cast.published}/"))
    assert "Roof" in public and "Wall" in public and "Yard" not in public
    assert "Roof" in Page(office.get(f"{path}?state=published")) and "Yard" not in Page(
        office.get(f"{path}?state=published")
    )

    stale = post(office, path, version, "publish", yard)
    assert stale.status_code == 412 and f'value="{yard.pk}" checked' in Page(stale).html, "the choice is still there"
    assert post(office, f"{path}{roof.pk}/", version + 1, "withdraw").status_code == 303
    assert post(office, f"{path}{wall.pk}/", version + 2, "caption", caption="West wall").status_code == 303
    public = Page(browser_of().get(f"/projects/{cast.published}/"))
    assert "West wall" in public and "Roof" not in public.text.partition("What changed since")[0]


def test_setting_aside_asks_why_and_it_is_all_or_nothing(cast: Cast, browser_of: Callable[..., Client]) -> None:
    one, other = sent(cast, picture(scene(1))), sent(cast, picture(scene(2)))
    path, office, version = photos_page(cast), browser_of("official"), cast.project().version
    answer = post(office, path, version, "aside", one, other)
    assert answer.status_code == 400 and "Say why the photo is set aside." in Page(answer)
    assert "Choose at least one photo." in Page(post(office, path, version, "publish"))
    assert post(office, path, version, "aside", one, other, reason="blurred").status_code == 303
    assert set(Photo.objects.values_list("archived", flat=True)) == {True}
    assert post(office, path, version + 1, "publish", one).status_code == 409
    assert post(office, f"{path}{one.pk}/", version + 1, "back").status_code == 303
    assert not Photo.objects.get(pk=one.pk).archived


def test_who_only_reads_changes_nothing(cast: Cast, browser_of: Callable[..., Client]) -> None:
    photo, path = sent(cast, picture(scene(1)), caption="Roof"), photos_page(cast)
    for person in ("engineer", "supervisor", "viewer"):
        page = Page(browser_of(person).get(path))
        assert "Roof" in page and 'name="act"' not in page.html
        for address in (path, f"{path}{photo.pk}/"):
            assert post(browser_of(person), address, 1, "publish", photo).status_code == 403
    assert browser_of("official").get(f"{path}?state=lost").status_code == 400
    assert browser_of("official").get(f"{path}?colour=red").status_code == 400


def test_a_photo_from_elsewhere_says_how_far_and_shows_the_one_that_it_looks_like(
    cast: Cast, browser_of: Callable[..., Client]
) -> None:
    """The earlier photo lies on another project of the bureau: whoever may not read that is told of it, and no more."""
    changes = {"site": {"type": "Point", "coordinates": [109.5877, 34.9561]}, "location_precision": "surveyed"}
    project_change(project_id=cast.project().pk, actor=None, at=timezone.now(), expected=None, changes=changes)
    hidden = cast.project(cast.unpublished)
    first = sent(cast, picture(scene(5)), project=hidden, caption="From the other site")
    hidden.assignments.update(ended=TAKEN.date())
    north = picture(scene(5), quality=70, exif=exif(position=(109.5877, 35.0461), taken=TAKEN.replace(tzinfo=None)))
    copy = sent(cast, north, caption="Ours")
    address = f"{photos_page(cast)}{copy.pk}/"
    page = Page(browser_of("supervisor").get(address))
    assert "10.0 km north of the site" in page and "Far from the site" in page and "Looks like an earlier photo" in page
    assert "From the other site" in page and f"/photos/{first.pk}/preview/" in page.html
    assert f"/photos/{copy.pk}/original/" in page.html
    engineer = Page(browser_of("engineer").get(address))
    assert "and 1 of a project that you do not read" in engineer
    assert "From the other site" not in engineer and str(first.pk) not in engineer.html
    assert "Ours" in Page(browser_of("supervisor").get(f"{photos_page(cast)}?state=doubtful"))
    assert browser_of("supervisor").get(f"/projects/{cast.published}/photos/{first.pk}/").status_code == 404


def test_before_and_after_are_public_when_both_are(cast: Cast, browser_of: Callable[..., Client]) -> None:
    spot = exif(position=(109.5877, 34.9561), taken=datetime(2023, 3, 1, 10))
    later = exif(position=(109.58771, 34.95611), taken=datetime(2023, 6, 1, 10))
    before, after = sent(cast, picture(scene(1), exif=spot), caption="Field"), sent(
        cast, picture(scene(2), exif=later), caption="Walls"
    )  # fmt: skip
    page = f"/projects/{cast.published}/"
    assert "Field → Walls" in Page(browser_of("supervisor").get(photos_page(cast)))
    for n, photo in enumerate((before, after), start=1):
        assert 'class="pair"' not in Page(browser_of().get(page)).html
        assert (
            post(browser_of("official"), photos_page(cast), cast.project().version, "publish", photo).status_code == 303
        ), n
    shown = Page(browser_of().get(page))
    assert "Before 1 March 2023" in shown and "After 1 June 2023" in shown and "Field → Walls" in shown
    assert "34.95" not in shown.html.partition('class="pair"')[2].partition("</figure>")[0]
