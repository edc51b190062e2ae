"""What a year's plan wants of a project, and whether it is reached: completed, started, upgraded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Protocol, TypeVar

from projects_api.choices import PlanTarget
from projects_api.schedule.facts import MilestoneFacts, seen_by_all
from projects_api.schedule.forecast import Forecast

# The milestone whose actual date meets a target: the first of these that the project has, in this order.
TARGET_MILESTONES: dict[str, tuple[str, ...]] = {
    PlanTarget.COMPLETE: ("completion_acceptance", "acceptance", "handover"),
    PlanTarget.START: ("commencement", "works"),
    PlanTarget.UPGRADE: ("acceptance", "completion_acceptance"),
}


class Keyed(Protocol):
    @property
    def key(self) -> str: ...

    @property
    def public(self) -> bool: ...


Stage = TypeVar("Stage", bound=Keyed)


def deciding(target: str, stages: Iterable[Stage]) -> Stage | None:
    """The stage that decides a target, of those of a project that the public sees."""
    by_key = {stage.key: stage for stage in seen_by_all(stages)}
    return next((by_key[key] for key in TARGET_MILESTONES[target] if key in by_key), None)


@dataclass(frozen=True, slots=True)
class Reach:
    """``bucket``: ``met`` by the end of the plan's year, ``met_late`` after it, ``open``. ``in_time``: an open one is
    forecast to be met by then."""

    bucket: str
    in_time: bool


def reach(target: str, facts: Iterable[MilestoneFacts], expected: Forecast, year: int) -> Reach:
    """Where a project stands with a target of a year's plan, by its facts and its forecast."""
    stage = deciding(target, facts)
    if stage is None:
        return Reach("open", False)
    found, then = bucket(stage.actual, year), expected.stages.get(stage.key)
    return Reach(found, found == "open" and then is not None and then.finish <= date(year, 12, 31))


def bucket(reached: date | None, year: int) -> str:
    """Where a project stands that reached its target on a day: ``met`` in the plan's year, ``met_late`` after it, ``open``."""
    if reached is None:
        return "open"
    return "met" if reached <= date(year, 12, 31) else "met_late"
