"""A bureau's settings in Chromium, on a phone: the row that the script adds, and what it leads to. Nothing is saved."""

from __future__ import annotations

from typing import Any

import pytest

from tests.portal.test_in_the_browser import PHONE, sign_in

pytestmark = pytest.mark.browser
CALENDAR, LIGHTS = "/office/610526/calendar/", "/office/610526/lights/"


@pytest.mark.parametrize("page", [{**PHONE, "locale": "en"}], indirect=True)
def test_a_row_is_added_filled_and_previewed(page: Any) -> None:
    sign_in(page, "bureau_admin")
    page.goto(CALENDAR)
    page.get_by_role("button", name="Another closure").click()
    assert page.evaluate("document.activeElement.id") == "closures-3-0"
    page.get_by_label("Closure 4: from").fill("2027-06-07")
    page.get_by_label("Closure 4: why").fill("exams")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("heading", name="Preview: nothing is saved yet").wait_for()
    assert page.get_by_label("Closure 1: why").input_value() == "exams", "the empty rows before it are left out"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("page", [PHONE], indirect=True)
@pytest.mark.parametrize("path", [CALENDAR, LIGHTS])
def test_nothing_is_wider_than_a_phone_and_nothing_to_press_is_too_small(page: Any, path: str) -> None:
    sign_in(page, "bureau_admin")
    page.goto(path)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    small = page.evaluate(
        """() => [...document.querySelectorAll('main button, main select, main input:not([type=hidden]), main .check')]
          .filter(e => e.type !== 'checkbox' && e.offsetParent && e.getBoundingClientRect().height < 43.5)
          .map(e => e.outerHTML.slice(0, 120))"""
    )
    assert small == []
