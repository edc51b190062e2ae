"""``bureaus/``, ``regions/``, ``schools/``: reference data, public, read only."""

from __future__ import annotations

from typing import Any, ClassVar

import orjson
from django.contrib.gis.db.models.functions import AsGeoJSON
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from projects_api.api.pagination import LARGEST_PAGE_NUMBER, Pages, page_of
from projects_api.api.serializers.others import BureauOut, RegionOut, SchoolOut
from projects_api.api.views.base import AS_OF, ON, View, number_parameter
from projects_api.approvals import established
from projects_api.choices import RegionLevel, SchoolStage
from projects_api.errors import InvalidInput, NotFound
from projects_api.models import Bureau, Region
from projects_api.models.base import in_reader_language
from projects_api.past import past_schools, when_in
from projects_api.selectors.facts import Document, geometry
from projects_api.selectors.places import named, region_prefix, regions, within_region
from projects_api.selectors.schools import school_document, schools
from projects_api.spelling import finds, search_text, search_words
from projects_api.text import clean_line

DAYS = frozenset({"as_of", "on"})
PAGING = frozenset({"page", "page_size"})
PAGE_PARAMETERS = [number_parameter("page", 1, LARGEST_PAGE_NUMBER), number_parameter("page_size", 1, 200, "20.")]


def paged(view: View, request: Request, rows: QuerySet[Any] | list[Any], show: Any) -> Response:
    pages = Pages()
    found = pages.paginate_queryset(rows, request, view=view) or []
    return pages.get_paginated_response([show(row) for row in found])


def text_parameter(request: Request, name: str) -> str:
    text = request.query_params.get(name, "")
    return clean_line(text, pointer=f"?{name}", max_length=200) if text else ""


def code_parameter(request: Request, name: str, codes: list[str]) -> str:
    text = text_parameter(request, name)
    if text and text not in codes:
        raise InvalidInput.one(f"?{name}", "invalid_choice", _("Not one of: %(codes)s.") % {"codes": ", ".join(codes)})
    return text


def bureau_out(bureau: Bureau) -> Document:
    return {
        "code": bureau.code,
        "name": bureau.name,
        "name_zh": bureau.name_zh,
        "name_en": bureau.name_en,
        "region": bureau.region.code,
        "bounds": [bureau.west, bureau.south, bureau.east, bureau.north],
        "currency": bureau.currency,
        "time_zone": bureau.time_zone,
    }


def region_out(region: Region) -> Document:
    return {
        "code": region.code,
        "parent": region.parent.code if region.parent else None,
        "level": region.level,
        "kind": region.kind,
        "name": region.name,
        "name_zh": region.name_zh,
        "name_en": region.name_en,
        "point": geometry(region.point),
        "point_precision": region.point_precision,
        "source": region.source,
    }


def school_out(document: Document) -> Document:
    """From the school's document: the same of today and of any other day."""
    shown = {name: value for name, value in document.items() if name not in ("closed", "events")}
    return {
        **shown,
        "name": in_reader_language(document["name_zh"], document["name_en"]),
        "established": established(document),
        "events": [
            {"number": int(number), **event, "before": event.get("before", {})}
            for number, event in document["events"].items()
        ],
    }


class Bureaus(View):
    query: ClassVar = PAGING

    @extend_schema(operation_id="bureaus_list", parameters=PAGE_PARAMETERS, responses=page_of(BureauOut))
    def get(self, request: Request) -> Response:
        """The bureaus of this installation."""
        return paged(self, request, Bureau.objects.select_related("region").defer("region__boundary"), bureau_out)


class BureauView(View):
    @extend_schema(operation_id="bureaus_read", responses=BureauOut)
    def get(self, request: Request, code: str) -> Response:
        bureau = Bureau.objects.select_related("region").defer("region__boundary").filter(code=code).first()
        if bureau is None:
            raise NotFound()
        return Response(bureau_out(bureau))


class Regions(View):
    query: ClassVar = PAGING | {"within", "level", "q"}

    @extend_schema(
        operation_id="regions_list",
        parameters=[
            OpenApiParameter("within", str, description="A code; what lies in it, and itself."),
            OpenApiParameter("level", str, enum=RegionLevel.values),
            OpenApiParameter("q", str),
            *PAGE_PARAMETERS,
        ],
        responses=page_of(RegionOut),
    )
    def get(self, request: Request) -> Response:
        """Counties and townships by official code; boundaries only one by one."""
        rows = regions().defer("boundary", "parent__boundary")
        if within := text_parameter(request, "within"):
            rows = rows.filter(within_region("code", within))
        if level := code_parameter(request, "level", RegionLevel.values):
            rows = rows.filter(level=level)
        if words := text_parameter(request, "q"):
            rows = named(rows, words)
        return paged(self, request, rows, region_out)


class RegionView(View):
    @extend_schema(operation_id="regions_read", responses=RegionOut)
    def get(self, request: Request, code: str) -> Response:
        """A division with its boundary, where one is known."""
        region = (
            regions()
            .defer("boundary", "parent__boundary")
            .annotate(outline=AsGeoJSON("boundary", precision=6))
            .filter(code=code)
            .first()
        )
        if region is None:
            raise NotFound()
        outline = getattr(region, "outline", None)
        return Response({**region_out(region), "boundary": orjson.loads(outline) if outline else None})


class Schools(View):
    query: ClassVar = PAGING | DAYS | {"bureau", "region", "stage", "q"}

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
        when = when_in(request.query_params, timezone.localdate())
        if when.given:
            typed, prefix = search_words(words), region_prefix(region)
            found = [
                school
                for school in past_schools(request.user, when, bureau=bureau)
                if school["region"].startswith(prefix)
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


class SchoolView(View):
    query: ClassVar = DAYS

    @extend_schema(operation_id="schools_read", parameters=[AS_OF, ON], responses=SchoolOut)
    def get(self, request: Request, code: str) -> Response:
        when = when_in(request.query_params, timezone.localdate())
        if when.given:
            then = past_schools(request.user, when, code=code)
            if not then:
                raise NotFound(_("On that day the register held no such school."))
            return Response(school_out(then[0]))
        school = schools(request.user).filter(code=code).first()
        if school is None:
            raise NotFound()
        return Response(school_out(school_document(school)))
