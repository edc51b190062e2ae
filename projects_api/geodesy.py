"""Coordinates from outside, made safe and turned into WGS84; pure, no ORM, no clock.

GEOS aborts the whole process on extreme ordinates and PROJ answers `inf` for nonsense, so everything here is
checked as plain Python numbers first: `read_point` and `read_polygon` take parsed JSON (any object) and
either return clean WGS84 longitudes and latitudes, rounded to 7 decimals (about 1 cm), or raise
`InvalidInput` that names the member.

Coordinate systems understood: WGS84, CGCS2000 (EPSG:4490 and the 3-degree Gauss-Krueger zones
EPSG:4513-4554), and the two offset systems of Chinese web maps, GCJ-02 and BD-09. The order is always
[longitude, latitude], and [easting, northing] for Gauss-Krueger (where Chinese surveyors write X for north
and Y for east).
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from django.contrib.gis.geos import LinearRing, Polygon
from django.utils.translation import gettext as _
from pyproj import Transformer

from projects_api.errors import InvalidInput
from projects_api.offsets import LonLat, bd09_to_wgs84, gcj02_to_wgs84

WGS84 = "WGS84"
CGCS2000 = "EPSG:4490"
GCJ02 = "GCJ-02"
BD09 = "BD-09"
IN_DEGREES = frozenset({WGS84, CGCS2000, GCJ02, BD09})  # the others are grids, in metres
# What people write, to the name that is stored. EPSG codes of the Gauss-Krueger zones are recognised by
# number.
_ALIASES = {
    "WGS84": WGS84,
    "WGS-84": WGS84,
    "EPSG:4326": WGS84,
    "GCJ-02": GCJ02,
    "GCJ02": GCJ02,
    "BD-09": BD09,
    "BD09": BD09,
    "EPSG:4490": CGCS2000,
    "CGCS2000": CGCS2000,
}
_PREFIXED = range(4513, 4534)  # zones 25-45, the zone number in front of the easting: 8 digits
_PLAIN = range(4534, 4555)  # the same zones by central meridian 75-135 E: 6 digits

MAX_VERTICES = 10_000
BOUNDARY_TOLERANCE = 1_000.0  # metres; published boundaries are generalised
_EARTH_RADIUS = 6_371_008.8  # metres, mean (IUGG)
_METRES_PER_DEGREE = 111_195.0

Ring = Sequence[Sequence[float]]


class Bounds(NamedTuple):
    """A box in degrees WGS84, edges included."""

    west: float
    south: float
    east: float
    north: float

    def contains(self, lon: float, lat: float) -> bool:
        return self.west <= lon <= self.east and self.south <= lat <= self.north


@dataclass(frozen=True, slots=True)
class SitePoint:
    """A point in degrees WGS84; `crs` is the system that it was given in."""

    lon: float
    lat: float
    crs: str


@dataclass(frozen=True, slots=True)
class SitePolygon:
    """Closed rings in degrees WGS84, shell first and anticlockwise (RFC 7946); `crs` is the system they came
    in.
    """

    rings: tuple[tuple[LonLat, ...], ...]
    crs: str


_fail = InvalidInput.one


# --- reading geometries -------------------------------------------------------------------------------------


def read_point(
    raw: object, *, pointer: str, bounds: Bounds | None = None, boundary: Boundary | None = None
) -> SitePoint:
    """A site from `{"type": "Point", "coordinates": [lon, lat], "crs": …}`; `type` may be left out when `crs`
    is given.

    `bounds` is the bureau's box, `boundary` that of its county.
    Raises `InvalidInput`, codes: wrong_type, unknown_member, unknown_crs, empty, wrong_dimension,
    not_a_number, not_finite, out_of_range, null_island, swapped, outside_bureau, outside_county, required.
    """
    coordinates, crs = _members(raw, "Point", pointer)
    at = f"{pointer}/coordinates"
    lon, lat = _to_wgs84(_position(coordinates, at), crs, at, bounds)
    if boundary and not boundary.near(lon, lat):
        raise _outside_county(at, lon, lat)
    return SitePoint(lon, lat, crs)


def read_polygon(
    raw: object, *, pointer: str, bounds: Bounds | None = None, boundary: Boundary | None = None
) -> SitePolygon:
    """A footprint from `{"type": "Polygon", "coordinates": [shell, hole, …], "crs": …}`, at most 10,000
    vertices.

    Raises `InvalidInput` with the codes of `read_point` and: too_many_vertices, too_few_vertices,
    unclosed_ring, self_crossing, hole_outside, bad_hole.
    """
    coordinates, crs = _members(raw, "Polygon", pointer)
    at = f"{pointer}/coordinates"
    given = _sequence(coordinates, at)
    # Counted before anything is read: a million vertices cost nothing.
    count = 0
    for index, ring in enumerate(given):
        count += len(_sequence(ring, f"{at}/{index}"))
        if count > MAX_VERTICES:
            message = _("A footprint has at most %(max)s vertices.") % {"max": MAX_VERTICES}
            raise _fail(at, "too_many_vertices", message)
    rings = tuple(_ring(ring, f"{at}/{index}", crs, bounds, boundary) for index, ring in enumerate(given))
    # Only now, with every number proven small and finite, may GEOS see it.
    reason = Polygon(*rings).valid_reason
    if reason != "Valid Geometry":
        raise _invalid_shape(reason, at)
    shell, *holes = rings
    return SitePolygon((_turn(shell, True), *(_turn(hole, False) for hole in holes)), crs)


def _members(raw: object, kind: str, pointer: str) -> tuple[object, str]:
    """The `coordinates` and the stored name of the `crs` of a geometry object of this kind."""
    if not isinstance(raw, dict):
        raise _fail(pointer, "wrong_type", _("Expected a GeoJSON %(kind)s object.") % {"kind": kind})
    crs = crs_name(raw["crs"], f"{pointer}/crs") if "crs" in raw else WGS84
    # The short form {"coordinates": […]} is a point; a polygon always says so.
    declared = raw.get("type", "Point" if kind == "Point" else None)
    if declared is None:
        raise _fail(f"{pointer}/type", "required", _("Say the type: %(kind)s.") % {"kind": kind})
    if declared != kind or not isinstance(declared, str):
        raise _fail(f"{pointer}/type", "wrong_type", _("Only a %(kind)s is accepted here.") % {"kind": kind})
    for member in raw:
        if member not in ("type", "coordinates", "crs"):
            message = _("Unknown member; a geometry has type, coordinates and crs.")
            raise _fail(f"{pointer}/{_token(member)}", "unknown_member", message)
    if "coordinates" not in raw:
        raise _fail(f"{pointer}/coordinates", "required", _("The coordinates are missing."))
    return raw["coordinates"], crs


def _token(key: object) -> str:
    return str(key)[:100].replace("~", "~0").replace("/", "~1")


def crs_name(raw: object, pointer: str) -> str:
    """The name that is stored for what people write (``gcj02``, ``EPSG:4546``). Raises `InvalidInput`, code unknown_crs."""
    if isinstance(raw, str) and len(raw) <= 40:
        name = raw.strip().upper()
        if name in _ALIASES:
            return _ALIASES[name]
        code = re.fullmatch(r"EPSG:(\d{4})", name, re.ASCII)
        if code and (int(code[1]) in _PREFIXED or int(code[1]) in _PLAIN):
            return name
    message = _(
        "Unknown coordinate system. Known are WGS84, GCJ-02, BD-09, EPSG:4326, EPSG:4490 and "
        "EPSG:4513 to EPSG:4554, as plain text; a local independent system cannot be converted."
    )
    raise _fail(pointer, "unknown_crs", message)


def _sequence(raw: object, pointer: str) -> Sequence[object]:
    if not isinstance(raw, list | tuple):
        raise _fail(pointer, "wrong_type", _("Expected a list."))
    if not raw:
        raise _fail(pointer, "empty", _("The geometry is empty."))
    return raw


def _position(raw: object, pointer: str) -> LonLat:
    values = _sequence(raw, pointer)
    if len(values) != 2:
        message = _("Exactly two numbers are expected, longitude and latitude; height and measure are not accepted.")
        raise _fail(pointer, "wrong_dimension", message)
    return _number(values[0], f"{pointer}/0"), _number(values[1], f"{pointer}/1")


def _number(raw: object, pointer: str) -> float:
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        raise _fail(pointer, "not_a_number", _("Expected a number."))
    if isinstance(raw, float) and not math.isfinite(raw):
        raise _fail(pointer, "not_finite", _("The number is not finite."))
    # Compared as it is: an integer of 400 digits has no float. No system here has ordinates beyond 8 digits.
    if not -1e8 < raw < 1e8:
        raise _fail(pointer, "out_of_range", _("The number is out of range."))
    return float(raw)


def _ring(raw: object, pointer: str, crs: str, bounds: Bounds | None, boundary: Boundary | None) -> tuple[LonLat, ...]:
    given = _sequence(raw, pointer)
    if len(given) < 4:
        raise _fail(pointer, "too_few_vertices", _("A ring has at least four positions, the first one repeated last."))
    positions = [_position(each, f"{pointer}/{index}") for index, each in enumerate(given)]
    if positions[0] != positions[-1]:
        raise _fail(pointer, "unclosed_ring", _("The ring is not closed: its last position must repeat its first."))
    ring = []
    for index, position in enumerate(positions):
        lon, lat = _to_wgs84(position, crs, f"{pointer}/{index}", bounds)
        if boundary and not boundary.near(lon, lat):
            raise _outside_county(f"{pointer}/{index}", lon, lat)
        ring.append((lon, lat))
    return tuple(ring)


def _turn(ring: tuple[LonLat, ...], anticlockwise: bool) -> tuple[LonLat, ...]:
    return ring if LinearRing(ring).is_counterclockwise == anticlockwise else ring[::-1]


def _invalid_shape(reason: str, pointer: str) -> InvalidInput:
    """GEOS's words ("Self-intersection[109.58 34.97]") as one of our codes; the place is kept, it helps."""
    found = re.search(r"\[(\S+) (\S+)\]", reason)
    values = {"place": f"{float(found[1]):.6f}, {float(found[2]):.6f}" if found else "?"}
    if reason.startswith("Hole lies outside"):
        return _fail(pointer, "hole_outside", _("A hole lies outside the footprint, at %(place)s.") % values)
    if reason.startswith(("Holes are nested", "Interior is disconnected", "Nested")):
        return _fail(pointer, "bad_hole", _("Holes overlap or cut the footprint apart, at %(place)s.") % values)
    if reason.startswith("Too few"):
        return _fail(pointer, "too_few_vertices", _("The ring collapses to a line or a point, at %(place)s.") % values)
    return _fail(pointer, "self_crossing", _("The outline crosses or touches itself at %(place)s.") % values)


