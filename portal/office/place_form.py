"""The two boxes of the place form: what was typed, what it may mean, and what of it would be changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from projects_api.choices import LocationPrecision
from projects_api.coordinates import POINT, POLYGON, Candidate, Reading, area, bearing, compass, system_name, zones_near
from projects_api.errors import FieldError, InvalidInput
from projects_api.geodesy import BD09, CGCS2000, GCJ02, WGS84, distance
from projects_api.models import Bureau, Project
from projects_api.services.sites import bureau_bounds, coordinates_read
from projects_api.wording import grouped

Rings = Sequence[Sequence[tuple[float, float]]]
_LETTERS = "ABCDEFG"


@dataclass
class Told:
    """A reading in words. ``use``: what the button sends; "" for the one that is taken."""

    letter: str
    name: str
    facts: list[str]
    use: str
    chosen: bool


@dataclass
class Box:
    """A site or an outline as text. ``recorded`` is what the record holds, as the map's rings without the closing corner."""

    name: str
    shape: str
    label: str
    recorded: Rings
    text: str = ""
    crs: str = ""
    reading: Reading | None = None
    faults: list[str] = field(default_factory=list)
    crs_faults: list[str] = field(default_factory=list)

    @property
    def id(self) -> str:
        return self.name

    @property
    def changed(self) -> bool:
        return self.text.replace("\r\n", "\n").strip() != as_text(self.recorded)

    def read(self, bureau: Bureau) -> None:
        """Raises InvalidInput at the box or at its system."""
        if self.changed and self.text.strip():
            pointers = {"pointer": f"/{self.name}", "crs_pointer": f"/{self.name}_crs"}
            self.reading = coordinates_read(self.text, bureau=bureau, crs=self.crs, shape=self.shape, **pointers)

    def geometry(self) -> dict[str, Any] | None:
        """What is to be recorded; None takes it off the map. Raises InvalidInput where the system is not said."""
        if not self.text.strip():
            return None
        if self.reading is None or self.reading.chosen is None:
            words = _("Say which system these numbers are in: take one of the readings.")
            raise InvalidInput.one(f"/{self.name}_crs", "system_not_said", words)
        return self.reading.chosen.geometry

    @property
    def told(self) -> list[Told]:
        found = self.reading.candidates if self.reading else ()
        return [
            Told(letter, system_name(each.crs), self._facts(each), "" if each.chosen else each.crs, each.chosen)
            for letter, each in zip(_LETTERS, found, strict=False)
        ]

    @property
    def refused(self) -> list[str]:
        """The readings that lie outside the county, and where."""
        return [f"{system_name(crs)}: {words}" for crs, words in self.reading.refused] if self.reading else []

    def _facts(self, candidate: Candidate) -> list[str]:
        facts = [as_text([[candidate.place]])]
        if self.shape == POLYGON:
            facts.append(_("%(area)s m²") % {"area": grouped(round(area(candidate.rings)))})
        elif self.recorded:
            facts.append(moved_words(self.recorded[0][0], candidate.place))
        return facts


def as_text(rings: Rings) -> str:
    """A line a position, longitude first; an empty line between rings."""
    return "\n\n".join("\n".join(f"{_shown(lon)}, {_shown(lat)}" for lon, lat in ring) for ring in rings)


def _shown(value: float) -> str:
    return f"{value:.7f}".rstrip("0").rstrip(".")


def metres_words(metres: float) -> str:
    return f"{metres:.0f} m" if metres < 1000 else f"{metres / 1000:.2f} km"


def moved_words(here: tuple[float, float], there: tuple[float, float]) -> str:
    """How far and in which direction the second lies from the first."""
    metres = distance(*here, *there)
    if metres < 0.05:
        return _("where it is recorded")
    values = {"distance": metres_words(metres), "direction": compass(bearing(here, there))}
    return _("%(distance)s to the %(direction)s of the recorded place") % values


