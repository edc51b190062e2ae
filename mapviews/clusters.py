"""Clusters made by the database, for maps of more sites than a browser should be sent (docs/decisions/0023).

The database counts sites in cells of 16 pixels (`selectors.crowds`); here the cells are joined as
``static/mapviews/clusters.js`` joins sites, so that both look alike. What is answered depends on the window, not on the
number of sites.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import floor
from typing import Any, NamedTuple

import orjson
from django.db.models import QuerySet

from mapviews.columns import VOCABULARIES, columns
from projects_api.geodesy import Bounds
from projects_api.models import Project
from projects_api.selectors.census import Census
from projects_api.selectors.crowds import Heap, heaps, within
from projects_api.tiling import Range, Tile, Window, column_row, covering, degrees, shift_of, window

MANY = 50_000  # located sites; a map of more asks for clusters
LISTED = 100  # sites in view that are named
UNLOCATED = 50  # and of those without a place
CELL = 4  # log2 of the cells along a tile's side of 256 pixels
REACH = 52 / 256 * (1 << CELL)  # of a cluster, in cells: the browser's 52 pixels
MOST_CELLS = 16_384  # of a window; a larger one is answered at a lower zoom
OVERVIEW = 12  # the level whose cells say how far all the sites reach: about 8 km
CHUNK = 200  # cells in one question


@dataclass(frozen=True)
class Reading:
    """Whose sites, and how they are read: ``few`` and ``census`` as in `crowds.heaps`, ``paint`` as in `columns`.

    ``at_most``: there are no more projects than this, whoever looks.
    """

    projects: QuerySet[Project]
    version: str
    today: date
    few: bool
    paint: str = "status"
    census: Census | None = None
    at_most: int = 0

    @property
    def words(self) -> list[str]:
        """What clusters count by, in the order of their counts."""
        return VOCABULARIES[self.paint]

    def heaps(self, ranges: Sequence[Range], level: int) -> list[Heap]:
        light = self.today if self.paint == "light" else None
        return heaps(self.projects, ranges, level, few=self.few, light=light, census=self.census)

    def counts(self, found: Iterable[Heap]) -> dict[int, list[int]]:
        """For each cell how many of each word, in the words' order."""
        places = {word: place for place, word in enumerate(self.words)}
        counts: dict[int, list[int]] = {}
        for cell, word, sites in found:
            if cell not in counts:
                counts[cell] = [0] * len(places)
            counts[cell][places[word]] += sites
        return counts

    @property
    def count(self) -> int:
        return self.projects.count() if self.census is None else self.census.count

    @property
    def too_many(self) -> bool:
        """Whether a map of them asks for clusters. At most one query."""
        if self.census is not None:
            return self.census.located > MANY
        return self.at_most > MANY and self.projects.filter(place__isnull=False).order_by()[: MANY + 1].count() > MANY

    def named(self, keys: Iterable[int]) -> Any:
        rows = self.projects.filter(pk__in=list(keys))
        return orjson.Fragment(columns(rows, version=self.version, today=self.today, paint=self.paint))


class Group(NamedTuple):
    """Sites drawn as one: how many of each status or light, around a column and row of the cells' level (fractions count)."""

    x: float
    y: float
    cell: int
    counts: list[int]
    total: int


def overview(reading: Reading) -> bytes:
    """What a map of too many sites begins with: how many of each status, how far they reach, those without a place.

    ``located``, ``counts`` in the order of ``vocab`` (by status or by light), ``bounds`` as ``[[south, west], [north, east]]``,
    ``unlocated`` as `columns` writes it (at most 50). At most 6 queries.
    """
    cells_counts = reading.counts(reading.heaps([Tile(0, 0, 0).range], OVERVIEW))
    cells = [column_row(cell) for cell in cells_counts]
    columns_, rows = [x for x, _y in cells], [y for _x, y in cells]
    west, north = degrees(min(columns_), min(rows), OVERVIEW)
    east, south = degrees(max(columns_) + 1, max(rows) + 1, OVERVIEW)
    nowhere = reading.projects.filter(place__isnull=True).order_by("code").values_list("pk", flat=True)[:UNLOCATED]
    counts = [sum(column) for column in zip(*cells_counts.values(), strict=True)]
    return orjson.dumps(
        {
            "too_many": True,
            "version": reading.version,
            "count": reading.count,
            "located": sum(counts),
            "vocab": {reading.paint: reading.words},
            "counts": counts,
            "bounds": [[south, west], [north, east]],
            "unlocated": reading.named(nowhere),
        }
    )


