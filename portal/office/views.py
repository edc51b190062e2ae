"""``/office/``: what is late, by how much, why; what nobody reports on; the year's plan."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal.office.acting import signed_in
from portal.office.paper import reported_for
from portal.public.plans import Figure, figures_of
from portal.public.rows import Row, rows_of
from portal.public.schedule import year_curve
from projects_api.choices import DelayReason, Light
from projects_api.errors import NotAllowed
from projects_api.filtersets import checked_query, knows_private
from projects_api.models import AnnualPlan, Bureau, Project, roles_of
from projects_api.models.projects import READS_ALL
from projects_api.past import When
from projects_api.schedule.calendar import WorkCalendar
from projects_api.schedule.outlook import Outlook
from projects_api.selectors import pages
from projects_api.selectors.fieldwork import reported_milestones, reports_waiting, reviewing_bureaus
from projects_api.selectors.inspections import findings_readable_by, tally_of
from projects_api.selectors.lateness import outlook_words
from projects_api.selectors.lights import since, with_light
from projects_api.selectors.places import region_names
from projects_api.selectors.plans import plan_curve, projects_of_plan, scoreboard
from projects_api.selectors.projects import project_list
from projects_api.selectors.questions import may_be_asked, tab_counts
from projects_api.selectors.schedule import OUTLOOK, settings_of
from projects_api.selectors.statistics import days_lost, light_counts

MOST = 10  # rows of a list; the rest is one tap away


@dataclass(frozen=True)
class Slip:
    """A project that needs a decision; ``words``: how far behind its promise it is expected, or that it is suspended."""

    row: Row
    finish: date | None
    words: str


@dataclass(frozen=True)
class Desk:
    """One bureau's morning. ``losses``: (what it is by, rows of name, days, stages)."""

    bureau: Bureau
    lights: list[tuple[str, int]]
    worst: list[Slip]
    stale: list[Row]
    misses: int
    losses: list[tuple[str, list[tuple[str, int, int]]]]
    plan: AnnualPlan | None
    figures: list[Figure]
    curve: dict[str, Any] | None


@login_required
@require_safe
def office(request: HttpRequest) -> HttpResponse:
    """For who reads all of a bureau. At most 30 queries for one bureau, at any number of projects."""
    checked_query(request.GET, known=())
    if not knows_private(request.user):
        raise NotAllowed(_("The office is for the bureau's own people."))
    moment = timezone.now()
    bureaus = _bureaus(request.user)
    plans = {plan.bureau_id: plan for plan in pages.newest_plans(request.user, None)}
    desks = [_desk(bureau, plans.get(bureau.pk), request, bureau.day_of(moment)) for bureau in bureaus]
    context = {
        "desks": desks,
        "today": timezone.localdate(moment),
        "waiting": _waiting(request),
        "questions": tab_counts(signed_in(request), moment) if may_be_asked(request.user) else None,
        "tally": tally_of(findings_readable_by(request.user), timezone.localdate(moment)),
        "on_paper": bool(reported_for(signed_in(request))),
    }
    return render(request, "office/office.html", context)


def _waiting(request: HttpRequest) -> int | None:
    """How many reports and finished stages wait for this reader; None for who does not review. Three queries."""
    user = signed_in(request)
    bureaus = reviewing_bureaus(user)
    if not bureaus:
        return None
    return reports_waiting(user, bureaus).count() + len(reported_milestones(user, bureaus))


def _bureaus(user: Any) -> list[Bureau]:
    bureaus = Bureau.objects.select_related("region").defer("region__boundary").order_by("pk")
    if not user.is_superuser:
        bureaus = bureaus.filter(pk__in=[pk for pk, held in roles_of(user).items() if held & READS_ALL])
    return list(bureaus)


def _desk(bureau: Bureau, plan: AnnualPlan | None, request: HttpRequest, today: date) -> Desk:
    projects = project_list(request.user).filter(bureau=bureau, archived_at__isnull=True)
    counts = light_counts(projects, today)
    red = with_light(projects, [Light.RED.value], today).order_by("red_from", "code")
    stale = projects.filter(since("stale_from", today)).order_by("stale_from", "code")[:MOST]
    planned = projects_of_plan(plan, request.user, today) if plan else []
    return Desk(
        bureau=bureau,
        lights=[(light.value, counts[light.value]) for light in Light if counts.get(light.value)],
        worst=_worst(red, bureau, today),
        stale=rows_of(stale, timezone.now()),
        misses=projects.filter(since("term_missed_from", today)).count(),
        losses=_losses(projects),
        plan=plan,
        figures=figures_of(scoreboard(planned, plan.year)) if plan else [],
        curve=year_curve(plan_curve(planned, plan.year, today), When(today), key=f"curve-{bureau.code}")
        if plan
        else None,
    )


def _worst(red: Any, bureau: Bureau, today: date) -> list[Slip]:
    """The red ones by days of slip, the worst first: all by their plain columns, only those shown as objects."""
    calendar, _rules = settings_of(bureau)
    rows = red.values_list("pk", *OUTLOOK.values())
    known = {pk: Outlook(**dict(zip(OUTLOOK, columns, strict=True))) for pk, *columns in rows}
    worst = sorted(known, key=lambda pk: -(known[pk].slip_on(today, calendar) or 0))[:MOST]
    shown = {row.project.pk: row for row in rows_of(red.filter(pk__in=worst), timezone.now())}
    return [_slip(shown[pk], known[pk], calendar, today) for pk in worst]


def _slip(row: Row, outlook: Outlook, calendar: WorkCalendar, today: date) -> Slip:
    project = row.project
    words = outlook_words(outlook, calendar, today, project.status, project.status_since)
    return Slip(row, outlook.finish_on(today, calendar), words)


def _losses(projects: Any) -> list[tuple[str, list[tuple[str, int, int]]]]:
    lost = days_lost(Project.objects.filter(pk__in=projects.order_by().values("pk")))
    names = region_names(row["region"] for row in lost["region"])
    words = {reason.value: str(reason.label) for reason in DelayReason}

    def rows(name: str, known: dict[str, str], missing: str) -> list[tuple[str, int, int]]:
        return [(known.get(r[name], r[name]) or missing, r["days"], r["stages"]) for r in lost[name][:MOST]]

    return [
        (_("by reason"), rows("reason", words, _("no reason given"))),
        (_("by township"), rows("region", names, "–")),
        (_("by contractor"), rows("contractor", {}, _("no contractor recorded"))),
    ]
