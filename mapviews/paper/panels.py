"""What is drawn on a sheet: panels of areas and marks in degrees, made from the maps' own documents. Pure.

A panel is one map; a sheet may have several (two days, six year ends). How it is put on paper is `paper.drawing`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import pgettext

from mapviews.styles import LIGHT_STYLES, STATUS_STYLES, glyph
from projects_api.choices import APPROXIMATE

Document = Mapping[str, Any]
Ring = Sequence[Sequence[float]]


@dataclass(frozen=True)
class Look:
    """How a mark is drawn: an SVG path in a 24 × 24 box, its colours, and a letter or a sign (another path) in it."""

    path: str
    fill: str
    stroke: str
    ink: str = "#000000"
    letter: str = ""
    letter_y: float = 12.0
    sign: str = ""


# Colour and dashes, in units of a mark: what is behind its promise, and what differs between two days.
RINGS = {"behind": ("#d55e00", "5 3"), "differs": ("#1d2429", "")}


@dataclass(frozen=True)
class Mark:
    """A site: degrees, look, title, what is said of it in the list, and whether it is only approximately known. ``ring``: one of
    ``RINGS`` around it, or none. ``number``: its own in the list, 0 where there is none.
    """

    lon: float
    lat: float
    look: Look
    title: str = ""
    words: str = ""
    approximate: bool = False
    ring: str = ""
    number: int = 0


@dataclass(frozen=True)
class Area:
    """Closed rings in degrees, holes included; ``dashed``: only approximately known. ``label`` is written into the middle,
    or where ``at`` (degrees) says. ``quiet``: a name in grey, left out where there
    is no room for it; ``name``: of a county, for the title of its own map.
    """

    rings: tuple[Ring, ...]
    fill: str = "none"
    stroke: str = "#78838c"
    width: float = 0.5
    dashed: bool = False
    label: str = ""
    at: tuple[float, float] | None = None
    quiet: bool = False
    name: str = ""


@dataclass(frozen=True)
class Disc:
    """A circle of so many metres on the ground, or of so many millimetres on the paper."""

    lon: float
    lat: float
    metres: float = 0.0
    millimetres: float = 0.0
    fill: str = "none"
    stroke: str = "#15517d"
    opacity: float = 0.35
    dashed: bool = False


@dataclass(frozen=True)
class Amount:
    """What a site costs, as a circle whose area it is; ``done`` of it is filled."""

    lon: float
    lat: float
    value: float
    done: float = 0.0


@dataclass(frozen=True)
class Panel:
    """``unit``: what amounts are counted in, and how they are written (``%(n)s million yuan``). ``figures``: of all that the
    sheet tells, which a map of one of its counties does not repeat.
    """

    title: str = ""
    areas: tuple[Area, ...] = ()
    discs: tuple[Disc, ...] = ()
    amounts: tuple[Amount, ...] = ()
    unit: tuple[float, str] = (1.0, "%(n)s")
    marks: tuple[Mark, ...] = field(default_factory=tuple)
    figures: str = ""

    @property
    def told(self) -> str:
        return pgettext("sentence", ": ").join(filter(None, (self.title, self.figures)))


def status_look(status: str, stage: str) -> Look:
    style = STATUS_STYLES[status]
    return Look(style.path, style.fill, style.stroke, style.ink, letter=glyph(stage), letter_y=style.glyph_y)


def light_look(light: str) -> Look:
    style = LIGHT_STYLES[light]
    fill = "#ffffff" if style.fill == "none" else style.fill
    return Look(style.path, fill, style.stroke, style.ink, sign=style.glyph)


def outlines(document: Document) -> tuple[Area, ...]:
    """The county boundaries of ``outline.geojson``, white on the ground."""
    return tuple(
        Area(tuple(rings_of(feature["geometry"])), fill="#fbfbf8", width=0.7, name=feature["properties"]["name"])
        for feature in document["features"]
    )


def faint(cells: Document) -> tuple[Area, ...]:
    """The townships of ``cells.geojson`` as lines and pale names, for a map of sites that has no other ground."""
    return tuple(
        Area(
            tuple(rings_of(feature["geometry"])), stroke="#aab4bb", width=0.2, dashed=feature["properties"]["approximate"],
            label=feature["properties"]["name"], at=tuple(feature["properties"]["at"]), quiet=True,
        )
        for feature in cells["features"]
    )  # fmt: skip


def rings_of(geometry: Document) -> Iterator[Ring]:
    polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    for polygon in polygons:
        yield from polygon


Say = Callable[[Document, int], str]


def _progress(block: Document, at: int) -> str:
    return f"{block['progress'][at]} %"


def sites(document: Document, *, paint: str = "status", say: Say = _progress) -> Iterator[Mark]:
    """The located sites of a columnar document (`mapviews.columns`). ``say``: what the list tells of one, by its columns."""
    marks = _marks(document, document["vocab"], paint, say)
    for mark, lon, lat in zip(marks, document["lon"], document["lat"], strict=True):
        yield replace(mark, lon=lon, lat=lat)


def unlocated(document: Document, *, paint: str = "status", say: Say = _progress) -> Iterator[Mark]:
    """Those without a place: for a list, on no map."""
    return _marks(document["unlocated"], document["vocab"], paint, say)


def _marks(block: Document, vocabulary: Document, paint: str, say: Say) -> Iterator[Mark]:
    words = {name: vocabulary[name] for name in ("status", "stage", "precision", "light")}
    for at, title in enumerate(block["title"]):
        status, stage, precision, light = (_word(words[name], block[name][at]) for name in words)
        look = light_look(light) if paint == "light" else status_look(status, stage)
        yield Mark(0, 0, look, title=title, words=say(block, at), approximate=precision in APPROXIMATE)


def _word(words: Sequence[str], place: int) -> str:
    return words[place] if place >= 0 else ""
