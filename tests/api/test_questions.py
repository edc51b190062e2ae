"""What the office does with questions of the public, over the API: the same services, rules and ledger as its pages."""

from __future__ import annotations

import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from projects_api.models import IdempotencyRecord, LedgerEntry, Question
from projects_api.selectors.verify import verify
from projects_api.services import photo_files
from projects_api.services.bureaus import lights_change
from projects_api.services.projects import project_change
from projects_api.services.questions import Asked, question_receive
from tests.cast import Cast

P = "projects/610526-2023-001/"
PARENT, PHONE = "parent@example.cn", "13912345678"


@pytest.fixture(autouse=True)
def _media(settings: Any, tmp_path: Path, cast: Cast) -> None:
    location = {"location": str(tmp_path), "allow_overwrite": True}
    settings.STORAGES = settings.STORAGES | {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": location}
    }


@pytest.fixture
def asked(cast: Cast) -> Question:
    words = Asked(
        id=uuid.uuid4(), kind="question", text=f"Which bus will go there? I am {PHONE}.", language="en", name="Wang",
        email=PARENT, place="109.6, 34.95", crs="EPSG:4326", worked=True,
    )  # fmt: skip
    return question_receive(project=cast.project(), asked=words, host=None, at=timezone.now())


def test_the_office_acts_over_the_api_as_on_its_pages(cast: Cast, api: Any, asked: Question) -> None:
    here = f"{P}questions/{asked.pk}/"
    office, engineer = api("official"), api("engineer")

    def version() -> int:
        return Question.objects.get(pk=asked.pk).version

    def act(who: Any, name: str, body: Any = None, **headers: str) -> Any:
        return who.post(f"{here}{name}/", body or {}, if_match=f'"{version()}"', **headers)

    listed = office.get("questions/?list=waiting").ok()["results"]
    assert [row["id"] for row in listed] == [str(asked.pk)] and listed[0]["project"] == cast.published
    found = office.get(here)
    assert found.ok() == listed[0] and found.version == listed[0]["version"] == 1, "its own, not the project's"
    read = found.data
    assert PHONE in read["text"] and PHONE not in read["public_text"] and read["reachable"] is True
    assert PARENT not in found.text and (read["name"], read["site"]["coordinates"]) == ("Wang", [109.6, 34.95])

    # Nobody sees it but the office and whom it is assigned to.
    for who, status in (("public", 401), ("engineer", 404), ("viewer", 404), ("gushi_official", 404)):
        api(who).get(here).problem(status)
        api(who).post(f"{here}release/", {}, if_match='"1"').problem(status)
    api("stranger").get("questions/").problem(403)
    assert api("gushi_official").get("questions/").ok()["count"] == 0
    office.post(f"{here}release/", {}).problem(428)
    stale = office.post(f"{here}release/", {}, if_match='"9"').problem(412)
    assert (stale["version"], stale["current"]) == (1, found.data)
    act(office, "assign", {"assignee": "gushi_engineer"}).problem(400, "/assignee", "unknown_user")
    assert act(office, "assign", {"assignee": "engineer"}).ok()["assignee"] == "engineer"
    assert engineer.get("questions/?list=mine").ok()["count"] == 1
    for name, body in (("release", {}), ("answer", {"answer": "In autumn."}), ("refuse", {"unwanted": True})):
        act(engineer, name, body).problem(403)
    assert act(engineer, "propose", {"answer": "In autumn."}).ok()["draft"] == "In autumn."
    # What was never released leaves no entry in the ledger, and yet nobody's act is overwritten.
    for name, body in (("assign", {"assignee": ""}), ("propose", {"answer": "Never."}), ("refuse", {"unwanted": True})):
        office.post(f"{here}{name}/", body, if_match='"2"').problem(412)
    assert (
        api().get(f"{P}questions/").ok() == [] and not LedgerEntry.objects.filter(action__contains="question").exists()
    )

    # Released, answered, corrected: the same key is one effect.
    act(office, "release", {"with_place": True}).problem(400, "/with_place", "unknown_field")
    key = {"idempotency_key": "release-1"}
    found = office.get(here)
    first = office.post(f"{here}release/", {"with_site": True}, if_match=found.etag, **key)
    again = office.post(f"{here}release/", {"with_site": True}, if_match=found.etag, **key)
    assert first.ok() | {"name": "", "text": ""} == again.ok() and PHONE in first.data["text"]
    assert (first.data["state"], first.data["number"]) == ("released", 1)
    assert PHONE not in str(list(IdempotencyRecord.objects.values())), "stored longer than the question may be"
    (shown,) = api().get(f"{P}questions/").ok()
    assert (shown["text"], shown["site"]["coordinates"]) == ("Which bus will go there? I am [***].", [109.6, 34.95])
    act(office, "release").problem(409)
    call = {"answer": "Call 029-8765 4321."}
    act(office, "answer", call).problem(409, "/confirm", "personal")
    assert act(office, "answer", call | {"confirm": True}).ok()["answered"]
    seen = office.get(here).etag
    assert act(office, "answer", {"answer": "Bus 3."}).ok()["answer"] == "Bus 3."
    lost = office.post(f"{here}answer/", {"answer": "Bus 4."}, if_match=seen).problem(412)
    assert lost["current"]["answer"] == "Bus 3.", "the answer to be looked at before one's own"
    project_change(project_id=cast.project().pk, actor=None, at=timezone.now(), expected=None, changes={"places": 9})
    assert office.get(here).etag == f'"{version()}-office-en"', "a report of the site is no conflict"
    act(office, "reopen").problem(409)
    act(office, "answer", {"answer": " "}).problem(400, "/answer")

    # Taken back, with a reason that who asked is told.
    act(office, "refuse").problem(400, "/reason")
    assert act(office, "refuse", {"reason": "Asked twice."}).ok()["refusal"] == "Asked twice."
    assert api().get(f"{P}questions/").ok() == []
    assert act(office, "reopen").ok()["state"] == "waiting"
    assert act(api("superuser"), "refuse", {"unwanted": True}).ok()["state"] == "spam"
    actions = (
        LedgerEntry.objects.filter(action__startswith="question").order_by("pk").values_list("action", "actor_name")
    )
    assert list(actions) == [
        ("question.release", "official"), ("question.answer", "official"), ("question.answer", "official"),
        ("question.withdraw", "official"),
    ]  # fmt: skip
    assert verify().sound
    office.get("questions/?list=none").problem(400, "?list", "invalid_choice")
    office.get(f"projects/{cast.unpublished}/questions/{asked.pk}/").problem(404)


