"""The part of the world that a map taken along shows: ``extent=west,south,east,north``, as the screen had it."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from projects_api.boxes import read_bbox
from projects_api.errors import InvalidInput
from projects_api.geodesy import Bounds

EXTENT = "extent"
# What belongs to a file or a sheet and narrows nothing.
OF_THE_PAPER = ("paper", EXTENT)


def extent_in(query: Mapping[str, str]) -> Bounds | None:
    """None: everything that the map has. Raises InvalidInput."""
    text = query.get(EXTENT)
    if not text:
        return None
    box = read_bbox(text, pointer=f"?{EXTENT}")
    if box.west == box.east or box.south == box.north:
        raise InvalidInput.one(f"?{EXTENT}", "empty", _("This part of the map has no size."))
    return box
