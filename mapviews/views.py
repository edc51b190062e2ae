"""The map pages and what they fetch. Wrong filters raise ``InvalidInput``, which the middleware answers with 400."""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Callable, Collection
from datetime import date
from functools import partial

import orjson
from django.contrib.gis.db.models.functions import AsGeoJSON
from django.core.cache import caches
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from mapviews import clusters as crowd
from mapviews import columns
from mapviews import timeline as timelines
from mapviews.answers import by_session, compressed, packed, revalidated, smallest, squeezed
from mapviews.extent import EXTENT, OF_THE_PAPER, extent_in
from mapviews.filters import bureaus_shown
from mapviews.maps import FRAMES, VIEWS, MapView
from mapviews.pages import map_context
from mapviews.paper.sheet import FORMATS, paper
from mapviews.search import WHEN, found
from mapviews.standalone import file_name, standalone
from projects_api.boxes import read_bbox
from projects_api.errors import InvalidInput
from projects_api.filtersets import filtered, narrows
from projects_api.kept import EDITION, kept, takes_gzip
from projects_api.models import Project, Region
from projects_api.past import past_projects, when_in
from projects_api.selectors.bureaus import day_for
from projects_api.selectors.census import at_most, census_for
from projects_api.selectors.ledger import validator
from projects_api.tiling import MAX_ZOOM

_YEAR = 365 * 24 * 3600


@kept
@require_safe
def page(request: HttpRequest, view: str) -> HttpResponse:
    """A map's page. Constant size and query count at any number of sites: the browser fetches them."""
    return render(request, "mapviews/view.html", map_context(request, _checked(request, view)))


@require_safe
def download(request: HttpRequest, view: str) -> HttpResponse:
    """The map as one file that opens with no network (``mapviews.standalone``), on ``?extent=…`` or on all there is."""
    shown = _checked(request, view, EXTENT)
    response = HttpResponse(standalone(request, shown), content_type="text/html; charset=utf-8")
    # Never opened as a page of this site: its own policy is meant for a file.
    response["Content-Disposition"] = f'attachment; filename="{file_name(request, shown)}.html"'
    response["Cache-Control"] = "private, no-store"
    return response


@require_safe
def printed(request: HttpRequest, view: str, kind: str) -> HttpResponse:
    """The map on paper: ``?paper=A4`` (the default) or ``A3``, ``?extent=…`` or all there is (``mapviews.paper``)."""
    shown = _checked(request, view, *OF_THE_PAPER)
    body = paper(request, shown, kind, request.GET.get("paper") or "A4")
    response = HttpResponse(body, content_type=FORMATS[kind][0])
    response["Content-Disposition"] = f'inline; filename="{file_name(request, shown)}.{kind}"'
    response["Cache-Control"] = "private, no-store"
    return response


def _checked(request: HttpRequest, view: str, *more: str) -> MapView:
    """The view, once every parameter of the request is one of its own or a filter. Raises InvalidInput."""
    shown = VIEWS[view]
    when_in(request.GET, day_for(request.GET, timezone.now()))
    extent_in(request.GET)
    measure = request.GET.get("measure")
    if shown.measures and measure and measure not in shown.measures:
        names = ", ".join(shown.measures)
        raise InvalidInput.one("?measure", "invalid_choice", _("Choose one of: %(names)s.") % {"names": names})
    own = (*shown.parameters, *(WHEN if shown.past else ()), *more)
    filtered(request, Project.objects.visible_to(request.user), view_parameters=own)
    return shown


@require_safe
def boot(request: HttpRequest, view: str) -> HttpResponseBase:
    """A map's scripts, folium's last, in one file."""
    return _lasting(request, view, "text/javascript; charset=utf-8", FRAMES[view].shell.bundle)


@require_safe
def later(request: HttpRequest, view: str) -> HttpResponseBase:
    """The scripts that the map fetches when its marks stand."""
    return _lasting(request, view, "text/javascript; charset=utf-8", FRAMES[view].shell.later)


