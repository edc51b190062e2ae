"""Where pasted coordinates may lie: every reading that fits, each with words on what was understood, never a silent guess; pure.

Degrees do not tell whether they are WGS84, GCJ-02 or BD-09, so all three readings are given with the metres between them, and
one is `chosen` only where the system was said. Metres are CGCS2000 in 3-degree Gauss-Krueger zones: 8 digits of easting name
their zone, 6 do not, so every zone near the county is tried and the ones inside are given. What fits nowhere is refused with the
reason of each try. Which of two numbers is which follows from their labels, else from their size, and is said.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _
from pyproj import Geod

from projects_api.errors import FieldError, InvalidInput
from projects_api.geodesy import (
    BD09,
    CGCS2000,
    GCJ02,
    WGS84,
    Boundary,
    Bounds,
    crs_name,
    distance,
    read_point,
    read_polygon,
)
from projects_api.offsets import LonLat
from projects_api.pasted import Pair, six_degrees, take_apart

POINT, POLYGON = "Point", "Polygon"
_GEOGRAPHIC = (WGS84, CGCS2000, GCJ02, BD09)
_PREFIXED, _PLAIN = 4513, 4534  # the codes of zone 25 (75° E), with and without the zone number in the easting
_FIRST_ZONE, _LAST_ZONE = 25, 45
_ELLIPSOID = Geod(ellps="WGS84")
_CHINA = Bounds(73.0, 3.0, 136.0, 54.0)

_fail = InvalidInput.one


@dataclass(frozen=True, slots=True)
class Note:
    """Something that the reader should know of a reading: a code for programs, words for people."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """One reading that lies in the county.

    `geometry` is what may be sent as `site` or `footprint`, in its own system (`crs` inside); `rings` are WGS84 degrees, one
    position for a point, closed rings for a footprint. `chosen`: the system was said. `distance`: metres from the first reading.
    """

    crs: str
    geometry: dict[str, Any]
    rings: tuple[tuple[LonLat, ...], ...]
    chosen: bool = False
    distance: float = 0.0

    @property
    def place(self) -> LonLat:
        return self.rings[0][0]

    @property
    def wgs84(self) -> dict[str, Any]:
        return geojson(self.geometry["type"], self.rings)


@dataclass(frozen=True, slots=True)
class Reading:
    """`shape` is `Point` or `Polygon`; `candidates` the best first; `refused`: (system, why it does not fit); `notes`: of all."""

    shape: str
    candidates: tuple[Candidate, ...]
    refused: tuple[tuple[str, str], ...]
    notes: tuple[Note, ...]

    @property
    def chosen(self) -> Candidate | None:
        return next((candidate for candidate in self.candidates if candidate.chosen), None)


def read_coordinates(
    text: object,
    *,
    crs: str = "",
    shape: str = "",
    bounds: Bounds,
    boundary: Boundary | None = None,
    pointer: str = "/text",
    crs_pointer: str = "/crs",
) -> Reading:
    """Every reading of a text that lies in the county. `crs` is what the writer says, "" where they do not; EPSG:4490 is said of
    metres too, whose zone is then found. `shape`: what is asked for, "" for either.

    Raises InvalidInput: the codes of `pasted.take_apart`, of `geodesy.read_point` and `read_polygon`, and unknown_crs,
    unknown_datum, local_system, not_coordinates, mixed_order, two_positions, wrong_count. No reading is empty.
    """
    said = crs_name(crs, crs_pointer) if crs else ""
    pasted = take_apart(text, pointer=pointer)
    notes: list[Note] = []
    if pasted.system:
        _check_datum(pasted.system, pointer)
        named = crs_name(pasted.system, pointer)
        if not said:
            said = named
            notes.append(Note("system_in_text", _("The text itself says %(system)s.") % {"system": system_name(named)}))
        elif named != said and not (CGCS2000 in (named, said) and not {named, said} & {WGS84, GCJ02, BD09}):
            values = {"text": system_name(named), "said": system_name(said)}
            notes.append(Note("systems_differ", _("The text says %(text)s, but %(said)s was chosen.") % values))
    if pasted.names:
        notes.append(
            Note("names_left_out", _("Left out as names of points: %(names)s") % {"names": _some(pasted.names)})
        )
    if pasted.heights:
        notes.append(Note("heights_left_out", _("Heights were left out: a site has two coordinates.")))
    pairs = pasted.pairs
    metres = _are_metres(pairs, pointer)
    ordered, order = _in_order(pairs, metres, bounds, pointer)
    shape = _shape(len(pairs), shape, pointer)
    rings, start = [], 0
    for group in pasted.groups:
        rings.append(ordered[start : start + len(group)])
        start += len(group)
    if metres:
        tries, more = _zones(ordered, said, pasted.meridian, pasted.zone, bounds, pointer)
    else:
        tries, more = _degrees(said)
    found, refused = _tried(tries, shape, rings, bounds, boundary, pointer)
    if not found:
        raise _fits_nowhere(refused, {name for name, chosen in tries if chosen}, pointer)
    candidates = _told(found, {name for name, chosen in tries if chosen})
    return Reading(shape, candidates, tuple((name, words) for name, _code, words in refused), (order, *notes, *more))


def system_name(crs: str) -> str:
    """A system in words: what officials and surveyors call it."""
    known = {
        WGS84: _("WGS84 (GPS)"),
        GCJ02: _("GCJ-02 (Gaode, Tencent, most phones’ maps)"),
        BD09: _("BD-09 (Baidu)"),
        CGCS2000: _("CGCS2000"),
    }
    if crs in known:
        return known[crs]
    if crs[:5] != "EPSG:":
        return crs
    zone = zone_of(crs)
    values = {"meridian": zone * 3, "zone": zone, "crs": crs}
    if int(crs[5:]) < _PLAIN:
        return _("CGCS2000, zone %(zone)s, central meridian %(meridian)s° E (%(crs)s)") % values
    return _("CGCS2000, central meridian %(meridian)s° E, no zone number (%(crs)s)") % values


def zone_of(crs: str) -> int:
    """The 3-degree zone, 25 to 45, of a Gauss-Krueger system; its central meridian is three times that."""
    code = int(crs[5:])
    return code - (_PREFIXED if code < _PLAIN else _PLAIN) + _FIRST_ZONE


def zones_near(bounds: Bounds) -> list[int]:
    """The zones whose meridian is within 3 degrees of the box: what a surveyor of the county may have used."""
    return [zone for zone in range(_FIRST_ZONE, _LAST_ZONE + 1) if bounds.west - 3 <= zone * 3 <= bounds.east + 3]


def geojson(shape: str, rings: Sequence[Sequence[LonLat]]) -> dict[str, Any]:
    """GeoJSON of a point (its one position) or a polygon."""
    if shape == POINT:
        return {"type": POINT, "coordinates": list(rings[0][0])}
    return {"type": POLYGON, "coordinates": [[list(position) for position in ring] for ring in rings]}


def area(rings: Sequence[Sequence[LonLat]]) -> float:
    """Square metres on the ellipsoid inside the first ring, less the holes that the others are."""
    sizes = [abs(_ELLIPSOID.polygon_area_perimeter([x for x, _y in ring], [y for _x, y in ring])[0]) for ring in rings]
    return float(sizes[0] - sum(sizes[1:]))


def bearing(here: LonLat, there: LonLat) -> float:
    """Degrees from north, clockwise, in which the other position lies."""
    return float(_ELLIPSOID.inv(*here, *there)[0] % 360)


# --- which number is which ----------------------------------------------------------------------------------


def _check_datum(system: str, pointer: str) -> None:
    if system in ("Beijing 54", "Xi'an 80", "UTM"):
        message = _("The text says %(system)s. It cannot be converted exactly here: ask the surveyor for CGCS2000.")
        raise _fail(pointer, "unknown_datum", message % {"system": system})
    if system == "local":
        raise _local(pointer)


def _local(pointer: str) -> InvalidInput:
    message = _(
        "A local independent system cannot be converted without its parameters: ask the surveyor for CGCS2000 coordinates, "
        "whose X (north) has 7 digits and Y (east) 6, or 8 with the zone number."
    )
    return _fail(pointer, "local_system", message)


def _are_metres(pairs: Sequence[Pair], pointer: str) -> bool:
    """Whether all are metres (True) or all degrees (False)."""
    kinds = set()
    for pair in pairs:
        one, other = pair.first.value, pair.second.value
        if max(abs(one), abs(other)) <= 180:
            kinds.add(False)
        elif (_north(one) and _east(other)) or (_east(one) and _north(other)):
            kinds.add(True)
        elif any(13e6 <= value < 25e6 for value in (one, other)) and any(map(_north, (one, other))):
            raise six_degrees(pointer)
        elif min(abs(one), abs(other)) > 180 and max(abs(one), abs(other)) < 10e6:
            raise _local(pointer)
        else:
            message = _("Line %(line)s: neither degrees nor metres of CGCS2000: %(one)s and %(other)s.")
            values = {"line": pair.line, "one": f"{one:.12g}", "other": f"{other:.12g}"}
            raise _fail(pointer, "not_coordinates", message % values)
    if len(kinds) > 1:
        raise _fail(pointer, "not_coordinates", _("Some of the positions are degrees, others metres."))
    return kinds.pop()


def _north(value: float) -> bool:
    return 1_500_000 <= value < 6_000_000


def _east(value: float) -> bool:
    return 100_000 <= value < 1_000_000 or 25e6 <= value < 46e6


def _in_order(
    pairs: Sequence[Pair], metres: bool, bounds: Bounds, pointer: str
) -> tuple[list[tuple[float, float]], Note]:
    """The pairs as (longitude, latitude) or (easting, northing), and what is to be said of how they came."""
    turned = [_is_turned(pair, metres, bounds) for pair in pairs]
    if len(set(turned)) > 1:
        line = pairs[turned.index(not turned[0])].line
        message = _("Line %(line)s: the two numbers stand in another order than in the lines before.")
        raise _fail(pointer, "mixed_order", message % {"line": line})
    positions = [(p.second.value, p.first.value) if turned[0] else (p.first.value, p.second.value) for p in pairs]
    return positions, _order_note(pairs[0], turned[0], metres, positions[0])


def _is_turned(pair: Pair, metres: bool, bounds: Bounds) -> bool:
    """Whether latitude or northing comes first."""
    one, other = pair.first.value, pair.second.value
    if metres:
        return _north(one)
    box = Bounds(bounds.west - 0.1, bounds.south - 0.1, bounds.east + 0.1, bounds.north + 0.1)
    for area in (box, _CHINA):
        as_it_is, swapped = area.contains(one, other), area.contains(other, one)
        if as_it_is != swapped:
            return swapped
    if pair.first.role == "lat" or pair.second.role == "lon":
        return abs(one) <= 90
    return abs(other) > 90 >= abs(one)


def _order_note(pair: Pair, turned: bool, metres: bool, position: LonLat) -> Note:
    east, north = (pair.second, pair.first) if turned else (pair.first, pair.second)
    values = {"east": f"{position[0]:.10g}", "north": f"{position[1]:.10g}"}
    if metres:
        values = {"east": f"{position[0]:.11g}", "north": f"{position[1]:.11g}"}
        if north.role == "y" or east.role == "x":
            words = _("Y holds the northing here, as GIS programs write it: north %(north)s, east %(east)s.")
            return Note("y_is_north", words % values)
        if turned:
            words = _("X is north, as surveyors write it: north %(north)s, east %(east)s.")
            return Note("x_is_north", words % values)
        return Note("east_first", _("The easting comes first: east %(east)s, north %(north)s.") % values)
    if (north.role, east.role) in (("lon", "lat"), ("lon", ""), ("", "lat")):
        words = _("The labels are mixed up: by their size, longitude is %(east)s and latitude %(north)s.")
        return Note("labels_swapped", words % values)
    if turned and not (north.role or east.role):
        words = _("The latitude comes first here. The right order is proposed: longitude %(east)s, latitude %(north)s.")
        return Note("swapped", words % values)
    return Note("longitude_latitude", _("Longitude %(east)s, latitude %(north)s.") % values)


def _shape(count: int, wanted: str, pointer: str) -> str:
    if count == 2:
        message = _("Two positions are neither a site (one) nor an outline (three or more).")
        raise _fail(pointer, "two_positions", message)
    shape = POINT if count == 1 else POLYGON
    if wanted and shape != wanted:
        words = (
            _("One position is expected here, not %(count)s.")
            if wanted == POINT
            else _("An outline has three corners or more, each on its line.")
        )
        raise _fail(pointer, "wrong_count", words % {"count": count})
    return shape


# --- which system -------------------------------------------------------------------------------------------

Tries = list[tuple[str, bool]]  # (system, whether it was said)


def _degrees(said: str) -> tuple[Tries, list[Note]]:
    first = [said] if said in _GEOGRAPHIC else [WGS84]
    others = [name for name in (WGS84, GCJ02, BD09) if name not in first and not (name == WGS84 and said == CGCS2000)]
    tries = [(name, name == said) for name in (*first, *others)]
    if said and said not in _GEOGRAPHIC:
        words = _("These are degrees, but %(system)s counts metres.") % {"system": system_name(said)}
        return tries, [Note("not_metres", words)]
    if not said:
        words = _("Degrees do not tell their system, and the readings lie up to a kilometre apart: choose one.")
        return tries, [Note("system_not_said", words)]
    return tries, []


def _zones(
    positions: Sequence[LonLat], said: str, meridian: int | None, zone: int | None, bounds: Bounds, pointer: str
) -> tuple[Tries, list[Note]]:
    notes: list[Note] = []
    carried = {int(east // 1e6) for east, _north in positions}
    if len(carried) > 1:
        raise _fail(pointer, "not_coordinates", _("The positions lie in different zones: name one system for all."))
    prefix = carried.pop()
    named = zone_of(said) if said.startswith("EPSG:45") else meridian // 3 if meridian and meridian % 3 == 0 else zone
    if named is not None and not _FIRST_ZONE <= named <= _LAST_ZONE:
        raise six_degrees(pointer)
    if prefix:
        if named not in (None, prefix):
            values = {"carried": prefix, "named": named}
            words = _("The easting carries zone %(carried)s, but zone %(named)s was named.") % values
            notes.append(Note("zones_differ", words))
        zones = [prefix]
        notes.append(
            Note("zone_in_easting", _("The easting has 8 digits; the first two name zone %(zone)s.") % {"zone": prefix})
        )
    else:
        zones = [named] if named is not None else zones_near(bounds)
        if named is None:
            tried = _(", ").join(f"{number * 3}°" for number in zones)
            words = _(
                "The easting has 6 digits and no zone number. Tried, by the county: central meridians %(meridians)s E."
            )
            notes.append(Note("zone_by_county", words % {"meridians": tried}))
    base = _PREFIXED if prefix else _PLAIN
    trusted = bool(said) and said not in (WGS84, GCJ02, BD09) and not any(note.code == "zones_differ" for note in notes)
    if said in (WGS84, GCJ02, BD09):
        words = _("These are metres, but %(system)s counts degrees. They are read as CGCS2000.")
        notes.append(Note("not_degrees", words % {"system": system_name(said)}))
    elif not said:
        words = _(
            "Read as CGCS2000. Beijing 54, Xi’an 80, UTM and local systems have numbers of the same length and cannot be told "
            "apart: look whether the plan says CGCS2000."
        )
        notes.append(Note("datum_not_said", words))
    return [(f"EPSG:{base + number - _FIRST_ZONE}", trusted) for number in zones], notes


Refused = tuple[str, str, str]


def _tried(
    tries: Tries,
    shape: str,
    rings: Sequence[Sequence[LonLat]],
    bounds: Bounds,
    boundary: Boundary | None,
    pointer: str,
) -> tuple[list[Candidate], list[Refused]]:
    found: list[Candidate] = []
    refused: list[Refused] = []
    for name, _chosen in tries:
        closed = [
            list(ring) if shape == POINT or (ring[0] == ring[-1] and len(ring) > 3) else [*ring, ring[0]]
            for ring in rings
        ]
        geometry = {**geojson(shape, closed), "crs": name}
        try:
            if shape == POINT:
                point = read_point(geometry, pointer=pointer, bounds=bounds, boundary=boundary)
                places: tuple[tuple[LonLat, ...], ...] = (((point.lon, point.lat),),)
            else:
                places = read_polygon(geometry, pointer=pointer, bounds=bounds, boundary=boundary).rings
        except InvalidInput as error:
            refused.append((name, error.errors[0].code, str(error.errors[0].message)))
            continue
        found.append(Candidate(name, geometry, places))
    return found, refused


def _told(found: list[Candidate], said: set[str]) -> tuple[Candidate, ...]:
    """With distances; chosen is what was said where it is the only one that was said and fits."""
    fitting = [candidate for candidate in found if candidate.crs in said]
    first = found[0].place
    return tuple(
        replace(
            candidate,
            chosen=len(fitting) == 1 and candidate is fitting[0],
            distance=distance(*first, *candidate.place),
        )
        for candidate in found
    )


def _fits_nowhere(refused: list[Refused], said: set[str], pointer: str) -> InvalidInput:
    """The reason of each try; of a system that was said, or of an outline that is wrong in any system, once."""
    told = [each for each in refused if each[0] in said] or refused
    if not told[0][1].startswith("outside"):
        told = told[:1]
    return InvalidInput([FieldError(pointer, code, f"{system_name(name)}: {words}") for name, code, words in told])


def _some(names: Sequence[str]) -> str:
    """The first names of many."""
    return ", ".join(names[:5]) + (" …" if len(names) > 5 else "")


def compass(degrees: float) -> str:
    """The direction in words: one of eight."""
    names = [
        _("north"),
        _("north-east"),
        _("east"),
        _("south-east"),
        _("south"),
        _("south-west"),
        _("west"),
        _("north-west"),
    ]
    return names[math.floor(degrees / 45 + 0.5) % 8]
