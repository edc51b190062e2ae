"""``tiles/{z}/{x}/{y}.mvt``: the sites as vector tiles, under the same filters as the list."""

from __future__ import annotations

import gzip
from typing import Any, ClassVar

from django.core.cache import caches
from django.http import HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from projects_api.api.conditional import VARY, not_modified
from projects_api.api.openapi import SiteFilters
from projects_api.api.views.base import View, now
from projects_api.errors import NotFound
from projects_api.filtersets import filtered, narrows
from projects_api.kept import takes_gzip
from projects_api.models import Project
from projects_api.selectors.bureaus import day_for
from projects_api.selectors.census import Census, at_most, census_for
from projects_api.selectors.ledger import validator
from projects_api.selectors.tiles import site_tile
from projects_api.tiling import MAX_ZOOM, Tile

MVT = "application/vnd.mapbox-vector-tile"


def _part(name: str, highest: int, words: str) -> OpenApiParameter:
    schema = {"type": "integer", "minimum": 0, "maximum": highest}
    return OpenApiParameter(name, schema, OpenApiParameter.PATH, description=words)


class SiteTile(View):
    filter_backends: ClassVar = [SiteFilters]
    kept: ClassVar = False  # in a room of their own, where they push out no page
    speaks: ClassVar = (MVT, "application/x-protobuf", "application/octet-stream")

    def check_query(self, request: Request) -> None:
        """The filterset does."""

    @extend_schema(
        operation_id="tile",
        filters=True,
        parameters=[
            _part("z", MAX_ZOOM, "Zoom."),
            _part("x", 2**MAX_ZOOM - 1, "Column from the west, less than 2^z."),
            _part("y", 2**MAX_ZOOM - 1, "Row from the north, less than 2^z."),
        ],
        responses={
            (200, MVT): OpenApiResponse(OpenApiTypes.BINARY, "A Mapbox Vector Tile, at most 200 KB: layer `sites`."),
            204: OpenApiResponse(description="No site lies in the tile."),
        },
    )
    def get(self, request: Request, z: int, x: int, y: int) -> Any:
        """One tile: every site where they are few, clusters with counts by status where they would crowd."""
        tile = Tile(z, x, y)
        if not tile.exists:
            raise NotFound(
                _("There is no such tile: the zoom goes to %(max)d, columns and rows to 2^zoom.") % {"max": MAX_ZOOM}
            )
        projects = filtered(request._request, Project.objects.visible_to(request.user), user=request.user)
        today, language = day_for(request.query_params, now()), get_language() or ""
        query = request._request.GET
        etag = f'W/"{validator(request.user, "tile", f"{z}/{x}/{y}", language, query.urlencode(), str(today))}"'
        headers = {"ETag": etag, "Cache-Control": "no-cache", "Vary": f"{VARY}, Accept-Encoding"}
        if not_modified(request, etag):
            return Response(status=304, headers=headers)
        packs = takes_gzip(request._request)
        key = f"{etag}+gzip" if packs else etag  # kept as it is sent: packing takes as long as the database
        body = caches["tiles"].get(key)
        if body is None:
            chinese = language.startswith("zh")
            few = narrows(query)

            def census() -> Census | None:
                return census_for(request.user, today, at_most())

            body = site_tile(projects, tile, chinese=chinese, today=today, few=few, census=census)
            if packs and body:
                body = gzip.compress(body, 1, mtime=0)
            caches["tiles"].set(key, body)
        if not body:
            # Not an empty body with 200, which some readers take for a broken tile: 204 is the word that clients of tiles know.
            return Response(status=204, headers=headers)
        if packs:
            headers["Content-Encoding"] = "gzip"
        return HttpResponse(body, content_type=MVT, headers=headers)
