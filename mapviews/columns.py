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
from projects_api.choices import STAGE_NAMES, STANDS_STILL, Kind, Light, LocationPrecision, SchoolStage, Status
from projects_api.models import Milestone, Project
from projects_api.models.base import in_reader_language
from projects_api.past import Past
from projects_api.selectors.lateness import Lateness, lateness_of, lateness_of_documents
from projects_api.selectors.lights import light_on
from projects_api.selectors.places import region_names

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


# What the marks of a paint are drawn from (`mapviews.layers.SiteLayer`).
PAINTS: dict[str, tuple[str, ...]] = {
    "status": ("status", "stage", "precision"),
    "light": ("status", "stage", "precision", "light"),
}
_ROW = (
    "lon", "lat", "code", "title", "status", "stage", "kind", "precision", "progress", "next", "next_due", "region", "light",
)  # fmt: skip


def marks(projects: QuerySet[Project], *, version: str, today: date, paint: str = "status") -> bytes:
    """What the first marks need of the located ``projects``, in the order and with the words of ``columns``; 2 queries.

    ``count`` counts the sites without a location too. A fifth of ``columns``: on a telephone's connection the map stands
    seconds earlier.
    """
    located = (
        projects.filter(site__isnull=False)
        .order_by("code")
        .annotate(_lon=Longitude(F("site")), _lat=Latitude(F("site")))
    )
    names = {"precision": "location_precision", "light": "_light"}
    if "light" in PAINTS[paint]:
        located = located.annotate(_light=light_on(today))
    rows = list(located.values_list("_lon", "_lat", *(names.get(name, name) for name in PAINTS[paint])))
    return _marks(rows, projects.count(), version=version, paint=paint)


def past_marks(pasts: Sequence[Past], *, version: str, paint: str = "status") -> bytes:
    """`marks` of another day. No query."""
    lit = "light" in PAINTS[paint]
    rows = [row for past in pasts if (row := _past_row(past, lit=lit))[0] is not None]
    chosen = [_ROW.index(name) for name in ("lon", "lat", *PAINTS[paint])]
    return _marks([[row[at] for at in chosen] for row in rows], len(pasts), version=version, paint=paint)


def _marks(rows: Sequence[Row], count: int, *, version: str, paint: str) -> bytes:
    lon, lat, *coded = zip(*rows, strict=True) if rows else [()] * (2 + len(PAINTS[paint]))
    fields = {
        name: [_PLACES[name].get(value, -1) for value in column]
        for name, column in zip(PAINTS[paint], coded, strict=True)
    }
    vocabulary = {name: VOCABULARIES[name] for name in fields}
    return orjson.dumps({"version": version, "count": count, "vocab": vocabulary, "lon": lon, "lat": lat, **fields})


def columns(projects: QuerySet[Project], *, version: str, today: date, paint: str = "status") -> bytes:
    """The columnar JSON document of ``projects``, which are already visible to the reader and filtered.

    ``code title lon lat status stage kind precision light progress next next_due region`` are lists of equal length; an
    integer stands for a place in ``vocab``, -1 for none. ``unlocated`` has the same columns without coordinates.
    Titles and names are in the active language. At most 3 queries: projects, region names,
    and the names of milestones that are not in the standard templates.

    ``paint="light"`` adds ``slip`` (calendar days from the promised finish to the expected one, None: nothing was promised),
    ``late`` (the same in words, with the reason) and ``lost`` (days lost by reason, over all); 2 queries more.
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
            "next_milestone", "_due", "region__code", "_light",
        )
    )  # fmt: skip
    return _columns(rows, version=version, lateness=lateness_of(projects, today) if paint == "light" else None)


def past_columns(pasts: Sequence[Past], *, version: str, paint: str = "status") -> bytes:
    """`columns` of another day. 2 queries, for the names."""
    states = ((past.document, past.bureau, past.outlook, past.day) for past in pasts)
    lateness = lateness_of_documents(states) if paint == "light" else None
    return _columns([_past_row(past) for past in pasts], version=version, lateness=lateness)


def _past_row(past: Past, *, lit: bool = True) -> Row:
    """``lit``: with its light, which takes longer to calculate than all the rest."""
    document = past.document
    lon, lat = (round(degrees, 6) for degrees in document["site"]["coordinates"]) if document["site"] else (None, None)
    title = in_reader_language(document["title_zh"], document["title_en"])
    return (
        lon, lat, document["code"], title, document["status"], document["stage"], document["kind"],
        document["location_precision"], document["progress"], document["next_milestone"], document["next_due"],
        document["region"], past.outlook.light_on(past.day).value if lit else "",
    )  # fmt: skip


def _columns(rows: Sequence[Row], *, version: str, lateness: Lateness | None) -> bytes:
    key, region = _ROW.index("next"), _ROW.index("region")
    milestones = _milestone_names({row[key] for row in rows if row[key]})
    regions = region_names(row[region] for row in rows)
    places: dict[str, dict[str, int]] = _PLACES | {
        "next": {key: place for place, key in enumerate(milestones)},
        "region": {code: place for place, code in enumerate(regions)},
    }
    vocabulary: dict[str, list[str]] = VOCABULARIES | {
        "next": list(milestones.values()),
        "region": list(regions.values()),
    }
    if lateness:
        vocabulary["late"] = sorted(set(filter(None, lateness.words.values())))
        places["late"] = {words: place for place, words in enumerate(vocabulary["late"])}

    def block(chosen: Sequence[Row]) -> dict[str, list[Any]]:
        columns = {name: [row[at] for row in chosen] for at, name in enumerate(_ROW)}
        if lateness:
            columns["slip"] = [lateness.slip.get(code) for code in columns["code"]]
            columns["late"] = [lateness.words.get(code, "") for code in columns["code"]]
        for at, status in enumerate(columns["status"]):
            if status in STANDS_STILL:
                columns["next_due"][at] = None  # nobody works towards it
            if status == Status.CANCELLED:
                columns["next"][at] = ""
        for name in places.keys() & columns.keys():
            columns[name] = [places[name].get(value, -1) for value in columns[name]]
        return {name: column for name, column in columns.items() if name not in ("lon", "lat")}

    located = [row for row in rows if row[0] is not None]
    return orjson.dumps(
        {
            "version": version,
            "count": len(rows),
            "vocab": vocabulary,
            **({"lost": lateness.lost} if lateness else {}),
            **block(located),
            "lon": [row[0] for row in located],
            "lat": [row[1] for row in located],
            "unlocated": block([row for row in rows if row[0] is None]),
        }
    )


def _milestone_names(keys: set[str]) -> dict[str, str]:
    """Milestone keys with their words; a key of a bureau's own, or of an import, is named by its milestones."""
    names = {key: in_reader_language(*STAGE_NAMES[key]) for key in sorted(keys & STAGE_NAMES.keys())}
    if own := sorted(keys - STAGE_NAMES.keys()):
        found = Milestone.objects.filter(key__in=own).order_by().values_list("key", "title_zh", "title_en").distinct()
        titles = {key: in_reader_language(zh, en) for key, zh, en in found}
        names |= {key: titles.get(key) or key for key in own}
    return names
