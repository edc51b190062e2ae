"""The sheets of sites: by status, what is late, and two days side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from mapviews.paper.drawn import Bar, Bars, Drawn, Fetch, Table, picture, say
from mapviews.paper.panels import Area, Document, Mark, Panel, faint, outlines, sites, unlocated
from mapviews.sides import Side
from projects_api import wording

DIFFERENT = 300  # rows; as on the page


def ground(fetch: Fetch, *, names: bool = True) -> tuple[Area, ...]:
    """What lies under sites where there is no base map: the counties, and in them their townships as far as they are known."""
    townships = faint(fetch("cells", ""))
    return (*outlines(fetch("outline", "")), *(area if names else replace(area, label="") for area in townships))


def by_status(fetch: Fetch, context: Mapping[str, Any]) -> Drawn:
    document = fetch("sites", "")
    marks = tuple(sites(document))
    panel = Panel(areas=ground(fetch), marks=marks)
    return Drawn([panel], marks, document["count"], tuple(unlocated(document)))


def late(fetch: Fetch, context: Mapping[str, Any]) -> Drawn:
    """What is late, by how much and why: the latest first, and what the days were lost to."""
    document = fetch("lights-sites", "")
    reasons: Mapping[str, str] = context["map_config"]["reason"]
    words: list[str] = document["vocab"]["late"]

    def told(block: Document, at: int) -> str:
        return words[block["late"][at]] if block["late"][at] >= 0 else ""

    def latest_first(marks: list[Mark], block: Document) -> tuple[Mark, ...]:
        slip = [-inf if days is None else days for days in block["slip"]]
        return tuple(marks[at] for at in sorted(range(len(marks)), key=lambda at: -slip[at]))

    marks = latest_first(list(sites(document, paint="light", say=told)), document)
    nowhere = latest_first(list(unlocated(document, paint="light", say=told)), document["unlocated"])
    lost: Mapping[str, int] = document["lost"]
    most = max(lost.values(), default=1)
    bars = Bars(
        _("What the days were lost to"),
        tuple(Bar(reasons[code], say(context, "days", days), round(100 * days / most)) for code, days in lost.items()),
        say(context, "nothingLost"),
    )
    panel = Panel(areas=ground(fetch), marks=marks)
    return Drawn([panel], marks, document["count"], nowhere, bars=bars)


@dataclass(frozen=True)
class _Told:
    """What one side says of a project. ``key``: what has to be another for it to be different."""

    mark: Mark
    key: tuple[str, str]
    words: str


def compare(fetch: Fetch, context: Mapping[str, Any]) -> Drawn:
    """Two days or two layers, each named, and what differs between them: the same rings and rows as on the page."""
    areas = ground(fetch)
    layers = {key: str(words) for key, words in context["side_layers"]}
    pair: tuple[Side, Side] = context["sides"]
    titles, placed, told = [], [], []
    nowhere: dict[str, Mark] = {}
    count = 0
    for side in pair:
        document = fetch("sites" if side.layer == "status" else "lights-sites", side.query)
        titles.append(_title(side, layers if any(each.layer != "status" for each in pair) else {}))
        marks = dict(zip(document["code"], sites(document, paint=side.layer), strict=True))
        without = dict(zip(document["unlocated"]["code"], unlocated(document, paint=side.layer), strict=True))
        placed.append(marks)
        told.append(
            _told(document, marks, side.layer, context)
            | _told({**document["unlocated"], "vocab": document["vocab"]}, without, side.layer, context)
        )
        nowhere |= without
        count = max(count, document["count"])
    alike = pair[0].layer == pair[1].layer
    codes = sorted({*told[0], *told[1]})
    different = [code for code in codes if not alike or _key(told[0].get(code)) != _key(told[1].get(code))]
    ringed = set(different) if alike else set()
    panels = [
        Panel(title=title, areas=areas, marks=tuple(_ringed(mark, code in ringed) for code, mark in marks.items()))
        for title, marks in zip(titles, placed, strict=True)
    ]
    table = _table(told, different, titles, context)
    note = _note(len(different), len(codes), alike, context)
    listed = tuple(nowhere[code] for code in sorted(nowhere))
    layers_shown = [*(side.layer for side in pair), *(["differs"] if ringed else []), "place"]
    return Drawn(panels, count=count, unlocated=listed, note=note, table=table, layers=layers_shown)


def _ringed(mark: Mark, differs: bool) -> Mark:
    return replace(mark, ring="differs") if differs else mark


def _title(side: Side, layers: Mapping[str, str]) -> str:
    """ "What is late · 30 June 2023 · as known then". ``layers``: their words, where the two are not both by status."""
    day = wording.day(side.day) if side.day else _("Today")
    then = _("as known then") if side.day and side.known else ""
    return " · ".join(filter(None, [layers.get(side.layer, ""), day, then]))


def _told(block: Document, marks: Mapping[str, Mark], layer: str, context: Mapping[str, Any]) -> dict[str, _Told]:
    words = {entry["code"]: entry["word"] for entry in context["map_config"][layer]}
    found = {}
    for at, (code, mark) in enumerate(marks.items()):
        value = block["vocab"][layer][block[layer][at]]
        progress = f"{block['progress'][at]} %" if layer == "status" else ""
        found[code] = _Told(mark, (value, progress), " · ".join(filter(None, [words[value], progress])))
    return found


def _note(different: int, all_: int, alike: bool, context: Mapping[str, Any]) -> str:
    """How many say something else (of two layers: all)."""
    if not different:
        return say(context, "same")
    note = say(context, "different" if alike else "readings", different, all=f"{all_:,}")
    if different > DIFFERENT:
        note += " " + say(context, "first", n=DIFFERENT)
    return note


def _table(
    told: Sequence[Mapping[str, _Told]], codes: Sequence[str], titles: Sequence[str], context: Mapping[str, Any]
) -> Table | None:
    rows = []
    for code in codes[:DIFFERENT]:
        both = [side.get(code) for side in told]
        title = next(side.mark.title for side in reversed(both) if side)
        rows.append((title, *(_cell(side, context) for side in both)))
    return Table((_("Project"), *titles), tuple(rows), figures=False) if rows else None


def _key(told: _Told | None) -> tuple[str, str] | None:
    return told.key if told else None


def _cell(told: _Told | None, context: Mapping[str, Any]) -> SafeString | str:
    return format_html("{} {}", picture(told.mark), told.words) if told else say(context, "notThere")
