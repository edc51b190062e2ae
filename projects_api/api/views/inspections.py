"""``inspections/``, ``findings/`` and ``certificates/`` of a project, and the findings on all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from projects_api.api.conditional import VARY, expected_version, named_version, not_modified, versioned
from projects_api.api.idempotency import once
from projects_api.api.pagination import Pages, page_of
from projects_api.api.permissions import demand
from projects_api.api.serializers.inspections import (
    CertificateInput,
    CertificateOut,
    FindingChange,
    FindingInput,
    FindingOut,
    InspectionChange,
    InspectionInput,
    InspectionOut,
    RectifyInput,
    ReopenInput,
    StrikeOffInput,
    certificate_out,
    finding_out,
    inspection_out,
)
from projects_api.api.views.base import (
    CODE,
    IDEMPOTENCY,
    IF_MATCH,
    IF_MATCH_MAYBE,
    View,
    body,
    changes,
    current_state,
    now,
    shown_part,
    signed_in,
)
from projects_api.api.views.reference import PAGE_PARAMETERS, PAGING
from projects_api.choices import FindingState, Severity
from projects_api.errors import InvalidInput, NotFound
from projects_api.interchange.certificates import certificate_pdf
from projects_api.models import Certificate, Finding, Inspection, Project
from projects_api.selectors.facts import certificate_facts
from projects_api.selectors.inspections import (
    certificates_of,
    findings_of,
    findings_readable_by,
    inspections_of,
    overdue,
)
from projects_api.services.certificates import certificate_issue
from projects_api.services.inspections import (
    find_inspection,
    finding_change,
    finding_raise,
    finding_rectify,
    finding_reopen,
    finding_strike_off,
    inspection_change,
    inspection_record,
)

STATE = OpenApiParameter("state", str, enum=FindingState.values)
SEVERITY = OpenApiParameter("severity", str, enum=Severity.values)
OVERDUE = OpenApiParameter("overdue", str, enum=["true"], description="Only what should be mended by now and is not.")
BUREAU = OpenApiParameter("bureau", str, description="Its code.")
FINDING_QUERY = PAGING | {"state", "severity", "overdue"}
FINDING_PAGE, INSPECTION_PAGE = page_of(FindingOut), page_of(InspectionOut)


class Inspections(View):
    needs: ClassVar = {"GET": "signed in", "POST": "signed in"}
    query: ClassVar = PAGING

    def check_query(self, request: Request) -> None:
        if request.method in ("GET", "HEAD"):
            super().check_query(request)

    @extend_schema(operation_id="inspections_list", parameters=[CODE, *PAGE_PARAMETERS], responses=INSPECTION_PAGE)
    def get(self, request: Request, code: str) -> Response:
        """The project's inspections, the newest first, with what was set aside."""
        project = self.project(code)
        demand(request.user, "project.read_private", project)
        pages = Pages()
        rows: list[Inspection] = pages.paginate_queryset(inspections_of(project), request, view=self) or []
        return pages.get_paginated_response([inspection_out(row) for row in rows])

    @extend_schema(
        operation_id="inspections_record",
        request=InspectionInput,
        parameters=[CODE, IF_MATCH_MAYBE, IDEMPOTENCY],
        responses={201: InspectionOut},
    )
    def post(self, request: Request, code: str) -> Response:
        """Record an inspection with its checklist and result."""
        project = self.project(code)
        user = signed_in(request)
        demand(user, "project.inspect", project)
        values, reason = body(request, InspectionInput)

        def act() -> Response:
            with current_state(request, project):
                found = inspection_record(
                    project_id=project.pk,
                    actor=user,
                    at=now(),
                    expected=named_version(request),
                    values=values,
                    reason=reason,
                )
            location = {"Location": f"/api/v1/projects/{code}/inspections/{found.number}/"}
            return versioned(inspection_out(found), found.project.version, status=201, headers=location)

        return once(request, user, act)


class InspectionView(View):
    needs: ClassVar = {"GET": "signed in", "PATCH": "signed in"}

    @extend_schema(operation_id="inspections_read", parameters=[CODE], responses=InspectionOut)
    def get(self, request: Request, code: str, number: int) -> Response:
        project = self.project(code)
        demand(request.user, "project.read_private", project)
        return versioned(inspection_out(find_inspection(project, number)), project.version)

    @extend_schema(
        operation_id="inspections_change",
        request=InspectionChange,
        parameters=[CODE, IF_MATCH],
        responses=InspectionOut,
    )
    def patch(self, request: Request, code: str, number: int) -> Response:
        """Correct an inspection or set it aside, as long as no certificate rests on it."""
        project = self.project(code)
        demand(request.user, "project.inspect", project)
        expected = expected_version(request)
        wanted, reason = changes(request, InspectionChange)
        with current_state(request, project):
            inspection_change(
                project_id=project.pk,
                number=number,
                actor=signed_in(request),
                at=now(),
                changes=wanted,
                expected=expected,
                reason=reason,
            )
        fresh = self.project(code)
        return versioned(inspection_out(find_inspection(fresh, number)), fresh.version)


# --- findings ---


