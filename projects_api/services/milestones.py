"""Milestones: what engineers report and officials plan. The state follows from the facts (mechanism 3)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from projects_api.choices import MilestoneState as State
from projects_api.choices import Status
from projects_api.errors import FieldError, InvalidInput, NotAllowed, NotConfirmed, NotFound, RuleBroken
from projects_api.models import Bureau, LedgerEntry, Milestone, Project, User
from projects_api.models.base import the_one
from projects_api.patches import Patch
from projects_api.publishing import PublishingRules
from projects_api.selectors.documents import Before
from projects_api.selectors.facts import told as as_told
from projects_api.services.acceptance import guard_acceptance
from projects_api.services.writing import ProjectWrite, checked, project_write

# Two kinds of field, two permissions: facts are reported from the site, plans are made in the office.
REPORT_FIELDS = frozenset({"started", "actual", "percent", "forecast", "delay_reason", "delay_note", "note"})
PLAN_FIELDS = frozenset({"planned", "weight"})
# States that somebody decides, whatever the facts say.
DECISIONS = frozenset({State.NOT_APPLICABLE, State.NOT_MET})
FACTS = frozenset({"started", "actual", "percent", "state"})
PUBLISHING = "bureau.publishing"  # the bureau's choice: it moves what is held back, and says nothing of any stage


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

    A stage that needs acceptance is *reported* until somebody else accepts it (`milestone_accept`); what the system itself
    records (``actor`` None: imports) counts as accepted.

    Raises InvalidInput (dates in the future or out of order, percent without date, a forecast past the baseline without
    its reason), NotConfirmed (a date before the start of what the stage waits for, until ``confirmed`` with a reason),
    RuleBroken (an illegal state, a cancelled project, an open serious finding where the whole is accepted), NotAllowed (who
    may not plan undoes a decision of the office), NotFound (the project has no such milestone), StaleVersion.
    """
    with project_write(project_id, actor=actor, action=action, at=at, reason=reason, expected=expected) as write:
        milestone = find_milestone(write.project, key)
        set_milestone(write, milestone, changes, actor=actor, at=at, confirmed=confirmed and bool(reason))
    return write.entry


def milestone_accept(
    *, project_id: int, key: str, actor: User, at: datetime, expected: int | None, reason: str = ""
) -> LedgerEntry | None:
    """Accept a reported milestone: it is met from now on. Raises RuleBroken where it is not reported or a serious finding
    is open, NotAllowed for who reported it, NotFound, StaleVersion.
    """
    with project_write(
        project_id, actor=actor, action="milestone.accept", at=at, reason=reason, expected=expected
    ) as write:
        milestone = find_milestone(write.project, key)
        milestone.unfold()
        if milestone.state != State.REPORTED:
            raise RuleBroken(_("Only a milestone that is reported can be accepted."))
        if reporter_of(write.project, key) == actor.pk:
            raise NotAllowed(_("Nobody accepts what they have reported themselves."))
        milestone.state = State.MET
        guard_acceptance(write.project, milestone, State.REPORTED)
        milestone.save()
        write.follow_facts = True
    return write.entry


def reporter_of(project: Project, key: str) -> int | None:
    """Who last wrote the milestone's actual date, by the ledger: a user's id. One query."""
    path = f"/milestones/{key}/actual"
    rows = project.ledger.exclude(action=PUBLISHING).order_by("-version").values_list("actor_id", "patch")
    for actor, patch in rows.iterator(chunk_size=50):
        if path in reported_paths(patch):
            return actor
    return None


def reported_paths(patch: Patch) -> set[str]:
    """`touched`, by the paths that a reader of the whole knows: what is held back is a fact of its stage like any other."""
    paths: set[str] = set()
    for operation in patch:
        parts = operation["path"].split("/")
        if parts[1:2] != ["milestones"] or parts[3:4] != ["reported"]:
            paths.add(operation["path"])
            continue
        stage = "/".join(parts[:3])
        # Taken away: accepted or taken back, either way about the end of the stage.
        names = parts[4:5] or list(operation.get("value") or ("actual", "percent", "state"))
        paths |= {f"{stage}/{name}" for name in names}
    return paths


def settle_reported(milestone: Milestone, bureau: Bureau, accepted: Mapping[str, Any]) -> None:
    """Before a stage is saved: what waits for acceptance is held back where the bureau publishes only what is accepted.

    ``accepted``: what `Milestone.unfold` said before the stage was changed.
    """
    if milestone.state == State.REPORTED and not PublishingRules.from_document(bureau.publishing).reported:
        milestone.fold(dict(accepted) if accepted["state"] != State.REPORTED else proven(milestone))


def proven(milestone: Milestone) -> dict[str, Any]:
    """The least that a reported stage leaves of itself, where no record says what stood before: that it was begun."""
    state = State.IN_PROGRESS if milestone.started else State.SCHEDULED
    return {
        "started": milestone.started,
        "actual": None,
        "forecast": None,
        "percent": 0,
        "delay_reason": "",
        "delay_note": "",
        "note": milestone.note,
        "state": state.value,
    }


def find_milestone(project: Project, key: str) -> Milestone:
    milestone = the_one(project.milestones.filter(key=key))
    if milestone is None:
        raise NotFound(_("The project has no milestone %(key)s.") % {"key": key})
    return milestone


