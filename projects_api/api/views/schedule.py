"""``projects/{code}/baselines/`` and ``projects/{code}/schedule/``: what was promised, and what is computed."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.translation import get_language
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from projects_api.api.conditional import VARY, named_version, not_modified, versioned
from projects_api.api.idempotency import once
from projects_api.api.pagination import whole_number
from projects_api.api.permissions import demand
from projects_api.api.serializers.schedule import BaselineInput, BaselineOut, ScheduleOut, baseline_out, schedule_out
from projects_api.api.views.base import (
    AS_OF,
    CODE,
    IDEMPOTENCY,
    IF_MATCH_MAYBE,
    ON,
    View,
    body,
    current_state,
    now,
    number_parameter,
    shown_document,
    shown_part,
    signed_in,
)
from projects_api.errors import NotFound
from projects_api.past import past_document, when_in
from projects_api.public import hidden_milestones
from projects_api.selectors.documents import project_document
from projects_api.selectors.facts import Document
from projects_api.selectors.ledger import validator
from projects_api.selectors.reported import reports_of
from projects_api.selectors.schedule import schedule_of
from projects_api.services.baselines import baseline_approve

LARGEST_NUMBER = 32_000


class Baselines(View):
    needs: ClassVar = {"GET": "anyone", "POST": "signed in"}

    @extend_schema(operation_id="baselines_list", parameters=[CODE], responses=BaselineOut(many=True))
    def get(self, request: Request, code: str) -> Response:
        """What was promised, oldest first; the public sees the first and the current one."""
        project = self.project(code)
        rows = baselines_of(request.user, project)
        return versioned(rows, project.version, part=shown_part(request.user, project))

    @extend_schema(
        operation_id="baselines_approve",
        request=BaselineInput,
        parameters=[CODE, IF_MATCH_MAYBE, IDEMPOTENCY],
        responses={201: BaselineOut},
    )
    def post(self, request: Request, code: str) -> Response:
        """Freeze the planned dates as they stand, as the next number. Of two at once one wins: the other gets 409 (the dates
        are promised already), or 412 if it named the state that it had seen.
        """
        project = self.project(code)
        demand(request.user, "baseline.approve", project)

        def act() -> Response:
            expected = named_version(request)
            values, reason = body(request, BaselineInput)
            with current_state(request, project):
                baseline = baseline_approve(
                    project_id=project.pk,
                    actor=signed_in(request),
                    at=now(),
                    expected=expected,
                    reason=reason,
                    illustrative=values.get("illustrative", False),
                )
            fresh = self.project(code)
            row = next(row for row in baselines_of(request.user, fresh) if row["number"] == baseline.number)
            location = {"Location": f"/api/v1/projects/{code}/baselines/{baseline.number}/"}
            return versioned(row, fresh.version, status=201, headers=location)

        return once(request, signed_in(request), act)


def baselines_of(user: Any, project: Any) -> list[Document]:
    """The baselines that this reader sees, by number."""
    document = shown_document(user, project, project_document(project))
    found = document.get("baselines", {})
    return [baseline_out(number, found[number]) for number in sorted(found, key=int)]


class BaselineView(View):
    @extend_schema(operation_id="baselines_read", parameters=[CODE], responses=BaselineOut)
    def get(self, request: Request, code: str, number: int) -> Response:
        """One baseline, as it was approved. Nobody can change it."""
        project = self.project(code)
        for row in baselines_of(request.user, project):
            if row["number"] == number:
                return versioned(row, project.version, part=shown_part(request.user, project))
        raise NotFound(_("There is no baseline %(number)s that you can see.") % {"number": number})


class ScheduleView(View):
    query: ClassVar = frozenset({"baseline", "as_of", "on"})

    @extend_schema(
        operation_id="schedule_read",
        parameters=[
            CODE,
            number_parameter("baseline", 1, LARGEST_NUMBER, "Measure against this one; else the current."),
            AS_OF,
            ON,
        ],
        responses=ScheduleOut,
    )
    def get(self, request: Request, code: str) -> Response:
        """Forecast, critical path, floats, slip, S-curve, light: computed from the facts, for today or another day."""
        project = self.project(code)
        bureau = project.bureau
        when = when_in(request.query_params, bureau.day_of(now()))
        part = shown_part(request.user, project)
        text = request.query_params.get("baseline")
        number = whole_number(text, "?baseline", 1, LARGEST_NUMBER) if text is not None else None
        # Also other projects' facts: the odds are drawn from the bureau's record. So the newest entry is the version.
        etag = f'W/"{validator(request.user, "schedule", code, repr(when), str(number), get_language() or "")}"'
        headers = {"ETag": etag, "Cache-Control": "no-cache", "Vary": VARY}
        if not_modified(request, etag):
            return Response(status=304, headers=headers)
        document, _version, _at, heard = past_document(project, request.user, when)
        shown = shown_document(request.user, project, document)
        if number is not None and str(number) not in shown.get("baselines", {}):
            raise NotFound(_("There is no baseline %(number)s that you can see.") % {"number": number})
        schedule = schedule_of(
            document,
            bureau,
            today=when.day,
            reported=min(bureau.day_of(heard), when.day),
            baseline=number,
            pk=project.pk,
            # When the bureau's other stages were reported is not asked: what was known then must not know more.
            record=when.as_of in (None, when.today),
            reports=reports_of([code], bureau.day_of).get(code),
        )
        hidden = hidden_milestones(document) if part == "public" else frozenset[str]()
        return Response(when.given | schedule_out(code, schedule, bureau, hidden), headers=headers)
