"""What the map's search box finds: the sites that the page's filters leave, and townships, by name."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import orjson
from django.contrib.gis.geos import Point
from django.db.models import Case, F, IntegerField, Value, When
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from mapviews.clusters import MANY
from mapviews.columns import Latitude, Longitude
from mapviews.filters import bureaus_shown
from projects_api.errors import InvalidInput
from projects_api.filtersets import filtered
from projects_api.models import Project, Region
from projects_api.models.base import in_reader_language
from projects_api.past import past_projects, when_in
from projects_api.selectors.bureaus import day_for
from projects_api.selectors.places import region_names
from projects_api.spelling import finds, search_text, search_words

SITES, TOWNSHIPS = 10, 5
WHEN = ("as_of", "on")


def found(request: HttpRequest) -> bytes:
    """``{"sites": [{code, title, region, place}], "more": …, "townships": [{code, name, place}]}`` for ``q`` and the filters.

    ``place`` is ``[lon, lat]``, None where it is not known; ``more``: there are other sites. What begins with the first word
    comes first. At most 5 queries. Raises InvalidInput for a wrong filter and for no ``q``.
    """
    visible = Project.objects.visible_to(request.user)
    projects = filtered(request, visible, view_parameters=WHEN)
    words = search_words(request.GET.get("q", ""))
    if not words:
        raise InvalidInput.one("?q", "required", _("Say what you are looking for."))
    when = when_in(request.GET, day_for(request.GET, timezone.now()))
    if when.given:
        pasts = past_projects(request.user, request.GET, when)
        sites = [_past_site(past.document) for past in pasts[: SITES + 1]]
        names = region_names(site["region"] for site in sites)
        sites = [site | {"region": names.get(site["region"], "")} for site in sites]
    else:
        sites = _sites(projects, words[0])
    _all, shown = bureaus_shown(visible, request.GET)
    townships = _townships([bureau.region_id for bureau in shown], words)
    return orjson.dumps({"sites": sites[:SITES], "more": len(sites) > SITES, "townships": townships})


def names(request: HttpRequest, own: Collection[str] = ()) -> bytes:
    """What a file that was taken along looks through, having nobody to ask: ``{"sites", "townships"}`` of all that the filters
    leave, as columns with every spelling (``spelled``, `projects_api.spelling.search_text`). At most `MANY` sites; 5 queries.

    ``own``: the page's own parameters.
    """
    visible = Project.objects.visible_to(request.user)
    projects = filtered(request, visible, view_parameters=(*WHEN, *own))
    when = when_in(request.GET, timezone.localdate())
    if when.given:
        documents = [past.document for past in past_projects(request.user, request.GET, when)]
        regions = region_names(document["region"] for document in documents)
        rows = [
            [
                site["code"], site["title"], regions.get(site["region"], ""), site["place"],
                search_text(document["title_zh"], document["title_en"], document["code"]),
            ]
            for document, site in ((document, _past_site(document)) for document in documents)
        ]  # fmt: skip
    else:
        found = _located(projects).order_by("code").values_list(*_TOLD, "search_text")[:MANY]
        rows = [[*_told(row).values(), row[-1]] for row in found]
    _all, shown = bureaus_shown(visible, request.GET)
    townships = [
        [region.code, region.name, _place(region.point), search_text(region.name_zh, region.name_en)]
        for region in _below([bureau.region_id for bureau in shown])
    ]
    return orjson.dumps(
        {
            "sites": _columns(("code", "title", "region", "place", "spelled"), rows),
            "townships": _columns(("code", "name", "place", "spelled"), townships),
        }
    )


def _columns(keys: Sequence[str], rows: Sequence[Sequence[Any]]) -> dict[str, list[Any]]:
    return {key: [row[at] for row in rows] for at, key in enumerate(keys)}


_TOLD = ("code", "title_zh", "title_en", "region__name_zh", "region__name_en", "_lon", "_lat")


def _located(projects: Any) -> Any:
    return projects.annotate(_lon=Longitude(F("site")), _lat=Latitude(F("site")))


def _told(row: Sequence[Any]) -> dict[str, Any]:
    code, title_zh, title_en, name_zh, name_en, lon, lat = row[:7]
    return {
        "code": code,
        "title": in_reader_language(title_zh, title_en),
        "region": in_reader_language(name_zh, name_en),
        "place": None if lon is None else [lon, lat],
    }


def _sites(projects: Any, first: str) -> list[dict[str, Any]]:
    begins = When(search_text__contains=f"\n{first}", then=Value(0))
    ranked = _located(projects).annotate(_rank=Case(begins, default=Value(1), output_field=IntegerField()))
    return [_told(row) for row in ranked.order_by("_rank", "code").values_list(*_TOLD)[: SITES + 1]]


def _past_site(document: dict[str, Any]) -> dict[str, Any]:
    return {
        "code": document["code"],
        "title": in_reader_language(document["title_zh"], document["title_en"]),
        "region": document["region"],
        "place": document["site"] and [round(degrees, 6) for degrees in document["site"]["coordinates"]],
    }


def _townships(counties: list[int], words: list[str]) -> list[dict[str, Any]]:
    """The divisions right below these counties; a county has some dozens, so they are looked through here."""
    fitting = [region for region in _below(counties) if finds(words, search_text(region.name_zh, region.name_en))]
    return [{"code": region.code, "name": region.name, "place": _place(region.point)} for region in fitting[:TOWNSHIPS]]


def _below(counties: list[int]) -> Any:
    return Region.objects.filter(parent__in=counties).order_by("code").defer("boundary")


def _place(point: Point | None) -> list[float] | None:
    return [round(degrees, 6) for degrees in point.coords] if point else None
