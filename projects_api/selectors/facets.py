"""How many projects each choice of a filter would leave, for filters that are links: one query for all of them together.

The projects are counted by every combination of the facets that occurs; what a choice leaves is added up here. A facet's own
choice does not narrow its own counts, so that the reader sees what the others hold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Count, QuerySet

from projects_api.models import Project
from projects_api.selectors.lights import light_on

# The facets' names are those of the filters; region, bureau and year are counted by their row's id.
FACETS = {
    "bureau": "bureau_id",
    "region": "region_id",
    "stage": "stage",
    "status": "status",
    "kind": "kind",
    "light": "facet_light",
    "year": "plan_id",
}
Key = str | int | None


@dataclass(frozen=True)
class Tally:
    """``total``: projects that fit every choice. ``counts[facet]``: by key, those that fit every choice of the *other* facets."""

    total: int = 0
    counts: dict[str, Counter[Key]] = field(default_factory=dict)

    def without(self, facet: str) -> int:
        """How many there would be if nothing were chosen of that facet."""
        return sum(self.counts[facet].values())


def tally(projects: QuerySet[Project], chosen: Mapping[str, frozenset[Key]], today: date) -> Tally:
    """Count ``projects`` (narrowed by everything but the facets). ``chosen``: the keys wanted of a facet; absent: all.

    One query; in Python as much work as there are combinations that occur, at most one per project.
    """
    rows = (
        projects.order_by()
        .annotate(facet_light=light_on(today))
        .values_list(*FACETS.values())
        .annotate(n=Count("pk"))
        .values_list(*FACETS.values(), "n")
    )
    counts: dict[str, Counter[Key]] = {name: Counter() for name in FACETS}
    asked = [(place, chosen[name]) for place, name in enumerate(FACETS) if name in chosen]
    names = list(FACETS)
    total = 0
    for *keys, n in rows:
        missed = [place for place, wanted in asked if keys[place] not in wanted]
        if not missed:
            total += n
            for name, key in zip(names, keys, strict=True):
                counts[name][key] += n
        elif len(missed) == 1:
            counts[names[missed[0]]][keys[missed[0]]] += n
    return Tally(total, counts)
