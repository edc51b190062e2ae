"""Annual plans and their scoreboard: what a leader asks for first."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Prefetch, Q, QuerySet

from projects_api.choices import PlanTarget
from projects_api.models import AnnualPlan, Milestone, Project, User, roles_of
from projects_api.models.projects import READS_ALL

# The milestone whose actual date meets a target: the first of these that the project has, in this order.
TARGET_MILESTONES: dict[str, tuple[str, ...]] = {
    PlanTarget.COMPLETE: ("completion_acceptance", "acceptance", "handover"),
    PlanTarget.START: ("commencement", "works"),
    PlanTarget.UPGRADE: ("acceptance", "completion_acceptance"),
}


def plans_visible_to(user: User | AnonymousUser) -> QuerySet[AnnualPlan]:
    plans = AnnualPlan.objects.select_related("bureau").order_by("bureau__code", "-year")
    if isinstance(user, User) and user.is_active and user.is_superuser:
        return plans
    whole = [bureau for bureau, held in roles_of(user).items() if held & READS_ALL]
    return plans.filter(Q(published=True) | Q(bureau__in=whole))


@dataclass
class TargetScore:
    """One figure of the scoreboard with the projects behind it.

    ``met`` was reached by the end of the plan's year, ``met_late`` after it, ``open`` not yet.
    """

    target: str
    met: list[Project] = field(default_factory=list)
    met_late: list[Project] = field(default_factory=list)
    open: list[Project] = field(default_factory=list)

    @property
    def planned(self) -> int:
        return len(self.met) + len(self.met_late) + len(self.open)

    @property
    def label(self) -> Any:
        return PlanTarget(self.target).label


def reached_on(project: Project, target: str) -> date | None:
    """The day on which the project met the target, by its milestones (which are prefetched)."""
    actual = {m.key: m.actual for m in project.milestones.all()}
    for key in TARGET_MILESTONES[target]:
        if key in actual:
            return actual[key]
    return None


def scoreboard(plan: AnnualPlan, user: User | AnonymousUser) -> list[TargetScore]:
    """Completed x of 2, started y of 6, upgraded z of 10, of the projects that this user sees. Two queries."""
    keys = {key for keys in TARGET_MILESTONES.values() for key in keys}
    projects = (
        Project.objects.visible_to(user)
        .filter(plan=plan, archived_at__isnull=True)
        .select_related("bureau", "region")
        .defer("region__boundary", "footprint", "note")
        .prefetch_related(Prefetch("milestones", queryset=Milestone.objects.filter(key__in=keys)))
        .order_by("code")
    )
    scores = {target: TargetScore(target) for target in PlanTarget.values}
    year_end = date(plan.year, 12, 31)
    for project in projects:
        score = scores[project.plan_target]
        reached = reached_on(project, project.plan_target)
        bucket = score.open if reached is None else score.met if reached <= year_end else score.met_late
        bucket.append(project)
    return [score for score in scores.values() if score.planned]


def plan_by_slug(user: User | AnonymousUser, slug: str) -> AnnualPlan | None:
    """``610526-2023``, if it exists for this user. One query."""
    code, _dash, year = slug.rpartition("-")
    if not (year.isascii() and year.isdigit() and len(year) == 4):
        return None
    return plans_visible_to(user).filter(bureau__code=code, year=int(year)).first()
