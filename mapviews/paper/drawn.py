"""What a view puts on its sheet (`paper.sheet` lays it out): panels, what the list names, a table, what stands beside the map."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString, mark_safe

from mapviews.paper.drawing import symbol
from mapviews.paper.panels import Mark, Panel

Fetch = Callable[[str, str], Any]  # the name of a document's address, what is asked for beside the filters
Cell = str | SafeString


@dataclass(frozen=True)
class Table:
    """``total``: the last row, where there is one. ``figures``: whether all but the first column are numbers."""

    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: tuple[str, ...] = ()
    figures: bool = True


@dataclass(frozen=True)
class Bar:
    """A row of the panel beside the map: ``percent`` of the longest."""

    word: str
    amount: str
    percent: int


@dataclass(frozen=True)
class Bars:
    title: str
    rows: tuple[Bar, ...]
    empty: str  # what it says without any


@dataclass(frozen=True)
class Drawn:
    """``listed``: the marks that the list names; ``unlocated``: what has no place, named after them. ``count`` None: the note
    says it. ``layers``: the sections of the view's legend that this sheet needs, all where None; ``legend``: its own instead.
    """

    panels: list[Panel]
    listed: Sequence[Mark] = ()
    count: int | None = None
    unlocated: Sequence[Mark] = ()
    note: str = ""
    table: Table | None = None
    bars: Bars | None = None
    layers: Sequence[str] | None = None
    legend: Sequence[tuple[str, str]] | None = None


def say(context: Mapping[str, Any], key: str, count: int | None = None, **values: object) -> str:
    """A text of the page's scripts, as they say it: ``key`` with ``_one`` for exactly one."""
    words: Mapping[str, str] = context["map_config"]["words"]
    if count is not None:
        values = {"n": f"{abs(count):,}", **values}
        key = f"{key}_one" if abs(count) == 1 and f"{key}_one" in words else key
    return words[key] % values


def picture(mark: Mark, size: float = 4.2) -> SafeString:
    drawn = symbol(mark, size / 2, size / 2, (size - 0.6) * (0.72 if mark.ring else 1))  # with its ring
    return mark_safe(f'<svg width="{size}mm" height="{size}mm" viewBox="0 0 {size} {size}">{drawn}</svg>')
