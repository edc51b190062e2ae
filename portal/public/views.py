"""The map and list of the front page, and the list of projects: thin views over selectors."""

from __future__ import annotations

from dataclasses import replace

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from mapviews.filters import FilterForm, filter_form
from mapviews.maps import VIEWS
from mapviews.pages import map_context
from portal.public.plans import figures_of
from portal.public.rows import rows_of
from projects_api.api.pagination import LARGEST_PAGE_NUMBER, Pages, whole_number
from projects_api.api.views.projects import ORDERINGS
from projects_api.errors import InvalidInput, NotFound
from projects_api.filtersets import filtered
from projects_api.models import Project
from projects_api.selectors import pages
from projects_api.selectors.projects import project_list

_PARAMETERS = ("page", "page_size", "ordering")
RECENT = 8
PLANS = 4


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """How many, where, how far the year's plan is, and what moved last. The API's filters narrow all but the plans."""
    projects = filtered(request, Project.objects.visible_to(request.user))
    recent = pages.recently_changed(filtered(request, project_list(request.user)), RECENT)
    counts = pages.status_counts(projects)
    plans = pages.newest_plans(request.user, PLANS)
    scores = pages.scoreboards(plans, request.user)
    context = map_context(request, VIEWS["status"])
    counties = [bureau.region.name for bureau in sorted(context["form"].bureaus, key=lambda b: b.pk)]
    context |= {
        "counts": counts,
        "total": sum(n for _status, n in counts),
        "rows": rows_of(recent, timezone.localdate()),
        "plans": [(plan, figures_of(scores[plan.pk])) for plan in plans],
        "counties": _(" and ").join(counties) if 1 <= len(counties) <= 2 else "",
    }
    return render(request, "public/home.html", context)


@require_safe
def projects(request: HttpRequest) -> HttpResponse:
    """The list: the API's filters as a form, 20 a page. The query count does not depend on how many there are."""
    found = filtered(request, project_list(request.user), view_parameters=_PARAMETERS)
    order = request.GET.get("ordering", "") or "code"
    page_size = whole_number(request.GET.get("page_size") or str(Pages.page_size), "?page_size", 1, Pages.max_page_size)
    number = whole_number(request.GET.get("page") or "1", "?page", 1, LARGEST_PAGE_NUMBER)
    paginator = Paginator(found.order_by(*_columns(order)), page_size)
    if number > paginator.num_pages:
        raise NotFound(_("There are only %(n)s pages of this list.") % {"n": paginator.num_pages})
    page = paginator.page(number)
    context = {
        "page": page,
        "rows": rows_of(page.object_list, timezone.localdate()),
        "form": _without_paging(filter_form(request, Project.objects.visible_to(request.user))),
        "orderings": _orderings(),
        "order": order,
    }
    return render(request, "public/projects.html", context)


def _columns(order: str) -> list[str]:
    """The API's orderings; the code settles ties. Raises InvalidInput."""
    column = ORDERINGS.get(order.removeprefix("-"))
    if column is None:
        raise InvalidInput.one(
            "?ordering", "invalid_choice", _("Order by one of: %(names)s.") % {"names": ", ".join(ORDERINGS)}
        )
    return ["-" + column if order.startswith("-") else column, "code"]


def _orderings() -> list[tuple[str, str]]:
    return [
        ("code", _("by code")),
        ("-updated", _("last changed first")),
        ("next_due", _("next milestone soonest first")),
        ("-progress", _("furthest on first")),
        ("progress", _("least far on first")),
        ("-total_investment", _("largest investment first")),
    ]


def _without_paging(form: FilterForm) -> FilterForm:
    """The order is a control of this page's own, and narrows nothing."""
    kept = tuple((name, value) for name, value in form.kept if name not in _PARAMETERS)
    return replace(form, kept=kept, active=bool(kept) or any(field.value for field in form.fields))
