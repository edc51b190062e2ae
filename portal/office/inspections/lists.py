"""``/office/inspections/``: what is to be mended on all projects of the reader; ``/projects/{code}/inspections/``: on one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Page, Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal.office.acting import project_for, signed_in
from portal.office.inspections.story import Step, stories_of
from projects_api.api.pagination import LARGEST_PAGE_NUMBER, Pages, whole_number
from projects_api.choices import CheckResult, FindingState, InspectionKind, Severity
from projects_api.errors import InvalidInput, NotAllowed, NotFound
from projects_api.filtersets import checked_query
from projects_api.models import Finding, Inspection, Project, User, roles_of
from projects_api.selectors.inspections import (
    TO_MEND,
    certificates_of,
    finding_entries,
    findings_of,
    findings_readable_by,
    inspections_of,
    inspections_readable_by,
    most_urgent_first,
    overdue,
    people_of,
    tally_of,
)
from projects_api.services.certificates import certificate_obstacles

ALL = "all"  # of `state`: struck off ones too
FILTERS = ("project", "severity", "state", "owner", "overdue")


@dataclass(frozen=True)
class Row:
    """A finding in a list. ``days``: how many it is overdue, 0 otherwise."""

    finding: Finding
    days: int
    story: list[Step] = field(default_factory=list)


@dataclass(frozen=True)
class Counted:
    """An inspection in a list, with how many points were not in order and how many findings it raised."""

    inspection: Inspection
    failed: int
    raised: int


@login_required
@require_safe
def office_inspections(request: HttpRequest) -> HttpResponse:
    """Findings, the most urgent first; ``?show=inspections`` lists those. At most 8 queries."""
    query = checked_query(request.GET, known=("page", "show", *FILTERS))
    user = signed_in(request)
    if not roles_of(user) and not user.is_superuser:
        raise NotAllowed(_("Inspections are for the bureau's own people."))
    today = timezone.localdate()
    show = _choice(query, "show", ["findings", "inspections"]) or "findings"
    every = findings_readable_by(user)
    context: dict[str, Any] = {"show": show, "tally": tally_of(every, today), "today": today, "chosen": query.dict()}
    if show == "inspections":
        page = _paged(query, _inspections(inspections_readable_by(user), query))
        context |= {"page": page, "inspections": counted(page.object_list)}
    else:
        page = _paged(query, most_urgent_first(_filtered(every, query, today)))
        context |= {"page": page, "rows": rows_of(page.object_list, today)}
    context |= {
        "filtered": any(query.get(name) for name in FILTERS),
        "severities": Severity.choices,
        "states": [("", _("All that is not struck off")), *FindingState.choices, (ALL, _("All"))],
        "owners": list(every.order_by("owner").values_list("owner", flat=True).distinct()),
        "projects": _projects(user),
    }
    return render(request, "inspections/office.html", context)


@login_required
@require_safe
def project_inspections(request: HttpRequest, code: str) -> HttpResponse:
    """One project's findings as a board with their stories, its inspections and certificates. At most 17 queries."""
    checked_query(request.GET, known=())
    found = project_for(request, code, "project.read_private")
    today = found.bureau.day_of(timezone.now())
    findings = list(most_urgent_first(findings_of(found)))
    stories = stories_of(finding_entries(found), names_in(found))
    rows = rows_of(findings, today, stories)
    columns = [
        (_("To be mended"), "open", [row for row in rows if row.finding.state in TO_MEND]),
        (_("Mended, to be looked at"), "rectified", [row for row in rows if row.finding.state == "rectified"]),
        (_("Struck off"), "struck_off", [row for row in rows if row.finding.state == "struck_off"]),
    ]
    context: dict[str, Any] = {
        "project": found,
        "columns": columns,
        "findings": findings,
        "blocking": [row for row in rows if row.finding.severity == "serious" and row.finding.state != "struck_off"],
        "overdue": sum(bool(row.days) for row in rows),
        "inspections": counted(inspections_of(found)),
        "certificates": list(certificates_of(found)),
        "kinds": InspectionKind.choices,
        "inspects": request.user.has_perm("project.inspect", found),
        "rectifies": request.user.has_perm("finding.rectify", found),
    }
    if request.user.has_perm("certificate.issue", found):
        context |= {"issues": True, "obstacles": certificate_obstacles(found)}
    return render(request, "inspections/project.html", context)


def rows_of(findings: Any, today: date, stories: dict[int, list[Step]] | None = None) -> list[Row]:
    return [
        Row(
            finding,
            max(0, (today - finding.deadline).days) if finding.state in TO_MEND else 0,
            (stories or {}).get(finding.number, []),
        )
        for finding in findings
    ]


def counted(inspections: Any) -> list[Counted]:
    """Two queries at any number."""
    rows = list(inspections)
    raised: dict[int, int] = {}
    for pk in Finding.objects.filter(inspection__in=[row.pk for row in rows]).values_list("inspection", flat=True):
        raised[pk] = raised.get(pk, 0) + 1
    return [
        Counted(row, sum(check["result"] == CheckResult.FAIL for check in row.checklist), raised.get(row.pk, 0))
        for row in rows
    ]


def names_in(project: Project) -> dict[str, str]:
    """What people of the bureau are called, by user name. One query."""
    return {person.username: person.get_full_name() or person.username for person in people_of(project.bureau)}


def _filtered(findings: QuerySet[Finding], query: QueryDict, today: date) -> QuerySet[Finding]:
    state = _choice(query, "state", [*FindingState.values, ALL])
    if severity := _choice(query, "severity", Severity.values):
        findings = findings.filter(severity=severity)
    if state == "":
        findings = findings.exclude(state=FindingState.STRUCK_OFF)
    elif state != ALL:
        findings = findings.filter(state=state)
    if owner := query.get("owner"):
        findings = findings.filter(Q(owner=owner))
    if code := query.get("project"):
        findings = findings.filter(project__code=code)
    if _choice(query, "overdue", ["true"]):
        findings = findings.filter(overdue(today))
    return findings


def _inspections(inspections: QuerySet[Inspection], query: QueryDict) -> QuerySet[Inspection]:
    code = query.get("project")
    return inspections.filter(project__code=code) if code else inspections


def _choice(query: QueryDict, name: str, values: list[str]) -> str:
    text = query.get(name, "")
    if text and text not in values:
        raise InvalidInput.one(f"?{name}", "invalid_choice", _("One of: %(names)s.") % {"names": ", ".join(values)})
    return text


def _paged(query: QueryDict, rows: QuerySet[Any]) -> Page[Any]:
    number = whole_number(query.get("page") or "1", "?page", 1, LARGEST_PAGE_NUMBER)
    paginator = Paginator(rows, Pages.page_size)
    if number > paginator.num_pages:
        raise NotFound(_("There are only %(n)s pages of this list.") % {"n": paginator.num_pages})
    return paginator.page(number)


def _projects(user: User) -> list[tuple[str, str]]:
    """The projects that have inspections or findings, for the filter. One query."""
    told = Q(findings__isnull=False) | Q(inspections__isnull=False)
    projects = Project.objects.read_in_full_by(user).filter(told).distinct().order_by("code")
    return [(project.code, project.title) for project in projects.only("code", "title_zh", "title_en")]
