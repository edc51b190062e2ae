"""A map's sheet: title, panels, legend, list, scale, date, review number and watermark, as PDF or PNG on A4 or A3."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from mapviews.documents import document_text, joined
from mapviews.edition import edition_of
from mapviews.extent import extent_in
from mapviews.maps import MapView
from mapviews.pages import map_context
from mapviews.paper.areas import Swatch, amounts, legend_discs, reaches, swatches, table, townships
from mapviews.paper.drawing import CIRCLE, CIRCLE_FILL, MOST_APART, Frame, circle, crowd_symbol, frame_of, svg, within
from mapviews.paper.drawn import Drawn, Fetch, picture
from mapviews.paper.located import by_status, compare, late
from mapviews.paper.panels import Disc, Mark, Panel, light_look, months, outlines, sites, status_look, unlocated
from mapviews.paper.watermark import watermark
from mapviews.timeline import Told
from projects_api.choices import Light, Status
from projects_api.errors import InvalidInput
from projects_api.interchange.pdf import pdf_of, png_of

FORMATS: dict[str, tuple[str, Callable[[str], bytes]]] = {
    "pdf": ("application/pdf", pdf_of),
    "png": ("image/png", png_of),
}


@dataclass(frozen=True)
class Size:
    """Landscape paper without its margins, in millimetres. ``least``: what a list has to leave the map, or it goes to a page of
    its own.
    """

    width: float
    height: float
    least: float
    columns: int


SIZES = {"A4": Size(273, 188, 92, 3), "A3": Size(396, 275, 160, 4)}
LISTED = 300  # sites named; beyond that the count is said
LINE = 4.8  # millimetres of a list
SMALL = 0.8  # its letters, of those of the text
BARS = 68.0  # what stands beside the map takes so much of its width


def _timeline(fetch: Fetch, context: Mapping[str, Any]) -> Drawn:
    """The month that the address asks for, or up to six month ends, the last of them today's; what was behind the promise then
    is ringed.
    """
    told: Told = context["told"]
    words, document = fetch("sites", ""), fetch("timeline-known" if told.way == "known" else "timeline-data", "")
    first_year, first_month = map(int, document["from"].split("-"))
    first, now = first_year * 12 + first_month - 1, document["now"]
    step = max(1, now // 5)
    wanted = [month for back in range(5, -1, -1) if (month := now - step * back) >= 0]
    if told.number is not None:
        wanted = [told.number - first]
    named = dict(zip(words["code"], sites(words), strict=True))
    stages = {
        code: words["vocab"]["stage"][at] if at >= 0 else ""
        for code, at in zip(words["code"], words["stage"], strict=True)
    }
    areas = outlines(fetch("outline", ""))
    panels = []
    for month, marks in zip(wanted, months(document, told.way, wanted, named, stages), strict=True):
        year, number = divmod(first + month, 12)
        panels.append(Panel(title=f"{year}-{number + 1:02d}", areas=areas, marks=tuple(marks)))
    note = {"happened": "", "promised": _("What was promised"), "known": _("What was known then")}[told.way]
    return Drawn(panels, count=words["count"], unlocated=tuple(unlocated(words)), note=note)


def _investment(fetch: Fetch, context: Mapping[str, Any]) -> Drawn:
    outline, cells, figures, circles = (
        fetch(name, "") for name in ("outline", "cells", "investment-areas", "investment-circles")
    )
    chosen = context["map_config"]["measure"]
    measure = next((found for found in figures["measures"] if found["key"] == chosen), figures["measures"][0])
    drawn = Panel(
        measure["title"],
        townships(outline, cells, figures, measure),
        amounts=tuple(amounts(circles)),
        unit=(circles["unit"]["size"], circles["unit"]["words"]),
    )
    words = context["map_config"]["words"]
    legend = [(_swatch(row), row.word) for row in swatches(cells, measure, words["approximateCell"])]
    parts = {"whole": 0.2, "done": 0.9}
    for part, opacity in parts.items():
        if part in circles["parts"]:
            disc = Disc(0, 0, fill=CIRCLE_FILL, stroke=CIRCLE, opacity=opacity, millimetres=1.8)
            legend.append((_discs([disc]), circles["parts"][part]))
    rows = table(figures, words["township"], words["sum"])
    return Drawn([drawn], unlocated=_nowhere(fetch), note=figures["summary"], table=rows, legend=legend)


def _coverage(fetch: Fetch, context: Mapping[str, Any]) -> Drawn:
    """A panel for each school stage, or for the one that was chosen."""
    outline, cells, figures, circles = (
        fetch(name, "") for name in ("outline", "cells", "coverage-areas", "coverage-circles")
    )
    words = context["map_config"]["words"]
    panels, legend, shared = [], [], []
    chosen = context["map_config"]["measure"]
    # A filter by stage may have left it out.
    one = [measure for measure in figures["measures"] if measure["key"] == chosen]
    for measure in one or figures["measures"]:
        areas = townships(outline, cells, figures, measure)
        panels.append(Panel(f"{measure['word']}: {measure['summary']}", areas, tuple(reaches(circles, measure["key"]))))
        if classes := swatches(cells, measure, words["approximateCell"]):
            shared = [(_swatch(row), row.word) for row in classes[len(measure["legend"]) :]]
            legend += [("", measure["word"]), *((_swatch(row), row.word) for row in classes[: len(measure["legend"])])]
    legend += shared  # once for all stages
    legend += [(_discs(legend_discs(mark["looks"])), mark["words"]) for mark in circles["marks"]]
    note = " · ".join(figures["notes"][: len(figures["notes"]) - 3])
    rows = table(figures, words["township"], words["sum"])
    nowhere = [*_nowhere(fetch), *(Mark(0, 0, status_look("in_use", ""), title) for title in circles["unlocated"])]
    return Drawn(panels, count=figures["projects"], unlocated=nowhere, note=note, table=rows, legend=legend)


def _nowhere(fetch: Fetch) -> Sequence[Mark]:
    """The projects without a place, for a map whose own documents count them; none where even they are too many to be held."""
    try:
        return tuple(unlocated(fetch("sites", "located=false")))
    except InvalidInput:
        return ()


def _discs(discs: Sequence[Disc]) -> SafeString:
    drawn = "".join(circle(disc, 2.5, 2.5, disc.millimetres) for disc in discs)
    return mark_safe(f'<svg width="5mm" height="5mm" viewBox="0 0 5 5">{drawn}</svg>')


def _swatch(row: Swatch) -> SafeString:
    dash = ' stroke-dasharray="1 .6"' if row.dashed else ""
    return mark_safe(
        '<svg width="7mm" height="4mm" viewBox="0 0 7 4"><rect x=".3" y=".3" width="6.4" height="3.4"'
        f' fill="{row.fill}" stroke="#33414c" stroke-width=".25"{dash}/></svg>'
    )


PAINTERS: dict[str, Callable[[Fetch, Mapping[str, Any]], Drawn]] = {
    "status": by_status,
    "lights": late,
    "timeline": _timeline,
    "compare": compare,
    "investment": _investment,
    "coverage": _coverage,
}


def paper(request: HttpRequest, view: MapView, kind: str, size: str) -> bytes:
    """The sheet as ``pdf`` or ``png`` on ``A4`` or ``A3``. The request's parameters must have been checked.

    About a second of one processor. Raises InvalidInput for another size, Unavailable where the server cannot draw.
    """
    if size not in SIZES:
        raise InvalidInput.one("?paper", "invalid_choice", _("Choose one of: %(names)s.") % {"names": ", ".join(SIZES)})
    return FORMATS[kind][1](sheet_html(request, view, size))


def sheet_html(request: HttpRequest, view: MapView, paper: str) -> str:
    context = map_context(request, view)
    query = context["map_config"]["query"]

    def fetch(name: str, more: str) -> Any:
        return orjson.loads(document_text(request, reverse(f"mapviews:{name}") + joined(query, more)))

    drawn = PAINTERS[view.key](fetch, context)
    size = SIZES[paper]
    columns = 1 if len(drawn.panels) == 1 else 2 if len(drawn.panels) == 2 else 3
    rows = -(-len(drawn.panels) // columns)
    extent = extent_in(request.GET)
    edition = edition_of(request, context["form"], view.parameters)
    legend = _legend(view, drawn) if drawn.legend is None else drawn.legend
    # What is written above and below takes its lines from the picture: else it would be pushed to a page of its own.
    said = " · ".join((str(view.title), drawn.note, *map("".join, edition.filters)))
    above = _lines(f"{said:<40}", size.width)
    under = _lines("".join(f"{word}{'':9}" for _mark, word in legend), size.width)
    titles = max(_lines(panel.title, size.width / columns) for panel in drawn.panels)
    room = size.height - 16 - 4.1 * above - 5.2 * under - (5 * titles + 3) * rows

    def laid_out(height: float) -> tuple[Frame, list[Panel], list[Mark]]:
        """The frame, what of each panel lies in it, and those of the marks to be listed."""
        across = size.width - (BARS if drawn.bars else 0)
        width, height = (across - 6 * (columns - 1)) / columns, height / rows
        frame = frame_of(drawn.panels, width, height, extent)
        if not extent:
            return frame, drawn.panels, list(drawn.listed)
        return frame, [within(panel, frame) for panel in drawn.panels], [m for m in drawn.listed if frame.holds(m)]

    frame, panels, listed = laid_out(room)
    listed = listed if len(listed) <= LISTED else []
    nowhere = drawn.unlocated[:LISTED]
    below = (room - _list_height(listed, nowhere, size)) >= size.least
    if below and (listed or nowhere):
        frame, panels, _same = laid_out(room - _list_height(listed, nowhere, size))
    numbered = bool(listed)
    mark = (6.0 if paper == "A3" else 5.0) * (1 if columns == 1 else 0.8 if columns == 2 else 0.62)
    pictures = [
        (panel.title, mark_safe(svg(panel, frame, size=mark, numbered=numbered, name=f"frame-{at}")))
        for at, panel in enumerate(panels)
    ]
    return render_to_string(
        "mapviews/sheet.html",
        {
            "view": view,
            "paper": paper,
            "edition": edition,
            "watermark": watermark(edition.watermark, paper),
            "pictures": pictures,
            "breadth": f"{frame.width:.2f}",
            "bars": drawn.bars,
            "legend": legend,
            "note": drawn.note,
            "table": drawn.table,
            "below": below,
            "columns": size.columns,
            "listed": [(n, picture(mark), mark) for n, mark in enumerate(listed, 1)],
            "nowhere": [(picture(mark), mark) for mark in nowhere],
            "more_nowhere": len(drawn.unlocated) - len(nowhere),
            "count": drawn.count,
            "in_view": max((len(panel.marks) for panel in panels), default=0) if extent and drawn.listed else None,
            "unlocated": len(drawn.unlocated),
            "scale": _round_scale(frame),
        },
    )


def _list_height(listed: Sequence[Mark], nowhere: Sequence[Mark], size: Size) -> float:
    """About how many millimetres the list takes, in its columns, and what is named after it."""
    height = 0.0
    if listed:
        width = (size.width / size.columns - 8 - 14) / SMALL  # without the gap, number and mark
        lines = sum(_lines(f"{mark.title} {mark.words}", width) for mark in listed)
        height += LINE * (-(-lines // size.columns) + 1) + 4.5
    if nowhere:
        named = "".join(f"{mark.title} {mark.words}{'':6}" for mark in nowhere)
        height += LINE * _lines(f"{named:<60}", size.width / SMALL) + 2
    return height


def _lines(text: str, width: float) -> int:
    """About how many lines a text takes of so many millimetres."""
    return math.ceil(sum(3.2 if ord(letter) > 0x2E7F else 1.7 for letter in text) / width)


def _legend(view: MapView, drawn: Drawn) -> list[tuple[str, str]]:
    """(mark, word) of what colour and shape stand for on this sheet."""
    keys = set(view.legend if drawn.layers is None else drawn.layers)
    found: list[tuple[str, str]] = []
    if "status" in keys:
        found += [(picture(Mark(0, 0, status_look(s.value, ""))), str(s.label)) for s in Status]
    if "light" in keys:
        found += [(picture(Mark(0, 0, light_look(c.value))), str(c.label)) for c in Light]
    example = status_look(Status.IN_USE.value, "")
    if "behind" in keys:
        found.append((picture(Mark(0, 0, example, behind=True), 5.0), _("behind what was promised for that month")))
    found.append((picture(Mark(0, 0, example, approximate=True)), _("dashed and paler: only approximately known")))
    if max((len(panel.marks) for panel in drawn.panels), default=0) > MOST_APART:
        crowd = [Mark(0, 0, status_look(status, "")) for status in ("approved", "under_construction", "in_use")]
        symbol = mark_safe(
            f'<svg width="5mm" height="5mm" viewBox="0 0 5 5">{crowd_symbol(crowd, 2.5, 2.5, 2.2)}</svg>'
        )
        found.append((symbol, _("this many near each other; the ring is shared among them")))
    return found


def _round_scale(frame: Frame) -> str:
    """``1 : 230,000``, to two digits: what the ruler measures on the paper."""
    ratio = frame.scale * 1000
    digits = 10 ** max(0, len(str(int(ratio))) - 2)
    return f"1 : {round(ratio / digits) * digits:,}"
