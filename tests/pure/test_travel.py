"""`on=DATE`: a project as it was on a day, by the dates of the facts known now."""

from __future__ import annotations

import copy
from datetime import date, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from projects_api.schedule.facts import milestones_of
from projects_api.schedule.progress import progress
from projects_api.schedule.travel import document_on

NOW = date(2026, 11, 1)


def milestone(position: int, state: str = "scheduled", percent: int = 0, **facts: Any) -> dict[str, Any]:
    blank: dict[str, Any] = dict.fromkeys(("started", "planned", "forecast", "actual"))
    blank |= {"delay_reason": "", "delay_note": "", "weight": 10, "note": "n"}
    return blank | {"position": position, "state": state, "percent": percent} | facts


def project() -> dict[str, Any]:
    halted = {"forecast": "2026-12-01", "delay_reason": "funds", "delay_note": "waiting"}
    late = {"delay_reason": "land", "delay_note": "late"}
    return {
        "title_zh": "第十二幼儿园",
        "status": "suspended",
        "status_reason": "funds",
        "status_note": "",
        "status_since": "2025-06-01",
        "progress": 62,
        "next_milestone": "topping_out",
        "next_due": "2026-12-01",
        "milestones": {
            "project_approval": milestone(1, "met", 100, actual="2023-02-01", planned="2023-01-15"),
            "tendering": milestone(2, "met", 100, started="2023-04-01", actual="2023-05-10"),
            "commencement": milestone(3, "met", 100, started="2023-09-01", actual="2023-09-01", **late),
            "topping_out": milestone(4, "in_progress", 30, started="2024-03-01", planned="2024-10-01", **halted),
            "handover": milestone(5, planned="2025-08-25", forecast="2027-08-25"),
            "external_works": milestone(6, "not_applicable"),
        },
        "estimates": {"1": {"dated": "2023-02-01", "amount": "1.00"}, "2": {"dated": "2024-01-01"}},
        "allocations": {
            "1": {"year": 2023, "dated": None},
            "2": {"year": 2024, "dated": ""},
            "3": {"year": 2023, "dated": "2023-12-01"},
        },
        "spending": {"1": {"dated": "2023-10-31"}, "2": {"dated": None}},
    }


def test_a_day_in_the_past_shows_what_had_happened_by_then() -> None:
    then = document_on(project(), date(2023, 6, 30), recorded=NOW)
    assert then["status"] == "tendering"
    assert then["progress"] == 40  # 2 of the 5 that apply
    assert (then["next_milestone"], then["next_due"]) == ("commencement", None)
    assert then["title_zh"] == "第十二幼儿园" and not {"status_reason", "status_note", "status_since"} & then.keys()
    stages = then["milestones"]
    assert stages["tendering"] == project()["milestones"]["tendering"]
    assert stages["commencement"] == milestone(3)
    assert stages["topping_out"] == milestone(4, planned="2024-10-01")
    assert stages["external_works"]["state"] == "not_applicable"
    assert list(then["estimates"]) == ["1"]
    assert list(then["allocations"]) == ["1"]
    assert list(then["spending"]) == ["2"]


def test_the_day_itself_counts() -> None:
    on_the_day = document_on(project(), date(2023, 9, 1), recorded=NOW)
    day_before = document_on(project(), date(2023, 8, 31), recorded=NOW)
    assert (day_before["status"], on_the_day["status"]) == ("tendering", "under_construction")
    assert on_the_day["milestones"]["commencement"]["delay_reason"] == "land"  # why it was late is a fact
    assert list(document_on(project(), date(2023, 10, 31))["spending"]) == ["1", "2"]


def test_how_far_a_begun_stage_was_is_not_invented() -> None:
    then = document_on(project(), date(2025, 1, 1), recorded=NOW)
    bare = milestone(4, "in_progress", 0, started="2024-03-01", planned="2024-10-01")
    assert then["milestones"]["topping_out"] == bare
    assert then["status"] == "under_construction"  # when it was suspended is not recorded
    assert (then["next_milestone"], then["next_due"]) == ("topping_out", "2024-10-01")


def test_from_the_day_of_the_newest_entry_the_document_holds() -> None:
    for day in (NOW, NOW + timedelta(days=400)):
        assert document_on(project(), day, recorded=NOW) == project()
    # Without that day nothing is claimed for the stages not yet met.
    assert document_on(project(), NOW)["milestones"]["topping_out"]["percent"] == 0


def test_money_dated_later_is_left_out_even_then() -> None:
    document = project()
    document["allocations"]["4"] = {"year": 2027, "dated": None}
    assert "4" not in document_on(document, NOW, recorded=NOW)["allocations"]


def test_before_everything_it_was_proposed() -> None:
    then = document_on(project(), date(2020, 1, 1), recorded=NOW)
    assert (then["status"], then["progress"], then["next_milestone"]) == ("proposed", 0, "project_approval")


def test_a_stage_found_not_met_keeps_its_date_and_counts_nothing() -> None:
    document = {"milestones": {"acceptance": milestone(1, "not_met", 80, actual="2024-05-01")}}
    then, before = document_on(document, date(2024, 5, 1)), document_on(document, date(2024, 4, 30))
    assert (then["milestones"]["acceptance"]["state"], then["progress"]) == ("not_met", 0)
    assert before["milestones"]["acceptance"]["state"] == "scheduled"


def test_a_document_without_parts_travels_too() -> None:
    then = document_on({"status": "in_use"}, date(2020, 1, 1))
    blank = {"status": "proposed", "milestones": {}, "progress": 0, "next_milestone": "", "next_due": None}
    assert then == blank


days = st.dates(date(2023, 1, 1), date(2026, 12, 31))


@given(days, days)
def test_time_only_moves_forward_and_the_record_is_not_touched(one: date, other: date) -> None:
    document, kept = project(), copy.deepcopy(project())
    earlier, later = sorted((one, other))
    first, second = document_on(document, earlier, recorded=NOW), document_on(document, later, recorded=NOW)
    assert first["progress"] <= second["progress"]
    was_met, is_met = ({m.key for m in milestones_of(then) if m.is_met} for then in (first, second))
    assert was_met <= is_met
    assert earlier >= NOW or first["progress"] == progress(milestones_of(first))
    first["milestones"]["tendering"]["percent"] = -1
    first["estimates"].clear()
    assert document == kept
