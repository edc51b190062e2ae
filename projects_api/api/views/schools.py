"""``schools/``: the register, of today or of another day; founded, altered, cancelled and set right by the office."""

from __future__ import annotations

from typing import ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from projects_api.api.conditional import expected_version, named_version, versioned
from projects_api.api.idempotency import once
from projects_api.api.pagination import page_of
from projects_api.api.permissions import demand
from projects_api.api.serializers.schools import (
    SchoolChange,
    SchoolCreate,
    SchoolEventChange,
    SchoolEventCreate,
    SchoolEventOut,
    SchoolOut,
    acted,
    school_out,
)
from projects_api.api.views.base import (
    AS_OF,
    CODE,
    IDEMPOTENCY,
    IF_MATCH,
    IF_MATCH_MAYBE,
    ON,
    View,
    body,
    changes,
    now,
    showing,
    signed_in,
)
from projects_api.api.views.reference import PAGE_PARAMETERS, PAGING, code_parameter, paged, text_parameter
from projects_api.choices import SchoolStage
from projects_api.errors import InvalidInput, NotFound
from projects_api.filtersets import checked_query
from projects_api.models import Bureau, School
from projects_api.past import past_schools, when_in
from projects_api.selectors.bureaus import day_for
from projects_api.selectors.facts import Document
from projects_api.selectors.places import lies_in, named, schools_visible_to, within_region
from projects_api.selectors.schools import school_document, schools, with_document
from projects_api.services.schools import FIELDS, school_act, school_correct, school_found
from projects_api.spelling import finds, search_text, search_words

DAYS = frozenset({"as_of", "on"})


class Schools(View):
    needs: ClassVar = {"GET": "anyone", "POST": "signed in"}
    query: ClassVar = PAGING | DAYS | {"bureau", "region", "stage", "q"}

    def check_query(self, request: Request) -> None:
        checked_query(request._request.GET, known=self.query if request.method in ("GET", "HEAD") else ())

    @extend_schema(
        operation_id="schools_list",
        parameters=[
            OpenApiParameter("bureau", str),
            OpenApiParameter("region", str),
            OpenApiParameter("stage", str, enum=SchoolStage.values),
            OpenApiParameter("q", str),
            AS_OF,
            ON,
            *PAGE_PARAMETERS,
        ],
        responses=page_of(SchoolOut),
    )
    def get(self, request: Request) -> Response:
        """The register: schools with their life (establishment, alteration, cancellation), of today or of another day."""
        bureau, region = text_parameter(request, "bureau"), text_parameter(request, "region")
        stage = code_parameter(request, "stage", SchoolStage.values)
        words = text_parameter(request, "q")
        when = when_in(request.query_params, day_for(request.query_params, now()))
        if when.given:
            typed, inside = search_words(words), lies_in(region)
            found = [
                school
                for school in past_schools(request.user, when, bureau=bureau)
                if inside(school["region"])
                and stage in ("", school["stage"])
                and finds(typed, search_text(school["name_zh"], school["name_en"]))
            ]
            return paged(self, request, found, school_out)
        rows = schools(request.user)
        if bureau:
            rows = rows.filter(bureau__code=bureau)
        if region:
            rows = rows.filter(within_region("region__code", region))
        if stage:
            rows = rows.filter(stage=stage)
        if words:
            rows = named(rows, words)
        return paged(self, request, rows, lambda school: school_out(school_document(school)))

    @extend_schema(
        operation_id="schools_create", request=SchoolCreate, parameters=[IDEMPOTENCY], responses={201: SchoolOut}
    )
    def post(self, request: Request) -> Response:
        """Enter a school with the act that establishes it, approved or applied for."""
        values, reason = body(request, SchoolCreate)
        bureau = Bureau.objects.select_related("region").filter(code=values.pop("bureau")).first()
        if bureau is None:
            raise InvalidInput.one("/bureau", "unknown_bureau", _("There is no such bureau."))
        demand(request.user, "school.record", bureau)

        def create() -> Response:
            school = school_found(
                actor=signed_in(request),
                at=now(),
                bureau=bureau,
                code=values.get("code", ""),
                values={name: value for name, value in values.items() if name in FIELDS},
                establishment=values["establishment"],
                confirmed=values.get("confirm", False),
                reason=reason,
            )
            location = {"Location": f"/api/v1/schools/{school.code}/"}
            return versioned(school_out(school_document(school)), school.version, status=201, headers=location)

        return once(request, signed_in(request), create)


class _OfSchool(View):
    """What hangs on a school: it exists for this user or not; closed ones do, by their own address."""

    def school(self, code: str) -> School:
        """Three queries."""
        found = with_document(schools_visible_to(self.request.user)).filter(code=code).first()
        if found is None:
            raise NotFound(_("There is no school %(code)s that you can see.") % {"code": code})
        return found

    def to_record(self, request: Request, code: str) -> School:
        school = self.school(code)
        demand(request.user, "school.record", school)
        return school


