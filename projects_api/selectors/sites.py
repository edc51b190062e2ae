"""Sites as rows on the hot path (mechanism 5): plain tuples, geometry written by the database, orjson to bytes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import islice
from typing import Any

import orjson
from django.contrib.gis.db.models.functions import AsGeoJSON
from django.db.models import QuerySet

from projects_api import engine
from projects_api.models import Project
from projects_api.selectors.lights import light_on

# 6 decimals of a degree are about 10 cm.
PRECISION = 6
PROPERTIES = (
    "code", "title_zh", "title_en", "kind", "stage", "status", "progress", "next_milestone", "next_due",
    "location_precision", "illustrative", "places", "light", "bureau__code", "region__code",
)  # fmt: skip
NAMES = tuple(name.removesuffix("__code") for name in PROPERTIES)
# About 100 KB: larger pieces leave the processor's cache and the allocator's small blocks, and cost a quarter more.
BATCH = 200
READ = 4_000  # some 4 MB of rows


def feature_rows(projects: QuerySet[Project], *, today: date, also: Sequence[str] = ()) -> QuerySet[Project, Any]:
    """The rows that `feature` reads: `PROPERTIES`, then the columns ``also``, the shape as GeoJSON text last."""
    return projects.annotate(_shape=AsGeoJSON("site", precision=PRECISION), light=light_on(today)).values_list(
        *PROPERTIES, *also, "_shape"
    )


def feature(row: tuple[Any, ...], names: Sequence[str] = NAMES) -> dict[str, Any]:
    """A row of `feature_rows` as an RFC 7946 Feature; ``names`` of its columns in order. Without a site the geometry is null."""
    return {
        "type": "Feature",
        "id": row[0],
        "geometry": orjson.Fragment(row[-1]) if row[-1] else None,
        # The shape stands last, beyond the names.
        "properties": dict(zip(names, row, strict=False)),
    }


def feature_collection(projects: QuerySet[Project], *, today: date, head: dict[str, Any]) -> Iterator[bytes]:
    """One RFC 7946 FeatureCollection in pieces of 200 features, in constant memory.

    One query on PostgreSQL, one for 4,000 features on SpatiaLite. ``head`` are foreign members that come before ``features``.
    Projects without a site are not features; a client finds them by ``located=false`` in the list.
    """
    yield orjson.dumps({"type": "FeatureCollection", **head})[:-1] + b',"features":['
    rows = _rows(projects.filter(site__isnull=False).order_by("code"), today)
    separator = b""
    while chunk := list(islice(rows, BATCH)):
        features = [feature(row) for row in chunk]
        # One dumps for all of them: a call per feature costs as much as the query.
        yield separator + orjson.dumps(features)[1:-1]
        separator = b","
    yield b"]}"


def _rows(located: QuerySet[Project], today: date) -> Iterator[tuple[Any, ...]]:
    """In the order of the codes, for a reader who may be slow."""
    if engine.is_postgres():  # a cursor outside a transaction is a copy of the result, and in nobody's way
        yield from feature_rows(located, today=today).iterator(chunk_size=BATCH)
        return
    # Here an open one keeps every writer out: each query is read to its end before anything of it goes out (decision 38).
    last = ""
    while True:
        rows = list(feature_rows(located.filter(code__gt=last) if last else located, today=today)[:READ])
        yield from rows
        if len(rows) < READ:
            return
        last = rows[-1][0]
