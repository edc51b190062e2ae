"""Pages of 20 (at most 200): ``{count, next, previous, results}``."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request

from projects_api.errors import InvalidInput

LARGEST_PAGE_NUMBER = 1_000_000


class Pages(PageNumberPagination):
    page_size = 20
    max_page_size = 200
    page_size_query_param = "page_size"

    def get_page_size(self, request: Request) -> int:
        text = request.query_params.get("page_size")
        return self.page_size if text is None else whole_number(text, "?page_size", 1, self.max_page_size)

    def get_page_number(self, request: Request, paginator: Any) -> int:
        return whole_number(request.query_params.get("page", "1"), "?page", 1, LARGEST_PAGE_NUMBER)


def page_of(row: type[serializers.Serializer[Any]]) -> type[serializers.Serializer[Any]]:
    """What the schema says of a page of such rows."""
    fields = {
        "count": serializers.IntegerField(),
        "next": serializers.CharField(allow_null=True),
        "previous": serializers.CharField(allow_null=True),
        "results": row(many=True),
    }
    return type(f"{row.__name__.removesuffix('Out')}Page", (serializers.Serializer,), fields)


def whole_number(text: str, pointer: str, low: int, high: int) -> int:
    """A parameter that is a whole number within bounds. Raises InvalidInput that names it."""
    if text.isascii() and text.isdigit() and len(text) <= len(str(high)) and low <= int(text) <= high:
        return int(text)
    words = _("A whole number from %(low)d to %(high)d.") % {"low": low, "high": high}
    raise InvalidInput.one(pointer, "out_of_range", words)
