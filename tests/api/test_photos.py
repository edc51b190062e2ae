"""Photos over HTTP: announced, sent in parts over a bad network, checked, doubted, published without what nobody may know."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from PIL import Image

from projects_api.models import LedgerEntry, Photo, Project
from projects_api.pictures import difference_hash
from projects_api.plausibility import SAME_LOOK, hamming
from projects_api.selectors.verify import verify
from projects_api.services import photo_files
from projects_api.services.photos import duplicates
from projects_api.services.projects import project_change
from tests.cast import PRIVATE, Cast
from tests.photo_files import bomb, exif, picture, scene

P, U = "projects/610526-2023-001/", "projects/610526-2023-002/"
HERE = (109.5877, 34.9561)
TAKEN = datetime(2023, 6, 6, 10, 0)  # by a camera that says no time zone
PART = "application/offset+octet-stream"
OUTSIDERS = ("public", "stranger", "gushi_official", "gushi_engineer", "other_engineer")


@pytest.fixture(autouse=True)
def folders(cast: Cast, settings: Any, tmp_path: Path) -> Iterator[Path]:
    """Files of the test's own."""
    settings.UPLOADS_DIR = tmp_path / "uploads"
    media = {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    settings.STORAGES = settings.STORAGES | {
        "default": media | {"OPTIONS": {"location": str(tmp_path / "media"), "allow_overwrite": True}}
    }
    yield tmp_path


@pytest.fixture
def photo() -> bytes:
    return picture(scene(1, (1200, 900)), quality=90, exif=exif(position=HERE, taken=TAKEN, words=PRIVATE))


@pytest.fixture
def surveyed(cast: Cast) -> Project:
    """The project's site, known to the metre."""
    return site_at(cast.project(), HERE)


def site_at(project: Project, position: tuple[float, float]) -> Project:
    changes = {"site": {"type": "Point", "coordinates": list(position)}, "location_precision": "surveyed"}
    project_change(project_id=project.pk, actor=None, at=timezone.now(), expected=None, changes=changes)
    return project


def announced(data: bytes, **more: Any) -> dict[str, Any]:
    return {
        "id": str(uuid4()),
        "taken_at": "2023-06-06T02:00:00Z",
        "size": len(data),
        "media_type": "image/jpeg",
        **more,
    }


def send(person: Any, path: str, data: bytes, offset: int = 0, **headers: str) -> Any:
    named = {"upload_offset": str(offset), **headers}
    return person.call("PATCH", f"{path}original/", data, content_type=PART, **named)


def sent(api: Any, data: bytes, *, project: str = P, who: str = "engineer", **more: Any) -> str:
    """A photo brought in whole; its address."""
    said = announced(data, **more)
    api(who).post(f"{project}photos/", said).ok(201)
    path = f"{project}photos/{said['id']}/"
    assert send(api(who), path, data).status == 204
    return path


def findings(api: Any, path: str) -> dict[str, Any]:
    found: dict[str, Any] = api("supervisor").get(path).ok()["findings"]
    return found


# --- the way in ---


def test_a_photo_comes_in_by_parts_over_a_network_that_breaks_off(
    cast: Cast, api: Any, photo: bytes, surveyed: Project
) -> None:
    """The whole contract: announced, a small picture first, two parts, broken off in the second, gone on with, complete."""
    engineer, entries = api("engineer"), LedgerEntry.objects.count()
    said = announced(
        photo,
        milestone="foundations",
        report=str(uuid4()),
        caption="桩基",
        position={"type": "Point", "coordinates": [109.5878, 34.9562]},
        accuracy=8,
    )
    answer = engineer.post(f"{P}photos/", said)
    found = answer.ok(201)
    path = f"{P}photos/{said['id']}/"
    assert answer.headers["Location"] == f"/api/v1/{path}"
    assert (found["state"], found["received"], found["preview"], found["original"]) == ("announced", 0, "", "")
    head = engineer.call("HEAD", f"{path}original/")
    assert (head.status, head.headers["Upload-Offset"], head.headers["Upload-Length"]) == (200, "0", str(len(photo)))

    small = picture(scene(1, (320, 240)), quality=60, exif=exif(position=HERE, words=PRIVATE))
    assert engineer.call("PUT", f"{path}preview/", small, content_type="image/jpeg").status == 204
    shown = api("supervisor").get(f"{path}preview/")
    assert (shown.status, shown.type) == (200, "image/jpeg")
    assert PRIVATE.encode() not in shown.content and Image.open(io.BytesIO(shown.content)).size == (320, 240)
    assert engineer.get(path).ok()["state"] == "preview"

    half, third = len(photo) // 2, len(photo) // 3 * 2
    first = send(engineer, path, photo[:half])
    assert (first.status, first.headers["Upload-Offset"]) == (204, str(half))
    # The connection broke while this one came: what had arrived by then counts.
    with (settings.UPLOADS_DIR / f"{said['id']}.part").open("ab") as file:
        file.write(photo[half:third])
    problem = send(engineer, path, photo[half:], offset=half)
    assert "Upload-Offset" in {e["pointer"] for e in problem.problem(409)["errors"]}
    assert problem.headers["Upload-Offset"] == str(third)
    assert engineer.call("HEAD", f"{path}original/").headers["Upload-Offset"] == str(third)
    last = send(engineer, path, photo[third:], offset=third)
    assert (last.status, last.headers["Upload-Offset"]) == (204, str(len(photo)))

    found = api("supervisor").get(path).ok()
    assert (found["state"], found["received"], found["width"], found["height"]) == ("complete", len(photo), 1200, 900)
    assert found["sha256"] == hashlib.sha256(photo).hexdigest()
    assert (found["exif_at"], found["taken"]) == ("2023-06-06T02:00:00+00:00", "2023-06-06")
    assert found["exif_position"]["coordinates"] == pytest.approx(HERE, abs=1e-6)
    assert (found["caption"], found["milestone"], found["report"]) == ("桩基", "foundations", said["report"])
    original = api("supervisor").get(f"{path}original/")
    assert (original.content, original.type) == (photo, "image/jpeg")
    assert original.headers["Content-Disposition"].startswith("attachment;")
    assert original.headers["X-Content-Type-Options"] == "nosniff"
    assert not list(settings.UPLOADS_DIR.iterdir()), "nothing is left of the upload"

    assert LedgerEntry.objects.count() == entries + 2, "announced, complete; parts and previews are no facts"
    assert list(cast.project().ledger.order_by("-version").values_list("action", flat=True)[:2]) == [
        "photo.complete",
        "photo.announce",
    ]
    assert verify().sound


def test_the_same_announcement_five_times_is_one_photo(cast: Cast, api: Any, photo: bytes) -> None:
    said = announced(photo)
    answers = [api("engineer").post(f"{P}photos/", said).ok(201) for _time in range(5)]
    assert all(answer == answers[0] for answer in answers) and Photo.objects.count() == 1
    api("engineer").post(f"{P}photos/", said | {"caption": "something else"}).problem(422)
    api("bureau_admin").post(f"{P}photos/", said | {"reason": "mine"}).problem(422)


def test_a_part_sent_twice_and_the_last_one_again_change_nothing(cast: Cast, api: Any, photo: bytes) -> None:
    said = announced(photo)
    api("engineer").post(f"{P}photos/", said).ok(201)
    path, half = f"{P}photos/{said['id']}/", len(photo) // 2
    assert send(api("engineer"), path, photo[:half]).status == 204
    assert send(api("engineer"), path, photo[:half]).problem(409)
    assert send(api("engineer"), path, photo[half:], offset=half).status == 204
    entries = LedgerEntry.objects.count()
    again = send(api("engineer"), path, photo[half:], offset=half)
    assert again.problem(409) and again.headers["Upload-Offset"] == str(len(photo))
    assert send(api("engineer"), path, b"", offset=len(photo)).status == 204
    assert LedgerEntry.objects.count() == entries
    assert api("supervisor").get(f"{path}original/").content == photo


def test_where_the_server_died_before_the_check_the_device_comes_back_with_the_last_byte(
    cast: Cast, api: Any, photo: bytes, folders: Path
) -> None:
    said = announced(photo)
    api("engineer").post(f"{P}photos/", said).ok(201)
    path = f"{P}photos/{said['id']}/"
    (folders / "uploads").mkdir(exist_ok=True)
    (folders / "uploads" / f"{said['id']}.part").write_bytes(photo)
    offset = int(api("engineer").call("HEAD", f"{path}original/").headers["Upload-Offset"])
    assert offset == len(photo) - 1
    assert send(api("engineer"), path, photo[offset:], offset=offset).status == 204
    assert api("engineer").get(path).ok()["state"] == "complete"


def test_a_photo_may_come_before_its_report_and_is_found_by_it(cast: Cast, api: Any, photo: bytes) -> None:
    report = str(uuid4())
    path = sent(api, photo, report=report)
    body = {"id": report, "base_version": 1, "made_at": "2023-06-06T08:00:00Z", "text": "桩基完成"}
    api("engineer").post(f"{P}reports/", body).ok(201)
    rows = api("supervisor").get(f"{P}photos/?report={report}").ok()["results"]
    assert [f"{P}photos/{row['id']}/" for row in rows] == [path]
    assert api("supervisor").get(f"{P}photos/?report={uuid4()}").ok()["count"] == 0


def test_nobody_sends_the_parts_of_somebody_elses_photo(cast: Cast, api: Any, photo: bytes) -> None:
    said = announced(photo)
    api("engineer").post(f"{P}photos/", said).ok(201)
    path = f"{P}photos/{said['id']}/"
    for who, status in (("public", 401), ("supervisor", 403), ("bureau_admin", 403), ("gushi_engineer", 403)):
        send(api(who), path, photo).problem(status)
        api(who).call("PUT", f"{path}preview/", photo, content_type="image/jpeg").problem(status)
    cast.project().assignments.update(ended=datetime(2023, 6, 7).date())
    send(api("engineer"), path, photo).problem(403)


# --- refused ---


@pytest.mark.parametrize(
    ("change", "status", "pointer"),
    [
        ({"size": 25 * 1024 * 1024 + 1}, 413, None),
        ({"size": 0}, 400, "/size"),
        ({"media_type": "image/svg+xml"}, 415, None),
        ({"media_type": "text/html"}, 415, None),
        ({"milestone": "moon_base"}, 400, "/milestone"),
        ({"taken_at": "0001-01-01T00:00:00Z"}, 400, "/taken_at"),
        ({"taken_at": "9999-12-31T23:59:59Z"}, 400, "/taken_at"),
        ({"position": {"type": "Point", "coordinates": [1e200, 3]}}, 400, "/position/coordinates/0"),
        ({"accuracy": -1}, 400, "/accuracy"),
        ({"caption": "x" * 201}, 400, "/caption"),
        ({"state": "complete"}, 400, "/state"),
        ({"published": True}, 400, "/published"),
        ({"id": "../../etc/passwd"}, 400, "/id"),
    ],
)
def test_an_announcement_that_cannot_be_kept_to_is_refused(
    cast: Cast, api: Any, photo: bytes, change: dict[str, Any], status: int, pointer: str | None
) -> None:
    api("engineer").post(f"{P}photos/", announced(photo) | change).problem(status, pointer)
    assert not Photo.objects.exists()


@pytest.mark.parametrize(
    ("data", "status", "refusal"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", 415, "not_a_picture"),
        (picture(form="PNG"), 415, "other_format"),
        (picture()[:3000], 415, "damaged"),
        (b"\xff\xd8\xff\xe0" + bytes(2000), 415, "not_a_picture"),
        (b"<!doctype html><script>alert(1)</script>", 415, "not_a_picture"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n", 415, "not_a_picture"),
    ],
    ids=["svg", "png", "cut off", "only a beginning", "html", "eps"],
)
def test_a_file_that_is_no_photo_is_refused_for_good(
    cast: Cast, api: Any, data: bytes, status: int, refusal: str
) -> None:
    said = announced(data)
    api("engineer").post(f"{P}photos/", said).ok(201)
    path = f"{P}photos/{said['id']}/"
    send(api("engineer"), path, data).problem(status)
    found = api("engineer").get(path).ok()
    assert (found["state"], found["refusal"]) == ("refused", refusal) and found["refusal_words"]
    send(api("engineer"), path, data[-1:], offset=len(data) - 1).problem(status)
    api("official").get(f"{path}original/").problem(404)
    api("official").change(path, {"published": True}).problem(409)
    assert not list(settings.UPLOADS_DIR.glob("*")), "nothing of it is kept"
    assert api().get(f"{P}photos/").ok()["count"] == 0 and verify().sound


def test_a_polyglot_is_taken_for_its_picture_and_for_nothing_else(cast: Cast, api: Any) -> None:
    """A picture with XMP in front and a page and an archive behind: the copies hold none of it, the original is only to download.
    No name of a file is ever sent, so that double extensions and paths have no way in: files are called by the photo's id.
    """
    behind = b"<html><script>alert('" + PRIVATE.encode() + b"')</script></html>PK\x03\x04"
    data = picture(scene(4), xmp=f"<x:xmpmeta>{PRIVATE}</x:xmpmeta>".encode()) + behind
    path = sent(api, data, caption="../../etc/passwd.jpg.php")
    api("official").change(path, {"published": True}).ok()
    for who, name in (("public", "public"), ("official", "preview")):
        copy = api(who).get(f"{path}{name}/")
        assert copy.type == "image/jpeg" and PRIVATE.encode() not in copy.content and b"<script" not in copy.content
        assert copy.content.endswith(b"\xff\xd9"), "nothing comes after the picture"
    original = api("official").get(f"{path}original/")
    assert original.content == data and original.headers["X-Content-Type-Options"] == "nosniff"
    said = original.headers["Content-Disposition"]
    assert said == f'attachment; filename="{path.split("/")[3]}.jpg"'
    api("official").get(f"{P}photos/..%2F..%2Fetc%2Fpasswd/original/").problem(404)


def test_a_bomb_is_413(cast: Cast, api: Any) -> None:
    data = bomb()
    said = announced(data, media_type="image/png")
    api("engineer").post(f"{P}photos/", said).ok(201)
    send(api("engineer"), f"{P}photos/{said['id']}/", data).problem(413)
    assert Photo.objects.get().refusal == "too_many_pixels"


def test_parts_that_do_not_fit_are_refused(cast: Cast, api: Any, photo: bytes) -> None:
    said = announced(photo)
    api("engineer").post(f"{P}photos/", said).ok(201)
    path, engineer = f"{P}photos/{said['id']}/", api("engineer")
    send(engineer, path, photo + b"x").problem(413)
    send(engineer, path, photo, offset=5).problem(409)
    for offset in ("-1", "1e3", "", "٣", "9" * 30):
        send(engineer, path, photo, upload_offset=offset).problem(400, "Upload-Offset")
    engineer.call("PATCH", f"{path}original/", photo, content_type="image/jpeg", upload_offset="0").problem(415)
    engineer.call("PUT", f"{path}preview/", picture(), content_type="text/html").problem(415)
    engineer.call("PUT", f"{path}preview/", b"<svg/>", content_type="image/svg+xml").problem(415)
    engineer.call("PUT", f"{path}preview/", bytes(200 * 1024 + 1), content_type="image/jpeg").problem(413)
    engineer.call("PUT", f"{path}preview/", content_type="image/jpeg").problem(400)
    assert engineer.get(path).ok()["state"] == "announced"


def test_a_projects_room_is_limited_in_number_and_in_bytes(cast: Cast, api: Any, photo: bytes, settings: Any) -> None:
    settings.PHOTO_QUOTA_COUNT = 2
    first = announced(photo)
    api("engineer").post(f"{P}photos/", first).ok(201)
    api("engineer").post(f"{P}photos/", announced(photo)).ok(201)
    problem = api("engineer").post(f"{P}photos/", announced(photo)).problem(413)
    assert "2 photos" in problem["detail"]
    api("engineer").post(f"{P}photos/", first).ok(201)  # it has its room
    api("engineer").post(f"{U}photos/", announced(photo)).ok(201)  # another project has its own
    # What never came gives its room back.
    Photo.objects.filter(pk=first["id"]).update(announced_at=timezone.now() - timedelta(days=31))
    api("engineer").post(f"{P}photos/", announced(photo)).ok(201)
    settings.PHOTO_QUOTA_COUNT, settings.PHOTO_QUOTA_BYTES = 100, 3 * len(photo) - 1
    api("engineer").post(f"{P}photos/", announced(photo)).problem(413)


def test_uploads_that_nobody_goes_on_with_are_swept_after_a_month(cast: Cast, api: Any, photo: bytes) -> None:
    said = announced(photo)
    api("engineer").post(f"{P}photos/", said).ok(201)
    send(api("engineer"), f"{P}photos/{said['id']}/", photo[:1000])
    assert photo_files.sweep_uploads(at=datetime.now(UTC) + timedelta(days=29)) == 0
    assert photo_files.sweep_uploads(at=datetime.now(UTC) + timedelta(days=31)) == 1
    assert api("engineer").get(f"{P}photos/{said['id']}/").ok()["received"] == 0


def test_where_nothing_can_be_written_it_is_503_and_may_come_later(
    cast: Cast, api: Any, photo: bytes, folders: Path
) -> None:
    """A file in the place of the folder, as good as a full disk."""
    said = announced(photo)
    api("engineer").post(f"{P}photos/", said).ok(201)
    path = f"{P}photos/{said['id']}/"
    (folders / "media").write_text("in the way")
    answer = send(api("engineer"), path, photo)
    assert answer.problem(503) and answer.headers["Retry-After"]
    (folders / "media").unlink()
    offset = int(api("engineer").call("HEAD", f"{path}original/").headers["Upload-Offset"])
    assert offset == len(photo) - 1, "what arrived is here"
    assert send(api("engineer"), path, photo[offset:], offset=offset).status == 204
    assert api("engineer").get(path).ok()["state"] == "complete"


# --- what a reviewer should know ---


def test_a_photo_from_the_site_raises_no_doubt(cast: Cast, api: Any, surveyed: Project) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    data = picture(exif=exif(position=HERE, taken=now, offset="+00:00"))
    path = sent(api, data, taken_at=now.isoformat())
    assert findings(api, path) == {"place": "near", "distance_m": 0, "time": "ok", "duplicates": []}
    assert api("supervisor").get(path).ok()["doubtful"] is False


def test_a_photo_taken_elsewhere_is_flagged_and_taken(cast: Cast, api: Any, surveyed: Project) -> None:
    """The device says it stands on the site; the camera says Gushi."""
    data = picture(exif=exif(position=(115.65, 32.17), taken=TAKEN))
    path = sent(api, data, position={"type": "Point", "coordinates": list(HERE)})
    found = findings(api, path)
    assert found["place"] == "far" and 600_000 < found["distance_m"] < 700_000
    assert found["time"] == "early", "years before it arrived"
    assert api("supervisor").get(path).ok()["doubtful"] is True


def test_the_preview_of_a_complete_photo_is_of_its_original(cast: Cast, api: Any) -> None:
    """Else a device could show the reviewer another picture than it kept."""
    said = announced(data := picture(scene(41)))
    api("engineer").post(f"{P}photos/", said).ok(201)
    path = f"{P}photos/{said['id']}/"
    assert api("engineer").call("PUT", f"{path}preview/", picture(scene(42)), content_type="image/jpeg").status == 204
    early = api("supervisor").get(f"{path}preview/")
    send(api("engineer"), path, data)
    assert api("engineer").call("PUT", f"{path}preview/", picture(scene(42)), content_type="image/jpeg").status == 204
    late = api("supervisor").get(f"{path}preview/", if_none_match=early.etag)
    looks = [difference_hash(Image.open(io.BytesIO(file))) for file in (early.content, late.content)]
    assert hamming(looks[0], difference_hash(scene(42))) <= SAME_LOOK
    assert hamming(looks[1], difference_hash(scene(41))) <= SAME_LOOK


def test_without_exif_the_device_is_asked(cast: Cast, api: Any, surveyed: Project) -> None:
    place = {"type": "Point", "coordinates": [HERE[0], HERE[1] + 0.002]}
    found = findings(api, sent(api, picture(), position=place, accuracy=20))
    assert (found["place"], found["distance_m"], found["time"]) == ("near", 222, "unknown")
    assert findings(api, sent(api, picture(scene(9))))["place"] == "unknown"


def test_a_picture_that_was_shown_before_is_flagged_on_any_project_of_the_bureau(cast: Cast, api: Any) -> None:
    first = sent(api, picture(scene(7, (1600, 1200)), quality=95), project=U)
    again = sent(api, picture(scene(7, (1600, 1200)).resize((700, 525)), quality=40))
    other = sent(api, picture(scene(8, (1600, 1200))))
    assert findings(api, again)["duplicates"] == [first.split("/")[3]]
    assert findings(api, other)["duplicates"] == findings(api, first)["duplicates"] == []
    elsewhere = sent(api, picture(scene(7)), project="projects/411525-2023-001/", who="gushi_engineer")
    assert api("gushi_official").get(elsewhere).ok()["findings"]["duplicates"] == [], "the border of the bureau"


def test_pictures_alike_are_found_by_index(cast: Cast, api: Any) -> None:
    key = sent(api, picture(scene(7))).split("/")[3]
    held = Photo.objects.select_related("project").get(pk=key)
    with CaptureQueriesContext(connection) as queries:
        duplicates(held, int(held.phash, 16))
    assert len(queries) == 1
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
        plan = "EXPLAIN " + ("" if connection.vendor == "postgresql" else "QUERY PLAN ")
        cursor.execute(plan + queries[0]["sql"])
        lines = "\n".join(str(row) for row in cursor.fetchall())
    assert all(f"look_{n}" in lines for n in (1, 2, 3, 4)), lines
    assert "SCAN projects_api_photo" not in lines


# --- what the public gets ---


def test_what_is_published_is_a_copy_without_metadata(cast: Cast, api: Any, photo: bytes) -> None:
    path = sent(api, photo, caption="桩基完成", milestone="foundations")
    for who in OUTSIDERS:
        api(who).get(path).problem(404)
        api(who).get(f"{path}public/").problem(404)
        assert api(who).get(f"{P}photos/").ok()["count"] == 0
    api("official").change(path, {"published": True}).ok()
    for who in OUTSIDERS:
        shown = api(who).get(path).ok()
        assert shown == {
            "id": path.split("/")[3],
            "project": cast.published,
            "milestone": "foundations",
            "caption": "桩基完成",
            "taken": "2023-06-06",
            "public": f"/api/v1/{path}public/",
        }
        assert api(who).get(f"{P}photos/").ok()["results"] == [shown]
        copy = api(who).get(f"{path}public/")
        assert (copy.status, copy.type) == (200, "image/jpeg")
        assert copy.headers["X-Content-Type-Options"] == "nosniff"
        opened = Image.open(io.BytesIO(copy.content))
        assert opened.size == (1200, 900) and not opened.getexif() and PRIVATE.encode() not in copy.content
        status = 401 if who == "public" else 403
        api(who).get(f"{path}original/").problem(status)
        api(who).get(f"{path}preview/").problem(status)
    cached = api().get(f"{path}public/", if_none_match=api().get(f"{path}public/").etag)
    assert (cached.status, cached.content) == (304, b"")
    assert Image.open(io.BytesIO(api("official").get(f"{path}original/").content)).getexif(), (
        "the original keeps its own"
    )

    api("official").change(path, {"published": False}).ok()
    api().get(f"{path}public/", if_none_match=cached.etag).problem(404)
    assert verify().sound


def test_what_the_public_may_not_know_of_a_photo_stays_inside(cast: Cast, api: Any, photo: bytes) -> None:
    """Captions of photos that are not published, positions, times, findings: in no answer, history or feed."""
    secret: dict[str, Any] = {
        "caption": PRIVATE,
        "position": {"type": "Point", "coordinates": [109.54321, 34.98765]},
        "accuracy": 12,
    }
    path = sent(api, photo, **secret, milestone="final_accounts")
    other = sent(api, picture(scene(3)), caption="shown", milestone="final_accounts")
    api("official").change(other, {"published": True, "reason": PRIVATE}).ok()
    traces = (PRIVATE, "109.54321", "109.5877", "sha256", "exif", "uploader", path.split("/")[3])
    for address in (
        P, f"{P}history/", f"{P}photos/", f"{P}photos/pairs/", other, "changes/?limit=1000", f"/{P}", "/",
        f"{P}?as_of={timezone.localdate()}", "sites.geojson", "statistics/",
    ):  # fmt: skip
        for who in OUTSIDERS:
            answer = api(who).get(address)
            assert answer.status == 200
            assert not [trace for trace in traces if trace in answer.text], (who, address)
            # Gushi's people read of their own project's stages in the feed.
            assert "final_accounts" not in answer.text or (address[:7], who[:5]) == ("changes", "gushi"), (who, address)
    assert "shown" in api().get(f"{P}history/").text, "what is published is in the public's history"
    assert PRIVATE in api("official").get(f"{P}history/").text
    for who in ("engineer", "official"):
        page = api(who)
        page.client.force_login(cast.user(who), "projects_api.services.sign_in.AccountBackend")
        assert page.get(f"/{P}").status == 200
    assert "Photo published: shown" in api().get(f"/{P}").text


def test_only_the_office_publishes_and_on_the_state_that_it_saw(cast: Cast, api: Any, photo: bytes) -> None:
    path = sent(api, photo)
    for who in ("engineer", "supervisor", "viewer", "other_engineer"):
        api(who).patch(path, {"published": True}, if_match='"1"').problem(403 if who != "public" else 401)
    api("official").patch(path, {"published": True}).problem(428)
    api("official").patch(path, {"published": True}, if_match='"1"').problem(412)
    api("official").change(path, {}).problem(400)
    api("official").change(path, {"milestone": "foundations"}).problem(400, "/milestone")
    assert (
        api("official").change(path, {"caption": "As the public reads it"}).ok()["caption"] == "As the public reads it"
    )


def test_a_photo_is_set_aside_with_a_reason_and_never_deleted(cast: Cast, api: Any, photo: bytes) -> None:
    path = sent(api, photo)
    api("official").change(path, {"published": True}).ok()
    api("official").change(path, {"archived": True}).problem(400, "/reason")
    assert api("official").change(path, {"archived": True, "reason": "faces"}).ok()["published"] is False
    api().get(f"{path}public/").problem(404)
    api("official").change(path, {"published": True}).problem(409)
    assert api("official").change(path, {"archived": False}).ok()["published"] is False
    actions = list(cast.project().ledger.order_by("-version").values_list("action", flat=True)[:3])
    assert actions == ["photo.restore", "photo.archive", "photo.publish"]
    assert verify().sound


def test_before_and_after_from_the_same_spot(cast: Cast, api: Any) -> None:
    def taken(month: int, seed: int, lat: float) -> str:
        data = picture(scene(seed), exif=exif(position=(HERE[0], lat), taken=datetime(2023, month, 1)))
        return sent(api, data).split("/")[3]

    first, last = taken(3, 11, HERE[1]), taken(9, 12, HERE[1] + 0.00005)
    taken(9, 13, HERE[1] + 0.01)
    assert api("supervisor").get(f"{P}photos/pairs/").ok() == {"pairs": [{"before": first, "after": last, "days": 184}]}
    assert api().get(f"{P}photos/pairs/").ok() == {"pairs": []}
    for key in (first, last):
        api("official").change(f"{P}photos/{key}/", {"published": True}).ok()
    assert [pair["after"] for pair in api().get(f"{P}photos/pairs/").ok()["pairs"]] == [last]
