"""What a table is: its columns, whose rows they are, and how they are read in chunks.

Chunks are asked for by key, each a short query that is read to its end: a slow reader of a download keeps no lock and no cursor
open, and memory does not grow with the number of rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.contrib.auth.models import AnonymousUser
from django.db.models import FloatField, Func, QuerySet

from projects_api.interchange.opendata.columns import DECIMAL, TEXT, Column, Reader, Reading, Row, of_field
from projects_api.interchange.opendata.words import TITLES, about
from projects_api.models import Bureau, Milestone, Project
from projects_api.past import Past

CHUNK = 500  # projects; of their stages and the like 20 times as many rows
# What is the same for everything that is public says nothing.
SAYS_NOTHING = frozenset({"published", "archived", "public"})


@dataclass(frozen=True)
class Scope:
    """The public projects that the reader chose, or the whole of a bureau, or everything. ``pasts``: as they
    were on another day."""

    projects: QuerySet[Project]
    bureau: Bureau | None = None
    pasts: Sequence[Past] | None = None


def public_scope(bureau: Bureau | None = None) -> Scope:
    projects = Project.objects.visible_to(AnonymousUser())
    return Scope(projects if bureau is None else projects.filter(bureau=bureau), bureau)


Chunks = Iterator[list[Row]]
Read = Callable[[Scope, Reading, int], Chunks]


@dataclass(frozen=True)
class Table:
    """``read(scope, reading, chunk)`` gives rows in the order of ``columns``. ``of_projects``: the filters of projects narrow it,
    else the bureau alone does. ``key``: the columns that name a row. ``located``: it has lon and lat, and so is a GeoJSON too;
    ``shaped``: so it is where a row has an outline: ``read``, with the geometry as GeoJSON last. ``terms``: under which the rows
    may be used, where not the installation's licence decides that."""

    name: str
    title: Any
    about: Any
    columns: tuple[Column, ...]
    read: Read
    key: tuple[str, ...]
    of_projects: bool = True
    located: bool = False
    shaped: Read | None = None
    terms: Any = ""


# --- columns that are made from several ---


def made(name: str, kind: str, *source: Any, make: Any = None, codes: Any = (), table: str = "projects") -> Column:
    return Column(name, kind, TITLES[name], source, make, codes, about(table, name))


def of_model(table: str, model: Any, names: Iterable[str]) -> tuple[Column, ...]:
    return tuple(of_field(model, name, about=about(table, name)) for name in names)


def ordinate(of: str, axis: str) -> Column:
    source = Func(of, function=f"ST_{axis}", output_field=FloatField())
    name = {"X": "lon", "Y": "lat"}[axis]
    return Column(name, DECIMAL, TITLES[name], (source,), _rounded, about=about("", "site"))


def _rounded(reading: Reading, value: float | None) -> float | None:
    return None if value is None else round(value, 7)


def slug(reading: Reading, bureau: str, year: int | None) -> str | None:
    return None if year is None else f"{bureau}-{year}"


def from_json(reading: Reading, text: str | None) -> Any:
    return None if text is None else orjson.loads(text)


# --- rows ---


def by_key(rows: QuerySet[Any], key: str, sources: Iterable[Any], chunk: int) -> Iterator[list[tuple[Any, ...]]]:
    """The rows in the order of a unique column, in chunks; one query for each and one that finds nothing more."""
    asked = rows.order_by(key).values_list(key, *sources)
    page = list(asked[:chunk])
    while page:
        yield [row[1:] for row in page]
        page = list(asked.filter(**{f"{key}__gt": page[-1][0]})[:chunk]) if len(page) == chunk else []


def plain(rows: Callable[[Scope], QuerySet[Any]], columns: tuple[Column, ...], key: str = "code") -> Any:
    """A table whose rows are those of one query."""
    reader = Reader(columns)

    def read(scope: Scope, reading: Reading, chunk: int) -> Chunks:
        for found in by_key(rows(scope), key, reader.sources, chunk):
            yield reader.rows(found, reading)

    return read


@dataclass(frozen=True)
class Owner:
    """A project that rows hang on."""

    code: str
    zone: str


Owners = dict[int, Owner]


def hanging(rows_of: Callable[[Owners, Reading], dict[int, list[Row]]]) -> Any:
    """A table of rows that hang on projects, in the order of the projects' codes. ``rows_of``: by project, without its code."""

    def read(scope: Scope, reading: Reading, chunk: int) -> Chunks:
        for found in by_key(scope.projects, "code", ("pk", "code", "bureau__time_zone"), chunk):
            owners = {pk: Owner(code, zone) for pk, code, zone in found}
            rows = rows_of(owners, reading)
            yield [[owner.code, *row] for pk, owner in owners.items() for row in rows.get(pk, ())]

    return read


PROJECT = Column("project", TEXT, Milestone._meta.get_field("project").verbose_name, about=about("", "project"))
