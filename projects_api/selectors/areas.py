"""Townships (or whatever a bureau's region is divided into): which there are, what lies in which, and where they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import shapely
from django.db.models import QuerySet

from projects_api.cells import cells, enough_known
from projects_api.models import Bureau, Region
from projects_api.models.base import in_reader_language

# What many corners would cost: a county's outline keeps at most a few thousand, each moved by less than 50 m.
MANY_CORNERS = 2000
TOLERANCE = 0.0005


@dataclass(frozen=True, slots=True)
class Area:
    """A division directly below a bureau's region; or that region itself, for what is in none of them (``whole``)."""

    code: str
    name: str
    bureau: int
    kind: str
    whole: bool = False


class Areas:
    """The areas of some bureaus, in the order of their codes, each bureau's own region after its divisions."""

    def __init__(self, areas: Sequence[Area]) -> None:
        self.all = tuple(areas)
        self._by_code = {area.code: area for area in areas}

    def holding(self, code: str) -> Area | None:
        """The area that a division is or lies in: the one with the longest code that its own begins with."""
        return next((self._by_code[code[:n]] for n in range(len(code), 0, -1) if code[:n] in self._by_code), None)


def areas_of(bureaus: Iterable[Bureau]) -> Areas:
    """``region`` of the bureaus must be loaded. One query."""
    owners = {bureau.region_id: bureau for bureau in bureaus}
    rows = Region.objects.filter(parent__in=list(owners)).order_by("code")
    below: dict[int, list[Area]] = defaultdict(list)
    for parent, code, zh, en, kind in rows.values_list("parent_id", "code", "name_zh", "name_en", "kind"):
        below[parent].append(Area(code, in_reader_language(zh, en), owners[parent].pk, kind))
    found: list[Area] = []
    for region, bureau in owners.items():
        own = bureau.region
        found += [*below[region], Area(own.code, own.name, bureau.pk, own.kind, whole=True)]
    return Areas(found)


@dataclass(frozen=True, slots=True)
class Cell:
    """An area's polygon as GeoJSON, where its name goes, and whether the polygon is a guess (`projects_api.cells`)."""

    code: str
    shape: bytes
    at: tuple[float, float]
    approximate: bool


def cells_of(bureaus: Iterable[Bureau]) -> list[Cell]:
    """The polygons of the bureaus' divisions: boundaries where known, else cells within the county's boundary.

    A county without a boundary, or of which too few divisions have a place, has none of the second sort. Two queries; the
    polygons are kept in memory by what they are made of, and cost some milliseconds a county once.
    """
    regions = [bureau.region_id for bureau in bureaus]
    counties = dict(Region.objects.filter(pk__in=regions).order_by("code").values_list("pk", "boundary"))
    below: dict[int, list[tuple[str, bytes, tuple[float, float] | None]]] = defaultdict(list)
    rows: QuerySet[Region] = Region.objects.filter(parent__in=regions).order_by("code")
    for parent, code, boundary, point in rows.values_list("parent_id", "code", "boundary", "point"):
        shape = bytes(boundary.wkb) if boundary else b""
        below[parent].append((code, shape, (point.x, point.y) if point else None))
    found: list[Cell] = []
    for pk, boundary in counties.items():
        found += _cells(bytes(boundary.wkb) if boundary else b"", tuple(below[pk]))
    return found


@lru_cache(maxsize=64)
def _cells(county: bytes, divisions: tuple[tuple[str, bytes, tuple[float, float] | None], ...]) -> tuple[Cell, ...]:
    known = {code: shapely.from_wkb(shape) for code, shape, _point in divisions if shape}
    points = {code: point for code, shape, point in divisions if point and not shape}
    guessed = {}
    if county and enough_known(len(known) + len(points), len(divisions)):
        guessed = cells(shapely.from_wkb(county), points, known)
    shapes = known | guessed
    if shapely.get_num_coordinates(list(shapes.values())).sum() > MANY_CORNERS:
        simple = shapely.coverage_simplify(list(shapes.values()), TOLERANCE)
        shapes = dict(zip(shapes, simple, strict=True))
    return tuple(
        Cell(code, _geojson(shape), _label_place(shape), approximate=code in guessed)
        for code, shape in sorted(shapes.items())
    )


@dataclass(frozen=True, slots=True)
class Outline:
    """A division's polygon as RFC 7946 has it, its box (west, south, east, north), and whether it is a guess."""

    shape: bytes
    box: tuple[float, float, float, float]
    approximate: bool


def outlines_of(divisions: Iterable[int]) -> dict[int, Outline]:
    """The polygons of these divisions by key: boundaries as they were recorded, not simplified; else cells (`cells_of`).

    What has neither is left out. Two queries, and two where one of them may have a cell.
    """
    rows = list(Region.objects.filter(pk__in=list(divisions)).values_list("pk", "code", "parent_id", "boundary"))
    found = {pk: _outline(shapely.from_wkb(bytes(b.wkb)), False) for pk, _code, _parent, b in rows if b}
    parents = {parent for pk, _code, parent, _boundary in rows if parent and pk not in found}
    bureaus = Bureau.objects.filter(region__in=parents).only("region_id")
    guessed = {cell.code: cell.shape for cell in cells_of(bureaus) if cell.approximate} if parents else {}
    return found | {
        pk: _outline(shapely.from_geojson(guessed[code]), True)
        for pk, code, _parent, _boundary in rows
        if pk not in found and code in guessed
    }


def _outline(shape: shapely.Geometry, approximate: bool) -> Outline:
    west, south, east, north = (round(float(edge), 6) for edge in shape.bounds)
    return Outline(_geojson(shapely.orient_polygons(shape)), (west, south, east, north), approximate)


def _geojson(shape: shapely.Geometry) -> bytes:
    """Six decimals of a degree, about 10 cm, as the outlines have."""
    return bytes(shapely.to_geojson(shapely.transform(shape, lambda places: places.round(6))).encode())


def _label_place(shape: shapely.Geometry) -> tuple[float, float]:
    """The middle of the largest circle within: a name written there stands freest."""
    middle = shapely.get_point(shapely.maximum_inscribed_circle(shape, tolerance=0.001), 0)
    return round(middle.x, 5), round(middle.y, 5)
