"""How the maps are opened in a browser, and what they are answered changed on its way."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.maps.conftest import by_itself

PUCHENG = "/maps/status/?bureau=610526"
INVESTMENT = "/maps/investment/?bureau=610526"
# What browsers of 2021 lack (docs/maps.md, "Browsers"): many an office's still does.
OLD = "delete URLSearchParams.prototype.size; delete Array.prototype.toSorted; delete AbortSignal.timeout; delete AbortSignal.any"
SITES = re.compile(r"/maps/(marks|sites)\.json")


def open_map(page: Any, address: str = PUCHENG) -> None:
    page.goto(address)
    page.wait_for_selector("html[data-marks=drawn]", state="attached")
    page.wait_for_selector("[data-map-located] li", state="attached")


def open_areas(page: Any, address: str) -> None:
    page.goto(address)
    page.wait_for_selector("html[data-circles=drawn]", state="attached")


def answer_sites(page: Any, change: Any) -> None:
    """Let `change` alter the sites on their way to the browser."""

    def handle(route: Any) -> None:
        response = route.fetch()
        data = response.json()
        change(data)
        route.fulfill(response=response, body=json.dumps(data))

    by_itself(page)
    page.route(SITES, handle)


def lose_one(data: Any) -> None:
    """The last of the sites has no place."""
    for name in ("status", "stage", "precision") if "unlocated" not in data else ():
        data[name].pop()
    for name, column in data.get("unlocated", {}).items():
        column.append(data[name].pop())
    data["lon"].pop()
    data["lat"].pop()
