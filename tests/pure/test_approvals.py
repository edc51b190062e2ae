"""A school on a day, read backwards from its approvals."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from projects_api.approvals import established, school_on


def act(kind: str, applied: str, decision: str = "pending", decided: str | None = None, **more: Any) -> dict[str, Any]:
    paper = {"document_number": "1", "authority": "county"} if decided else {"document_number": "", "authority": ""}
    return {"kind": kind, "applied": applied, "decision": decision, "decided": decided, **paper, **more}


def school(*acts: dict[str, Any], closed: str | None = None, **facts: Any) -> dict[str, Any]:
    events = {str(number): event for number, event in enumerate(acts, start=1)}
    return {"code": "S", "places": 540, "classes": 12, **facts, "closed": closed, "events": events}


FOUNDED = act("establishment", "2020-03-01", "approved", "2020-05-01")
GROWN = act("alteration", "2021-09-01", "approved", "2021-11-01", before={"places": 360, "classes": 8})
GROWN_AGAIN = act("alteration", "2022-09-01", "approved", "2022-11-01", before={"places": 450})
GONE = act("cancellation", "2024-03-01", "approved", "2024-06-30")


def on(document: dict[str, Any], day: str) -> dict[str, Any] | None:
    return school_on(document, date.fromisoformat(day))


def test_it_is_there_from_the_application_and_may_teach_from_the_approval_on() -> None:
    document = school(FOUNDED)
    assert on(document, "2020-02-29") is None
    asked = on(document, "2020-04-30")
    assert asked and not established(asked) and asked["events"]["1"]["decision"] == "pending"
    assert (asked["events"]["1"]["decided"], asked["events"]["1"]["authority"]) == (None, "")
    there = on(document, "2020-05-01")
    assert there and established(there) and document == school(FOUNDED), "the input is not touched"
    refused = on(school(act("establishment", "2020-03-01", "refused", "2020-05-01")), "2021-01-01")
    assert refused and not established(refused)


@pytest.mark.parametrize(
    ("day", "places", "classes"),
    [("2021-10-31", 360, 8), ("2021-11-01", 450, 12), ("2022-10-31", 450, 12), ("2022-11-01", 540, 12)],
)
def test_alterations_are_taken_back_the_newest_first(day: str, places: int, classes: int) -> None:
    then = on(school(FOUNDED, GROWN, GROWN_AGAIN), day)
    assert then and (then["places"], then["classes"]) == (places, classes)
    numbered_otherwise = on(school(FOUNDED, GROWN_AGAIN, GROWN), day)
    assert numbered_otherwise and numbered_otherwise["places"] == places, "by the day of the decision, not by number"


def test_one_older_than_its_acts_was_always_there() -> None:
    then = on(school(GROWN), "1990-01-01")
    assert then and established(then) and then["events"] == {} and then["places"] == 360


def test_it_ends_with_its_closing_or_else_with_the_decision() -> None:
    with_day, without = school(FOUNDED, GONE, closed="2024-08-31"), school(FOUNDED, GONE)
    assert [bool(on(with_day, day)) for day in ("2024-07-01", "2024-08-30", "2024-08-31")] == [True, True, False]
    assert [bool(on(without, day)) for day in ("2024-06-29", "2024-06-30")] == [True, False]
    still = on(with_day, "2024-07-01")
    assert still and still["closed"] is None
    assert on(school(closed="2024-08-31"), "2024-09-01") is None, "archived without an act"
