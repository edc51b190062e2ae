"""The status map in Chromium, against the running product: marks, clusters, list, popups.
Every test also fails on a request to another host, a violation of the content security policy, or an error in the console
(the `page` fixture)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.maps.browsing import PUCHENG, answer_sites, lose_one, open_map
from tests.maps.conftest import HOSTILE_TEXT

pytestmark = pytest.mark.browser


def separate_mark(page: Any) -> dict[str, Any]:
    """A drawn mark that stands alone, well inside the map: its title, code and place on the page."""
    found: dict[str, Any] = page.evaluate(
        """() => {
          const { map, drawn } = SchoolWorks.current;
          const box = map.getContainer().getBoundingClientRect();
          for (const [key, layer] of drawn) {
            if (!key.startsWith("s")) continue;
            const at = map.latLngToContainerPoint(layer.getLatLng());
            if (at.x > 80 && at.y > 20 && at.x < box.width - 20 && at.y < box.height - 20)
              return { title: layer.site.title, code: layer.site.code, x: box.x + at.x, y: box.y + at.y };
          }
        }"""
    )
    return found


def stands_still(page: Any) -> None:
    """The map has made room for the popup: nothing on it moves any more."""
    page.wait_for_function("() => !SchoolWorks.current.map._panAnim?._inProgress")


def test_all_sites_of_the_county_are_drawn_and_listed(page: Any) -> None:
    open_map(page)
    expect(page.locator("[data-map-located] li")).to_have_count(18)
    expect(page.locator("[data-map-located-count]")).to_have_text("18")
    page.wait_for_function(
        "() => /^18 sites, \\d+ clusters? in view$/.test(document.querySelector('[data-map-summary]').textContent)"
    )
    answer = "18 projects: Tendering 1 · Under construction 2 · Suspended 1 · Accepted 3 · In use 11"
    expect(page.locator("[data-map-answer]")).to_have_text(answer)
    drawn = page.evaluate(
        "() => [...SchoolWorks.current.drawn.entries()].reduce((sum, [key, layer]) =>"
        " sum + (key.startsWith('s') ? 1 : Number(layer.getElement().textContent)), 0)"
    )
    assert drawn == 18
    expect(page.locator("path.county")).to_have_count(1)
    # The townships' names are to be read: none lies under a mark.
    expect(page.locator(".township-label:not([hidden]) .township-name")).not_to_have_count(0)
    under = """() => {
          const { map, drawn } = SchoolWorks.current;
          const { left, top } = map.getContainer().getBoundingClientRect();
          const at = [...drawn.values()].map((layer) => map.latLngToContainerPoint(layer.getLatLng()).add([left, top]));
          return [...document.querySelectorAll(".township-label:not([hidden]) .township-name")].filter((name) => {
            const e = name.getBoundingClientRect();
            return at.some(({ x, y }) => x > e.left - 10 && x < e.right + 10 && y > e.top - 10 && y < e.bottom + 10);
          }).map((name) => name.textContent);
        }"""
    assert page.evaluate(under) == []


def test_the_legend_counts_every_site(page: Any) -> None:
    open_map(page)
    page.wait_for_function("() => document.querySelector('[data-legend^=status] [data-count]').textContent !== ''")
    counts = page.locator("[data-legend^='status:'] [data-count]").all_text_contents()
    assert sum(int(count) for count in counts) == 18


def test_a_mark_opens_its_popup_and_is_selected_in_the_list(page: Any) -> None:
    open_map(page)
    mark = separate_mark(page)
    page.mouse.click(mark["x"], mark["y"])
    popup = page.locator(".popup")
    popup.wait_for()
    assert popup.locator("h3").text_content() == mark["title"]
    expect(popup.locator("progress")).to_have_count(1)
    assert popup.locator("a").get_attribute("href") == f"/projects/{mark['code']}/"
    selected = page.locator("[aria-current=true][data-site]")
    assert selected.get_attribute("data-site") == mark["code"]
    stands_still(page)  # a press whose button moves away before it is let go is none
    page.locator(".leaflet-popup-close-button").click()
    selected.wait_for(state="detached")


def test_every_site_of_the_list_can_be_reached_and_opened_by_keyboard(page: Any) -> None:
    """Also those that stand in a cluster: the map goes near enough."""
    open_map(page)
    for number in range(18):
        button = page.locator("[data-map-located] button").nth(number)
        code = button.get_attribute("data-site")
        button.focus()
        page.keyboard.press("Enter")
        page.wait_for_function(
            f"() => document.querySelector('.popup a')?.getAttribute('href') === '/projects/{code}/'"
        )
        assert page.evaluate("() => document.activeElement.dataset.site") == code
        assert page.evaluate("() => SchoolWorks.current.drawn.has('s' + SchoolWorks.current.chosen)")
        assert page.locator("[aria-current=true][data-site]").get_attribute("data-site") == code
    page.keyboard.press("Escape")
    expect(page.locator(".popup")).to_have_count(0)
    assert page.evaluate("() => document.activeElement.dataset.site") == code, "one goes on where one was"
    expect(page.locator("[aria-current=true][data-site]")).to_have_count(0)


def test_clusters_say_how_many_and_open_by_keyboard(page: Any) -> None:
    open_map(page)
    cluster = page.locator(".cluster-icon").first
    number = cluster.text_content()
    assert re.match(rf"{number} sites here: .+\. Press to look closer\.", cluster.get_attribute("aria-label"))
    assert cluster.get_attribute("role") == "button"
    before = page.evaluate("() => SchoolWorks.current.map.getZoom()")
    cluster.focus()
    page.keyboard.press("Enter")
    page.wait_for_function(f"() => SchoolWorks.current.map.getZoom() > {before}")


def test_sites_at_one_place_can_still_be_chosen(page: Any) -> None:
    def pile_up(data: Any) -> None:
        data["lon"] = [109.6] * len(data["lon"])
        data["lat"] = [34.95] * len(data["lat"])

    answer_sites(page, pile_up)
    open_map(page)
    page.locator(".cluster-icon").first.click()
    page.locator(".crowd button").first.wait_for()
    expect(page.locator(".crowd button")).to_have_count(18)
    page.locator(".crowd button").nth(3).click()
    page.locator(".popup progress").wait_for()


def test_text_is_shown_as_it_was_written(page: Any) -> None:
    """Titles, divisions and milestones full of template and script text: literal in popup, tooltip, list, crowd."""

    def poison(data: Any) -> None:
        if "title" not in data:
            return
        data["title"] = [HOSTILE_TEXT] * len(data["title"])
        data["vocab"]["region"] = [HOSTILE_TEXT] * len(data["vocab"]["region"])
        data["vocab"]["next"] = [HOSTILE_TEXT] * len(data["vocab"]["next"])

    answer_sites(page, poison)
    dialogs: list[str] = []

    def dismiss(dialog: Any) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", dismiss)
    open_map(page)
    assert page.locator(".site-title").first.text_content() == HOSTILE_TEXT
    mark = separate_mark(page)
    page.mouse.move(mark["x"], mark["y"])
    page.locator(".leaflet-tooltip").wait_for()
    assert page.locator(".leaflet-tooltip").text_content() == HOSTILE_TEXT
    page.mouse.click(mark["x"], mark["y"])
    page.locator(".popup").wait_for()
    assert page.locator(".popup h3").text_content() == HOSTILE_TEXT
    assert HOSTILE_TEXT in page.locator(".popup-status").text_content()
    expect(page.locator("main img:not(.leaflet-tile)")).to_have_count(0)
    assert dialogs == []


def test_sites_without_a_location_are_listed_as_such(page: Any) -> None:
    answer_sites(page, lose_one)
    open_map(page)
    expect(page.locator("[data-map-located] li")).to_have_count(17)
    expect(page.locator("[data-map-unlocated-section] h2")).to_be_visible()
    expect(page.locator("[data-map-unlocated] li")).to_have_count(1)
    expect(page.locator("[data-map-unlocated] button")).to_have_count(0)


def test_a_long_list_is_cut_and_says_so(page: Any) -> None:
    def multiply(data: Any) -> None:
        for name, column in data.items():
            if isinstance(column, list):
                data[name] = column * 100
        if "code" in data:
            data["code"] = [f"X-{number}" for number in range(len(data["lon"]))]

    answer_sites(page, multiply)
    open_map(page)
    expect(page.locator("[data-map-located] li")).to_have_count(200)
    assert re.match(r"1,600 more", page.locator("[data-map-located-more]").text_content())


def test_what_was_written_between_marks_and_words_is_shown(page: Any) -> None:
    """The second answer speaks of another state: it is drawn anew, and no mark gets another site's words."""

    def older(data: Any) -> None:
        if "unlocated" in data:
            return
        data["version"] = "of a moment ago"
        for column in ("lon", "lat", "status", "stage", "precision"):
            data[column] = data[column][5:]

    answer_sites(page, older)
    open_map(page)
    expect(page.locator("[data-map-located] li")).to_have_count(18)
    assert page.evaluate("() => SchoolWorks.current.sites.length") == 18
    mark = separate_mark(page)
    assert mark["title"]


