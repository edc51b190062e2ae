"""``projects/``: list and create; read, change, archive; milestones; engineers."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from projects_api.api.conditional import etag_of, expected_version, not_modified, unchanged, versioned
from projects_api.api.idempotency import once
from projects_api.api.openapi import SiteFilters
from projects_api.api.pagination import LARGEST_PAGE_NUMBER, Pages, page_of
from projects_api.api.permissions import demand
from projects_api.api.serializers.past import in_order, past_rows
from projects_api.api.serializers.projects import (
    MilestoneChange,
    MilestoneOut,
    ProjectChange,
    ProjectCreate,
    ProjectOut,
    ProjectRow,
    milestones_out,
    project_out,
    project_row,
)
from projects_api.api.views.base import (
    AS_OF,
    CODE,
    IDEMPOTENCY,
    IF_MATCH,
    ON,
    Reason,
    View,
    body,
    changes,
    current_state,
    now,
    number_parameter,
    shown_document,
    shown_part,
    signed_in,
)
from projects_api.choices import MilestoneState
from projects_api.errors import InvalidInput, NotFound
from projects_api.filtersets import checked_query, filtered
from projects_api.models import Bureau, Project, User
from projects_api.past import past_document, past_projects, when_in
from projects_api.selectors.bureaus import day_for
from projects_api.selectors.documents import build_document, project_document
from projects_api.selectors.facts import Document
from projects_api.selectors.projects import ORDERINGS, ordered_by, project_list
from projects_api.services.milestones import DECISIONS, PLAN_FIELDS, milestone_accept, milestone_change
from projects_api.services.projects import engineer_assign, engineer_release, project_change, project_create


class Projects(View):
    filter_backends: ClassVar = [SiteFilters]
    needs: ClassVar = {"GET": "anyone", "POST": "signed in"}

    def check_query(self, request: Request) -> None:
        if request.method not in ("GET", "HEAD"):
            super().check_query(request)

    @extend_schema(
        operation_id="projects_list",
        filters=True,
        parameters=[
            OpenApiParameter("ordering", str, enum=[s + n for n in ORDERINGS for s in ("", "-")]),
            number_parameter("page", 1, LARGEST_PAGE_NUMBER),
            number_parameter("page_size", 1, 200, "20."),
            AS_OF,
            ON,
        ],
        responses=page_of(ProjectRow),
    )
    def get(self, request: Request) -> Response:
        """The projects you may see, by code, 20 a page."""
        parameters = ("page", "page_size", "ordering", "as_of", "on")
        projects = filtered(request._request, project_list(request.user), view_parameters=parameters, user=request.user)
        order = ordering(request)
        pages = Pages()
        today = day_for(request.query_params, now())
        when = when_in(request.query_params, today)
        if when.given:
            past = in_order(past_projects(request.user, request._request.GET, when), order)
            page = pages.paginate_queryset(past, request, view=self) or []
            return pages.get_paginated_response(past_rows(page))
        rows = pages.paginate_queryset(projects.order_by(*ordered_by(order)), request, view=self) or []
        return pages.get_paginated_response([project_row(project, today) for project in rows])

    @extend_schema(
        operation_id="projects_create", request=ProjectCreate, parameters=[IDEMPOTENCY], responses={201: ProjectOut}
    )
    def post(self, request: Request) -> Response:
        """Create a project of a bureau where you hold the office; it starts with its kind's milestones."""
        values, reason = body(request, ProjectCreate)
        bureau = Bureau.objects.select_related("region").filter(code=values.pop("bureau")).first()
        if bureau is None:
            raise InvalidInput.one("/bureau", "unknown_bureau", _("There is no such bureau."))
        demand(request.user, "project.create", bureau)

        def create() -> Response:
            code = values.get("code", "")
            wanted = {name: value for name, value in values.items() if name != "code"}
            project = project_create(
                actor=signed_in(request), at=now(), bureau=bureau, changes=wanted, code=code, reason=reason
            )
            location = {"Location": f"/api/v1/projects/{project.code}/"}
            document = shown_document(request.user, project, project_document(project))
            return versioned(project_out(document, project.version), project.version, status=201, headers=location)

        return once(request, signed_in(request), create)


