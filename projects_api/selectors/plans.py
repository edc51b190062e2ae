"""Annual plans and what is read from them on a day: the scoreboard, which a leader asks for first, and the year's curve."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, Generic, TypeVar

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet

from projects_api.choices import STANDS_STILL, Light, PlanTarget
from projects_api.models import AnnualPlan, Bureau, Project, User, roles_of
from projects_api.models.projects import READS_ALL
from projects_api.schedule.baseline import Measure, bridged
from projects_api.schedule.curve import Curves, Point, Reports, joint, weights
from projects_api.schedule.forecast import Forecast, forecast, still_known
from projects_api.schedule.outlook import Outlook
from projects_api.schedule.targets import reach
from projects_api.selectors.reported import reports_of
from projects_api.selectors.schedule import (
    ProjectFacts,
    curves_of,
    facts_of_projects,
    forecast_of,
    settings_of,
    stored_outlook,
)


def plans_visible_to(user: User | AnonymousUser) -> QuerySet[AnnualPlan]:
    plans = AnnualPlan.objects.select_related("bureau").order_by("bureau__code", "-year")
    if isinstance(user, User) and user.is_active and user.is_superuser:
        return plans
    whole = [bureau for bureau, held in roles_of(user).items() if held & READS_ALL]
    return plans.filter(Q(published=True) | Q(bureau__in=whole))


@dataclass(frozen=True, kw_only=True)
class PlanProject:
    """A project of a plan as it is, or was, on ``day``: what scoreboard, wall chart and curve are read from.

    Of today from the tables (`projects_of_plan`), of another day from the record (`past.projects_of_plan_on`).
    """

    code: str
    title: str
    region: str
    target: str
    status: str
    status_since: date | str | None
    stage: str
    progress: int
    published: bool
    leader: str
    total_investment: Decimal | None
    outlook: Outlook
    facts: ProjectFacts
    bureau: Bureau
    day: date

    @cached_property
    def _computed(self) -> tuple[Measure | None, Forecast]:
        return forecast_of(self.facts.stages, self.facts.baselines, self.bureau, self.day)

    @cached_property
    def _whole(self) -> Forecast:
        calendar, _rules = settings_of(self.bureau)
        return forecast(self.facts.stages, self.measure, calendar, self.day)

    @property
    def measure(self) -> Measure | None:
        return self._computed[0]

    @property
    def forecast(self) -> Forecast:
        """Up to the opening."""
        return self._computed[1]

    def expected(self, key: str) -> date | None:
        """The day on which a stage is expected to end; None where no day is known."""
        found = self._whole.stages.get(key)
        return still_known(self.facts.stages, key, found.finish, self.day) if found else None

    @property
    def light(self) -> Light:
        return self.outlook.light_on(self.day)

    @property
    def stands_still(self) -> bool:
        return self.status in STANDS_STILL

    def curves(self, reports: Reports | None = None) -> Curves:
        """All stages that the public sees, as in the project's own schedule."""
        return curves_of(
            bridged(self.facts.stages),
            self.measure,
            self._whole,
            self.day,
            reports=reports,
            stands_still=self.stands_still,
        )


def projects_of_plan(plan: AnnualPlan, user: User | AnonymousUser, today: date) -> list[PlanProject]:
    """The plan's projects that this user sees, by code, as they are today. Three queries."""
    rows = list(
        Project.objects.visible_to(user)
        .filter(plan=plan, archived_at__isnull=True)
        .select_related("region")
        .defer("region__boundary", "region__point", "site", "footprint", "note", "description")
        .order_by("code")
    )
    known = facts_of_projects(project.pk for project in rows)
    return [
        PlanProject(
            code=project.code,
            title=project.title,
            region=project.region.name,
            target=project.plan_target,
            status=project.status,
            status_since=project.status_since,
            stage=project.stage,
            progress=project.progress,
            published=project.published,
            leader=project.responsible_leader,
            total_investment=project.total_investment,
            outlook=stored_outlook(project),
            facts=known[project.pk],
            bureau=plan.bureau,
            day=today,
        )
        for project in rows
    ]


Row = TypeVar("Row")


@dataclass
class TargetScore(Generic[Row]):
    """One figure of the scoreboard with the projects behind it.

    ``met`` was reached by the end of the plan's year, ``met_late`` after it, ``open`` not yet; ``in_time`` are those of the
    open ones that are forecast to be met by 31 December.
    """

    target: str
    met: list[Row] = field(default_factory=list)
    met_late: list[Row] = field(default_factory=list)
    open: list[Row] = field(default_factory=list)
    in_time: list[Row] = field(default_factory=list)

    @property
    def planned(self) -> int:
        return len(self.met) + len(self.met_late) + len(self.open)

    @property
    def label(self) -> Any:
        return PlanTarget(self.target).label


def scoreboard(projects: Iterable[PlanProject], year: int) -> list[TargetScore[PlanProject]]:
    """Completed x of 2, started y of 6, upgraded z of 10, with the forecast for 31 December. No query."""
    scores = {target: TargetScore[PlanProject](target) for target in PlanTarget.values}
    for project in projects:
        score = scores[project.target]
        found = reach(project.target, project.facts.stages, project.forecast, year)
        getattr(score, found.bucket).append(project)
        if found.in_time and not project.stands_still:
            score.in_time.append(project)
    return [score for score in scores.values() if score.planned]


@dataclass(frozen=True)
class PlanCurve:
    """The S-curve of a plan's year. ``by_investment``: projects count by their total investment, else all alike.

    ``projects`` are drawn; those without a planned day cannot be compared with anything: ``left_out``, by code.
    """

    points: list[Point]
    by_investment: bool
    projects: int
    left_out: list[str]


def plan_curve(projects: Sequence[PlanProject], year: int, today: date) -> PlanCurve:
    """Planned, actual and expected progress of a plan's projects from 1 January to 31 December. One query.

    ``today`` is the day of the projects. About 0.5 ms a project, most of it for the forecasts.
    """
    reports = reports_of([p.code for p in projects], projects[0].bureau.day_of) if projects else {}
    drawn = [(p, curves) for p in projects if (curves := p.curves(reports.get(p.code))).planned]
    counts, by_investment = weights([project.total_investment for project, _curves in drawn])
    parts = [replace(curves, weight=count) for (_project, curves), count in zip(drawn, counts, strict=True)]
    known = {project.code for project, _curves in drawn}
    return PlanCurve(
        points=joint(parts, date(year, 1, 1), date(year, 12, 31), today),
        by_investment=by_investment,
        projects=len(drawn),
        left_out=[project.code for project in projects if project.code not in known],
    )


def plan_by_slug(user: User | AnonymousUser, slug: str) -> AnnualPlan | None:
    """``610526-2023``, if it exists for this user. One query."""
    code, _dash, year = slug.rpartition("-")
    if not (year.isascii() and year.isdigit() and len(year) == 4):
        return None
    return plans_visible_to(user).filter(bureau__code=code, year=int(year)).first()