def _to_wgs84(position: LonLat, crs: str, pointer: str, bounds: Bounds | None) -> LonLat:
    if position == (0.0, 0.0):
        message = _("[0, 0] lies in the Atlantic Ocean: it usually means that the position was not known.")
        raise _fail(pointer, "null_island", message)
    convert = _to_geographic if crs in IN_DEGREES else _from_grid
    lon, lat = (round(value, 7) for value in convert(position, crs, pointer))
    if bounds is not None and not bounds.contains(lon, lat):
        if bounds.contains(lat, lon):
            raise _swapped(pointer)
        raise _outside_bureau(position, crs, pointer, lon, lat, bounds)
    return lon, lat


def _swapped(pointer: str) -> InvalidInput:
    message = _("It looks like latitude and longitude are swapped: the order is [longitude, latitude].")
    return _fail(pointer, "swapped", message)


def _outside_county(pointer: str, lon: float, lat: float) -> InvalidInput:
    message = _("%(lon)s, %(lat)s lies outside the county's boundary.") % {"lon": lon, "lat": lat}
    return _fail(pointer, "outside_county", message)


def _outside_bureau(position: LonLat, crs: str, pointer: str, lon: float, lat: float, bounds: Bounds) -> InvalidInput:
    values = {"lon": lon, "lat": lat, "box": ", ".join(f"{edge:g}" for edge in bounds)}
    message = _("%(lon)s, %(lat)s lies outside the bureau's area (%(box)s).") % values
    if crs.startswith("EPSG:45"):  # a Gauss-Krueger zone: the neighbour's is the classic mistake
        for other in (int(crs[5:]) - 1, int(crs[5:]) + 1):
            if other in _PLAIN and bounds.contains(*_transformer(f"EPSG:{other}").transform(*position)):
                message += " " + _("In %(crs)s it would lie inside: check the zone.") % {"crs": f"EPSG:{other}"}
    return _fail(pointer, "outside_bureau", message)


