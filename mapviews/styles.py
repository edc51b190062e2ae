"""How a status and a school stage look, everywhere: on the map, in lists, on pages (``look.md``).

One table feeds the canvas marks of the map (as data in the page) and the SVG marks of the templates, so that the two
cannot drift apart. Status is colour *and* shape *and* word; the school stage is a glyph inside the shape, never a colour.
Colours start from Okabe–Ito; a dark outline gives every shape a contrast of at least 3 : 1 to the ground.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language

from projects_api.choices import APPROXIMATE, Light, LocationPrecision, SchoolStage, Status


@dataclass(frozen=True)
class StatusStyle:
    """A shape as an SVG path in a 24 × 24 box, its colours, and where the glyph's middle sits."""

    shape: str
    path: str
    fill: str
    stroke: str
    ink: str
    glyph_y: float = 12.0


_OUTLINE = "#1d2429"
_CIRCLE = "M12 1.5a10.5 10.5 0 1 1 0 21a10.5 10.5 0 1 1 0-21z"

STATUS_STYLES: dict[str, StatusStyle] = {
    Status.PROPOSED: StatusStyle("hollow circle", _CIRCLE, "#ffffff", "#6a7279", "#1d2429"),
    Status.APPROVED: StatusStyle("diamond", "M12 .5L23.5 12L12 23.5L.5 12z", "#cc79a7", _OUTLINE, "#000000"),
    Status.TENDERING: StatusStyle("square", "M2.5 2.5H21.5V21.5H2.5z", "#f0e442", _OUTLINE, "#000000"),
    Status.UNDER_CONSTRUCTION: StatusStyle(
        "triangle", "M12 .8L23.6 22.2H.4z", "#0072b2", _OUTLINE, "#ffffff", glyph_y=15.6
    ),
    Status.SUSPENDED: StatusStyle(
        "cross", "M6.5 1H17.5V6.5H23V17.5H17.5V23H6.5V17.5H1V6.5H6.5z", "#d55e00", _OUTLINE, "#000000"
    ),
    Status.ACCEPTED: StatusStyle("hexagon", "M6.4 1.6H17.6L23.4 12L17.6 22.4H6.4L.6 12z", "#56b4e9", _OUTLINE, "#000000"),
    Status.IN_USE: StatusStyle("disc", _CIRCLE, "#009e73", _OUTLINE, "#000000"),
    Status.CANCELLED: StatusStyle(
        "saltire", "M6 .8L12 5.6L18 .8L23.2 6L18.4 12L23.2 18L18 23.2L12 18.4L6 23.2L.8 18L5.6 12L.8 6z",
        "#b4babf", _OUTLINE, "#000000",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class LightStyle:
    """A shape and a glyph as SVG paths in a 24 × 24 box, with their colours. The word is the bureau's, beside it."""

    path: str
    fill: str
    stroke: str
    glyph: str
    ink: str


# Disc, triangle, octagon, dash (look.md): told apart in grey by outline, and disc from octagon by what is inside.
LIGHT_STYLES: dict[str, LightStyle] = {
    "green": LightStyle(
        "M12 1.5a10.5 10.5 0 1 1 0 21a10.5 10.5 0 1 1 0-21z", "#009e73", "#1d2429", "M7 12.4l3.6 3.6 6.4-7.6", "#ffffff"
    ),
    "yellow": LightStyle("M12 .8L23.6 22.2H.4z", "#e69f00", "#1d2429", "M12 9v6.4M12 18v1.6", "#1d2429"),
    "red": LightStyle(
        "M7.4 1h9.2L23 7.4v9.2L16.6 23H7.4L1 16.6V7.4z", "#d55e00", "#1d2429", "M8 8l8 8M16 8l-8 8", "#ffffff"
    ),
    "none": LightStyle("M2.5 9h19v6h-19z", "none", "#6a7279", "", "#1d2429"),
}

# (Chinese, other languages): one character each, so that it stays legible at 10 pixels.
STAGE_GLYPHS: dict[str, tuple[str, str]] = {
    SchoolStage.KINDERGARTEN: ("幼", "K"),
    SchoolStage.PRIMARY: ("小", "P"),
    SchoolStage.JUNIOR_HIGH: ("初", "J"),
    SchoolStage.NINE_YEAR: ("九", "9"),
    SchoolStage.SENIOR_HIGH: ("高", "S"),
    SchoolStage.VOCATIONAL: ("职", "V"),
    SchoolStage.SPECIAL: ("特", "X"),
}


def speaks_chinese() -> bool:
    return (get_language() or "").startswith("zh")


def glyph(stage: str) -> str:
    """The glyph of a school stage in the active language; empty for a stage that has none."""
    chinese, other = STAGE_GLYPHS.get(stage, ("", ""))
    return chinese if speaks_chinese() else other


def map_vocabulary() -> dict[str, Any]:
    """What the browser needs to draw and name marks, in the active language: lists in the order of the vocabularies.

    The index of an entry is the number that stands for it in ``sites.json``.
    """
    return {
        "light": [
            {
                "code": light.value,
                "word": str(light.label),
                "path": style.path,
                "fill": "#ffffff" if style.fill == "none" else style.fill,
                "stroke": style.stroke,
                "ink": style.ink,
                "ring": style.stroke if style.fill == "none" else style.fill,
                "sign": style.glyph,
            }
            for light in Light
            for style in (LIGHT_STYLES[light.value],)
        ],
        "status": [
            {
                "code": status.value,
                "word": str(status.label),
                "path": style.path,
                "fill": style.fill,
                "stroke": style.stroke,
                "ink": style.ink,
                "ring": style.stroke if style.fill == "#ffffff" else style.fill,
                "glyphY": style.glyph_y,
            }
            for status in Status
            for style in (STATUS_STYLES[status],)
        ],
        "stage": [{"code": s.value, "word": str(s.label), "glyph": glyph(s.value)} for s in SchoolStage],
        "precision": [
            {"code": p.value, "word": str(p.label), "approximate": p in APPROXIMATE} for p in LocationPrecision
        ],
    }
