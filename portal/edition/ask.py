"""Asking the product for a page, in this process, as a reader who is not signed in would."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.urls import set_script_prefix
from django.utils import translation

from projects_api.kept import EDITION


@dataclass(frozen=True)
class Notice:
    """What a page of an edition says of itself: when it was made, and where the live server is ("" where nobody said).

    ``version``: the validator that it stands by; data that several files share is of one state where their versions are the same.
    """

    made: datetime
    live: str
    version: str = ""


@dataclass(frozen=True)
class Page:
    status: int
    body: bytes
    type: str
    policy: str

    @property
    def is_html(self) -> bool:
        return self.type == "text/html"


def ask(path: str, query: str, notice: Notice) -> Page:
    """The answer to ``GET path?query``, whole. Not a request over the network: no session, no cookie, nothing kept."""
    origin = urlsplit(settings.SITE_URL)
    https = settings.SECURE_SSL_REDIRECT or origin.scheme == "https"
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": path.encode().decode("latin-1"),
        "QUERY_STRING": query,
        "SERVER_NAME": origin.hostname or "localhost",
        "SERVER_PORT": str(origin.port or (443 if https else 80)),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": _host(),
        "HTTP_X_FORWARDED_PROTO": "https" if https else "http",
        "HTTP_ACCEPT": "text/html,*/*;q=0.8",
        "HTTP_ACCEPT_LANGUAGE": "zh-CN",
        "wsgi.url_scheme": "https" if https else "http",
        "wsgi.input": BytesIO(),
        "wsgi.errors": sys.stderr,
        EDITION: notice,
    }
    set_script_prefix("/")
    with translation.override(settings.LANGUAGE_CODE):
        response = _handler().get_response(WSGIRequest(environ))
        body = b"".join(response) if response.streaming else response.content  # type: ignore[attr-defined]
    for close in response._resource_closers:  # type: ignore[attr-defined]
        close()  # the file of a photo; the connection to the database stays for the next page
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip()
    return Page(response.status_code, body, kind, response.headers.get("Content-Security-Policy", ""))


@lru_cache(maxsize=1)
def _handler() -> WSGIHandler:
    return WSGIHandler()


def _host() -> str:
    """A host that the product answers to: the one that readers know, else the first that is a name."""
    known = urlsplit(settings.SITE_URL).netloc
    names = [name for name in settings.ALLOWED_HOSTS if "*" not in name]
    if "*" in settings.ALLOWED_HOSTS or known.partition(":")[0] in names or not names:
        return known
    return names[0].lstrip(".")
