"""Reading what comes from the site, and what goes there: reports by state, an engineer's own sites."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet

from projects_api.choices import FindingState, MilestoneState, PhotoState, ReportState, Role, Status
from projects_api.models import (
    Baseline,
    Bureau,
    Finding,
    Milestone,
    Photo,
    ProgressReport,
    Project,
    User,
    assigned_to,
    roles_of,
)
from projects_api.models.base import in_reader_language
from projects_api.models.milestones import milestone_title
from projects_api.selectors.facts import Document, geometry, iso
from projects_api.selectors.schedule import stored_outlook

# A site that is given up needs no report any more.
_OVER = frozenset({Status.CANCELLED})
_REVIEWERS = frozenset({Role.SUPERVISOR, Role.OFFICIAL, Role.BUREAU_ADMIN})


def reports_readable_by(user: Any) -> QuerySet[ProgressReport]:
    """Reports are private: for who reads the project's private fields. Newest first."""
    return (
        ProgressReport.objects.filter(project__in=Project.objects.read_in_full_by(user))
        .select_related("project__bureau", "author", "reviewed_by")
        .defer("project__footprint")
        .prefetch_related(Prefetch("project__milestones", Milestone.objects.order_by("position", "key")))
        .order_by("-received_at", "pk")
    )


def reports_waiting(user: Any, bureaus: Iterable[int]) -> QuerySet[ProgressReport]:
    """What these bureaus have to review, the oldest first, without what the user wrote."""
    return (
        reports_readable_by(user)
        .filter(state=ReportState.SUBMITTED, project__bureau__in=list(bureaus))
        .exclude(author=user)
        .order_by("received_at", "pk")
    )


def other_sides(reports: Iterable[ProgressReport]) -> dict[str, str]:
    """Who wrote the other sides of these reports' conflicts: ``{username: name}``. One query; none without a conflict."""
    wanted = {entry["by"] for report in reports for entry in report.entries.values() if entry.get("by")}
    if not wanted:
        return {}
    return {user.username: user.get_full_name() for user in User.objects.filter(username__in=wanted)}


def photo_counts(reports: Iterable[ProgressReport]) -> dict[UUID, tuple[int, int]]:
    """``{report: (its photos, how many of them are doubtful)}``, without what was refused or set aside. One query."""
    found: dict[UUID, tuple[int, int]] = {}
    rows = Photo.objects.filter(report__in=[report.pk for report in reports], archived=False)
    for photo in rows.exclude(state=PhotoState.REFUSED).only("report", "findings"):
        assert photo.report is not None
        photos, doubts = found.get(photo.report, (0, 0))
        found[photo.report] = photos + 1, doubts + photo.doubtful
    return found


def reviewing_bureaus(user: User) -> list[int]:
    """The bureaus (ids) whose reports the user may review. No query but the roles'."""
    if user.is_superuser:
        return list(Bureau.objects.values_list("pk", flat=True))
    return [bureau for bureau, held in roles_of(user).items() if held & _REVIEWERS]


def reported_milestones(user: User, bureaus: Iterable[int]) -> list[Milestone]:
    """Milestones that wait for acceptance and stand in no report that waits, the longest finished first. Two queries."""
    projects = Project.objects.read_in_full_by(user).filter(bureau__in=list(bureaus), archived_at__isnull=True)
    rows = (
        Milestone.objects.filter(Q(state=MilestoneState.REPORTED) | Q(reported__isnull=False), project__in=projects)
        .select_related("project__region", "project__bureau")
        .defer("project__region__boundary", "project__footprint")
        .order_by("project__code", "position")
    )
    found = sorted((milestone.as_reported() for milestone in rows), key=lambda m: m.actual or date.max)
    waiting = ProgressReport.objects.filter(state=ReportState.SUBMITTED, project__in=projects)
    spoken = {(project, key) for project, entries in waiting.values_list("project_id", "entries") for key in entries}
    return [milestone for milestone in found if (milestone.project_id, milestone.key) not in spoken]


def reportable(engineer: User) -> QuerySet[Project]:
    """The projects that an engineer is assigned to now. Lazy."""
    projects: QuerySet[Project] = Project.objects.read_in_full_by(engineer)
    return projects.filter(pk__in=assigned_to(engineer).values("project"), archived_at__isnull=True).exclude(
        status__in=_OVER
    )


def field_sites(projects: QuerySet[Project], today: date) -> list[Document]:
    """These projects with what is needed on the site without a network. Five queries at any number."""
    baselines = Baseline.objects.only("project_id", "number", "stages").order_by("number")
    rows = (
        projects.filter(archived_at__isnull=True)
        .exclude(status__in=_OVER)
        .select_related("bureau", "region")
        .defer("region__boundary", "region__point", "footprint")
        .prefetch_related(
            Prefetch("milestones", Milestone.objects.order_by("position", "key")),
            Prefetch("baselines", baselines),
            Prefetch("findings", Finding.objects.exclude(state=FindingState.STRUCK_OFF).order_by("deadline", "number")),
        )
        .order_by("code")
    )
    return [_site(project, today) for project in rows]


def _site(project: Project, today: date) -> Document:
    baselines = list(project.baselines.all())
    promised = baselines[-1].stages if baselines else {}
    return {
        "code": project.code,
        "version": project.version,
        "title": in_reader_language(project.title_zh, project.title_en),
        "bureau": project.bureau.code,
        "region": project.region.name,
        "address": project.address,
        "stage": project.stage,
        "status": project.status,
        "light": stored_outlook(project).light_on(today).value,
        "progress": project.progress,
        "site": geometry(project.site),
        "next": project.next_milestone,
        "next_due": iso(project.next_due),
        "physical_progress": project.physical_progress,
        "updated_at": project.updated_at,
        "milestones": [_stage(milestone.as_reported(), promised) for milestone in project.milestones.all()],
        "findings": [_finding(finding) for finding in project.findings.all()],
    }


def _finding(finding: Finding) -> Document:
    names = ("number", "severity", "description", "place", "owner", "state", "review_note")
    dates = {"deadline": iso(finding.deadline), "raised_on": iso(finding.raised_on)}
    return {**{name: getattr(finding, name) for name in names}, **dates}


def _stage(milestone: Milestone, promised: dict[str, Any]) -> Document:
    return {
        "key": milestone.key,
        "title": milestone_title(milestone.key, milestone.title_zh, milestone.title_en),
        "planned": iso(milestone.planned),
        "forecast": iso(milestone.forecast),
        "started": iso(milestone.started),
        "actual": iso(milestone.actual),
        "percent": milestone.percent,
        "state": milestone.state,
        "delay_reason": milestone.delay_reason,
        "delay_note": milestone.delay_note,
        "note": milestone.note,
        "needs_acceptance": milestone.needs_acceptance,
        "promised": promised.get(milestone.key, {}).get("finish"),
    }
