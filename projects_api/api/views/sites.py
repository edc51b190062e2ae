"""``sites.geojson`` and ``statistics/``: the same filters as the list, over rows."""

from __future__ import annotations

from itertools import chain
from typing import Any, ClassVar

import orjson
from django.http import HttpResponse, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from projects_api.api.conditional import not_modified
from projects_api.api.openapi import SiteFilters
from projects_api.api.serializers.past import past_feature
from projects_api.api.serializers.statistics import StatisticsOut
from projects_api.api.views.base import AS_OF, ON, View, now
from projects_api.filtersets import filtered
from projects_api.models import Bureau, Project
from projects_api.past import past_projects, when_in
from projects_api.past_statistics import past_statistics
from projects_api.selectors.bureaus import day_for
from projects_api.selectors.ledger import validator
from projects_api.selectors.sites import feature_collection
from projects_api.selectors.statistics import statistics

WHOLE = 8_000_000  # bytes: about 16,000 sites


class Sites(View):
    filter_backends: ClassVar = [SiteFilters]
    speaks: ClassVar = ("application/geo+json",)

    def check_query(self, request: Request) -> None:
        """The filterset does."""

    @extend_schema(
        operation_id="sites",
        filters=True,
        parameters=[AS_OF, ON],
        responses={
            (200, "application/geo+json"): OpenApiResponse(OpenApiTypes.OBJECT, "An RFC 7946 FeatureCollection.")
        },
    )
    def get(self, request: Request) -> Any:
        """Every visible site that the filters leave, as one FeatureCollection, streamed beyond 8 MB."""
        visible = Project.objects.visible_to(request.user)
        projects = filtered(request._request, visible, view_parameters=("as_of", "on"), user=request.user)
        today = day_for(request.query_params, now())
        etag = f'W/"{validator(request.user, request.get_full_path(), str(today))}"'
        headers = {"ETag": etag, "Cache-Control": "no-cache", "Vary": "Authorization, Cookie"}
        if not_modified(request, etag):
            return Response(status=304, headers=headers)
        when = when_in(request.query_params, today)
        if when.given:
            pasts = past_projects(request.user, request._request.GET, when)
            features = [past_feature(past) for past in pasts if past.document["site"]]
            body = orjson.dumps({"type": "FeatureCollection", "features": features})
            return HttpResponse(body, content_type="application/geo+json", headers=headers)
        pieces = feature_collection(projects, today=today, head={})
        # Whole where it is small, so that it can be kept; and what goes wrong in the database is an answer, not a body cut off.
        begun, size = [], 0
        for piece in pieces:
            begun.append(piece)
            size += len(piece)
            if size > WHOLE:
                rest = chain(begun, pieces)
                return StreamingHttpResponse(rest, content_type="application/geo+json", headers=headers)
        return HttpResponse(b"".join(begun), content_type="application/geo+json", headers=headers)


class Statistics(View):
    filter_backends: ClassVar = [SiteFilters]

    def check_query(self, request: Request) -> None:
        """The filterset does."""

    @extend_schema(
        operation_id="statistics",
        filters=True,
        parameters=[AS_OF, ON],
        responses=StatisticsOut,
    )
    def get(self, request: Request) -> Response:
        """Totals of what the filters leave; money in detail for those who may read it, of their own bureaus only."""
        visible = Project.objects.visible_to(request.user)
        projects = filtered(request._request, visible, view_parameters=("as_of", "on"), user=request.user)
        readable = [b.pk for b in Bureau.objects.only("pk") if request.user.has_perm("money.read", b)]
        when = when_in(request.query_params, day_for(request.query_params, now()))
        if when.given:
            answer = past_statistics(past_projects(request.user, request._request.GET, when), money_of=readable)
        else:
            answer = statistics(projects, today=when.today, money_of=readable)
        return Response(answer, headers={"Vary": "Authorization, Cookie"})
