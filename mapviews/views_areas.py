"""What the maps of townships fetch: polygons, figures by township, circles. Wrong filters raise ``InvalidInput`` (400)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date

from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from mapviews import coverage, investment
from mapviews.answers import compressed, revalidated
from mapviews.areas import cells_document
from mapviews.filters import bureaus_shown
from mapviews.views import document
from projects_api.filtersets import filtered
from projects_api.models import Project
from projects_api.selectors.areas import areas_of, cells_of
from projects_api.selectors.coverage import schools_in_use


@require_safe
def cells(request: HttpRequest) -> HttpResponseBase:
    """The townships of the bureaus shown as polygons, approximate where no boundary is known. At most 6 queries.

    Filters other than ``bureau`` leave them standing.
    """
    visible = Project.objects.visible_to(request.user)
    filtered(request, visible)
    _all, shown = bureaus_shown(visible, request.GET)
    body = cells_document(cells_of(shown), areas_of(shown).all)
    etag = f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'
    unchanged = get_conditional_response(request, etag=etag)
    if unchanged is not None:
        return revalidated(unchanged, etag)
    return revalidated(compressed(request, body, "application/geo+json"), etag)


@require_safe
def investment_areas(request: HttpRequest) -> HttpResponseBase:
    """``mapviews.investment.areas_document``; 304 costs at most 3 queries."""
    return _figures(request, "investment-areas", investment.areas_document)


@require_safe
def investment_circles(request: HttpRequest) -> HttpResponseBase:
    """``mapviews.investment.circles_document``; the same."""
    return _figures(request, "investment-circles", investment.circles_document)


def _figures(request: HttpRequest, name: str, make: Callable[..., bytes]) -> HttpResponseBase:
    """Figures about the bureaus shown, with the money in detail that this reader may see: no query more, roles are known."""

    def figures(projects: QuerySet[Project], *, version: str, today: date) -> bytes:
        _all, shown = bureaus_shown(Project.objects.visible_to(request.user), request.GET)
        money_of = {bureau.pk for bureau in shown if request.user.has_perm("money.read", bureau)}
        return make(projects, shown, version=version, money_of=money_of)

    return document(request, name, figures)


@require_safe
def coverage_areas(request: HttpRequest) -> HttpResponseBase:
    """``mapviews.coverage.areas_document``; the same cost."""
    return _served(request, "coverage-areas", coverage.areas_document)


@require_safe
def coverage_circles(request: HttpRequest) -> HttpResponseBase:
    """``mapviews.coverage.circles_document``; the same cost."""
    return _served(request, "coverage-circles", coverage.circles_document)


def _served(request: HttpRequest, name: str, make: Callable[..., bytes]) -> HttpResponseBase:
    """Schools in use and projects in hand. Filters by bureau, division and stage narrow both, the others only what is coming."""

    def figures(projects: QuerySet[Project], *, version: str, today: date) -> bytes:
        visible = Project.objects.visible_to(request.user)
        _all, shown = bureaus_shown(visible, request.GET)
        schools = schools_in_use(
            [bureau.pk for bureau in shown],
            visible,
            region=request.GET.get("region", ""),
            stages=[stage for stage in request.GET.getlist("stage") if stage],
        )
        return make(schools, projects, shown, version=version, today=today)

    return document(request, name, figures)
