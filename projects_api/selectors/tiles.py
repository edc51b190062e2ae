"""Vector tiles of the sites: each site where a tile holds few, counts where they would crowd (docs/decisions/0023)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.db.models import F, QuerySet, Value
from django.db.models.functions import Coalesce, NullIf

from projects_api.models import Project
from projects_api.selectors.census import Census
from projects_api.selectors.crowds import heaps
from projects_api.selectors.lights import light_on
from projects_api.selectors.mvt import EXTENT, counts_tile, points_tile
from projects_api.tiling import Tile, column_row

# Nothing that only a bureau's own people may know: rows are hidden by `visible_to`, and these fields are public.
COLUMNS = ("code", "status", "stage", "kind", "progress")
ATTRIBUTES = (*COLUMNS, "title", "precision", "light")
MAX_BYTES = 200_000
POINTS = 1000  # sites that a tile shows one by one: about 120 KB with titles as they are written
CROWD = 4  # log2 of the clusters along a tile's side
FINE = 5  # log2 of the cells whose middles give a cluster its place


def site_tile(
    projects: QuerySet[Project],
    tile: Tile,
    *,
    chinese: bool,
    today: date,
    few: bool,
    census: Callable[[], Census | None] = lambda: None,
) -> bytes:
    """The tile as a Mapbox Vector Tile of at most `MAX_BYTES`, layer ``sites``; empty where no site lies. 1 query on
    PostGIS where the tile is not crowded, 3 at most.

    Either every site with `ATTRIBUTES`, or at most 256 points with ``count`` and ``count_<status>``. Each site is in one
    tile: there is no buffer, so that counts of neighbours add up. ``few`` and ``census`` are those of `crowds.heaps`, the
    second asked for only where the sites crowd.
    """
    inside = projects.filter(place__range=tile.range).order_by()
    body = points_tile(inside, tile, COLUMNS, _made(chinese, today), POINTS)
    if body is not None and len(body) <= MAX_BYTES:
        return body
    return counts_tile(_clusters(projects, tile, few, None if few else census()))


def _made(chinese: bool, today: date) -> dict[str, Any]:
    """The attributes that no column holds."""
    first, second = ("title_zh", "title_en") if chinese else ("title_en", "title_zh")
    title = Coalesce(NullIf(first, Value("")), second)
    return {"title": title, "precision": F("location_precision"), "light": light_on(today)}


def _clusters(
    projects: QuerySet[Project], tile: Tile, few: bool, census: Census | None
) -> list[tuple[int, int, dict[str, int]]]:
    """Sixteen by sixteen at most, each in the middle of its sites as the fine cells know it."""
    size = EXTENT >> FINE
    sums: dict[tuple[int, int], list[float]] = {}
    counts: dict[tuple[int, int], dict[str, int]] = {}
    for cell, status, sites in heaps(projects, [tile.range], tile.z + FINE, few=few, census=census):
        x, y = column_row(cell)
        x, y = x - (tile.x << FINE), y - (tile.y << FINE)
        cluster = (x >> FINE - CROWD, y >> FINE - CROWD)
        middle = sums.setdefault(cluster, [0.0, 0.0])
        middle[0] += sites * (x + 0.5)
        middle[1] += sites * (y + 0.5)
        here = counts.setdefault(cluster, {"count": 0})
        here["count"] += sites
        here[f"count_{status}"] = here.get(f"count_{status}", 0) + sites
    return [
        (int(size * x / counts[key]["count"]), int(size * y / counts[key]["count"]), dict(sorted(counts[key].items())))
        for key, (x, y) in sorted(sums.items())
    ]
