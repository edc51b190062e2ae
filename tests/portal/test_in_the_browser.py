"""The pages in Chromium, as a parent, an official and a superuser open them. Every test also fails on a request to another
host, a violation of the content security policy, or an error in the console (the `page` fixture)."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "locale": "zh-CN"}
PATHS = (
    "/",
    "/projects/",
    "/regions/610526/",
    "/projects/610526-2023-003/",
    "/plans/",
    "/plans/610526-2023/",
    "/accounts/login/",
)


def sign_in(page: Any, name: str) -> None:
    page.goto("/accounts/login/")
    page.fill("#id_username", name)
    page.fill("#id_password", f"demo-{name}")
    page.click("form.sign-in button")
    page.wait_for_selector(".account form[action='/accounts/logout/']", state="attached")


def test_a_parent_finds_a_school_and_reads_when_it_opens(page: Any) -> None:
    page.goto("/")
    page.wait_for_selector("html[data-marks=drawn]", state="attached")
    page.fill("#home-q", "Xinpucheng")
    page.press("#home-q", "Enter")
    page.get_by_role("link", name="Xinpucheng Middle School").click()
    expect(page.get_by_text("Opens", exact=True)).to_be_visible()
    page.get_by_role("link", name="中文").click()
    page.wait_for_selector("html[lang=zh-Hans]")
    assert page.url.endswith("/projects/610526-2023-003/")
    expect(page.locator("dl.glance dt").first).to_be_visible()


def test_an_official_signs_in_with_one_press_and_reads_the_internal_part(page: Any) -> None:
    page.goto("/accounts/login/?next=/projects/610526-2023-003/")
    page.get_by_role("button", name="official", exact=True).click()
    page.wait_for_url("**/projects/610526-2023-003/")
    expect(page.get_by_role("heading", name="For the bureau")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/")


@pytest.mark.parametrize("page", [PHONE], indirect=True)
@pytest.mark.parametrize("path", PATHS)
def test_nothing_is_wider_than_a_phone_and_nothing_to_press_is_too_small(page: Any, path: str) -> None:
    page.goto(path)
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    small = page.evaluate(
        """() => [...document.querySelectorAll('main button, main select, main input:not([type=hidden]), main a.button')]
          .filter(e => e.offsetParent && !e.closest('.leaflet-control-container') && e.getBoundingClientRect().height < 43.5)
          .map(e => e.outerHTML.slice(0, 120))"""
    )
    assert small == []


@pytest.mark.parametrize("page", [{"java_script_enabled": False}], indirect=True)
@pytest.mark.parametrize("path", PATHS)
def test_pages_work_without_javascript(page: Any, path: str) -> None:
    page.goto(path)
    expect(page.locator("h1")).to_be_visible()
    if path == "/projects/":
        page.get_by_role("link", name="Rural upgrade").click()
        page.get_by_role("link", name="Pucheng 10").click()
        page.get_by_role("heading", name="10 projects").wait_for()


def test_the_admin_keeps_the_content_security_policy(page: Any, served: Any) -> None:
    served.manage(
        "shell",
        "-v0",
        "-c",
        "from projects_api.models import User; User.objects.filter(username='keeper').exists() or "
        "User.objects.create_superuser('keeper', password='demo-keeper')",
    )
    sign_in(page, "keeper")
    page.goto("/admin/")
    for path in ("project", "ledgerentry", "membership", "user", "region"):
        page.goto(f"/admin/projects_api/{path}/")
        page.locator("#result_list tbody a").first.click()
        page.wait_for_load_state("networkidle")
    page.goto("/admin/projects_api/membership/add/")
    page.locator(".datetimeshortcuts a").first.click()
    page.goto("/admin/projects_api/user/add/")
    page.wait_for_load_state("networkidle")


@pytest.mark.parametrize("path", ["/nowhere", "/projects/?foo=1"])
def test_an_error_page_is_whole(page: Any, problems: Any, path: str) -> None:
    problems.allow(r"status of 40[04]")
    page.goto(path)
    expect(page.locator("h1")).to_be_visible()
    expect(page.get_by_role("link", name="Back to the map and list")).to_be_visible()


@pytest.mark.parametrize("page", [PHONE], indirect=True)
def test_long_parts_are_folded_on_a_phone_and_stand_open_on_paper(page: Any) -> None:
    page.goto("/projects/610526-2023-005/")
    page.wait_for_function("!document.querySelector('details.fold').open")
    folds, stages = page.locator("details.fold"), page.locator("table.stages")
    assert folds.count() == 3 and stages.is_hidden()
    assert all(link.bounding_box()["height"] >= 43.5 for link in page.locator(".contents a, .fold > summary").all())
    page.locator(".fold > summary").first.click()
    assert stages.is_visible()
    opened = "[...document.querySelectorAll('details.fold')].map(fold => fold.open)"
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate(opened) == [True, True, True]
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate(opened) == [True, False, False]
