"""Where a reader looks: boxes and circles of query parameters, in degrees and metres; pure.

Each is read from text, checked as plain numbers, and refused with the parameter's name.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import NamedTuple

from django.utils.translation import gettext as _

from projects_api.errors import InvalidInput
from projects_api.geodesy import Bounds

MAX_RADIUS = 500_000.0  # metres; a county is 50 km across


class Near(NamedTuple):
    """A circle: centre in degrees WGS84, radius in metres."""

    lon: float
    lat: float
    radius: float


def read_bbox(text: str, *, pointer: str = "?in_bbox") -> Bounds:
    """`W,S,E,N` in degrees. A box across the antimeridian (west > east) is refused: no bureau lies there."""
    box = Bounds(*_decimals(text, 4, pointer, _("Expected four numbers: west,south,east,north.")))
    _check_box(box, pointer)
    if box.west > box.east:
        message = _("West is east of east: the order is west,south,east,north. A box cannot cross 180 degrees.")
        raise InvalidInput.one(pointer, "inverted", message)
    return box


def read_boxes(text: str, *, pointer: str) -> list[Bounds]:
    """A box as OGC API – Features has it: one `Bounds`, or the two halves of one that crosses 180 degrees.

    Of six numbers (`W,S,low,E,N,high`) the heights are read and say nothing: no site has one.
    """
    words = _("Expected four numbers: west,south,east,north.")
    if text.count(",") == 5:
        west, south, _low, east, north, _high = _decimals(text, 6, pointer, words)
    else:
        west, south, east, north = _decimals(text, 4, pointer, words)
    box = Bounds(west, south, east, north)
    _check_box(box, pointer)
    return [box] if west <= east else [Bounds(west, south, 180.0, north), Bounds(-180.0, south, east, north)]


def _check_box(box: Bounds, pointer: str) -> None:
    _check_degrees(box.west, box.south, pointer)
    _check_degrees(box.east, box.north, pointer)
    if box.south > box.north:
        raise InvalidInput.one(pointer, "inverted", _("South is north of north: the order is west,south,east,north."))


def read_near(
    lon_lat_text: str | None,
    radius_text: str | None,
    *,
    pointer: str = "?near",
    radius_pointer: str = "?radius",
) -> Near:
    """`near=lon,lat` with `radius=metres` (more than 0, at most 500 km); one without the other is refused."""
    if not lon_lat_text:
        raise InvalidInput.one(pointer, "required", _("A radius needs near=longitude,latitude."))
    if not radius_text:
        raise InvalidInput.one(radius_pointer, "required", _("near needs radius=metres."))
    lon, lat = _decimals(lon_lat_text, 2, pointer, _("Expected two numbers: longitude,latitude."))
    _check_degrees(lon, lat, pointer)
    (radius,) = _decimals(radius_text, 1, radius_pointer, _("Expected a number of metres."))
    if not 0 < radius <= MAX_RADIUS:
        message = _("A radius is more than 0 and at most %(max)d metres.") % {"max": MAX_RADIUS}
        raise InvalidInput.one(radius_pointer, "out_of_range", message)
    return Near(lon, lat, radius)


def _decimals(text: str, count: int, pointer: str, message: str) -> Iterator[float]:
    parts = text.split(",") if len(text) <= 200 else []
    if len(parts) != count:
        raise InvalidInput.one(pointer, "invalid", message)
    for part in parts:
        # Python's float() also takes "nan", "1_000" and digits of other scripts.
        if not re.fullmatch(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?\s*", part, re.ASCII):
            raise InvalidInput.one(pointer, "not_a_number", message)
        value = float(part)
        if not math.isfinite(value):
            raise InvalidInput.one(pointer, "not_finite", _("The number is not finite."))
        yield value


def _check_degrees(lon: float, lat: float, pointer: str) -> None:
    if abs(lon) > 180 or abs(lat) > 90:
        message = _("A longitude is between -180 and 180 degrees, a latitude between -90 and 90.")
        raise InvalidInput.one(pointer, "out_of_range", message)
