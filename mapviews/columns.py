"""The sites as columns: what the browser draws, a third of the size of the same rows as GeoJSON.

Rows, not objects (mechanism 5): the database gives plain values, and the coordinates as two numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import orjson
from django.db.models import CharField, F, FloatField, Func, QuerySet, Value
from django.db.models.functions import Cast, Coalesce, NullIf

from mapviews.styles import speaks_chinese
from projects_api.choices import STAGE_NAMES, Kind, Light, LocationPrecision, SchoolStage, Status
from projects_api.models import Milestone, Project, Region
from projects_api.models.base import in_reader_language
from projects_api.selectors.lights import light_on

Row = Sequence[Any]

VOCABULARIES: dict[str, list[str]] = {
    "status": list(Status.values),
    "stage": list(SchoolStage.values),
    "kind": list(Kind.values),
    "precision": list(LocationPrecision.values),
    "light": list(Light.values),
}
_PLACES = {name: {code: place for place, code in enumerate(codes)} for name, codes in VOCABULARIES.items()}


class _Ordinate(Func):
    """A point's coordinate in degrees, rounded to about 10 cm by the database; both engines know the functions.

    The digits beyond are noise that does not compress: they made up a quarter of what is sent.
    """

    output_field = FloatField()
    arity = 1
    template = "ROUND(%(function)s(%(expressions)s) * 1e6) / 1e6"


class Longitude(_Ordinate):
    function = "ST_X"


class Latitude(_Ordinate):
    function = "ST_Y"


def marks(projects: QuerySet[Project], *, version: str, today: date) -> bytes:
    """What the first marks need of the located ``projects``, in the order and with the words of ``columns``; 2 queries.

    ``count`` counts the sites without a location too. A fifth of ``columns``: on a telephone's connection the map stands
    seconds earlier.
    """
    located = (
        projects.filter(site__isnull=False)
        .order_by("code")
        .annotate(_lon=Longitude(F("site")), _lat=Latitude(F("site")))
    )
    rows = list(located.values_list("_lon", "_lat", "status", "stage", "location_precision"))
    lon, lat, *coded = zip(*rows, strict=True) if rows else [()] * 5
    fields = {
        name: [_PLACES[name].get(value, -1) for value in column]
        for name, column in zip(("status", "stage", "precision"), coded, strict=True)
    }
    vocabulary = {name: VOCABULARIES[name] for name in fields}
    return orjson.dumps(
        {"version": version, "count": projects.count(), "vocab": vocabulary, "lon": lon, "lat": lat, **fields}
    )


def columns(projects: QuerySet[Project], *, version: str, today: date) -> bytes:
    """The columnar JSON document of ``projects``, which are already visible to the reader and filtered.

    ``code title lon lat status stage kind precision light progress next next_due region`` are lists of equal length; an
    integer stands for a place in ``vocab``, -1 for none. ``unlocated`` has the same columns without coordinates.
    Titles and names are in the active language. At most 3 queries: projects, region names,
    and the names of milestones that are not in the standard templates.
    """
    first, second = ("title_zh", "title_en") if speaks_chinese() else ("title_en", "title_zh")
    rows: list[Row] = list(
        projects.order_by("code")
        .annotate(
            _lon=Longitude(F("site")),
            _lat=Latitude(F("site")),
            _title=Coalesce(NullIf(first, Value("")), second),
            _due=Cast("next_due", CharField()),
            _light=light_on(today),
        )
        .values_list(
            "_lon", "_lat", "code", "_title", "status", "stage", "kind", "location_precision", "progress",
            "next_milestone", "_due", "region_id", "_light",
        )
    )  # fmt: skip
    located = [row for row in rows if row[0] is not None]
    unlocated = [row for row in rows if row[0] is None]
    milestones = _milestone_names({row[9] for row in rows if row[9]})
    regions = _region_names({row[11] for row in rows})
    names = {key: place for place, key in enumerate(milestones)}
    places = {pk: place for place, pk in enumerate(regions)}

    def block(chosen: Sequence[Row]) -> dict[str, list[Any]]:
        _, _, code, title, status, stage, kind, precision, progress, key, due, region, light = _by_column(chosen)
        return {
            "code": code,
            "title": title,
            "status": [_PLACES["status"].get(value, -1) for value in status],
            "stage": [_PLACES["stage"].get(value, -1) for value in stage],
            "kind": [_PLACES["kind"].get(value, -1) for value in kind],
            "precision": [_PLACES["precision"].get(value, -1) for value in precision],
            "light": [_PLACES["light"][value] for value in light],
            "progress": progress,
            "next": [names.get(value, -1) for value in key],
            "next_due": due,
            "region": [places.get(value, -1) for value in region],
        }

    return orjson.dumps(
        {
            "version": version,
            "count": len(rows),
            "vocab": VOCABULARIES | {"next": list(milestones.values()), "region": list(regions.values())},
            **block(located),
            "lon": [row[0] for row in located],
            "lat": [row[1] for row in located],
            "unlocated": block(unlocated),
        }
    )


def _by_column(rows: Sequence[Row]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(13)]


def _milestone_names(keys: set[str]) -> dict[str, str]:
    """Milestone keys with their words; a key of a bureau's own, or of an import, is named by its milestones."""
    names = {key: in_reader_language(*STAGE_NAMES[key]) for key in sorted(keys & STAGE_NAMES.keys())}
    if own := sorted(keys - STAGE_NAMES.keys()):
        found = Milestone.objects.filter(key__in=own).order_by().values_list("key", "title_zh", "title_en").distinct()
        titles = {key: in_reader_language(zh, en) for key, zh, en in found}
        names |= {key: titles.get(key) or key for key in own}
    return names


def _region_names(ids: set[int]) -> dict[int, str]:
    found = Region.objects.filter(pk__in=ids).order_by("code").values_list("pk", "name_zh", "name_en")
    return {pk: in_reader_language(zh, en) for pk, zh, en in found}
