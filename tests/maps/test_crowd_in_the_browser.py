"""A map of too many sites in Chromium: the clusters come from the database, window by window, and look and work as ever.

The county has eighteen sites; the first answer is changed on its way to say that they are too many. The rest is the product's.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.maps.conftest import by_itself

pytestmark = pytest.mark.browser

PUCHENG = "/maps/status/?bureau=610526"
CLUSTERS = re.compile(r"/maps/clusters\.json\?")
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
DRAWN = """() => [...SchoolWorks.current.crowd.drawn.entries()].reduce((sum, [key, layer]) =>
  sum + (key.startsWith('s') ? 1 : Number(layer.getElement().textContent)), 0)"""


def overview(sites: dict[str, Any]) -> dict[str, Any]:
    """What the server would answer about these sites, were they too many."""
    words = sites["vocab"]["status"]
    return {
        "too_many": True,
        "version": sites["version"],
        "count": sites["count"],
        "located": len(sites["code"]),
        "vocab": {"status": words},
        "counts": [sites["status"].count(place) for place in range(len(words))],
        "bounds": [[min(sites["lat"]), min(sites["lon"])], [max(sites["lat"]), max(sites["lon"])]],
        "unlocated": sites,
    }


def open_crowd(page: Any, *, drawn: bool = True) -> None:
    def handle(route: Any) -> None:
        request = route.request
        if "status=" in request.url:
            return route.continue_()
        response = route.fetch(url=request.url.replace("marks.json", "sites.json"))
        return route.fulfill(response=response, body=json.dumps(overview(response.json())))

    by_itself(page)
    page.route(re.compile(r"/maps/marks\.json"), handle)
    page.goto(PUCHENG)
    if drawn:
        page.wait_for_selector("html[data-marks=drawn]", state="attached")
        page.wait_for_selector("[data-map-located] li", state="attached")


def test_every_site_is_drawn_listed_and_counted(page: Any) -> None:
    open_crowd(page)
    assert page.evaluate(DRAWN) == 18
    expect(page.locator("[data-map-located] li")).to_have_count(18)
    expect(page.locator("[data-map-located-count]")).to_have_text("18")
    counts = page.locator("[data-legend^='status:'] [data-count]").all_text_contents()
    assert sum(int(count) for count in counts) == 18
    page.wait_for_function(
        "() => /^18 sites, \\d+ clusters? in view$/.test(document.querySelector('[data-map-summary]').textContent)"
    )
    answer = "18 projects: Tendering 1 · Under construction 2 · Suspended 1 · Accepted 3 · In use 11"
    expect(page.locator("[data-map-answer]")).to_have_text(answer)
    expect(page.locator("path.county")).to_have_count(1)


def test_a_cluster_opens_by_keyboard_and_the_list_follows_the_window(page: Any) -> None:
    open_crowd(page)
    cluster = page.locator(".cluster-icon").first
    assert re.match(r"\d+ sites here: .+\. Press to look closer\.", cluster.get_attribute("aria-label"))
    with page.expect_response(CLUSTERS) as answer:
        cluster.focus()
        page.keyboard.press("Enter")
    in_view = answer.value.json()["count"]
    assert 1 < in_view < 18
    page.wait_for_function(f"() => document.querySelectorAll('[data-map-located] li').length === {in_view}")


@pytest.mark.parametrize("page", [{}, PHONE], indirect=True, ids=["desk", "phone"])
def test_a_site_of_the_list_is_shown_and_opened(page: Any) -> None:
    open_crowd(page)
    button = page.locator("[data-map-located] button").nth(3)
    code = button.get_attribute("data-site")
    button.focus()
    page.keyboard.press("Enter")
    page.wait_for_function(f"() => document.querySelector('.popup a')?.getAttribute('href') === '/projects/{code}/'")
    page.evaluate("() => SchoolWorks.current.map.closePopup()")
    expect(page.locator("[aria-current=true][data-site]")).to_have_count(0)


def test_what_the_search_finds_is_opened(page: Any) -> None:
    open_crowd(page)
    box = page.get_by_role("combobox", name="Search by name")
    for typed in ("dsyyey", "xpczx"):  # the second from close by the first
        box.fill(typed)
        page.locator("[role=option]").first.wait_for()
        title = page.locator("[role=option] .map-search-name").first.text_content()
        box.press("Enter")
        page.locator(".popup h3", has_text=re.compile(f"^{re.escape(title)}$")).wait_for()
    expect(page.locator("[aria-current=true][data-site]")).to_have_count(1)


def test_the_list_is_of_the_window_that_is_drawn_though_the_map_has_moved_on(page: Any) -> None:
    open_crowd(page)
    held: list[Any] = []
    page.route(re.compile(r"/maps/clusters\.json\?.*zoom=14"), lambda route: held.append(route))
    page.evaluate("""() => {
      const { crowd } = SchoolWorks.current;
      const show = crowd.show.bind(crowd);
      crowd.show = (...given) => {
        delete crowd.show;
        show(...given);
        SchoolWorks.map.setZoom(14, { animate: false });
      };
      SchoolWorks.map.setView([34.95, 109.6], 12, { animate: false });
    }""")
    page.wait_for_function("() => document.querySelectorAll('[data-map-located] li').length < 18")
    assert held, "the next window is still on its way"
    page.locator("[data-map-located] button").first.click()
    page.locator(".popup h3").wait_for()


def test_filters_that_leave_few_bring_the_sites_themselves(page: Any) -> None:
    open_crowd(page)
    page.select_option("#filter-status", "in_use")
    page.wait_for_function("() => SchoolWorks.current.clusters !== null && SchoolWorks.current.told")
    assert page.evaluate("() => SchoolWorks.current.crowd.drawn.size") == 0
    page.select_option("#filter-status", "")
    page.wait_for_function("() => SchoolWorks.current.clusters === null && SchoolWorks.current.crowd.drawn.size > 0")


def test_a_failing_window_can_be_tried_again(page: Any, problems: Any) -> None:
    problems.allow("503")
    page.route(CLUSTERS, lambda route: route.fulfill(status=503, body="{}"))
    open_crowd(page, drawn=False)
    page.get_by_text("Not loaded: Sites. The server has a fault (503).").wait_for()
    page.unroute(CLUSTERS)
    page.get_by_role("button", name="Try again").click()
    page.wait_for_selector("html[data-marks=drawn]", state="attached")
    assert page.evaluate(DRAWN) == 18
