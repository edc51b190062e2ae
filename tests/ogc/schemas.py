"""What the standard says of the documents' members, as JSON Schemas: as much of it as concerns points and one collection."""

from __future__ import annotations

from typing import Any

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"

LINKS: dict[str, Any] = {
    "type": "array",
    "minItems": 1,
    "items": {"type": "object", "required": ["href", "rel", "type"], "properties": {
        name: {"type": "string", "minLength": 1} for name in ("href", "rel", "type", "title")}},
}  # fmt: skip
LANDING: dict[str, Any] = {"type": "object", "required": ["links"], "properties": {
    "title": {"type": "string"}, "description": {"type": "string"}, "links": LINKS}}  # fmt: skip
CONFORMS: dict[str, Any] = {"type": "object", "required": ["conformsTo"], "properties": {
    "conformsTo": {"type": "array", "items": {"type": "string"}}}}  # fmt: skip
MOMENT: dict[str, Any] = {"type": ["string", "null"], "format": "date-time"}
COLLECTION: dict[str, Any] = {"type": "object", "required": ["id", "links"], "properties": {
    "id": {"type": "string"}, "title": {"type": "string"}, "description": {"type": "string"}, "links": LINKS,
    "itemType": {"const": "feature"}, "crs": {"type": "array", "items": {"type": "string"}},
    "extent": {"type": "object", "properties": {
        "spatial": {"type": "object", "properties": {
            "bbox": {"type": "array", "minItems": 1, "items": {
                "type": "array", "minItems": 4, "maxItems": 4, "items": {"type": "number"}}},
            "crs": {"const": CRS84}}},
        "temporal": {"type": "object", "properties": {
            "interval": {"type": "array", "minItems": 1, "items": {
                "type": "array", "minItems": 2, "maxItems": 2, "items": MOMENT}},
            "trs": {"const": "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"}}}}}}}  # fmt: skip
COLLECTIONS: dict[str, Any] = {"type": "object", "required": ["links", "collections"], "properties": {
    "links": LINKS, "collections": {"type": "array", "items": COLLECTION}}}  # fmt: skip
POSITION: dict[str, Any] = {"type": "array", "minItems": 2, "maxItems": 2, "items": [
    {"type": "number", "minimum": -180, "maximum": 180}, {"type": "number", "minimum": -90, "maximum": 90}]}  # fmt: skip
FEATURE: dict[str, Any] = {"type": "object", "required": ["type", "geometry", "properties", "id"], "properties": {
    "type": {"const": "Feature"}, "id": {"type": ["string", "integer"]}, "properties": {"type": ["object", "null"]},
    "geometry": {"oneOf": [{"type": "null"}, {"type": "object", "required": ["type", "coordinates"], "properties": {
        "type": {"const": "Point"}, "coordinates": POSITION}}]},
    "links": LINKS}}  # fmt: skip
FEATURES: dict[str, Any] = {"type": "object", "required": ["type", "features", "links"], "properties": {
    "type": {"const": "FeatureCollection"}, "features": {"type": "array", "items": FEATURE}, "links": LINKS,
    "timeStamp": {"type": "string", "format": "date-time"},
    "numberMatched": {"type": "integer", "minimum": 0}, "numberReturned": {"type": "integer", "minimum": 0}}}  # fmt: skip
