"""The statuses of a project over time, as the days on which they began: by the facts, by a promise, as expected. Pure.

One pass over the stages instead of a document for every day: a slider over years of thousands of projects needs no more than
the five or six days on which each of them changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from projects_api.choices import MilestoneState, Status
from projects_api.schedule.curve import Span
from projects_api.schedule.facts import MilestoneFacts, seen_by_all
from projects_api.schedule.progress import (
    ACCEPTANCE,
    APPROVAL,
    FORWARD,
    SHORT_TRACK_END,
    TENDER,
    WORKS,
    are_phases,
    is_building,
)

# (day, status): from this day on, up to the next.
Step = tuple[date, Status]


def steps_by_facts(milestones: Sequence[MilestoneFacts], *, status: Status, recorded: date) -> list[Step]:
    """What the facts prove of each day (`schedule.travel.document_on`), and from ``recorded`` on the status as it stands.

    Before the first step the project is proposed. ``recorded``: the day of its newest ledger entry.
    """
    applicable = [facts for facts in seen_by_all(milestones) if facts.is_applicable]
    begun = {m.key: min(day for day in (m.started, m.actual) if day) for m in applicable if m.started or m.actual}
    met = {m.key: m.actual for m in applicable if m.actual and m.state == MilestoneState.MET}
    steps = [step for step in _steps(begun, met, {m.key for m in applicable}) if step[0] < recorded]
    return [*steps, (recorded, Status(status))]


def steps_by_spans(spans: Mapping[str, Span], keys: Iterable[str] | None = None) -> list[Step]:
    """How the statuses would follow each other if every stage began and ended with its span: a baseline, or a forecast."""
    begun = {key: span.start for key, span in spans.items()}
    met = {key: span.finish for key, span in spans.items()}
    return _steps(begun, met, set(spans if keys is None else keys))


def reached(steps: Iterable[tuple[date, Status | None]]) -> list[tuple[date, Status | None, int]]:
    """The same with how far the project had come by then, as a place in ``FORWARD``; -1 where nothing is told.

    What stands still or was given up has come as far as it had: a halt takes nothing back.
    """
    found = []
    furthest = 0
    for day, status in steps:
        if status in FORWARD:
            furthest = FORWARD.index(status)
        found.append((day, status, -1 if status is None else furthest))
    return found


def _steps(begun: Mapping[str, date], met: Mapping[str, date], keys: set[str]) -> list[Step]:
    """The rule of `schedule.progress.status_from_facts`, as days: the furthest status whose day has come."""
    since: dict[Status, date | None] = {
        Status.APPROVED: _first(met, APPROVAL),
        Status.TENDERING: _first(begun, TENDER),
        Status.UNDER_CONSTRUCTION: _first(begun, WORKS),
        Status.ACCEPTED: _first(met, ACCEPTANCE),
        Status.IN_USE: met.get("handover"),
    }
    if are_phases(keys):
        since = {
            Status.APPROVED: min(begun.values(), default=None),
            Status.UNDER_CONSTRUCTION: _first(begun, filter(is_building, begun)),
            Status.ACCEPTED: max(met.values()) if met.keys() == keys else None,
        }
    elif "handover" not in keys:
        accepted, closed = met.get("acceptance"), _first(met, SHORT_TRACK_END)
        since[Status.IN_USE] = max(accepted, closed) if accepted and closed else None
    found = sorted((day, FORWARD.index(status)) for status, day in since.items() if day)
    steps: list[Step] = []
    furthest = 0
    for day, place in found:
        if place > furthest:
            furthest = place
            if steps and steps[-1][0] == day:
                steps.pop()
            steps.append((day, FORWARD[place]))
    return steps


def _first(days: Mapping[str, date], keys: Iterable[str]) -> date | None:
    return min((days[key] for key in keys if key in days), default=None)
