"""``notifications/`` over HTTP: one's own, marked as read, and the number in ``field/``."""

from __future__ import annotations

from typing import Any

from projects_api.models import Notification
from tests.cast import Cast
from tests.record.test_notifications import report, review


def test_one_reads_ones_own_and_marks_them_once(cast: Cast, api: Any) -> None:
    held = report(cast, text="Third floor")
    official = api("official")
    (row,) = official.get("notifications/?unread=true").ok()["results"]
    assert (row["kind"], row["project"], row["url"]) == (
        "report_waiting", cast.published, f"/office/reports/{held.pk}/",
    )  # fmt: skip
    assert "Third floor" in row["text"] and row["facts"]["report"] == str(held.pk) and row["read_at"] is None
    assert api("gushi_official").get("notifications/").ok()["count"] == 0
    assert api("gushi_official").post("notifications/read/", {"ids": [row["id"]]}).ok() == {"marked": 0, "unread": 0}
    for _again in range(2):
        answer = official.post("notifications/read/", {"ids": [row["id"]]}, idempotency_key="once").ok()
        assert answer == {"marked": 1, "unread": 0}
    assert official.get("notifications/?unread=true").ok()["count"] == 0
    assert official.get("notifications/").ok()["results"][0]["read_at"] is not None


def test_what_cannot_be_understood_is_named(cast: Cast, api: Any) -> None:
    official = api("official")
    official.post("notifications/read/", {}).problem(400)
    official.post("notifications/read/", {"ids": [1], "up_to": 2}).problem(400)
    official.post("notifications/read/", {"ids": []}).problem(400, "/ids")
    official.post("notifications/read/", {"ids": ["x"]}).problem(400, "/ids/0")
    official.post("notifications/read/", {"up_to": 2**70}).problem(400, "/up_to")
    official.get("notifications/?unread=maybe").problem(400, "?unread")
    official.get("notifications/?sort=x").problem(400, "?sort")


def test_the_field_app_hears_how_many_are_unread(cast: Cast, api: Any) -> None:
    engineer = api("engineer")
    first = engineer.get("field/")
    assert first.ok()["unread"] == 0
    review(cast, report(cast), accept=False, note="no photo")
    told = engineer.get("field/", if_none_match=first.etag)
    assert told.status == 200 and told.ok()["unread"] == 1
    assert engineer.get("field/", if_none_match=told.etag).status == 304
    newest = Notification.objects.latest("pk").pk
    engineer.post("notifications/read/", {"up_to": newest}).ok()
    assert engineer.get("field/", if_none_match=told.etag).ok()["unread"] == 0
