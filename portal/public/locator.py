"""A small picture of where the site lies in its county: drawn on the server, so it prints and needs no script."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, radians
from typing import Any

from mapviews.styles import STATUS_STYLES, StatusStyle
from projects_api.models import Project, Region

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


def locator(project: Project, county: Region | None) -> Locator | None:
    """The picture, or None where the site or the boundary is not known."""
    if county is None or county.boundary is None or project.site is None or project.status not in STATUS_STYLES:
        return None
    west, south, east, north = county.boundary.extent
    # One degree of longitude is shorter than one of latitude by the cosine of the latitude: good enough for a county.
    narrow = cos(radians((south + north) / 2))
    scale = (WIDTH - 2 * _MARGIN) / ((east - west) * narrow)

    def place(lon: float, lat: float) -> tuple[str, str]:
        return f"{_MARGIN + (lon - west) * narrow * scale:.1f}", f"{_MARGIN + (north - lat) * scale:.1f}"

    shape: Any = county.boundary.simplify(_TOLERANCE, preserve_topology=True)
    polygons = [shape] if shape.geom_type == "Polygon" else list(shape)
    rings = [ring for polygon in polygons for ring in polygon.coords]
    outline = "".join("M" + "L".join(" ".join(place(x, y)) for x, y in ring[:-1]) + "z" for ring in rings)
    x, y = place(project.site.x, project.site.y)
    return Locator(
        county=county.name,
        outline=outline,
        width=int(WIDTH),
        height=round((north - south) * scale + 2 * _MARGIN),
        x=x,
        y=y,
        style=STATUS_STYLES[project.status],
        approximate=project.is_approximate,
    )