def _to_geographic(position: LonLat, crs: str, pointer: str) -> LonLat:
    lon, lat = position
    if abs(lon) > 180 or abs(lat) > 90:
        if abs(lon) <= 90 and abs(lat) <= 180:
            raise _swapped(pointer)
        wrong = 0 if abs(lon) > 180 else 1
        message = _("A longitude is between -180 and 180 degrees, a latitude between -90 and 90.")
        raise _fail(f"{pointer}/{wrong}", "out_of_range", message)
    if crs == GCJ02:
        return gcj02_to_wgs84(lon, lat)
    if crs == BD09:
        return bd09_to_wgs84(lon, lat)
    return _transformer(crs).transform(lon, lat) if crs == CGCS2000 else position


def _from_grid(position: LonLat, crs: str, pointer: str) -> LonLat:
    """Gauss-Krueger to degrees, within 4 degrees of the meridian and 0 to 6,000 km north."""
    easting, northing = position
    code = int(crs[5:])
    zone = code - 4513 + 25 if code in _PREFIXED else None
    values = {"zone": zone, "crs": crs}
    if zone is not None and 100_000 <= easting < 1_000_000:
        message = _("%(crs)s expects the zone number %(zone)s in front of the easting: 8 digits.") % values
        raise _fail(f"{pointer}/0", "out_of_range", message)
    offset = easting - zone * 1e6 if zone is not None else easting
    if 100_000 <= offset <= 900_000 and 0 < northing < 6_000_000:
        lon, lat = _transformer(crs).transform(easting, northing)
        if math.isfinite(lon) and math.isfinite(lat):
            return lon, lat
    if 1_500_000 <= easting < 6_000_000 and (100_000 <= northing <= 900_000 or 25e6 <= northing < 46e6):
        message = _("It looks like X and Y are swapped: the order is [easting, northing]; in surveying X is north.")
        raise _fail(pointer, "swapped", message)
    if zone is None and 25e6 <= easting < 46e6:
        values = {"crs": f"EPSG:{4513 + int(easting // 1e6) - 25}"}
        message = _("The easting carries a zone number: name the system %(crs)s.") % values
        raise _fail(f"{pointer}/0", "out_of_range", message)
    raise _fail(pointer, "out_of_range", _("Not an easting and a northing of %(crs)s.") % values)


