"""Annual plans and their scoreboard: what a leader asks for first."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Prefetch, Q, QuerySet

from projects_api.choices import PlanTarget, Status
from projects_api.models import AnnualPlan, Milestone, Project, User, roles_of
from projects_api.models.projects import READS_ALL
from projects_api.schedule.targets import TARGET_MILESTONES, reach
from projects_api.selectors.schedule import facts_of_projects, forecast_of


def plans_visible_to(user: User | AnonymousUser) -> QuerySet[AnnualPlan]:
    plans = AnnualPlan.objects.select_related("bureau").order_by("bureau__code", "-year")
    if isinstance(user, User) and user.is_active and user.is_superuser:
        return plans
    whole = [bureau for bureau, held in roles_of(user).items() if held & READS_ALL]
    return plans.filter(Q(published=True) | Q(bureau__in=whole))


@dataclass
class TargetScore:
    """One figure of the scoreboard with the projects behind it.

    ``met`` was reached by the end of the plan's year, ``met_late`` after it, ``open`` not yet; ``in_time`` are those of the
    open ones that are forecast to be met by 31 December.
    """

    target: str
    met: list[Project] = field(default_factory=list)
    met_late: list[Project] = field(default_factory=list)
    open: list[Project] = field(default_factory=list)
    in_time: list[Project] = field(default_factory=list)

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


def scoreboard(plan: AnnualPlan, user: User | AnonymousUser, today: date) -> list[TargetScore]:
    """Completed x of 2, started y of 6, upgraded z of 10, of the projects that this user sees, with the forecast for
    31 December. Four queries.
    """
    scores = {target: TargetScore(target) for target in PlanTarget.values}
    projects = projects_of_plan(plan, user)
    known = facts_of_projects(project.pk for project in projects)
    for project in projects:
        score, facts = scores[project.plan_target], known[project.pk]
        _measure, expected = forecast_of(facts.stages, facts.baselines, plan.bureau, today)
        found = reach(project.plan_target, facts.stages, expected, plan.year)
        getattr(score, found.bucket).append(project)
        if found.in_time and project.status not in (Status.CANCELLED, Status.SUSPENDED):
            score.in_time.append(project)
    return [score for score in scores.values() if score.planned]


def projects_of_plan(plan: AnnualPlan, user: User | AnonymousUser, *, deciding: bool = True) -> list[Project]:
    """The plan's projects that this user sees, with the milestones that decide their targets. Two queries; one without."""
    keys = {key for keys in TARGET_MILESTONES.values() for key in keys}
    milestones = Prefetch("milestones", queryset=Milestone.objects.filter(key__in=keys).defer("note"))
    return list(
        Project.objects.visible_to(user)
        .filter(plan=plan, archived_at__isnull=True)
        .select_related("bureau", "region")
        .defer("region__boundary", "footprint", "note")
        .prefetch_related(*([milestones] if deciding else []))
        .order_by("code")
    )


def plan_by_slug(user: User | AnonymousUser, slug: str) -> AnnualPlan | None:
    """``610526-2023``, if it exists for this user. One query."""
    code, _dash, year = slug.rpartition("-")
    if not (year.isascii() and year.isdigit() and len(year) == 4):
        return None
    return plans_visible_to(user).filter(bureau__code=code, year=int(year)).first()
