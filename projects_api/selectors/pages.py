"""Reads of the pages: counts, what comes next, scoreboards of several plans, the newest changes, who may sign in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import CharField, Count, F, Prefetch, Q, QuerySet, Value
from django.db.models.functions import Cast
from django.utils import timezone

from projects_api.choices import InspectionResult, Status
from projects_api.models import (
    Allocation,
    AnnualPlan,
    Assignment,
    Estimate,
    Inspection,
    Membership,
    Milestone,
    Project,
    Spending,
    User,
    in_force,
)
from projects_api.schedule.targets import TARGET_MILESTONES, bucket, deciding
from projects_api.selectors.moment import read_once
from projects_api.selectors.plans import TargetScore, plans_visible_to

Person = User | AnonymousUser


def status_counts(projects: QuerySet[Project]) -> list[tuple[Status, int]]:
    """How many projects there are of each status that occurs, in the order of a project's life. One query."""
    counted = dict(projects.order_by().values_list("status").annotate(n=Count("pk")))
    return [(status, counted[status.value]) for status in Status if counted.get(status.value)]


def next_milestones(projects: Iterable[Project]) -> dict[int, Milestone]:
    """The next milestone of each project, by the project's id; left out where the public does not see it. One query."""
    ids = [project.pk for project in projects]
    rows = Milestone.objects.filter(project__in=ids, key=F("project__next_milestone"), public=True).defer("note")
    return {milestone.project_id: milestone for milestone in rows}


def recently_changed(projects: QuerySet[Project], limit: int) -> list[Project]:
    """The projects whose record moved last. One query."""
    return list(projects.order_by("-updated_at", "code")[:limit])


def newest_plans(user: Person, limit: int | None) -> list[AnnualPlan]:
    """Each bureau's newest plan, at most ``limit`` (None: all), the installation's first bureau first. One query."""
    newest: dict[int, AnnualPlan] = {}
    for plan in plans_visible_to(user):
        newest.setdefault(plan.bureau_id, plan)
    return [newest[bureau] for bureau in sorted(newest)][:limit]


def scoreboards(plans: Sequence[AnnualPlan], user: Person) -> dict[int, list[TargetScore[Project]]]:
    """The scoreboard of each plan, by the plan's id: what `selectors.plans.scoreboard` is for one, without the
    forecast (`in_time`). Two queries in all."""
    keys = {key for keys in TARGET_MILESTONES.values() for key in keys}
    years = {plan.pk: plan.year for plan in plans}
    scores: dict[int, dict[str, TargetScore[Project]]] = {pk: {} for pk in years}
    projects = (
        Project.objects.visible_to(user)
        .filter(plan__in=list(years), archived_at__isnull=True)
        .only("pk", "code", "plan", "plan_target")
        .prefetch_related(
            Prefetch(
                "milestones", queryset=Milestone.objects.filter(key__in=keys).only("project", "key", "actual", "public")
            )
        )
        .order_by("code")
    )
    for project in projects:
        plan_id = project.plan_id or 0
        score = scores[plan_id].setdefault(project.plan_target, TargetScore(project.plan_target))
        stage = deciding(project.plan_target, project.milestones.all())
        getattr(score, bucket(stage.actual if stage else None, years[plan_id])).append(project)
    order = list(TARGET_MILESTONES)
    return {pk: [found[target] for target in order if target in found] for pk, found in scores.items()}


def engineers_of(project: Project) -> list[Assignment]:
    """Who reports on the project now. One query."""
    return list(
        project.assignments.filter(in_force(project.bureau.day_of(timezone.now())))
        .select_related("user")
        .order_by("since", "user__username")
    )


def money_of(project: Project) -> dict[str, list[Any]]:
    """The project's money without what was set aside, oldest first, undated last. Three queries; only for who may read it."""
    tables: dict[str, type[Estimate] | type[Allocation] | type[Spending]] = {
        "estimates": Estimate,
        "allocations": Allocation,
        "spending": Spending,
    }
    dated = F("dated").asc(nulls_last=True)
    return {
        name: list(table._default_manager.filter(project=project, archived=False).order_by(dated, "number"))
        for name, table in tables.items()
    }


@dataclass(frozen=True)
class PublicMoney:
    """``table``: estimate, allocation, spending; ``kind``: the estimate's or spending's, an allocation's source."""

    table: str
    kind: str
    amount: Decimal
    dated: date | None
    illustrative: bool


@read_once(lambda project: project.pk)
def public_money_of(project: Project) -> list[PublicMoney]:
    """What the bureau publishes of the project's money, oldest first (decision 29). One query."""

    def rows(model: type[Any], kind: str) -> QuerySet[Any, Any]:
        shown = model._default_manager.filter(project=project, public=True, archived=False).order_by()
        name = Value(str(model._meta.model_name))
        named = shown.annotate(table=name, what=Cast(kind, CharField()))
        found: QuerySet[Any, Any] = named.values_list("table", "what", "amount", "dated", "illustrative", "number")
        return found

    every = rows(Estimate, "kind").union(rows(Allocation, "source"), rows(Spending, "kind"), all=True)
    facts = sorted(every, key=lambda row: (row[3] or date.min, row[5]))
    return [PublicMoney(*row[:5]) for row in facts]


@read_once(lambda project: project.pk)
def public_inspections_of(project: Project) -> list[Inspection]:
    """The inspections that were passed, the newest first, where the bureau publishes them. One query."""
    shown = Inspection.objects.filter(project=project, public=True, archived=False).exclude(
        result=InspectionResult.FAILED
    )
    return list(shown.only("number", "kind", "held_on", "result", "project").order_by("-held_on", "-number"))


def demo_accounts() -> list[User]:
    """The demonstration's accounts with the roles they hold, those of one bureau together. Two queries."""
    held = (
        Membership.objects.filter(in_force(timezone.localdate()))
        .select_related("bureau__region")
        .defer("bureau__region__boundary")
    )
    accounts = (
        User.objects.filter(Q(is_demo=True) & Q(is_active=True) & Q(is_superuser=False) & Q(is_staff=False))
        .prefetch_related(Prefetch("memberships", queryset=held.order_by("bureau__pk", "role"), to_attr="held"))
        .order_by("pk")
    )
    return sorted(accounts, key=lambda user: min((m.bureau_id for m in user.held), default=0))  # type: ignore[attr-defined]
