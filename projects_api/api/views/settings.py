"""``calendars/``, ``lights/``, ``publishing/``, ``notification-rules/``, ``templates/``: what a bureau sets; and the figures
that it enters, ``bureaus/{code}/children/``."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Q
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from projects_api.api.conditional import expected_version, versioned
from projects_api.api.idempotency import once
from projects_api.api.pagination import page_of
from projects_api.api.permissions import demand
from projects_api.api.serializers.projects import ProjectOut, project_out
from projects_api.api.serializers.settings import (
    CalendarInput,
    CalendarOut,
    ChildrenInput,
    ChildrenOut,
    FollowInput,
    LightsInput,
    LightsOut,
    NotificationRulesInput,
    NotificationRulesOut,
    PreviewOut,
    PublishingInput,
    PublishingOut,
    TemplateInput,
    TemplateOut,
    calendar_out,
    children_out,
    lights_out,
    notification_rules_out,
    publishing_out,
    template_out,
)
from projects_api.api.views.base import (
    CODE,
    IDEMPOTENCY,
    IF_MATCH,
    View,
    body,
    current_state,
    now,
    showing,
    shown_document,
    signed_in,
)
from projects_api.api.views.reference import PAGE_PARAMETERS, PAGING, code_parameter, paged, text_parameter
from projects_api.choices import Kind
from projects_api.errors import InvalidInput, NotFound
from projects_api.models import Bureau, MilestoneTemplate
from projects_api.selectors.documents import project_document
from projects_api.selectors.facts import Document
from projects_api.services.bureaus import (
    calendar_change,
    children_change,
    lights_change,
    notifications_change,
    publishing_change,
)
from projects_api.services.templates import (
    project_follow_template,
    template_by_name,
    template_create,
    template_for,
    template_preview,
)

BUREAU = OpenApiParameter("code", OpenApiTypes.STR, OpenApiParameter.PATH, description="The bureau's code.")


def bureau_by_code(code: str) -> Bureau:
    bureau = Bureau.objects.filter(code=code).first()
    if bureau is None:
        raise NotFound(_("There is no such bureau."))
    return bureau


class _Setting(View):
    """One of a bureau's settings, whole: read by everybody, put by the office. The version is the bureau's."""

    needs: ClassVar = {"GET": "anyone", "PUT": "signed in"}
    permission = "bureau.configure"

    def read(self, code: str, show: Any) -> Response:
        bureau = bureau_by_code(code)
        return versioned(show(bureau), bureau.version)

    def write(self, request: Request, code: str, serializer: Any, act: Any, show: Any) -> Response:
        bureau = bureau_by_code(code)
        demand(request.user, self.permission, bureau)
        expected = expected_version(request)
        rules, reason = body(request, serializer)

        def current() -> tuple[Document, int]:
            fresh = bureau_by_code(code)
            return show(fresh), fresh.version

        with showing(current):
            fresh = act(
                bureau_id=bureau.pk, actor=signed_in(request), at=now(), expected=expected, rules=rules, reason=reason
            )
        return versioned(show(fresh), fresh.version)


class Calendar(_Setting):
    @extend_schema(operation_id="calendars_read", parameters=[BUREAU], responses=CalendarOut)
    def get(self, request: Request, code: str) -> Response:
        """When the bureau's sites work: weekdays, winter stop, Spring Festival, holidays, other closures."""
        return self.read(code, calendar_out)

    @extend_schema(
        operation_id="calendars_put", request=CalendarInput, parameters=[BUREAU, IF_MATCH], responses=CalendarOut
    )
    def put(self, request: Request, code: str) -> Response:
        """A new calendar; forecasts and lights of all the bureau's projects follow at once."""
        return self.write(request, code, CalendarInput, calendar_change, calendar_out)


class Lights(_Setting):
    @extend_schema(operation_id="lights_read", parameters=[BUREAU], responses=LightsOut)
    def get(self, request: Request, code: str) -> Response:
        """When a project of this bureau is yellow, red, stale."""
        return self.read(code, lights_out)

    @extend_schema(operation_id="lights_put", request=LightsInput, parameters=[BUREAU, IF_MATCH], responses=LightsOut)
    def put(self, request: Request, code: str) -> Response:
        """New rules; the lights of all the bureau's projects follow at once."""
        return self.write(request, code, LightsInput, lights_change, lights_out)


class Publishing(_Setting):
    @extend_schema(operation_id="publishing_read", parameters=[BUREAU], responses=PublishingOut)
    def get(self, request: Request, code: str) -> Response:
        """What the public sees of stages that are reported and not yet accepted."""
        return self.read(code, publishing_out)

    @extend_schema(
        operation_id="publishing_put", request=PublishingInput, parameters=[BUREAU, IF_MATCH], responses=PublishingOut
    )
    def put(self, request: Request, code: str) -> Response:
        """Another choice; stages that wait for acceptance are held back, or shown, at once."""
        return self.write(request, code, PublishingInput, publishing_change, publishing_out)


class NotificationRulesView(_Setting):
    """For the bureau's own people: it names accounts."""

    needs: ClassVar = {"GET": "signed in", "PUT": "signed in"}

    @extend_schema(operation_id="notification_rules_read", parameters=[BUREAU], responses=NotificationRulesOut)
    def get(self, request: Request, code: str) -> Response:
        """When people are told of what: days before and after, the hour of the daily e-mail, who the leaders are."""
        demand(request.user, "plan.read_unpublished", bureau_by_code(code))
        return self.read(code, notification_rules_out)

    @extend_schema(
        operation_id="notification_rules_put",
        request=NotificationRulesInput,
        parameters=[BUREAU, IF_MATCH],
        responses=NotificationRulesOut,
    )
    def put(self, request: Request, code: str) -> Response:
        """New rules, whole; the next look at what is due follows them."""
        return self.write(request, code, NotificationRulesInput, notifications_change, notification_rules_out)


