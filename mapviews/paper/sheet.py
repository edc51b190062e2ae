"""A map's sheet: title, panels, legend, list, scale, date, review number and watermark, as PDF or PNG on A4 or A3."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
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
from mapviews.paper.by_township import coverage, investment
from mapviews.paper.counties import Part, parted
from mapviews.paper.drawing import MOST_APART, crowd_symbol, svg, within
from mapviews.paper.drawn import Drawn, Fetch, picture, say
from mapviews.paper.frame import Frame, frame_of
from mapviews.paper.located import by_status, compare, late
from mapviews.paper.months import timeline
from mapviews.paper.panels import Mark, light_look, status_look
from mapviews.paper.watermark import watermark
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


PAINTERS: dict[str, Callable[[Fetch, Mapping[str, Any]], Drawn]] = {
    "status": by_status,
    "lights": late,
    "timeline": timeline,
    "compare": compare,
    "investment": investment,
    "coverage": coverage,
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
    extent = extent_in(request.GET)
    parts = [Part("", drawn.panels)] if extent else parted(drawn.panels)
    count = len(parts) * len(drawn.panels)
    columns = 1 if count == 1 else 2 if count in (2, 4) else 3
    rows = -(-count // columns)
    edition = edition_of(request, context["form"], view.parameters)
    legend = _legend(view, drawn) if drawn.legend is None else drawn.legend
    # What is written above and below takes its lines from the picture: else it would be pushed to a page of its own.
    note = drawn.note if drawn.count != 0 else say(context, "empty")
    if len(parts) > 1:
        note = " · ".join(filter(None, (note, *(panel.told for panel in drawn.panels if panel.figures))))
    said = " · ".join((str(view.title), note, *map("".join, edition.filters)))
    above = _lines(f"{said:<40}", size.width)
    under = _flowing([_length(word) * SMALL + 13.5 for _mark, word in legend], size.width)
    across = (size.width - (BARS if drawn.bars else 0) - 6 * (columns - 1)) / columns
    named = (f"{part.name:<30}{panel.title}" if part.name else panel.told for part in parts for panel in part.panels)
    titles = max(_lines(title, across / 1.05) for title in named)  # they are set bold
    room = size.height - 16 - 4.1 * above - 5.8 * under - 5 * titles * rows - 3 * (rows - 1)

    def laid_out(height: float) -> list[tuple[Part, Frame]]:
        """The parts, each with its frame and what of its panels lies in it."""
        found = []
        for part in parts:
            frame = frame_of(part.panels, across, height / rows, extent)
            found.append((Part(part.name, [within(panel, frame) for panel in part.panels]), frame))
        return found

    drawings = laid_out(room)
    listed = [mark for mark in drawn.listed if not extent or drawings[0][1].holds(mark)]
    listed = listed if len(listed) <= LISTED else []
    nowhere = drawn.unlocated[:LISTED]
    below = room - _list_height(listed, nowhere, size) >= size.least
    if below and (listed or nowhere):
        drawings = laid_out(room - _list_height(listed, nowhere, size))
    breadth = (6.0 if paper == "A3" else 5.0) * (1 if columns == 1 else 0.8 if columns == 2 else 0.62)
    numbers = {id(mark): number for number, mark in enumerate(listed, 1)}
    pictures: list[tuple[str, SafeString]] = []
    for part, frame in drawings:
        for panel in part.panels:
            panel = replace(panel, marks=tuple(replace(m, number=numbers.get(id(m), 0)) for m in panel.marks))
            title = panel.told
            if part.name:
                title = " · ".join(filter(None, (part.name, panel.title, _round_scale(frame))))
            drawing = svg(panel, frame, size=breadth, name=f"frame-{len(pictures)}")
            pictures.append((title, mark_safe(drawing)))
    in_view = max(len(panel.marks) for part, _frame in drawings for panel in part.panels)
    return render_to_string(
        "mapviews/sheet.html",
        {
            "view": view,
            "question": context.get("question", ""),
            "paper": paper,
            "edition": edition,
            "watermark": watermark(edition.watermark, paper),
            "pictures": pictures,
            "breadth": f"{across:.2f}",
            "all_breadth": f"{across * columns + 6 * (columns - 1):.2f}",
            "bars": drawn.bars,
            "legend": legend,
            "note": note,
            "table": drawn.table,
            "below": below,
            "columns": size.columns,
            "listed": [(n, picture(mark), mark) for n, mark in enumerate(listed, 1)],
            "nowhere": [(picture(mark), mark) for mark in nowhere],
            "more_nowhere": len(drawn.unlocated) - len(nowhere),
            "count": drawn.count,
            "in_view": in_view if extent and drawn.listed else None,
            "unlocated": len(drawn.unlocated),
            "scale": " / ".join(_round_scale(frame) for _part, frame in drawings),
        },
    )


def _list_height(listed: Sequence[Mark], nowhere: Sequence[Mark], size: Size) -> float:
    """About how many millimetres the list takes, in its columns, and what is named after it."""
    height = 0.0
    if listed:
        width = (size.width / size.columns - 8 - 14) / SMALL  # without the gap, number and mark
        lines = (_lines(f"{mark.title} {mark.words}", width) for mark in listed)
        height += sum(LINE + 1.9 * (n - 1) for n in lines) / size.columns + 2 * LINE + 4.5
    if nowhere:
        named = "".join(f"{mark.title} {mark.words}{'':6}" for mark in nowhere)
        height += LINE * _lines(f"{named:<60}", size.width / SMALL) + 2
    return height


def _length(text: str) -> float:
    """About how many millimetres a text takes on one line."""
    return sum(3.2 if ord(letter) > 0x2E7F else 1.6 for letter in text)


def _lines(text: str, width: float) -> int:
    """About how many lines it takes of so many millimetres."""
    return math.ceil(_length(text) / width)


def _flowing(lengths: Sequence[float], width: float) -> int:
    """How many lines take things of these lengths, of which none is parted."""
    lines, left = 0, 0.0
    for length in lengths:
        if length > left:
            lines, left = lines + 1, width
        left -= length
    return lines


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
        found.append((picture(Mark(0, 0, example, ring="behind"), 5.0), _("behind what was promised for that month")))
    if "differs" in keys:
        found.append((picture(Mark(0, 0, example, ring="differs"), 5.0), _("different on the other map")))
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
