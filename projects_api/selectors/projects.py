"""Projects: lists and single ones. QuerySets and plain rows, never responses."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, F, OrderBy, OuterRef, Prefetch, QuerySet

from projects_api.models import Baseline, Milestone, Project, User
from projects_api.models.base import the_one
from projects_api.selectors.moment import read_once

# What a list may be ordered by, and its column.
ORDERINGS = {
    "code": "code",
    "title": "title_zh",
    "status": "status",
    "progress": "progress",
    "next_due": "next_due",
    "places": "places",
    "total_investment": "total_investment",
    "updated": "updated_at",
}
_MAY_BE_UNKNOWN = frozenset({"next_due", "places", "total_investment"})


def ordered_by(order: str) -> list[str | OrderBy]:
    """``order``: one of `ORDERINGS`, ``-`` in front turns it round; the code settles ties. Raises KeyError.

    What is not known comes last either way: of themselves the two engines put it at opposite ends. Yuan and dollars have no
    order among them: each currency by itself, one after the other.
    """
    column, back = ORDERINGS[order.removeprefix("-")], order.startswith("-")
    first: list[str | OrderBy] = ["bureau__currency"] if column == "total_investment" else []
    if column in _MAY_BE_UNKNOWN:
        return [*first, F(column).desc(nulls_last=True) if back else F(column).asc(nulls_last=True), "code"]
    return [*first, f"-{column}" if back else column, "code"]


def project_list(user: User | AnonymousUser) -> QuerySet[Project]:
    """What a list page needs, in one query; boundaries stay in the database."""
    projects: QuerySet[Project] = Project.objects.visible_to(user)
    return (
        projects.select_related("bureau", "region", "school", "plan__bureau")
        .defer(
            "region__boundary",
            "region__point",
            "footprint",
            "note",
            "search_text",
            "region__search_text",
            "school__search_text",
        )
        .order_by("code")
    )


def project_detail(user: User | AnonymousUser) -> QuerySet[Project]:
    """What a project's page needs, in two queries: the row with its references, its milestones."""
    projects: QuerySet[Project] = Project.objects.visible_to(user)
    return (
        projects.select_related("bureau", "region", "school", "plan__bureau", "template")
        .defer("region__boundary", "region__point")
        .prefetch_related(Prefetch("milestones", queryset=Milestone.objects.order_by("position", "key")))
    )


@read_once(lambda user, code: (user.pk, code))
def project_page(user: User | AnonymousUser, code: str) -> Project | None:
    """The project that a page speaks of, with its bureau's county (the locator draws its outline); None: not for this reader.

    ``is_promised``: whether a baseline was approved; without one its dates are planned, and promised by nobody.
    """
    promised = Exists(Baseline.objects.filter(project=OuterRef("pk")))
    projects = project_detail(user).select_related("bureau__region").annotate(is_promised=promised)
    return the_one(projects.filter(code=code))
