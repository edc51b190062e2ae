"""What the maps of townships fetch: polygons, figures by township, circles. Wrong filters raise ``InvalidInput`` (400)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date
from functools import partial

from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from mapviews import coverage, investment
from mapviews.answers import by_session, compressed, revalidated
from mapviews.areas import cells_document
from mapviews.filters import bureaus_shown
from mapviews.search import WHEN
from mapviews.views import document
from projects_api.choices import Kind
from projects_api.filtersets import filtered, narrows
from projects_api.kept import kept
from projects_api.models import Bureau, Project
from projects_api.needs import STAGES, compared, counting
from projects_api.past import When, past_projects, past_schools, when_in
from projects_api.selectors.areas import areas_of, cells_of
from projects_api.selectors.bureaus import children_as_of, day_for
from projects_api.selectors.coverage import schools_in_use, schools_in_use_then, sites, sites_then
from projects_api.selectors.places import schools_visible_to


@kept
@require_safe
@by_session
def cells(request: HttpRequest) -> HttpResponseBase:
    """The townships of the bureaus shown as polygons, approximate where no boundary is known. At most 6 queries.

    Filters other than ``bureau``, and days, leave them standing.
    """
    visible = Project.objects.visible_to(request.user)
    filtered(request, visible, view_parameters=WHEN)
    when_in(request.GET, day_for(request.GET, timezone.now()))
    _all, shown = bureaus_shown(visible, request.GET)
    body = cells_document(cells_of(shown), areas_of(shown).all)
    etag = f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'
    unchanged = get_conditional_response(request, etag=etag)
    if unchanged is not None:
        return revalidated(unchanged, etag)
    return revalidated(compressed(request, body, "application/geo+json"), etag)


@kept
@require_safe
@by_session
def investment_areas(request: HttpRequest) -> HttpResponseBase:
    """``mapviews.investment.areas_document``; 304 costs at most 3 queries."""
    stages = compared(_stages_in(request.GET))
    now, then = (partial(make, stages=stages) for make in (investment.areas_document, investment.past_areas_document))
    return _figures(request, "investment-areas", now, then)


@kept
@require_safe
@by_session
def investment_circles(request: HttpRequest) -> HttpResponseBase:
    """``mapviews.investment.circles_document``; the same."""
    return _figures(request, "investment-circles", investment.circles_document, investment.past_circles_document)


def _figures(
    request: HttpRequest, name: str, make: Callable[..., bytes], make_past: Callable[..., bytes]
) -> HttpResponseBase:
    """Figures about the bureaus shown, with the money in detail that this reader may see: no query more, roles are known."""

    def asked() -> tuple[tuple[Bureau, ...], set[int]]:
        _all, shown = bureaus_shown(Project.objects.visible_to(request.user), request.GET)
        return shown, {bureau.pk for bureau in shown if request.user.has_perm("money.read", bureau)}

    def figures(projects: QuerySet[Project], *, version: str, today: date) -> bytes:
        shown, money_of = asked()
        return make(projects, shown, version=version, money_of=money_of)

    def then(when: When, *, version: str) -> bytes:
        shown, money_of = asked()
        known = [children_as_of(bureau, when.as_of) if when.as_of else bureau for bureau in shown]
        return make_past(past_projects(request.user, request.GET, when), known, version=version, money_of=money_of)

    return document(request, name, figures, then)


@kept
@require_safe
@by_session
def coverage_areas(request: HttpRequest) -> HttpResponseBase:
    """``mapviews.coverage.areas_document``; the same cost. All schools and projects count, whatever else is filtered by: what the
    other filters leave out would be missing places that there are.
    """
    region, asked = request.GET.get("region", ""), _stages_in(request.GET)
    make = partial(
        coverage.areas_document,
        region=region,
        stages=compared(asked) or STAGES,
        elsewhere=[] if compared(asked) else asked,
        narrowed=narrows(request.GET, besides=(*_OF_SCHOOLS, *WHEN)),
    )
    return _served(request, "coverage-areas", make, whole=True)


@kept
@require_safe
@by_session
def coverage_circles(request: HttpRequest) -> HttpResponseBase:
    """``mapviews.coverage.circles_document``; the same cost."""
    return _served(request, "coverage-circles", coverage.circles_document)


def _served(request: HttpRequest, name: str, make: Callable[..., bytes], *, whole: bool = False) -> HttpResponseBase:
    """Schools in use and projects in hand. Filters by bureau, division and stage narrow both, the others only what is coming,
    and where it is ``whole`` not even that.

    A stage means the places in it, those of nine-year schools too; one that is not compared with children narrows nothing.
    """
    others = set(request.GET) - {*_OF_SCHOOLS, *WHEN} if whole else set()
    visible = Project.objects.visible_to(request.user)
    region = request.GET.get("region", "")
    asked = _stages_in(request.GET)
    stages = counting(compared(asked)) if asked else []
    if asked and not stages:
        others.add("stage")

    def figures(projects: QuerySet[Project], *, version: str, today: date) -> bytes:
        _all, shown = bureaus_shown(visible, request.GET)
        register = schools_visible_to(request.user)
        schools = schools_in_use(register, [bureau.pk for bureau in shown], visible, region=region, stages=stages)
        with_places = projects
        if stages or others:
            with_places = filtered(request, visible, view_parameters=WHEN, besides=("stage", *others))
            with_places = with_places.filter(stage__in=stages) if stages else with_places
        found = sites(schools, with_places, shown, today)
        return make(found, shown, version=version, count=projects.count())

    def then(when: When, *, version: str) -> bytes:
        _all, shown = bureaus_shown(visible, request.GET)
        data = request.GET.copy()
        if stages:
            data["stage"] = ",".join(stages)
        named = past_projects(request.user, data, when)
        for other in others:
            data.pop(other)
        pasts = past_projects(request.user, data, when) if others else named
        unfiltered = QueryDict(mutable=True)
        if bureau := request.GET.get("bureau"):
            unfiltered["bureau"] = bureau
        narrowed = set(request.GET) - {"bureau", *WHEN}
        opened = past_projects(request.user, unfiltered, when) if narrowed else pasts
        codes = {bureau.code for bureau in shown}
        register = [
            school
            for school in past_schools(request.user, when, bureau=request.GET.get("bureau", ""))
            if school["bureau"] in codes
        ]
        undated = visible.filter(kind=Kind.NEW_BUILD, school__version=0) if when.as_of else visible.none()
        schools = schools_in_use_then(
            register,
            (past.document for past in opened),
            built_later=undated.order_by().values_list("school__code", flat=True),
            region=region,
            stages=stages,
        )
        states = ((past.document, past.bureau, past.outlook) for past in pasts)
        found = sites_then(schools, register, states, shown, when.day)
        known = [children_as_of(bureau, when.as_of) if when.as_of else bureau for bureau in shown]
        count = sum(not asked or past.document["stage"] in asked for past in named)
        return make(found, known, version=version, count=count, past=True)

    return document(request, name, figures, then)


_OF_SCHOOLS = ("bureau", "region", "stage")  # filters that are about schools as about projects


def _stages_in(query: QueryDict) -> list[str]:
    return [stage for given in query.getlist("stage") for stage in given.split(",") if stage]
