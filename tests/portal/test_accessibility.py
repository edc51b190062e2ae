"""WCAG 2.2 AA by axe-core on every page, in both languages, light and dark; then by keyboard, at 400 %, without a script.

The pages are enumerated (`tests.portal.routes`): a new one is looked at without anybody thinking of it. One story per question,
many pages each, for a browser costs seconds.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.portal.routes import pages_behind_the_sign_in, public_pages

pytestmark = [pytest.mark.browser, pytest.mark.slow]

AXE = Path(find_spec("axe_playwright_python").origin).with_name("axe.min.js").read_text(encoding="utf-8")  # type: ignore[union-attr, arg-type]
PROJECT = "/projects/610526-2023-003/"
SCHOOL = "411525-S01"  # with acts, which Pucheng's schools have none of
# Pages of which one kind is not enough, what is found at an address that is none, and data as pages.
MORE = [
    "/projects/?q=puchegn",
    "/projects/?status=in_use&bureau=610526",
    "/projects/?near=109.59,34.95&radius=100000",
    "/regions/610526102/",
    "/projects/610526-2023-999/",
    "/projects/?foo=1",
    "/ogc/",
    "/ogc/collections/projects/items",
]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LOOK = """async (rules) => {
  const found = await axe.run(document, { runOnly: rules, resultTypes: ['violations'], preload: false });
  return found.violations.flatMap(v => v.nodes.slice(0, 3).map(n => `${v.id}: ${n.html.slice(0, 160)} ${n.failureSummary}`));
}"""


DARK_PHONE, LIGHT_DESK = ("dark", 320), ("light", 1280)


def every_page() -> list[str]:
    there = {"610526-2023-001": "610526-2023-003", "610526-first": SCHOOL}
    found = [path for _name, path in public_pages()]
    for cast, demo in there.items():
        found = [path.replace(cast, demo) for path in found]
    return found + MORE


def settle(page: Any) -> None:
    """Until a map has drawn its marks and their list."""
    if page.locator("[data-map-stage]").count() and not page.locator("[data-own-map]").count():
        page.wait_for_selector("html[data-marks=drawn]", state="attached")


def show(page: Any, scheme: str, width: int) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.set_viewport_size({"width": width, "height": 640})


def faults(page: Any, *looks: tuple[str, int]) -> list[str]:
    """What axe finds on the page that is loaded, in the first of the looks; and in each what is wider than the screen."""
    page.evaluate(AXE)
    found = []
    for scheme, width in looks:
        show(page, scheme, width)
        if (scheme, width) == looks[0]:
            found += [f"{page.url} {scheme} {width} {fault}" for fault in page.evaluate(LOOK, RULES)]
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found.append(f"{page.url} is wider than {width} px")
    return found


@pytest.mark.parametrize(
    ("language", "tag", "looks"),
    [("zh", "zh-Hans", (DARK_PHONE, LIGHT_DESK)), ("en", "en", (LIGHT_DESK, DARK_PHONE))],
    ids=["zh", "en"],
)
def test_axe_finds_nothing_on_any_public_page(page: Any, problems: Any, language: str, tag: str, looks: Any) -> None:
    """Each page is loaded once per language: in Chinese in the dark at 320 px (1280 at 400 %), in English in the light on a desk,
    and then turned into the other, to see that it fits there too."""
    problems.allow(r"status of 40[04]")
    found = []
    for path in every_page():
        show(page, *looks[0])
        page.goto(f"/{language}{path}", wait_until="load")
        settle(page)
        assert page.locator("html").get_attribute("lang") == tag, path
        found += faults(page, *looks)
    assert found == [], "\n".join(found)


def test_axe_finds_nothing_behind_the_sign_in(page: Any, problems: Any) -> None:
    """What an administrator of a bureau may read and the public may not, and a form that comes back with its faults."""
    problems.allow(r"status of 400")
    show(page, *DARK_PHONE)
    found = []
    every = pages_behind_the_sign_in()
    here = [path for path in every if "610526-planned" not in path]
    schools = [path.replace("610526-planned", SCHOOL).replace("610526", "411525") for path in every if path not in here]
    for person, paths in (("gushi_official", schools), ("bureau_admin", here)):
        page.context.clear_cookies()
        page.goto("/zh/accounts/login/")
        page.get_by_label("用户名").fill(person)
        page.get_by_label("密码").fill(f"demo-{person}")
        page.locator(".sign-in button").click()
        page.wait_for_url("**/zh/")
        for path in paths:
            page.goto(f"/zh{path}", wait_until="load")
            found += faults(page, DARK_PHONE)
    page.goto("/en/office/610526/children/")
    page.locator("button[value=read]").click()
    page.get_by_role("alert").get_by_role("link").first.click()
    assert (
        page.title().startswith("Nothing was saved") and page.evaluate("document.activeElement.ariaInvalid") == "true"
    )
    found += faults(page, LIGHT_DESK)
    assert found == [], "\n".join(found)


PARENT = ["/", "/projects/", "/regions/610526/", PROJECT, "/plans/", "/plans/610526-2023/", "/maps/status/"]
FIRST_VISIT = 150 * 1024
FOCUSED = """() => {
  const e = document.activeElement, style = getComputedStyle(e), box = e.getBoundingClientRect();
  return { tag: e.tagName, name: (e.getAttribute('aria-label') || e.textContent || e.value || '').trim().replace(/\\s+/g, ' '),
           seen: (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== 'none',
           shown: box.width > 0 && box.height > 0 };
}"""


def walk(page: Any, wanted: str, limit: int = 80) -> list[dict[str, Any]]:
    """Tab until something of that name has the focus; what was met on the way."""
    met = []
    for _ in range(limit):
        page.keyboard.press("Tab")
        met.append(page.evaluate(FOCUSED))
        if met[-1]["name"].startswith(wanted):
            return met
    raise AssertionError(f"{wanted!r} is not reached: {[item['name'] for item in met]}")


def test_everything_is_reached_by_keyboard_and_seen_when_it_is(page: Any) -> None:
    page.goto("/en/projects/")
    way = walk(page, "Skip to the content", 1)
    assert way[0]["seen"] and way[0]["shown"]
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    # From the search through the filters to the first project, each seen when it has the focus.
    way = walk(page, "Kindergarten")
    assert [item["name"] for item in way if not (item["seen"] and item["shown"])] == []
    page.keyboard.press("Enter")
    page.wait_for_url("**/en/projects/?stage=kindergarten")
    walk(page, "Take this filter away:")
    page.keyboard.press("Enter")
    page.wait_for_url("**/en/projects/")
    way = walk(page, "New Xiushui")
    assert [item["name"] for item in way if not (item["seen"] and item["shown"])] == []
    page.keyboard.press("Enter")
    page.wait_for_url("**/en/projects/411525-2026-*/")
    # The map's list: a site by name, and what the map says of it.
    page.goto("/en/maps/status/")
    page.wait_for_selector("html[data-marks=drawn]", state="attached")
    page.locator("button.site-show").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".leaflet-popup")
    # Moving nothing for who asks for that.
    page.emulate_media(reduced_motion="reduce")
    page.goto("/en/")
    page.wait_for_selector("html[data-marks=drawn]", state="attached")
    assert page.evaluate("document.getAnimations().filter(a => a.effect.getTiming().duration > 1).length") == 0


def test_a_first_visit_weighs_little(browser: Any, served: Any) -> None:
    """What a parent's first page fetches on a phone, packed as the server packs it, without pictures."""
    heavy = []
    for path in PARENT:
        context = browser.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN", base_url=served.url)
        page = context.new_page()
        wire = context.new_cdp_session(page)
        wire.send("Network.enable")
        kinds: dict[str, str] = {}
        sent: list[tuple[str, float]] = []
        wire.on(
            "Network.responseReceived", lambda event, kinds=kinds: kinds.update({event["requestId"]: event["type"]})
        )
        wire.on(
            "Network.loadingFinished",
            lambda event, sent=sent: sent.append((event["requestId"], event["encodedDataLength"])),
        )
        page.goto(path, wait_until="load")
        settle(page)
        weight = sum(size for request, size in sent if kinds.get(request) != "Image")
        assert weight > 5000, "nothing was counted"
        if weight > FIRST_VISIT:
            heavy.append((path, round(weight / 1024)))
        context.close()
    assert heavy == []


@pytest.mark.parametrize("page", [{"java_script_enabled": False}], indirect=True)
def test_all_of_it_is_read_without_a_script(page: Any) -> None:
    page.goto("/en/regions/610526/")
    page.get_by_role("link", name="18 projects").click()
    page.get_by_role("link", name="Primary school 6").click()
    expect(page.get_by_role("heading", name="6 projects")).to_be_visible()
    page.get_by_text("Near me").click()
    expect(page.get_by_role("button", name="Sort by distance from me")).to_be_hidden()
    page.get_by_label("Or by distance from a township").select_option(label="Sunzhen")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("table").get_by_text(" km")).to_have_count(6)
    page.locator("th[scope=row] a").first.click()
    page.wait_for_url("**/en/projects/610526-2023-*/")
    expect(page.locator("h1")).to_be_visible()
    expect(page.get_by_role("table").first).to_be_visible()