def _choice(request: Request, name: str, values: list[str]) -> str | None:
    text = request.query_params.get(name)
    if text is not None and text not in values:
        words = _("One of: %(names)s.") % {"names": ", ".join(values)}
        raise InvalidInput.one(f"?{name}", "invalid_choice", words)
    return text


def _page(view: View, request: Request, findings: Any) -> Response:
    today = timezone.localdate()
    for name, values in (("state", FindingState.values), ("severity", Severity.values)):
        if (wanted := _choice(request, name, values)) is not None:
            findings = findings.filter(**{name: wanted})
    if _choice(request, "overdue", ["true"]):
        findings = findings.filter(overdue(today))
    pages = Pages()
    rows: list[Finding] = pages.paginate_queryset(findings, request, view=view) or []
    return pages.get_paginated_response([finding_out(row, today) for row in rows])


class AllFindings(View):
    needs: ClassVar = {"GET": "signed in"}
    query: ClassVar = FINDING_QUERY | {"bureau"}

    @extend_schema(
        operation_id="findings_all",
        parameters=[BUREAU, STATE, SEVERITY, OVERDUE, *PAGE_PARAMETERS],
        responses=FINDING_PAGE,
    )
    def get(self, request: Request) -> Response:
        """The findings on all projects that you read in full, the most urgent first."""
        findings = findings_readable_by(signed_in(request))
        if bureau := request.query_params.get("bureau"):
            findings = findings.filter(project__bureau__code=bureau)
        return _page(self, request, findings)


class Findings(View):
    needs: ClassVar = {"GET": "signed in", "POST": "signed in"}
    query: ClassVar = FINDING_QUERY

    def check_query(self, request: Request) -> None:
        if request.method in ("GET", "HEAD"):
            super().check_query(request)

    @extend_schema(
        operation_id="findings_list",
        parameters=[CODE, STATE, SEVERITY, OVERDUE, *PAGE_PARAMETERS],
        responses=FINDING_PAGE,
    )
    def get(self, request: Request, code: str) -> Response:
        """The project's findings, by number."""
        project = self.project(code)
        demand(request.user, "project.read_private", project)
        return _page(self, request, findings_of(project))

    @extend_schema(
        operation_id="findings_raise",
        request=FindingInput,
        parameters=[CODE, IF_MATCH_MAYBE, IDEMPOTENCY],
        responses={201: FindingOut},
    )
    def post(self, request: Request, code: str) -> Response:
        """Raise a finding: what is to be mended, by whom, until when."""
        project = self.project(code)
        user = signed_in(request)
        demand(user, "project.inspect", project)
        values, reason = body(request, FindingInput)

        def act() -> Response:
            with current_state(request, project):
                found = finding_raise(
                    project_id=project.pk,
                    actor=user,
                    at=now(),
                    expected=named_version(request),
                    values=values,
                    reason=reason,
                )
            location = {"Location": f"/api/v1/projects/{code}/findings/{found.number}/"}
            return _answer(self.project(code), found.number, status=201, headers=location)

        return once(request, user, act)


def _answer(project: Project, number: int, **options: Any) -> Response:
    finding = findings_of(project).filter(number=number).first()
    if finding is None:
        raise NotFound(_("The project has no finding %(number)s.") % {"number": number})
    return versioned(finding_out(finding, timezone.localdate()), project.version, **options)


class FindingView(View):
    needs: ClassVar = {"GET": "signed in", "PATCH": "signed in"}

    @extend_schema(operation_id="findings_read", parameters=[CODE], responses=FindingOut)
    def get(self, request: Request, code: str, number: int) -> Response:
        project = self.project(code)
        demand(request.user, "project.read_private", project)
        return _answer(project, number)

    @extend_schema(
        operation_id="findings_change", request=FindingChange, parameters=[CODE, IF_MATCH], responses=FindingOut
    )
    def patch(self, request: Request, code: str, number: int) -> Response:
        """Move the deadline, with a reason, or name another owner."""
        project = self.project(code)
        demand(request.user, "project.inspect", project)
        expected = expected_version(request)
        wanted, reason = changes(request, FindingChange)
        with current_state(request, project):
            finding_change(
                project_id=project.pk,
                number=number,
                actor=signed_in(request),
                at=now(),
                changes=wanted,
                expected=expected,
                reason=reason,
            )
        return _answer(self.project(code), number)


class _Act(View):
    """One step of a finding's life: who may, what is sent, which service takes it."""

    needs: ClassVar = {"POST": "signed in"}
    permission: ClassVar = "project.inspect"

    def step(self, request: Request, code: str, number: int, act: Callable[[Project, dict[str, Any]], Any]) -> Response:
        project = self.project(code)
        user = signed_in(request)
        demand(user, self.permission, project)

        def write() -> Response:
            frame = {"project_id": project.pk, "number": number, "actor": user, "at": now()}
            with current_state(request, project):
                act(project, {**frame, "expected": expected_version(request)})
            return _answer(self.project(code), number)

        return once(request, user, write)