@lru_cache(maxsize=64)
def _transformer(crs: str) -> Transformer:
    """Thread-safe since pyproj 3.1; building one takes milliseconds, hence the cache."""
    return Transformer.from_crs(crs, "EPSG:4326", always_xy=True)


# --- the county's boundary ----------------------------------------------------------------------------------


class Boundary:
    """A county's rings (of all its polygons, holes too), indexed by latitude: made once, it answers a whole table or 10,000
    vertices in well under a second.
    """

    _ROWS = 256

    def __init__(self, rings: Sequence[Ring], tolerance: float = BOUNDARY_TOLERANCE) -> None:
        edges = [
            (ax, ay, bx, by)
            for ring in rings
            for (ax, ay), (bx, by) in zip(ring, [*ring[1:], ring[0]], strict=True)
            if (ax, ay) != (bx, by)
        ]
        self.tolerance = tolerance
        self.south = min((min(ay, by) for _ax, ay, _bx, by in edges), default=0.0)
        north = max((max(ay, by) for _ax, ay, _bx, by in edges), default=0.0)
        self._step = max((north - self.south) / self._ROWS, 1e-9)
        self._rows: list[list[tuple[float, float, float, float]]] = [[] for _row in range(self._ROWS)]
        margin = tolerance / _METRES_PER_DEGREE
        for edge in edges:
            low, high = sorted((edge[1], edge[3]))
            for row in range(self._row(low - margin), self._row(high + margin) + 1):
                self._rows[row].append(edge)

    def _row(self, lat: float) -> int:
        return min(max(int((lat - self.south) / self._step), 0), self._ROWS - 1)

    def near(self, lon: float, lat: float) -> bool:
        """Inside (even-odd rule, so holes count as outside), or at most the tolerance away from an edge."""
        edges = self._rows[self._row(lat)]
        inside = False
        for ax, ay, bx, by in edges:
            if (ay > lat) != (by > lat) and lon < (bx - ax) * (lat - ay) / (by - ay) + ax:
                inside = not inside
        return inside or any(_distance(lon, lat, *edge) <= self.tolerance for edge in edges)