def ordering(request: Request) -> str:
    """``ordering=-progress``: one of the list's orders. Raises InvalidInput."""
    text = request.query_params.get("ordering", "code")
    if text.removeprefix("-") not in ORDERINGS:
        known = ", ".join(ORDERINGS)
        raise InvalidInput.one("?ordering", "invalid_choice", _("Order by one of: %(names)s.") % {"names": known})
    return text


class ProjectView(View):
    needs: ClassVar = {"GET": "anyone", "PATCH": "signed in", "DELETE": "signed in"}
    query = frozenset({"as_of", "on"})

    def check_query(self, request: Request) -> None:
        # The past is read only.
        checked_query(request._request.GET, known=self.query if request.method in ("GET", "HEAD") else ())

    @extend_schema(operation_id="projects_read", parameters=[CODE, AS_OF, ON], responses=ProjectOut)
    def get(self, request: Request, code: str) -> Response:
        """One project. `as_of` is what was known then, `on` is how it was then by what is known now."""
        project = self.project(code)
        when = when_in(request.query_params, project.bureau.day_of(now()))
        part = shown_part(request.user, project)
        if not when.given and not_modified(request, etag_of(project.version, part)):
            return unchanged(etag_of(project.version, part))
        document, version, *_times = past_document(project, request.user, when)
        answer = project_out(shown_document(request.user, project, document), version)
        if when.given:
            # A picture of another day is no state to change: it carries no ETag.
            return Response(answer | when.given)
        return versioned(answer, version, part=part)

    @extend_schema(
        operation_id="projects_change", request=ProjectChange, parameters=[CODE, IF_MATCH], responses=ProjectOut
    )
    def patch(self, request: Request, code: str) -> Response:
        """Change a project's own facts; what is not named stays."""
        project = self.project(code)
        demand(request.user, "project.change", project)
        expected = expected_version(request)
        wanted, reason = changes(request, ProjectChange)
        return self._write(request, project, expected, wanted, reason, "project.change")

    @extend_schema(
        operation_id="projects_archive", request=Reason, parameters=[CODE, IF_MATCH], responses={200: ProjectOut}
    )
    def delete(self, request: Request, code: str) -> Response:
        """Archive it: it leaves lists and maps, its record stays. `{"archived": false}` brings it back."""
        project = self.project(code)
        demand(request.user, "project.archive", project)
        expected = expected_version(request)
        _values, reason = body(request, Reason)
        return self._write(request, project, expected, {"archived": True}, reason, "project.archive")

    def _write(
        self, request: Request, project: Project, expected: int, wanted: dict[str, Any], reason: str, action: str
    ) -> Response:
        with current_state(request, project):
            project_change(
                project_id=project.pk,
                actor=signed_in(request),
                at=now(),
                expected=expected,
                changes=wanted,
                reason=reason,
                action=action,
            )
        fresh = self.project(project.code)
        return versioned(
            project_out(shown_document(request.user, fresh, project_document(fresh)), fresh.version), fresh.version
        )


class Milestones(View):
    @extend_schema(operation_id="milestones_list", parameters=[CODE], responses=MilestoneOut(many=True))
    def get(self, request: Request, code: str) -> Response:
        """A project's milestones, in order. The ETag is the project's."""
        project = self.project(code)
        document = shown_document(request.user, project, build_document(project, milestones=project.milestones.all()))
        return versioned(milestones_out(document), project.version, part=shown_part(request.user, project))


