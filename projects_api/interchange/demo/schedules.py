"""Believable dates for a demonstration: a whole schedule from a few anchors. Pure; every rule here is an invention."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

# Days from the planned commencement to the stages before it.
BEFORE = {
    "project_approval": -420,
    "land_preexamination": -390,
    "feasibility_approval": -340,
    "preliminary_design": -260,
    "planning_permit": -200,
    "drawing_review": -170,
    "fiscal_review": -130,
    "tendering": -75,
    "construction_permit": -15,
    "commencement": 0,
}
# Share of the time from commencement to completion acceptance.
BETWEEN = {
    "foundations": 0.15,
    "topping_out": 0.45,
    "infill": 0.58,
    "finishes": 0.85,
    "external_works": 0.93,
    "special_acceptance": 0.97,
    "completion_acceptance": 1.0,
}
# Days from the planned acceptance to the stages after it (filing within 15 days is the rule).
AFTER = {"completion_filing": 15, "settlement_audit": 180, "final_accounts": 330}
# Month and day in the year of a short-track project; from the year before and into the year after.
SHORT = {
    "needs_survey": (-1, 11, 30),
    "plan_approval": (0, 1, 20),
    "funds_released": (0, 3, 24),
    "design_review": (0, 5, 12),
    "procurement": (0, 6, 15),
    "commencement": (0, 7, 5),
    "works": (0, 8, 25),
    "acceptance": (0, 9, 28),
    "audit": (0, 12, 15),
    "payment": (1, 3, 20),
}
# Works that begin when the one before is done; the days between are for the site to change hands.
FOLLOWS = {
    "foundations": ("commencement", 4),
    "topping_out": ("foundations", 4),
    "infill": ("topping_out", 6),
    "finishes": ("infill", 5),
    "external_works": ("infill", 25),
    "works": ("commencement", 0),
}


@dataclass(frozen=True)
class Stage:
    """The dates of one milestone as they are known at the end of the story."""

    planned: date
    started: date | None = None
    actual: date | None = None


def jitter(*words: str, below: int) -> int:
    """A number that looks like chance and is always the same for the same words."""
    return int(hashlib.sha256("/".join(words).encode()).hexdigest(), 16) % below


def workday(day: date, step: int = 1) -> date:
    """The day itself, or the next (``step`` -1: the last) one that is no Saturday or Sunday."""
    while day.weekday() >= 5:
        day += timedelta(days=step)
    return day


def planned_dates(anchors: Mapping[str, date], short_year: int) -> dict[str, date]:
    """The planned date of every stage: of a building project from its anchors, else of the short track in a year."""
    if not anchors:
        return {key: workday(date(short_year + years, month, day)) for key, (years, month, day) in SHORT.items()}
    start, end = anchors["commencement"], anchors["acceptance"]
    span = (end - start).days
    dates = {key: workday(start + timedelta(days=days)) for key, days in BEFORE.items()}
    dates |= {key: workday(start + timedelta(days=round(span * share))) for key, share in BETWEEN.items()}
    dates |= {key: workday(end + timedelta(days=days)) for key, days in AFTER.items()}
    return dates | {"commencement": start, "completion_acceptance": end, "handover": anchors["handover"]}


def story_of(
    code: str,
    keys: list[str],
    *,
    anchors: Mapping[str, date],
    short_year: int,
    actual: Mapping[str, date],
    started: Mapping[str, date],
    stops_after: str | None,
    until: date,
) -> dict[str, Stage]:
    """All stages in order. What comes before the works went as planned, a few days early or not, unless told otherwise;
    ``stops_after`` names the last stage met (empty: none) where the works have not begun."""
    planned = planned_dates(anchors, short_year)
    last = keys.index("commencement") if stops_after is None else keys.index(stops_after) + 1 if stops_after else 0
    stages: dict[str, Stage] = {}
    for index, key in enumerate(keys):
        met = actual.get(key)
        if met is None and index < last:
            met = workday(planned[key] - timedelta(days=jitter(code, key, below=7)), -1)
        if met and met > until:
            raise ValueError(f"{code} {key}: {met} lies after {until}")
        stages[key] = Stage(planned[key], started.get(key), met)
    for key, (before, days) in FOLLOWS.items():
        stage = stages.get(key)
        done = stages[before].actual if stage else None
        if stage and stage.actual and not stage.started and done:
            stages[key] = replace(stage, started=min(done + timedelta(days=days), stage.actual))
    return stages
