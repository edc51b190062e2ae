"""How the documents of ``/ogc/`` are asked for and sent: JSON or HTML by ``f`` or Accept, conditional, open to other origins.

Every address shows what the public sees, whoever asks: so an answer depends on no cookie but the language's, and JSON may be
read from any origin.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _

from portal.errors import answer as refusal
from portal.public_answers import revalidated
from projects_api.api.problems import as_domain_error
from projects_api.api.renderers import plain
from projects_api.errors import DomainError, InvalidInput
from projects_api.filtersets import checked_query
from projects_api.kept import kept

JSON, GEOJSON, HTML = "application/json", "application/geo+json", "text/html"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"

Document = dict[str, Any]
View = Callable[..., Document]


class NotSpoken(DomainError):
    status = 406
    kind = "not-acceptable"


def shown_as(request: HttpRequest, media: str) -> str:
    """``json`` or ``html``: by ``f``, else by Accept, JSON where both are as welcome. Raises InvalidInput, NotSpoken."""
    if form := request.GET.get("f"):
        if form not in ("json", "html"):
            raise InvalidInput.one("?f", "invalid_choice", _("Not one of: %(codes)s.") % {"codes": "json, html"})
        return form
    if not request.headers.get("Accept"):
        return "json"
    wanted = request.get_preferred_type([media, JSON, "application/vnd.oai.openapi+json", HTML])
    if wanted is None:
        raise NotSpoken(_("JSON and HTML are spoken here."))
    return "html" if wanted == HTML else "json"


def document(template: str, media: str = JSON, *, query: frozenset[str] = frozenset()) -> Callable[[View], Any]:
    """A view that returns a document: sent as JSON of this media type, or rendered by the template.

    ``query``: the names that it reads itself; the items' filters are checked by the filterset.
    """

    def decorate(view: View) -> Callable[..., HttpResponseBase]:
        @kept
        @wraps(view)
        def answer(request: HttpRequest, **parts: str) -> HttpResponseBase:
            if request.method not in ("GET", "HEAD"):
                return _allowed(request)
            try:
                form = shown_as(request, media)
                if not query:
                    checked_query(request.GET, known={"f"})
                response = (
                    _page(request, view, parts, template, media)
                    if form == "html"
                    else _json(request, view, parts, media)
                )
            except Exception as exception:
                error = as_domain_error(exception)
                if error is None:
                    raise
                response = refusal(request, error)
            if "json" in response.headers.get("Content-Type", media):
                response["Access-Control-Allow-Origin"] = "*"
            patch_vary_headers(response, ["Accept", "Accept-Language", "Cookie"])
            return response

        return answer

    return decorate


def _allowed(request: HttpRequest) -> HttpResponse:
    """What may be done here: to who asks (QGIS does, to see whether a layer can be edited; a browser, before a script may
    send `If-None-Match`), or as a refusal.
    """
    methods = ("GET", "HEAD", "OPTIONS")
    if request.method != "OPTIONS":
        return HttpResponseNotAllowed(methods)
    return HttpResponse(
        status=204,
        headers={
            "Allow": ", ".join(methods),
            "Access-Control-Allow-Origin": "*",
            "Access-Control-Allow-Methods": ", ".join(methods),
            "Access-Control-Allow-Headers": "*",
            "Access-Control-Max-Age": "86400",
        },
    )


def _page(request: HttpRequest, view: View, parts: dict[str, str], template: str, media: str) -> HttpResponse:
    """The document itself, its links to other pages by their relation, and where it is as JSON."""
    shown = view(request, "html", **parts)
    pages = {found["rel"]: found["href"] for found in shown.get("links", ()) if found["type"] == HTML}
    asked = request.GET.copy()
    asked["f"] = "json"
    context: dict[str, Any] = {
        "document": shown,
        "pages": pages,
        "json": f"?{asked.urlencode(safe=',/:')}",
        "media": media,
        # A search engine need not walk all pages of all filters.
        "noindex": bool(request.GET.keys() - {"f"}),
    }
    return render(request, template, context)


def _json(request: HttpRequest, view: View, parts: dict[str, str], media: str) -> HttpResponse:
    return revalidated(request, media, lambda: orjson.dumps(view(request, "json", **parts), default=plain))


def link(
    request: HttpRequest, rel: str, address: str, media: str, title: Any, query: QueryDict | None = None
) -> Document:
    """A link of a document, absolute; ``query`` as it is asked for, without ``f``, which follows from the media type."""
    asked = query.copy() if query is not None else QueryDict(mutable=True)
    asked["f"] = "html" if media == HTML else "json"
    href = f"{request.build_absolute_uri(address)}?{asked.urlencode(safe=',/:')}"
    return {"href": href, "rel": rel, "type": media, "title": str(title)}


def self_and_other(request: HttpRequest, form: str, media: str = JSON) -> list[Document]:
    """``self`` and ``alternate``: this document in its two forms."""
    forms = [link(request, "", request.path, kind, words, request.GET) for kind, words in (
        (media, _("This document as JSON")), (HTML, _("This document as a page")))]  # fmt: skip
    if form == "html":
        forms.reverse()
    return [forms[0] | {"rel": "self"}, forms[1] | {"rel": "alternate"}]