@require_safe
def later_sheet(request: HttpRequest, view: str) -> HttpResponseBase:
    """Their styles."""
    return _lasting(request, view, "text/css; charset=utf-8", FRAMES[view].shell.later_sheet)


@require_safe
def sheet(request: HttpRequest, view: str) -> HttpResponseBase:
    """A map's style sheets in one file."""
    return _lasting(request, view, "text/css; charset=utf-8", FRAMES[view].shell.sheet)


def _lasting(request: HttpRequest, view: str, content_type: str, body: bytes) -> HttpResponseBase:
    """A part of the shell: the same for everyone and every filter, cached for as long as its ``v`` stands."""
    if unknown := [name for name in request.GET if name != "v"]:
        raise InvalidInput.one(f"?{unknown[0]}", "unknown_parameter", _("There is no such parameter."))
    small = takes_gzip(request)
    response = packed(smallest(body), content_type) if small else HttpResponse(body, content_type=content_type)
    patch_vary_headers(response, ["Accept-Encoding"])
    current = request.GET.get("v") == FRAMES[view].shell.version
    response["Cache-Control"] = f"public, max-age={_YEAR}, immutable" if current else "no-cache"
    return response


@kept
@require_safe
@by_session
def marks(request: HttpRequest, paint: str = "status") -> HttpResponseBase:
    """What the first marks need of the visible, filtered sites (``mapviews.columns.marks``). 304 costs at most 3 queries."""
    now, then = partial(columns.marks, paint=paint), partial(columns.past_marks, paint=paint)
    return _columns(request, "marks", paint, now, then)


@kept
@require_safe
@by_session
def sites(request: HttpRequest, paint: str = "status") -> HttpResponseBase:
    """The visible, filtered sites with their words (``mapviews.columns.columns``). 304 costs at most 3 queries."""
    now, then = partial(columns.columns, paint=paint), partial(columns.past_columns, paint=paint)
    return _columns(request, "sites", paint, now, then)


def _columns(
    request: HttpRequest, name: str, paint: str, now: Callable[..., bytes], then: Callable[..., bytes]
) -> HttpResponseBase:
    """A document about all sites: of today from rows (``now``), of another day (``as_of``, ``on``) from documents (``then``).

    Both that a map fetches carry the same ``version`` when they speak of the same state. Where there are more sites than a
    browser should be sent, it is `clusters.overview` instead, and ``clusters.json`` has the rest.
    """
    projects = filtered(request, Project.objects.visible_to(request.user), view_parameters=WHEN)
    today = day_for(request.GET, timezone.now())  # lights change at midnight, without anything being written
    when = when_in(request.GET, today)
    edition = request.META.get(EDITION)
    version = (
        edition.version
        if edition
        else validator(request.user, "sites", get_language() or "", request.GET.urlencode(), str(today))
    )
    etag = f'W/"{version}-{paint}-{name}"'
    unchanged = get_conditional_response(request, etag=etag)
    if unchanged is not None:
        return revalidated(unchanged, etag)
    if when.given:
        body = then(past_projects(request.user, request.GET, when), version=version)
        return revalidated(compressed(request, body, "application/json"), etag)
    reading = _reading(request, projects, version, today, paint)
    body = crowd.overview(reading) if reading.too_many else now(projects, version=version, today=today)
    return revalidated(compressed(request, body, "application/json"), etag)


@kept
@require_safe
@by_session
def timeline(request: HttpRequest) -> HttpResponseBase:
    """What happened, is expected and was promised, month by month (``mapviews.timeline``). 304 costs at most 3 queries."""
    return document(request, "timeline", timelines.timeline)


@kept
@require_safe
@by_session
def known(request: HttpRequest) -> HttpResponseBase:
    """What the record said at the end of each month, from the ledger."""

    def known_then(projects: QuerySet[Project], *, version: str, today: date) -> bytes:
        in_full = Project.objects.read_in_full_by(request.user).values_list("pk", flat=True)
        return timelines.known(projects, version=version, today=today, in_full=in_full)

    return document(request, "known", known_then)