class PlaceForm:
    """The form as it was sent, or as the record stands."""

    def __init__(self, project: Project, sent: QueryDict | None = None) -> None:
        self.project = project
        site: Rings = [[(project.site.x, project.site.y)]] if project.site else []
        rings: Rings = [ring[:-1] for ring in project.footprint.coords] if project.footprint else []
        self.site = Box("site", POINT, _("Site"), site)
        self.outline = Box("footprint", POLYGON, _("Outline of the land"), rings)
        self.boxes = (self.site, self.outline)
        self.precision = project.location_precision
        self.reason = ""
        self.accuracy = str(project.site_accuracy or "")
        for box in self.boxes:
            box.text = as_text(box.recorded)
        if sent is not None:
            self._take(sent)

    def _take(self, sent: QueryDict) -> None:
        for box in self.boxes:
            box.text = sent.get(box.name, "")
            # A reading that was taken by its button says the system.
            box.crs = sent.get(f"{box.name}_use") or sent.get(f"{box.name}_crs", "")
        self.precision = sent.get("location_precision", "")
        self.reason = sent.get("reason", "")
        self.accuracy = sent.get("accuracy", "")

    def read(self) -> None:
        """Read both boxes; what is wrong in either is told at once. Raises InvalidInput."""
        _together([lambda box=box: box.read(self.project.bureau) for box in self.boxes])

    def changes(self) -> dict[str, Any]:
        """What `project_change` is to be told. Raises InvalidInput."""
        self.read()
        changes: dict[str, Any] = {}

        def take(box: Box) -> None:
            if box.changed:
                changes[box.name] = box.geometry()

        _together([lambda box=box: take(box) for box in self.boxes])
        has_site = changes.get("site", self.project.site) is not None
        precision = self.precision if has_site else ""
        if has_site and precision not in LocationPrecision.values:
            raise InvalidInput.one("/location_precision", "required", _("Say how well this place is known."))
        if precision != self.project.location_precision:
            changes["location_precision"] = precision
        accuracy = self._metres() if has_site else None
        if accuracy != self.project.site_accuracy or ("site" in changes and accuracy):
            changes["site_accuracy"] = accuracy
        return changes

    def _metres(self) -> int | None:
        text = self.accuracy.strip()
        if not text:
            return None
        if not (text.isascii() and text.isdigit() and len(text) < 7 and 1 <= int(text) <= 100_000):
            raise InvalidInput.one("/site_accuracy", "out_of_range", _("Metres: a whole number between 1 and 100,000."))
        return int(text)

    def systems(self) -> list[tuple[str, str]]:
        """The systems to choose from: those of maps and phones, then what a surveyor of this county would have used."""
        zones = zones_near(bureau_bounds(self.project.bureau))
        return [
            (WGS84, system_name(WGS84)),
            (GCJ02, system_name(GCJ02)),
            (BD09, system_name(BD09)),
            (CGCS2000, _("CGCS2000: degrees, or metres whose zone is found")),
            *((f"EPSG:{4534 + zone - 25}", system_name(f"EPSG:{4534 + zone - 25}")) for zone in zones),
            *((f"EPSG:{4513 + zone - 25}", system_name(f"EPSG:{4513 + zone - 25}")) for zone in zones),
        ]

    def set_faults(self, faults: dict[str, list[str]]) -> list[tuple[Any, str]]:
        """Give each fault to its box; all of them in order for the summary, with what it is about."""
        told: list[tuple[Any, str]] = []
        for pointer, messages in faults.items():
            name = pointer.strip("/").split("/")[0]
            where = next((box for box in self.boxes if name in (box.name, f"{box.name}_crs")), None)
            for message in messages:
                told.append((where, message))
                if where is not None:
                    (where.crs_faults if name.endswith("_crs") else where.faults).append(message)
        return told


def _together(acts: Sequence[Any]) -> None:
    errors: list[FieldError] = []
    for act in acts:
        try:
            act()
        except InvalidInput as error:
            errors += error.errors
    if errors:
        raise InvalidInput(errors)
