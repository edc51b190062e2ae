"""Past states on the wire, in the shapes of today's lists and sites."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from projects_api.api.serializers.projects import ProjectRow, lights_row
from projects_api.models.base import in_reader_language
from projects_api.past import Past
from projects_api.selectors.facts import Document
from projects_api.selectors.places import region_names
from projects_api.selectors.projects import ORDERINGS
from projects_api.selectors.sites import NAMES


def in_order(pasts: list[Past], order: str) -> list[Past]:
    """As the list of today is ordered (`ordered_by`); by the time of the last change: of the newest entry then."""
    column, back = ORDERINGS[order.removeprefix("-")], order.startswith("-")

    def key(past: Past) -> Any:
        if column == "updated_at":
            return past.recorded
        value = past.document[column]
        return Decimal(value) if column == "total_investment" and value is not None else value

    known = sorted((past for past in pasts if key(past) is not None), key=key, reverse=back)
    ordered = known + [past for past in pasts if key(past) is None]
    if column == "total_investment":
        ordered.sort(key=lambda past: str(past.document["currency"]))
    return ordered


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
