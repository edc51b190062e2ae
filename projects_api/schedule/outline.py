"""A template's stages before anybody has named a day: when each can start and end, counted in working days from day 0; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from projects_api.schedule.baseline import counted
from projects_api.schedule.facts import MilestoneFacts
from projects_api.schedule.network import Activity, passes


@dataclass(frozen=True, slots=True)
class StageOutline:
    """Half-open: days `start` to `finish`. `total_float` and `critical` look at the day on which the school is ready;
    None for stages after it.
    """

    start: int
    finish: int
    total_float: int | None

    @property
    def critical(self) -> bool:
        return self.total_float == 0


@dataclass(frozen=True, slots=True)
class Outline:
    """`stages` by key; `ready`: working days until the school is ready, `whole`: until the last stage has ended.

    `critical_path`: the keys of the chain that makes it ready no sooner, in order.
    """

    stages: dict[str, StageOutline]
    ready: int
    whole: int
    critical_path: list[str]


def outline(stages: Sequence[MilestoneFacts]) -> Outline:
    """The network of the usual durations, as `schedule.forecast` sees it. Raises InvalidInput where there is no order to it."""
    whole = passes(_activities(stages))
    main = passes(_activities(counted(stages)))
    found = {
        key: StageOutline(times.start, times.finish, main.times[key].total_float if key in main.times else None)
        for key, times in whole.times.items()
    }
    return Outline(found, main.finish or 0, whole.finish or 0, main.critical_path)


def _activities(stages: Iterable[MilestoneFacts]) -> list[Activity]:
    stages = list(stages)
    own = {facts.key for facts in stages}
    return [
        Activity(facts.key, facts.duration or 0, tuple(link for link in facts.links if link.after in own))
        for facts in stages
    ]
