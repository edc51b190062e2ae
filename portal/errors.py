"""Errors as readable pages; the API's and the map data's stay problem details."""

from __future__ import annotations

import logging
from typing import Any

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from projects_api.api.problems import as_domain_error, problem_headers, problem_response
from projects_api.errors import DomainError, InvalidInput, NotAllowed, NotFound, Unavailable

log = logging.getLogger(__name__)


def wants_problem(request: HttpRequest) -> bool:
    """Whether the reader is a program: by address, or because it asks for JSON and not for HTML."""
    accepts = request.headers.get("Accept", "")
    return request.path.startswith("/api/") or request.path.endswith((".json", ".geojson", ".mvt", ".js")) or (
        "json" in accepts and "text/html" not in accepts
    )


def answer(request: HttpRequest, error: DomainError) -> HttpResponse:
    if wants_problem(request):
        return problem_response(error)
    try:
        response = render(request, "error.html", {"error": error, "status": error.status}, status=error.status)
    except DatabaseError:
        # Even the page's own header may need the database (who is signed in).
        return HttpResponse(f"{error.title}\n", status=error.status, content_type="text/plain; charset=utf-8")
    for name, value in problem_headers(error).items():
        response[name] = value
    return response


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    known = as_domain_error(exception) if exception else None
    return answer(request, known or InvalidInput([], _("The request is malformed.")))


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return answer(request, NotAllowed())


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return answer(request, NotFound())


def server_error(request: HttpRequest) -> HttpResponse:
    error = DomainError(_("Something went wrong on our side. It was recorded."))
    error.status = 500
    error.kind = "server-error"
    error.title = _("Something went wrong")
    return answer(request, error)


def locked_out(request: Any, credentials: Any, *args: Any, **kwargs: Any) -> HttpResponse:
    error = NotAllowed(_("Too many wrong passwords from here. Try again in a quarter of an hour."))
    error.status = 429
    error.kind = "too-many-attempts"
    error.title = _("Please wait")
    response = answer(getattr(request, "_request", request), error)
    response["Retry-After"] = "900"
    return response


def database_away(error: Exception) -> Unavailable:
    log.error("the database is away: %s", error)
    return Unavailable(_("The database cannot be reached just now. Try again in a moment."))
