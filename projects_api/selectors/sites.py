"""Sites as rows on the hot path (mechanism 5): plain tuples, geometry written by the database, orjson to bytes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import islice
from tempfile import SpooledTemporaryFile
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
IN_MEMORY = 8 * 1024 * 1024
PIECE = 128 * 1024


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
    """One RFC 7946 FeatureCollection in pieces, in constant memory, for a reader who may be slow. One query.

    ``head`` are foreign members that come before ``features``. Projects without a site are not features; a client finds them by
    ``located=false`` in the list.
    """
    pieces = _pieces(projects.filter(site__isnull=False).order_by("code"), today, head)
    # On PostgreSQL a cursor outside a transaction is a copy of the result, and in nobody's way. On SQLite an open one keeps every
    # writer out: it is read to its end before anything goes out, as fast as the database gives it. (Asked for again after the
    # last code, or by keys, the rows cost two to four times as much.)
    return pieces if engine.is_postgres() else _read_first(pieces)


def _pieces(located: QuerySet[Project], today: date, head: dict[str, Any]) -> Iterator[bytes]:
    yield orjson.dumps({"type": "FeatureCollection", **head})[:-1] + b',"features":['
    rows = feature_rows(located, today=today).iterator(chunk_size=BATCH)
    separator = b""
    while chunk := list(islice(rows, BATCH)):
        features = [feature(row) for row in chunk]
        # One dumps for all of them: a call per feature costs as much as the query.
        yield separator + orjson.dumps(features)[1:-1]
        separator = b","
    yield b"]}"


def _read_first(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes, once all are there: in memory, or in a file without a name where they are many."""
    with SpooledTemporaryFile(max_size=IN_MEMORY) as file:
        for piece in pieces:
            file.write(piece)
        file.seek(0)
        while piece := file.read(PIECE):
            yield piece
