"""A client of the standard: it knows one address, and follows links."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import jsonschema

from tests.ogc.schemas import FEATURES, LANDING


class Reader:
    """A client that knows the landing page's address and follows links. ``everything``: what is public, by code."""

    root = "/ogc/"

    def __init__(self, api: Any, nowhere: str, never: str) -> None:
        self.api, self.nowhere, self.never = api, nowhere, never

    def get(self, address: str, accept: str = "application/json") -> Any:
        """By an absolute address, as links have it, or by a path from the root."""
        parts = urlsplit(address)
        path = "?".join(filter(None, parts[2:4])) if parts.netloc else self.root.rstrip("/") + address
        return self.api.get(path, accept=accept)

    def data(self, address: str, schema: dict[str, Any] | None = None) -> Any:
        found = self.get(address, "application/geo+json, application/json").ok()
        if schema:
            jsonschema.Draft7Validator(schema, format_checker=jsonschema.FormatChecker()).validate(found)
        return found

    def items(self, query: str = "") -> Any:
        return self.data(f"/collections/projects/items{query}", FEATURES)

    def found(self, query: str) -> set[str]:
        return {feature["id"] for feature in self.items(query)["features"]}

    def described(self) -> Any:
        return self.data(href(self.data("/", LANDING), "service-desc"))

    def parameter(self, name: str) -> Any:
        described = self.described()
        for found in described["paths"]["/collections/projects/items"]["get"]["parameters"]:
            meant = described["components"]["parameters"][found["$ref"].split("/")[-1]] if "$ref" in found else found
            if meant["name"] == name:
                return {key: meant[key] for key in ("in", "required", "schema", "style", "explode")}
        raise AssertionError(name)

    @property
    def documents(self) -> list[str]:
        feature = self.items("?limit=1")["features"][0]["id"]
        items = "/collections/projects/items"
        return ["/", "/api", "/conformance", "/collections", "/collections/projects", items, f"{items}/{feature}"]


def href(document: Any, rel: str, media: str = "") -> str:
    [found, *_] = [x["href"] for x in document["links"] if x["rel"] == rel and x["type"].startswith(media)] or [""]
    assert found, f"no link {rel} {media}"
    return str(found)
