"""Areas for townships of which no boundary is known: Voronoi cells of their points, clipped to the county.

An approximation, and shown as one: which point is nearest says little about who administers what. Degrees in WGS84 in and out;
distances are made comparable by the cosine of the county's latitude, which is exact enough over a county.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import cos, radians
from typing import TypeAlias

import shapely
from shapely.affinity import scale
from shapely.geometry import MultiPoint, Point
from shapely.geometry.base import BaseGeometry

# A county of which fewer of the townships than this have a point gets no cells: each would swallow its neighbours.
KNOWN_SHARE = 0.5

Degrees = tuple[float, float]
Shape: TypeAlias = BaseGeometry


def enough_known(points: int, townships: int) -> bool:
    """Whether cells of so many points say anything about so many townships."""
    return points >= 2 and points >= KNOWN_SHARE * townships


def cells(
    county: Shape, points: Mapping[str, Degrees], boundaries: Mapping[str, Shape] | None = None
) -> dict[str, Shape]:
    """A polygon for each code of ``points``, which together with ``boundaries`` cover the county exactly once.

    ``points``: (longitude, latitude) of the townships without a boundary; ``boundaries``: those that are known, whose area is
    not divided again. Of several townships at one point the first by code gets the cell, as no line could part them. A point
    whose share of the county is nothing (far outside, or in a known township) gets none.
    """
    free = _polygons(shapely.make_valid(county))
    if boundaries:
        free = _polygons(
            free.difference(shapely.union_all([shapely.make_valid(shape) for shape in boundaries.values()]))
        )
    places: dict[Degrees, str] = {}
    for code in sorted(points):
        places.setdefault(points[code], code)
    if not places or free.is_empty:
        return {}
    if len(places) == 1:
        return dict.fromkeys(places.values(), free)
    squeeze = cos(radians(free.centroid.y))
    flat = {(lon * squeeze, lat): code for (lon, lat), code in places.items()}
    ground = scale(free, xfact=squeeze, origin=(0, 0))
    diagram = shapely.voronoi_polygons(MultiPoint(list(flat)), extend_to=ground.envelope.buffer(1))
    found: dict[str, Shape] = {}
    for cell in diagram.geoms:
        holder = next((code for place, code in flat.items() if cell.covers(Point(place))), None)
        share = _polygons(cell.intersection(ground))
        if holder is not None and not share.is_empty:
            found[holder] = scale(share, xfact=1 / squeeze, origin=(0, 0))
    return dict(sorted(found.items()))


def _polygons(shape: Shape) -> Shape:
    """The areas of a shape without the lines and points that an intersection may leave."""
    return shapely.union_all([part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"])
