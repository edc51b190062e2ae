"""``plans/``: the year's plan with its scoreboard and its S-curve."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from projects_api.api.conditional import VARY, expected_version, not_modified, versioned
from projects_api.api.idempotency import once
from projects_api.api.pagination import page_of, whole_number
from projects_api.api.permissions import demand
from projects_api.api.serializers.others import PlanChange, PlanCreate, PlanOut
from projects_api.api.serializers.schedule import PlanCurveOut, point_out
from projects_api.api.views.base import (
    AS_OF,
    IDEMPOTENCY,
    IF_MATCH,
    ON,
    View,
    body,
    changes,
    now,
    number_parameter,
    showing,
    signed_in,
)
from projects_api.api.views.reference import PAGE_PARAMETERS, PAGING, paged, text_parameter
from projects_api.errors import InvalidInput, NotFound
from projects_api.filtersets import checked_query
from projects_api.models import AnnualPlan, Bureau
from projects_api.past import When, plan_then, projects_of_plan_on, when_in
from projects_api.selectors.facts import Document
from projects_api.selectors.ledger import validator
from projects_api.selectors.plans import plan_by_slug, plan_curve, plans_visible_to, scoreboard
from projects_api.services.plans import plan_change, plan_create

_LETTERS = str.maketrans("0123456789", "ghijklmnop")
BUCKETS = ("met", "met_late", "open", "in_time")
SLUG = OpenApiParameter("slug", OpenApiTypes.STR, OpenApiParameter.PATH, description="`{bureau}-{year}`")


def plan_out(plan: AnnualPlan) -> Document:
    return {
        "id": plan.slug,
        "bureau": plan.bureau.code,
        "year": plan.year,
        "title": plan.title,
        "title_zh": plan.title_zh,
        "title_en": plan.title_en,
        "document_number": plan.document_number,
        "issued": plan.issued,
        "published": plan.published,
        "illustrative": plan.illustrative,
        "version": plan.version,
    }


def with_scoreboard(plan: AnnualPlan, user: Any, when: When | None = None) -> Document:
    """The plan with its figures, of today or of another day."""
    when = when or today_of(plan)
    return {
        **plan_out(plan),
        **when.given,
        "scoreboard": [
            {
                "target": score.target,
                "label": score.label,
                "planned": score.planned,
                **{name: len(getattr(score, name)) for name in BUCKETS},
                "year_end": len(score.met) + len(score.in_time),
                "projects": {name: [project.code for project in getattr(score, name)] for name in BUCKETS},
            }
            for score in scoreboard(projects_of_plan_on(plan, user, when), plan.year)
        ],
    }


def standing(plan: AnnualPlan, user: Any) -> str:
    """What the scoreboard hangs on beside the plan's own version, for the ETag, in which only letters may follow the number."""
    state = validator(user, "plan", plan.slug, str(today_of(plan).day))
    return state[:16].translate(_LETTERS)


def today_of(plan: AnnualPlan) -> When:
    return When(plan.bureau.day_of(now()))


def plan_for(user: Any, slug: str) -> AnnualPlan:
    """The plan, if it exists for this user. One query. Raises NotFound."""
    plan = plan_by_slug(user, slug)
    if plan is None:
        raise NotFound(_("There is no plan %(slug)s that you can see.") % {"slug": slug})
    return plan


