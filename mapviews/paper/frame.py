"""From degrees to millimetres of paper.

Equirectangular about the panel's middle: true to scale there, and within 0.3 % anywhere in a county (a degree of longitude
shrinks with the cosine of the latitude).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from mapviews.paper.panels import Amount, Disc, Mark, Panel
from projects_api.geodesy import Bounds

METRES_PER_DEGREE = 111_195.0


@dataclass(frozen=True)
class Frame:
    """From degrees to millimetres of a box ``width`` × ``height``; ``scale``: metres on the ground per millimetre."""

    width: float
    height: float
    lon: float
    lat: float
    scale: float

    def at(self, lon: float, lat: float) -> tuple[float, float]:
        x = (lon - self.lon) * METRES_PER_DEGREE * math.cos(math.radians(self.lat)) / self.scale
        y = (self.lat - lat) * METRES_PER_DEGREE / self.scale
        return self.width / 2 + x, self.height / 2 + y

    def holds(self, mark: Mark) -> bool:
        x, y = self.at(mark.lon, mark.lat)
        return 0 <= x <= self.width and 0 <= y <= self.height

    def place(self, x: float, y: float) -> tuple[float, float]:
        """The degrees of a point of the paper."""
        lon = self.lon + (x - self.width / 2) * self.scale / METRES_PER_DEGREE / math.cos(math.radians(self.lat))
        return lon, self.lat - (y - self.height / 2) * self.scale / METRES_PER_DEGREE


def frame_of(
    panels: Sequence[Panel], width: float, height: float, extent: Bounds | None = None, margin: float = 6.0
) -> Frame:
    """One frame for all panels of a sheet, so that they can be laid over each other by eye: of all they have, or of the part of
    it that lies in ``extent``. The paper's shape adds to that what it has room for.
    """
    places = [(x, y) for panel in panels for area in panel.areas for ring in area.rings for x, y in ring]
    for panel in panels:
        spots: tuple[Mark | Disc | Amount, ...] = (*panel.marks, *panel.discs, *panel.amounts)
        places += [(spot.lon, spot.lat) for spot in spots]
    places = places or [(105.0, 35.0)]
    west, east = min(x for x, _y in places), max(x for x, _y in places)
    south, north = min(y for _x, y in places), max(y for _x, y in places)
    whole = Bounds(west, south, east, north)
    extent = extent or whole
    seen = Bounds(max(west, extent.west), max(south, extent.south), min(east, extent.east), min(north, extent.north))
    if seen == whole:
        return _fitted(whole, width, height, margin=margin, least=2_000)
    empty = seen.west >= seen.east or seen.south >= seen.north
    return _fitted(extent if empty else seen, width, height, least=100)


def _fitted(box: Bounds, width: float, height: float, *, least: float, margin: float = 0.0) -> Frame:
    """``least``: metres that are shown at any rate."""
    lat = (box.south + box.north) / 2
    across = max((box.east - box.west) * METRES_PER_DEGREE * math.cos(math.radians(lat)), least)
    up = max((box.north - box.south) * METRES_PER_DEGREE, least)
    scale = max(across / (width - 2 * margin), up / (height - 2 * margin))
    return Frame(width, height, (box.west + box.east) / 2, lat, scale)
