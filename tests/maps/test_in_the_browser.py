"""The status map in Chromium, against the running product. Every test also fails on a request to another host, a
violation of the content security policy, or an error in the console (the `page` fixture)."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from playwright.sync_api import expect

from mapviews.maps import VIEWS
from tests.maps.conftest import HOSTILE_TEXT, by_itself

pytestmark = pytest.mark.browser

PUCHENG = "/maps/status/?bureau=610526"
INVESTMENT = "/maps/investment/?bureau=610526"
SITES = re.compile(r"/maps/(marks|sites)\.json")


def open_map(page: Any, address: str = PUCHENG) -> None:
    page.goto(address)
    page.wait_for_selector("html[data-marks=drawn]", state="attached")
    page.wait_for_selector("[data-map-located] li", state="attached")


def open_areas(page: Any, address: str) -> None:
    page.goto(address)
    page.wait_for_selector("html[data-circles=drawn]", state="attached")


def answer_sites(page: Any, change: Any) -> None:
    """Let `change` alter the sites on their way to the browser."""

    def handle(route: Any) -> None:
        response = route.fetch()
        data = response.json()
        change(data)
        route.fulfill(response=response, body=json.dumps(data))

    by_itself(page)
    page.route(SITES, handle)


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
    assert page.locator("[data-map-located-count]").text_content() == "18"
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


def lose_one(data: Any) -> None:
    """The last of the sites has no place."""
    for name in ("status", "stage", "precision") if "unlocated" not in data else ():
        data[name].pop()
    for name, column in data.get("unlocated", {}).items():
        column.append(data[name].pop())
    data["lon"].pop()
    data["lat"].pop()


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


def test_the_map_of_lights_lists_the_latest_first_with_days_and_reasons(page: Any) -> None:
    page.add_init_script(OLD)
    open_map(page, "/maps/lights/?bureau=610526")
    page.wait_for_selector("[data-map-reasons] li")
    days = [
        int((found[1] or found[2]).replace(",", ""))
        for text in page.locator("[data-map-located] .site-light").all_text_contents()
        if (found := re.search(r"([\d,]+) days? late|overdue by ([\d,]+)", text))
    ]
    assert days[0] > 100
    assert days == sorted(days, reverse=True)
    assert page.locator("[data-map-reasons] li").count() > 2
    counts = page.locator("[data-legend^='light:'] [data-count]").all_text_contents()
    assert sum(int(count) for count in counts) == 18


# What browsers of 2021 lack (docs/maps.md, "Browsers"): many an office's still does.
OLD = "delete URLSearchParams.prototype.size; delete Array.prototype.toSorted; delete AbortSignal.timeout; delete AbortSignal.any"


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


def test_the_months_repaint_the_sites_and_say_what_was_promised(page: Any) -> None:
    answer_sites(page, lose_one)
    open_map(page, "/maps/timeline/?bureau=610526")
    page.locator("[data-timeline]").wait_for()
    now = page.locator("[data-legend='status:in_use'] [data-count]")
    page.wait_for_function(
        "() => document.querySelector(\"[data-legend='status:in_use'] [data-count]\").textContent === '11'"
    )
    slider = page.locator("[data-timeline-month]")
    slider.evaluate("(slider) => { slider.value = 36; slider.dispatchEvent(new Event('input')); }")
    assert page.locator("[data-timeline-name]").text_content() == "June 2023"
    assert now.text_content() == "0"
    assert re.match(r"June 2023: begun \d+ \(promised \d+\)", page.locator("[data-timeline-figures]").text_content())
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("[data-timeline-name]").text_content() == "July 2023"
    page.get_by_label("What was known then").check()
    page.wait_for_function(
        "() => document.querySelector('[data-timeline-figures]').textContent.startsWith('July 2023')"
    )
    # Of a month only what was there is listed and counted, and nothing is said to be left out; a site without a place counts too.
    slider.evaluate("(slider) => { slider.value = 0; slider.dispatchEvent(new Event('input')); }")
    assert page.locator("li.site").count() == 0 and page.locator("[data-map-located-more]").text_content() == ""
    slider.evaluate("(slider) => { slider.value = slider.max; slider.dispatchEvent(new Event('input')); }")
    expect(page.locator("li.site")).to_have_count(18)
    counts = page.locator("[data-legend^='status:'] [data-count]").all_text_contents()
    assert sum(map(int, counts)) == 18
    # The record begins later: nothing is there, and the heading says no more.
    slider.evaluate("(slider) => { slider.value = 0; slider.dispatchEvent(new Event('input')); }")
    assert page.locator("[data-map-located-count]").text_content() == "0"
    slider.evaluate("(slider) => { slider.value = 37; slider.dispatchEvent(new Event('input')); }")
    page.get_by_role("button", name="Play").click()
    page.wait_for_function("() => document.querySelector('[data-timeline-name]').textContent !== 'July 2023'")
    page.get_by_role("button", name="Pause").click()


def test_a_month_is_part_of_the_address_and_a_filter_does_not_move_it(page: Any) -> None:
    open_map(page, "/maps/timeline/?bureau=610526&month=2026-11")
    name = page.locator("[data-timeline-name]")
    page.locator("[data-timeline]").wait_for()
    assert name.text_content() == "November 2026"
    # As the plan's own page counts: what is suspended has begun, and is behind.
    assert "begun 17 " in page.locator("[data-timeline-figures]").text_content()
    assert page.locator("[data-behind-count]").text_content() == "7"
    # All seven have a ring: those in a cluster by its own, which says of how many.
    clusters = [cluster.get_attribute("aria-label") for cluster in page.locator(".cluster-behind").all()]
    said = re.findall(r"behind what was promised for that month (\d+)$", "\n".join(clusters), re.MULTILINE)
    together = sum(map(int, said))
    alone = """() => { const { drawn, sites } = SchoolWorks.current;
          return [...drawn.keys()].filter((key) => key[0] === "s" && sites.behind[key.slice(1)]).length; }"""
    assert said and together + page.evaluate(alone) == 7
    page.select_option("#filter-kind", "rural_upgrade")
    page.wait_for_function("() => document.querySelector('[data-map-located-count]').textContent === '10'")
    page.wait_for_function("() => document.querySelector('[data-timeline-figures]').textContent.includes('begun 10')")
    assert name.text_content() == "November 2026" and "month=2026-11" in page.url
    page.get_by_role("button", name="A month back").click()
    page.get_by_label("What was promised").check()
    page.wait_for_function("() => /month=2026-10/.test(location.search) && /way=promised/.test(location.search)")
    sheet = page.get_by_role("link", name="PDF, A4").get_attribute("href")
    assert "month=2026-10" in sheet and "way=promised" in sheet
    page.reload()
    page.locator("[data-timeline]").wait_for()
    assert name.text_content() == "October 2026" and page.get_by_label("What was promised").is_checked()
    # Those that were sent before it was a parameter still lead there.
    page.goto("about:blank")
    open_map(page, "/maps/timeline/?bureau=610526#map=11/34.95/109.6/2023-06")
    page.locator("[data-timeline]").wait_for()
    assert name.text_content() == "June 2023"


RINGED = "() => SchoolWorks.sides.map((side) => side.sites.take(side.everyone).filter((site) => site.differs).length)"


def test_two_days_side_by_side_move_together_and_list_what_differs(page: Any) -> None:
    page.goto("/maps/compare/?bureau=610526&left_day=2023-06-30")
    page.locator("[data-differences] tbody tr").first.wait_for()
    expect(page.locator("[data-differences] tbody tr")).to_have_count(18)
    assert page.locator("[data-side-head=left]").text_content() == "30 June 2023"
    # On the maps a ring says which: around a mark, and around a cluster that holds one, also after the map has moved.
    assert page.locator("[data-differs-count]").text_content() == "18"
    assert page.locator("[data-map-summary]").text_content() == "18 of 18 sites are different."
    clusters = page.locator(".cluster-icon")
    assert clusters.count() and page.locator(".cluster-icon.cluster-differs").count() == clusters.count()
    assert re.search(r"\. \d+ of \d+ sites are different\.$", clusters.first.get_attribute("aria-label"))
    assert page.evaluate(RINGED) == [18, 18]
    page.emulate_media(color_scheme="dark")  # where it is the ink of the dark page, as in the legend
    look = "([of, what]) => getComputedStyle(document.querySelector(of))[what]"
    rings = [(".cluster-differs .cluster", "outlineColor"), (".differs-ring", "stroke")]
    assert len({page.evaluate(look, ring) for ring in rings}) == 1
    page.evaluate("() => SchoolWorks.sides[1].map.setView([34.9, 109.6], 12, { animate: false })")
    assert page.evaluate("() => SchoolWorks.sides[0].map.getZoom()") == 12
    page.select_option("#filter-status", "in_use")  # as each day was: eleven now, none then
    page.wait_for_function("() => document.querySelectorAll('[data-differences] tbody tr').length === 11")
    assert page.evaluate(RINGED) == [0, 11]
    # A layer is named once and hidden on both.
    page.get_by_role("button", name="Layers").click()
    page.get_by_label("County boundary").uncheck()
    expect(page.locator("path.county:visible")).to_have_count(0)
    assert page.get_by_label("Sites", exact=True).is_checked() and page.get_by_label("Townships").is_checked()
    page.get_by_label("Grid of degrees").check()
    assert all(page.locator(f"[data-side={side}] path.grid-line").count() > 3 for side in ("left", "right"))
    # Two layers of a day are two readings of each site: each is named, and nothing is called different.
    page.goto("/maps/compare/?bureau=610526&right_layer=light")
    page.locator("[data-differences] tbody tr").first.wait_for()
    assert page.locator("h1").text_content() == "What do two layers say of each site?"
    heads = [page.locator(f"[data-side-head={side}]").text_content() for side in ("left", "right")]
    assert heads == ["Projects by status · Today", "What is late · Today"]
    assert page.locator("[data-differences-count]").text_content() == "18 sites, as each layer has them."
    assert page.evaluate(RINGED) == [0, 0] and not page.locator("[data-differs-count]").is_visible()


def test_the_marks_do_not_hide_the_county_on_paper(page: Any) -> None:
    """Chromium prints a canvas as if it were opaque: what a browser does with a page on paper is seen in its PDF alone."""
    page.goto(f"{PUCHENG}&stage=primary&q=school")
    page.get_by_role("button", name="Layers").wait_for()
    with pypdfium2.PdfDocument(page.pdf(format="A4")) as document:
        words = " ".join(document[0].get_textpage().get_text_range().split())
        assert "Pucheng County Education Bureau" in words and "School stage Primary school" in words, "whose, and which"
        assert "Region" not in words and "Bureau New York" not in words
        colours = {colour: n for n, colour in document[0].render().to_pil().convert("RGB").getcolors(1 << 24)}
    assert colours.get((252, 252, 249), 0) > 20_000, "of half a million pixels"


def test_where_there_is_no_ground_the_grid_is_there_without_being_asked_for(page: Any) -> None:
    page.route("**/outline.geojson*", lambda route: route.fulfill(json={"type": "FeatureCollection", "features": []}))
    page.goto("/maps/status/")
    page.locator("path.grid-line").first.wait_for(state="attached")
    page.get_by_role("button", name="Layers").click()
    assert page.get_by_label("Grid of degrees").is_checked()


@pytest.mark.parametrize("view", VIEWS)
def test_a_map_taken_along_opens_from_a_disk_with_no_network(
    page: Any, browser: Any, tmp_path: Path, view: str
) -> None:
    """Whatever is written into it is shown as it was written; its own policy stops nothing that it needs."""
    path = tmp_path / f"{view}.html"
    day = "&left_day=2023-06-30" if view == "compare" else ""
    body = page.request.get(f"/maps/{view}/download/?bureau=610526{day}", headers={"Accept-Language": "en"}).text()
    name = "Fengxian" if view in ("investment", "coverage") else "New vocational education center (North District)"
    assert name in body
    path.write_text(body.replace(name, json.dumps(HOSTILE_TEXT)[1:-1].replace("<", "\\u003C")), encoding="utf-8")
    context = browser.new_context(offline=True)
    seen: list[str] = []
    context.on("weberror", lambda error: seen.append(str(error.error)))
    context.on("request", lambda request: seen.append(request.url) if not request.url.startswith("file:") else None)
    context.on("console", lambda message: seen.append(message.text) if message.type in ("error", "warning") else None)
    taken = context.new_page()
    taken.goto(path.as_uri())
    taken.wait_for_selector("html[data-marks=drawn]", state="attached")
    taken.get_by_text(HOSTILE_TEXT).first.wait_for()
    taken.get_by_role("button", name="Layers").first.wait_for()
    # It finds by pinyin, with nobody to ask, and opens what is on the map.
    box = taken.get_by_role("combobox")
    box.press_sequentially("dsyyey")
    taken.locator("[role=option]").first.wait_for()
    assert taken.locator("[role=option] .map-search-name").first.text_content() == "Eleventh kindergarten"
    box.press("Enter")
    if view != "coverage":
        taken.locator(".popup h3").wait_for()
    context.close()
    assert seen == []


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
