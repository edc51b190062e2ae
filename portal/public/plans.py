"""``/plans/`` and ``/plans/{bureau}-{year}/``: how much of the year's plan is reached, and by which projects."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal.public.lateness import NOT_LATE, Lateness, lateness
from portal.public.rows import light_of
from portal.public.schedule import wall
from projects_api.api.pagination import LARGEST_PAGE_NUMBER, Pages, whole_number
from projects_api.choices import PlanTarget
from projects_api.errors import NotFound
from projects_api.filtersets import checked_query
from projects_api.models import Project
from projects_api.schedule.targets import TARGET_MILESTONES
from projects_api.selectors import pages
from projects_api.selectors.plans import (
    TargetScore,
    plan_by_slug,
    plans_visible_to,
    projects_of_plan,
    reached_on,
    scoreboard,
)


@dataclass(frozen=True)
class Standing:
    """A project under its target: on which day it was reached, or when that is expected, and how late that is."""

    project: Project
    reached: date | None
    expected: date | None
    late: Lateness
    light: str


@dataclass(frozen=True)
class Figure:
    """ "Completed 1 of 2": of the projects planned, how many reached the target, and how many of those in the plan's year."""

    verb: str
    reached: int
    planned: int
    in_year: int
    later: int
    open: int
    in_time: int


@dataclass(frozen=True)
class Target:
    """A figure with the projects behind it, in up to three groups."""

    code: str
    figure: Figure
    groups: list[tuple[str, list[Standing]]]


def figures_of(scores: list[TargetScore]) -> list[Figure]:
    return [_figure(score) for score in scores]


def _figure(score: TargetScore) -> Figure:
    in_year, later, still = len(score.met), len(score.met_late), len(score.open)
    return Figure(
        verb_of(score.target), in_year + later, in_year + later + still, in_year, later, still, len(score.in_time)
    )


def verb_of(target: str) -> str:
    """What has happened to the projects counted."""
    return {
        PlanTarget.COMPLETE.value: _("Completed"),
        PlanTarget.START.value: _("Started"),
        PlanTarget.UPGRADE.value: _("Upgraded"),
    }[target]


@require_safe
def plans(request: HttpRequest) -> HttpResponse:
    """Every plan that this reader may see with its figures, newest first."""
    checked_query(request.GET, known=("page",))
    number = whole_number(request.GET.get("page") or "1", "?page", 1, LARGEST_PAGE_NUMBER)
    paginator = Paginator(plans_visible_to(request.user).order_by("-year", "bureau__code"), Pages.page_size)
    if number > paginator.num_pages:
        raise NotFound(_("There are only %(n)s pages of this list.") % {"n": paginator.num_pages})
    page = paginator.page(number)
    scores = pages.scoreboards(list(page.object_list), request.user)
    rows = [(plan, figures_of(scores[plan.pk])) for plan in page.object_list]
    return render(request, "public/plans.html", {"page": page, "plans": rows})


@require_safe
def plan(request: HttpRequest, slug: str) -> HttpResponse:
    """The scoreboard with the projects behind each figure: 4 queries and the reader's roles, at any size."""
    checked_query(request.GET, known=())
    found = plan_by_slug(request.user, slug)
    if found is None:
        raise NotFound(_("There is no plan %(slug)s for you.") % {"slug": slug})
    today = timezone.localdate()
    scores = scoreboard(found, request.user, today)
    targets = [_target(score, found.year, today) for score in scores]
    context = {"plan": found, "targets": targets, "this_year": today.year}
    return render(request, "public/plan.html", context)


@require_safe
def plan_wall(request: HttpRequest, slug: str) -> HttpResponse:
    """挂图作战: the year on one sheet, a row per project. 4 queries and the reader's roles, at any size."""
    checked_query(request.GET, known=())
    found = plan_by_slug(request.user, slug)
    if found is None:
        raise NotFound(_("There is no plan %(slug)s for you.") % {"slug": slug})
    public = not request.user.has_perm("plan.read_unpublished", found)
    today = timezone.localdate()
    projects = projects_of_plan(found, request.user, deciding=False)
    chart = wall(projects, found.bureau, year=found.year, today=today, public=public)
    return render(request, "public/wall.html", {"plan": found, "wall": chart, "today": today})


def _target(score: TargetScore, year: int, today: date) -> Target:
    def standings(projects: list[Project]) -> list[Standing]:
        return [_standing(project, score.target, today) for project in projects]

    groups = [
        (_("Reached in %(year)s") % {"year": year}, standings(score.met)),
        (_("Reached after %(year)s") % {"year": year}, standings(score.met_late)),
        (_("Not reached yet"), standings(score.open)),
    ]
    return Target(score.target, _figure(score), [group for group in groups if group[1]])


def _standing(project: Project, target: str, today: date) -> Standing:
    """By the milestone that decides the target (`TARGET_MILESTONES`), as far as the public sees it."""
    milestones = {m.key: m for m in project.milestones.all() if m.public}
    deciding = next((milestones[key] for key in TARGET_MILESTONES[target] if key in milestones), None)
    if deciding is None:
        return Standing(project, reached_on(project, target), None, NOT_LATE, light_of(project, today))
    return Standing(
        project=project,
        reached=reached_on(project, target),
        expected=deciding.forecast or deciding.planned,
        late=lateness(deciding, today),
        light=light_of(project, today),
    )
