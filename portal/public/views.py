"""The map and list of the front page, and the list of projects: thin views over selectors."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from mapviews.maps import VIEWS
from mapviews.pages import map_context
from portal.languages import Addresses
from portal.public import facts_for_machines as machines
from portal.public import listing
from portal.public.named import filters_named
from portal.public.plans import figures_of
from portal.public.rows import row_of, rows_of
from projects_api.api.pagination import LARGEST_PAGE_NUMBER, Pages, whole_number
from projects_api.errors import InvalidInput, NotFound
from projects_api.filtersets import ProjectFilterSet, filtered
from projects_api.kept import kept
from projects_api.models import Project
from projects_api.selectors import pages
from projects_api.selectors.bureaus import day_for
from projects_api.selectors.facets import FACETS
from projects_api.selectors.opening import opens_next, soonest_first
from projects_api.selectors.projects import ORDERINGS, ordered_by, project_list
from projects_api.selectors.suggestions import meant

_PARAMETERS = ("page", "page_size", "ordering")
RECENT = 8
PLANS = 4
OPENING = 3
# What makes another page of the list for a search engine; orders and sizes of pages show the same again.
_NAMED = ("bureau", "region", "stage", "status", "kind")


@kept
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """How many, where, how far the year's plan is, what opens next, what moved last. Filters narrow all but the plans."""
    today = day_for(request.GET, timezone.now())
    projects = filtered(request, Project.objects.visible_to(request.user))
    listed = filtered(request, project_list(request.user))
    counts = pages.status_counts(projects)
    plans = pages.newest_plans(request.user, PLANS)
    scores = pages.scoreboards(plans, request.user)
    context = map_context(request, VIEWS["status"])
    bureaus = sorted(context["form"].bureaus, key=lambda b: b.pk)
    counties = [bureau.region.name for bureau in bureaus]
    context |= {
        "counts": counts,
        "total": sum(n for _status, n in counts),
        "rows": rows_of(pages.recently_changed(listed, RECENT), timezone.now()),
        "opening": [row_of(one, None, timezone.now()) for one in opens_next(listed, today, OPENING)],
        "plans": [(plan, figures_of(scores[plan.pk])) for plan in plans],
        "counties": _(" and ").join(counties) if 1 <= len(counties) <= 2 else "",
        "places": [bureau.region for bureau in bureaus],
        "noindex": bool(context["query"]),
        "structured": machines.site(Addresses(request), bureaus),
    }
    return render(request, "public/home.html", context)


