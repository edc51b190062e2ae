"""Projects: lists and single ones. QuerySets and plain rows, never responses."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, OuterRef, Prefetch, QuerySet

from projects_api.models import Baseline, Milestone, Project, User
from projects_api.selectors.moment import read_once


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
    return projects.filter(code=code).first()
