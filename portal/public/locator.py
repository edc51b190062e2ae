"""A small picture of where the site lies in its county: drawn on the server, so it prints and needs no script."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import cos, radians
from typing import Any

from django.contrib.gis.geos import GEOSGeometry

from mapviews.styles import STATUS_STYLES, StatusStyle
from projects_api.choices import APPROXIMATE, Status
from projects_api.models import Project, Region, School

WIDTH = 320.0
_MARGIN = 8.0
_TOLERANCE = 0.0008  # degrees; about 80 m, less than a pixel of the picture


@dataclass(frozen=True)
class Locator:
    """``outline`` is an SVG path in a box of ``width`` × ``height``; the mark's middle is at ``x``, ``y``."""

    county: str
    outline: str
    width: int
    height: int
    x: str
    y: str
    style: StatusStyle
    approximate: bool


@dataclass(frozen=True)
class _Frame:
    """How degrees lie in the picture. One of longitude is shorter than one of latitude by ``narrow``, the cosine of the latitude:
    good enough for a county."""

    west: float
    south: float
    north: float
    narrow: float
    scale: float

    def place(self, lon: float, lat: float) -> tuple[str, str]:
        return (
            f"{_MARGIN + (lon - self.west) * self.narrow * self.scale:.1f}",
            f"{_MARGIN + (self.north - lat) * self.scale:.1f}",
        )


@lru_cache(maxsize=16)
def _drawn(boundary: Any) -> tuple[_Frame, str]:
    """A county's outline (WKB): the same on the pages of all its projects, and a millisecond each time it is simplified."""
    shape: Any = GEOSGeometry(boundary)
    west, south, east, north = shape.extent
    narrow = cos(radians((south + north) / 2))
    frame = _Frame(west, south, north, narrow, (WIDTH - 2 * _MARGIN) / ((east - west) * narrow))
    shape = shape.simplify(_TOLERANCE, preserve_topology=True)
    polygons = [shape] if shape.geom_type == "Polygon" else list(shape)
    rings = [ring for polygon in polygons for ring in polygon.coords]
    return frame, "".join("M" + "L".join(" ".join(frame.place(x, y)) for x, y in ring[:-1]) + "z" for ring in rings)


def locator(project: Project, county: Region | None) -> Locator | None:
    """The picture, or None where the site or the boundary is not known."""
    if project.status not in STATUS_STYLES:
        return None
    return _located(project.site, county, STATUS_STYLES[project.status], project.is_approximate)


def school_locator(school: School, looks: Status) -> Locator | None:
    """The same of a school, which is marked as a project of the status ``looks`` would be."""
    approximate = school.location_precision in APPROXIMATE
    return _located(school.location, school.bureau.region, STATUS_STYLES[looks], approximate)


def _located(point: Any, county: Region | None, style: StatusStyle, approximate: bool) -> Locator | None:
    if county is None or county.boundary is None or point is None:
        return None
    frame, outline = _drawn(county.boundary.wkb)
    x, y = frame.place(point.x, point.y)
    return Locator(
        county=county.name,
        outline=outline,
        width=int(WIDTH),
        height=round((frame.north - frame.south) * frame.scale + 2 * _MARGIN),
        x=x,
        y=y,
        style=style,
        approximate=approximate,
    )
