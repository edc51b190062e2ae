"""The maps at the width of a phone, in Chromium: nothing is cut off or covered, and a finger can press everything."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.maps.browsing import INVESTMENT, open_areas, open_map
from tests.portal.test_in_the_browser import sign_in

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.mark.parametrize("page", [PHONE], indirect=True)
def test_on_a_phone_nothing_is_cut_off_and_everything_can_be_pressed(page: Any) -> None:
    open_map(page)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    viewport = page.locator("meta[name=viewport]").get_attribute("content")
    assert viewport == "width=device-width, initial-scale=1"
    small = """() => {
          const pressed = "button, select, input:not([type=hidden]), summary, main a, nav a, .cluster-icon, path.press";
          const size = (e) => Math.min(e.getBoundingClientRect().height, e.getBoundingClientRect().width);
          return [...document.querySelectorAll(pressed)]
            .map((e) => (["radio", "checkbox"].includes(e.type) && e.closest("label")) || e)
            .filter((e) => e.checkVisibility() && size(e) < 43.9).map((e) => e.outerHTML);
        }"""
    assert page.evaluate(small) == []
    map_box, list_box = page.locator(".map").bounding_box(), page.locator(".map-list").bounding_box()
    assert map_box["y"] + map_box["height"] <= list_box["y"]
    page.locator("[data-map-located] button").first.tap()
    title, box = page.locator(".popup h3"), page.locator(".map-search-box")
    title.wait_for()
    page.wait_for_function("() => !SchoolWorks.map._panAnim?._inProgress")
    below = box.bounding_box()["y"] + box.bounding_box()["height"]
    assert title.bounding_box()["y"] >= below  # neither its title nor its way out lies under the search box
    close, tools = page.locator(".leaflet-popup-close-button").bounding_box(), page.locator(".map-tools").bounding_box()
    assert close["y"] >= below and close["x"] + close["width"] <= tools["x"]  # and neither under the tools beside it
    # What is drawn smaller than a finger has an unseen shape around it; a township's figure is no smaller either.
    open_areas(page, INVESTMENT)
    assert page.evaluate(small) == [] and page.locator("path.press").count() > 5
    page.locator("path.press").first.dispatch_event("click")
    page.locator(".popup h3").wait_for()
    page.keyboard.press("Escape")
    box.tap()
    box.press_sequentially("dsyyey")
    page.locator("[role=option]").first.tap()
    page.locator(".popup h3").wait_for()
    expect(box).not_to_be_focused()  # box and keyboard make way for what was found


@pytest.mark.parametrize("page", [PHONE], indirect=True)
def test_on_a_phone_tables_need_no_pushing_and_the_tools_lie_over_no_mark(page: Any) -> None:
    pushed = """() => [...document.querySelectorAll('.scroll, [data-areas-table]')]
          .filter((box) => box.scrollWidth > box.clientWidth).length"""
    for address in ("/maps/coverage/?bureau=610526", INVESTMENT):
        open_areas(page, address)
        expect(page.locator("[data-areas-table] tbody tr").nth(10)).to_be_visible()
        assert page.evaluate(pushed) == 0, address
    # Who may read what was spent has more columns than fit: what belongs to another measure stands with that.
    sign_in(page, "official")
    open_areas(page, INVESTMENT)
    heads = page.locator("[data-areas-table] thead th button")
    expect(heads).to_contain_text(["Township", "Investment", "Projects", "Of the plan"])
    assert page.evaluate(pushed) == 0
    page.get_by_text("Work done of the plan", exact=True).tap()
    expect(heads).to_contain_text(["Township", "Of the plan", "Investment", "Work done", "Paid"])
    assert page.evaluate(pushed) == 0
    page.goto("/maps/compare/?bureau=610526&left_day=2023-06-30")
    days = page.get_by_label("Day", exact=True)
    expect(days.first).to_be_hidden()  # the maps come first
    page.get_by_text("What the two maps show", exact=True).tap()
    expect(days.first).to_have_value("2023-06-30")
    page.get_by_text("What the two maps show", exact=True).tap()
    table = page.get_by_role("table", name="What is different")
    expect(table.get_by_role("rowheader").nth(3)).to_be_visible()
    expect(table.get_by_role("row").nth(1).get_by_role("cell")).to_have_count(3)
    expect(table.get_by_role("columnheader")).to_have_count(4)
    assert page.evaluate(pushed) == 0
    page.locator(".map-tools").wait_for()
    page.locator(".map-search-box").wait_for()
    covered = """() => SchoolWorks.sides.flatMap(({ map, drawn }) => {
          const { left, top } = map.getContainer().getBoundingClientRect();
          const tools = [".map-tools", ".map-search-box", ".leaflet-control-zoom", ".map-show-all"]
            .map((tool) => map.getContainer().querySelector(tool)?.getBoundingClientRect()).filter(Boolean);
          return [...drawn].filter(([, layer]) => {
            const at = map.latLngToContainerPoint(layer.getLatLng()).add([left, top]);
            return tools.some((tool) => tool.left < at.x + 15 && at.x - 15 < tool.right
              && tool.top < at.y + 15 && at.y - 15 < tool.bottom);
          }).map(([key]) => key);
        })"""
    assert page.evaluate(covered) == []
    assert page.evaluate("() => SchoolWorks.sides.every(({ drawn }) => drawn.size > 3)")
