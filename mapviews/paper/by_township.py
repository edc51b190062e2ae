"""The sheets of townships: where the money goes, and who is served."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.safestring import SafeString, mark_safe

from mapviews.paper.areas import Swatch, amounts, legend_discs, reaches, swatches, table, townships
from mapviews.paper.drawing import CIRCLE, CIRCLE_FILL, circle
from mapviews.paper.drawn import Drawn, Fetch
from mapviews.paper.panels import Disc, Mark, Panel, status_look, unlocated
from projects_api.errors import InvalidInput


def investment(fetch: Fetch, context: Mapping[str, Any]) -> Drawn:
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
    rows = table(figures, words["township"], words["sum"], measure["key"])
    return Drawn([drawn], unlocated=_nowhere(fetch), note=figures["summary"], table=rows, legend=legend)


def coverage(fetch: Fetch, context: Mapping[str, Any]) -> Drawn:
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
        discs = tuple(reaches(circles, measure["key"]))
        panels.append(Panel(measure["word"], areas, discs, figures=measure["summary"]))
        if classes := swatches(cells, measure, words["approximateCell"]):
            shared = [(_swatch(row), row.word) for row in classes[len(measure["legend"]) :]]
            legend += [("", measure["word"]), *((_swatch(row), row.word) for row in classes[: len(measure["legend"])])]
    legend += shared  # once for all stages
    legend += [(_discs(legend_discs(mark["looks"])), mark["words"]) for mark in circles["marks"]]
    note = " · ".join(filter(None, (figures["caution"], *figures["notes"][: len(figures["notes"]) - 3])))
    rows = table(figures, words["township"], words["sum"])
    found = circles["unplaced"]
    schools = [title for code, title in zip(found["code"], found["title"], strict=True) if not code]  # in use
    nowhere = [*_nowhere(fetch), *(Mark(0, 0, status_look("in_use", ""), title) for title in schools)]
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