def test_the_photo_is_for_who_looks_at_it(cast: Cast, api: Any, asked: Question) -> None:
    here = f"{P}questions/{asked.pk}/"
    assert api("official").get(here).ok()["photo"] is None
    api("official").get(f"{here}photo/").problem(404)
    photo_files.keep(asked.pk, photo_files.DISPLAY, b"\xff\xd8 jpeg")
    Question.objects.filter(pk=asked.pk).update(photo=True)
    assert api("official").get(here).ok()["photo"] == f"/api/v1/{here}photo/"
    assert api("official").get(f"{here}photo/").status == 200
    api("supervisor").get(f"{here}photo/").problem(404)


def test_a_question_is_no_report_of_the_site(cast: Cast, api: Any, asked: Question) -> None:
    """How long nothing was heard of the site goes on over it: in the row, by settings made anew, and on another day."""
    project = cast.project()
    told = timezone.now() - timedelta(days=40)
    project_change(project_id=project.pk, actor=None, at=told, expected=None, changes={"places": 900})
    stale = cast.project().stale_from
    assert stale is not None and cast.project().reported_at is None
    body = {"answer": "Bus 3."}
    here = f"{P}questions/{asked.pk}/answer/"
    api("official").post(here, body, if_match='"1"').ok()
    after = cast.project()
    assert (after.stale_from, after.heard_at) == (stale, told) and after.updated_at > told
    codes = [row["code"] for row in api("official").get("projects/?stale=true").ok()["results"]]
    assert cast.published in codes
    today = timezone.localdate().isoformat()
    for day in (f"as_of={today}", f"on={today}"):
        rows = api("official").get(f"projects/?stale=true&{day}").ok()["results"]
        assert [row["code"] for row in rows] == codes, day
    rules = {k: v for k, v in api("bureau_admin").get("lights/610526/").ok().items() if k not in ("bureau", "version")}
    rules["stale_days"] += 1
    lights_change(bureau_id=cast.bureau().pk, actor=None, at=timezone.now(), expected=None, rules=rules)
    assert cast.project().stale_from == stale + timedelta(days=1)
    project_change(project_id=project.pk, actor=None, at=timezone.now(), expected=None, changes={"places": 901})
    fresh = cast.project()
    assert fresh.reported_at is None and fresh.stale_from and fresh.stale_from > timezone.localdate()
    assert verify().sound
