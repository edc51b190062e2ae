"""Projects: lists, single ones, statistics. QuerySets and plain rows, never responses."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, Prefetch, Q, QuerySet, Sum

from projects_api.choices import Light, MilestoneState
from projects_api.models import Allocation, Milestone, Project, Spending, User
from projects_api.selectors.facts import decimal
from projects_api.selectors.lights import light_on
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
    """The project that a page speaks of, with its bureau's county (the locator draws its outline); None: not for this reader."""
    return project_detail(user).select_related("bureau__region").filter(code=code).first()


GROUPINGS = {
    "status": "status",
    "kind": "kind",
    "stage": "stage",
    "region": "region__code",
    "bureau": "bureau__code",
    "year": "plan__year",
}


def statistics(projects: QuerySet[Project], *, today: date, money_of: Sequence[int]) -> dict[str, Any]:
    """Totals of a filtered, visible set: one query per grouping and one for the sums.

    ``money_of`` are the bureaus (ids) whose allocations and spending the reader may see; those are added, value of work
    done and money paid apart.
    """
    plain = projects.order_by()
    totals = plain.aggregate(
        projects=Count("pk"),
        places=Sum("places"),
        classes=Sum("classes"),
        floor_area=Sum("floor_area"),
        total_investment=Sum("total_investment"),
    )
    # SQLite adds decimals as floats: two decimals are what the sum is good for.
    sums = {name: decimal(totals[name]) for name in ("floor_area", "total_investment")}
    answer: dict[str, Any] = {"totals": totals | sums}
    for name, path in GROUPINGS.items():
        rows = (
            plain.values_list(path)
            .annotate(n=Count("pk"), places=Sum("places"), total=Sum("total_investment"))
            .order_by(path)
        )
        answer[f"by_{name}"] = [
            {
                name: "" if value is None else value,
                "projects": n,
                "places": places or 0,
                "total_investment": decimal(total),
            }
            for value, n, places, total in rows
        ]
    lights = light_counts(plain, today)
    answer["by_light"] = [{"light": light.value, "projects": lights.get(light.value, 0)} for light in Light]
    answer["stages"] = stage_totals(plain)
    answer |= {f"days_lost_by_{name}": rows for name, rows in days_lost(plain).items()}
    if money_of:
        answer["money"] = money_totals(plain.filter(bureau__in=money_of))
    return answer


def light_counts(projects: QuerySet[Project], today: date) -> dict[str, int]:
    """How many of these projects show each light that occurs. One query."""
    lit = projects.order_by().annotate(light=light_on(today)).values_list("light").annotate(n=Count("pk"))
    return dict(lit.values_list("light", "n"))


def stage_totals(projects: QuerySet[Project]) -> dict[str, Any]:
    """The public stages of these projects that were promised: finished on time, finished late, open. One query.

    ``days_late`` and ``days_early``: calendar days between the promised and the actual end, added over the finished ones.
    """
    promised = Milestone.objects.filter(project__in=projects, public=True).exclude(state=MilestoneState.NOT_APPLICABLE)
    over, late = Q(actual__isnull=False, slip_days__isnull=False), Q(actual__isnull=False, slip_days__gt=0)
    totals: dict[str, Any] = promised.aggregate(
        on_time=Count("pk", filter=over & Q(slip_days__lte=0)),
        late=Count("pk", filter=late),
        open=Count("pk", filter=Q(actual__isnull=True)),
        undated=Count("pk", filter=Q(actual__isnull=False, slip_days__isnull=True)),
        days_late=Sum("slip_days", filter=late, default=0),
        days_early=-Sum("slip_days", filter=over & Q(slip_days__lt=0), default=0),
    )
    return totals


LOSSES = {"reason": "delay_reason", "region": "project__region__code", "contractor": "project__contractor"}


def days_lost(projects: QuerySet[Project]) -> dict[str, list[dict[str, Any]]]:
    """Calendar days lost at the public stages of these projects, where they were lost: by reason, township, contractor.

    By actual and typed dates against the current baseline (`schedule.slips`); what no reason was given for has the reason "".
    One query each.
    """
    lost = Milestone.objects.filter(project__in=projects, public=True, days_lost__gt=0)
    return {
        name: [
            {name: value or "", "days": days, "stages": stages}
            for value, days, stages in lost.values_list(path)
            .annotate(days=Sum("days_lost"), stages=Count("pk"))
            .order_by("-days", path)
            .values_list(path, "days", "stages")
        ]
        for name, path in LOSSES.items()
    }


def money_totals(projects: QuerySet[Project]) -> dict[str, Any]:
    """Allocations by source, spending by kind; what was set aside is not counted. Two queries."""
    allocations = (
        Allocation.objects.filter(project__in=projects, archived=False)
        .values_list("source")
        .annotate(total=Sum("amount"))
        .order_by("source")
    )
    spending = (
        Spending.objects.filter(project__in=projects, archived=False)
        .values_list("kind")
        .annotate(total=Sum("amount"))
        .order_by("kind")
    )
    return {
        "allocations": [{"source": source, "amount": decimal(total)} for source, total in allocations],
        "spending": [{"kind": kind, "amount": decimal(total)} for kind, total in spending],
    }
