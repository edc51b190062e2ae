"""Sites as rows on the hot path (mechanism 5): plain tuples, geometry written by the database, orjson to bytes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import islice
from typing import Any

import orjson
from django.contrib.gis.db.models.functions import AsGeoJSON
from django.db.models import QuerySet

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


def feature_collection(projects: QuerySet[Project], *, today: date, head: dict[str, Any]) -> Iterator[bytes]:
    """One RFC 7946 FeatureCollection in pieces of 200 features; one query, constant memory.

    ``head`` are foreign members that come before ``features``. Projects without a site are not features; a client finds
    them by ``located=false`` in the list.
    """
    yield orjson.dumps({"type": "FeatureCollection", **head})[:-1] + b',"features":['
    rows = (
        projects.filter(site__isnull=False)
        .order_by("code")
        .annotate(_shape=AsGeoJSON("site", precision=PRECISION), light=light_on(today))
        .values_list(*PROPERTIES, "_shape")
        .iterator(chunk_size=BATCH)
    )
    fragment = orjson.Fragment
    separator = b""
    while chunk := list(islice(rows, BATCH)):
        features = [
            # The shape stands last, beyond NAMES.
            {
                "type": "Feature",
                "id": row[0],
                "geometry": fragment(row[-1]),
                "properties": dict(zip(NAMES, row, strict=False)),
            }
            for row in chunk
        ]
        # One dumps for all of them: a call per feature costs as much as the query.
        yield separator + orjson.dumps(features)[1:-1]
        separator = b","
    yield b"]}"
