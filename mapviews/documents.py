"""What a map would have fetched, by the same views for the same reader: for files and paper that hold it instead."""

from __future__ import annotations

import copy

from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.urls import resolve

_OF_THE_WIRE = ("HTTP_ACCEPT_ENCODING", "HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE")


def joined(query: str, more: str) -> str:
    """``?a=1`` and ``on=…`` as one query string."""
    return f"{query}{'&' if query else '?'}{more}" if more else query


def document_text(request: HttpRequest, address: str) -> str:
    """The answer to this reader at an address of ours, as text."""
    path, _mark, query = address.partition("?")
    asked = copy.copy(request)
    asked.GET = QueryDict(query)
    asked.path = asked.path_info = path
    asked.META = {name: value for name, value in request.META.items() if name not in _OF_THE_WIRE}
    asked.__dict__.pop("headers", None)  # made from META when it is first asked for
    found = resolve(path)
    response: HttpResponseBase = found.func(asked, *found.args, **found.kwargs)
    if not isinstance(response, HttpResponse):
        raise TypeError(f"{path} is streamed, which no file holds")
    return response.content.decode()
