"""What a map would have fetched, by the same views for the same reader: for files and paper that hold it instead."""

from __future__ import annotations

import copy

from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.urls import get_script_prefix, resolve
from django.utils.translation import gettext as _

from mapviews.clusters import MANY
from projects_api.errors import InvalidInput

_OF_THE_WIRE = ("HTTP_ACCEPT_ENCODING", "HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE")


def joined(query: str, more: str) -> str:
    """``?a=1`` and ``on=…`` as one query string."""
    return f"{query}{'&' if query else '?'}{more}" if more else query


def document_text(request: HttpRequest, address: str) -> str:
    """The answer to this reader at an address of ours, as text. Raises InvalidInput where the sites are too many to be held."""
    path, _mark, query = address.partition("?")
    asked = copy.copy(request)
    asked.GET = QueryDict(query)
    asked.path = path
    asked.path_info = path = "/" + path.removeprefix(get_script_prefix())  # a language, or where the server is mounted
    asked.META = {name: value for name, value in request.META.items() if name not in _OF_THE_WIRE}
    asked.__dict__.pop("headers", None)  # made from META when it is first asked for
    found = resolve(path)
    response: HttpResponseBase = found.func(asked, *found.args, **found.kwargs)
    if not isinstance(response, HttpResponse):
        raise TypeError(f"{path} is streamed, which no file holds")
    text = response.content.decode()
    if '"too_many":true' in text[:1000]:  # before any text of the record; a quote in that is escaped
        raise InvalidInput.one(
            "?", "too_many", _("A file or a sheet holds at most %(n)s sites: narrow the filters.") % {"n": f"{MANY:,}"}
        )
    return text
