"""A project's own map in Chromium."""

from __future__ import annotations

import io
import json
import re
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.maps.conftest import HOSTILE_TEXT
from tests.portal.test_in_the_browser import sign_in

pytestmark = pytest.mark.browser


def test_marks_and_list_tell_the_same_and_every_text_is_literal(page: Any) -> None:
    ring = [[109.58, 34.95], [109.583, 34.95], [109.583, 34.953], [109.58, 34.953], [109.58, 34.95]]
    place = {"lon": 109.581, "lat": 34.951}
    half = {"caption": HOSTILE_TEXT, "day": "2023-06-06", "url": "/static/none.jpg"}
    answer = {
        "site": {**place, "title": HOSTILE_TEXT, "status": "under_construction", "stage": "primary",
                 "approximate": False, "precision": HOSTILE_TEXT},
        "footprint": {"type": "Polygon", "coordinates": [ring]},
        "photos": [{**place, **half, "id": "x", "direction": 90, "published": False, "page": "/projects/", "pair": None}],
        "findings": [{**place, "number": 7, "text": HOSTILE_TEXT, "where": HOSTILE_TEXT, "severity": "serious",
                      "state": "open", "open": True, "overdue": True, "deadline": "2023-07-01", "page": "/projects/"}],
    }  # fmt: skip
    page.route("**/map.json", lambda route: route.fulfill(json=answer))
    sign_in(page, "official")
    picture = io.BytesIO()
    Image.new("RGB", (800, 600)).save(picture, "JPEG")
    page.route("**/none.jpg", lambda route: route.fulfill(body=picture.getvalue(), content_type="image/jpeg"))
    page.goto("/projects/610526-2023-001/")
    page.locator(".own-footprint").wait_for(state="attached")
    expect(page.locator(".own-beam[transform='rotate(90 16 16)']")).to_have_count(1)
    items = page.locator("[data-own-list] li")
    expect(items).to_have_count(3)
    assert HOSTILE_TEXT in items.nth(0).text_content()
    assert "looking east" in items.nth(1).text_content() and "not published" in items.nth(1).text_content()
    button = page.locator("button.own-item", has_text="Finding 7")
    assert button.bounding_box()["height"] >= 44
    button.press("Enter")
    page.locator(".popup h3", has_text="Finding 7").wait_for()
    assert page.locator(".popup p").first.text_content() == HOSTILE_TEXT
    assert button.get_attribute("aria-current") == "true"
    page.locator("button.own-item").first.press("Enter")
    # A picture that comes after its popup has its room already: the title stays on the map.
    page.wait_for_function("() => document.querySelector('.own-pictures img')?.naturalWidth")
    page.wait_for_function("() => !SchoolWorks.map._panAnim?._inProgress")
    assert (
        page.locator(".popup:has(img) h3").bounding_box()["y"] > page.locator("[data-own-map] .map").bounding_box()["y"]
    )
    page.emulate_media(media="print")
    expect(page.locator("[data-own-map]")).to_be_hidden()
    expect(page.locator(".locator svg")).to_be_visible()


def test_photos_of_one_spot_lie_beside_each_other_on_the_projects_own_map(page: Any) -> None:
    """Eight of them, as from one door step after step: each can be pressed."""

    def fill(route: Any) -> None:
        response = route.fetch()
        data = response.json()
        one = {"lon": data["site"]["lon"], "lat": data["site"]["lat"], "direction": 90, "day": "2026-05-06", "page": "/x/",
               "published": True, "pair": None, "url": "/static/portal/none.png"}  # fmt: skip
        data["photos"] = [one | {"id": str(n), "caption": f"Photo {n}"} for n in range(8)]
        route.fulfill(response=response, body=json.dumps(data))

    sign_in(page, "official")
    page.route(re.compile(r"/projects/[\w-]+/map\.json"), fill)
    page.goto("/projects/610526-2023-003/")
    page.locator(".own-mark").nth(7).wait_for()
    boxes = [mark.bounding_box() for mark in page.locator(".own-mark").all()]
    middles = [(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2) for box in boxes]
    for at, (x, y) in enumerate(middles):
        for other_x, other_y in middles[:at]:
            assert ((x - other_x) ** 2 + (y - other_y) ** 2) ** 0.5 > 28