class Plans(View):
    needs: ClassVar = {"GET": "anyone", "POST": "signed in"}
    query: ClassVar = PAGING | {"bureau", "year"}

    @extend_schema(
        operation_id="plans_list",
        parameters=[OpenApiParameter("bureau", str), number_parameter("year", 1950, 2100), *PAGE_PARAMETERS],
        responses=page_of(PlanOut),
    )
    def get(self, request: Request) -> Response:
        """Plans, newest year first."""
        rows = plans_visible_to(request.user)
        if bureau := text_parameter(request, "bureau"):
            rows = rows.filter(bureau__code=bureau)
        if year := request.query_params.get("year"):
            rows = rows.filter(year=whole_number(year, "?year", 1950, 2100))
        return paged(self, request, rows, plan_out)

    @extend_schema(operation_id="plans_create", request=PlanCreate, parameters=[IDEMPOTENCY], responses={201: PlanOut})
    def post(self, request: Request) -> Response:
        """A bureau's plan for a year."""
        values, reason = body(request, PlanCreate)
        bureau = Bureau.objects.filter(code=values.pop("bureau")).first()
        if bureau is None:
            raise InvalidInput.one("/bureau", "unknown_bureau", _("There is no such bureau."))
        demand(request.user, "plan.change", bureau)
        year = values.pop("year")

        def create() -> Response:
            plan = plan_create(
                actor=signed_in(request), at=now(), bureau=bureau, year=year, values=values, reason=reason
            )
            location = {"Location": f"/api/v1/plans/{plan.slug}/"}
            return versioned(with_scoreboard(plan, request.user), plan.version, status=201, headers=location)

        return once(request, signed_in(request), create)


class PlanView(View):
    needs: ClassVar = {"GET": "anyone", "PATCH": "signed in"}

    def check_query(self, request: Request) -> None:
        # The past is read only.
        checked_query(request._request.GET, known={"as_of", "on"} if request.method in ("GET", "HEAD") else ())

    @extend_schema(operation_id="plans_read", parameters=[SLUG, AS_OF, ON], responses=PlanOut)
    def get(self, request: Request, slug: str) -> Response:
        """The plan and its scoreboard: completed x of 2, started y of 6, upgraded z of 10, and the forecast for its year."""
        plan = plan_for(request.user, slug)
        when = when_in(request.query_params, today_of(plan).day)
        if when.given:
            return Response(with_scoreboard(plan_then(plan, request.user, when), request.user, when))
        return versioned(with_scoreboard(plan, request.user), plan.version, part=standing(plan, request.user))

    @extend_schema(operation_id="plans_change", request=PlanChange, parameters=[SLUG, IF_MATCH], responses=PlanOut)
    def patch(self, request: Request, slug: str) -> Response:
        plan = plan_for(request.user, slug)
        demand(request.user, "plan.change", plan)
        expected = expected_version(request)
        wanted, reason = changes(request, PlanChange)

        def current() -> tuple[Document, int]:
            fresh = plan_for(request.user, slug)
            return with_scoreboard(fresh, request.user), fresh.version

        with showing(current):
            plan, _entry = plan_change(
                plan_id=plan.pk, actor=signed_in(request), at=now(), expected=expected, changes=wanted, reason=reason
            )
        return versioned(with_scoreboard(plan, request.user), plan.version)


class PlanCurveView(View):
    query: ClassVar = frozenset({"as_of", "on"})

    @extend_schema(operation_id="plans_curve", parameters=[SLUG, AS_OF, ON], responses=PlanCurveOut)
    def get(self, request: Request, slug: str) -> Response:
        """The year's S-curve: planned, actual and expected progress of all of the plan's projects together."""
        plan = plan_for(request.user, slug)
        when = when_in(request.query_params, today_of(plan).day)
        plan = plan_then(plan, request.user, when)
        etag = f'W/"{validator(request.user, "plan-curve", slug, repr(when))}"'
        headers = {"ETag": etag, "Cache-Control": "no-cache", "Vary": VARY}
        if not_modified(request, etag):
            return Response(status=304, headers=headers)
        found = plan_curve(projects_of_plan_on(plan, request.user, when), plan.year, when.day)
        answer = {
            "plan": plan.slug,
            "year": plan.year,
            "today": when.day,
            **when.given,
            "weights": "total_investment" if found.by_investment else "equal",
            "projects": found.projects,
            "left_out": found.left_out,
            "curve": [point_out(point) for point in found.points],
        }
        return Response(answer, headers=headers)
