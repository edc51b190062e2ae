"""Where a project's place was before: read from its ledger, which alone holds history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from projects_api.models import Project
from projects_api.patches import apply

# The members of a project's document that say where it is.
PLACE = ("site", "site_crs", "site_accuracy", "location_precision", "footprint", "footprint_crs")


@dataclass(frozen=True)
class PlaceChange:
    """The newest change of the place: the entry that made it, and the members of `PLACE` as they were before."""

    version: int
    at: datetime
    who: str
    reason: str
    before: dict[str, Any]


def newest_place_change(project: Project) -> PlaceChange | None:
    """None where the place is as the project came with. One query; time in proportion to the project's entries."""
    found = None
    place: dict[str, Any] = {}
    for entry in project.ledger.select_related("actor").order_by("version"):
        patch = [part for operation in entry.patch for part in _about_place(operation)]
        if not patch:
            continue
        if place:
            who = entry.actor.get_full_name() if entry.actor else entry.actor_name
            found = PlaceChange(entry.version, entry.at, who, entry.reason, place)
        place = apply(place, patch) or {}
    return found


def _about_place(operation: dict[str, Any]) -> list[dict[str, Any]]:
    """The part of an operation that is about the place."""
    if operation["path"] == "":
        return [{**operation, "value": {name: (operation["value"] or {}).get(name) for name in PLACE}}]
    return [operation] if operation["path"].split("/")[1] in PLACE else []
