"""Time travel by the dates of the facts: how a project was on a day, by what is known now (`on=DATE`).

The other time, what was *known* on a day (`as_of=DATE`), is replayed from the ledger and needs nothing from
here.

What the document can prove of a past day, and what not:
- A milestone was met on the day if its actual date is not later, and had begun if its start is not later.
- How far a begun milestone was on the day is not recorded: percent is what was last reported. Nothing is
  interpolated; it counts 0, so that the past never looks further on than the facts prove. The answer is a
  lower bound.
- Forecasts, reasons for delay, suspension and cancellation are opinions or decisions without a date of their
  own in the document: they are left out for past days, with why a project stands still, and the status is
  computed anew from the milestones.
- From the day on which the document was last changed (`recorded`) it simply holds, but for money dated later.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from projects_api.choices import MilestoneState, Status
from projects_api.schedule.facts import iso_date, milestones_of
from projects_api.schedule.progress import next_milestone, progress, status_from_facts

Document = dict[str, Any]

_DONE = frozenset({MilestoneState.MET, MilestoneState.REPORTED})
_MONEY = ("estimates", "allocations", "spending")
# Members that are absent where they are empty, and the day from which each of theirs was there.
_DATED = {"inspections": "held_on", "findings": "raised_on", "certificates": "issued_on"}


def document_on(
    document: Mapping[str, Any], on: date, *, recorded: date | None = None, zone: str = "Asia/Shanghai"
) -> Document:
    """The project's document as it was at the end of the day `on`; the input is not touched.

    `recorded` is the day (the bureau's) of the document's newest ledger entry. Without it every percentage of
    a milestone not yet met counts as 0, even for today: pass it. `zone` is the bureau's, by which an
    approval has its day. `progress`, `next_milestone` and `next_due`
    are computed anew. Facts without a date (titles, site, people) are as they are now. Raises ValueError for
    a date that is none.
    """
    then = dict(document)
    for name in _MONEY:
        if name in then:
            then[name] = {key: dict(fact) for key, fact in then[name].items() if _was_there(fact, on)}
    for name, day in _DATED.items():
        if name in then:
            then[name] = {key: fact for key, fact in then[name].items() if fact[day] <= on.isoformat()}
            if not then[name]:
                del then[name]
    if recorded is not None and on >= recorded:
        then["milestones"] = {key: dict(facts) for key, facts in document.get("milestones", {}).items()}
        return then
    then["milestones"] = {key: _milestone_on(facts, on) for key, facts in document.get("milestones", {}).items()}
    if promised := {n: b for n, b in document.get("baselines", {}).items() if _day(b["approved_at"], zone) <= on}:
        then["baselines"] = promised
    else:
        then.pop("baselines", None)
    milestones = milestones_of(then)
    then["status"] = status_from_facts(Status.PROPOSED, milestones).value
    for why in ("status_reason", "status_note", "status_since"):
        then.pop(why, None)
    ahead = next_milestone(milestones)
    then["progress"] = progress(milestones)
    then["next_milestone"] = ahead[0] if ahead else ""
    then["next_due"] = ahead[1].isoformat() if ahead and ahead[1] else None
    return then


def _day(moment: str, zone: str) -> date:
    return datetime.fromisoformat(moment).astimezone(ZoneInfo(zone)).date()


def _was_there(fact: Mapping[str, Any], on: date) -> bool:
    """Money by its date; an allocation without one by its year; without either there is no saying, so it
    stays.
    """
    dated = iso_date(fact.get("dated"))
    if dated is not None:
        return dated <= on
    year = fact.get("year")
    return year is None or int(year) <= on.year


def _milestone_on(facts: Mapping[str, Any], on: date) -> Document:
    started, actual = iso_date(facts.get("started")), iso_date(facts.get("actual"))
    state = MilestoneState(facts.get("state") or MilestoneState.SCHEDULED)
    then = {**facts, "forecast": None}
    then.pop("reported", None)  # held back until it is accepted, it counts for no past day
    if state == MilestoneState.NOT_APPLICABLE:
        return then
    if actual is not None and actual <= on:
        # Met then (or reported, or found not met): nothing about it has changed since.
        return then if state in _DONE else then | {"percent": 0}
    begun = started is not None and started <= on
    then |= {
        "started": facts.get("started") if begun else None,
        "actual": None,
        "percent": 0,
        "state": (MilestoneState.IN_PROGRESS if begun else MilestoneState.SCHEDULED).value,
    }
    for opinion in ("delay_reason", "delay_note"):
        if opinion in then:
            then[opinion] = ""
    return then
