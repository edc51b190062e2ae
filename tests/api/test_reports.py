"""Progress reports over HTTP: entered once, merged where nobody was faster, in conflict where somebody was, and reviewed."""

from __future__ import annotations

from copy import deepcopy
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from projects_api.models import LedgerEntry, Membership, ProgressReport, Project
from projects_api.selectors.verify import verify
from tests.cast import PRIVATE, Cast

P = "projects/610526-2023-001/"


def sent(base: int, entries: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {
        "id": str(uuid4()),
        "base_version": base,
        "made_at": "2023-06-06T08:00:00Z",
        **({"entries": entries} if entries is not None else {}),
        **more,
    }


def stage(api: Any, key: str) -> dict[str, Any]:
    found: dict[str, Any] = api("official").get(f"{P}milestones/{key}/").ok()
    return found


def outcomes(report: dict[str, Any]) -> dict[str, str]:
    return {key: entry["outcome"] for key, entry in report["entries"].items()}


@pytest.fixture
def seen(cast: Cast) -> int:
    """The version that the engineer has on the phone."""
    return cast.project().version


def test_a_report_about_several_stages_is_entered_as_one(cast: Cast, api: Any, seen: int) -> None:
    before = LedgerEntry.objects.count()
    report = sent(
        seen,
        {"foundations": {"started": "2023-06-01", "percent": 40}, "infill": {"forecast": "2024-05-01"}},
        text="桩基完成",
    )
    answer = api("engineer").post(f"{P}reports/", report)
    found = answer.ok(201)
    assert outcomes(found) == {"foundations": "applied", "infill": "applied"}
    assert (found["state"], found["text"], found["author"]) == ("submitted", "桩基完成", "engineer")
    assert (stage(api, "foundations")["percent"], stage(api, "foundations")["state"]) == (40, "in_progress")
    assert stage(api, "infill")["forecast"] == "2024-05-01"
    assert LedgerEntry.objects.count() == before + 1, "one report, one entry"
    assert answer.version == seen + 1
    assert api("supervisor").get(f"{P}reports/{report['id']}/").ok()["entries"] == found["entries"]
    assert verify().sound


def test_the_same_report_five_times_is_one(cast: Cast, api: Any, seen: int) -> None:
    report = sent(seen, {"foundations": {"percent": 40}})
    answers = [
        api("engineer").post(f"{P}reports/", {**report, "sent_at": f"2023-06-0{n}T09:00:00Z"}).ok(201)
        for n in range(1, 6)
    ]
    assert all(answer == answers[0] for answer in answers)
    assert ProgressReport.objects.count() == 1
    assert cast.project().version == seen + 1


def test_the_same_id_with_other_words_is_refused(cast: Cast, api: Any, seen: int) -> None:
    report = sent(seen, {"foundations": {"percent": 40}})
    api("engineer").post(f"{P}reports/", report).ok(201)
    api("engineer").post(f"{P}reports/", {**report, "text": "something else"}).problem(422)
    assert stage(api, "foundations")["percent"] == 40


def test_a_repeated_report_is_answered_though_the_assignment_has_ended(cast: Cast, api: Any, seen: int) -> None:
    report = sent(seen, {"foundations": {"percent": 40}})
    first = api("engineer").post(f"{P}reports/", report).ok(201)
    cast.project().assignments.update(ended=date(2023, 6, 7))
    assert api("engineer").post(f"{P}reports/", report).ok(201) == first
    api("engineer").post(f"{P}reports/", sent(seen + 1, {"foundations": {"percent": 50}})).problem(403)


def test_what_nobody_touched_is_merged_and_the_rest_waits_with_both_sides(cast: Cast, api: Any, seen: int) -> None:
    """The issue's own story: three stages from the site, one of them changed from the office meanwhile."""
    api("bureau_admin").change(
        f"{P}milestones/foundations/", {"started": "2023-05-20", "percent": 30, "reason": "by telephone"}
    ).ok()
    report = sent(
        seen,
        {"foundations": {"percent": 60}, "infill": {"forecast": "2024-05-01"}, "finishes": {"forecast": "2024-07-01"}},
    )
    found = api("engineer").post(f"{P}reports/", report).ok(201)
    assert outcomes(found) == {"foundations": "conflict", "infill": "applied", "finishes": "applied"}
    clash = found["entries"]["foundations"]
    assert (clash["changes"], clash["theirs"], clash["fields"]) == ({"percent": 60}, {"percent": 30}, ["percent"])
    assert (clash["by"], clash["at"][:4]) == ("bureau_admin", str(date.today().year))
    assert stage(api, "foundations")["percent"] == 30, "nothing was overwritten"

    chosen = sent(cast.project().version, {"foundations": {"percent": 60}}, corrects=report["id"])
    settled = api("engineer").post(f"{P}reports/", chosen).ok(201)
    assert outcomes(settled) == {"foundations": "applied"}
    assert stage(api, "foundations")["percent"] == 60
    assert outcomes(api("engineer").get(f"{P}reports/{report['id']}/").ok())["foundations"] == "settled"
    assert verify().sound


def test_ones_own_reports_from_one_offline_day_are_no_conflict(cast: Cast, api: Any, seen: int) -> None:
    morning = sent(seen, {"foundations": {"percent": 20, "note": "dry"}}, made_at="2023-06-06T02:00:00Z")
    evening = sent(seen, {"foundations": {"percent": 40}}, made_at="2023-06-06T10:00:00Z")
    assert outcomes(api("engineer").post(f"{P}reports/", morning).ok(201)) == {"foundations": "applied"}
    assert outcomes(api("engineer").post(f"{P}reports/", evening).ok(201)) == {"foundations": "applied"}
    assert stage(api, "foundations")["percent"] == 40


def test_a_report_overtaken_by_ones_own_later_one_adds_only_what_is_new(cast: Cast, api: Any, seen: int) -> None:
    evening = sent(seen, {"foundations": {"percent": 40}}, made_at="2023-06-06T10:00:00Z")
    morning = sent(seen, {"foundations": {"percent": 20, "note": "dry"}}, made_at="2023-06-06T02:00:00Z")
    noon = sent(seen, {"foundations": {"percent": 30}}, made_at="2023-06-06T04:00:00Z")
    api("engineer").post(f"{P}reports/", evening).ok(201)
    assert outcomes(api("engineer").post(f"{P}reports/", morning).ok(201)) == {"foundations": "applied"}
    assert outcomes(api("engineer").post(f"{P}reports/", noon).ok(201)) == {"foundations": "overtaken"}
    found = stage(api, "foundations")
    assert (found["percent"], found["note"]) == (40, "dry")


def test_giving_up_ones_own_side_settles_the_conflict(cast: Cast, api: Any, seen: int) -> None:
    api("bureau_admin").change(f"{P}milestones/foundations/", {"percent": 30, "reason": "by telephone"}).ok()
    report = sent(seen, {"foundations": {"percent": 60}})
    api("engineer").post(f"{P}reports/", report).ok(201)
    api("engineer").post(f"{P}reports/", sent(seen + 2, {"foundations": {}}, corrects=report["id"])).ok(201)
    assert stage(api, "foundations")["percent"] == 30
    assert outcomes(api("engineer").get(f"{P}reports/{report['id']}/").ok()) == {"foundations": "settled"}


def test_other_fields_of_the_same_stage_merge(cast: Cast, api: Any, seen: int) -> None:
    api("official").change(f"{P}milestones/foundations/", {"planned": "2023-12-01"}).ok()
    found = api("engineer").post(f"{P}reports/", sent(seen, {"foundations": {"percent": 40}})).ok(201)
    assert outcomes(found) == {"foundations": "applied"}
    assert (stage(api, "foundations")["planned"], stage(api, "foundations")["percent"]) == ("2023-12-01", 40)


def test_the_same_thing_said_by_both_is_no_conflict(cast: Cast, api: Any, seen: int) -> None:
    api("bureau_admin").change(f"{P}milestones/foundations/", {"percent": 30, "reason": "by telephone"}).ok()
    found = api("engineer").post(f"{P}reports/", sent(seen, {"foundations": {"percent": 30}})).ok(201)
    assert outcomes(found) == {"foundations": "unchanged"}


def test_finished_meets_a_changed_percent_as_a_conflict(cast: Cast, api: Any, seen: int) -> None:
    """To be finished means 100 %: who wrote 30 % meanwhile must not be overwritten silently."""
    api("bureau_admin").change(f"{P}milestones/foundations/", {"percent": 30, "reason": "by telephone"}).ok()
    found = api("engineer").post(f"{P}reports/", sent(seen, {"foundations": {"actual": "2023-06-05"}})).ok(201)
    assert outcomes(found) == {"foundations": "conflict"}
    assert found["entries"]["foundations"]["theirs"] == {"actual": None, "percent": 30}


@pytest.mark.parametrize(
    ("change", "status", "pointer", "code"),
    [
        ({"entries": {"foundations": {"percent": 101}}}, 400, "/entries/foundations/percent", "max_value"),
        ({"entries": {"foundations": {"actual": "2999-01-01"}}}, 400, "/entries/foundations/actual", None),
        ({"entries": {"foundations": {"delay_note": "rain"}}}, 400, "/entries/foundations/delay_reason", "required"),
        ({"entries": {"foundations": {"weight": 3}}}, 400, "/entries/foundations/weight", "unknown_field"),
        ({"entries": {"moon_base": {"percent": 3}}}, 400, "/entries/moon_base", "unknown_milestone"),
        ({"entries": []}, 400, "/entries", None),
        ({"entries": {}, "text": ""}, 400, "", "empty"),
        ({"base_version": 0}, 400, "/base_version", None),
        ({"base_version": 9999}, 400, "/base_version", "out_of_range"),
        ({"id": "not-a-uuid"}, 400, "/id", None),
        ({"made_at": "yesterday"}, 400, "/made_at", None),
        ({"made_at": "2023-06-05T10:00:00"}, 400, "/made_at", "invalid"),
        ({"entries": {"infill": {}}}, 400, "", "empty"),
        ({"entries": {"infill": {"delay_reason": 1}}}, 400, "/entries/infill/delay_reason", "invalid_choice"),
        ({"position": {"type": "Point", "coordinates": [1e200, 3]}}, 400, "/position/coordinates/0", None),
        ({"accuracy": -1}, 400, "/accuracy", None),
        ({"corrects": "00000000-0000-4000-8000-00000000aaaa"}, 400, "/corrects", "unknown_report"),
        ({"photo": "x"}, 400, "/photo", "unknown_field"),
    ],
)  # fmt: skip
def test_a_report_that_cannot_be_entered_is_refused_whole(
    cast: Cast, api: Any, seen: int, change: dict[str, Any], status: int, pointer: str, code: str | None
) -> None:
    report = sent(seen, {"infill": {"percent": 10}}) | deepcopy(change)
    if isinstance(change.get("entries"), dict) and change["entries"] and "infill" not in change["entries"]:
        report["entries"]["infill"] = {"percent": 10}
    problem = api("engineer").post(f"{P}reports/", report).problem(status)
    assert pointer in {error["pointer"] for error in problem["errors"]}
    assert code is None or code in {error["code"] for error in problem["errors"]}
    assert stage(api, "infill")["percent"] == 0 and ProgressReport.objects.count() == 0


def test_a_clock_that_is_a_week_off_is_set_right(cast: Cast, api: Any, seen: int) -> None:
    """The device wrote an hour before it sent; that hour holds, the week does not."""
    report = sent(seen, {"foundations": {"percent": 5}}, sent_at="2023-06-06T09:00:00Z")
    found = api("engineer").post(f"{P}reports/", report).ok(201)
    held = ProgressReport.objects.get(pk=found["id"])
    assert (held.received_at - held.made_at).total_seconds() == pytest.approx(3600, abs=1)
    ahead = sent(seen + 1, {"foundations": {"percent": 6}}, made_at="2999-01-01T00:00:00Z")
    held = ProgressReport.objects.get(pk=api("engineer").post(f"{P}reports/", ahead).ok(201)["id"])
    assert held.made_at == held.received_at, "nothing was written after it came"


# --- acceptance and review ---


FINISHED = {"completion_acceptance": {"started": "2023-06-01", "actual": "2023-06-05"}}


def reviewed(api: Any, who: str, report: dict[str, Any], decision: str, **more: Any) -> Any:
    return api(who).post(
        f"{P}reports/{report['id']}/review/", {"decision": decision, **more}, if_match=api("official").get(P).etag
    )


def test_a_stage_that_needs_acceptance_is_reported_until_accepted(cast: Cast, api: Any, seen: int) -> None:
    report = sent(seen, FINISHED, text="竣工验收会已开")
    api("engineer").post(f"{P}reports/", report).ok(201)
    assert stage(api, "completion_acceptance")["state"] == "reported"
    assert api("official").get(P).ok()["status"] != "accepted"
    assert reviewed(api, "supervisor", report, "accept").ok()["state"] == "accepted"
    assert stage(api, "completion_acceptance")["state"] == "met"
    public = api().get(P).ok()
    assert (public["status"], public["physical_progress"], public["physical_progress_on"]) == (
        "accepted",
        "竣工验收会已开",
        "2023-06-06",
    )
    assert "reports" not in public
    assert verify().sound


def test_a_returned_report_takes_back_what_it_wrote_and_can_be_corrected(cast: Cast, api: Any, seen: int) -> None:
    before = stage(api, "foundations")
    report = sent(
        seen, {"foundations": {"started": "2023-06-01", "percent": 80}, "infill": {"percent": 10}}, text="too early"
    )
    api("engineer").post(f"{P}reports/", report).ok(201)
    api("bureau_admin").change(f"{P}milestones/infill/", {"percent": 15, "reason": "measured"}).ok()
    reviewed(api, "supervisor", report, "return").problem(400, "/note", "required")
    found = reviewed(api, "supervisor", report, "return", note="80 % is not what the photo shows").ok()
    assert outcomes(found) == {"foundations": "taken_back", "infill": "applied"}
    assert stage(api, "foundations") == before
    assert stage(api, "infill")["percent"] == 15, "what somebody wrote since stays"
    assert "physical_progress" not in api().get(P).ok() or api().get(P).ok()["physical_progress"] != "too early"

    corrected = sent(
        cast.project().version, {"foundations": {"started": "2023-06-01", "percent": 50}}, corrects=report["id"]
    )
    assert api("engineer").post(f"{P}reports/", corrected).ok(201)["corrects"] == report["id"]
    rows = api("official").get(f"{P}reports/").ok()["results"]
    assert {row["id"]: row["state"] for row in rows} == {report["id"]: "returned", corrected["id"]: "submitted"}
    assert verify().sound


def test_nobody_reviews_their_own_report(cast: Cast, api: Any, seen: int) -> None:
    Membership.objects.create(
        user=cast.user("engineer"), bureau=cast.bureau(), role="supervisor", since=date(2023, 1, 1)
    )
    report = sent(seen, FINISHED)
    api("engineer").post(f"{P}reports/", report).ok(201)
    reviewed(api, "engineer", report, "accept").problem(403)
    api("engineer").change(f"{P}milestones/completion_acceptance/", {"state": "met"}).problem(403)
    assert stage(api, "completion_acceptance")["state"] == "reported"


def test_a_report_is_reviewed_once_and_on_the_state_that_was_seen(cast: Cast, api: Any, seen: int) -> None:
    report = sent(seen, FINISHED)
    api("engineer").post(f"{P}reports/", report).ok(201)
    path = f"{P}reports/{report['id']}/review/"
    api("supervisor").post(path, {"decision": "accept"}).problem(428)
    api("supervisor").post(path, {"decision": "accept"}, if_match=f'"{seen}"').problem(412)
    api("bureau_admin").post(path, {"decision": "accept"}, if_match=f'"{seen + 1}"').problem(400, "/reason")
    reviewed(api, "supervisor", report, "accept").ok()
    reviewed(api, "official", report, "return", note="no").problem(409)
    reviewed(api, "official", report, "shrug").problem(400, "/decision")


def test_a_reported_milestone_can_be_accepted_without_its_report(cast: Cast, api: Any, seen: int) -> None:
    api("bureau_admin").change(
        f"{P}milestones/completion_acceptance/", {"actual": "2023-06-05", "state": "met", "reason": "minutes are here"}
    ).ok()
    assert stage(api, "completion_acceptance")["state"] == "reported", "met by one's own word is reported"
    api("bureau_admin").change(f"{P}milestones/completion_acceptance/", {"state": "met", "reason": "mine"}).problem(403)
    api("viewer").change(f"{P}milestones/completion_acceptance/", {"state": "met"}).problem(403)
    api("official").change(f"{P}milestones/completion_acceptance/", {"state": "met"}).ok()
    assert stage(api, "completion_acceptance")["state"] == "met"
    assert cast.project().ledger.order_by("-version").first().action == "milestone.accept"  # type: ignore[union-attr]


# --- what is read ---


def test_a_report_is_private_until_its_sentence_is_accepted(cast: Cast, api: Any, seen: int) -> None:
    private = {"problems": PRIVATE, "next_step": PRIVATE, "text": PRIVATE, "reason": PRIVATE}
    place = {"type": "Point", "coordinates": [109.5877, 34.9561]}
    report = sent(seen, {"foundations": {"percent": 5, "note": PRIVATE}}, **private, position=place, accuracy=12)
    api("engineer").post(f"{P}reports/", report).ok(201)
    api("supervisor").post(
        f"{P}reports/{report['id']}/review/", {"decision": "return", "note": PRIVATE}, if_match=f'"{seen + 1}"'
    ).ok()
    for who in ("public", "stranger", "gushi_official", "gushi_engineer", "other_engineer"):
        for path in (P, f"{P}history/", "changes/?limit=1000", f"{P}milestones/", f"/{P}"):
            text = api(who).get(path).text
            assert PRIVATE not in text and "109.5877" not in text, (who, path)
    assert PRIVATE in api("official").get(f"{P}history/").text, "else this proves nothing"


def test_the_field_has_ones_own_sites_and_nothing_else(cast: Cast, api: Any) -> None:
    answer = api("engineer").get("field/")
    codes = {site["code"] for site in answer.ok()["sites"]}
    assert codes == {"610526-2023-001", "610526-2023-002"}
    assert api("other_engineer").get("field/").ok()["sites"] == []
    assert api("official").get("field/").ok()["sites"] == []
    site = answer.ok()["sites"][0]
    assert site["version"] == Project.objects.get(code=site["code"]).version
    assert {"key", "title", "planned", "percent", "state", "promised"} <= site["milestones"][0].keys()
    assert api("engineer").get("field/", if_none_match=answer.etag).status == 304
    api("engineer").post(f"{P}reports/", sent(site["version"], {"foundations": {"percent": 5}})).ok(201)
    assert api("engineer").get("field/", if_none_match=answer.etag).status == 200


def test_reports_are_listed_by_state_and_author(cast: Cast, api: Any, seen: int) -> None:
    report = sent(seen, {"foundations": {"percent": 5}})
    api("engineer").post(f"{P}reports/", report).ok(201)
    assert [row["id"] for row in api("supervisor").get("reports/?state=submitted").ok()["results"]] == [report["id"]]
    assert api("supervisor").get("reports/?mine=true").ok()["count"] == 0
    assert api("engineer").get("reports/?mine=true&state=accepted").ok()["count"] == 0
    assert api("gushi_official").get("reports/").ok()["count"] == 0
    api("engineer").get("reports/?state=lost").problem(400, "?state")
    api("engineer").get("reports/?author=me").problem(400, "?author", "unknown_parameter")
