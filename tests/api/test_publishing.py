"""The bureau's choice: what is reported and not yet accepted is public, marked, or nowhere outside until it is accepted."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from django.utils import timezone

from projects_api.models import Bureau, Project
from projects_api.selectors.fieldwork import field_sites, reportable
from projects_api.selectors.verify import verify
from projects_api.services.milestones import milestone_change
from projects_api.services.writing import project_write
from tests.api.test_private_values import SWEEP, P
from tests.cast import PRIVATE, Cast

CHOICE = "publishing/610526/"
# A stage that needs acceptance, in the middle of the works: its end moves progress, curve, forecast and light.
KEY = "completion_acceptance"
STAGE = f"{P}milestones/{KEY}/"
REASON = "kanal verlegt"
FINISHED = {"actual": "2023-07-19", "delay_reason": "other", "delay_note": REASON}
TRACES = ("2023-07-19", "19 July 2023", "2023年7月19日", "Jul 19", "19 Jul", REASON)
PUBLIC_SWEEP = [
    *[path for path in SWEEP if path not in ("schema/", "changes/")], STAGE, f"{P}schedule/", f"{P}schedule/?on=2023-08-01",
    f"{P}baselines/", "plans/610526-2023/?on=2023-08-01", "/plans/610526-2023/wall/", "/maps/marks.json",
    "projects/?progress_min=50", "projects/?status=accepted", "projects/?light=red&ordering=-progress", f"{P}?on=2023-08-01",
]  # fmt: skip
# What says when the record was last written, and how often, not what was written.
_WRITTEN = re.compile(r'"(?:updated|version)":("[^"]*"|\d+),?|<time[^>]*>[^<]*</time>|csrfmiddlewaretoken" value="\w+"')


@pytest.fixture
def works(cast: Cast) -> Project:
    """The stage is begun and 40 % done, for everybody to know."""
    project = cast.project()
    say(project, started="2023-06-10", percent=40)
    return project


def say(project: Project, **changes: Any) -> None:
    dated = {n: date.fromisoformat(v) if n in ("started", "actual", "forecast") else v for n, v in changes.items()}
    milestone_change(
        project_id=project.pk, key=KEY, actor=None, at=timezone.now(), expected=None, changes=dated, reason="test"
    )


def chosen(api: Any, reported: bool) -> dict[str, Any]:
    answer: dict[str, Any] = (
        api("bureau_admin").put(CHOICE, {"reported": reported}, if_match=api().get(CHOICE).etag).ok()
    )
    return answer


def outside(api: Any, path: str) -> str:
    answer = api().get(path)
    assert answer.status == 200, path
    return _WRITTEN.sub("", answer.text)


def traces(api: Any) -> list[tuple[str, str]]:
    return [(path, trace) for path in PUBLIC_SWEEP for trace in TRACES if trace in api().get(path).text]


def test_as_the_product_comes_reported_facts_are_public_and_marked(cast: Cast, api: Any, works: Project) -> None:
    assert api().get(CHOICE).ok() == {
        "bureau": "610526",
        "version": 0,
        "reported": True,
        "money": False,
        "inspections": False,
        "answer_days": 10,
    }
    assert api("engineer").change(STAGE, FINISHED).ok()["state"] == "reported"
    assert api().get(STAGE).ok()["actual"] == "2023-07-19"
    assert "Reported, not yet accepted" in api().get(f"/{P}").text


def test_held_back_nothing_outside_changes_until_it_is_accepted(cast: Cast, api: Any, works: Project) -> None:
    """The canary: not a value, not a figure, not a light, on no address; after the acceptance all of it."""
    assert chosen(api, False)["reported"] is False
    before = {path: outside(api, path) for path in PUBLIC_SWEEP}
    since = api().get("changes/?limit=1000").ok()["next_since"]
    told = api("engineer").change(STAGE, FINISHED).ok()
    assert (told["state"], told["actual"], told["percent"]) == ("reported", "2023-07-19", 100), "to who reported it"
    assert not traces(api)
    for path in PUBLIC_SWEEP:
        assert outside(api, path) == before[path], path
    assert api().get(f"changes/?since={since}").ok()["results"] == []
    assert api("supervisor").get(STAGE).ok()["state"] == "reported" and REASON in api("official").get(P).text
    assert verify().sound

    assert api("supervisor").change(STAGE, {"state": "met"}).ok()["actual"] == "2023-07-19"
    shown = api().get(STAGE).ok()
    assert (shown["state"], shown["actual"], shown["delay_note"]) == ("met", "2023-07-19", REASON)
    assert api().get(P).ok()["status"] == "accepted" and "19 July 2023" in api().get(f"/{P}").text
    (entry,) = api().get(f"changes/?since={since}").ok()["results"]
    assert "2023-07-19" in str(entry["patch"]) and "reported" not in str(entry["patch"])
    assert verify().sound


def test_no_sentence_remembers_what_was_held_back(cast: Cast, api: Any, works: Project) -> None:
    """What is accepted in its place is told as if nothing had stood there: no "corrected from", no percentage of it."""
    chosen(api, False)
    api("engineer").change(STAGE, FINISHED).ok()
    say(works, actual="2023-07-20")
    for path in (f"/en/{P}", f"/en/{P}changes/", f"/en/{P}feed.atom"):
        text = api().get(path).text
        assert "met on 20 July 2023" in text and "19 July" not in text, path


def test_a_report_held_back_is_reviewed_returned_and_sent_again(cast: Cast, api: Any, works: Project) -> None:
    chosen(api, False)
    engineer, version = api("engineer"), api("engineer").get(P).version
    body = {"base_version": version, "made_at": timezone.now().isoformat(), "entries": {KEY: FINISHED}}
    first = {"id": "00000000-0000-4000-8000-000000000001", **body}
    engineer.post(f"{P}reports/", first).ok(201)
    (site,) = [
        site for site in field_sites(reportable(cast.user("engineer")), timezone.localdate()) if site["code"] in P
    ]
    stages = {stage["key"]: stage for stage in site["milestones"]}
    assert (stages[KEY]["state"], stages[KEY]["actual"]) == ("reported", "2023-07-19"), "on the engineer's phone"
    path = f"{P}reports/{first['id']}/review/"
    api("supervisor").post(path, {"decision": "return", "note": "photo missing"}, if_match=engineer.get(P).etag).ok()
    assert engineer.get(STAGE).ok()["state"] == "in_progress" and engineer.get(STAGE).ok()["percent"] == 40
    assert api().get(STAGE).ok()["percent"] == 40 and verify().sound


def test_the_office_changes_what_an_engineer_wrote_against_and_both_sides_are_shown(
    cast: Cast, api: Any, works: Project
) -> None:
    """A conflict over a fact that is held back is still one."""
    chosen(api, False)
    seen = api("engineer").get(P).version
    api("bureau_admin").change(STAGE, {"actual": "2023-07-01", "reason": "by telephone"}).ok()
    body = {
        "id": "00000000-0000-4000-8000-000000000002",
        "base_version": seen,
        "made_at": timezone.now().isoformat(),
        "entries": {KEY: {"actual": "2023-07-19"}},
    }
    report = api("engineer").post(f"{P}reports/", body).ok(201)
    assert report["entries"][KEY]["outcome"] == "conflict"
    assert report["entries"][KEY]["theirs"]["actual"] == "2023-07-01"
    assert not traces(api)


def test_another_choice_withdraws_and_shows_what_waits(cast: Cast, api: Any, works: Project) -> None:
    api("engineer").change(STAGE, FINISHED).ok()
    before = api().get(STAGE)
    assert before.ok()["state"] == "reported"
    chosen(api, False)
    after = api().get(STAGE, if_none_match=before.etag)
    assert (after.ok()["state"], after.ok()["percent"], after.ok()["started"]) == ("in_progress", 40, "2023-06-10")
    told = ("history", "changes", "ledger.json")
    gone = [path for path, _trace in traces(api) if not any(name in path for name in told) and path != f"/{P}"]
    assert not gone, "what was public stays in the history, and nowhere else"
    assert api("official").get(STAGE).ok()["actual"] == "2023-07-19" and verify().sound
    # Nobody but the engineer has reported it: who may accept does not change with the choice.
    chosen(api, True)
    assert api().get(STAGE).ok()["state"] == "reported" and verify().sound
    api("supervisor").change(STAGE, {"state": "met"}).ok()


def test_a_status_that_followed_what_is_held_back_goes_back_with_it(cast: Cast, api: Any, works: Project) -> None:
    with project_write(works.pk, actor=None, action="test", at=timezone.now()):
        works.milestones.filter(key="commencement").update(needs_acceptance=True)
    was = api().get(P).ok()["status"]
    api("engineer").change(f"{P}milestones/commencement/", {"actual": "2023-06-03"}).ok()
    assert was == "approved" and api().get(P).ok()["status"] == "under_construction"
    chosen(api, False)
    assert api().get(P).ok()["status"] == "approved" and verify().sound
    chosen(api, True)
    assert api().get(P).ok()["status"] == "under_construction" and verify().sound


def test_a_wrong_choice_is_refused_by_name(cast: Cast, api: Any) -> None:
    etag = api().get(CHOICE).etag
    api("bureau_admin").put(CHOICE, {"reported": "perhaps"}, if_match=etag).problem(400, "/reported")
    api("bureau_admin").put(CHOICE, {"photos": False}, if_match=etag).problem(400, "/photos")
    api("bureau_admin").put(CHOICE, {"reported": False}).problem(428)
    api("gushi_official").put(CHOICE, {"reported": False}, if_match=etag).problem(403)


def test_money_and_passed_inspections_are_public_where_the_bureau_says_so(cast: Cast, api: Any) -> None:
    """Amounts, kinds, days; no document number and no note, nothing of an inspection that failed, nothing of another project."""
    history, official = f"{P}history/", api("official")
    for result, note in (("passed", PRIVATE), ("failed", PRIVATE)):
        held = {"kind": "quality", "held_on": "2023-06-20", "result": result, "note": note, "inspector": PRIVATE}
        api("supervisor").post(f"{P}inspections/", held | {"checklist": []}).ok(201)
    assert "7654321.98" not in api().get(history).text
    before = api().get(history).ok()

    admin = api("bureau_admin")
    chosen = admin.put(CHOICE, {"money": True, "inspections": True}, if_match=api().get(CHOICE).etag).ok()
    assert chosen["money"] and chosen["inspections"] and chosen["reported"]
    newest = api().get(history).ok()[len(before) :]
    assert len(newest) == 1, "one entry for the project"
    told = {op["path"]: op["value"] for op in newest[0]["patch"]}
    assert told["/allocations/1/public"] == {
        "source": "county_budget", "year": 2023, "amount": "7654321.98", "dated": None, "illustrative": False,
    }  # fmt: skip
    assert told["/inspections/1/public"] == {"kind": "quality", "held_on": "2023-06-20", "result": "passed"}
    assert set(told) == {f"/{part}/1/public" for part in ("allocations", "estimates", "spending", "inspections")}
    assert PRIVATE not in api().get(history).text
    official.post(f"{P}spending/", {"kind": "work_done", "amount": "88.00", "dated": "2023-06-21", "note": PRIVATE}).ok(
        201
    )
    assert '"88.00"' in api().get(history).text and PRIVATE not in api().get(history).text
    assert "88.00" not in api().get(f"projects/{cast.unpublished}/history/").text

    official.change(f"{P}spending/2/", {"archived": True})
    last = api().get(history).ok()[-1]["patch"]
    assert last == [{"op": "remove", "path": "/spending/2/public"}], "set aside is withdrawn"
    admin.put(CHOICE, {}, if_match=api().get(CHOICE).etag).ok()
    gone = api().get(history).ok()[-1]["patch"]
    assert {op["op"] for op in gone} == {"remove"} and len(gone) == 4
    assert verify().sound


def test_a_term_that_says_nothing_is_absent_from_the_record(cast: Cast, api: Any) -> None:
    """A record that holds it stands as it was hashed, also when it is left out later; who reads the choice reads all of it."""
    for days, kept in ((5, True), (10, False)):
        official = api("bureau_admin")
        answer = official.put(CHOICE, {"money": True, "answer_days": days}, if_match=official.get(CHOICE).etag).ok()
        assert answer["answer_days"] == api().get(CHOICE).ok()["answer_days"] == days
        assert ("answer_days" in Bureau.objects.get(code="610526").publishing) is kept and verify().sound