def test_clusters_hold_each_site_once_and_seldom_overlap(page: Any) -> None:
    """Random sites, a crowd at one point and both sides of the date line, at every zoom level."""
    open_map(page)
    levels = page.evaluate(
        """() => {
          let seed = 7;
          const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
          const lon = [], lat = [];
          for (let n = 0; n < 3000; n++) {
            lon.push(n < 500 ? 109.6 : n < 600 ? 180 * (n % 2 ? 1 : -1) : 109 + random());
            lat.push(n < 500 ? 34.95 : n < 600 ? -85 + random() * 170 : 34 + random());
          }
          const clusters = new SchoolWorks.Clusters(lon, lat, 52);
          const answer = [];
          for (let zoom = 2; zoom <= 18; zoom++) {
            const groups = clusters.at(zoom);
            const scale = 256 * 2 ** zoom;
            const y = (lat) => 0.5 - Math.asinh(Math.tan((lat * Math.PI) / 180)) / (2 * Math.PI);
            const at = groups.map((g) => [(g.lon / 360 + 0.5) * scale, y(g.lat) * scale]);
            const near = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]) < 52;
            const close = at.length > 1500 ? 0 : at.reduce((n, a, i) => n + at.slice(0, i).filter((b) => near(a, b)).length, 0);
            const members = groups.flatMap((g) => g.members);
            const crowd = groups.find((g) => g.members.includes(0));
            const distinct = new Set(members).size;
            answer.push({ zoom, groups: groups.length, members: members.length, distinct, close, crowd: crowd.members.length });
          }
          return answer;
        }"""
    )
    for level in levels:
        assert (level["members"], level["distinct"]) == (3000, 3000), level
        assert level["close"] <= level["groups"] / 20, level
        assert level["crowd"] >= 500, level
    assert levels[0]["groups"] < 60 < levels[-1]["groups"]


