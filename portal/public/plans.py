"""``/plans/`` and ``/plans/{bureau}-{year}/``: how much of the year's plan is reached, and by which projects.

``?on=2023-06-30`` and ``?as_of=…`` show the plan of another day, as the API does.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal.languages import Addresses
from portal.public import facts_for_machines as machines
from portal.public.lateness import NOT_LATE, Lateness, lateness
from portal.public.schedule import wall, year_curve
from portal.public.travel import asked, journey
from projects_api.api.pagination import LARGEST_PAGE_NUMBER, Pages, whole_number
from projects_api.choices import PlanTarget
from projects_api.errors import NotFound
from projects_api.filtersets import checked_query
from projects_api.kept import kept
from projects_api.late_words import slip_words
from projects_api.models import AnnualPlan
from projects_api.past import When, plan_then, projects_of_plan_on
from projects_api.schedule.facts import MilestoneFacts
from projects_api.schedule.targets import deciding
from projects_api.selectors import pages
from projects_api.selectors.plans import (
    PlanProject,
    TargetScore,
    plan_by_slug,
    plan_curve,
    plans_visible_to,
    scoreboard,
)


@dataclass(frozen=True)
class Standing:
    """A project under its target: on which day it was reached, or when that is expected, and how late that is."""

    project: PlanProject
    reached: date | None
    expected: date | None
    late: Lateness


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


def figures_of(scores: Iterable[TargetScore[Any]]) -> list[Figure]:
    return [_figure(score) for score in scores]


def _figure(score: TargetScore[Any]) -> Figure:
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


@kept
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


@kept
@require_safe
def plan(request: HttpRequest, slug: str) -> HttpResponse:
    """The scoreboard with the projects behind each figure, and the year's curve: 5 queries and the reader's roles, at any size.

    Of another day about 8 per 500 projects.
    """
    found, when = _plan(request, slug)
    projects = projects_of_plan_on(found, request.user, when)
    steps = [(_("Plans"), "plans", ()), (found.title, "plan", (found.slug,))]
    context = {
        "plan": found,
        "structured": [machines.crumbs(Addresses(request), steps)],
        "targets": [_target(score, found.year) for score in scoreboard(projects, found.year)],
        "curve": year_curve(plan_curve(projects, found.year, when.day), when),
        "this_year": when.day.year,
        "travel": journey(when),
    }
    return render(request, "public/plan.html", context)


@kept
@require_safe
def plan_wall(request: HttpRequest, slug: str) -> HttpResponse:
    """挂图作战: the year on one sheet, a row per project. As many queries as the plan's page."""
    found, when = _plan(request, slug)
    public = not request.user.has_perm("plan.read_unpublished", found)
    chart = wall(projects_of_plan_on(found, request.user, when), year=found.year, when=when, public=public)
    return render(
        request, "public/wall.html", {"plan": found, "wall": chart, "today": when.day, "travel": journey(when)}
    )


def _plan(request: HttpRequest, slug: str) -> tuple[AnnualPlan, When]:
    """The plan of the day that is asked for, and that day."""
    found = plan_by_slug(request.user, slug)
    if found is None:
        raise NotFound(_("There is no plan %(slug)s that you can see.") % {"slug": slug})
    when = asked(request, found.bureau)
    return plan_then(found, request.user, when), when


def _target(score: TargetScore[PlanProject], year: int) -> Target:
    groups = [
        (_("Reached in %(year)s") % {"year": year}, score.met),
        (_("Reached after %(year)s") % {"year": year}, score.met_late),
        (_("Not reached yet"), score.open),
    ]
    standings = [(words, [_standing(project) for project in projects]) for words, projects in groups if projects]
    return Target(score.target, _figure(score), standings)


def _standing(project: PlanProject) -> Standing:
    """By the milestone that decides the target; the day is the one that the schedule expects, as on the project's page."""
    stage = deciding(project.target, project.facts.stages)
    expected = None if stage is None or stage.actual or project.stands_still else project.expected(stage.key)
    return Standing(
        project=project,
        reached=stage.actual if stage else None,
        expected=expected,
        late=_late(stage, expected, project) if stage else NOT_LATE,
    )


def _late(stage: MilestoneFacts, expected: date | None, project: PlanProject) -> Lateness:
    """Against what the stage was promised for, else planned: where a day is expected by that day, else by today."""
    span = project.measure.spans.get(stage.key) if project.measure else None
    promised = span.finish if span else stage.planned
    if expected and promised and expected > promised:
        days = (expected - promised).days
        return Lateness(days, False, slip_words(days, True))  # the day before it says that it is expected
    return lateness(replace(stage, planned=promised, forecast=expected), project.day)
