"""What the map's search box finds: the sites that the page's filters leave, and townships, by name."""

from __future__ import annotations

from typing import Any

import orjson
from django.contrib.gis.geos import Point
from django.db.models import Case, F, IntegerField, Value, When
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

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


def _sites(projects: Any, first: str) -> list[dict[str, Any]]:
    begins = When(search_text__contains=f"\n{first}", then=Value(0))
    rows = (
        projects.annotate(
            _lon=Longitude(F("site")),
            _lat=Latitude(F("site")),
            _rank=Case(begins, default=Value(1), output_field=IntegerField()),
        )
        .order_by("_rank", "code")
        .values_list("code", "title_zh", "title_en", "region__name_zh", "region__name_en", "_lon", "_lat")
    )
    return [
        {
            "code": code,
            "title": in_reader_language(title_zh, title_en),
            "region": in_reader_language(name_zh, name_en),
            "place": None if lon is None else [lon, lat],
        }
        for code, title_zh, title_en, name_zh, name_en, lon, lat in rows[: SITES + 1]
    ]


def _past_site(document: dict[str, Any]) -> dict[str, Any]:
    return {
        "code": document["code"],
        "title": in_reader_language(document["title_zh"], document["title_en"]),
        "region": document["region"],
        "place": document["site"] and [round(degrees, 6) for degrees in document["site"]["coordinates"]],
    }


def _townships(counties: list[int], words: list[str]) -> list[dict[str, Any]]:
    """The divisions right below these counties; a county has some dozens, so they are looked through here."""
    regions = Region.objects.filter(parent__in=counties).order_by("code").defer("boundary")
    fitting = [region for region in regions if finds(words, search_text(region.name_zh, region.name_en))]
    return [{"code": region.code, "name": region.name, "place": _place(region.point)} for region in fitting[:TOWNSHIPS]]


def _place(point: Point | None) -> list[float] | None:
    return [round(degrees, 6) for degrees in point.coords] if point else None
