"""Statuses over time: the same as asking for each day by itself."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from projects_api.choices import MilestoneState, Status
from projects_api.schedule.curve import Span
from projects_api.schedule.facts import MilestoneFacts
from projects_api.schedule.steps import Step, steps_by_facts, steps_by_spans
from projects_api.schedule.travel import document_on

START = date(2023, 1, 1)
KEYS = (
    "project_approval",
    "plan_approval",
    "tendering",
    "commencement",
    "works",
    "completion_acceptance",
    "acceptance",
    "handover",
    "audit",
    "payment",
    "foundations",
)
PHASES = ("scope", "design", "construction", "construction-2", "cm_fe")
days = st.integers(0, 300).map(lambda n: START + timedelta(days=n))


def at(steps: list[Step], day: date) -> Status:
    return next((status for since, status in reversed(steps) if since <= day), Status.PROPOSED)


@st.composite
def stages(draw: st.DrawFn) -> list[MilestoneFacts]:
    found = []
    known = draw(st.sampled_from((KEYS, PHASES, KEYS + PHASES)))
    for position, key in enumerate(draw(st.lists(st.sampled_from(known), unique=True))):
        actual, started = draw(st.none() | days), draw(st.none() | days)
        state = draw(st.sampled_from(list(MilestoneState)))
        found.append(MilestoneFacts(key, position=position, started=started, actual=actual, state=state))
    return found


@given(stages(), st.sampled_from(list(Status)), st.integers(0, 320))
@settings(max_examples=150)
def test_steps_say_of_every_day_what_that_day_says_itself(
    found: list[MilestoneFacts], status: Status, last: int
) -> None:
    recorded = START + timedelta(days=last)
    document = {
        "status": status.value,
        "milestones": {
            m.key: {
                "position": m.position, "started": m.started and m.started.isoformat(),
                "actual": m.actual and m.actual.isoformat(), "state": m.state.value,
            }
            for m in found
        },
    }  # fmt: skip
    steps = steps_by_facts(found, status=status, recorded=recorded)
    for n in range(0, 330, 7):
        day = START + timedelta(days=n)
        assert at(steps, day).value == document_on(document, day, recorded=recorded)["status"], day


def test_a_promise_becomes_the_statuses_it_would_have_led_to() -> None:
    day = date
    spans = {
        "project_approval": Span(day(2023, 1, 10), day(2023, 1, 10), 1),
        "tendering": Span(day(2023, 2, 1), day(2023, 3, 1), 1),
        "commencement": Span(day(2023, 4, 1), day(2023, 4, 1), 1),
        "completion_acceptance": Span(day(2024, 7, 1), day(2024, 7, 20), 1),
        "handover": Span(day(2024, 8, 20), day(2024, 8, 20), 1),
    }
    assert steps_by_spans(spans) == [
        (day(2023, 1, 10), Status.APPROVED),
        (day(2023, 2, 1), Status.TENDERING),
        (day(2023, 4, 1), Status.UNDER_CONSTRUCTION),
        (day(2024, 7, 20), Status.ACCEPTED),
        (day(2024, 8, 20), Status.IN_USE),
    ]


def test_a_rural_upgrade_is_in_use_when_it_is_accepted_and_closed() -> None:
    spans = {key: Span(START, START + timedelta(days=n), 1) for n, key in enumerate(("works", "acceptance", "audit"))}
    assert steps_by_spans(spans)[-1] == (START + timedelta(days=2), Status.IN_USE)
