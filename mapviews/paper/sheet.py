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
from mapviews.paper.areas import Swatch, Table, amounts, reaches, swatches, table, townships
from mapviews.paper.drawing import MOST_APART, Frame, crowd_symbol, frame_of, svg, symbol, within
from mapviews.paper.panels import Mark, Panel, light_look, months, outlines, sites, status_look
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
    """Landscape paper without its margins, in millimetres: what panels share above a list of up to ``room`` sites, or alone."""

    width: float
    above_a_list: float
    alone: float
    room: int


SIZES = {"A4": Size(273, 112, 152, 24), "A3": Size(396, 205, 240, 40)}
LISTED = 300  # sites named, on a page of their own where there is no room; beyond that the count is said


@dataclass(frozen=True)
class Drawn:
    """What a view puts on a sheet: its panels, and the marks that the list names; or rows of a table, and its own legend."""

    panels: list[Panel]
    listed: list[Mark]
    count: int | None  # None: the note says it
    unlocated: int = 0
    note: str = ""
    table: Table | None = None
    legend: Sequence[tuple[str, str]] | None = None


Fetch = Callable[[str, str], Any]


def _sites(fetch: Fetch, context: Mapping[str, Any], paint: str) -> Drawn:
    document = fetch("sites" if paint == "status" else "lights-sites", "")
    marks = tuple(sites(document, paint=paint))
    panel = Panel(areas=outlines(fetch("outline", "")), marks=marks)
    return Drawn([panel], list(marks), document["count"], len(document["unlocated"]["code"]))


def _compare(fetch: Fetch, context: Mapping[str, Any]) -> Drawn:
    areas = outlines(fetch("outline", ""))
    panels = []
    count = 0
    for side in context["sides"]:
        document = fetch("sites" if side.layer == "status" else "lights-sites", side.query)
        title = side.day.isoformat() if side.day else _("Today")
        panels.append(Panel(title=title, areas=areas, marks=tuple(sites(document, paint=side.layer))))
        count = max(count, document["count"])
    return Drawn(panels, [], count)


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
    return Drawn(panels, [], words["count"], len(words["unlocated"]["code"]), note=note)


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
    rows = table(figures, words["township"], words["sum"])
    return Drawn([drawn], [], None, note=figures["summary"], table=rows, legend=legend)


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
    legend += [("", mark["words"]) for mark in circles["marks"][:1]]
    note = " · ".join(figures["notes"][: len(figures["notes"]) - 3])
    rows = table(figures, words["township"], words["sum"])
    return Drawn(panels, [], figures["projects"], note=note, table=rows, legend=legend)


def _swatch(row: Swatch) -> SafeString:
    dash = ' stroke-dasharray="1 .6"' if row.dashed else ""
    return mark_safe(
        '<svg width="7mm" height="4mm" viewBox="0 0 7 4"><rect x=".3" y=".3" width="6.4" height="3.4"'
        f' fill="{row.fill}" stroke="#33414c" stroke-width=".25"{dash}/></svg>'
    )


PAINTERS: dict[str, Callable[[Fetch, Mapping[str, Any]], Drawn]] = {
    "status": lambda fetch, context: _sites(fetch, context, "status"),
    "lights": lambda fetch, context: _sites(fetch, context, "light"),
    "timeline": _timeline,
    "compare": _compare,
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
    legend = _legend(view, drawn.panels) if drawn.legend is None else drawn.legend

    def laid_out(height: float) -> tuple[Frame, list[Panel], list[Mark]]:
        """The frame, what of each panel lies in it, and those of the marks to be listed."""
        width, height = (size.width - 6 * (columns - 1)) / columns, (height - 9 * (rows - 1)) / rows
        frame = frame_of(drawn.panels, width, height, extent)
        if not extent:
            return frame, drawn.panels, drawn.listed
        return frame, [within(panel, frame) for panel in drawn.panels], [m for m in drawn.listed if frame.holds(m)]

    frame, panels, listed = laid_out(size.above_a_list)
    below = columns == 1 and 0 < len(listed) <= size.room
    if not below:
        # What is written above and below takes its lines from the picture: else it would be pushed to a page of its own.
        said = " · ".join((str(view.title), drawn.note, *map("".join, edition.filters)))
        lines = _lines(f"{said:<40}", size.width) + _lines(
            "".join(f"{word}{'':9}" for _picture, word in legend), size.width
        )
        titles = max(_lines(panel.title, size.width / columns) for panel in drawn.panels)
        frame, panels, listed = laid_out(size.alone - 4.6 * max(0, lines - 2) - 5.2 * rows * max(0, titles - 1))
    numbered = columns == 1 and 0 < len(listed) <= LISTED
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
            "pictures": pictures,
            "breadth": f"{frame.width:.2f}",
            "legend": legend,
            "note": drawn.note,
            "table": drawn.table,
            "below": below,
            "listed": [(n, _picture(mark), mark) for n, mark in enumerate(listed, 1)] if numbered else [],
            "count": drawn.count,
            "in_view": max((len(panel.marks) for panel in panels), default=0) if extent and drawn.listed else None,
            "unlocated": drawn.unlocated,
            "scale": _round_scale(frame),
        },
    )


def _lines(text: str, width: float) -> int:
    """About how many lines a text takes of so many millimetres."""
    return math.ceil(sum(3.2 if ord(letter) > 0x2E7F else 1.7 for letter in text) / width)


def _picture(mark: Mark, size: float = 4.2) -> SafeString:
    drawn = symbol(mark, size / 2, size / 2, size - 0.6)
    return mark_safe(f'<svg width="{size}mm" height="{size}mm" viewBox="0 0 {size} {size}">{drawn}</svg>')


def _legend(view: MapView, panels: Sequence[Panel]) -> list[tuple[str, str]]:
    """(mark, word) of what colour and shape stand for on this sheet."""
    found: list[tuple[str, str]] = []
    if "status" in view.legend:
        found += [(_picture(Mark(0, 0, status_look(s.value, ""))), str(s.label)) for s in Status]
    if "light" in view.legend:
        found += [(_picture(Mark(0, 0, light_look(c.value))), str(c.label)) for c in Light]
    example = status_look(Status.IN_USE.value, "")
    if "behind" in view.legend:
        found.append((_picture(Mark(0, 0, example, behind=True), 5.0), _("behind what was promised for that month")))
    found.append((_picture(Mark(0, 0, example, approximate=True)), _("dashed and paler: only approximately known")))
    if max((len(panel.marks) for panel in panels), default=0) > MOST_APART:
        crowd = [Mark(0, 0, status_look(status, "")) for status in ("approved", "under_construction", "in_use")]
        drawn = mark_safe(f'<svg width="5mm" height="5mm" viewBox="0 0 5 5">{crowd_symbol(crowd, 2.5, 2.5, 2.2)}</svg>')
        found.append((drawn, _("this many near each other; the ring is shared among them")))
    return found


def _round_scale(frame: Frame) -> str:
    """``1 : 230,000``, to two digits: what the ruler measures on the paper."""
    ratio = frame.scale * 1000
    digits = 10 ** max(0, len(str(int(ratio))) - 2)
    return f"1 : {round(ratio / digits) * digits:,}"
