"""Conditional requests (RFC 9110): the version is the ETag; a change must say which version it was made from."""

from __future__ import annotations

import re

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from projects_api.errors import InvalidInput, VersionNeeded

VARY = "Authorization, Cookie, Accept-Language"
# Proxies that compress turn "7" into W/"7"; the version is the same, so both are read alike.
ENTITY_TAG = re.compile(r'(?:W/)?"(\d{1,10})(?:-[a-z-]{1,40})?"')


def etag_of(version: int, part: str = "") -> str:
    """``"7"`` is the whole of version 7 in the product's first language. A representation that shows less, or speaks
    another language, says so (``"7-public-en"``): else a browser that read it as the public would keep it after signing
    in. For ``If-Match`` only the number counts.
    """
    language = get_language() or settings.LANGUAGE_CODE
    spoken = "" if language == settings.LANGUAGE_CODE else language
    return '"' + "-".join(word for word in (str(version), part, spoken) if word) + '"'


def expected_version(request: Request) -> int:
    """The version in ``If-Match``. Raises VersionNeeded (428) without one, InvalidInput when it is unreadable.

    ``*`` would overwrite whatever is there, which nothing here ever does silently: it counts as no version.
    """
    header = request.headers.get("If-Match", "").strip()
    if header in ("", "*"):
        raise VersionNeeded(_("Send If-Match with the ETag of the state that your change starts from."))
    return _version_in(header)


def named_version(request: Request) -> int | None:
    """The version that an act names which needs none, because it adds and overwrites nothing: whoever names one all the same is
    told when it has moved on. None without ``If-Match``; ``*``, that there is something, is true. Raises InvalidInput."""
    header = request.headers.get("If-Match", "*").strip()
    return None if header == "*" else _version_in(header)


def _version_in(header: str) -> int:
    found = ENTITY_TAG.fullmatch(header)
    if found is None:
        raise InvalidInput.one("If-Match", "invalid", _('If-Match must be one ETag of this resource, like "7".'))
    return int(found[1])


def not_modified(request: Request, etag: str) -> bool:
    """Whether ``If-None-Match`` names this very state (weak comparison, as RFC 9110 asks for here)."""
    header = request.headers.get("If-None-Match", "")
    return header.strip() == "*" or etag.removeprefix("W/") in {
        tag.strip().removeprefix("W/") for tag in header.split(",")
    }


def versioned(
    data: object, version: int, *, part: str = "", status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """An answer that carries its version. Private unless a shared cache could not tell readers apart."""
    return Response(
        data,
        status=status,
        headers={
            "ETag": etag_of(version, part),
            "Cache-Control": "no-cache",
            "Vary": VARY,
        }
        | (headers or {}),
    )


def unchanged(etag: str) -> Response:
    return Response(status=304, headers={"ETag": etag, "Cache-Control": "no-cache", "Vary": VARY})
