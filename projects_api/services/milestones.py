"""Milestones: what engineers report and officials plan. The state follows from the facts (mechanism 3)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from projects_api.choices import MilestoneState as State
from projects_api.choices import Status
from projects_api.errors import InvalidInput, NotConfirmed, NotFound, RuleBroken
from projects_api.models import LedgerEntry, Milestone, User
from projects_api.selectors.documents import Document
from projects_api.services.writing import checked, project_write

# Two kinds of field, two permissions: facts are reported from the site, plans are made in the office.
REPORT_FIELDS = frozenset({"started", "actual", "percent", "forecast", "delay_reason", "delay_note", "note"})
PLAN_FIELDS = frozenset({"planned", "weight"})
FACTS = frozenset({"started", "actual", "percent", "state"})


def milestone_change(
    *,
    project_id: int,
    key: str,
    actor: User | None,
    at: datetime,
    expected: int | None,
    changes: Mapping[str, Any],
    reason: str = "",
    action: str = "milestone.change",
    confirmed: bool = False,
) -> LedgerEntry | None:
    """Change one milestone; progress, next milestone, status and outlook of the project move with it.

    Raises InvalidInput (dates in the future or out of order, percent without date, a forecast past the baseline without
    its reason), NotConfirmed (a date before the start of what the stage waits for, until ``confirmed`` with a reason),
    RuleBroken (an illegal state, a cancelled project), NotFound (the project has no such milestone), StaleVersion.
    """
    with project_write(project_id, actor=actor, action=action, at=at, reason=reason, expected=expected) as write:
        milestone = write.project.milestones.filter(key=key).first()
        if milestone is None:
            raise NotFound(_("The project has no milestone %(key)s.") % {"key": key})
        if write.project.status == Status.CANCELLED or write.project.archived_at:
            raise RuleBroken(_("The project is cancelled or archived; its milestones no longer change."))
        told = milestone.forecast, milestone.delay_reason
        apply_changes(milestone, changes, today=write.project.bureau.day_of(at))
        if (milestone.forecast, milestone.delay_reason) != told:
            _slip_has_reason(milestone, write.before)
        if {"started", "actual"} & changes.keys() and not (confirmed and reason):
            _after_predecessors(milestone, write.before)
        checked(milestone, exclude={"project"})
        milestone.save()
        write.follow_facts = not FACTS.isdisjoint(changes)
    return write.entry


def apply_changes(milestone: Milestone, changes: Mapping[str, Any], *, today: date) -> None:
    """Set the changed facts on the object and let its state follow; saves nothing."""
    was = State(milestone.state)
    for name in (REPORT_FIELDS | PLAN_FIELDS) & changes.keys():
        setattr(milestone, name, changes[name])
    _not_in_future(milestone, today)
    if milestone.started and milestone.actual and milestone.actual < milestone.started:
        raise InvalidInput.one("/actual", "before_start", _("A milestone cannot be met before it was started."))
    _settle_percent(milestone, changes)
    milestone.state = _state(was, milestone, changes.get("state"))
    if milestone.delay_note and not milestone.delay_reason:
        raise InvalidInput.one("/delay_reason", "required", _("An explanation of a delay needs its reason."))


def _slip_has_reason(milestone: Milestone, document: Document) -> None:
    """A forecast later than the current baseline's day says why, by code."""
    baselines = document.get("baselines", {})
    if not baselines or milestone.forecast is None or milestone.delay_reason:
        return
    number = max(baselines, key=int)
    promised = baselines[number]["stages"].get(milestone.key)
    if promised and milestone.forecast.isoformat() > promised["finish"]:
        words = _("Baseline %(number)s promised %(day)s: a later forecast needs the reason for the delay.")
        raise InvalidInput.one("/delay_reason", "required", words % {"number": number, "day": promised["finish"]})


def _after_predecessors(milestone: Milestone, document: Document) -> None:
    """A fact earlier than the start of what the stage waits for is possible, and seldom meant."""
    for name in ("started", "actual"):
        day = getattr(milestone, name)
        for key in milestone.after or {}:
            before = document["milestones"].get(key, {})
            begun = before.get("started") or before.get("actual")
            if day and begun and day.isoformat() < begun:
                words = _("This lies before the start of “%(key)s” (%(day)s), which it waits for.")
                raise NotConfirmed.one(f"/{name}", "before_predecessor", words % {"key": key, "day": begun})


def _not_in_future(milestone: Milestone, today: date) -> None:
    for name in ("started", "actual"):
        value = getattr(milestone, name)
        if value and value > today:
            raise InvalidInput.one(
                f"/{name}",
                "in_future",
                _("This is a fact, so it cannot lie in the future; use the forecast."),
            )


def _settle_percent(milestone: Milestone, changes: Mapping[str, Any]) -> None:
    if milestone.actual:
        if changes.get("percent", 100) != 100:
            raise InvalidInput.one(
                "/percent", "not_complete", _("With an actual date the milestone is at 100 percent.")
            )
        milestone.percent = 100
    elif milestone.percent == 100:
        if "actual" in changes and "percent" not in changes:
            raise InvalidInput.one("/percent", "required", _("Without an actual date, say how far it is now."))
        raise InvalidInput.one("/actual", "required", _("100 percent means that it is met: give the actual date."))


def _state(was: State, milestone: Milestone, wanted: str | None) -> State:
    """What the facts say; ``not_applicable`` and ``not_met`` are decisions that the facts do not contradict."""
    if milestone.actual:
        follows = State.NOT_MET if wanted == State.NOT_MET else State.MET
    elif milestone.percent or milestone.started:
        follows = State.IN_PROGRESS
    else:
        follows = State.SCHEDULED
    if wanted is None:
        if was in (State.NOT_APPLICABLE, State.NOT_MET) and follows == State.SCHEDULED:
            return was
        return follows
    if wanted == State.MET and not milestone.actual:
        raise InvalidInput.one("/actual", "required", _("A milestone that is met needs its actual date."))
    decided = (wanted == State.NOT_APPLICABLE and follows == State.SCHEDULED) or (
        wanted == State.NOT_MET and not milestone.actual
    )
    if wanted == follows or decided:
        return State(wanted)
    raise RuleBroken(
        _('The milestone cannot be "%(wanted)s": by its dates and percent it is "%(follows)s".')
        % {"wanted": State(wanted).label, "follows": follows.label}
    )
