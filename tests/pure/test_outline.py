"""A template's network from day 0."""

from __future__ import annotations

import pytest

from projects_api.choices import BUILDING_STAGES
from projects_api.errors import InvalidInput
from projects_api.schedule.facts import MilestoneFacts
from projects_api.schedule.network import Link
from projects_api.schedule.outline import outline


def a(key: str, position: int, duration: int | None, *links: Link) -> MilestoneFacts:
    return MilestoneFacts(key, position=position, duration=duration, links=links)


def test_what_comes_after_the_opening_makes_nobody_late() -> None:
    found = outline(
        [
            a("works", 1, 50),
            a("papers", 2, 5, Link("works", "SS", 15)),
            a("handover", 3, None, Link("works"), Link("papers")),
            a("accounts", 4, 60, Link("handover")),
        ]
    )
    assert (found.ready, found.whole, found.critical_path) == (50, 110, ["works", "handover"])
    rows = {key: (stage.start, stage.finish, stage.total_float) for key, stage in found.stages.items()}
    assert rows == {"works": (0, 50, 0), "papers": (15, 20, 30), "handover": (50, 50, 0), "accounts": (50, 110, None)}
    assert [key for key, stage in found.stages.items() if stage.critical] == ["works", "handover"]


def test_the_products_building_template_takes_490_days_until_ready() -> None:
    """Along the critical path: the durations of STANDARD_STAGES added by hand, with the lags of the two SS links."""
    by_hand = 15 + 30 + 30 + 45 + 20 + 20 + 35 + 10 + 5 + 45 + 100 + 20 + 75 + 20 + 10 + 10
    found = outline(
        [
            a(stage.key, place, stage.days[1], *[Link(key, kind, lag) for key, kind, lag in stage.after])  # type: ignore[arg-type]
            for place, stage in enumerate(BUILDING_STAGES)
        ]
    )
    assert (found.ready, found.whole) == (by_hand, by_hand - 10 + 90 + 60) == (490, 630)
    assert found.stages["planning_permit"].total_float == 55


def test_nothing_takes_no_time_and_a_circle_has_no_order() -> None:
    assert outline([]).whole == outline([a("event", 1, None)]).whole == 0
    with pytest.raises(InvalidInput):
        outline([a("x", 1, 1, Link("y")), a("y", 2, 1, Link("x"))])
