"""Asking with a browser: it does its bit of work, tells where one stands, and the office sees nothing doubtful."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import PATIENCE

pytestmark = [pytest.mark.e2e, pytest.mark.once]


@pytest.mark.parametrize(
    "page",
    [{"viewport": {"width": 390, "height": 844}, "geolocation": {"longitude": 115.65, "latitude": 32.17},
      "permissions": ["geolocation"]}],
    indirect=True,
)  # fmt: skip
def test_somebody_asks_on_a_phone_and_the_office_sees_it(page: Any) -> None:
    page.goto("/projects/?bureau=411525")
    page.locator(".rows th a").first.click()
    page.get_by_role("link", name="Ask the bureau, or say what you have seen").click()
    page.get_by_label("Your words").fill("When is the road to the gate ready? <i>My</i> number is 139 1234 5678.")
    page.get_by_role("button", name="use my position").click()
    work = page.locator("[name=work]")
    for _look in range(PATIENCE // 100):
        if work.input_value() and page.get_by_label("Where? (optional)").input_value():
            break
        page.wait_for_timeout(100)
    assert page.get_by_label("Where? (optional)").input_value() == "115.650000, 32.170000"
    page.wait_for_timeout(3000)  # nobody is quicker
    page.get_by_role("button", name="Send").click()
    page.get_by_role("heading", name="Thank you: it has arrived").wait_for()
    page.goto("/accounts/login/?next=/office/questions/")
    page.locator(".sign-in [name=username]").fill("gushi_official")
    page.locator(".sign-in [name=password]").fill("demo-gushi_official")
    page.locator(".sign-in .button").click()
    page.locator(".reports h2 a").first.click()
    assert page.locator("mark").inner_text() == "139 1234 5678" and "look twice" not in page.content()
    page.get_by_role("button", name="Publish the question").click()
    page.goto(page.locator("h1 a").get_attribute("href") + "questions/")
    words = page.locator(".question blockquote").inner_text()
    assert "When is the road to the gate ready? <i>My</i> number is [***]." in words
