"""Past states on the wire, in the shapes of today's lists and sites."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from projects_api.api.serializers.projects import ProjectRow, lights_row
from projects_api.models.base import in_reader_language
from projects_api.past import Past
from projects_api.selectors.facts import Document
from projects_api.selectors.places import region_names
from projects_api.selectors.sites import NAMES

# The list's orderings, by the member of the document (or None: the time of the newest entry then).
MEMBERS = {
    "code": "code",
    "title_zh": "title_zh",
    "status": "status",
    "progress": "progress",
    "next_due": "next_due",
    "places": "places",
    "total_investment": "total_investment",
}


def in_order(pasts: list[Past], column: str) -> list[Past]:
    """By the column that the list of today would use; what is not known comes last."""
    member = MEMBERS.get(column.removeprefix("-"))

    def key(past: Past) -> Any:
        if member is None:
            return past.recorded
        value = past.document[member]
        return Decimal(value) if member == "total_investment" and value is not None else value

    known = sorted((past for past in pasts if key(past) is not None), key=key, reverse=column.startswith("-"))
    if member == "total_investment":  # each currency by itself, as in the list of today
        known.sort(key=lambda past: str(past.document["currency"]))
    return known + [past for past in pasts if key(past) is None]


def past_rows(pasts: list[Past]) -> list[Document]:
    """List rows as `project_row` makes them; one query for the names of the divisions."""
    regions = region_names(past.document["region"] for past in pasts)
    return [past_row(past, regions) for past in pasts]


def past_row(past: Past, regions: dict[str, str]) -> Document:
    document = past.document
    known = {
        **document,
        "url": f"/projects/{document['code']}/",
        "title": in_reader_language(document["title_zh"], document["title_en"]),
        "region_name": regions.get(document["region"], document["region"]),
        "updated": past.recorded,
        "version": past.version,
        **lights_row(past.outlook, past.bureau, past.day),
    }
    return {str(name): known[str(name)] for name in ProjectRow().fields}


def past_feature(past: Past) -> Document:
    """A GeoJSON feature as `selectors.sites` writes it; the document has a site."""
    known = past.document | {"light": past.outlook.light_on(past.day).value}
    properties = {name: known[name] for name in NAMES}
    return {"type": "Feature", "id": past.document["code"], "geometry": past.document["site"], "properties": properties}
