"""One handler, one envelope: every error of the API is RFC 9457 ``application/problem+json``."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import Any

import orjson
from django.core.exceptions import BadRequest, PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import DataError, IntegrityError, InterfaceError, OperationalError
from django.http import Http404, HttpResponse, UnreadablePostError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import exceptions
from rest_framework.response import Response

from projects_api import engine
from projects_api.errors import (
    Compressed,
    DomainError,
    FieldError,
    InvalidInput,
    NotAllowed,
    NotFound,
    SignInNeeded,
    StaleVersion,
    TooLarge,
    TooOften,
    Unavailable,
    Words,
    WrongOffset,
)

log = logging.getLogger(__name__)
_TITLES: dict[type[Exception], Words] = {
    exceptions.MethodNotAllowed: gettext_lazy("This address does not do that"),
    exceptions.NotAcceptable: gettext_lazy("This is not given in the form asked for"),
    exceptions.UnsupportedMediaType: gettext_lazy("This kind of body is not taken"),
}
CONTENT_TYPE = "application/problem+json"


def problem_body(error: DomainError) -> dict[str, Any]:
    """``{type, title, status, detail, errors: [{pointer, code, message}]}``; a stale version carries ``current``."""
    body: dict[str, Any] = {
        "type": f"/api/v1/problems/{error.kind}",
        "title": str(error.title),
        "status": error.status,
        "detail": str(error.detail) or _first_message(error),
        "errors": [item.as_json() for item in error.errors],
    }
    if isinstance(error, StaleVersion):
        body["version"] = error.version
        if error.current is not None:
            body["current"] = error.current
    return body


def problem_headers(error: DomainError) -> dict[str, str]:
    headers = {"Cache-Control": "no-store"}
    if isinstance(error, SignInNeeded):
        headers["WWW-Authenticate"] = "Token"
    if isinstance(error, Compressed):
        headers["Accept-Encoding"] = "identity"
    if isinstance(error, StaleVersion):
        headers["ETag"] = f'"{error.version}"'
    if isinstance(error, WrongOffset):
        headers["Upload-Offset"] = str(error.offset)
    if isinstance(error, TooOften):
        headers["Retry-After"] = str(error.wait)
    if isinstance(error, Unavailable):
        headers["Retry-After"] = "5"
    return headers


def problem_response(error: DomainError) -> HttpResponse:
    """For code outside REST framework's views (middleware, plain views)."""
    body = orjson.dumps(problem_body(error), default=str)
    return HttpResponse(body, status=error.status, content_type=CONTENT_TYPE, headers=problem_headers(error))


def exception_handler(exception: Exception, context: Mapping[str, Any]) -> Response | None:
    """REST framework's hook. None for what nobody expected: that is a defect, and becomes a plain 500."""
    error = as_domain_error(exception)
    if error is None:
        return None
    headers = problem_headers(error)
    if isinstance(exception, exceptions.MethodNotAllowed):
        headers["Allow"] = ", ".join(getattr(context.get("view"), "allowed_methods", []))
    if isinstance(exception, exceptions.Throttled) and getattr(exception, "wait", None):
        headers["Retry-After"] = str(int(getattr(exception, "wait", 0)) + 1)
    return Response(problem_body(error), status=error.status, content_type=CONTENT_TYPE, headers=headers)


def as_domain_error(exception: Exception) -> DomainError | None:
    """Any expected exception as one of ours; None otherwise."""
    if isinstance(exception, DomainError):
        return exception
    if isinstance(exception, exceptions.ValidationError):
        return InvalidInput(list(flatten(exception.detail)))
    if isinstance(exception, (exceptions.NotAuthenticated, exceptions.AuthenticationFailed)):
        return SignInNeeded(str(exception.detail))
    if isinstance(exception, (exceptions.PermissionDenied, PermissionDenied)):
        return NotAllowed()
    if isinstance(exception, (exceptions.NotFound, Http404)):
        return NotFound()
    if isinstance(exception, UnreadablePostError):  # nobody hears this answer, and it is no defect of ours
        return InvalidInput.one("", "cut_off", _("The connection broke off before the whole body was here."))
    if isinstance(exception, RequestDataTooBig):
        return TooLarge(_("The body is larger than this server accepts."))
    if isinstance(exception, exceptions.APIException):
        return _from_framework(exception)
    if isinstance(exception, (SuspiciousOperation, BadRequest)):
        return InvalidInput([FieldError("?", "malformed", _("The request is malformed or has too many parameters."))])
    if isinstance(exception, IntegrityError):
        return engine.broken_constraint(exception)
    if isinstance(exception, DataError):
        return InvalidInput([FieldError("/", "invalid", _("A value does not fit the database."))])
    if isinstance(exception, (OperationalError, InterfaceError)):
        log.error("the database is away: %s", exception)
        return Unavailable(_("The database cannot be reached just now. Nothing was written; try again."))
    return None


def _from_framework(exception: exceptions.APIException) -> DomainError:
    error = DomainError(str(exception.detail))
    error.status = exception.status_code
    error.kind = str(exception.default_code).replace("_", "-")
    # The framework's own words for a kind hold the places of what it names: only the detail is filled in.
    error.title = _TITLES.get(type(exception)) or str(exception.default_detail)
    return error


def _first_message(error: DomainError) -> str:
    return str(error.errors[0].message) if error.errors else str(error.title)


def flatten(detail: Any, pointer: str = "") -> Iterator[FieldError]:
    """REST framework's nested errors as a flat list with JSON Pointers."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            at = (
                pointer
                if name == "non_field_errors"
                else f"{pointer}/{str(name).replace('~', '~0').replace('/', '~1')}"
            )
            yield from flatten(inner, at)
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            yield from flatten(inner, f"{pointer}/{index}" if isinstance(inner, (dict, list)) and inner else pointer)
    else:
        yield FieldError(pointer or "/", getattr(detail, "code", "invalid") or "invalid", str(detail))