class Children(_Setting):
    permission = "children.record"

    @extend_schema(operation_id="children_read", parameters=[BUREAU], responses=ChildrenOut)
    def get(self, request: Request, code: str) -> Response:
        """How many children there are, by township and school stage, as the bureau has entered them."""
        return self.read(code, children_out)

    @extend_schema(
        operation_id="children_put", request=ChildrenInput, parameters=[BUREAU, IF_MATCH], responses=ChildrenOut
    )
    def put(self, request: Request, code: str) -> Response:
        """The table anew, by the office; every version stays in the ledger."""
        return self.write(request, code, ChildrenInput, children_change, children_out)


class Templates(View):
    needs: ClassVar = {"GET": "anyone", "POST": "signed in"}
    query: ClassVar = PAGING | {"bureau", "kind"}

    def check_query(self, request: Request) -> None:
        if request.method in ("GET", "HEAD"):
            super().check_query(request)

    @extend_schema(
        operation_id="templates_list",
        parameters=[
            OpenApiParameter("bureau", str, description="That bureau's own and the product's."),
            OpenApiParameter("kind", str, enum=Kind.values),
            *PAGE_PARAMETERS,
        ],
        responses=page_of(TemplateOut),
    )
    def get(self, request: Request) -> Response:
        """Every version of every template; the newest of a bureau's own is what new projects start with."""
        rows = MilestoneTemplate.objects.select_related("bureau").prefetch_related("stages")
        if bureau := text_parameter(request, "bureau"):
            rows = rows.filter(Q(bureau__code=bureau) | Q(bureau__isnull=True))
        if kind := code_parameter(request, "kind", Kind.values):
            rows = rows.filter(kind=kind)
        return paged(self, request, rows.order_by("kind", "bureau__code", "version"), template_out)

    @extend_schema(
        operation_id="templates_create",
        request=TemplateInput,
        parameters=[IF_MATCH, IDEMPOTENCY],
        responses={201: TemplateOut},
    )
    def post(self, request: Request) -> Response:
        """The bureau's next template of a kind. `If-Match` is the bureau's version (`calendars/{code}/`)."""
        values, reason = body(request, TemplateInput)
        bureau = Bureau.objects.filter(code=values["bureau"]).first()
        if bureau is None:
            raise InvalidInput.one("/bureau", "unknown_bureau", _("There is no such bureau."))
        demand(request.user, "bureau.configure", bureau)

        def act() -> Response:
            expected = expected_version(request)
            template = template_create(
                bureau_id=bureau.pk,
                actor=signed_in(request),
                at=now(),
                expected=expected,
                kind=values["kind"],
                stages=values["stages"],
                note=values.get("note", ""),
                reason=reason,
            )
            fresh = bureau_by_code(bureau.code)
            shown = template_out(template_by_name(fresh, f"{fresh.code}/{template.kind}/{template.version}"))
            location = {"Location": f"/api/v1/templates/{shown['id']}/"}
            return versioned(shown, fresh.version, status=201, headers=location)

        return once(request, signed_in(request), act)


class TemplateView(View):
    @extend_schema(operation_id="templates_read", responses=TemplateOut)
    def get(self, request: Request, owner: str, kind: str, version: int) -> Response:
        """One version; it never changes."""
        own = {"bureau__isnull": True} if owner == "standard" else {"bureau__code": owner}
        template = (
            MilestoneTemplate.objects.select_related("bureau")
            .prefetch_related("stages")
            .filter(kind=kind, version=version, **own)
            .first()
        )
        if template is None:
            raise NotFound()
        return Response(template_out(template))


class ProjectTemplate(View):
    needs: ClassVar = {"GET": "signed in", "PUT": "signed in"}
    query: ClassVar = frozenset({"to"})

    @extend_schema(
        operation_id="projects_template_preview",
        parameters=[CODE, OpenApiParameter("to", str, required=True, description="The template's id.")],
        responses=PreviewOut,
    )
    def get(self, request: Request, code: str) -> Response:
        """What moving this project to a template version would do. Changes nothing."""
        project = self.project(code)
        demand(request.user, "milestone.plan", project)
        name = text_parameter(request, "to")
        if not name:
            raise InvalidInput.one("?to", "required", _("Name the template, like standard/new_build/2."))
        template = template_for(project, name)
        return versioned({"template": name, **template_preview(project, template)}, project.version)

    @extend_schema(
        operation_id="projects_template_put", request=FollowInput, parameters=[CODE, IF_MATCH], responses=ProjectOut
    )
    def put(self, request: Request, code: str) -> Response:
        """Move the project to a template version, on purpose. What is known of a stage stays."""
        project = self.project(code)
        demand(request.user, "milestone.plan", project)
        expected = expected_version(request)
        values, reason = body(request, FollowInput)
        with current_state(request, project):
            project_follow_template(
                project_id=project.pk,
                actor=signed_in(request),
                at=now(),
                expected=expected,
                template_name=values["template"],
                reason=reason,
            )
        fresh = self.project(code)
        document = shown_document(request.user, fresh, project_document(fresh))
        return versioned(project_out(document, fresh.version), fresh.version)
