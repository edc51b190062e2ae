"""``projects/{code}/reports/``, ``reports/`` and ``field/``: what comes from the site, its review, and what goes there."""

from __future__ import annotations

from datetime import UTC
from typing import Any, ClassVar
from uuid import UUID

from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from projects_api.api.conditional import VARY, expected_version, not_modified, versioned
from projects_api.api.idempotency import once
from projects_api.api.pagination import Pages, page_of
from projects_api.api.permissions import demand
from projects_api.api.serializers.reports import (
    FieldOut,
    ReportInput,
    ReportOut,
    ReviewInput,
    draft_of,
    report_out,
)
from projects_api.api.views.base import (
    CODE,
    IDEMPOTENCY,
    IF_MATCH,
    View,
    body,
    current_state,
    now,
    signed_in,
)
from projects_api.api.views.reference import PAGE_PARAMETERS, PAGING
from projects_api.choices import ReportState
from projects_api.errors import InvalidInput, NotFound
from projects_api.models import ProgressReport, Project, User
from projects_api.selectors.fieldwork import field_sites, other_sides, reportable, reports_readable_by
from projects_api.selectors.ledger import validator
from projects_api.selectors.notifications import unread_count
from projects_api.services.reports import Draft, report_known, report_review, report_submit

REPORT_PAGE = page_of(ReportOut)
STATE = OpenApiParameter("state", str, enum=ReportState.values)
MINE = OpenApiParameter("mine", str, enum=["true"], description="Only what you wrote yourself.")


def _page(view: View, request: Request, reports: Any) -> Response:
    state, mine = request.query_params.get("state"), request.query_params.get("mine")
    if state is not None:
        if state not in ReportState.values:
            raise InvalidInput.one(
                "?state", "invalid_choice", _("One of: %(names)s.") % {"names": ", ".join(ReportState)}
            )
        reports = reports.filter(state=state)
    if mine is not None:
        if mine != "true":
            raise InvalidInput.one("?mine", "invalid_choice", _("One of: %(names)s.") % {"names": "true"})
        reports = reports.filter(author=signed_in(request))
    pages = Pages()
    rows: list[ProgressReport] = pages.paginate_queryset(reports, request, view=view) or []
    names = other_sides(rows)
    return pages.get_paginated_response([report_out(report, names) for report in rows])


def may_report(project: Project, user: User, draft: Draft) -> ProgressReport | None:
    """The report if this very one came before; None where the user may send it. Raises NotAllowed, InvalidInput, KeyReused.

    What arrived before the assignment ended has arrived: asking again is no new report.
    """
    held = report_known(project, user, draft)
    if held is None:
        demand(user, "milestone.report", project)
        if not user.has_perm("milestone.report_from_site", project) and not draft.reason:
            raise InvalidInput.one("/reason", "required", _("Reporting for the engineer needs a reason."))
    return held


class AllReports(View):
    needs: ClassVar = {"GET": "signed in"}
    query: ClassVar = PAGING | {"state", "mine"}

    @extend_schema(operation_id="reports_all", parameters=[STATE, MINE, *PAGE_PARAMETERS], responses=REPORT_PAGE)
    def get(self, request: Request) -> Response:
        """The reports on all projects that you read in full, the newest first: what waits for review, what came back."""
        return _page(self, request, reports_readable_by(signed_in(request)))


class Reports(View):
    needs: ClassVar = {"GET": "signed in", "POST": "signed in"}
    query: ClassVar = PAGING | {"state", "mine"}

    def check_query(self, request: Request) -> None:
        if request.method in ("GET", "HEAD"):
            super().check_query(request)

    @extend_schema(operation_id="reports_list", parameters=[CODE, STATE, MINE, *PAGE_PARAMETERS], responses=REPORT_PAGE)
    def get(self, request: Request, code: str) -> Response:
        """The project's reports, the newest first."""
        project = self.project(code)
        demand(request.user, "project.read_private", project)
        return _page(self, request, reports_readable_by(request.user).filter(project=project))

    @extend_schema(
        operation_id="reports_submit", request=ReportInput, parameters=[CODE, IDEMPOTENCY], responses={201: ReportOut}
    )
    def post(self, request: Request, code: str) -> Response:
        """Report from the site. No If-Match: `base_version` says what you saw; stages that somebody else changed since
        are kept as conflicts, the others entered. The same `id` again is the same report.
        """
        project = self.project(code, stages=False)
        user = signed_in(request)
        draft = draft_of(*body(request, ReportInput))
        held = may_report(project, user, draft)

        def act() -> Response:
            report = held or report_submit(project_id=project.pk, actor=user, at=now(), draft=draft)
            location = {"Location": f"/api/v1/projects/{code}/reports/{report.pk}/"}
            return versioned(report_out(report), report.project.version, status=201, headers=location)

        return once(request, user, act)


def _one(project: Project, report_id: UUID) -> ProgressReport:
    found = (
        ProgressReport.objects.filter(pk=report_id, project=project)
        .select_related("project", "author", "reviewed_by")
        .first()
    )
    if found is None:
        raise NotFound(_("The project has no such report."))
    return found


class ReportView(View):
    needs: ClassVar = {"GET": "signed in"}

    @extend_schema(operation_id="reports_read", parameters=[CODE], responses=ReportOut)
    def get(self, request: Request, code: str, report_id: UUID) -> Response:
        """One report with what became of each stage and its review."""
        project = self.project(code)
        demand(request.user, "project.read_private", project)
        return versioned(report_out(_one(project, report_id)), project.version)


class ReportReview(View):
    needs: ClassVar = {"POST": "signed in"}

    @extend_schema(
        operation_id="reports_review",
        request=ReviewInput,
        parameters=[CODE, IF_MATCH, IDEMPOTENCY],
        responses=ReportOut,
    )
    def post(self, request: Request, code: str, report_id: UUID) -> Response:
        """Accept a report or return it with a note. Never one's own; a bureau administrator gives a reason."""
        project = self.project(code)
        user = signed_in(request)
        demand(user, "report.review", project)

        def act() -> Response:
            expected = expected_version(request)
            values, reason = body(request, ReviewInput)
            if not user.has_perm("report.review_in_turn", project) and not reason:
                raise InvalidInput.one("/reason", "required", _("Reviewing for the supervisor needs a reason."))
            with current_state(request, project):
                report_review(
                    project_id=project.pk,
                    report_id=report_id,
                    actor=user,
                    at=now(),
                    expected=expected,
                    accept=values["decision"] == "accept",
                    note=values.get("note", ""),
                    reason=reason,
                )
            fresh = self.project(code)
            return versioned(report_out(_one(fresh, report_id)), fresh.version)

        return once(request, user, act)


class FieldSites(View):
    needs: ClassVar = {"GET": "signed in"}

    @extend_schema(operation_id="field_sites", responses=FieldOut)
    def get(self, request: Request) -> Response:
        """Everything that you report on, to take along: sites with their stages, in one answer. 304 while nothing changed."""
        user = signed_in(request)
        today = timezone.localdate()
        unread = unread_count(user)
        etag = f'W/"{validator(user, "field", str(today), get_language() or "", str(unread))}"'
        headers = {"ETag": etag, "Cache-Control": "private, no-cache", "Vary": VARY}
        if not_modified(request, etag):
            return Response(status=304, headers=headers)
        answer = {
            "as_of": now().astimezone(UTC),
            "today": today,
            "username": user.get_username(),
            "engineer": user.get_full_name(),
            "unread": unread,
            "sites": field_sites(reportable(user), today),
        }
        return Response(answer, headers=headers)
