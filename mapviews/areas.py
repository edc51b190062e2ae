"""Townships on a map and in the table beside it: the one document that both are drawn from.

``{"version", "count", "summary", "caution", "columns", "rows", "total", "measures", "notes"}``: a row has ``code``, ``name``,
``whole`` and, in the order of the columns, ``words`` and ``sort`` (numbers, None last); a measure has its ``legend`` (a word for
each class) and for each row its ``class`` (-1: nothing to show) and the ``label`` that stands on the map. Every word is in the
active language.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import orjson
from django.utils.translation import gettext as _

from mapviews.classes import class_of, limits
from projects_api.selectors.areas import Area, Cell

Value = Decimal | int | None


@dataclass(frozen=True)
class Column:
    """``word`` heads it; ``values`` decide the order, ``words`` are shown.

    ``of``: the measure with which it is shown, all where empty; the column of a measure's own key leads, else the one that is
    ``main``. ``link``: its figures lead to the list of the projects that they count. ``narrow``: where there are more columns
    than room, as on a phone, it is shown with these measures alone.
    """

    key: str
    word: str
    values: Sequence[Value]
    words: Sequence[str]
    of: str = ""
    main: bool = False
    link: bool = False
    narrow: Sequence[str] = ()

    def document(self) -> dict[str, Any]:
        return {
            "key": self.key, "word": self.word, "of": self.of, "main": self.main, "link": self.link, "narrow": self.narrow,
        }  # fmt: skip


@dataclass(frozen=True)
class Measure:
    """What a switch above the map can colour it by. ``scale``: ``amount`` or ``gap``, whose first class is the good one."""

    key: str
    word: str
    title: str
    scale: str
    legend: Sequence[str]
    none: str
    classes: Sequence[int]
    labels: Sequence[str]
    summary: str = ""  # in place of the document's

    def document(self) -> dict[str, Any]:
        return {
            "key": self.key, "word": self.word, "title": self.title, "scale": self.scale, "legend": self.legend,
            "none": self.none, "class": self.classes, "label": self.labels, "summary": self.summary,
        }  # fmt: skip


def in_classes(
    key: str, word: str, title: str, values: Sequence[Decimal | None], show: Callable[[Decimal], str], none: str
) -> Measure:
    """Up to five classes by natural breaks; what is nothing or not known is in none of them."""
    cuts = limits(value for value in values if value)
    classes = [class_of(value, cuts) if value else -1 for value in values]
    labels = [show(value) if value else "" for value in values]
    return Measure(key, word, title, "amount", class_words(cuts, show) if any(values) else [], none, classes, labels)


def class_words(cuts: Sequence[Decimal], show: Callable[[Decimal], str]) -> list[str]:
    """``up to 5``, ``5 to 20``, ``over 20``."""
    if not cuts:
        return [_("all alike")]
    shown = [show(cut) for cut in cuts]
    between = [_("%(low)s to %(high)s") % {"low": a, "high": b} for a, b in zip(shown, shown[1:], strict=False)]
    return [_("up to %(n)s") % {"n": shown[0]}, *between, _("over %(n)s") % {"n": shown[-1]}]


def document(
    areas: Sequence[Area],
    *,
    version: str,
    count: int,
    summary: str,
    columns: Sequence[Column],
    total: Sequence[str],
    measures: Sequence[Measure],
    notes: Sequence[str],
    projects: int | None = None,
    caution: str = "",
) -> bytes:
    """``count`` decides whether the page is empty; ``projects`` are those left by the filters, where that is another number.
    ``caution``: what is said above the map before anybody reads a figure.
    """
    rows = [
        {
            "code": area.code,
            "name": area.name,
            "whole": area.whole,
            "words": [column.words[at] for column in columns],
            "sort": [None if (value := column.values[at]) is None else float(value) for column in columns],
        }
        for at, area in enumerate(areas)
    ]
    return orjson.dumps(
        {
            "version": version,
            "count": count,
            "projects": count if projects is None else projects,
            "summary": summary,
            "caution": caution,
            "columns": [column.document() for column in columns],
            "rows": rows,
            "total": list(total),
            "measures": [measure.document() for measure in measures],
            "notes": list(notes),
        }
    )


def cells_document(cells: Sequence[Cell], areas: Sequence[Area]) -> bytes:
    """The polygons as RFC 7946 GeoJSON, each with its code, its name, where the name goes, and whether it is a guess."""
    names = {area.code: area.name for area in areas}
    features = [
        {
            "type": "Feature",
            "properties": {
                "code": cell.code,
                "name": names.get(cell.code, cell.code),
                "at": cell.at,
                "approximate": cell.approximate,
            },
            "geometry": orjson.Fragment(cell.shape),
        }
        for cell in cells
    ]
    return orjson.dumps({"type": "FeatureCollection", "features": features})