class Rectify(_Act):
    permission = "finding.rectify"

    @extend_schema(
        operation_id="findings_rectify",
        request=RectifyInput,
        parameters=[CODE, IF_MATCH, IDEMPOTENCY],
        responses=FindingOut,
    )
    def post(self, request: Request, code: str, number: int) -> Response:
        """Say that it is mended, with evidence (assigned engineer; bureau administrator with a reason)."""

        def act(project: Project, frame: dict[str, Any]) -> None:
            values, reason = body(request, RectifyInput)
            if not reason and not request.user.has_perm("finding.rectify_from_site", project):
                raise InvalidInput.one("/reason", "required", _("Reporting for the engineer needs a reason."))
            photos = [str(photo) for photo in values.get("photos", [])]
            finding_rectify(**frame, text=values["text"], day=values["on"], photos=photos, reason=reason)

        return self.step(request, code, number, act)


class StrikeOff(_Act):
    @extend_schema(
        operation_id="findings_strike_off",
        request=StrikeOffInput,
        parameters=[CODE, IF_MATCH, IDEMPOTENCY],
        responses=FindingOut,
    )
    def post(self, request: Request, code: str, number: int) -> Response:
        """Strike off what was mended (销号). Never one's own work."""

        def act(_project: Project, frame: dict[str, Any]) -> None:
            values, reason = body(request, StrikeOffInput)
            values["reinspection"] = values.pop("inspection", None)
            finding_strike_off(**frame, **values, reason=reason)

        return self.step(request, code, number, act)


class Reopen(_Act):
    @extend_schema(
        operation_id="findings_reopen",
        request=ReopenInput,
        parameters=[CODE, IF_MATCH, IDEMPOTENCY],
        responses=FindingOut,
    )
    def post(self, request: Request, code: str, number: int) -> Response:
        """Not mended after all, or broken again."""

        def act(_project: Project, frame: dict[str, Any]) -> None:
            values, reason = body(request, ReopenInput)
            values["reinspection"] = values.pop("inspection", None)
            finding_reopen(**frame, note=values.pop("note", ""), **values, reason=reason)

        return self.step(request, code, number, act)


# --- certificates ---


class Certificates(View):
    needs: ClassVar = {"GET": "anyone", "POST": "signed in"}

    @extend_schema(operation_id="certificates_list", parameters=[CODE], responses=CertificateOut(many=True))
    def get(self, request: Request, code: str) -> Response:
        """The project's certificates of completion acceptance; the public reads number and day."""
        project = self.project(code)
        part = shown_part(request.user, project)
        rows = [certificate_out(row, full=part != "public") for row in certificates_of(project)]
        return versioned(rows, project.version, part=part)

    @extend_schema(
        operation_id="certificates_issue",
        request=CertificateInput,
        parameters=[CODE, IF_MATCH_MAYBE, IDEMPOTENCY],
        responses={201: CertificateOut},
    )
    def post(self, request: Request, code: str) -> Response:
        """Issue the certificate of a passed completion acceptance. Nobody can change it afterwards."""
        project = self.project(code)
        user = signed_in(request)
        demand(user, "certificate.issue", project)

        def act() -> Response:
            expected = named_version(request)
            values, reason = body(request, CertificateInput)
            with current_state(request, project):
                made = certificate_issue(
                    project_id=project.pk, actor=user, at=now(), expected=expected, **values, reason=reason
                )
            location = {"Location": f"/api/v1/projects/{code}/certificates/{made.number}/"}
            return versioned(certificate_out(made, full=True), made.project.version, status=201, headers=location)

        return once(request, user, act)


def _certificate(project: Project, number: str) -> Certificate:
    found = certificates_of(project).filter(number=number).first()
    if found is None:
        raise NotFound(_("The project has no certificate %(number)s.") % {"number": number})
    return found


class CertificateView(View):
    @extend_schema(operation_id="certificates_read", parameters=[CODE], responses=CertificateOut)
    def get(self, request: Request, code: str, number: str) -> Response:
        project = self.project(code)
        part = shown_part(request.user, project)
        shown = certificate_out(_certificate(project, number), full=part != "public")
        return versioned(shown, project.version, part=part)


class CertificatePaper(View):
    needs: ClassVar = {"GET": "signed in"}
    speaks: ClassVar = ("application/pdf",)

    @extend_schema(
        operation_id="certificates_pdf",
        parameters=[CODE],
        responses={(200, "application/pdf"): OpenApiResponse(OpenApiTypes.BINARY, "The paper, A4.")},
    )
    def get(self, request: Request, code: str, number: str) -> Any:
        """The certificate as a PDF to be signed and sealed."""
        project = self.project(code)
        demand(request.user, "project.read_private", project)
        certificate = _certificate(project, number)
        digest = certificate_facts(certificate)["sha256"]
        headers = {"ETag": f'"{digest}"', "Cache-Control": "private, no-cache", "Vary": VARY}
        if not_modified(request, headers["ETag"]):
            return Response(status=304, headers=headers)
        headers["Content-Disposition"] = f'attachment; filename="{certificate.number}.pdf"'
        pdf = certificate_pdf(certificate.content, digest)
        return HttpResponse(pdf, content_type="application/pdf", headers=headers)
