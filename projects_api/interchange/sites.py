"""Where projects are: coordinates read from the table itself or joined from a second one, checked before use."""

from __future__ import annotations

from collections.abc import Mapping as Dict
from dataclasses import dataclass, field
from pathlib import Path

from django.utils.translation import gettext as _

from projects_api import geodesy
from projects_api.choices import LocationPrecision
from projects_api.errors import InvalidInput
from projects_api.interchange.columns import Columns
from projects_api.interchange.mapping import SiteRule
from projects_api.interchange.reports import Note, Reject
from projects_api.interchange.tables import BadRow, Table
from projects_api.interchange.values import CellError, code_of, ordinate, safe_text


@dataclass(frozen=True, slots=True)
class Place:
    lon: float
    lat: float
    crs: str
    precision: str
    address: str


@dataclass
class Sites:
    """The places of a second table by their join value, and what was wrong with it."""

    header: tuple[str, ...] = ()
    places: dict[str, Place] = field(default_factory=dict)
    rejects: list[Reject] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    rows: int = 0


def place_of(cells: Dict[str, str], rule: SiteRule, area: geodesy.Area) -> Place | None:
    """The place that a row tells, None when it tells none. Raises CellError (the reason names what is wrong)."""
    latitude, longitude = cells[rule.latitude], cells[rule.longitude]
    if not latitude and not longitude:
        return None
    value_of = cells.__getitem__
    metres = rule.crs not in geodesy.IN_DEGREES
    coordinates = [ordinate(longitude, metres=metres), ordinate(latitude, metres=metres)]
    raw = {"type": "Point", "coordinates": coordinates, "crs": rule.crs}
    try:
        point = geodesy.read_point(raw, pointer="", bounds=area.bounds, boundary=area.boundary)
    except InvalidInput as error:
        raise CellError("; ".join(str(e.message) for e in error.errors)) from None
    address = safe_text(rule.address.fill(value_of).strip(" ,"), max_length=300)
    precision = code_of(rule.precision.fill(value_of), LocationPrecision)
    return Place(point.lon, point.lat, point.crs, precision, address)


def read_sites(path: Path, rule: SiteRule, area: geodesy.Area, encoding: str) -> Sites:
    """Reads the second table. Several rows of one join value: the first place counts, another place is noted."""
    table = Table(path, encoding=encoding)
    columns = Columns(table, rule.columns)
    found = Sites(header=table.header)
    for row in table:
        found.rows += 1
        if isinstance(row, BadRow):
            found.rejects.append(Reject(row.line, row.column, row.reason, row.cells))
            continue
        cells = columns.read(row)
        join = cells[rule.join]
        try:
            place = place_of(cells, rule, area)
        except CellError as error:
            named = f"{rule.columns[rule.latitude].header}; {rule.columns[rule.longitude].header}"
            found.rejects.append(Reject(row.line, named, str(error), row.cells))
            continue
        if place is None or not join:
            continue
        known = found.places.setdefault(join, place)
        if (known.lon, known.lat) != (place.lon, place.lat):
            found.notes.append(
                Note(
                    row.line,
                    _("%(what)s has another place further up; the first one counts") % {"what": join},
                )
            )
    return found
