"""Townships and circles on a sheet, made from the documents that the maps of townships fetch (`mapviews.areas`). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import pgettext

from mapviews.paper.drawn import Table
from mapviews.paper.panels import Amount, Area, Disc, Document, outlines, rings_of

# As in areas.css, light: one hue that keeps its order in grey; "enough" before what is missing, and paler than any of it.
SCALES = {
    "amount": ("#e3edf6", "#b9d3e8", "#82b1d6", "#4585b8", "#15517d"),
    "gap": ("#daf0e3", "#f6cb7d", "#e89c3f", "#c4641d", "#8a3313"),
}
NONE, LINE = "#fbfbf8", "#33414c"
SCHOOL = "#0072b2"
# The classes of areas.css that the documents name.
LOOKS: dict[str, dict[str, Any]] = {
    "reach": {"fill": SCHOOL, "stroke": SCHOOL, "opacity": 0.15},
    "reach school-coming": {"fill": SCHOOL, "stroke": SCHOOL, "opacity": 0.06, "dashed": True},
    "school": {"fill": SCHOOL, "stroke": SCHOOL, "opacity": 1},
    "school school-coming": {"fill": "#ffffff", "stroke": SCHOOL, "opacity": 1},
    "school school-exempt": {"fill": "#ffffff", "stroke": "#1d2429", "opacity": 1},
}


@dataclass(frozen=True)
class Swatch:
    """A row of the legend: the colour of a class, dashed where it stands for an approximate cell."""

    fill: str
    word: str
    dashed: bool = False


def colour(measure: Document, value: int) -> str:
    """The same choice as choropleth.js makes: few classes take the dark end, a gap's first class is the good one."""
    if value < 0:
        return NONE
    scale = SCALES[measure["scale"]]
    return scale[value if measure["scale"] == "gap" else value + len(scale) - max(len(measure["legend"]), 1)]


def townships(outline: Document, cells: Document, figures: Document, measure: Document) -> tuple[Area, ...]:
    """The counties, and in them the townships in the colours of a measure, each with its name and value."""
    at = {row["code"]: index for index, row in enumerate(figures["rows"])}
    found = list(outlines(outline))
    for feature in cells["features"]:
        known = feature["properties"]
        index = at.get(known["code"])
        label = "" if index is None else measure["label"][index]
        found.append(
            Area(
                tuple(rings_of(feature["geometry"])),
                fill=NONE if index is None else colour(measure, measure["class"][index]),
                stroke=LINE,
                width=0.25,
                dashed=known["approximate"],
                label=f"{known['name']}\n{label}".strip(),
                at=tuple(known["at"]),
            )
        )
    return tuple(found)


def amounts(circles: Document) -> Iterator[Amount]:
    """Sites by what they cost; of each what is done, where the reader may know."""
    done = circles.get("done") or [0] * len(circles["value"])
    for lon, lat, value, part in zip(circles["lon"], circles["lat"], circles["value"], done, strict=True):
        yield Amount(lon, lat, value, part or 0)


def reaches(circles: Document, stage: str) -> Iterator[Disc]:
    """Schools of a stage: the radius that they serve where it applies, and the school itself; what is coming is hollow."""
    for at, found in enumerate(circles["stage"]):
        if found != stage:
            continue
        lon, lat, radius = circles["lon"][at], circles["lat"][at], circles["radius"][at]
        coming = circles["coming"][at]
        if radius:
            yield Disc(lon, lat, metres=radius, **LOOKS["reach school-coming" if coming else "reach"])
        look = "school school-coming" if coming else "school" if radius else "school school-exempt"
        yield Disc(lon, lat, millimetres=0.9, **LOOKS[look])


def legend_discs(looks: Sequence[Document]) -> list[Disc]:
    """A row of the document's legend, whose sizes are in pixels of the screen."""
    return [Disc(0, 0, millimetres=look["r"] * 0.18, **LOOKS[look["look"]]) for look in looks]


def swatches(cells: Document, measure: Document, approximate: str) -> list[Swatch]:
    if not cells["features"]:
        return []
    rows = [Swatch(colour(measure, value), word) for value, word in enumerate(measure["legend"])]
    rows.append(Swatch(NONE, measure["none"]))
    if any(feature["properties"]["approximate"] for feature in cells["features"]):
        rows.append(Swatch(NONE, approximate, dashed=True))
    return rows


def table(figures: Document, first: str, total: str, lead: str = "") -> Table:
    """The table beside the map; columns of one measure say of which they are. The most in the column ``lead`` comes first, as on
    the screen; without one it is in the order of the codes.
    """
    named = {measure["key"]: measure["word"] for measure in figures["measures"]}
    words = (
        pgettext("sentence", ": ").join(filter(None, (named.get(column["of"]), column["word"])))
        for column in figures["columns"]
    )
    at = next((at for at, column in enumerate(figures["columns"]) if column["key"] == lead), None)
    ordered = figures["rows"] if at is None else sorted(figures["rows"], key=lambda row: -(row["sort"][at] or 0))
    rows = tuple((row["name"], *row["words"]) for row in ordered)
    return Table((first, *words), rows, (total, *figures["total"]))