class Area(NamedTuple):
    """Where a bureau's sites may lie: its box, and within it the county's boundary where one is known."""

    bounds: Bounds | None = None
    boundary: Boundary | None = None


def _distance(lon: float, lat: float, ax: float, ay: float, bx: float, by: float) -> float:
    """Metres from a point to a segment, on the plane that touches the earth at the point."""
    scale = _METRES_PER_DEGREE * math.cos(math.radians(lat))
    x1, y1 = (ax - lon) * scale, (ay - lat) * _METRES_PER_DEGREE
    dx, dy = (bx - ax) * scale, (by - ay) * _METRES_PER_DEGREE
    along = -(x1 * dx + y1 * dy) / ((dx * dx + dy * dy) or 1.0)
    along = min(max(along, 0.0), 1.0)
    return math.hypot(x1 + along * dx, y1 + along * dy)


def distance(lon: float, lat: float, other_lon: float, other_lat: float) -> float:
    """Metres on the sphere (haversine), as ST_DistanceSphere."""
    half_lat, half_lon = math.radians(other_lat - lat) / 2, math.radians(other_lon - lon) / 2
    chord = (
        math.sin(half_lat) ** 2
        + math.cos(math.radians(lat)) * math.cos(math.radians(other_lat)) * math.sin(half_lon) ** 2
    )
    return 2 * _EARTH_RADIUS * math.asin(math.sqrt(min(chord, 1.0)))


def bearing(lon: float, lat: float, other_lon: float, other_lat: float) -> float:
    """The direction from one point to another where one sets out, in degrees from north over east, 0 to 360."""
    along, start, end = (math.radians(value) for value in (other_lon - lon, lat, other_lat))
    east = math.sin(along) * math.cos(end)
    north = math.cos(start) * math.sin(end) - math.sin(start) * math.cos(end) * math.cos(along)
    return math.degrees(math.atan2(east, north)) % 360


def distance_to_rings(lon: float, lat: float, rings: Sequence[Ring]) -> tuple[bool, float]:
    """Whether a position lies inside these rings (even-odd rule), and metres to the nearest edge. A ring may be one point."""
    inside, nearest = False, math.inf
    for ring in rings:
        for (ax, ay), (bx, by) in zip(ring, [*ring[1:], ring[0]], strict=True):
            if (ay > lat) != (by > lat) and lon < (bx - ax) * (lat - ay) / (by - ay) + ax:
                inside = not inside
            nearest = min(nearest, _distance(lon, lat, ax, ay, bx, by))
    return inside, nearest


def rings_of(geometry: dict[str, Any]) -> list[Ring]:
    """All rings of a trusted GeoJSON Polygon or MultiPolygon, as `Boundary` wants them."""
    polygons = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
    return [ring for polygon in polygons for ring in polygon]
