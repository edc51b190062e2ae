"""Projects, milestones, plans and money: what may be written, what follows, and what is refused by which name."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from projects_api.choices import STANDS_STILL, Kind, Status
from projects_api.models import Project, School
from projects_api.schedule.progress import TRANSITIONS
from tests.cast import Cast
from tests.factories import make_school

P = "projects/610526-2023-001/"
STAGE = f"{P}milestones/foundations/"
NEW = {"bureau": "610526", "title_zh": "新幼儿园", "kind": "new_build"}
SITE = {"type": "Point", "coordinates": [109.58, 34.95]}


def new(api: Any, **changes: Any) -> Any:
    return api("official").post("projects/", NEW | changes)


# --- creating and changing ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", Kind.values)
def test_a_new_project_starts_with_its_kinds_milestones(cast: Cast, api: Any, kind: str) -> None:
    answer = new(api, kind=kind, plan="610526-2023", plan_target="start")
    project = answer.ok(201)
    assert (
        answer.headers["Location"] == f"/api/v1/projects/{project['code']}/"
        and project["version"] == answer.version == 1
    )
    assert project["code"] == "610526-2023-003", "the next number of the plan's year"
    keys = [milestone["key"] for milestone in project["milestones"]]
    assert len(keys) == (21 if kind in ("new_build", "expansion", "renovation") else 10)
    assert (project["status"], project["progress"], project["next_milestone"]) == ("proposed", 0, keys[0])
    assert project["published"] is False and project["region"] == "610526" and project["currency"] == "CNY"


def test_codes_are_given_in_order_or_by_hand(cast: Cast, api: Any) -> None:
    year = timezone.localdate().year
    assert new(api).ok(201)["code"] == f"610526-{year}-001"
    assert new(api, code=f"610526-{year}-017").ok(201)["code"] == f"610526-{year}-017"
    assert new(api).ok(201)["code"] == f"610526-{year}-018"
    # The last number is not the end: the next one is the lowest that is free.
    assert new(api, code=f"610526-{year}-99999").ok(201)["code"].endswith("-99999")
    assert [new(api).ok(201)["code"][-3:] for _ in range(2)] == ["002", "003"]
    for code in (
        "610526-2023",
        "610526-2024-9999999",
        "NYC-K001-b14a06",
        "x",
        "610526-2023-01",
        "411525-2023-005",
        "610526-2023-001/..",
        "610526-２０２３-001",
    ):
        new(api, code=code).problem(400, "/code")
    new(api, code=cast.published).problem(409)


def test_every_field_is_kept_and_read_back(cast: Cast, api: Any) -> None:
    written = {
        "title_zh": "第十二幼儿园", "title_en": "Kindergarten No. 12", "kind": "expansion", "stage": "kindergarten",
        "region": "610526102", "school": cast.school, "plan": "610526-2024", "plan_target": "complete",
        "description": "三层\n\t六班", "classes": 9, "places": 270, "floor_area": "3500.50", "land_area": "5000.00",
        "total_investment": "18500000.00", "responsible_leader": "王", "responsible_unit": "教育局",
        "contractor": "某公司", "supervising_firm": "某监理", "address": "迎宾路", "site": SITE,
        "footprint": {"type": "Polygon", "coordinates": [[[109.5, 34.9], [109.51, 34.9], [109.51, 34.91], [109.5, 34.9]]]},
        "location_precision": "surveyed", "site_accuracy": 3, "published": True, "illustrative": True, "note": "内部",
        "contact_name": "李", "contact_phone": "139",
    }  # fmt: skip
    changed = api("official").change(P, written | {"reason": "survey"}).ok()
    assert {name: changed[name] for name in written} == written
    assert changed == api("official").get(P).ok() and (changed["site_crs"], changed["footprint_crs"]) == ("WGS84",) * 2
    assert api().get(P).ok()["site_accuracy"] == 3, "for everybody: how much a place is worth"
    created = new(api, **{name: value for name, value in written.items() if name != "code"}).ok(201)
    assert {name: created[name] for name in written} == written
    emptied = {"school": None, "plan": None, "site": None, "footprint": None, "classes": None, "floor_area": None}
    changed = api("official").change(P, emptied).ok()
    assert {name: changed[name] for name in emptied} == emptied
    assert (changed["plan_target"], changed["location_precision"], changed["site_crs"]) == ("", "", "")
    assert not changed.keys() & {"site_accuracy", "footprint_crs"}, "what says nothing is not there"
    api("official").change(P, {"site_accuracy": 3}).problem(400, "/site_accuracy")


BAD = [
    ({"title_zh": "", "title_en": ""}, "/title_zh"),
    ({"title_zh": "   ", "title_en": ""}, "/title_zh"),
    ({"title_zh": None}, "/title_zh"),
    ({"title_zh": 7}, "/title_zh"),
    ({"title_zh": "x" * 201}, "/title_zh"),
    ({"title_zh": "a\nb"}, "/title_zh"),
    ({"title_zh": "a\u202eb"}, "/title_zh"),
    ({"contractor": "a\u200bb"}, "/contractor"),
    ({"description": "x" * 2001}, "/description"),
    ({"kind": "castle"}, "/kind"),
    ({"kind": ["new_build"]}, "/kind"),
    ({"kind": ""}, "/kind"),
    ({"stage": "university"}, "/stage"),
    ({"status": "done"}, "/status"),
    ({"classes": -1}, "/classes"),
    ({"classes": 501}, "/classes"),
    ({"classes": 1.5}, "/classes"),
    ({"classes": "9"}, "/classes"),
    ({"classes": True}, "/classes"),
    ({"places": 10**39}, "/places"),
    ({"floor_area": "-1"}, "/floor_area"),
    ({"floor_area": "10000001"}, "/floor_area"),
    ({"floor_area": "1.234"}, "/floor_area"),
    ({"total_investment": "1_000"}, "/total_investment"),
    ({"total_investment": "１２"}, "/total_investment"),
    ({"total_investment": " 12 "}, "/total_investment"),
    ({"total_investment": "sNaN"}, "/total_investment"),
    ({"total_investment": "Infinity"}, "/total_investment"),
    ({"total_investment": "1e400"}, "/total_investment"),
    ({"total_investment": "99999999999999.00"}, "/total_investment"),
    ({"total_investment": True}, "/total_investment"),
    ({"total_investment": []}, "/total_investment"),
    ({"region": "411525101"}, "/region"),
    ({"region": "610526999"}, "/region"),
    ({"region": None}, "/region"),
    ({"region": ""}, "/region"),
    ({"school": "nowhere"}, "/school"),
    ({"plan": "411525-2023", "plan_target": "start"}, "/plan"),
    ({"plan": "610526-2050", "plan_target": "start"}, "/plan"),
    ({"plan": "610526-20235"}, "/plan"),
    ({"plan_target": ""}, "/plan_target"),
    ({"plan": None, "plan_target": "start"}, "/plan_target"),
    ({"location_precision": ""}, "/location_precision"),
    ({"site": None, "location_precision": "surveyed"}, "/location_precision"),
    ({"published": "yes"}, "/published"),
    ({"published": 1}, "/published"),
    ({"published": None}, "/published"),
    ({"archived": "no"}, "/archived"),
    ({"reason": "x" * 501}, "/reason"),
    ({"bureau": "411525"}, "/bureau"),
    ({"site": {"type": "Point", "coordinates": [34.95, 109.58]}}, "/site/coordinates"),
    ({"site": {"type": "Point", "coordinates": [115.6, 32.1]}}, "/site/coordinates"),
    ({"footprint": SITE}, "/footprint/type"),
]


@pytest.mark.parametrize(("body", "pointer"), BAD, ids=[str(body)[:50] for body, _pointer in BAD])
def test_what_is_wrong_is_named_and_nothing_is_written(
    cast: Cast, api: Any, body: dict[str, Any], pointer: str
) -> None:
    before = api("official").get(P).ok()
    api("official").change(P, body).problem(400, pointer)
    assert api("official").get(P).ok() == before


def test_several_errors_are_named_together(cast: Cast, api: Any) -> None:
    problem = new(api, kind="castle", classes=-1, titel="x").problem(400)
    assert {error["pointer"] for error in problem["errors"]} >= {"/titel"}
    problem = new(api, kind="castle", classes=-1).problem(400)
    assert {error["pointer"] for error in problem["errors"]} == {"/kind", "/classes"}


def test_what_belongs_to_another_bureau_is_refused(cast: Cast, api: Any) -> None:
    foreign = make_school(cast.bureau("411525"))
    api("official").change(P, {"school": foreign.code}).problem(400, "/school", "unknown_school")
    new(api, bureau="999999").problem(400, "/bureau")
    School.objects.filter(pk=foreign.pk).delete()


def test_a_site_may_name_its_coordinate_system(cast: Cast, api: Any) -> None:
    changed = api("official").change(P, {"site": {"crs": "GCJ-02", "coordinates": [109.58, 34.95]}}).ok()
    lon, lat = changed["site"]["coordinates"]
    assert (
        0.003 < 109.58 - lon < 0.008 and changed["site_crs"] == "GCJ-02" and changed["location_precision"] == "map_pin"
    )
    api("official").change(P, {"site": {"crs": "EPSG:2326", "coordinates": [1, 1]}}).problem(400, "/site/crs")


def test_archiving_takes_it_out_of_sight_and_back(cast: Cast, api: Any) -> None:
    official = api("official")
    official.call("DELETE", P, {"note": "x"}, if_match=official.get(P).etag).problem(400, "/note", "unknown_field")
    archived = official.call("DELETE", P, {"reason": "entered twice"}, if_match=official.get(P).etag)
    assert archived.ok()["archived"] is True
    api().get(P).problem(404)
    for path in ("projects/", "sites.geojson", "/maps/sites.json", "changes/?limit=1000"):
        assert cast.published not in api().get(path).text
    assert cast.published not in str(api().get("plans/610526-2023/").ok()["scoreboard"])
    version = official.get(P).version
    for refused in (
        official.change(STAGE, {"planned": "2024-01-01"}),
        official.change(P, {"title_en": "x"}),
        official.change(P, {"title_en": "x", "archived": True}),
        official.post(f"{P}spending/", {"kind": "money_paid", "dated": "2023-06-01", "amount": "1.00"}),
        official.change(f"{P}spending/1/", {"amount": "1.00"}),
        official.post(f"{P}inspections/", {"kind": "quality", "held_on": "2023-06-01", "result": "passed"}),
        api("engineer").post(f"{P}reports/", {"id": str(uuid4()), "base_version": version, "made_at": "2023-06-06T08:00:00Z",
                                              "text": "x"}),
    ):  # fmt: skip
        assert "archived" in refused.problem(409)["detail"]
    assert official.delete(P, if_match=official.get(P).etag).version == version, "once more changes nothing"
    admin = api("bureau_admin")
    released = admin.call("DELETE", f"{P}engineers/engineer/", {"reason": "left"}, if_match=admin.get(P).etag)
    assert released.ok()["engineers"] == {} and official.get(f"{P}history/").ok()[-1]["reason"] == "left"
    assert official.change(P, {"archived": False, "places": 900}).ok()["archived"] is False
    assert api().get(P).status == 200
    assert Project.objects.filter(code=cast.published).exists(), "nothing is ever deleted"
    rows = [(row["action"], row["reason"]) for row in official.get(f"{P}history/").ok()]
    assert rows[-3:] == [("project.archive", "entered twice"), ("project.release", "left"), ("project.change", "")]


@pytest.mark.parametrize("old", Status.values)
def test_the_status_moves_only_along_the_allowed_ways(cast: Cast, api: Any, old: str) -> None:
    project = cast.project(cast.unpublished)
    for wanted in Status.values:
        Project.objects.filter(pk=project.pk).update(status=old, status_reason="", status_note="", status_since=None)
        why = {"status_reason": "land"} if wanted in STANDS_STILL else {}
        answer = api("official").change(f"projects/{cast.unpublished}/", {"status": wanted, **why})
        if wanted == old or wanted in TRANSITIONS[Status(old)]:
            assert answer.ok()["status"] == wanted, (old, wanted)
        else:
            assert "“" in answer.problem(409)["detail"], (old, wanted)


# --- milestones ---------------------------------------------------------------------------------------------


def reported(api: Any, path: str = STAGE, **facts: Any) -> Any:
    return api("engineer").change(path, facts)


def test_facts_move_state_progress_next_and_status(cast: Cast, api: Any) -> None:
    before = api().get(P).ok()
    begun = reported(api, f"{P}milestones/commencement/", started="2023-06-01", actual="2023-06-01").ok()
    assert (begun["state"], begun["percent"]) == ("met", 100)
    assert reported(api, started="2023-06-02", percent=50).ok()["state"] == "in_progress"
    after = api().get(P).ok()
    assert after["status"] == "under_construction" and before["status"] == "approved"
    assert after["progress"] > before["progress"]
    assert after["next_milestone"] == "land_preexamination", "the first stage in order that is still ahead"
    api("official").change(f"{P}milestones/land_preexamination/", {"planned": "2023-07-01"}).ok()
    assert api().get(P).ok()["next_due"] == "2023-07-01"
    reported(api, f"{P}milestones/land_preexamination/", forecast="2023-08-01", delay_reason="land").ok()
    assert api().get(P).ok()["next_due"] == "2023-08-01"
    taken_back = reported(api, actual=None, percent=0, started=None).ok()
    assert (taken_back["state"], taken_back["percent"]) == ("scheduled", 0)
    assert api().get(P).ok()["status"] == "under_construction", "a status is never taken back by facts"


TOMORROW = (timezone.now() + timedelta(days=2)).date().isoformat()
BAD_FACTS = [
    ({"actual": TOMORROW}, 400, "/actual"),
    ({"started": TOMORROW}, 400, "/started"),
    ({"started": "2023-06-02", "actual": "2023-06-01"}, 400, "/actual"),
    ({"percent": 100}, 400, "/actual"),
    ({"percent": 101}, 400, "/percent"),
    ({"percent": -1}, 400, "/percent"),
    ({"percent": 50.5}, 400, "/percent"),
    ({"percent": "50"}, 400, "/percent"),
    ({"percent": 50, "actual": "2023-06-01"}, 400, "/percent"),
    ({"state": "met"}, 400, "/actual"),
    ({"state": "in_progress"}, 409, None),
    ({"state": "reported", "actual": "2023-06-01"}, 409, None),
    ({"state": "scheduled", "actual": "2023-06-01"}, 409, None),
    ({"state": "done"}, 400, "/state"),
    ({"delay_note": "rain"}, 400, "/delay_reason"),
    ({"delay_reason": "other"}, 400, "/delay_note"),
    ({"delay_reason": "aliens"}, 400, "/delay_reason"),
    ({"forecast": "2023-02-30"}, 400, "/forecast"),
    ({"forecast": "1900-01-01"}, 400, "/forecast"),
    ({"forecast": "0000-01-01"}, 400, "/forecast"),
    ({"forecast": "9999-12-31"}, 400, "/forecast"),
    ({"forecast": "2023-6-1"}, 400, "/forecast"),
    ({"forecast": "2023-06-01T00:00:00Z"}, 400, "/forecast"),
    ({"forecast": 20230601}, 400, "/forecast"),
    ({"note": "x" * 501}, 400, "/note"),
    ({"title_zh": "x"}, 400, "/title_zh"),
    ({"public": False}, 400, "/public"),
]


@pytest.mark.parametrize(
    ("body", "status", "pointer"), BAD_FACTS, ids=[str(body) for body, _status, _pointer in BAD_FACTS]
)
def test_facts_that_cannot_be_are_refused(cast: Cast, api: Any, body: Any, status: int, pointer: str | None) -> None:
    before = api("engineer").get(P).ok()
    reported(api, **body).problem(status, pointer)
    assert api("engineer").get(P).ok() == before


def test_with_a_date_it_is_met_and_without_one_it_says_how_far(cast: Cast, api: Any) -> None:
    assert reported(api, actual="2023-06-10").ok()["percent"] == 100
    reported(api, actual=None).problem(400, "/percent")
    assert reported(api, actual=None, percent=80).ok()["state"] == "in_progress"
    assert reported(api, percent=100, actual="2023-06-11").ok()["state"] == "met"
    reported(api, percent=90).problem(400, "/percent")


def test_the_office_decides_what_does_not_apply(cast: Cast, api: Any) -> None:
    api("engineer").change(STAGE, {"state": "not_applicable"}).problem(403)
    api("engineer").change(STAGE, {"state": "not_met"}).problem(403)
    assert api("official").change(STAGE, {"state": "not_applicable"}).ok()["state"] == "not_applicable", (
        "a reason is welcome"
    )
    api("official").change(STAGE, {"state": "met", "reason": "x"}).problem(403)
    # What was decided, no engineer undoes: by no word and by no fact, sent alone or in a report that had seen it.
    for undone in ({"state": "scheduled"}, {"percent": 5}, {"started": "2023-06-01"}, {"actual": "2023-06-01"}):
        reported(api, **undone).problem(403, "/state", "decided")
    entries = {"infill": {"percent": 5}, "foundations": {"percent": 5}}
    sent = {
        "id": str(uuid4()),
        "base_version": cast.project().version,
        "made_at": "2023-06-06T08:00:00Z",
        "entries": entries,
    }
    api("engineer").post(f"{P}reports/", sent).problem(403, "/entries/foundations/state", "decided")
    batch = api("engineer").post("field/reports/", {"reports": [{"project": cast.published, **sent}]}).ok()["results"]
    assert batch[0]["status"] == 403 and batch[0]["problem"]["errors"][0]["pointer"] == "/entries/foundations/state"
    assert reported(api, note="looked").ok()["state"] == "not_applicable"
    assert api("official").change(STAGE, {"state": "scheduled"}).ok()["state"] == "scheduled"
    # "Not met" is a finding of its day: a note does not move it, a new fact does.
    reported(api, percent=50).ok()
    assert api("official").change(STAGE, {"state": "not_met", "reason": "sank"}).ok()["state"] == "not_met"
    assert reported(api, note="looked again").ok()["state"] == "not_met"
    reported(api, percent=0, state="scheduled").problem(403, "/state", "decided")
    assert reported(api, percent=60).ok()["state"] == "in_progress"


def test_an_administrator_reports_with_a_reason(cast: Cast, api: Any) -> None:
    api("bureau_admin").change(STAGE, {"started": "2023-06-01"}).problem(400, "/reason")
    assert api("bureau_admin").change(STAGE, {"started": "2023-06-01", "reason": "by phone"}).status == 200
    entry = api("official").get(f"{P}history/").ok()[-1]
    assert (entry["actor"], entry["reason"]) == ("bureau_admin", "by phone")


def test_a_cancelled_project_stands_still(cast: Cast, api: Any) -> None:
    api("official").change(P, {"status": "cancelled", "status_reason": "land"}).ok()
    reported(api, started="2023-06-01").problem(409)


def test_the_day_is_the_bureaus_own(cast: Cast, api: Any) -> None:
    """A fact of today is no fact of the future, also in the hours in which UTC is still in yesterday."""
    assert reported(api, started=timezone.localdate().isoformat()).status == 200


def test_a_milestone_of_another_project_is_not_found(cast: Cast, api: Any) -> None:
    code = new(api, kind="rural_upgrade").ok(201)["code"]
    api("official").change(f"projects/{code}/", {"published": True}).ok()
    api().get(f"projects/{code}/milestones/foundations/").problem(404)
    etag = api("official").get(f"projects/{code}/").etag
    api("official").patch(f"projects/{code}/milestones/foundations/", {"planned": "2024-01-01"}, if_match=etag).problem(
        404
    )


# --- plans --------------------------------------------------------------------------------------------------


def test_the_scoreboard_counts_what_was_met_in_the_year_after_it_and_not_yet(cast: Cast, api: Any) -> None:
    made = [new(api, plan="610526-2023", plan_target="start", published=True).ok(201)["code"] for _n in range(3)]
    for code, day in zip(made, ("2023-12-31", "2024-01-01"), strict=False):
        body = {"actual": day, "reason": "file"}
        api("bureau_admin").change(f"projects/{code}/milestones/commencement/", body).ok()
    scores = {score["target"]: score for score in api().get("plans/610526-2023/").ok()["scoreboard"]}
    start = scores["start"]
    assert (start["planned"], start["met"], start["met_late"], start["open"]) == (3, 1, 1, 1)
    assert start["projects"] == {"met": [made[0]], "met_late": [made[1]], "open": [made[2]], "in_time": []}
    assert scores["complete"]["planned"] == 1, "the unpublished one is not counted for the public"
    office = {score["target"]: score for score in api("official").get("plans/610526-2023/").ok()["scoreboard"]}
    assert office["complete"]["planned"] == 2


def test_plans_are_made_changed_and_refused(cast: Cast, api: Any) -> None:
    body = {"bureau": "610526", "year": 2030, "title_zh": "2030 年计划"}
    official = api("official")
    made = official.post("plans/", body | {"document_number": "蒲教发〔2030〕1号", "issued": "2026-01-05"})
    assert made.ok(201)["id"] == "610526-2030" and made.version == 1 and made.data["published"] is False
    api().get("plans/610526-2030/").problem(404)
    assert official.change("plans/610526-2030/", {"published": True, "reason": "council"}).ok()["version"] == 2
    assert api().get("plans/610526-2030/").status == 200
    problem = official.post("plans/", body).problem(400)
    assert "already" in problem["errors"][0]["message"]
    for change, pointer in (
        ({"year": 1949}, "/year"),
        ({"year": "2031"}, "/year"),
        ({"title_zh": ""}, "/title_zh"),
        ({"issued": "2099-01-05"}, "/issued"),
        ({"bureau": "x"}, "/bureau"),
    ):
        official.post("plans/", body | {"year": 2032} | change).problem(400, pointer)
    official.change("plans/610526-2030/", {"year": 2031}).problem(400, "/year")
    official.change("plans/610526-2030/", {"title_zh": ""}).problem(400, "/title_zh")
    entries = [
        row for row in official.get("changes/?limit=1000").ok()["results"] if row["subject"] == "plan:610526-2030"
    ]
    assert [row["action"] for row in entries] == ["plan.create", "plan.change"]
    for path in ("plans/610526-20300/", "plans/610526/", "plans/-2023/", "plans/610526-２０２３/"):
        official.get(path).problem(404)


# --- money --------------------------------------------------------------------------------------------------


def test_money_is_recorded_corrected_and_set_aside(cast: Cast, api: Any) -> None:
    official, path = api("official"), f"{P}spending/"
    answer = official.post(
        path, {"kind": "work_done", "dated": "2023-06-01", "amount": "100.5", "milestone": "foundations"}
    )
    fact = answer.ok(201)
    assert (fact["number"], fact["amount"], fact["currency"]) == (2, "100.50", "CNY")
    assert answer.headers["Location"] == f"/api/v1/{path}2/" and answer.version == cast.project().version
    assert official.change(f"{path}2/", {"amount": "99.99", "reason": "typing error"}).ok()["amount"] == "99.99"
    money = official.get("statistics/?q=610526-2023-001").ok()["money"]["spending"]
    assert {"kind": "work_done", "currency": "CNY", "amount": "99.99"} in money
    assert official.change(f"{path}2/", {"archived": True}).ok()["archived"] is True
    money = official.get("statistics/?q=610526-2023-001").ok()["money"]["spending"]
    assert [row["kind"] for row in money] == ["money_paid"], "what was set aside is in no total"
    assert [row["archived"] for row in official.get(path).ok()] == [False, True]
    assert official.post(path, {"kind": "work_done", "dated": "2023-06-01", "amount": "-5"}).ok(201)["number"] == 3
    # Each is a fact of its day; the year of an allocation is a plan.
    new_fact: dict[str, Any] = {
        "estimates": {"kind": "settlement"},
        "allocations": {"source": "donation", "year": 2090},
        "spending": {"kind": "work_done"},
    }
    for kind, members in new_fact.items():
        official.post(f"{P}{kind}/", members | {"amount": "1.00", "dated": TOMORROW}).problem(
            400, "/dated", "in_future"
        )
        official.post(f"{P}{kind}/", members | {"amount": "1.00", "dated": "2023-06-01"}).ok(201)
    official.change(f"{path}3/", {"dated": TOMORROW}).problem(400, "/dated", "in_future")


BAD_MONEY = [
    ("spending/", {"kind": "work_done", "dated": "2023-06-01", "amount": "0"}, "/amount"),
    ("spending/", {"kind": "work_done", "dated": "2023-06-01"}, "/amount"),
    ("spending/", {"kind": "work_done", "amount": "1"}, "/dated"),
    ("spending/", {"kind": "both", "dated": "2023-06-01", "amount": "1"}, "/kind"),
    ("spending/", {"kind": "work_done", "dated": "2023-06-01", "amount": "1", "milestone": "tower"}, "/milestone"),
    ("spending/", {"kind": "work_done", "dated": "2023-06-01", "amount": "1.005"}, "/amount"),
    ("spending/", {"kind": "work_done", "dated": "1900-01-01", "amount": "1"}, "/dated"),
    ("estimates/", {"kind": "settlement", "amount": "-1"}, "/amount"),
    ("estimates/", {"kind": "settlement", "amount": "1", "number": 9}, "/number"),
    ("allocations/", {"source": "lottery", "year": 2023, "amount": "1"}, "/source"),
    ("allocations/", {"source": "donation", "year": 1900, "amount": "1"}, "/year"),
    ("allocations/", {"source": "donation", "amount": "1"}, "/year"),
    ("allocations/", {"source": "donation", "year": 2023, "amount": "1", "dated": ""}, "/dated"),
]


@pytest.mark.parametrize(("tail", "body", "pointer"), BAD_MONEY, ids=[f"{t} {b}" for t, b, _p in BAD_MONEY])
def test_money_that_cannot_be_is_refused(cast: Cast, api: Any, tail: str, body: Any, pointer: str) -> None:
    api("official").post(P + tail, body).problem(400, pointer)


def test_a_fact_that_is_not_there_is_404(cast: Cast, api: Any) -> None:
    for number in (0, 9, 10**12, 10**30):
        api("official").get(f"{P}spending/{number}/").problem(404)
        api("official").patch(f"{P}spending/{number}/", {"amount": "1"}, if_match=api("official").get(P).etag).problem(
            404
        )


# --- the change feed ----------------------------------------------------------------------------------------


def test_the_feed_goes_on_where_it_stopped(cast: Cast, api: Any) -> None:
    official = api("official")
    whole = official.get("changes/?limit=1000").ok()
    assert whole["more"] is False and whole["next_since"] == whole["results"][-1]["id"]
    since, seen = 0, []
    while True:
        page = official.get(f"changes/?since={since}&limit=3").ok()
        seen += page["results"]
        since = page["next_since"]
        if not page["more"]:
            break
    assert seen == whole["results"] and [row["id"] for row in seen] == sorted(row["id"] for row in seen)
    for after in (since, 2**62):
        assert official.get(f"changes/?since={after}").ok() == {"results": [], "next_since": after, "more": False}
    official.change(P, {"places": 3, "reason": "count"}).ok()
    entry = official.get(f"changes/?since={since}").ok()["results"]
    assert [(row["actor"], row["reason"], row["patch"]) for row in entry] == [
        ("official", "count", [{"op": "replace", "path": "/places", "value": 3}])
    ]


@pytest.mark.parametrize(
    "query",
    [
        "since=-1",
        "since=x",
        f"since={2**62 + 1}",
        f"since={2**63}",
        "since=",
        "limit=0",
        "limit=1001",
        "since=1.5",
        "page=1",
    ],
)
def test_a_wrong_cursor_is_named(cast: Cast, api: Any, query: str) -> None:
    api().get(f"changes/?{query}").problem(400, "?" + query.split("=")[0])


def test_everybody_reads_the_feed_of_what_is_theirs(cast: Cast, api: Any) -> None:
    def subjects(who: str) -> set[str]:
        return {row["subject"] for row in api(who).get("changes/?limit=1000").ok()["results"]}

    public = {f"project:{cast.published}", f"project:{cast.gushi_published}", "plan:610526-2023", "plan:411525-2023"}
    assert subjects("public") == subjects("stranger") == subjects("other_engineer") == public
    # The school that only the unpublished project tells of is seen with it.
    inside = {f"project:{cast.unpublished}", "school:610526-planned"}
    assert subjects("engineer") == public | inside
    for who in ("supervisor", "official", "bureau_admin", "viewer"):
        assert subjects(who) == public | inside | {"plan:610526-2024"}
    assert subjects("gushi_official") == public | {f"project:{cast.gushi_unpublished}", "plan:411525-2024"}
    assert len(subjects("superuser")) == 9


# --- the main job -------------------------------------------------------------------------------------------


def test_what_an_engineer_reports_shows_on_map_page_plan_ledger_and_feed(cast: Cast, api: Any) -> None:
    since = api().get("changes/?limit=1000").ok()["next_since"]
    facts = {"started": "2023-06-01", "actual": "2023-06-02"}
    etag = api("engineer").get(P).etag
    path = f"{P}milestones/completion_acceptance/"
    api("other_engineer").patch(path, facts, if_match=etag).problem(403)
    api("gushi_engineer").patch(path, facts, if_match=etag).problem(403)
    api().patch(path, facts, if_match=etag).problem(401)
    assert api("engineer").patch(path, facts, if_match=etag).ok()["state"] == "reported"
    public = api()
    assert public.get(P).ok()["status"] == "approved", "reported is not yet accepted"
    assert api("supervisor").change(path, {"state": "met"}).ok()["state"] == "met"

    assert public.get(P).ok()["status"] == "accepted"
    sites = public.get("/maps/sites.json").ok()
    place = sites["code"].index(cast.published)
    assert sites["vocab"]["status"][sites["status"][place]] == "accepted"
    features = {f["id"]: f["properties"]["status"] for f in public.get("sites.geojson").ok()["features"]}
    assert features[cast.published] == "accepted"
    page = public.get(f"/{P}").text
    assert "Accepted" in page and "2 June 2023" in page
    scores = {score["target"]: score for score in public.get("plans/610526-2023/").ok()["scoreboard"]}
    assert scores["complete"]["projects"]["met"] == [cast.published]
    told, entry = public.get(f"changes/?since={since}").ok()["results"]
    written = {operation["path"]: operation.get("value") for operation in told["patch"]}
    assert written["/milestones/completion_acceptance/actual"] == "2023-06-02"
    written = {operation["path"]: operation.get("value") for operation in entry["patch"]}
    assert written["/milestones/completion_acceptance/state"] == "met" and written["/status"] == "accepted"
    assert public.get(f"{P}history/").ok()[-2:] == [told, entry]
    assert [e["actor"] for e in api("official").get(f"{P}history/").ok()[-2:]] == ["engineer", "supervisor"]
