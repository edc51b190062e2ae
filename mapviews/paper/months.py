"""The timeline's sheet: the month that the address asks for, or six month ends, told the way that it asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from mapviews.paper.counties import MOST, parted
from mapviews.paper.drawn import Drawn, Fetch, say
from mapviews.paper.located import ground
from mapviews.paper.panels import Document, Mark, Panel, sites, status_look, unlocated
from mapviews.timeline import Told
from projects_api import wording

Story = tuple[str, int]  # status (empty: nothing is told) and how far, as a place in ``vocab.reached``


def timeline(fetch: Fetch, context: Mapping[str, Any]) -> Drawn:
    """The one month large, with the list of its sites; else up to six, the last of them today's. What was behind the promise
    then is ringed; over each month stands how many had begun, were accepted and in use, and how many were promised to be.
    """
    told: Told = context["told"]
    words, stories = fetch("sites", ""), fetch("timeline-data", "")
    document = fetch("timeline-known", "") if told.way == "known" else stories
    first, now = _counted(document["from"]), document["now"]
    labels = {entry["code"]: entry["word"] for entry in context["map_config"]["status"]}
    places = words["vocab"]["stage"]

    def at(month: int, block: Document, marks: Sequence[Mark]) -> tuple[Mark, ...]:
        stages = [places[place] if place >= 0 else "" for place in block["stage"]]
        named = dict(zip(block["code"], zip(marks, stages, strict=True), strict=True))
        return tuple(_months(document, told.way, month, named, labels))

    located, nowhere = list(sites(words)), list(unlocated(words))
    areas = ground(fetch, names=told.number is not None)  # six maps are small
    if told.number is not None:
        wanted = [told.number - first]
    else:
        # As many as there is room for where counties far from each other have a map each.
        before = MOST // len(parted([Panel(areas=areas, marks=tuple(located))])) - 1
        step = max(1, now // before)
        wanted = [month for back in range(before, -1, -1) if (month := now - step * back) >= 0]
    panels = []
    for month in wanted:
        year, before_it = divmod(first + month, 12)
        reached = _reached(stories, document, told.way, first + month, context)
        panels.append(
            Panel(wording.month(date(year, before_it + 1, 1)), areas, marks=at(month, words, located), figures=reached)
        )
    ways = {"happened": _("What happened"), "promised": _("What was promised"), "known": _("What was known then")}
    return Drawn(
        panels,
        listed=panels[0].marks if told.month else (),
        count=words["count"],
        unlocated=at(wanted[-1], words["unlocated"], nowhere),
        note=ways[told.way],
    )


def _counted(month: str) -> int:
    """``2023-06`` as months since the year 0."""
    return int(month[:4]) * 12 + int(month[5:]) - 1


def _months(
    document: Document, way: str, month: int, named: Mapping[str, tuple[Mark, str]], labels: Mapping[str, str]
) -> list[Mark]:
    """The sites at the end of a month, counted from the document's first, told one ``way`` (`mapviews.timeline`): those of which
    it tells something.

    ``named``: for each code a mark, which gives place and title, and its school stage.
    """
    ringed = document["behind"] if way != "promised" else ()
    marks = []
    for at, code in enumerate(document["code"]):
        status, _far = _at(document, way, at, month)
        if code not in named or not status:
            continue
        mark, stage = named[code]
        behind = bool(ringed) and sum(since <= month for since in ringed[at]) % 2 == 1
        ring = "behind" if behind else ""
        look = status_look(status, stage)
        marks.append(Mark(mark.lon, mark.lat, look, mark.title, labels[status], mark.approximate, ring))
    return marks


def _at(document: Document, way: str, at: int, month: int) -> Story:
    """Empty where nothing is told: before the record, or of what was never promised."""
    words, steps = document["vocab"]["status"], document[way][at]
    story = (words[0], 0) if way == "happened" or (way == "promised" and steps) else ("", -1)
    for since, place, far in zip(steps[::3], steps[1::3], steps[2::3], strict=True):
        if since <= month:
            story = (words[place] if place >= 0 else "", far)
    return story


def _reached(stories: Document, document: Document, way: str, month: int, context: Mapping[str, Any]) -> str:
    """``begun 4 (promised 6) · accepted 1 (promised 2) · in use …``, as the page has it. ``month``: since the year 0."""

    def count(of: Document, told: str, status: str) -> str:
        furthest = of["vocab"]["reached"].index(status)
        since = month - _counted(of["from"])
        return f"{sum(_at(of, told, at, since)[1] >= furthest for at in range(len(of['code']))):,}"

    promises = any(stories["promised"])
    figures = []
    for status in ("under_construction", "accepted", "in_use"):
        values: dict[str, Any] = {
            "status": say(context, f"reached_{status}"),
            "n": count(document, "happened" if way == "promised" else way, status),
            "promised": count(stories, "promised", status),
        }
        figures.append(say(context, "reached" if promises else "reachedAlone", **values))
    return " · ".join(figures)