def test_nothing_found_says_so_and_offers_the_way_back(page: Any) -> None:
    page.goto("/maps/status/?q=nosuchschool")
    page.get_by_text("No project matches these filters.").wait_for()
    page.locator("[data-map-state] a").click()
    page.wait_for_selector("html[data-marks=drawn]", state="attached")


@pytest.mark.parametrize("page", [{"java_script_enabled": False}], indirect=True)
def test_without_scripts_the_filters_work_and_a_list_is_offered(page: Any) -> None:
    page.goto(PUCHENG)
    page.select_option("#filter-status", "in_use")  # they stand open
    page.get_by_role("button", name="Show").click()
    assert "status=in_use" in page.url
    assert page.get_by_role("link", name="The same projects as a list").get_attribute("href").startswith("/projects/?")


@pytest.mark.parametrize("page", [{"locale": "zh-CN"}], indirect=True)
def test_in_chinese_the_glyphs_are_chinese(page: Any) -> None:
    open_map(page)
    assert "幼" in page.locator(".map-legend").text_content()
    assert "县职业教育中心" in page.locator("[data-map-located]").text_content()
    assert page.locator("html").get_attribute("lang") == "zh-Hans"


@pytest.mark.parametrize("page", [{"reduced_motion": "reduce"}], indirect=True)
def test_reduced_motion_is_respected(page: Any) -> None:
    open_map(page)
    assert page.evaluate("() => SchoolWorks.current.map.options.zoomAnimation") is False