def document(
    request: HttpRequest, name: str, make: Callable[..., bytes], then: Callable[..., bytes] | None = None
) -> HttpResponseBase:
    """A document about all visible, filtered projects as they are today, under a validator as `_columns` are.

    ``then(when)`` makes that of another day, where the map has one.
    """
    projects = filtered(request, Project.objects.visible_to(request.user), view_parameters=WHEN if then else ())
    today = day_for(request.GET, timezone.now())
    when = when_in(request.GET, today)
    version = validator(request.user, name, get_language() or "", request.GET.urlencode(), str(today))
    etag = f'W/"{version}"'
    unchanged = get_conditional_response(request, etag=etag)
    if unchanged is not None:
        return revalidated(unchanged, etag)
    past = then(when, version=version) if then and when.given else None
    body = past or make(projects, version=version, today=today)
    return revalidated(compressed(request, body, "application/json"), etag)


@require_safe
@by_session
def clusters(request: HttpRequest, paint: str = "status") -> HttpResponseBase:
    """The visible, filtered sites of ``in_bbox``, joined for ``zoom`` (`mapviews.clusters.clusters`). 304: at most 3 queries."""
    projects = filtered(
        request, Project.objects.visible_to(request.user), view_parameters=("zoom",), besides=("in_bbox",)
    )
    box, zoom = read_bbox(request.GET.get("in_bbox", "")), _zoom(request.GET.get("zoom", ""))
    today = day_for(request.GET, timezone.now())
    version = validator(request.user, "clusters", get_language() or "", request.GET.urlencode(), str(today))
    etag = f'W/"{version}-{paint}-clusters"'
    unchanged = get_conditional_response(request, etag=etag)
    if unchanged is not None:
        return revalidated(unchanged, etag)
    small = caches["tiles"].get(etag)
    if small is None:
        reading = _reading(request, projects, version, today, paint, besides=("in_bbox", "zoom"))
        small = squeezed(crowd.clusters(reading, box, zoom))
        caches["tiles"].set(etag, small)
    if takes_gzip(request):
        return revalidated(packed(small, "application/json"), etag)
    return revalidated(HttpResponse(gzip.decompress(small), content_type="application/json"), etag)


def _reading(
    request: HttpRequest,
    projects: QuerySet[Project],
    version: str,
    today: date,
    paint: str,
    besides: Collection[str] = (),
) -> crowd.Reading:
    """How the sites of a request are counted; ``besides``: parameters that filter nothing or only choose a window."""
    few = narrows(request.GET, besides=besides)
    highest = at_most()
    census = None if few else census_for(request.user, today, highest)
    return crowd.Reading(projects, version, today, few, paint, census, highest)


def _zoom(text: str) -> int:
    if not re.fullmatch(r"\d{1,2}", text, re.ASCII) or int(text) > MAX_ZOOM:
        words = _("A whole number between %(low)s and %(high)s.") % {"low": 0, "high": MAX_ZOOM}
        raise InvalidInput.one("?zoom", "out_of_range", words)
    return int(text)


@require_safe
@by_session
def search(request: HttpRequest) -> HttpResponseBase:
    """Sites and townships by name (``mapviews.search``)."""
    response = compressed(request, found(request), "application/json")
    response["Cache-Control"] = "private, no-store"
    return response


@kept
@require_safe
@by_session
def outline(request: HttpRequest) -> HttpResponseBase:
    """The boundaries of the bureaus shown, as RFC 7946 GeoJSON. Filters other than ``bureau`` leave them standing."""
    visible = Project.objects.visible_to(request.user)
    filtered(request, visible, view_parameters=WHEN)
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
        return revalidated(unchanged, etag)
    return revalidated(compressed(request, body, "application/geo+json"), etag)
