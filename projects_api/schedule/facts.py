"""The facts of one milestone, as the calculations read them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol, TypeVar

from projects_api.choices import MilestoneState
from projects_api.schedule.network import Link

_BEGUN = frozenset({MilestoneState.IN_PROGRESS, MilestoneState.REPORTED, MilestoneState.MET, MilestoneState.NOT_MET})


class Shown(Protocol):
    @property
    def public(self) -> bool: ...


Held = TypeVar("Held", bound=Shown)


@dataclass(frozen=True, slots=True)
class Limit:
    """A term set by law: at most so many days or months of calendar time after the end of another stage."""

    after: str
    days: int = 0
    months: int = 0


@dataclass(frozen=True, slots=True)
class MilestoneFacts:
    """`percent` 0 to 100 as reported, `weight` its share of physical progress (any scale), dates without
    time; `public` says whether the public sees the milestone. `duration` and its range are working days (None: an event),
    `links` the stages that it comes after, `limit` its statutory term.
    """

    key: str
    position: int = 0
    started: date | None = None
    planned: date | None = None
    forecast: date | None = None
    actual: date | None = None
    percent: int = 0
    weight: int = 0
    state: MilestoneState = MilestoneState.SCHEDULED
    public: bool = True
    duration: int | None = None
    shortest: int | None = None
    longest: int | None = None
    links: tuple[Link, ...] = ()
    limit: Limit | None = None

    @classmethod
    def from_document(cls, key: str, facts: Mapping[str, Any]) -> MilestoneFacts:
        """From a document's `milestones[key]`; absent members take the defaults. Raises ValueError."""
        return cls(
            key=key,
            position=facts.get("position") or 0,
            started=iso_date(facts.get("started")),
            planned=iso_date(facts.get("planned")),
            forecast=iso_date(facts.get("forecast")),
            actual=iso_date(facts.get("actual")),
            percent=facts.get("percent") or 0,
            weight=facts.get("weight") or 0,
            state=MilestoneState(facts.get("state") or MilestoneState.SCHEDULED),
            public=bool(facts.get("public", True)),
            duration=facts.get("duration"),
            shortest=facts.get("shortest"),
            longest=facts.get("longest"),
            links=links_of(facts.get("after")),
            limit=limit_of(facts.get("limit")),
        )

    @property
    def is_met(self) -> bool:
        return self.state == MilestoneState.MET

    @property
    def is_applicable(self) -> bool:
        return self.state != MilestoneState.NOT_APPLICABLE

    @property
    def has_begun(self) -> bool:
        """Work on it has begun, whether or not the day is known; a stage found not met was tried."""
        return self.is_applicable and (self.started is not None or self.actual is not None or self.state in _BEGUN)

    @property
    def due(self) -> date | None:
        """When it is expected now: the forecast, else the plan."""
        return self.forecast or self.planned


def seen_by_all(milestones: Iterable[Held]) -> list[Held]:
    """The stages that the public sees: whatever everybody reads of a project is computed of these alone.

    Progress, curves, lights, status, opening and what a plan's target wants stand in lists, maps and filters for all readers
    alike; a figure that moved with a stage nobody sees would tell of it.
    """
    return [facts for facts in milestones if facts.public]


def links_of(after: Mapping[str, Mapping[str, Any]] | None) -> tuple[Link, ...]:
    """`{key: {"kind", "lag"}}` as a document holds it; kind and lag default to FS and 0."""
    return tuple(Link(key, link.get("kind", "FS"), link.get("lag", 0)) for key, link in (after or {}).items())


def limit_of(limit: Mapping[str, Any] | None) -> Limit | None:
    return Limit(limit["after"], limit.get("days", 0), limit.get("months", 0)) if limit else None


def iso_date(value: str | date | None) -> date | None:
    """A date of a document; "" and None are none. Raises ValueError for anything that is not YYYY-MM-DD."""
    if not value or isinstance(value, date):
        return value or None
    return date.fromisoformat(value)


def milestones_of(document: Mapping[str, Any]) -> list[MilestoneFacts]:
    """The milestones of a project document, in their order."""
    found = (MilestoneFacts.from_document(key, facts) for key, facts in document.get("milestones", {}).items())
    return sorted(found, key=lambda facts: (facts.position, facts.key))
