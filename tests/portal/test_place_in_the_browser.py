"""A place drawn in Chromium by mouse, keyboard and finger. Nothing is saved: what is drawn stands in the form's boxes, whose
saving `test_place_page` tests."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.portal.test_in_the_browser import PHONE, sign_in

pytestmark = pytest.mark.browser
PLACE = "/projects/610526-2023-003/place/"


def corners(page: Any) -> list[str]:
    text: str = page.input_value("#footprint")
    return text.splitlines()


def open_place(page: Any) -> dict[str, float]:
    """The map's middle, in pixels of the page."""
    page.goto(PLACE)
    page.wait_for_selector("html[data-marks=drawn]", state="attached")
    box = page.locator(".map").bounding_box()
    return {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}


def test_a_pin_is_read_taken_and_moved_and_an_outline_drawn(page: Any, problems: Any) -> None:
    problems.allow("400")  # an outline that crosses itself is refused while it is typed
    sign_in(page, "official")
    middle = open_place(page)
    recorded = page.input_value("#site")

    # Pasted: three readings as letters; the one that is taken becomes the pin, with the metres it moves.
    page.fill("#site", "109.5926, 34.9725")
    page.wait_for_function("() => document.querySelectorAll('.map .place-letter').length === 3")
    assert "Where the site would lie is not decided yet." in page.locator("[data-place-facts]").inner_text()
    page.get_by_role("button", name=re.compile("Take this one: GCJ-02")).click()
    page.locator(".readings .chosen", has_text="GCJ-02").wait_for()
    assert page.input_value("#site_crs") == "GCJ-02" and page.input_value("#location_precision") == "map_pin"
    assert re.search(r"The site moves [\d.]+ km\.", page.locator("[data-place-facts]").inner_text())
    assert page.locator(".place-metres").inner_text().endswith("km")

    # Back to the record, then moved by the keyboard: the box says where.
    while page.get_by_role("button", name="Undo", exact=True).is_enabled():
        page.get_by_role("button", name="Undo", exact=True).click()
    assert page.input_value("#site") == recorded and page.input_value("#site_crs") == ""
    page.locator(".place-pin").focus()
    page.keyboard.press("Shift+ArrowRight")
    page.wait_for_function(f"() => document.getElementById('site').value !== '{recorded}'")
    assert float(page.input_value("#site").split(",")[0]) > float(recorded.split(",")[0])
    assert page.input_value("#site_crs") == "WGS84"
    assert page.evaluate("() => document.activeElement.classList.contains('place-pin')")

    # The outline: four presses, one corner dragged, one put in and taken out by the keyboard.
    page.get_by_role("button", name="Draw the outline").click()
    for dx, dy in ((-90, -60), (90, -70), (110, 80), (-80, 90)):
        page.mouse.click(middle["x"] + dx, middle["y"] + dy)
    drawn = corners(page)
    assert len(drawn) == 4 and "Outline: 4 corners" in page.locator("[data-place-facts]").inner_text()
    handle = page.locator("[data-corner='1']").bounding_box()
    page.mouse.move(handle["x"] + 22, handle["y"] + 22)
    page.mouse.down()
    page.mouse.move(handle["x"] + 52, handle["y"] + 2, steps=4)
    page.mouse.up()
    assert [line == old for line, old in zip(corners(page), drawn, strict=True)] == [True, False, True, True]
    page.locator("[data-corner='0']").focus()
    page.keyboard.press("Insert")
    assert len(corners(page)) == 5 and page.evaluate("() => document.activeElement.dataset.corner") == "1"
    page.keyboard.press("Delete")
    assert len(corners(page)) == 4
    page.keyboard.press("Control+z")
    assert len(corners(page)) == 5

    # What is typed is drawn, and what cannot be an outline is said at once.
    page.fill("#footprint", "109.568,34.966\n109.571,34.968\n109.571,34.966\n109.568,34.968")
    page.select_option("#footprint_crs", "WGS84")
    page.locator("[data-reading=footprint]", has_text="crosses or touches itself").wait_for()
    page.fill("#footprint", "109.568,34.966\n109.571,34.966\n109.571,34.968")
    page.wait_for_function("() => document.querySelectorAll('[data-corner]').length === 3")

    # The server's own preview holds all of it; the map takes it up again.
    page.get_by_role("button", name="Preview").click()
    page.get_by_text("Preview: nothing is saved yet.").wait_for()
    page.wait_for_function("() => document.querySelector('[data-place-facts]').textContent.includes('3 corners')")
    page.evaluate("() => (SchoolWorks.editor.draft.leaving = true)")


@pytest.mark.parametrize(
    "page",
    [{**PHONE, "geolocation": {"latitude": 34.96, "longitude": 109.57, "accuracy": 9}, "permissions": ["geolocation"]}],
    indirect=True,
)
def test_on_a_phone_by_finger_and_by_its_own_position(page: Any) -> None:
    sign_in(page, "official")
    open_place(page)
    page.get_by_role("button", name="用我的位置").tap()
    page.wait_for_function("() => document.getElementById('site').value === '109.57, 34.96'")
    assert page.input_value("#location_precision") == "device" and page.input_value("#accuracy") == "9"
    page.get_by_role("button", name="绘制范围线").tap()
    page.locator(".map").scroll_into_view_if_needed()
    box = page.locator(".map").bounding_box()
    for dx, dy in ((0.2, 0.3), (0.7, 0.3), (0.6, 0.75)):
        page.touchscreen.tap(box["x"] + box["width"] * dx, box["y"] + box["height"] * dy)
        page.wait_for_timeout(400)  # two taps at once are one that zooms
    page.wait_for_function("() => document.querySelectorAll('[data-corner]').length === 3")
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    small = page.evaluate(
        """() => [...document.querySelectorAll('main button, main select, main textarea, .place-corner, .place-pin')]
          .filter(e => e.offsetParent && e.getBoundingClientRect().height < 43.5)
          .map(e => e.outerHTML.slice(0, 120))"""
    )
    assert small == []
    page.evaluate("() => (SchoolWorks.editor.draft.leaving = true)")


@pytest.mark.parametrize(
    "page",
    [{**PHONE, "geolocation": {"latitude": 34.99, "longitude": 109.57, "accuracy": 9}, "permissions": ["geolocation"]}],
    indirect=True,
)
def test_an_engineer_does_not_move_a_site_but_says_that_it_is_elsewhere(page: Any) -> None:
    sign_in(page, "engineer")
    page.goto("/field/")
    page.locator("a[href^='#site/']").first.click()
    page.locator("#report-position").click()
    page.get_by_text(re.compile(r"距登记位置\d+ km")).wait_for()
    page.locator("#report-elsewhere").click()
    assert page.input_value("#report-problems").startswith(
        "项目不在登记位置，而在这里：34.99000, 109.57000（WGS84，误差9米）"
    )
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="放弃").click()
