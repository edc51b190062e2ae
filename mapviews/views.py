"""The map pages and what they fetch. Wrong filters raise ``InvalidInput``, which the middleware answers with 400."""

from __future__ import annotations

import hashlib
import zlib

import orjson
from django.contrib.gis.db.models.functions import AsGeoJSON
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from mapviews.columns import columns
from mapviews.filters import bureaus_shown
from mapviews.maps import status_shell
from mapviews.pages import map_context
from projects_api.errors import InvalidInput
from projects_api.filtersets import filtered
from projects_api.models import Project, Region
from projects_api.selectors.ledger import validator

_YEAR = 365 * 24 * 3600


@require_safe
def status(request: HttpRequest) -> HttpResponse:
    """The status map. Constant size and query count at any number of sites: the browser fetches them."""
    filtered(request, Project.objects.visible_to(request.user))
    return render(request, "mapviews/status.html", map_context(request))


@require_safe
def boot(request: HttpRequest) -> HttpResponseBase:
    """folium's script. The same for everyone and every filter, so it is cached for as long as its ``v`` stands."""
    if unknown := [name for name in request.GET if name != "v"]:
        raise InvalidInput.one(f"?{unknown[0]}", "unknown_parameter", _("There is no such parameter."))
    shell = status_shell()
    response = HttpResponse(shell.boot, content_type="text/javascript; charset=utf-8")
    current = request.GET.get("v") == shell.version
    response["Cache-Control"] = f"public, max-age={_YEAR}, immutable" if current else "no-cache"
    return response


@require_safe
def sites(request: HttpRequest) -> HttpResponseBase:
    """The visible, filtered sites as columns (``mapviews.columns``). 304 costs at most 3 queries."""
    projects = filtered(request, Project.objects.visible_to(request.user))
    version = validator(request.user, "sites.json", get_language() or "", request.GET.urlencode())
    etag = f'W/"{version}"'
    unchanged = get_conditional_response(request, etag=etag)
    if unchanged is not None:
        return _revalidated(unchanged, etag)
    return _revalidated(_compressed(request, columns(projects, version=version), "application/json"), etag)


@require_safe
def outline(request: HttpRequest) -> HttpResponseBase:
    """The boundaries of the bureaus shown, as RFC 7946 GeoJSON. Filters other than ``bureau`` leave them standing."""
    visible = Project.objects.visible_to(request.user)
    filtered(request, visible)
    _bureaus, shown = bureaus_shown(visible, request.GET)
    regions = (
        Region.objects.filter(pk__in=[bureau.region_id for bureau in shown], boundary__isnull=False)
        .annotate(_shape=AsGeoJSON("boundary", precision=6))
        .order_by("code")
        .only("code", "name_zh", "name_en")
    )
    features = [
        {
            "type": "Feature",
            "properties": {"code": region.code, "name": region.name},
            "geometry": orjson.Fragment(region._shape),
        }
        for region in regions
    ]
    body = orjson.dumps({"type": "FeatureCollection", "features": features})
    etag = f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'
    unchanged = get_conditional_response(request, etag=etag)
    if unchanged is not None:
        return _revalidated(unchanged, etag)
    return _revalidated(_compressed(request, body, "application/geo+json"), etag)


def _revalidated(response: HttpResponseBase, etag: str) -> HttpResponseBase:
    """May be kept by the reader's browser, but is asked for again each time; differs by language and by reader."""
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    patch_vary_headers(response, ["Accept-Encoding", "Accept-Language", "Cookie", "Authorization"])
    return response


def _compressed(request: HttpRequest, body: bytes, content_type: str) -> HttpResponse:
    """gzip at its fastest: the columns shrink to a third in a few milliseconds. They hold no secret of the reader."""
    response = HttpResponse(content_type=content_type)
    if len(body) > 1024 and "gzip" in request.headers.get("Accept-Encoding", ""):
        packer = zlib.compressobj(1, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
        body = packer.compress(body) + packer.flush()
        response["Content-Encoding"] = "gzip"
    response.content = body
    return response
