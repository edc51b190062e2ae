"""The schedule through the whole of Django: what is promised, what slips and why, and where a reader sees it at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone

from projects_api.models import LedgerEntry, Project
from projects_api.schedule.calendar import CalendarRules, calendar_of
from projects_api.schedule.forecast import forecast
from projects_api.selectors.schedule import facts_of
from projects_api.selectors.verify import verify
from projects_api.services.milestones import milestone_change
from projects_api.services.projects import engineer_assign
from tests.cast import Cast
from tests.factories import LONG_AGO, make_project

# The plan begins in ten days, so that nothing of it is late while these tests run.
BEGIN = timezone.localdate() + timedelta(days=10)
TODAY, YESTERDAY = timezone.localdate(), timezone.localdate() - timedelta(days=1)
HIDDEN = {"settlement_audit", "final_accounts"}


def plan(project: Project) -> dict[str, date]:
    """Every stage planned on the day on which the network of the template ends it."""
    facts = [facts_of(milestone) for milestone in project.milestones.all()]
    found = forecast(facts, None, calendar_of(CalendarRules()), BEGIN)
    for key, stage in found.stages.items():
        milestone_change(
            project_id=project.pk, key=key, actor=None, at=LONG_AGO, expected=None, changes={"planned": stage.finish}
        )
    return {key: stage.finish for key, stage in found.stages.items()}


def scheduled(cast: Cast, **values: Any) -> tuple[Project, dict[str, date]]:
    """A published new building of the standard template, planned to the last stage, with its engineer."""
    project = make_project(cast.bureau(), **values)
    planned = plan(project)
    engineer_assign(project_id=project.pk, engineer=cast.user("engineer"), actor=None, at=LONG_AGO, expected=None)
    return project, planned


@pytest.fixture(scope="module")
def _planned(_standing: Cast, django_db_blocker: Any) -> Iterator[tuple[str, dict[str, date]]]:
    with django_db_blocker.unblock(), transaction.atomic():
        project, planned = scheduled(_standing, region="610526101", contractor="甲公司", title_en="Planned School")
        yield project.code, planned
        transaction.set_rollback(True)


class Scheduled:
    """One project as people meet it."""

    def __init__(self, api: Any, code: str, planned: dict[str, date]) -> None:
        self.api = api
        self.code = code
        self.path = f"projects/{code}/"
        self.planned = planned
        self.finish = planned["handover"]

    def approve(self, reason: str = "the council's plan", who: str = "official") -> Any:
        etag = self.api("official").get(self.path).etag
        return self.api(who).post(f"{self.path}baselines/", {"reason": reason}, if_match=etag)

    def report(self, key: str, *, who: str = "engineer", **facts: Any) -> Any:
        return self.api(who).change(f"{self.path}milestones/{key}/", facts)

    def slip(self, key: str, days: int, reason: str = "weather", **facts: Any) -> Any:
        return self.report(key, forecast=self.planned[key] + timedelta(days=days), delay_reason=reason, **facts)

    def schedule(self, query: str = "", who: str = "public") -> dict[str, Any]:
        found: dict[str, Any] = self.api(who).get(f"{self.path}schedule/{query}").ok()
        return found

    def stage(self, key: str) -> dict[str, Any]:
        return next(stage for stage in self.schedule()["stages"] if stage["key"] == key)

    def row(self, query: str = "") -> dict[str, Any] | None:
        """Its row in the public list under these filters; None where they leave it out."""
        rows = self.api().get(f"projects/?q={self.code}&{query}").ok()["results"]
        return next(iter(rows), None)

    def statistics(self, query: str = "") -> dict[str, Any]:
        found: dict[str, Any] = self.api().get(f"statistics/?{query or f'q={self.code}'}").ok()
        return found

    def lights(self) -> set[str]:
        """The light everywhere that shows one; a single one, where the product agrees with itself."""
        row = self.row()
        assert row is not None
        sites = self.api().get("sites.geojson").ok()["features"]
        totals = self.statistics()["by_light"]
        found = {row["light"], self.schedule()["light"]}
        found |= {site["properties"]["light"] for site in sites if site["id"] == self.code}
        found |= {total["light"] for total in totals if total["projects"]}
        found |= {light for light in ("green", "yellow", "red", "none") if self.row(f"light={light}")}
        return found


@pytest.fixture
def school(_planned: tuple[str, dict[str, date]], cast: Cast, api: Any) -> Scheduled:
    """Planned, not yet promised."""
    return Scheduled(api, *_planned)


@pytest.fixture
def promised(school: Scheduled) -> Scheduled:
    """…and approved as baseline 1."""
    school.approve().ok(201)
    return school


def iso(day: date) -> str:
    return day.isoformat()


def ago(days: int) -> str:
    return iso(TODAY - timedelta(days=days))


# --- slips --------------------------------------------------------------------------------------------------


def test_as_promised_everything_is_green(promised: Scheduled) -> None:
    found = promised.schedule()
    assert (found["baseline"], found["light"], found["late"], found["critical"]) == (1, "green", False, False)
    assert found["forecast_finish"] == found["baseline_finish"] == iso(promised.finish) and found["slip_days"] == 0
    assert (found["progress"], found["planned_progress"], found["behind"]) == (0, 0, 0)
    assert promised.lights() == {"green"} and promised.row("critical=true") is None
    chain = found["critical_path"]
    assert chain[0] == "project_approval" and chain[-1] in ("handover", "completion_filing"), "both end on that day"
    assert "topping_out" in chain and "planning_permit" not in chain


@pytest.mark.parametrize(("days", "light"), [(1, "yellow"), (89, "yellow"), (90, "red"), (400, "red")])
def test_a_slip_on_a_critical_stage_moves_the_finish_and_turns_the_light_everywhere(
    promised: Scheduled, days: int, light: str
) -> None:
    assert promised.stage("topping_out")["critical"] is True
    assert promised.lights() == {"green"}
    promised.slip("topping_out", days).ok()

    assert promised.lights() == {light}
    row, found = promised.row("critical=true"), promised.schedule()
    assert row is not None and promised.row("critical=false") is None and promised.row("late=true") is not None
    late = iso(promised.finish + timedelta(days=days))
    for shown in (row, found):
        assert (shown["forecast_finish"], shown["slip_days"], shown["critical"]) == (late, days, True)
        assert shown["baseline_finish"] == iso(promised.finish)
    assert promised.stage("topping_out")["slip_days"] == days
    assert promised.stage("handover")["finish"] == late

    promised.report("topping_out", forecast=None, delay_reason="").ok()
    assert promised.lights() == {"green"} and promised.row("critical=true") is None, "taken back, it is as before"


def test_a_slip_within_float_moves_neither_finish_nor_light(promised: Scheduled) -> None:
    before = promised.stage("planning_permit")
    room = before["float_days"]
    assert before["critical"] is False and room > 20
    promised.slip("planning_permit", room).ok()
    found, after = promised.schedule(), promised.stage("planning_permit")
    assert (found["forecast_finish"], found["slip_days"]) == (iso(promised.finish), 0)
    assert promised.lights() == {"green"} and promised.row("critical=true") is None
    assert (after["slip_days"], after["float_days"]) == (room, 0), "the room is used up"
    assert promised.row("late=true") is not None, "the stage itself is late, and that is said"

    promised.slip("planning_permit", room + 1).ok()
    assert promised.schedule()["slip_days"] == 1 and promised.lights() == {"yellow"}


def test_a_fact_that_comes_late_is_late_for_good_and_takes_up_the_room_first(school: Scheduled) -> None:
    """Planned for three weeks ago, done yesterday; what follows was planned for later anyway."""
    school.report("project_approval", who="official", planned=ago(20)).ok()
    school.approve().ok(201)
    assert school.row("late=true") is not None
    school.report("project_approval", actual=YESTERDAY).ok()
    assert school.row("late=true") is None, "it is done"
    assert school.stage("project_approval")["slip_days"] == 19 and school.schedule()["slip_days"] == 0


def test_two_readers_get_another_schedule_only_where_something_changed(promised: Scheduled) -> None:
    path = f"{promised.path}schedule/"
    first = promised.api().get(path)
    assert promised.api().get(path, if_none_match=first.etag).status == 304
    promised.slip("topping_out", 5).ok()
    assert promised.api().get(path, if_none_match=first.etag).ok()["slip_days"] == 5


def test_the_public_sees_no_stage_that_is_not_public(promised: Scheduled) -> None:
    public, office = promised.schedule(), promised.schedule(who="official")
    assert {s["key"] for s in office["stages"]} - {s["key"] for s in public["stages"]} == HIDDEN
    assert not HIDDEN & {key for s in public["stages"] for key in s["after"]}
    (baseline,) = promised.api().get(f"{promised.path}baselines/").ok()
    assert not HIDDEN & baseline["stages"].keys() and "approved_by" not in baseline
    (whole,) = promised.api("viewer").get(f"{promised.path}baselines/").ok()
    assert whole["stages"].keys() >= HIDDEN and whole["approved_by"] == "official"


# --- baselines ----------------------------------------------------------------------------------------------


def test_baselines_are_numbered_and_the_first_stays_word_for_word(promised: Scheduled) -> None:
    path = f"{promised.path}baselines/"
    first = promised.api("official").get(f"{path}1/").ok()
    assert first["reason"] == "the council's plan" and first["finish"] == iso(promised.finish)
    assert {key: span["finish"] for key, span in first["stages"].items()} == {
        key: iso(day) for key, day in promised.planned.items()
    }
    later = promised.finish + timedelta(days=30)
    for key in ("handover", "completion_filing"):
        promised.report(key, who="official", planned=later).ok()
    answer = promised.approve("thirty days more")
    assert answer.ok(201)["number"] == 2 and answer.headers["Location"] == f"/api/v1/{path}2/"
    assert (answer.data["finish"], answer.data["reason"]) == (iso(later), "thirty days more")
    assert [row["number"] for row in promised.api("official").get(path).ok()] == [1, 2]
    assert promised.api("official").get(f"{path}1/").ok() == first

    against = {query: promised.schedule(query) for query in ("", "?baseline=2", "?baseline=1")}
    assert {q: (s["baseline"], s["baseline_finish"]) for q, s in against.items()} == {
        "": (2, iso(later)),
        "?baseline=2": (2, iso(later)),
        "?baseline=1": (1, iso(promised.finish)),
    }
    assert (against[""]["slip_days"], against["?baseline=1"]["slip_days"]) == (0, 30), "named, the first still counts"
    assert (against[""]["light"], against["?baseline=1"]["light"]) == ("green", "yellow")


def test_the_public_sees_the_first_and_the_current_one(promised: Scheduled) -> None:
    for days in (10, 20):
        for key in ("handover", "completion_filing"):
            promised.report(key, who="official", planned=promised.finish + timedelta(days=days)).ok()
        promised.approve(f"{days} days more").ok(201)
    path = f"{promised.path}baselines/"
    for who, seen in (("public", [1, 3]), ("stranger", [1, 3]), ("other_engineer", [1, 3]), ("engineer", [1, 2, 3])):
        assert [row["number"] for row in promised.api(who).get(path).ok()] == seen, who
    promised.api().get(f"{path}2/").problem(404)
    promised.api().get(f"{promised.path}schedule/?baseline=2").problem(404)
    assert promised.api("viewer").get(f"{path}2/").ok()["number"] == 2
    assert promised.schedule("?baseline=2", who="supervisor")["baseline"] == 2


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "POST"])
def test_no_method_changes_a_baseline(promised: Scheduled, method: str) -> None:
    path = f"{promised.path}baselines/1/"
    before = promised.api("official").get(path)
    for who in ("official", "superuser"):
        promised.api(who).call(method, path, {"reason": "x"}, if_match=before.etag).problem(405)
    if method != "POST":
        promised.api("superuser").call(method, f"{promised.path}baselines/", {}, if_match=before.etag).problem(405)
    assert promised.api("official").get(path).ok() == before.data
    promised.api("official").change(promised.path, {"baselines": {}}).problem(400, "/baselines")


def test_of_two_who_approve_the_same_state_one_wins(school: Scheduled) -> None:
    """Both have read the same version; the other is told, with the state to start again from."""
    etag = school.api("official").get(school.path).etag
    path = f"{school.path}baselines/"
    school.api("official").post(path, {"reason": "first"}, if_match=etag).ok(201)
    problem = school.api("bureau_admin").post(path, {"reason": "second"}, if_match=etag).problem(412)
    assert problem["current"]["code"] == school.code and problem["version"] == problem["current"]["version"]
    assert [row["reason"] for row in school.api("official").get(path).ok()] == ["first"]
    school.api("bureau_admin").post(path, {"reason": "second, without looking"}).problem(409)
    assert len(school.api("official").get(path).ok()) == 1


def test_the_same_key_again_is_one_baseline_and_its_answer(school: Scheduled) -> None:
    path, etag = f"{school.path}baselines/", school.api("official").get(school.path).etag
    answers = [
        school.api("official").post(path, {"reason": "r"}, if_match=etag, idempotency_key="k").ok(201) for _n in "ab"
    ]
    assert answers[0] == answers[1] and len(school.api("official").get(path).ok()) == 1


def test_approving_what_is_promised_already_is_refused(promised: Scheduled) -> None:
    version = promised.api("official").get(promised.path).version
    assert "1" in promised.approve("again").problem(409)["detail"]
    assert promised.api("official").get(promised.path).version == version
    promised.slip("topping_out", 5).ok()
    promised.approve("again").problem(409)  # a forecast is no plan


def test_who_may_approve(school: Scheduled) -> None:
    for who in ("engineer", "supervisor", "viewer", "other_engineer", "stranger", "gushi_official"):
        school.approve(who=who).problem(403)
    school.approve(who="public").problem(401)
    assert school.api().get(f"{school.path}baselines/").ok() == []
    assert school.approve(who="bureau_admin").ok(201)["number"] == 1


def test_a_plan_with_gaps_or_out_of_order_is_refused_by_the_stages_names(school: Scheduled) -> None:
    school.report("infill", who="official", planned=None).ok()
    school.report("drawing_review", who="official", planned=None).ok()
    problem = school.approve().problem(400, "/milestones/infill/planned", "gap")
    assert {error["pointer"] for error in problem["errors"]} == {
        "/milestones/infill/planned",
        "/milestones/drawing_review/planned",
    }
    for key in ("infill", "drawing_review"):
        school.report(key, who="official", planned=school.planned[key]).ok()
    school.report("topping_out", who="official", planned=school.planned["foundations"] - timedelta(days=1)).ok()
    problem = school.approve().problem(400, "/milestones/topping_out/planned", "before_predecessor")
    assert "foundations" in problem["errors"][0]["message"] and "topping_out" in problem["errors"][0]["message"]
    assert school.api().get(f"{school.path}baselines/").ok() == []


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "  "}, {"reason": None}, {"reason": "x" * 501}])
def test_a_baseline_needs_its_reason(school: Scheduled, body: Any) -> None:
    etag = school.api("official").get(school.path).etag
    school.api("official").post(f"{school.path}baselines/", body, if_match=etag).problem(400, "/reason")


def test_nothing_is_promised_for_what_is_cancelled_or_archived(school: Scheduled) -> None:
    school.api("official").change(school.path, {"status": "cancelled", "status_reason": "land"}).ok()
    school.approve().problem(409)
    school.api("official").change(school.path, {"status": "proposed", "archived": True}).ok()
    school.approve().problem(409)


def test_the_record_holds_who_promised_what_and_why(promised: Scheduled) -> None:
    entry = promised.api("official").get(f"{promised.path}history/").ok()[-1]
    assert (entry["action"], entry["actor"], entry["reason"]) == ("baseline.approve", "official", "the council's plan")
    assert "/baselines" in {operation["path"][:10] for operation in entry["patch"]}
    public = promised.api().get(f"{promised.path}history/").ok()[-1]
    assert public["action"] == "baseline.approve"
    assert not any(hidden in str(public["patch"]) for hidden in (*HIDDEN, "approved_by"))
    assert verify().sound


# --- reasons ------------------------------------------------------------------------------------------------


def test_a_forecast_past_the_promise_needs_its_reason(promised: Scheduled) -> None:
    late = promised.planned["topping_out"] + timedelta(days=1)
    problem = promised.report("topping_out", forecast=late).problem(400, "/delay_reason", "required")
    assert iso(promised.planned["topping_out"]) in problem["errors"][0]["message"], "it says what was promised"
    promised.report("topping_out", forecast=late, delay_reason="").problem(400, "/delay_reason")
    promised.report("topping_out", forecast=late, delay_reason="aliens").problem(400, "/delay_reason")
    promised.report("topping_out", forecast=late, delay_reason="other").problem(400, "/delay_note")
    assert promised.stage("topping_out")["slip_days"] == 0, "nothing of all that was kept"
    told = promised.report("topping_out", forecast=late, delay_reason="other", delay_note="a well was found").ok()
    assert (told["forecast"], told["delay_reason"]) == (iso(late), "other")
    further = promised.report("topping_out", forecast=late + timedelta(days=5)).ok()
    assert (further["delay_reason"], further["delay_note"]) == ("other", "a well was found"), "the reason that stands"
    moved = promised.report("topping_out", delay_reason="contractor").ok()
    assert (moved["delay_reason"], moved["delay_note"]) == ("contractor", ""), "the well is not the contractor's doing"


def test_the_reason_stays_as_long_as_the_delay(promised: Scheduled) -> None:
    promised.slip("topping_out", 5).ok()
    promised.report("topping_out", delay_reason="").problem(400, "/delay_reason", "required")
    assert promised.report("topping_out", delay_reason="funds").ok()["delay_reason"] == "funds"
    on_time = promised.planned["topping_out"]
    assert promised.report("topping_out", forecast=on_time, delay_reason="").ok()["delay_reason"] == ""


def test_on_or_before_the_promised_day_nothing_is_to_be_explained(promised: Scheduled) -> None:
    for days in (0, -5):
        forecast = promised.planned["topping_out"] + timedelta(days=days)
        assert promised.report("topping_out", forecast=forecast).status == 200


def test_before_anything_is_promised_a_forecast_is_free(school: Scheduled) -> None:
    assert school.report("topping_out", forecast=school.planned["topping_out"] + timedelta(days=99)).status == 200


def lost(statistics: dict[str, Any], by: str) -> dict[str, tuple[int, int]]:
    return {row[by]: (row["days"], row["stages"]) for row in statistics[f"days_lost_by_{by}"]}


def test_days_lost_are_counted_once_where_they_were_lost(promised: Scheduled) -> None:
    """Ten days at the tender; the permit inherits them; of 25 at the topping-out 15 are its own."""
    promised.slip("tendering", 10, "approval").ok()
    promised.slip("construction_permit", 10, "approval").ok()
    promised.slip("topping_out", 25, "weather").ok()
    totals = promised.statistics()
    assert lost(totals, "reason") == {"weather": (15, 1), "approval": (10, 1)}
    assert lost(totals, "region") == {"610526101": (25, 2)}
    assert lost(totals, "contractor") == {"甲公司": (25, 2)}
    assert promised.schedule()["slip_days"] == 25, "as many as the finish is behind"
    stages = {stage["key"]: stage for stage in promised.schedule()["stages"]}
    assert [stages[key]["days_lost"] for key in ("tendering", "construction_permit", "topping_out")] == [10, 0, 15]


def test_days_lost_of_several_projects_add_up_by_township_and_contractor(promised: Scheduled, cast: Cast) -> None:
    other, planned = scheduled(cast, region="610526102", contractor="乙公司")
    second = Scheduled(promised.api, other.code, planned)
    second.approve().ok(201)
    promised.slip("topping_out", 7, "weather").ok()
    second.slip("topping_out", 4, "weather").ok()
    second.slip("planning_permit", 3, "land").ok()
    totals = promised.statistics("bureau=610526")
    assert lost(totals, "reason") == {"weather": (11, 2), "land": (3, 1)}
    assert lost(totals, "region") == {"610526101": (7, 1), "610526102": (7, 2)}
    assert lost(totals, "contractor") == {"甲公司": (7, 1), "乙公司": (7, 2)}
    assert lost(promised.statistics("region=610526102"), "reason") == {"weather": (4, 1), "land": (3, 1)}
    office = promised.api("official").get("statistics/?bureau=610526").ok()
    assert lost(office, "reason") == lost(totals, "reason")


def test_a_new_promise_starts_the_count_anew(promised: Scheduled) -> None:
    promised.slip("topping_out", 25).ok()
    moved = {key: day + timedelta(days=25) for key, day in promised.planned.items()}
    for key in list(moved)[list(moved).index("topping_out") :]:
        promised.report(key, who="official", planned=moved[key]).ok()
    promised.approve("25 days more").ok(201)
    assert promised.statistics()["days_lost_by_reason"] == [] and promised.lights() == {"green"}


# --- facts in a strange order -------------------------------------------------------------------------------


def test_a_fact_before_the_start_of_what_it_waits_for_is_confirmed_with_a_reason(promised: Scheduled) -> None:
    promised.report("project_approval", started=ago(20)).ok()
    early = {"started": ago(30)}
    problem = promised.report("land_preexamination", **early).problem(409, "/started", "before_predecessor")
    assert problem["type"].endswith("/not-confirmed")
    assert "project_approval" in problem["errors"][0]["message"] and ago(20) in problem["errors"][0]["message"]
    promised.report("land_preexamination", **early, confirm=True).problem(409, "/started")
    promised.report("land_preexamination", **early, reason="the land was given first").problem(409, "/started")
    promised.report("land_preexamination", actual=ago(21)).problem(409, "/actual")
    assert promised.stage("land_preexamination")["actual_start"] is None

    kept = promised.report("land_preexamination", **early, confirm=True, reason="the land was given first").ok()
    assert kept["started"] == ago(30)
    entry = LedgerEntry.objects.filter(project__code=promised.code).order_by("-version")[0]
    assert (entry.actor_name, entry.reason) == ("engineer", "the land was given first")
    assert promised.report("land_preexamination", percent=10).status == 200, "what was confirmed is not asked again"


def test_on_the_day_of_the_start_or_later_nothing_is_asked(promised: Scheduled) -> None:
    promised.report("project_approval", started=ago(20)).ok()
    assert promised.report("land_preexamination", started=ago(20)).status == 200
    assert promised.report("feasibility_approval", started=ago(30)).problem(409, "/started")


def test_confirming_is_no_way_into_the_future(promised: Scheduled) -> None:
    later = iso(TODAY + timedelta(days=2))
    for name in ("actual", "started"):
        facts: dict[str, Any] = {name: later, "confirm": True, "reason": "really"}
        promised.report("project_approval", **facts).problem(400, f"/{name}", "in_future")


# --- odd cases ----------------------------------------------------------------------------------------------


def test_without_a_baseline_the_plan_is_the_measure(school: Scheduled) -> None:
    found = school.schedule()
    assert (found["baseline"], found["baseline_finish"], found["light"]) == (None, iso(school.finish), "green")
    school.slip("topping_out", 5).ok()
    assert school.lights() == {"yellow"} and school.schedule()["slip_days"] == 5


def test_a_project_without_milestones_has_a_schedule_of_nothing(
    cast: Cast, api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("projects_api.services.projects.newest_template", lambda bureau, kind: None)
    bare = Scheduled(api, make_project(cast.bureau()).code, {"handover": TODAY})
    found = bare.schedule()
    assert (found["light"], found["stages"], found["curve"], found["critical_path"]) == ("none", [], [], [])
    assert (found["forecast_finish"], found["odds"], found["needed_by"]) == (None, None, None)
    assert bare.lights() == {"none"}
    bare.approve().problem(400, "/milestones", "no_milestones")


def test_stages_without_any_day_are_not_measured(cast: Cast, api: Any) -> None:
    bare = Scheduled(api, make_project(cast.bureau()).code, {"handover": TODAY})
    assert bare.schedule()["light"] == "none" and bare.lights() == {"none"}


def test_the_29th_of_february(school: Scheduled) -> None:
    leap = next(year for year in range(TODAY.year + 5, TODAY.year + 14) if year % 4 == 0 and year % 100)
    last = ("handover", "completion_filing")
    for key in last:
        school.report(key, who="official", planned=f"{leap + 1}-02-29").problem(400, "/planned")
        school.report(key, who="official", planned=f"{leap}-02-29").ok()
    school.approve().ok(201)
    found = school.schedule()
    assert found["baseline_finish"] == found["forecast_finish"] == f"{leap}-02-29" and found["slip_days"] == 0
    school.report("handover", forecast=f"{leap}-03-01", delay_reason="weather").ok()
    assert school.schedule()["slip_days"] == 1 and school.lights() == {"yellow"}


def test_weights_that_sum_to_nought_count_all_alike(school: Scheduled) -> None:
    project = Project.objects.get(code=school.code)
    for key in school.planned:
        milestone_change(
            project_id=project.pk, key=key, actor=None, at=timezone.now(), expected=None, changes={"weight": 0}
        )
    school.approve().ok(201)
    school.report("project_approval", actual=YESTERDAY).ok()
    found = school.schedule()
    assert found["progress"] == pytest.approx(100 / project.milestones.filter(public=True).count(), abs=0.1)
    assert found["curve"][-1]["planned"] == 100 and found["light"] == "green"


def test_a_stage_that_does_not_apply_leaves_its_chain_whole(promised: Scheduled) -> None:
    promised.report("infill", who="official", state="not_applicable", reason="a light roof").ok()
    found = promised.schedule()
    assert "infill" not in {stage["key"] for stage in found["stages"]}
    assert promised.stage("finishes")["after"] == ["topping_out"]
    assert found["forecast_finish"] == iso(promised.finish), "nothing is moved forward by itself"
    promised.slip("topping_out", 300).ok()
    after = promised.schedule()
    assert after["slip_days"] > 200 and {"topping_out", "finishes"} <= set(after["critical_path"]), "it still waits"


@pytest.mark.parametrize(
    ("query", "status"),
    [("baseline=9", 404), ("baseline=2", 404), ("baseline=0", 400), ("baseline=x", 400), ("baseline=", 400)]
    + [("baseline=1.0", 400), ("baseline=-1", 400), ("baseline=99999", 400), ("today=2023-01-01", 400)],
)
def test_a_baseline_that_is_not_there_is_not_measured_against(promised: Scheduled, query: str, status: int) -> None:
    for who in ("public", "official"):
        name = "?" + query.split("=")[0]
        promised.api(who).get(f"{promised.path}schedule/?{query}").problem(status, name if status == 400 else None)


def test_a_cancelled_project_has_no_light_and_what_stands_still_no_odds(promised: Scheduled) -> None:
    promised.slip("topping_out", 400).ok()
    assert promised.lights() == {"red"}
    assert promised.schedule()["odds"] is not None
    promised.api("official").change(promised.path, {"status": "suspended", "status_reason": "funds"}).ok()
    found = promised.schedule()
    assert (found["forecast_finish"], found["odds"]) == (None, None), "nobody works towards a day (decision 56)"
    promised.api("official").change(promised.path, {"status": "cancelled", "status_reason": "fewer_children"}).ok()
    assert promised.lights() == {"none"} and promised.schedule()["odds"] is None
    found = promised.schedule()
    assert (found["late"], found["critical"], found["stale"], found["misses_term"]) == (False,) * 4
    assert promised.row("late=true") is None and promised.row("critical=true") is None


def test_a_finished_project_is_green(promised: Scheduled) -> None:
    promised.slip("topping_out", 400).ok()
    for key in promised.planned:
        promised.report(key, actual=YESTERDAY).ok()
    assert promised.lights() == {"green"} and promised.row("late=true") is None
    found = promised.schedule()
    assert (found["progress"], found["forecast_finish"], found["odds"]) == (100, iso(YESTERDAY), None)
    assert found["slip_days"] < 0 and found["curve"][-1]["planned"] == 100


def test_a_school_says_when_it_needs_its_building(promised: Scheduled) -> None:
    official = promised.api("official")
    official.change(promised.path, {"needed_by": iso(promised.finish)}).ok()
    assert (promised.schedule()["misses_term"], promised.schedule()["needed_by"]) == (False, iso(promised.finish))
    official.change(promised.path, {"needed_by": iso(promised.finish - timedelta(days=1))}).ok()
    row = promised.row()
    assert promised.schedule()["misses_term"] is True and row is not None and row["misses_term"] is True
    assert promised.lights() == {"green"}, "the promise is kept; the school is not served by it"


def test_a_day_of_the_past_has_its_own_light(promised: Scheduled) -> None:
    """What is promised and slips today was neither promised nor late yesterday."""
    promised.slip("topping_out", 5).ok()
    assert promised.lights() == {"yellow"}
    rows = promised.api().get(f"projects/?q={promised.code}&as_of={iso(YESTERDAY)}").ok()["results"]
    assert [(row["light"], row["critical"]) for row in rows] == [("green", False)]
    for light, count in (("green", 1), ("yellow", 0)):
        path = f"projects/?q={promised.code}&as_of={iso(YESTERDAY)}&light={light}"
        assert promised.api().get(path).ok()["count"] == count
    rows = promised.api().get(f"projects/?q={promised.code}&as_of={iso(TODAY)}").ok()["results"]
    assert [row["light"] for row in rows] == ["yellow"]


def test_the_lights_turn_at_the_bureaus_midnight(promised: Scheduled) -> None:
    """Nobody writes anything. In Pucheng a day begins at 16:00 UTC."""
    row = Project.objects.get(code=promised.code)
    assert row.late_from is not None and row.late_from == promised.planned["project_approval"] + timedelta(days=1)
    midnight = datetime.combine(row.late_from, time(), ZoneInfo("Asia/Shanghai"))
    for moment, late in ((midnight - timedelta(minutes=1), False), (midnight + timedelta(minutes=1), True)):
        with time_machine.travel(moment, tick=False):
            assert (promised.row("late=true") is not None) is late
            assert promised.schedule()["late"] is late
