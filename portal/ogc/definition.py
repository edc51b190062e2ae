"""The OpenAPI 3.0 description of ``/ogc/``, with the filters of the one filterset. Pure: no query."""

from __future__ import annotations

import copy
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from portal.ogc.answers import GEOJSON, HTML, JSON, OPENAPI
from portal.ogc.items import CRS84, LIMIT, MOST
from projects_api.api.openapi import PROBLEM, parameter_of
from projects_api.filtersets import PRIVATE_FILTERS, ProjectFilterSet

Document = dict[str, Any]


def definition(server: str) -> Document:
    """The description for a server at this address, in English as the API's own schema."""
    return copy.deepcopy(_paths("en")) | {"servers": [{"url": server}]}


def spelled_out() -> Document:
    """In the reader's language and with each operation's parameters in their places, for the page."""
    described = copy.deepcopy(_paths(get_language() or "en"))
    named = described["components"]["parameters"]
    for methods in described["paths"].values():
        methods["get"]["parameters"] = [
            named[found["$ref"].rpartition("/")[2]] if "$ref" in found else found
            for found in methods["get"]["parameters"]
        ]
    return described


@lru_cache(maxsize=len(settings.LANGUAGES))
def _paths(language: str) -> Document:
    with translation.override(language):
        return _told()


def _told() -> Document:
    filters = [
        _filter(parameter_of(name, item))
        for name, item in ProjectFilterSet.base_filters.items()
        if name not in PRIVATE_FILTERS
    ]
    own = {found["name"]: found for found in _own()}
    return {
        "openapi": "3.0.3",
        "info": {
            "title": "SchoolWorks 校建通: OGC API – Features",
            "version": settings.VERSION,
            "description": _("The public record of school construction. Everything here is what anybody may read."),
        },
        "paths": {
            "/": _get("getLandingPage", _("Landing page"), JSON, {"type": "object"}),
            "/api": _get("getApi", _("This description"), OPENAPI, {"type": "object"}),
            "/conformance": _get("getConformance", _("Conformance classes"), JSON, {"type": "object"}),
            "/collections": _get("getCollections", _("The collections"), JSON, {"type": "object"}),
            # By its name, not as {collectionId}: so QGIS finds which columns it may have filtered here.
            "/collections/projects": _get("describeCollection", _("One collection"), JSON, {"type": "object"}),
            "/collections/projects/items": _get(
                "getFeatures", _("Features"), GEOJSON, _ref("featureCollection"), *map(_named, own), *filters
            ),
            "/collections/projects/items/{featureId}": _get(
                "getFeature", _("One feature"), GEOJSON, _ref("feature"), _named("featureId")
            ),
        },
        "components": {
            "parameters": {
                **own,
                "featureId": _in_path("featureId", {"type": "string", "maxLength": 40}),
                "f": _in_query("f", {"type": "string", "enum": ["json", "html"]}, _("Instead of the Accept header.")),
            },
            "schemas": {"Problem": PROBLEM, "feature": _FEATURE, "featureCollection": _COLLECTION},
        },
    }  # fmt: skip


def _filter(parameter: Document) -> Document:
    """As GIS programs read it: a text (several codes are one, with commas), which they send as it is for ``column = 'text'``."""
    schema = parameter["schema"]
    words = parameter.get("description", "")
    if schema["type"] == "array":
        codes = schema["items"]["enum"]
        one = "|".join(codes)
        schema = {"type": "string", "pattern": f"^(({one})(,({one}))*)?$"}
        words = _("%(words)s: %(codes)s; several with commas.") % {"words": words, "codes": ", ".join(codes)}
    return parameter | {"schema": schema, "description": words, "style": "form", "explode": False}


def _own() -> list[Document]:
    """What the standard has, and what the links between pages need. Programs look for ``limit`` among the components."""
    return [
        _in_query(
            "limit", {"type": "integer", "minimum": 1, "maximum": MOST, "default": LIMIT}, _("Features of a page.")
        ),
        _in_query(
            "bbox",
            {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 6},
            _(
                "West, south, east, north in degrees; of six numbers the heights say nothing. What has no site is in every box."
            ),
        ),
        _in_query("bbox-crs", {"type": "string", "enum": [CRS84]}, _("Longitude, latitude: the only one.")),
        _in_query(
            "datetime",
            {"type": "string"},
            _(
                "A time, or an interval of two with / between, one of which may be ..: projects whose stages reach into it, "
                "or have no days."
            ),
        ),
        _in_query("after", {"type": "string", "maxLength": 40}, _("From where on: as the next link has it.")),
        _in_query("before", {"type": "string", "maxLength": 40}, _("Up to where: as the prev link has it.")),
    ]


def _get(operation: str, words: str, media: str, schema: Document, *parameters: Document) -> Document:
    refusal = {"application/problem+json": {"schema": _ref("Problem")}, HTML: {"schema": {"type": "string"}}}
    return {
        "get": {
            "operationId": operation,
            "summary": words,
            "parameters": [*parameters, _named("f")],
            "responses": {
                "200": {
                    "description": words,
                    "content": {media: {"schema": schema}, HTML: {"schema": {"type": "string"}}},
                },
                "304": {"description": "Nothing has changed since."},
                "400": {"description": "A parameter is unknown or unreadable; it is named.", "content": refusal},
                "404": {"description": "There is no such thing.", "content": refusal},
                "406": {"description": "JSON and HTML are spoken here.", "content": refusal},
                "500": {"description": "An error of the server's.", "content": refusal},
                "503": {"description": "The record is away; Retry-After says for how long.", "content": refusal},
            },
        }
    }


def _named(parameter: str) -> Document:
    return {"$ref": f"#/components/parameters/{parameter}"}


def _ref(name: str) -> Document:
    return {"$ref": f"#/components/schemas/{name}"}


def _in_path(name: str, schema: Document) -> Document:
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _in_query(name: str, schema: Document, words: str) -> Document:
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": words,
        "schema": schema,
        "style": "form",
        "explode": False,
    }


_LINKS: Document = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["href", "rel"],
        "properties": {name: {"type": "string"} for name in ("href", "rel", "type", "title")},
    },
}
_FEATURE: Document = {
    "type": "object",
    "required": ["type", "id", "geometry", "properties"],
    "properties": {
        "type": {"type": "string", "enum": ["Feature"]},
        "id": {"type": "string"},
        "geometry": {
            "type": "object",
            "nullable": True,
            "properties": {
                "type": {"type": "string", "enum": ["Point"]},
                "coordinates": {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
            },
        },
        "properties": {"type": "object"},
        "links": _LINKS,
    },
}
_COLLECTION: Document = {
    "type": "object",
    "required": ["type", "features"],
    "properties": {
        "type": {"type": "string", "enum": ["FeatureCollection"]},
        "features": {"type": "array", "items": _ref("feature")},
        "links": _LINKS,
        "timeStamp": {"type": "string", "format": "date-time"},
        "numberMatched": {"type": "integer", "minimum": 0},
        "numberReturned": {"type": "integer", "minimum": 0},
    },
}