def set_milestone(
    write: ProjectWrite,
    milestone: Milestone,
    changes: Mapping[str, Any],
    *,
    actor: User | None,
    at: datetime,
    confirmed: bool,
) -> None:
    """Change a milestone inside a project's write, with every check, and save it. Raises as `milestone_change` does."""
    if write.project.status == Status.CANCELLED or write.project.archived_at:
        raise RuleBroken(_("The project is cancelled or archived; its milestones no longer change."))
    accepted = milestone.unfold()
    told, was = (milestone.forecast, milestone.delay_reason), milestone.state
    today = write.project.bureau.day_of(at)
    apply_changes(milestone, changes, today=today, accepted=actor is None)
    _decision_stands(write.project, milestone, was, actor)
    guard_acceptance(write.project, milestone, was)
    if (milestone.forecast, milestone.delay_reason) != told:
        _slip_has_reason(milestone, write.before)
    if {"started", "actual"} & changes.keys() and not confirmed:
        _after_predecessors(milestone, write.before)
    checked(milestone, exclude={"project"})
    settle_reported(milestone, write.project.bureau, accepted)
    milestone.save()
    write.follow_facts = write.follow_facts or not FACTS.isdisjoint(changes)


def _decision_stands(project: Project, milestone: Milestone, was: str, actor: User | None) -> None:
    """That a stage does not apply, only the office takes back; that it is not met, a fact may overtake, but no bare word."""
    undone = milestone.state != was and (
        was == State.NOT_APPLICABLE or (was == State.NOT_MET and milestone.state == State.SCHEDULED)
    )
    if undone and actor is not None and not actor.has_perm("milestone.plan", project):
        words = _("The office has decided that this stage is “%(state)s”; only the office takes that back.")
        words %= {"state": State(was).label}
        raise NotAllowed(words, errors=[FieldError("/state", "decided", words)])


def apply_changes(milestone: Milestone, changes: Mapping[str, Any], *, today: date, accepted: bool = False) -> None:
    """Set the changed facts on the object and let its state follow; saves nothing.

    ``accepted``: what is written needs nobody's acceptance any more.
    """
    was, met_on = State(milestone.state), milestone.actual
    if changes.get("delay_reason", milestone.delay_reason) != milestone.delay_reason:
        milestone.delay_note = ""  # it explained the other reason: under this one it would blame the wrong party
    for name in (REPORT_FIELDS | PLAN_FIELDS) & changes.keys():
        setattr(milestone, name, changes[name])
    _not_in_future(milestone, today)
    if milestone.started and milestone.actual and milestone.actual < milestone.started:
        raise InvalidInput.one("/actual", "before_start", _("A milestone cannot be met before it was started."))
    _settle_percent(milestone, changes)
    kept = was == State.MET and milestone.actual == met_on
    finished = State.REPORTED if milestone.needs_acceptance and not (accepted or kept) else State.MET
    if not FACTS.isdisjoint(changes):  # a note or another plan moves nothing
        milestone.state = _state(was, milestone, changes.get("state"), finished)
    if milestone.delay_note and not milestone.delay_reason:
        raise InvalidInput.one("/delay_reason", "required", _("An explanation of a delay needs its reason."))


def _slip_has_reason(milestone: Milestone, before: Before) -> None:
    """A forecast later than the current baseline's day says why, by code."""
    if milestone.forecast is None or milestone.delay_reason or not (baselines := before.part("baselines")):
        return
    number = max(baselines, key=int)
    promised = baselines[number]["stages"].get(milestone.key)
    if promised and milestone.forecast.isoformat() > promised["finish"]:
        words = _("Baseline %(number)s promised %(day)s: a later forecast needs the reason for the delay.")
        raise InvalidInput.one("/delay_reason", "required", words % {"number": number, "day": promised["finish"]})


def _after_predecessors(milestone: Milestone, before: Before) -> None:
    """A fact earlier than the start of what the stage waits for is possible, and seldom meant."""
    for name in ("started", "actual"):
        day = getattr(milestone, name)
        for key in milestone.after or {}:
            earlier = as_told(before.part("milestones").get(key, {}))
            begun = earlier.get("started") or earlier.get("actual")
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


def _state(was: State, milestone: Milestone, wanted: str | None, finished: State) -> State:
    """What the facts say; ``not_applicable`` and ``not_met`` are decisions that the facts do not contradict.

    ``finished`` is what an actual date means here. Who says "met" of a stage that needs acceptance has reported it.
    """
    if milestone.actual:
        follows = State.NOT_MET if wanted == State.NOT_MET else finished
    elif milestone.percent or milestone.started:
        follows = State.IN_PROGRESS
    else:
        follows = State.SCHEDULED
    if wanted is None:
        if was in (State.NOT_APPLICABLE, State.NOT_MET) and follows == State.SCHEDULED:
            return was
        return follows
    if wanted in (State.MET, State.REPORTED) and not milestone.actual:
        raise InvalidInput.one("/actual", "required", _("A milestone that is met needs its actual date."))
    if wanted == State.MET and follows == State.REPORTED:
        return follows
    decided = (wanted == State.NOT_APPLICABLE and follows == State.SCHEDULED) or (
        wanted == State.NOT_MET and not milestone.actual
    )
    if wanted == follows or decided:
        return State(wanted)
    raise RuleBroken(
        _('The milestone cannot be "%(wanted)s": by its dates and percent it is "%(follows)s".')
        % {"wanted": State(wanted).label, "follows": follows.label}
    )
