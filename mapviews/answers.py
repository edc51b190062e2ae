"""How a map's documents are sent: kept by the reader's browser but asked for again, packed where the reader takes it."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _

from projects_api.errors import InvalidInput
from projects_api.kept import VARY, kept, takes_gzip


def by_session(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """A document of which who is signed in sees more, for the browser's session alone: a program with a token would be shown
    what everybody is, and not be told. Pages say by themselves who is signed in."""

    @wraps(view)
    def asked(request: HttpRequest, *args: Any, **own: Any) -> HttpResponseBase:
        token = request.headers.get("Authorization", "")[:6].lower() == "token "
        if token and not request.user.is_authenticated:
            words = _(
                "No token is read here, only the browser's session. Ask the API: /api/v1/sites.geojson, /api/v1/projects/."
            )
            raise InvalidInput.one("Authorization", "not_read_here", words)
        return view(request, *args, **own)

    return asked


def revalidated(response: HttpResponseBase, etag: str) -> HttpResponseBase:
    """May be kept by the reader's browser, but is asked for again each time; differs by language and by reader."""
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    patch_vary_headers(response, VARY)
    return response


def compressed(request: HttpRequest, body: bytes, content_type: str) -> HttpResponse:
    """gzip if the reader takes it and it is worth it. Nothing that goes this way holds a secret of the reader."""
    if len(body) > 1024 and takes_gzip(request):
        return packed(squeezed(body), content_type)
    return HttpResponse(body, content_type=content_type)


def squeezed(body: bytes) -> bytes:
    """At its fastest: the columns shrink to a third in a few milliseconds."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


@lru_cache(maxsize=32)
def smallest(body: bytes) -> bytes:
    return gzip.compress(body, 9, mtime=0)


def packed(body: bytes, content_type: str) -> HttpResponse:
    return HttpResponse(body, content_type=content_type, headers={"Content-Encoding": "gzip"})


def as_script(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """The same document handed over by a script (``SchoolWorks.first``), for a page that shows it before anything else.

    Once it is here it is read by the script that draws it, for the page's first frame; a fetch would be a frame later. Other
    sites cannot run it with a reader's cookies: those are not sent to them, and it forbids them to read it.
    """

    @kept
    @wraps(view)
    def script(request: HttpRequest, **own: Any) -> HttpResponseBase:
        answer = view(request, **own)
        answer["Cross-Origin-Resource-Policy"] = "same-origin"
        if not isinstance(answer, HttpResponse) or answer.status_code != 200:
            return answer
        document = gzip.decompress(answer.content) if answer.has_header("Content-Encoding") else answer.content
        quoted = document.replace(b"\\", b"\\\\").replace(b"'", b"\\'")
        body = b"(self.SchoolWorks ||= {}).first = JSON.parse('" + quoted + b"'); SchoolWorks.arrived?.();"
        told = compressed(request, body, "text/javascript; charset=utf-8")
        told["Cross-Origin-Resource-Policy"] = "same-origin"
        return revalidated(told, answer["ETag"])

    return script
