"""The maps of investment and coverage in Chromium: townships, circles, table and switch."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.maps.browsing import INVESTMENT, open_areas
from tests.maps.conftest import HOSTILE_TEXT, by_itself

pytestmark = pytest.mark.browser


def test_table_map_and_switch_of_the_townships_agree(page: Any) -> None:
    open_areas(page, INVESTMENT)
    assert page.locator("path.area").count() == 13 == page.locator("path.area-approximate").count()
    assert page.locator("table.areas tbody tr").count() >= 17, "also those that are not on the map"
    expect(page.locator(".area-absent")).to_have_count(4)
    expect(page.locator("path.amount")).to_have_count(18)
    # What only the county has is found by no filter: its region means all that lies in it.
    assert page.locator("tr[data-area='610526'] a").count() == 0 < page.locator("tr[data-area] a").count()
    first = page.locator("table.areas tbody tr").nth(1)
    button = first.locator("button")
    button.focus()
    page.keyboard.press("Enter")
    assert button.get_attribute("aria-pressed") == "true"
    expect(page.locator("path.area-chosen")).to_have_count(1)
    page.locator("path.area-chosen").dispatch_event("click")
    expect(page.locator("[aria-pressed=true][class=area-show]")).to_have_count(0)
    total = page.locator("[data-areas-legend] h2").text_content()
    page.get_by_label("Per place").check()
    chosen = page.locator("[data-areas-legend] h2").text_content()
    assert chosen != total
    assert "measure=per_place" in page.url and "#map=" not in page.url
    assert "measure=per_place" in page.get_by_role("link", name="PDF, A4").get_attribute("href")
    page.select_option("#filter-kind", "rural_upgrade")
    page.wait_for_function("() => document.querySelector('tfoot td').textContent === '10'")
    page.get_by_label("Total investment").check()
    page.go_back()
    page.wait_for_function("() => document.querySelector('tfoot td').textContent === '18'")
    assert page.locator("[data-areas-legend] h2").text_content() == chosen and "measure=per_place" in page.url
    page.select_option("#filter-kind", "rural_upgrade")
    page.wait_for_function("() => document.querySelector('tfoot td').textContent === '10'")
    assert "measure=per_place" in page.url and "kind=rural_upgrade" in page.url
    open_areas(page, page.url)
    assert (
        page.locator("[data-areas-legend] h2").text_content() == chosen
        and page.locator("[type=radio][value=per_place]").is_checked()
    )
    # The same sites as a list, for keyboard and screen reader.
    rows = page.locator("[data-circles-located] button")
    assert rows.count() == 10 == int(page.locator("[data-circles-located-count]").text_content())
    rows.nth(3).focus()
    page.keyboard.press("Enter")
    assert page.locator(".popup h3").text_content() == rows.nth(3).locator(".site-title").text_content()
    heading = page.get_by_role("button", name="Projects", exact=True)
    heading.click()
    expect(page.locator("th[aria-sort=descending]")).to_have_text("Projects")
    numbers = [int(text) for text in page.locator("table.areas tbody td:nth-child(2)").all_text_contents()]
    assert numbers == sorted(numbers, reverse=True)
    assert page.evaluate("() => document.activeElement.textContent") == "Projects"


def test_the_county_lies_in_the_middle_and_under_no_tool(page: Any) -> None:
    """At rest the search box is small; with the focus it has the room to say what can be typed."""
    found = """() => {
          const shapes = [...document.querySelectorAll("path.area, path.county")];
          const tools = [...document.querySelectorAll(".map-search-box, .map-tools, .leaflet-control-zoom")]
            .map((tool) => tool.getBoundingClientRect());
          const covered = shapes.filter((shape) => [...Array(400).keys()].some((n) => {
            const at = shape.getPointAtLength((n / 400) * shape.getTotalLength()).matrixTransform(shape.getScreenCTM());
            return tools.some((tool) => tool.left < at.x && at.x < tool.right && tool.top < at.y && at.y < tool.bottom);
          }));
          const county = document.querySelector("path.county").getBoundingClientRect();
          const map = SchoolWorks.map.getContainer().getBoundingClientRect();
          return [covered.length, Math.abs(county.left + county.right - map.left - map.right) / 2];
        }"""
    for view in ("investment", "status", "compare"):
        page.goto(f"/maps/{view}/?bureau=610526")
        page.locator(".map-search-box").wait_for()
        page.locator("path.county").first.wait_for()
        covered, aside = page.evaluate(found)
        assert covered == 0 and aside < 16, view
    # A tall screen is the map's, down to its legend, and the page's head begins where the page does.
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.goto("/maps/status/?bureau=610526")
    assert page.locator(".map").bounding_box()["height"] > 500
    assert page.evaluate("() => document.documentElement.scrollHeight") <= 1080
    assert page.locator(".product").bounding_box()["x"] == page.locator("h1").bounding_box()["x"]
    # What is pressed while measuring is measured, and chooses no township.
    page.goto("/maps/investment/?bureau=610526")
    page.get_by_role("button", name="Measure").click()
    box = page.locator(".map").bounding_box()
    for x in (0.4, 0.6):
        page.mouse.click(box["x"] + box["width"] * x, box["y"] + box["height"] * 0.6)
    expect(page.locator(".measure-box p")).to_contain_text("km")
    expect(page.locator(".area-chosen")).to_have_count(0)
    page.keyboard.press("Escape")
    small = page.locator(".map-search-box").bounding_box()["width"]
    page.get_by_role("combobox", name="Search by name").focus()
    assert page.get_by_placeholder("Name, pinyin or initials").bounding_box()["width"] > 2 * small


def test_filters_narrow_the_townships_without_a_new_page(page: Any) -> None:
    open_areas(page, INVESTMENT)
    page.evaluate("() => { window.same = true; }")
    page.select_option("#filter-kind", "rural_upgrade")
    page.wait_for_function("() => document.querySelector('tfoot td').textContent === '10'")
    page.wait_for_function("() => document.querySelectorAll('path.amount').length === 10")
    assert page.evaluate("() => window.same")


def test_many_amounts_are_joined_and_part_as_one_looks_closer(page: Any) -> None:
    def multiply(route: Any) -> None:
        response = route.fetch()
        data = response.json()
        for name in ("lon", "lat", "code", "title", "value", "words"):
            data[name] = data[name] * 12
        data["lon"] = [lon + n % 12 * 0.004 for n, lon in enumerate(data["lon"])]
        route.fulfill(response=response, body=json.dumps(data))

    page.route(re.compile(r"/maps/investment/circles\.json"), multiply)
    open_areas(page, INVESTMENT)
    joined = page.locator("path.amount")
    count = joined.count()
    assert 3 < count < 60
    assert "Sites near each other are one circle" in page.locator("[data-circles-legend]").text_content()
    joined.first.dispatch_event("click")
    page.wait_for_function(f"() => document.querySelectorAll('path.amount').length > {count}")


@pytest.mark.parametrize("page", [{"locale": "zh-CN"}], indirect=True)
def test_a_county_of_whose_townships_no_place_is_known_says_so_on_the_map(page: Any) -> None:
    open_areas(page, "/maps/coverage/?bureau=411525&stage=primary")
    assert page.locator("path.area").count() == 0 and page.locator("path.county").count() == 1
    assert (
        page.locator("[data-areas-legend] p").text_content() == "已知驻地位置的乡镇太少，图上不画乡镇范围，数据见表格。"
    )
    expect(page.locator(".area-absent")).to_have_count(0)
    expect(page.locator("table.areas tbody tr")).to_have_count(33)
    assert page.evaluate("() => SchoolWorks.map.getZoom()") > 7, "the county, whatever the filters find"


@pytest.mark.parametrize(("view", "circle"), [("investment", "path.amount"), ("coverage", "path.school")])
def test_names_of_townships_and_sites_are_literal(page: Any, view: str, circle: str) -> None:
    def poison(route: Any) -> None:
        response = route.fetch()
        data = response.json()
        for feature in data.get("features", ()):
            feature["properties"]["name"] = HOSTILE_TEXT
        for row in data.get("rows", ()):
            row["name"] = HOSTILE_TEXT
        if "title" in data:
            data["title"] = [HOSTILE_TEXT] * len(data["title"])
            data["words"] = [[HOSTILE_TEXT]] * len(data["words"])
        route.fulfill(response=response, body=json.dumps(data))

    by_itself(page)
    page.route(re.compile(r"/maps/(cells\.geojson|(investment|coverage)/\w+\.json)"), poison)
    open_areas(page, f"/maps/{view}/?bureau=610526")
    page.locator(circle).last.dispatch_event("click")
    page.locator(".popup h3").wait_for()
    for place in (".popup h3", ".popup p", "table.areas .area-show", ".area-name b"):
        assert page.locator(place).first.text_content() == HOSTILE_TEXT
    expect(page.locator("img, .popup script, table script")).to_have_count(0)


def test_the_stage_chooses_gaps_columns_and_schools_at_once(page: Any) -> None:
    open_areas(page, "/maps/coverage/?bureau=610526")
    assert page.locator("path.school").count() == 6 and page.locator("path.reach").count() == 3
    page.get_by_label("Junior high school").check()
    assert page.locator("path.school").count() == 4 and page.locator("path.reach").count() == 1
    expect(page.locator("table.areas thead th")).to_have_count(5)
    assert "1,720" in page.locator("tr[data-area='610526001']").text_content()
    assert page.locator("[data-areas-legend] h2").text_content().startswith("Junior high school")
