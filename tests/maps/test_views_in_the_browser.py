"""The other map views in Chromium, each by what it is for; on paper, and taken along.
Every test also fails on a request to another host, a violation of the content security policy, or an error in the console
(the `page` fixture)."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from playwright.sync_api import expect

from mapviews.maps import VIEWS
from tests.maps.browsing import OLD, PUCHENG, answer_sites, lose_one, open_map
from tests.maps.conftest import HOSTILE_TEXT

pytestmark = pytest.mark.browser


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
    expect(page.locator("[data-timeline-name]")).to_have_text("June 2023")
    expect(now).to_have_text("0")
    assert re.match(r"June 2023: begun \d+ \(promised \d+\)", page.locator("[data-timeline-figures]").text_content())
    slider.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("[data-timeline-name]")).to_have_text("July 2023")
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
    expect(page.locator("[data-map-located-count]")).to_have_text("0")
    slider.evaluate("(slider) => { slider.value = 37; slider.dispatchEvent(new Event('input')); }")
    page.get_by_role("button", name="Play").click()
    page.wait_for_function("() => document.querySelector('[data-timeline-name]').textContent !== 'July 2023'")
    page.get_by_role("button", name="Pause").click()


def test_a_month_is_part_of_the_address_and_a_filter_does_not_move_it(page: Any) -> None:
    open_map(page, "/maps/timeline/?bureau=610526&month=2026-11")
    name = page.locator("[data-timeline-name]")
    page.locator("[data-timeline]").wait_for()
    expect(name).to_have_text("November 2026")
    # As the plan's own page counts: what is suspended has begun, and is behind.
    expect(page.locator("[data-timeline-figures]")).to_contain_text("begun 17 ")
    expect(page.locator("[data-behind-count]")).to_have_text("7")
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
    expect(name).to_have_text("November 2026")
    assert "month=2026-11" in page.url
    page.get_by_role("button", name="A month back").click()
    page.get_by_label("What was promised").check()
    page.wait_for_function("() => /month=2026-10/.test(location.search) && /way=promised/.test(location.search)")
    sheet = page.get_by_role("link", name="PDF, A4").get_attribute("href")
    assert "month=2026-10" in sheet and "way=promised" in sheet
    page.reload()
    page.locator("[data-timeline]").wait_for()
    expect(name).to_have_text("October 2026")
    expect(page.get_by_label("What was promised")).to_be_checked()
    # Those that were sent before it was a parameter still lead there.
    page.goto("about:blank")
    open_map(page, "/maps/timeline/?bureau=610526#map=11/34.95/109.6/2023-06")
    page.locator("[data-timeline]").wait_for()
    expect(name).to_have_text("June 2023")


RINGED = "() => SchoolWorks.sides.map((side) => side.sites.take(side.everyone).filter((site) => site.differs).length)"


def test_two_days_side_by_side_move_together_and_list_what_differs(page: Any) -> None:
    page.goto("/maps/compare/?bureau=610526&left_day=2023-06-30")
    page.locator("[data-differences] tbody tr").first.wait_for()
    expect(page.locator("[data-differences] tbody tr")).to_have_count(18)
    expect(page.locator("[data-side-head=left]")).to_have_text("30 June 2023")
    # On the maps a ring says which: around a mark, and around a cluster that holds one, also after the map has moved.
    expect(page.locator("[data-differs-count]")).to_have_text("18")
    expect(page.locator("[data-map-summary]")).to_have_text("18 of 18 sites are different.")
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
    expect(page.locator("h1")).to_have_text("What do two layers say of each site?")
    heads = [page.locator(f"[data-side-head={side}]").text_content() for side in ("left", "right")]
    assert heads == ["Projects by status · Today", "What is late · Today"]
    expect(page.locator("[data-differences-count]")).to_have_text("18 sites, as each layer has them.")
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
    expect(taken.locator("[role=option] .map-search-name").first).to_have_text("Eleventh kindergarten")
    box.press("Enter")
    if view != "coverage":
        taken.locator(".popup h3").wait_for()
    context.close()
    assert seen == []