@kept
@require_safe
def projects(request: HttpRequest) -> HttpResponse:
    """The list: the API's filters as links, 20 a page: 9 queries wherever it lies, at most 4 more where nothing is found."""
    today = day_for(request.GET, timezone.now())
    query = request.GET
    found = filtered(request, Project.objects.visible_to(request.user), view_parameters=_PARAMETERS)
    order = query.get("ordering", "") or ("distance" if query.get("near") else "code")
    page_size = whole_number(query.get("page_size") or str(Pages.page_size), "?page_size", 1, Pages.max_page_size)
    number = whole_number(query.get("page") or "1", "?page", 1, LARGEST_PAGE_NUMBER)
    ordered = _ordered(found, order, today, near=bool(query.get("near")))
    rows_known = listing.known()
    besides = filtered(request, Project.objects.visible_to(request.user), view_parameters=_PARAMETERS, besides=FACETS)
    counted = listing.counted(besides, query, rows_known, today)
    last = max(1, -(-counted.total // page_size))
    if number > last:
        raise NotFound(_("There are only %(n)s pages of this list.") % {"n": last})
    shown = _page(ordered, request, slice((number - 1) * page_size, number * page_size))
    chips = listing.chips(request, counted, rows_known)
    title = " · ".join([_("Projects"), *(chip.words for chip in chips)])
    context = {
        "title": title,
        "rows": rows_of(shown, timezone.now()),
        "distances": query.get("near") and order == "distance",
        "total": counted.total,
        "number": number,
        "last": last,
        "before": number - 1,
        "after": number + 1,
        "facets": listing.facets(request, counted, rows_known),
        "chips": chips,
        "orders": _orders(request, order),
        "spots": listing.spots(rows_known, counted.counts["bureau"]),
        "near": query.get("near", ""),
        "near_name": listing.place_named(query.get("near", ""), rows_known),
        "kept": listing.parameters(query, "q", "page"),
        "kept_near": listing.parameters(query, "near", "radius", "page", "ordering"),
        "kept_filters": _without(request, *_PARAMETERS),
        "canonical_query": _canonical(request, number),
        "noindex": _is_one_of_many(request),
        "structured": [machines.crumbs(Addresses(request), [(_("Projects"), "projects", ())])],
    }
    if not counted.total:
        context |= _instead(request, chips, rows_known)
    return render(request, "public/projects.html", context)


def _page(ordered: QuerySet[Project], request: HttpRequest, part: slice) -> list[Project]:
    """The rows of a page in their order: ids first, so that what is skipped is read from an index and never whole."""
    names = ["pk", *(name for name in ("distance",) if name in ordered.query.annotations)]
    places = list(ordered.values_list(*names)[part])
    rows = {project.pk: project for project in project_list(request.user).filter(pk__in=[pk for pk, *_ in places])}
    for pk, *distance in places:
        if distance:
            rows[pk].away = listing.in_kilometres(distance[0].m)  # type: ignore[attr-defined]
    return [rows[pk] for pk, *_ in places]


def _ordered(found: QuerySet[Project], order: str, today: date, *, near: bool) -> QuerySet[Project]:
    """The API's orders, and two of this page's own; the code settles ties. Raises InvalidInput."""
    if order == "opening":
        return soonest_first(found, today)
    if order == "distance" and near:
        return found.order_by("distance", "code")  # type: ignore[misc]
    if order.removeprefix("-") not in ORDERINGS:
        names = [*ORDERINGS, "opening", *(["distance"] if near else [])]
        raise InvalidInput.one(
            "?ordering", "invalid_choice", _("Order by one of: %(names)s.") % {"names": ", ".join(names)}
        )
    return found.order_by(*ordered_by(order))


def _orders(request: HttpRequest, order: str) -> list[tuple[str, str, bool]]:
    """(words, address, whether it is the one)."""
    known = [
        ("code", _("code")),
        ("opening", _("opening soonest")),
        ("-updated", _("last changed")),
        ("next_due", _("next milestone")),
        ("-progress", _("furthest on")),
        ("-total_investment", _("largest investment")),
    ]
    if request.GET.get("near"):
        known.insert(0, ("distance", _("distance")))
    made = []
    for value, words in known:
        asked = request.GET.copy()
        asked.pop("page", None)
        asked["ordering"] = value
        made.append((words, f"?{asked.urlencode(safe=',')}", value == order))
    return made


def _without(request: HttpRequest, *names: str) -> str:
    kept = request.GET.copy()
    for name in [name for name in kept if name in names or not any(kept.getlist(name))]:
        del kept[name]
    return kept.urlencode(safe=",")


def _canonical(request: HttpRequest, number: int) -> str:
    """The filters that name a thing, in one order, and the page."""
    kept = {name: value for name in _NAMED if (value := request.GET.get(name))}
    if number > 1:
        kept["page"] = str(number)
    return f"?{urlencode(kept, safe=',')}" if kept else ""


def _is_one_of_many(request: HttpRequest) -> bool:
    """A search, a place, two filters at once: there is no end of them, and a search engine needs none."""
    narrowing = [name for name in request.GET if name not in _PARAMETERS and request.GET[name]]
    return len(narrowing) > 1 or any(name not in _NAMED or "," in request.GET[name] for name in narrowing)


def _instead(request: HttpRequest, chips: list[listing.Chip], rows: listing.Known) -> dict[str, Any]:
    """For who found nothing: what may have been meant, and what is there without one of the filters."""
    query, asked = request.GET, request.GET.copy()
    instead: dict[str, Any] = {"relaxed": [chip for chip in chips if chip.count]}
    asked.pop("page", None)
    typed = asked.pop("q", [""])[-1]
    if named := filters_named(typed, rows):
        for name, value in named.items():
            asked[name] = value
        if ProjectFilterSet(asked, Project.objects.visible_to(request.user), request=request).qs.exists():
            said = " · ".join(listing.words_of(name, value, rows) for name, value in named.items())
            return instead | {"meant": said, "meant_query": f"?{asked.urlencode(safe=',')}"}
    if typed and (said := meant(typed, request.user)):
        asked = query.copy()
        asked["q"] = said
        asked.pop("page", None)
        instead |= {"meant": said, "meant_query": f"?{asked.urlencode(safe=',')}"}
    return instead
