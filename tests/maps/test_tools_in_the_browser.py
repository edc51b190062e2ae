"""What one does with a map, in Chromium: filters, tools, search, the address, and presses that come early.
Every test also fails on a request to another host, a violation of the content security policy, or an error in the console
(the `page` fixture)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.maps.browsing import OLD, PUCHENG, open_map

pytestmark = pytest.mark.browser


def test_a_filter_narrows_the_map_without_a_new_page_and_can_be_taken_back(page: Any) -> None:
    page.add_init_script(OLD)
    open_map(page)
    page.wait_for_selector(".map-tools")
    page.evaluate("() => { window.samePage = true; SchoolWorks.map.setZoom(11, { animate: false }); }")
    page.select_option("#filter-status", "in_use")
    page.wait_for_function("() => document.querySelector('[data-map-located-count]').textContent === '11'")
    assert "status=in_use" in page.url
    assert re.search(r"#map=11/", page.url)
    assert "status=in_use" in page.get_by_role("link", name="What is late").get_attribute("href")
    assert page.evaluate("() => window.samePage && SchoolWorks.map.getZoom()") == 11
    page.evaluate("() => SchoolWorks.map.setView([34.7, 109.5], 13, { animate: false })")
    page.go_back()
    page.wait_for_function("() => document.querySelector('[data-map-located-count]').textContent === '18'")
    assert page.evaluate("() => window.samePage && document.querySelector('#filter-status').value") == ""
    page.wait_for_function("() => SchoolWorks.map.getZoom() === 11")  # the view that the address has
    page.evaluate(
        "() => { location.hash = '#map=12/34.90000/109.60000'; }"
    )  # one that was sent, put into the open page
    page.wait_for_function(
        "() => SchoolWorks.map.getZoom() === 12 && SchoolWorks.map.getCenter().lat.toFixed(2) === '34.90'"
    )
    # A filter that the form does not show is cleared with the others, and comes back with its address.
    open_map(page, "/maps/status/?in_bbox=109,34,110,36")
    page.wait_for_selector(".map-tools")
    count = "document.querySelector('[data-map-located-count]').textContent"
    page.wait_for_function(f"() => {count} === '18'")
    page.locator("[data-filters-clear]").click()
    page.wait_for_function(f"() => Number({count}) > 18")
    page.go_back()
    page.wait_for_function(f"() => {count} === '18'")


def test_tools_measure_hide_layers_and_keep_the_view_in_the_address(page: Any) -> None:
    open_map(page)
    page.get_by_role("button", name="Measure").click()
    box = page.locator(".map").bounding_box()
    for x, y in [(0.5, 0.4), (0.7, 0.4), (0.7, 0.7)]:
        page.mouse.click(box["x"] + box["width"] * x, box["y"] + box["height"] * y)
    said = page.locator(".measure-box p").text_content()
    length, area = re.fullmatch(r"Distance ([\d.]+) km, area ([\d.]+) km²", said).groups()  # type: ignore[union-attr]
    expected = page.evaluate(
        f"""() => {{
          const at = (x, y) => SchoolWorks.map.containerPointToLatLng([{box["width"]} * x, {box["height"]} * y]);
          return at(0.5, 0.4).distanceTo(at(0.7, 0.4)) + at(0.7, 0.4).distanceTo(at(0.7, 0.7));
        }}"""
    )
    assert float(length) == pytest.approx(expected / 1000, rel=0.01)
    assert float(area) > 1
    page.keyboard.press("Escape")
    expect(page.locator(".measure-box")).to_have_count(0)

    page.get_by_role("button", name="Layers").click()
    page.get_by_label("County boundary").uncheck()
    expect(page.locator("path.county")).to_be_hidden()
    page.get_by_label("Grid of degrees").check()
    assert page.locator("path.grid-line").count() > 3

    page.evaluate("() => SchoolWorks.map.setView([34.9, 109.6], 12, { animate: false })")
    page.wait_for_function("() => location.hash === '#map=12/34.90000/109.60000'")
    sheet = page.get_by_role("link", name="PDF, A3")
    west, south, east, north = map(float, re.findall(r"extent=([^&]+)", sheet.get_attribute("href"))[0].split("%2C"))
    assert west < 109.6 < east and south < 34.9 < north and east - west < 0.4
    assert "bureau=610526" in sheet.get_attribute("href") and "paper=A3" in sheet.get_attribute("href")
    page.get_by_label("the whole area").check()
    assert "extent" not in sheet.get_attribute("href")
    page.reload()
    page.wait_for_selector("html[data-marks=drawn]", state="attached")
    assert page.evaluate("() => SchoolWorks.map.getZoom()") == 12


def test_the_search_box_finds_by_pinyin_and_opens_the_site_by_keyboard(page: Any) -> None:
    open_map(page)
    box = page.get_by_role("combobox", name="Search by name")
    box.wait_for()
    assert box.bounding_box()["height"] >= 44
    box.press_sequentially("dsyyey")
    options = page.locator("[role=option]")
    options.first.wait_for()
    assert box.get_attribute("aria-expanded") == "true"
    box.press("ArrowDown")
    chosen = page.locator("[role=option][aria-selected=true]")
    assert chosen.count() == 1 and chosen.get_attribute("id") == box.get_attribute("aria-activedescendant")
    title = chosen.locator(".map-search-name").text_content()
    box.press("Enter")
    page.locator(".popup h3").wait_for()
    assert page.locator(".popup h3").text_content() == title
    assert box.get_attribute("aria-expanded") == "false"
    box.fill("nobody calls it so")
    page.get_by_text("Nothing found by this name.").first.wait_for()
    box.press("Escape")
    expect(page.locator(".map-search-found")).to_be_hidden()


def test_a_filter_chosen_before_the_tools_are_here_is_not_lost(page: Any) -> None:
    waiting: list[Any] = []
    page.route("**/later.js*", lambda route: waiting.append(route))
    page.goto(
        PUCHENG, wait_until="commit"
    )  # a file that is held back holds "load" back too, where it was asked for early
    page.wait_for_selector("html[data-marks=drawn]", state="attached")
    page.select_option("#filter-kind", "rural_upgrade")
    while not waiting:
        page.wait_for_timeout(50)
    for route in waiting:
        route.continue_()
    page.wait_for_function("() => document.querySelector('[data-map-located-count]').textContent === '10'")
    assert "kind=rural_upgrade" in page.url


def test_a_mark_pressed_before_the_words_are_here_opens_when_they_are(page: Any) -> None:
    waiting: list[Any] = []
    page.route("**/later.js*", lambda route: waiting.append(route))
    page.goto(PUCHENG, wait_until="commit")
    page.wait_for_selector("html[data-marks=drawn]", state="attached")
    place = page.evaluate("""() => {
      const mark = [...SchoolWorks.current.drawn.values()].find((layer) => layer.site);
      const at = SchoolWorks.map.latLngToContainerPoint(mark.getLatLng());
      const map = SchoolWorks.map.getContainer().getBoundingClientRect();
      return [at.x + map.x, at.y + map.y];
    }""")
    page.mouse.click(*place)
    page.get_by_text("Waiting for the server").wait_for()  # a bad line is not silent
    expect(page.locator(".popup")).to_have_count(0)
    for route in waiting:
        route.continue_()
    page.locator(".popup h3").wait_for()
    page.locator(".map-coming").wait_for(state="hidden")


def test_a_site_without_a_place_is_one_press_from_the_search(page: Any) -> None:
    open_map(page, "/maps/status/?bureau=411525")
    box = page.get_by_role("combobox", name="Search by name")
    box.press_sequentially("xinxihua")
    page.locator("[role=option]").first.wait_for()
    box.press("Enter")
    link = page.locator(".map-notice a")
    link.wait_for()
    assert re.fullmatch(r"/projects/411525-[\d-]+/", link.get_attribute("href"))
    assert link.bounding_box()["height"] >= 40
    page.get_by_role("button", name="Zoom in").click()  # it lies over the map until the reader goes on with it
    link.wait_for(state="hidden")