class MilestoneView(View):
    needs: ClassVar = {"GET": "anyone", "PATCH": "signed in"}

    @extend_schema(operation_id="milestones_read", parameters=[CODE], responses=MilestoneOut)
    def get(self, request: Request, code: str, key: str) -> Response:
        project = self.project(code)
        return versioned(self._one(request, project, key), project.version, part=shown_part(request.user, project))

    @extend_schema(
        operation_id="milestones_change", request=MilestoneChange, parameters=[CODE, IF_MATCH], responses=MilestoneOut
    )
    def patch(self, request: Request, code: str, key: str) -> Response:
        """Report facts (assigned engineer; bureau administrator with a reason) or change the plan (office)."""
        project = self.project(code)
        self._allow(request, project, {})
        expected = expected_version(request)
        wanted, reason = changes(request, MilestoneChange)
        confirmed = wanted.pop("confirm", False)
        accepts = self._accepts(request, project, key, wanted)
        reports = self._allow(request, project, wanted, accepts=accepts)
        if accepts and not reason and not request.user.has_perm("report.review_in_turn", project):
            raise InvalidInput.one("/reason", "required", _("Reviewing for the supervisor needs a reason."))
        if reports and not reason and not request.user.has_perm("milestone.report_from_site", project):
            raise InvalidInput.one("/reason", "required", _("Reporting for the engineer needs a reason."))
        with current_state(request, project):
            if accepts:
                milestone_accept(
                    project_id=project.pk,
                    key=key,
                    actor=signed_in(request),
                    at=now(),
                    expected=expected,
                    reason=reason,
                )
                return self._answer(request, code, key)
            milestone_change(
                project_id=project.pk,
                key=key,
                actor=signed_in(request),
                at=now(),
                expected=expected,
                changes=wanted,
                reason=reason,
                confirmed=confirmed,
            )
        return self._answer(request, code, key)

    def _answer(self, request: Request, code: str, key: str) -> Response:
        fresh = self.project(code)
        return versioned(self._one(request, fresh, key), fresh.version)

    def _accepts(self, request: Request, project: Project, key: str, wanted: dict[str, Any]) -> bool:
        """Whether this is the acceptance of a reported milestone: ``{"state": "met"}`` and nothing else."""
        if wanted != {"state": MilestoneState.MET} or not request.user.has_perm("milestone.accept", project):
            return False
        return any(m.key == key and m.as_reported().state == MilestoneState.REPORTED for m in project.milestones.all())

    def _allow(self, request: Request, project: Project, wanted: dict[str, Any], *, accepts: bool = False) -> bool:
        """Plan fields and decisions (not applicable, not met; or that it is open after all) belong to the office, facts to
        the engineer, acceptance to who reviews. Gives whether facts are reported.

        That nobody else undoes a decision is a rule of the service: it knows what was decided.
        """
        user = request.user
        if accepts or (not wanted and user.has_perm("milestone.accept", project)):
            return False
        decides = wanted.get("state") in DECISIONS
        if decides or PLAN_FIELDS & wanted.keys():
            demand(user, "milestone.plan", project)
        may_plan = user.has_perm("milestone.plan", project)
        takes_back = may_plan and wanted.get("state") == MilestoneState.SCHEDULED
        facts = wanted.keys() - PLAN_FIELDS - ({"state"} if decides or takes_back else set())
        if facts or not may_plan:
            demand(user, "milestone.report", project)
        return bool(facts)

    def _one(self, request: Request, project: Project, key: str) -> Document:
        document = shown_document(request.user, project, build_document(project, milestones=project.milestones.all()))
        for facts in milestones_out(document):
            if facts["key"] == key:
                return facts
        raise NotFound(_("The project has no milestone %(key)s.") % {"key": key})


class EngineerView(View):
    needs: ClassVar = {"PUT": "signed in", "DELETE": "signed in"}

    @extend_schema(operation_id="engineers_assign", request=Reason, parameters=[CODE, IF_MATCH], responses=ProjectOut)
    def put(self, request: Request, code: str, username: str) -> Response:
        """Let an engineer of the bureau report on the project."""
        return self._change(request, code, username, engineer_assign)

    @extend_schema(
        operation_id="engineers_release", request=Reason, parameters=[CODE, IF_MATCH], responses={200: ProjectOut}
    )
    def delete(self, request: Request, code: str, username: str) -> Response:
        """End the assignment; it ends at the engineer's next request."""
        return self._change(request, code, username, engineer_release)

    def _change(self, request: Request, code: str, username: str, act: Any) -> Response:
        project = self.project(code)
        demand(request.user, "project.assign", project)
        expected = expected_version(request)
        _values, reason = body(request, Reason)
        engineer = User.objects.filter(username=username, memberships__bureau=project.bureau_id).first()
        if engineer is None:
            raise NotFound(_("The bureau has no such person."))
        with current_state(request, project):
            act(
                project_id=project.pk,
                engineer=engineer,
                actor=signed_in(request),
                at=now(),
                expected=expected,
                reason=reason,
            )
        fresh = self.project(code)
        return versioned(
            project_out(shown_document(request.user, fresh, project_document(fresh)), fresh.version), fresh.version
        )
