"""How many sites lie where: counts per cell and status or light, made by the database (docs/decisions/0023).

Every question is about ranges of ``place`` (`tiling`), so the same SQL serves PostGIS and SpatiaLite. Two ways to count:

looked up   for each status and cell the next site is looked up in the index, and the cell is counted as a range of it. Only
            the index is read, in its order, and nothing is sorted: a million sites in a sixth of the time of GROUP BY on
            SQLite. For large cells, which hold many each.
grouped     GROUP BY, for small cells and for what other filters leave: the database chooses the index that leaves least.
            Lights are always counted so: they are no column, and a million rows are read for them (seconds).
in memory   what the public sees where there are many, without any filter: by columns that follow the ledger (`census`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from django.db import connection
from django.db.models import BigIntegerField, Count, Expression, F, Q, QuerySet, Value
from django.db.models.expressions import CombinedExpression, RawSQL

from projects_api.choices import Status
from projects_api.models import Project
from projects_api.selectors.census import Census
from projects_api.selectors.lights import light_on
from projects_api.tiling import Range, shift_of

LARGE = 14  # the finest level whose cells are looked up: 2 km
_TABLE = Project._meta.db_table


class Heap(NamedTuple):
    """So many sites of a status (or light) in a cell; ``cell`` is its number at the level that was asked for."""

    cell: int
    word: str
    sites: int


def heaps(
    projects: QuerySet[Project],
    ranges: Sequence[Range],
    level: int,
    *,
    few: bool,
    light: date | None = None,
    census: Census | None = None,
) -> list[Heap]:
    """The sites of ``projects`` in ``ranges`` (of whole cells) by cell of ``level`` and status, in no order.

    One query; for small cells one for each range; none with a ``census``, which then must be that of the same projects.

    ``few``: filters beyond what a reader may see leave few of them. ``light``: by their light on that day, not by status.
    Without a census the time grows with the sites counted.
    """
    if not ranges:
        return []
    if census is not None and not few:
        return [Heap(*row) for row in census.heaps(ranges, level, "status" if light is None else "light")]
    if light is not None:
        return _grouped(within(projects, ranges).annotate(_light=light_on(light)), level, "_light")
    if few:
        return _grouped(within(projects, ranges), level, "status")
    if level <= LARGE:
        return _looked_up(projects, ranges, level)
    # By all statuses and one range after the other, so that the index with both is read, and nothing but it.
    every = projects.filter(status__in=Status.values)
    return [heap for area in ranges for heap in _grouped(every.filter(place__range=area), level, "status")]


def within(projects: QuerySet[Project], ranges: Sequence[Range]) -> QuerySet[Project]:
    """Those whose site lies in one of the ranges."""
    wanted = Q()
    for first, last in ranges:
        wanted |= Q(place__range=(first, last))
    return projects.filter(wanted) if ranges else projects.none()


def _grouped(projects: QuerySet[Project], level: int, word: str) -> list[Heap]:
    cell: Expression = CombinedExpression(F("place"), ">>", Value(shift_of(level)), output_field=BigIntegerField())
    # Not the keys but the rows are counted: the key is not in the index.
    rows = projects.order_by().annotate(_cell=cell).values_list("_cell", word).annotate(_sites=Count("*"))
    return [Heap(*row) for row in rows]


def _looked_up(projects: QuerySet[Project], ranges: Sequence[Range], level: int) -> list[Heap]:
    shift = shift_of(level)  # a number of ours, as are the statuses and the ranges
    inside, parameters = (
        projects.order_by()
        .filter(
            status=RawSQL("heap.status", ()),
            place__gte=RawSQL(f"((heap.lowest >> {shift}) << {shift})", ()),
            place__lt=RawSQL(f"(((heap.lowest >> {shift}) + 1) << {shift})", ()),
        )
        .values("pk")
        .query.sql_with_params()
    )
    lowest = f"SELECT MIN(p.place) FROM {_TABLE} p WHERE p.status = %s AND p.place BETWEEN %s AND %s"
    areas = ", ".join(f"(CAST({first} AS bigint), CAST({last} AS bigint))" for first, last in ranges)
    words = ", ".join(f"('{status}')" for status in Status.values)
    sql = f"""
        WITH RECURSIVE area(first, last) AS (VALUES {areas}), word(status) AS (VALUES {words}),
        heap(status, lowest, last) AS (
            SELECT word.status, ({lowest % ("word.status", "area.first", "area.last")}), area.last FROM word, area
            UNION ALL
            SELECT heap.status, ({lowest % ("heap.status", f"((heap.lowest >> {shift}) + 1) << {shift}", "heap.last")}),
                heap.last
            FROM heap WHERE heap.lowest IS NOT NULL
        )
        SELECT heap.lowest >> {shift}, heap.status, (SELECT COUNT(*) FROM ({inside}) found)
        FROM heap WHERE heap.lowest IS NOT NULL"""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return [Heap(*row) for row in cursor.fetchall() if row[2]]