class SchoolView(_OfSchool):
    needs: ClassVar = {"GET": "anyone", "PATCH": "signed in"}
    query: ClassVar = DAYS

    def check_query(self, request: Request) -> None:
        checked_query(request._request.GET, known=self.query if request.method in ("GET", "HEAD") else ())

    @extend_schema(operation_id="schools_read", parameters=[CODE, AS_OF, ON], responses=SchoolOut)
    def get(self, request: Request, code: str) -> Response:
        """One school with its life, a closed one too; `as_of` and `on` as with projects."""
        when = when_in(request.query_params, day_for(request.query_params, now()))
        if when.given:
            then = past_schools(request.user, when, code=code)
            if not then:
                raise NotFound(_("On that day the register held no such school."))
            return Response(school_out(then[0]))
        return school_answer(self.school(code))

    @extend_schema(
        operation_id="schools_change", request=SchoolChange, parameters=[CODE, IF_MATCH], responses=SchoolOut
    )
    def patch(self, request: Request, code: str) -> Response:
        """Set right what the register says wrongly and no act changed. A change by decision is an alteration: record the act."""
        school = self.to_record(request, code)
        expected = expected_version(request)
        wanted, reason = changes(request, SchoolChange)
        with showing(lambda: _standing(code)):
            school_correct(
                school_id=school.pk,
                actor=signed_in(request),
                at=now(),
                expected=expected,
                changes=wanted,
                reason=reason,
            )
        return school_answer(self.school(code))


class SchoolEvents(_OfSchool):
    needs: ClassVar = {"GET": "anyone", "POST": "signed in"}

    @extend_schema(operation_id="school_events_list", parameters=[CODE], responses=SchoolEventOut(many=True))
    def get(self, request: Request, code: str) -> Response:
        """A school's acts by number, with those set aside. The ETag is the school's."""
        school = self.school(code)
        return versioned(school_out(school_document(school))["events"], school.version)

    @extend_schema(
        operation_id="school_events_record",
        request=SchoolEventCreate,
        parameters=[CODE, IF_MATCH_MAYBE, IDEMPOTENCY],
        responses={201: SchoolEventOut},
    )
    def post(self, request: Request, code: str) -> Response:
        """Record an act: an alteration, a cancellation, or the establishment of a school that has none in the register."""
        school = self.to_record(request, code)

        def act() -> Response:
            expected = named_version(request)
            values, reason = body(request, SchoolEventCreate)
            _write(request, school, expected, values, reason)
            fresh = self.school(code)
            number = max(event.number for event in fresh.events.all())
            location = {"Location": f"{request.path}{number}/"}
            return versioned(one_event(fresh, number), fresh.version, status=201, headers=location)

        return once(request, signed_in(request), act)


class SchoolEventView(_OfSchool):
    needs: ClassVar = {"GET": "anyone", "PATCH": "signed in"}

    @extend_schema(operation_id="school_events_read", parameters=[CODE], responses=SchoolEventOut)
    def get(self, request: Request, code: str, number: int) -> Response:
        school = self.school(code)
        return versioned(one_event(school, number), school.version)

    @extend_schema(
        operation_id="school_events_change",
        request=SchoolEventChange,
        parameters=[CODE, IF_MATCH],
        responses=SchoolEventOut,
    )
    def patch(self, request: Request, code: str, number: int) -> Response:
        """Decide on a pending act, set a recorded one right, or set it aside (`archived`); the last two need a `reason`."""
        school = self.to_record(request, code)
        expected = expected_version(request)
        values, reason = changes(request, SchoolEventChange)
        one_event(school, number)
        _write(request, school, expected, values, reason, number)
        fresh = self.school(code)
        return versioned(one_event(fresh, number), fresh.version)


def _write(
    request: Request, school: School, expected: int | None, values: Document, reason: str, number: int | None = None
) -> None:
    with showing(lambda: _standing(school.code)):
        school_act(
            school_id=school.pk,
            actor=signed_in(request),
            at=now(),
            expected=expected,
            number=number,
            **acted(school, values),
            reason=reason,
        )


def school_answer(school: School) -> Response:
    return versioned(school_out(school_document(school)), school.version)


def one_event(school: School, number: int) -> Document:
    for event in school_out(school_document(school))["events"]:
        if event["number"] == number:
            found: Document = event
            return found
    raise NotFound(_("The school has no act %(number)s.") % {"number": number})


def _standing(code: str) -> tuple[Document, int]:
    school = with_document(School.objects.filter(code=code)).get()
    return school_out(school_document(school)), school.version
