"""Progress, next milestone and status: computed from facts, never typed."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date

from django.utils.translation import gettext as _

from projects_api.choices import Status
from projects_api.errors import RuleBroken
from projects_api.schedule.facts import MilestoneFacts, seen_by_all

# The ways forward, in order. Suspended and cancelled stand beside it: a person decides on them, facts do not.
FORWARD = (
    Status.PROPOSED,
    Status.APPROVED,
    Status.TENDERING,
    Status.UNDER_CONSTRUCTION,
    Status.ACCEPTED,
    Status.IN_USE,
)

# What a person may set by hand: a step forward, a step back to correct it, a halt, an end. Small works may be
# awarded without a tender. `status_from_facts` is not bound by it: facts recorded late may jump several steps
# forward.
TRANSITIONS: dict[Status, frozenset[Status]] = {
    Status.PROPOSED: frozenset({Status.APPROVED, Status.SUSPENDED, Status.CANCELLED}),
    Status.APPROVED: frozenset(
        {Status.PROPOSED, Status.TENDERING, Status.UNDER_CONSTRUCTION, Status.SUSPENDED, Status.CANCELLED}
    ),
    Status.TENDERING: frozenset({Status.APPROVED, Status.UNDER_CONSTRUCTION, Status.SUSPENDED, Status.CANCELLED}),
    Status.UNDER_CONSTRUCTION: frozenset({Status.TENDERING, Status.ACCEPTED, Status.SUSPENDED, Status.CANCELLED}),
    Status.SUSPENDED: frozenset(
        {Status.PROPOSED, Status.APPROVED, Status.TENDERING, Status.UNDER_CONSTRUCTION, Status.CANCELLED}
    ),
    Status.ACCEPTED: frozenset({Status.UNDER_CONSTRUCTION, Status.IN_USE}),
    Status.IN_USE: frozenset({Status.ACCEPTED}),
    Status.CANCELLED: frozenset({Status.PROPOSED}),
}

APPROVAL = frozenset({"project_approval", "plan_approval"})
TENDER = frozenset({"tendering", "procurement"})
WORKS = frozenset({"commencement", "works", "construction"})
ACCEPTANCE = frozenset({"completion_acceptance", "acceptance"})
SHORT_TRACK_END = frozenset({"audit", "payment"})
# Another register's phases, which know neither approval nor acceptance: what its mapping reads from them
# (`interchange/mappings/nyc_sca.toml`) they prove of a past day too.
PREPARING = frozenset({"scope", "design"})
BUILDING = frozenset({"construction", "cm_fe", "cm_art_fe", "cm", "fe", "purchase_install", "unnamed"})


def progress(milestones: Iterable[MilestoneFacts]) -> int:
    """Physical progress in percent: the mean of the public milestones' percentages by weight, rounded down.

    Milestones that do not apply do not count, nor those of weight 0; where every weight is 0 all count alike.
    A met milestone is 100 whatever was reported. 100 only when every milestone that counts is met, so that
    "100 %" is true.
    """
    applicable = [facts for facts in seen_by_all(milestones) if facts.is_applicable]
    counted = [(facts, facts.weight) for facts in applicable if facts.weight > 0]
    if not counted:
        counted = [(facts, 1) for facts in applicable]
    if not counted:
        return 0
    if all(facts.is_met for facts, _weight in counted):
        return 100
    done = sum(weight * (100 if facts.is_met else min(max(facts.percent, 0), 100)) for facts, weight in counted)
    return min(int(done // sum(weight for _facts, weight in counted)), 99)


def next_milestone(milestones: Iterable[MilestoneFacts]) -> tuple[str, date | None] | None:
    """Key and expected date (forecast, else plan) of the first milestone still ahead; None when none is.

    One that is reported and not yet accepted is still ahead. Milestones that the public does not see are passed over: the
    answer stands in lists, maps and filters that everybody reads.
    """
    ahead = [facts for facts in seen_by_all(milestones) if facts.is_applicable and not facts.is_met]
    first = min(ahead, key=lambda facts: (facts.position, facts.key), default=None)
    return (first.key, first.due) if first else None


def status_from_facts(current: Status, milestones: Iterable[MilestoneFacts]) -> Status:
    """The status that the facts which everybody sees prove, never behind `current`; suspended and cancelled stay as they are.

    Approval met: approved; tender begun: tendering; works begun: under construction; acceptance met:
    accepted; handover met: in use. A rural upgrade has no handover: it is in use once it is accepted and its
    audit or its payment is met. Of another register's phases: preparation begun is approved, building begun is
    under construction, all met is accepted.
    """
    current = Status(current)
    if current not in FORWARD:
        return current
    begun: set[str] = set()
    met: set[str] = set()
    keys: set[str] = set()
    for facts in seen_by_all(milestones):
        if facts.is_applicable:
            keys.add(facts.key)
            if facts.has_begun:
                begun.add(facts.key)
            if facts.is_met:
                met.add(facts.key)
    proven = Status.PROPOSED
    if are_phases(keys):
        if met == keys:
            proven = Status.ACCEPTED
        elif begun:
            proven = Status.UNDER_CONSTRUCTION if any(map(is_building, begun)) else Status.APPROVED
    elif "handover" in met or ("handover" not in keys and "acceptance" in met and met & SHORT_TRACK_END):
        proven = Status.IN_USE
    elif met & ACCEPTANCE:
        proven = Status.ACCEPTED
    elif begun & WORKS:
        proven = Status.UNDER_CONSTRUCTION
    elif begun & TENDER:
        proven = Status.TENDERING
    elif met & APPROVAL:
        proven = Status.APPROVED
    return max(current, proven, key=FORWARD.index)


def are_phases(keys: Collection[str]) -> bool:
    """Whether all stages of a project are another register's phases."""
    return bool(keys) and all(_phase(key) in PREPARING | BUILDING for key in keys)


def is_building(key: str) -> bool:
    return _phase(key) in BUILDING


def _phase(key: str) -> str:
    """A phase that a project has twice is ``construction`` and ``construction-2``."""
    return key.partition("-")[0]


def check_transition(old: Status, new: Status, *, later: bool = False) -> None:
    """Raises RuleBroken when a person may not change the status so; the same status again is no change.

    ``later``: it is told of a later day, as a table of a year after is. Steps forward lie between that nobody tells one by one;
    a step back is a correction, one at a time, and what is over stays over.
    """
    old, new = Status(old), Status(new)
    onward = new in FORWARD and old in FORWARD and FORWARD.index(new) > FORWARD.index(old)
    resumed = new in FORWARD and old == Status.SUSPENDED
    if old != new and new not in TRANSITIONS[old] and not (later and (onward or resumed)):
        raise RuleBroken(
            _("A project that is “%(old)s” cannot become “%(new)s”.") % {"old": old.label, "new": new.label}
        )
