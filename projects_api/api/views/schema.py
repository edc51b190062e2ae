"""``schema/`` and ``docs/``: OpenAPI 3.1, and a page to read and try it, self-hosted and under the same CSP."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, ClassVar

from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from projects_api.api.views.base import View
from projects_api.errors import NotFound


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """The OpenAPI document: the same for everyone, in English whoever asks first, made once per process."""
    with translation.override("en"):
        schema: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return schema


class Schema(View):
    speaks: ClassVar = ("application/vnd.oai.openapi+json",)

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        return Response(document(), content_type="application/vnd.oai.openapi+json")


class Docs(View):
    speaks: ClassVar = ("text/html",)

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Any:
        return render(request._request, "projects_api/docs.html")


class Nothing(View):
    """Whatever is not an address of the API, for every method: problem details, not a web page."""

    http_method_names = [*View.http_method_names, "options", "trace"]
    needs = dict.fromkeys(("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"), "anyone")

    def check_query(self, request: Request) -> None:
        raise NotFound(_("The API has no such address. See /api/v1/docs/."))

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        raise NotFound()

    post = put = patch = delete = trace = get
    options = get  # type: ignore[assignment]
