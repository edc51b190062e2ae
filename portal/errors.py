"""Errors as readable pages; the API's and the map data's stay problem details."""

from __future__ import annotations

import logging
import re
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _

from projects_api.api.problems import as_domain_error, problem_headers, problem_response
from projects_api.errors import Broken, DomainError, InvalidInput, NotAllowed, NotFound
from projects_api.selectors.suggestions import near_codes

log = logging.getLogger(__name__)


def wants_problem(request: HttpRequest) -> bool:
    """Whether the reader is a program: by address, or because it asks for JSON and not for HTML."""
    accepts = request.headers.get("Accept", "")
    return (
        request.path_info.startswith("/api/")
        or request.path.endswith((".json", ".geojson", ".mvt", ".js"))
        # Whoever does not ask for a page there is a program, or a person who sees what it would.
        or (request.path_info.startswith("/ogc") and (request.GET.get("f") == "json" or "text/html" not in accepts))
        or ("json" in accepts and "text/html" not in accepts)
    )


def answer(request: HttpRequest, error: DomainError) -> HttpResponse:
    """The error for this reader: problem details, a page of the product, or a page that needs nothing but itself."""
    response = problem_response(error) if wants_problem(request) else _page(request, error)
    for name, value in problem_headers(error).items():
        response[name] = value
    add_never_cache_headers(response)
    return response


def _page(request: HttpRequest, error: DomainError) -> HttpResponse:
    context = {
        "error": error,
        "noindex": True,
        "status": error.status,
        "help": _help(error.status),
        # An error names a parameter as "?name"; the page shows the name.
        "faults": [(item.pointer.lstrip("?/"), item.message) for item in error.errors],
    }
    # Where something is broken, the page's own frame may be it: who is signed in is a question to the database.
    if error.status < 500:
        try:
            return render(request, "error.html", context | _elsewhere(request, error.status), status=error.status)
        except DatabaseError:
            log.exception("the error page could not be made")
    try:
        return HttpResponse(render_to_string("error_alone.html", context), status=error.status)
    except Exception:
        # The last resort, also for a missing file of the page's own: never a second error on top of the first.
        log.exception("the plain error page could not be made")
        return HttpResponse(f"{error.title}\n", status=error.status, content_type="text/plain; charset=utf-8")


_A_PROJECT = re.compile(r"/projects/([^/]{1,60})/")


def _elsewhere(request: HttpRequest, status: int) -> dict[str, Any]:
    """What else the reader may have wanted: public projects whose code looks like the one asked for. At most 2 queries."""
    asked = _A_PROJECT.match(request.path_info) if status == 404 else None
    return {"near": near_codes(asked[1], AnonymousUser())} if asked else {}


def _help(status: int) -> str:
    """What the reader can do next."""
    return {
        400: _("Check the address, or start again from the list of projects."),
        401: _("Sign in and try again."),
        403: _("If you should be able to, sign in with another account or ask your bureau’s administrator."),
        404: _("It may have been moved or be not public. The bureau’s own people see more once they have signed in."),
        429: _("Nothing is lost. Wait a little, then try again."),
        500: _("Try again. If it happens again, tell the bureau what you did and when."),
        503: _("Wait a moment, then load the page again."),
    }.get(status, "")


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    known = as_domain_error(exception) if exception else None
    return answer(request, known or InvalidInput([], _("The request is malformed.")))


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return answer(request, NotAllowed())


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """For ``CSRF_FAILURE_VIEW``."""
    return answer(
        request,
        NotAllowed(
            _("The form had expired or did not come from this site. Go back, load the page again and repeat it.")
        ),
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return answer(request, NotFound())


def server_error(request: HttpRequest) -> HttpResponse:
    return answer(request, Broken(_("Something went wrong on our side. It was recorded.")))


def locked_out(request: Any, credentials: Any, *args: Any, **kwargs: Any) -> HttpResponse:
    error: DomainError = NotAllowed(_("Too many wrong passwords from here. Try again in a quarter of an hour."))
    error.status = 429
    error.kind = "too-many-attempts"
    error.title = _("Please wait")
    response = answer(getattr(request, "_request", request), error)
    response["Retry-After"] = "900"
    return response
