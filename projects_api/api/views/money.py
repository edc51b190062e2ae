"""``estimates/``, ``allocations/``, ``spending/``: read by inspectors and the office, recorded by the office."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from projects_api.api.conditional import expected_version, named_version, versioned
from projects_api.api.idempotency import once
from projects_api.api.permissions import demand
from projects_api.api.serializers.others import (
    AllocationChange,
    AllocationInput,
    AllocationOut,
    EstimateChange,
    EstimateInput,
    EstimateOut,
    SpendingChange,
    SpendingInput,
    SpendingOut,
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
    signed_in,
)
from projects_api.errors import NotFound
from projects_api.models import Allocation, Estimate, Project, Spending
from projects_api.selectors.facts import Document, money_facts
from projects_api.services.money import money_change, money_record


def fact_out(fact: Any, project: Project) -> Document:
    facts = {name: value for name, value in money_facts(fact).items() if name != "public"}
    return {"number": fact.number, "currency": project.bureau.currency, **facts}


class _Facts(View):
    """The list of one kind of money fact, and recording another. Versioned with the project."""

    needs: ClassVar = {"GET": "signed in", "POST": "signed in"}
    model: ClassVar[Any]
    input: ClassVar[Any]

    def read(self, request: Request, code: str) -> Response:
        project = self.project(code)
        demand(request.user, "money.read", project)
        facts = self.model.objects.filter(project=project).order_by("number")
        return versioned([fact_out(fact, project) for fact in facts], project.version)

    def record(self, request: Request, code: str) -> Response:
        project = self.project(code)
        demand(request.user, "money.record", project)
        values, reason = body(request, self.input)

        def act() -> Response:
            with current_state(request, project):
                fact = money_record(
                    model=self.model,
                    project_id=project.pk,
                    actor=signed_in(request),
                    at=now(),
                    values=values,
                    expected=named_version(request),
                    reason=reason,
                )
            location = {"Location": f"{request.path}{fact.number}/"}
            return versioned(fact_out(fact, project), fact.project.version, status=201, headers=location)

        return once(request, signed_in(request), act)


class _Fact(View):
    needs: ClassVar = {"GET": "signed in", "PATCH": "signed in"}
    model: ClassVar[Any]
    input: ClassVar[Any]

    def _one(self, project: Project, number: int) -> Document:
        fact = self.model.objects.filter(project=project, number=number).first()
        if fact is None:
            raise NotFound()
        return fact_out(fact, project)

    def read(self, request: Request, code: str, number: int) -> Response:
        project = self.project(code)
        demand(request.user, "money.read", project)
        return versioned(self._one(project, number), project.version)

    def correct(self, request: Request, code: str, number: int) -> Response:
        project = self.project(code)
        demand(request.user, "money.record", project)
        expected = expected_version(request)
        wanted, reason = changes(request, self.input)
        with current_state(request, project):
            money_change(
                model=self.model,
                project_id=project.pk,
                number=number,
                actor=signed_in(request),
                at=now(),
                changes=wanted,
                expected=expected,
                reason=reason,
            )
        fresh = self.project(code)
        return versioned(self._one(fresh, number), fresh.version)


class Estimates(_Facts):
    model, input = Estimate, EstimateInput

    @extend_schema(operation_id="estimates_list", parameters=[CODE], responses=EstimateOut(many=True))
    def get(self, request: Request, code: str) -> Response:
        """The estimate chain, with what was set aside."""
        return self.read(request, code)

    @extend_schema(
        operation_id="estimates_record",
        request=EstimateInput,
        parameters=[CODE, IF_MATCH_MAYBE, IDEMPOTENCY],
        responses={201: EstimateOut},
    )
    def post(self, request: Request, code: str) -> Response:
        return self.record(request, code)


class EstimateView(_Fact):
    model, input = Estimate, EstimateChange

    @extend_schema(operation_id="estimates_read", parameters=[CODE], responses=EstimateOut)
    def get(self, request: Request, code: str, number: int) -> Response:
        return self.read(request, code, number)

    @extend_schema(
        operation_id="estimates_change", request=EstimateChange, parameters=[CODE, IF_MATCH], responses=EstimateOut
    )
    def patch(self, request: Request, code: str, number: int) -> Response:
        return self.correct(request, code, number)


class Allocations(_Facts):
    model, input = Allocation, AllocationInput

    @extend_schema(operation_id="allocations_list", parameters=[CODE], responses=AllocationOut(many=True))
    def get(self, request: Request, code: str) -> Response:
        """Money allotted, by source and year."""
        return self.read(request, code)

    @extend_schema(
        operation_id="allocations_record",
        request=AllocationInput,
        parameters=[CODE, IF_MATCH_MAYBE, IDEMPOTENCY],
        responses={201: AllocationOut},
    )
    def post(self, request: Request, code: str) -> Response:
        return self.record(request, code)


class AllocationView(_Fact):
    model, input = Allocation, AllocationChange

    @extend_schema(operation_id="allocations_read", parameters=[CODE], responses=AllocationOut)
    def get(self, request: Request, code: str, number: int) -> Response:
        return self.read(request, code, number)

    @extend_schema(
        operation_id="allocations_change",
        request=AllocationChange,
        parameters=[CODE, IF_MATCH],
        responses=AllocationOut,
    )
    def patch(self, request: Request, code: str, number: int) -> Response:
        return self.correct(request, code, number)


class SpendingEntries(_Facts):
    model, input = Spending, SpendingInput

    @extend_schema(operation_id="spending_list", parameters=[CODE], responses=SpendingOut(many=True))
    def get(self, request: Request, code: str) -> Response:
        """Value of work done and money paid: two figures that are never added."""
        return self.read(request, code)

    @extend_schema(
        operation_id="spending_record",
        request=SpendingInput,
        parameters=[CODE, IF_MATCH_MAYBE, IDEMPOTENCY],
        responses={201: SpendingOut},
    )
    def post(self, request: Request, code: str) -> Response:
        return self.record(request, code)


class SpendingEntry(_Fact):
    model, input = Spending, SpendingChange

    @extend_schema(operation_id="spending_read", parameters=[CODE], responses=SpendingOut)
    def get(self, request: Request, code: str, number: int) -> Response:
        return self.read(request, code, number)

    @extend_schema(
        operation_id="spending_change", request=SpendingChange, parameters=[CODE, IF_MATCH], responses=SpendingOut
    )
    def patch(self, request: Request, code: str, number: int) -> Response:
        return self.correct(request, code, number)
