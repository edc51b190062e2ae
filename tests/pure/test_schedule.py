"""Progress, next milestone and status, from facts alone."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projects_api.choices import BUILDING_STAGES, RURAL_STAGES, MilestoneState, Status
from projects_api.errors import RuleBroken
from projects_api.schedule.facts import MilestoneFacts, milestones_of
from projects_api.schedule.progress import (
    FORWARD,
    TRANSITIONS,
    check_transition,
    next_milestone,
    progress,
    status_from_facts,
)

DAY = date(2026, 5, 1)


def met(key: str = "a", **facts: Any) -> MilestoneFacts:
    done: dict[str, Any] = {"actual": DAY, "percent": 100, "state": MilestoneState.MET}
    return MilestoneFacts(key, **done | facts)


def todo(key: str = "a", **facts: Any) -> MilestoneFacts:
    return MilestoneFacts(key, **facts)


def begun(key: str = "a", **facts: Any) -> MilestoneFacts:
    under_way: dict[str, Any] = {"started": DAY, "state": MilestoneState.IN_PROGRESS}
    return MilestoneFacts(key, **under_way | facts)


def off(key: str = "a", **facts: Any) -> MilestoneFacts:
    waived: dict[str, Any] = {"state": MilestoneState.NOT_APPLICABLE}
    return MilestoneFacts(key, **waived | facts)


def test_facts_are_read_from_the_document_in_order() -> None:
    works = {"position": 7, "started": "2026-07-01", "percent": 40, "weight": 54, "state": "in_progress"}
    procurement = {"position": 5, "actual": "2026-06-01", "percent": 100, "state": "met", "note": "x"}
    acceptance = {"position": 8, "planned": "2026-08-20", "forecast": None, "actual": ""}
    document = {"milestones": {"works": works, "procurement": procurement, "acceptance": acceptance}}
    assert milestones_of(document) == [
        met("procurement", position=5, actual=date(2026, 6, 1)),
        begun("works", position=7, started=date(2026, 7, 1), percent=40, weight=54),
        todo("acceptance", position=8, planned=date(2026, 8, 20)),
    ]
    assert milestones_of({}) == []


@pytest.mark.parametrize("facts", [{"actual": "yesterday"}, {"state": "unheard_of"}, {"started": "2026-02-30"}])
def test_facts_that_are_none_are_refused(facts: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        MilestoneFacts.from_document("a", facts)


@pytest.mark.parametrize(
    ("milestones", "expected"),
    [
        ([], 0),
        ([off(weight=5)], 0),
        ([todo(weight=1)], 0),
        ([met(weight=1)], 100),
        ([met(weight=1), todo(weight=3)], 25),
        ([met(weight=1), begun(weight=3, percent=50)], 62),  # 62.5 rounded down
        ([met(weight=1), todo(weight=3), off(weight=96)], 25),
        ([met(weight=0), todo(weight=10), todo(weight=0)], 0),
        ([met(), todo(), todo()], 33),  # no weights: all count alike
        ([met(weight=999), begun(weight=1, percent=99)], 99),
        ([met(weight=1), begun(weight=1, percent=100)], 99),  # said to be done, not yet met
        ([met(weight=3), todo(weight=0)], 100),  # what weighs nothing does not count
        ([met(weight=3, percent=0)], 100),
        ([begun(weight=1, percent=-5)], 0),
        ([begun(weight=1, percent=500)], 99),
    ],
)
def test_progress_is_the_weighted_mean_rounded_down(milestones: list[MilestoneFacts], expected: int) -> None:
    assert progress(milestones) == expected
    assert progress(iter(milestones)) == expected


facts = st.builds(
    MilestoneFacts,
    key=st.sampled_from([stage.key for stage in (*BUILDING_STAGES, *RURAL_STAGES)]),
    position=st.integers(0, 30),
    started=st.none() | st.just(DAY),
    percent=st.integers(0, 100),
    weight=st.integers(0, 100),
    state=st.sampled_from(MilestoneState),
)


@given(st.lists(facts), st.randoms())
def test_progress_is_100_only_when_all_that_counts_is_met(milestones: list[MilestoneFacts], random: Any) -> None:
    value = progress(milestones)
    assert 0 <= value <= 100
    applicable = [m for m in milestones if m.is_applicable]
    counted = [m for m in applicable if m.weight] or applicable
    assert (value == 100) == (bool(counted) and all(m.is_met for m in counted))
    assert progress(random.sample(milestones, len(milestones))) == value


def test_the_next_milestone_is_the_first_still_ahead_with_its_expected_date() -> None:
    done, skipped = met("a", position=1), off("b", position=2)
    ahead = todo("c", position=3, planned=date(2026, 6, 1), forecast=date(2026, 7, 1))
    later = todo("d", position=4, planned=DAY)
    assert next_milestone([later, ahead, skipped, done]) == ("c", date(2026, 7, 1))
    assert next_milestone([later, done]) == ("d", DAY)
    assert next_milestone([todo("e")]) == ("e", None)
    assert next_milestone([done, skipped]) is None
    assert next_milestone([]) is None
    reported = met("a", position=1, state=MilestoneState.REPORTED, planned=DAY)
    assert next_milestone([reported, later]) == ("a", DAY)


def test_what_the_public_does_not_see_is_never_the_next_milestone() -> None:
    """The answer stands in lists and maps that everybody reads."""
    assert next_milestone([todo("settlement_audit", public=False), todo("handover", position=2)]) == ("handover", None)
    assert next_milestone([todo("settlement_audit", public=False)]) is None


@pytest.mark.parametrize(
    ("milestones", "expected"),
    [
        ([], Status.PROPOSED),
        ([begun("project_approval")], Status.PROPOSED),
        ([met("project_approval")], Status.APPROVED),
        ([met("plan_approval")], Status.APPROVED),
        ([met("project_approval"), begun("tendering")], Status.TENDERING),
        ([begun("procurement")], Status.TENDERING),
        ([met("commencement")], Status.UNDER_CONSTRUCTION),
        ([begun("works", percent=40)], Status.UNDER_CONSTRUCTION),
        ([begun("construction")], Status.UNDER_CONSTRUCTION),
        ([todo("commencement", planned=DAY)], Status.PROPOSED),
        ([off("commencement", started=DAY)], Status.PROPOSED),
        ([met("commencement"), begun("completion_acceptance")], Status.UNDER_CONSTRUCTION),
        ([met("completion_acceptance"), todo("handover")], Status.ACCEPTED),
        ([met("completion_acceptance"), met("handover"), todo("settlement_audit")], Status.IN_USE),
        ([met("acceptance"), todo("audit"), todo("payment")], Status.ACCEPTED),
        ([met("acceptance"), met("audit"), todo("payment")], Status.IN_USE),
        ([met("acceptance"), todo("audit"), met("payment")], Status.IN_USE),
        ([todo("acceptance"), met("payment")], Status.PROPOSED),
        ([met("acceptance", state=MilestoneState.REPORTED), begun("works")], Status.UNDER_CONSTRUCTION),
        # Another register's phases know neither approval nor acceptance.
        ([begun("scope"), todo("construction")], Status.APPROVED),
        ([met("scope"), begun("purchase_install")], Status.UNDER_CONSTRUCTION),
        ([met("construction"), todo("construction-2")], Status.UNDER_CONSTRUCTION),
        ([met("design"), met("construction"), off("cm_fe")], Status.ACCEPTED),
        ([met("design"), todo("acceptance")], Status.PROPOSED),
    ],
)
def test_the_status_follows_from_the_facts(milestones: list[MilestoneFacts], expected: Status) -> None:
    assert status_from_facts(Status.PROPOSED, milestones) == expected
    assert status_from_facts(Status.SUSPENDED, milestones) == Status.SUSPENDED
    assert status_from_facts(Status.CANCELLED, milestones) == Status.CANCELLED


@given(st.sampled_from(FORWARD), st.lists(facts))
def test_facts_only_move_a_status_forward(current: Status, milestones: list[MilestoneFacts]) -> None:
    assert FORWARD.index(status_from_facts(current, milestones)) >= FORWARD.index(current)


def test_a_person_moves_a_status_step_by_step() -> None:
    assert set(TRANSITIONS) == set(Status)
    for status in Status:
        check_transition(status, status)
    check_transition(Status.PROPOSED, Status.APPROVED)
    check_transition(Status.SUSPENDED, Status.UNDER_CONSTRUCTION)
    check_transition(Status.ACCEPTED, Status.IN_USE)
    for old, new in (
        (Status.PROPOSED, Status.IN_USE),
        (Status.PROPOSED, Status.UNDER_CONSTRUCTION),
        (Status.IN_USE, Status.UNDER_CONSTRUCTION),
        (Status.IN_USE, Status.CANCELLED),
        (Status.CANCELLED, Status.IN_USE),
        (Status.SUSPENDED, Status.ACCEPTED),
    ):
        with pytest.raises(RuleBroken):
            check_transition(old, new)
