"""The schema's own words: what every operation may answer, how one signs in, which filters exist."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema as SpectacularSchema
from drf_spectacular.plumbing import build_parameter_type, is_list_serializer

from projects_api.filterfields import BooleanFilter, CodesFilter, DateFilter, YearFilter
from projects_api.filtersets import ProjectFilterSet

PROBLEM = {
    "type": "object",
    "description": "RFC 9457 problem details.",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "pointer": {
                        "type": "string",
                        "description": "RFC 6901 pointer into the body, or ?name of a parameter.",
                    },
                    "code": {"type": "string"},
                    "message": {"type": "string"},
                },
                "required": ["pointer", "code", "message"],
            },
        },
        "version": {"type": "integer", "description": "Of a 412: the version that stands."},
        "current": {
            "type": "object",
            "additionalProperties": {},
            "description": "Of a 412 to a change: what stands, as a read of it answers.",
        },
    },
    "required": ["type", "title", "status", "detail", "errors"],
}
HEADERS = {
    "ETag": ("What stands, for the `If-Match` of a change; only its number counts there.", {"type": "string"}),
    "Location": ("The address of what was made.", {"type": "string", "format": "uri-reference"}),
    "Idempotency-Replayed": (
        "`true` where the `Idempotency-Key` came before: this is the first answer again.",
        {"type": "string", "const": "true"},
    ),
    "Retry-After": ("Seconds until it may be tried again.", {"type": "integer", "minimum": 0}),
}
ANSWERS = {
    "400": "The input has errors; each is named.",
    "401": "Sign in first.",
    "403": "You may not do this.",
    "404": "There is no such thing that you can see.",
    "405": "Not a method of this address.",
    "406": "Only JSON is spoken here.",
    "409": "A rule of the domain forbids it as things stand.",
    "411": "Send the body whole, with its Content-Length.",
    "412": "Somebody changed it meanwhile; `current` is the state to start again from.",
    "413": "The body is too large.",
    "415": "The body is not of the kind that is taken here: application/json unless the operation says otherwise.",
    "422": "The Idempotency-Key stands for another request.",
    "428": "If-Match is needed.",
    "429": "Too many attempts; Retry-After says when.",
    "503": "The database is away; nothing was written.",
}


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "projects_api.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Token …`, from POST /api/v1/tokens/.",
        }


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "projects_api.api.authentication.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}


class LineSchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """The lengths that `fields.Line` and `fields.Prose` keep to."""

    target_class = "projects_api.api.serializers.fields.Text"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        shortest = {} if self.target.allow_blank else {"minLength": 1}
        return {"type": "string", **shortest, "maxLength": self.target.max_length}


class ChoiceSchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """A vocabulary whose field may also be "": the enum's own component has no blank code."""

    target_class = "rest_framework.serializers.ChoiceField"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        schema: dict[str, Any] = auto_schema._map_serializer_field(self.target, direction, bypass_extensions=True)
        if not self.target.allow_blank:
            return schema
        return {"anyOf": [{"type": "string", "enum": list(self.target.choices)}, {"type": "string", "const": ""}]}


class SiteFilters:
    """Stands in the ``filter_backends`` of views whose operations say ``filters=True``: the one filterset."""

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return [parameter_of(name, item) for name, item in ProjectFilterSet.base_filters.items()]


class AutoSchema(SpectacularSchema):
    """Lists are paged exactly where the view says so, and filters come from the one filterset."""

    def get_tags(self) -> list[str]:
        return [self.path.removeprefix("/api/v1/").split("/")[0].split(".")[0]]

    def get_auth(self) -> list[dict[str, Any]]:
        """What anyone may do needs no sign-in; whoever signs in may see more."""
        schemes: list[dict[str, Any]] = super().get_auth()
        return [{}, *schemes] if getattr(self.view, "needs", {}).get(self.method) == "anyone" else schemes

    def _get_request_body(self, direction: str = "request") -> Any:
        """A DELETE may say why (RFC 9110 leaves its content to us); nobody must send one."""
        if self.method != "DELETE":
            return super()._get_request_body(direction)  # type: ignore[no-untyped-call]
        self.method = "PATCH"
        try:
            found = super()._get_request_body(direction)  # type: ignore[no-untyped-call]
        finally:
            self.method = "DELETE"
        return found and {name: value for name, value in found.items() if name != "required"}

    def _is_list_view(self, serializer: Any = None) -> bool:
        """Lists that come whole; pages are serializers of their own (`pagination.page_of`)."""
        return is_list_serializer(self.get_response_serializers() if serializer is None else serializer)

    def _get_paginator(self) -> None:
        return None


def parameter_of(name: str, item: filters.Filter) -> dict[str, Any]:
    """One filter as an OpenAPI parameter."""
    schema: dict[str, Any] = {"type": "string", "maxLength": 200}
    if isinstance(item, CodesFilter):
        schema = {"type": "array", "items": {"type": "string", "enum": item.extra["codes"]}}
    elif isinstance(item, BooleanFilter):
        schema = {"type": "boolean"}
    elif isinstance(item, DateFilter):
        schema = {"type": "string", "format": "date"}
    elif isinstance(item, filters.IsoDateTimeFilter):
        schema = {"type": "string", "format": "date-time"}
    elif isinstance(item, YearFilter):
        schema = {"type": "integer", "minimum": item.extra["min_value"], "maximum": item.extra["max_value"]}
    elif isinstance(item, filters.NumberFilter):
        schema = {"type": "number"}
        for ours, theirs in (("min_value", "minimum"), ("max_value", "maximum")):
            if item.extra.get(ours) is not None:
                schema[theirs] = item.extra[ours]
    label = str(item.label) if item.label else ""
    # Empty, as a form sends a field that nobody filled in, it narrows nothing.
    return {"allowEmptyValue": True} | build_parameter_type(
        name=name,
        schema=schema,
        location="query",
        description=label,
        style="form",
        explode=False if schema["type"] == "array" else None,
    )


def with_problems(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Every operation may answer with problem details; say so once for all, and which headers come with an answer."""
    components = result["components"]
    components.setdefault("schemas", {})["Problem"] = PROBLEM
    components["headers"] = {
        name: {"description": words, "schema": schema} for name, (words, schema) in HEADERS.items()
    }
    answer = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for path in result["paths"].values():
        for operation in path.values():
            for status, words in ANSWERS.items():
                waits = {"headers": _named("Retry-After")} if status in ("429", "503") else {}
                operation["responses"].setdefault(status, {"description": words, "content": answer} | waits)
        _say_headers(path)
    return result


def _named(*names: str) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _say_headers(path: dict[str, Any]) -> None:
    """A client generator hands out only the headers that are declared, and no change can be made without an ETag."""
    takes = {method: {item["name"] for item in told.get("parameters", [])} for method, told in path.items()}
    changed = any("If-Match" in names for names in takes.values())
    for method, operation in path.items():
        for status in operation["responses"].keys() & {"200", "201"}:
            names, made = [], status == "201"
            # A token has no version; of all else that is made, changed or can be changed the answer tells it.
            if "If-Match" in takes[method] or (method == "get" and changed) or made:
                names.append("ETag")
            if made:
                names.append("Location")
            if "Idempotency-Key" in takes[method]:
                names.append("Idempotency-Replayed")
            if operation["operationId"] == "tokens_create":
                names.remove("ETag")
            if names:
                operation["responses"][status]["headers"] = _named(*names)
