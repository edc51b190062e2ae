"""``/regions/{code}/``: what is being built in a county or township, how far it is, what opens next."""

from __future__ import annotations

import copy
from datetime import date
from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from mapviews.maps import VIEWS
from mapviews.pages import map_context
from portal.languages import Addresses
from portal.public import facts_for_machines as machines
from portal.public.listing import spot_of
from portal.public.plans import figures_of
from portal.public.rows import row_of, rows_of
from projects_api.errors import NotFound
from projects_api.filtersets import checked_query
from projects_api.kept import kept
from projects_api.models import Bureau, Project, Region
from projects_api.selectors import pages
from projects_api.selectors.lights import since
from projects_api.selectors.opening import open_now, opens_next
from projects_api.selectors.places import region_prefix, schools_visible_to, standing, within_region
from projects_api.selectors.projects import project_list

LISTED = 20
OPENING = 5
SCHOOLS = 60
# A division far above has no page of its own unless something is built in it.
_ABOVE = 4


@kept
@require_safe
def region(request: HttpRequest, code: str) -> HttpResponse:
    """At most 17 queries, the map's 4 among them, at any number of projects. Unknown: 404."""
    checked_query(request.GET, known=())
    found = Region.objects.select_related("parent__parent").filter(code=code).first()
    if found is None:
        raise NotFound(_("There is no region %(code)s.") % {"code": code})
    today = _day(found)
    inside = within_region("region__code", code)
    projects = Project.objects.visible_to(request.user).filter(inside, archived_at__isnull=True)
    listed = project_list(request.user).filter(inside, archived_at__isnull=True)
    counts = pages.status_counts(projects)
    total = sum(n for _status, n in counts)
    plans = [plan for plan in pages.newest_plans(request.user, None) if plan.bureau.region_id == found.pk]
    scores = pages.scoreboards(plans, request.user) if plans else {}
    register = schools_visible_to(request.user).filter(standing(), inside).order_by("code").defer("search_text")
    schools = list(register[: SCHOOLS + 1])
    context: dict[str, Any] = {
        "region": found,
        "schools": schools[:SCHOOLS],
        "more_schools": len(schools) > SCHOOLS,
        "crumbs": _above(found),
        "counts": counts,
        "total": total,
        **_figures(projects, today),
        "parts": _parts(found, projects),
        "opening": [row_of(one, None, timezone.now()) for one in opens_next(listed, today, OPENING)],
        "rows": rows_of(listed.order_by("code")[:LISTED], timezone.now()),
        "more": total > LISTED,
        "plans": [(plan, figures_of(scores[plan.pk])) for plan in plans],
        "near": spot_of(found),
        "structured": _structured(request, found),
        "noindex": not total,
    }
    if total:
        context = _map(request, found) | context
    return render(request, "public/region.html", context)


def _day(region: Region) -> date:
    """The day that it is there: of the bureau in whose county it lies, else the installation's. One query."""
    around = [region.pk, region.parent_id, region.parent and region.parent.parent_id]
    bureau = (
        Bureau.objects.only("time_zone")
        .filter(region__in=[pk for pk in around if pk])
        .order_by("-region__code")
        .first()
    )
    return bureau.day_of(timezone.now()) if bureau else timezone.localdate()


def _figures(projects: Any, today: Any) -> dict[str, int]:
    """What is counted beside the statuses: how many are late now. One query."""
    alive = ~Q(status="cancelled") & ~open_now(today)
    figures: dict[str, int] = projects.order_by().aggregate(late=Count("pk", filter=since("late_from", today) & alive))
    return figures


def _above(found: Region) -> list[Region]:
    """The divisions that it lies in, the largest first."""
    above: list[Region] = []
    while found.parent is not None and len(above) < _ABOVE:
        found = found.parent
        above.insert(0, found)
    return above


def _parts(found: Region, projects: Any) -> list[tuple[Region, int]]:
    """The divisions right below that have projects, with how many; most first. Two queries."""
    held = dict(projects.order_by().values_list("region__code").annotate(n=Count("pk")))
    below = Region.objects.filter(parent=found).defer("boundary", "point").order_by("code")
    counted = [
        (part, sum(n for code, n in held.items() if code.startswith(region_prefix(part.code)))) for part in below
    ]
    return sorted([(part, n) for part, n in counted if n], key=lambda row: -row[1])


def _map(request: HttpRequest, found: Region) -> dict[str, Any]:
    """The status map narrowed to the region, on its own boundary where one is known. At most 4 queries."""
    asked = copy.copy(request)
    asked.GET = QueryDict(f"region={found.code}")
    context = map_context(asked, VIEWS["status"])
    county = Bureau.objects.filter(region=found).first()
    if county is not None:
        context["map_config"]["bounds"] = [[county.south, county.west], [county.north, county.east]]
    return context


def _structured(request: HttpRequest, found: Region) -> list[machines.Facts]:
    addresses = Addresses(request)
    steps = [(part.name, "region", (part.code,)) for part in [*_above(found), found]]
    place: machines.Facts = {"@type": "AdministrativeArea", "name": found.name, "url": addresses.canonical}
    if found.point:
        place["geo"] = {"@type": "GeoCoordinates", "latitude": found.point.y, "longitude": found.point.x}
    return [machines.crumbs(addresses, steps), place]
