"""Documents of the public edition for programs: the same for whoever asks, asked for again each time, 304 while it stands."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils import timezone
from django.utils.translation import get_language

from projects_api.api.conditional import not_modified
from projects_api.selectors.ledger import validator

PUBLIC = AnonymousUser()


def revalidated(request: HttpRequest, media: str, make: Callable[[], bytes | str]) -> HttpResponse:
    """What ``make`` gives, unless the reader has it: by the newest entry, the address, the language, the day. One query.

    The tag is weak: a time stamp in a document says nothing about it.
    """
    here = (request.build_absolute_uri(), media, get_language() or "", str(timezone.localdate()))
    etag = f'W/"{validator(PUBLIC, *here)}"'
    headers = {"ETag": etag, "Cache-Control": "no-cache"}
    if not_modified(request, etag):  # type: ignore[arg-type]
        return HttpResponseNotModified(headers=headers)
    return HttpResponse(make(), content_type=media, headers=headers)
