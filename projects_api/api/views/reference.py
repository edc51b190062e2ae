"""``bureaus/``, ``regions/``: reference data, public, read only."""

from __future__ import annotations

from typing import Any, ClassVar

import orjson
from django.contrib.gis.db.models.functions import AsGeoJSON
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from projects_api.api.pagination import LARGEST_PAGE_NUMBER, Pages, page_of
from projects_api.api.serializers.others import BureauOut, RegionOut
from projects_api.api.views.base import View, number_parameter
from projects_api.choices import RegionLevel
from projects_api.errors import InvalidInput, NotFound
from projects_api.models import Bureau, Region
from projects_api.selectors.facts import Document, geometry
from projects_api.selectors.places import named, regions, within_region
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
