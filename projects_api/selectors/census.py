"""The public's sites in this process's memory, where there are more than a browser is sent: place, status and light as columns.

Counting a window of a million sites costs the database hundreds of milliseconds after every write (docs/decisions/0037);
counted here it costs a few, at any number. What the columns say is what the tables say: before each answer the projects that
the ledger names since the last one are read again, and everything after a write to a bureau.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from threading import Lock
from typing import Any, Self

import numpy as np
from django.contrib.auth.models import AnonymousUser
from django.db.models import Case, Expression, IntegerField, Max, QuerySet, Value, When
from django.db.models.functions import Coalesce

from projects_api.choices import Light, Status
from projects_api.models import LedgerEntry, Project
from projects_api.selectors.ledger import viewer_key
from projects_api.selectors.lights import light_on
from projects_api.tiling import Range, shift_of

MANY = 50_000  # projects from which on it is kept: 18 bytes each
NOWHERE = -1  # the place of a project without a site: before all others
CHANGED = 5_000  # beyond so many changed projects all are read anew
WORDS = {"status": list(Status.values), "light": list(Light.values)}
_ROW = np.dtype([("place", "i8"), ("key", "i8"), ("status", "u1"), ("light", "u1")])
_CHUNK = 20_000

Newest = tuple[int, str]  # the newest entry of the ledger: id and hash, (0, "") for none


@dataclass(frozen=True)
class Census:
    """What the public sees as of a ledger entry and a day; ``rows`` in the order of their places."""

    newest: Newest
    today: date
    rows: np.ndarray[Any, np.dtype[np.void]]

    @property
    def count(self) -> int:
        return len(self.rows)

    @property
    def located(self) -> int:
        return self.count - int(np.searchsorted(self.rows["place"], 0))

    def heaps(self, ranges: Sequence[Range], level: int, word: str) -> Iterator[tuple[int, str, int]]:
        """(cell, status or light, sites) for the sites in ``ranges`` (of whole cells, in order), by cell of ``level``."""
        ends = np.searchsorted(self.rows["place"], [(first, last + 1) for first, last in ranges])
        parts = [self.rows[low:high] for low, high in ends if high > low]
        if not parts:
            return
        cells = np.concatenate([part["place"] for part in parts]) >> shift_of(level)
        words = np.concatenate([part[word] for part in parts])
        starts = np.flatnonzero(np.diff(cells, prepend=cells[0] - 1))  # in the order of places a cell is one stretch
        names = WORDS[word]
        which = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(cells)))
        counts = np.bincount(which * len(names) + words)
        for found in np.flatnonzero(counts).tolist():
            yield int(cells[starts[found // len(names)]]), names[found % len(names)], int(counts[found])

    def renewed(self, newest: Newest, keys: Sequence[int]) -> Self:
        """The same after the projects ``keys`` were read again. One query."""
        others = self.rows[~np.isin(self.rows["key"], keys)]
        return replace(self, newest=newest, rows=_sorted(np.concatenate([others, _read(self.today, keys)])))


_kept: Census | None = None
_one_at_a_time = Lock()


def at_most() -> int:
    """There are no more projects than this. One query on the key."""
    return Project.objects.aggregate(highest=Max("pk"))["highest"] or 0


def census_for(user: Any, today: date, highest: int) -> Census | None:
    """The columns of what ``user`` sees on that day; None for whoever sees more than the public, and where projects are few.

    ``highest`` is `at_most`. One query where they are many and nothing was written, 2 more after a write to projects. The first
    question in a process, and the first of a day, reads all rows: 0.2 seconds of processor for 100,000.
    """
    if highest <= MANY or viewer_key(user) != "public":
        return None
    global _kept
    with _one_at_a_time:
        _kept = _current(_kept, today)
        return _kept


def forget() -> None:
    """For tests, which write behind the ledger and take ids back."""
    global _kept
    _kept = None


def _current(kept: Census | None, today: date) -> Census:
    newest: Newest = LedgerEntry.objects.order_by("-id").values_list("id", "hash").first() or (0, "")
    if kept is not None and kept.today == today:
        if kept.newest == newest:
            return kept
        keys = _changed_since(kept.newest)
        if keys is not None:
            return kept.renewed(newest, keys)
    return Census(newest, today, _sorted(_read(today)))


def _changed_since(seen: Newest) -> list[int] | None:
    """The projects written to since an entry; None where that is not all that changed, or the ledger is another one."""
    entries = LedgerEntry.objects.filter(id__gte=seen[0]).order_by("id")
    columns = ("id", "hash", "project_id", "bureau_id")
    found: list[tuple[int, str, int | None, int | None]] = list(entries.values_list(*columns)[: CHANGED + 2])
    if not found or found[0][:2] != seen or len(found) > CHANGED + 1:
        return None
    if any(bureau is not None for _id, _hash, _project, bureau in found[1:]):
        return None  # a calendar or a rule of lights moves many projects' lights; plans and schools move none
    return [project for project in {row[2] for row in found[1:]} if project is not None]


def _read(today: date, keys: Sequence[int] | None = None) -> np.ndarray[Any, np.dtype[np.void]]:
    rows: QuerySet[Project] = Project.objects.visible_to(AnonymousUser()).order_by()
    if keys is not None:
        rows = rows.filter(pk__in=keys)
    numbered = rows.annotate(
        _place=Coalesce("place", Value(NOWHERE)),
        _status=_number("status", WORDS["status"]),
        _light_word=light_on(today),
        _light=_number("_light_word", WORDS["light"]),
    ).values_list("_place", "pk", "_status", "_light")
    return np.fromiter(numbered.iterator(chunk_size=_CHUNK), dtype=_ROW)


def _number(name: str, words: Sequence[str]) -> Expression:
    cases = [When(**{name: word}, then=Value(at)) for at, word in enumerate(words)]
    return Case(*cases, output_field=IntegerField())


def _sorted(rows: np.ndarray[Any, np.dtype[np.void]]) -> np.ndarray[Any, np.dtype[np.void]]:
    return rows[np.argsort(rows["place"], kind="stable")]