def clusters(reading: Reading, box: Bounds, zoom: int) -> bytes:
    """The sites in ``box``, joined for ``zoom``: a bounded number of bytes and queries.

    ``lon lat counts`` are the clusters, ``counts`` in the order of ``vocab`` (by status or by light); ``sites`` are those
    that stand alone, ``list`` the first hundred in view, both as `columns` writes them; ``count`` is how many are in view.
    ``zoom`` is what was answered: less than asked where the window is larger than any screen.
    """
    view, level = _view(box, zoom)
    counts = reading.counts(reading.heaps(covering(*box, finest=level), level))
    cells = _groups(counts, view)
    groups = joined(joined(cells))
    crowds = [group for group in groups if group.total > 1]
    places = [degrees(group.x, group.y, level) for group in crowds]
    alone = [_range(group.cell, level) for group in groups if group.total == 1]
    single = _keys(reading.projects, alone)
    seen = _first(reading.projects, cells, level)
    return orjson.dumps(
        {
            "version": reading.version,
            "zoom": level - CELL,
            "count": sum(group.total for group in cells),
            "vocab": {reading.paint: reading.words},
            "lon": [round(lon, 6) for lon, _lat in places],
            "lat": [round(lat, 6) for _lon, lat in places],
            "counts": [group.counts for group in crowds],
            "sites": reading.named(single),
            "list": reading.named(seen),
        }
    )


def _view(box: Bounds, zoom: int) -> tuple[Window, int]:
    """The window's cells and their level, which is made coarser until there are few enough."""
    level = zoom + CELL
    while (view := window(*box, level)).cells > MOST_CELLS:
        level -= 1
    return view, level


def _first(projects: QuerySet[Project], cells: Sequence[Group], level: int) -> list[int]:
    """The first hundred of the sites counted, cell by cell, so that neighbours are named together."""
    whole: list[Range] = []
    room = LISTED
    for group in sorted(cells, key=lambda group: group.cell):
        if group.total > room:
            part = projects.filter(place__range=_range(group.cell, level)).order_by("place", "pk")
            return _keys(projects, whole) + list(part.values_list("pk", flat=True)[:room])
        whole.append(_range(group.cell, level))
        room -= group.total
    return _keys(projects, whole)


def _range(cell: int, level: int) -> Range:
    return cell << shift_of(level), (cell + 1 << shift_of(level)) - 1


def _keys(projects: QuerySet[Project], ranges: Sequence[Range]) -> list[int]:
    chunks = (ranges[at : at + CHUNK] for at in range(0, len(ranges), CHUNK))
    return [pk for chunk in chunks for pk in within(projects, chunk).order_by().values_list("pk", flat=True)]


def _groups(counts: Mapping[int, list[int]], view: Window) -> list[Group]:
    """A group for each cell of the window, in the cell's middle."""
    groups = []
    for cell, here in counts.items():
        x, y = column_row(cell)
        if view.west <= x <= view.east and view.north <= y <= view.south:
            groups.append(Group(x + 0.5, y + 0.5, cell, here, sum(here)))
    return groups


def joined(groups: Sequence[Group]) -> list[Group]:
    """Each group, the largest first, joins the nearest larger one within reach or stands for itself."""
    standing: dict[tuple[int, int], list[list[Group]]] = {}
    seeds: list[list[Group]] = []
    for group in sorted(groups, key=lambda group: (-group.total, group.cell)):
        column, row = floor(group.x / REACH), floor(group.y / REACH)
        nearest, distance = None, REACH * REACH
        for x in (column - 1, column, column + 1):
            for y in (row - 1, row, row + 1):
                for parts in standing.get((x, y), ()):
                    apart = (parts[0].x - group.x) ** 2 + (parts[0].y - group.y) ** 2
                    if apart < distance:
                        nearest, distance = parts, apart
        if nearest is not None:
            nearest.append(group)
        else:
            seeds.append([group])
            standing.setdefault((column, row), []).append(seeds[-1])
    return [parts[0] if len(parts) == 1 else _united(parts) for parts in seeds]


def _united(parts: Sequence[Group]) -> Group:
    total = sum(part.total for part in parts)
    return Group(
        sum(part.x * part.total for part in parts) / total,
        sum(part.y * part.total for part in parts) / total,
        parts[0].cell,
        [sum(column) for column in zip(*(part.counts for part in parts), strict=True)],
        total,
    )
