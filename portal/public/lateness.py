"""How late a milestone is, in days and in words. ``today`` is passed in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from projects_api.choices import MilestoneState
from projects_api.late_words import overdue_words, slip_words
from projects_api.models import Milestone
from projects_api.schedule.facts import MilestoneFacts


@dataclass(frozen=True)
class Lateness:
    """``days`` behind the plan (0: not late, or nothing to compare with). ``overdue``: expected by now, and not met."""

    days: int
    overdue: bool
    words: str


NOT_LATE = Lateness(0, False, "")


def lateness(milestone: Milestone | MilestoneFacts, today: date) -> Lateness:
    """Met: the actual day against the plan. Open: the day expected (today at the earliest) against the plan."""
    if milestone.state == MilestoneState.NOT_APPLICABLE:
        return NOT_LATE
    if milestone.actual:
        days = (milestone.actual - milestone.planned).days if milestone.planned else 0
        if days <= 0:
            return NOT_LATE
        return Lateness(days, False, slip_words(days, True))
    due = milestone.forecast or milestone.planned
    if due is None:
        return NOT_LATE
    if due < today:
        days = (today - due).days
        return Lateness(days, True, overdue_words(days))
    days = (due - milestone.planned).days if milestone.planned else 0
    if days <= 0:
        return NOT_LATE
    return Lateness(days, False, slip_words(days, False))
