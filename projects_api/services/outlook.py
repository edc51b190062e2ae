"""What follows from a project's facts is written with them: progress, next milestone, status, outlook, days lost.

Lists, maps and statistics read these columns; nothing else computes them (mechanism 3).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from projects_api.choices import Status
from projects_api.elsewhere import progress_of
from projects_api.models import Milestone, Project
from projects_api.schedule.baseline import Measure, current_measure
from projects_api.schedule.calendar import WorkCalendar
from projects_api.schedule.facts import MilestoneFacts
from projects_api.schedule.outlook import outlook
from projects_api.schedule.progress import next_milestone, progress, status_from_facts
from projects_api.schedule.slips import slips
from projects_api.selectors.schedule import OUTLOOK, facts_of, settings_of

DERIVED = ("progress", "next_milestone", "next_due", "status", *OUTLOOK.values())


def set_derived(
    project: Project,
    milestones: Sequence[Milestone],
    baselines: Mapping[str, Mapping[str, Any]],
    *,
    at: datetime,
    follow_facts: bool,
) -> list[Milestone]:
    """Write on the objects what follows from them; saves nothing. The milestones whose days lost moved.

    ``baselines`` as in the project's document. ``at`` is when the write happens: the newest report.
    """
    facts = [facts_of(milestone) for milestone in milestones]
    project.progress = progress_of(project.elsewhere, progress(facts))
    upcoming = next_milestone(facts)
    project.next_milestone, project.next_due = upcoming if upcoming else ("", None)
    if follow_facts:
        project.status = status_from_facts(Status(project.status), facts)
    return set_schedule(project, milestones, facts, baselines, reported=project.bureau.day_of(at))


def set_schedule(
    project: Project,
    milestones: Sequence[Milestone],
    facts: Sequence[MilestoneFacts],
    baselines: Mapping[str, Mapping[str, Any]],
    *,
    reported: date,
) -> list[Milestone]:
    """Write on the objects what the bureau's calendar and rules make of the facts; the milestones whose days lost moved."""
    calendar, rules = settings_of(project.bureau)
    measure = current_measure(facts, baselines, calendar)
    found = outlook(
        facts,
        measure,
        calendar,
        rules,
        status=Status(project.status),
        reported=reported,
        needed_by=project.needed_by,
    )
    for name, value in asdict(found).items():
        setattr(project, OUTLOOK[name], value)
    return set_days_lost(milestones, facts, measure, calendar)


def set_days_lost(
    milestones: Sequence[Milestone], facts: Sequence[MilestoneFacts], measure: Measure | None, calendar: WorkCalendar
) -> list[Milestone]:
    found = slips(facts, measure, calendar)
    moved = []
    for milestone in milestones:
        behind = found.get(milestone.key, (None, None))
        if (milestone.slip_days, milestone.days_lost) != behind:
            milestone.slip_days, milestone.days_lost = behind
            moved.append(milestone)
    return moved
