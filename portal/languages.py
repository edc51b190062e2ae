"""Which language a page is in, and its address in each (`docs/decisions/0030`).

``/projects/`` is in the reader's language; ``/zh/projects/`` and ``/en/projects/`` are the same page in the language named. The
prefix is taken off before the address is resolved and becomes the script prefix: routes, views and templates know nothing of
it, and whatever ``reverse`` or ``{% url %}`` gives stays in the same language.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.locale import LocaleMiddleware
from django.urls import get_script_prefix, set_script_prefix
from django.utils import translation
from django.utils.encoding import iri_to_uri

from projects_api.origins import origin_of

PREFIXES = {"zh": "zh-hans", "en": "en"}
# How HTML names them.
TAGS = {"zh": "zh-Hans", "en": "en"}
# A service worker answers for addresses, so the app on the phone has one address only, and goes by the cookie.
_ONE_ADDRESS = "/field/"


class LanguageMiddleware(LocaleMiddleware):
    """In the place of Django's: the address's language if it names one, else the reader's (cookie, Accept-Language)."""

    get_response: Callable[[HttpRequest], HttpResponse]

    def __call__(self, request: HttpRequest) -> HttpResponse:
        name, _slash, rest = request.path_info[1:].partition("/")
        if name not in PREFIXES:
            return super().__call__(request)  # type: ignore[return-value]
        if not _slash:
            return HttpResponseRedirect(f"{request.path}/")
        if f"/{rest}".startswith(_ONE_ADDRESS):
            query = request.META.get("QUERY_STRING", "")
            return HttpResponseRedirect(iri_to_uri(f"{get_script_prefix()}{rest}") + (f"?{query}" if query else ""))
        request.path_info = f"/{rest}"
        with speaking(name):
            request.LANGUAGE_CODE = PREFIXES[name]
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", PREFIXES[name])
        _same_in_every_browser(response)
        return response


def _same_in_every_browser(response: HttpResponse) -> None:
    """Whoever said that the answer goes by the reader's languages did not know that the address names one: a shared cache
    would keep it once for every list of languages that browsers send.
    """
    named = [part.strip() for part in response.headers.get("Vary", "").split(",")]
    if others := ", ".join(part for part in named if part and part.lower() != "accept-language"):
        response.headers["Vary"] = others
    else:
        response.headers.pop("Vary", None)


@contextmanager
def speaking(name: str) -> Iterator[None]:
    """``zh`` or ``en``: the language, and the prefix of every address that is made meanwhile."""
    outside = get_script_prefix()
    set_script_prefix(f"{outside}{name}/")
    try:
        with translation.override(PREFIXES[name]):
            yield
    finally:
        set_script_prefix(outside)


class Addresses:
    """A page's addresses, for its head and its language switch. No query."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @property
    def origin(self) -> str:
        return origin_of(self._request)

    @property
    def path(self) -> str:
        """The page's path without a language, as it is resolved."""
        return iri_to_uri(self._request.path_info)

    @property
    def bare(self) -> str:
        """The same on this server: in the reader's language."""
        return _outside() + self.path[1:]

    @property
    def canonical(self) -> str:
        return self.origin + self._in(spoken())

    @property
    def alternates(self) -> list[tuple[str, str]]:
        """``(hreflang, address)``; ``x-default`` is the one that asks the reader's browser."""
        return self.of(self.bare)

    def of(self, bare: str) -> list[tuple[str, str]]:
        """The same of another page, given by its path without a language."""
        inside = bare.removeprefix(_outside())
        named = [(TAGS[name], f"{self.origin}{_outside()}{name}/{inside}") for name in PREFIXES]
        return [*named, ("x-default", self.origin + bare)]

    @staticmethod
    def without_language(address: str) -> str:
        """A path of `reverse` as it is where no language is named."""
        return _outside() + address.removeprefix(get_script_prefix())

    @property
    def others(self) -> list[tuple[str, str, str, str]]:
        """The other languages: code of Django's, HTML's, the language's own name for itself, this page in it."""
        query = self._request.META.get("QUERY_STRING", "")
        more = f"?{iri_to_uri(query)}" if query else ""
        own = {"zh": "中文", "en": "English"}
        return [(PREFIXES[name], TAGS[name], own[name], self._in(name) + more) for name in PREFIXES if name != spoken()]

    def absolute(self, address: str) -> str:
        """An address of ours (``reverse``) with its origin."""
        return self.origin + address

    def _in(self, name: str) -> str:
        return f"{_outside()}{name}{self.path}"


def spoken() -> str:
    """``zh`` or ``en``: what is spoken now."""
    return "zh" if (translation.get_language() or "zh").startswith("zh") else "en"


def _outside() -> str:
    """The script prefix without a language: ``/``, or where the server is mounted."""
    prefix = get_script_prefix()
    head, _slash, last = prefix.rstrip("/").rpartition("/")
    return f"{head}/" if last in PREFIXES else prefix
