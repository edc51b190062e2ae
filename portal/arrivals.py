"""Addresses as they come from messengers, campaigns and search engines: with parameters of theirs, which are none of ours."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

# WeChat and QQ say where an address was passed on; the others count who clicked it.
THEIRS = frozenset(
    {"from", "isappinstalled", "nsukey", "scene", "share_token", "spm", "fbclid", "gclid", "msclkid", "yclid", "bd_vid"}
)
CAMPAIGN = "utm_"
# Programs ask there, and a name that is not known is a mistake of theirs.
FOR_PROGRAMS = ("/api/", "/ogc/")


class ArrivalsMiddleware:
    """Takes them away before anybody looks: pages refuse a name that they do not know, and are kept by what was asked.

    ``from=timeline`` would else be a page of error to each parent who opens what another one sent.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        query = request.META.get("QUERY_STRING", "")
        if query and request.method in ("GET", "HEAD") and not request.path_info.startswith(FOR_PROGRAMS):
            request.META["QUERY_STRING"] = own_query(query)
        return self.get_response(request)


def own_query(query: str) -> str:
    """The query string without them, all else as it was written."""
    return "&".join(part for part in query.split("&") if not _is_theirs(part.partition("=")[0]))


def _is_theirs(name: str) -> bool:
    return name in THEIRS or name.startswith(CAMPAIGN)
