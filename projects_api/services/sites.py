"""Where a project's site may lie: raw GeoJSON in, a checked GEOS geometry out (mechanism 6: numbers first, GEOS last).

And its number (`Project.place`) where rows are written without asking their fields.
"""

from __future__ import annotations

from typing import Any

from django.contrib.gis.geos import Point, Polygon

from projects_api.coordinates import Reading, read_coordinates
from projects_api.geodesy import Area, Boundary, Bounds, distance_to_rings, read_point, read_polygon
from projects_api.models import Bureau, Project

BATCH = 1000
FAR = 1000  # metres; the largest school grounds are not half as wide


def settle_place(project: Project) -> None:
    """Let ``place`` say where ``site`` lies; the row is not written."""
    Project._meta.get_field("place").pre_save(project, add=False)


def settle_places() -> None:
    """Number the sites that came as rows (a fixture). One query, and one for each thousand of them."""
    rows = list(Project.objects.filter(site__isnull=False, place__isnull=True).only("site"))
    for project in rows:
        settle_place(project)
    Project.objects.bulk_update(rows, ["place"], batch_size=BATCH)


def bureau_bounds(bureau: Bureau) -> Bounds:
    return Bounds(bureau.west, bureau.south, bureau.east, bureau.north)


def bureau_boundary(bureau: Bureau) -> Boundary | None:
    """The county's boundary, ready to be asked; None where it is not known. ``bureau.region`` is loaded."""
    boundary = bureau.region.boundary
    if boundary is None:
        return None
    return Boundary([list(ring) for polygon in boundary.coords for ring in polygon])


def bureau_area(bureau: Bureau) -> Area:
    """Where sites of the bureau may lie. ``bureau.region`` is loaded."""
    return Area(bureau_bounds(bureau), bureau_boundary(bureau))


def site_from(raw: Any, *, bureau: Bureau, pointer: str = "/site") -> tuple[Point | None, str]:
    """The point in WGS84 and the coordinate system it was given in. Raises InvalidInput."""
    if raw is None:
        return None, ""
    site = read_point(raw, pointer=pointer, bounds=bureau_bounds(bureau), boundary=bureau_boundary(bureau))
    return Point(site.lon, site.lat, srid=4326), site.crs


def footprint_from(raw: Any, *, bureau: Bureau, pointer: str = "/footprint") -> tuple[Polygon | None, str]:
    """The outline in WGS84 and the coordinate system it was given in. Raises InvalidInput."""
    if raw is None:
        return None, ""
    footprint = read_polygon(raw, pointer=pointer, bounds=bureau_bounds(bureau), boundary=bureau_boundary(bureau))
    return Polygon(*footprint.rings, srid=4326), footprint.crs


def apart(site: Point | None, footprint: Polygon | None) -> float:
    """Metres from a site to its outline where it lies so far outside that one of the two is wrong (`FAR`), else 0."""
    if site is None or footprint is None:
        return 0.0
    inside, away = distance_to_rings(site.x, site.y, [list(ring) for ring in footprint.coords])
    return 0.0 if inside or away <= FAR else away


def coordinates_read(
    text: object, *, bureau: Bureau, crs: str = "", shape: str = "", pointer: str = "/text", crs_pointer: str = "/crs"
) -> Reading:
    """Where pasted coordinates may lie in the bureau's county. Nothing is saved. Raises InvalidInput (`read_coordinates`)."""
    return read_coordinates(
        text,
        crs=crs,
        shape=shape,
        bounds=bureau_bounds(bureau),
        boundary=bureau_boundary(bureau),
        pointer=pointer,
        crs_pointer=crs_pointer,
    )
