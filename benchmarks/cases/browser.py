"""First marks in Chromium: from the start of the navigation to the frame in which the sites are drawn.

Each page is opened in a new browser context, so nothing is cached. Both peers are empty maps made by folium itself:
``stock`` loads what folium's page loads (Leaflet, jQuery, Bootstrap, icon fonts), from this server instead of three
others; ``Leaflet alone`` is the least that a folium map can be. And folium's own maps of the same sites.
"""

from __future__ import annotations

import os
import time
from typing import Any

from benchmarks.cases.page import WAYS, WAYS_SIZES
from benchmarks.measure import Bench, Row, Timed, browser_version, median, ms
from benchmarks.stores import Store

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
OURS, STOCK, LEAFLET = "ours", "empty folium map (stock)", "empty folium map (Leaflet alone)"
PAGES = {
    OURS: ("/maps/status/", "schoolworks:marks"),
    STOCK: ("/peer/folium/", "peer:drawn"),
    LEAFLET: ("/peer/folium/?only=leaflet", "peer:drawn"),
}
# Sites, the goal against the stock map, rounds. Beyond 50,000 the database counts: flat from there.
SIZES = ((1_000, 1.5, 25), (10_000, 1.5, 25), (50_000, 2.0, 10), (100_000, 2.0, 10))
DRAWN = ("markers", "geojson")  # of folium's ways; the third needs a plug-in that only another host has
MILLION = 1_000_000
PATIENCE = 60.0  # seconds
PAUSE = 0.4


def run(bench: Bench) -> list[Row]:
    path = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    if not os.path.exists(path):
        bench.note("First marks were left out: no Chromium on this machine.")
        return []
    from playwright.sync_api import sync_playwright

    bench.note(f"Browser: {browser_version(path)}, 1280 x 800, a new context for every page.")
    rows = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        for store in bench.stores:
            for sites, limit, rounds in (*SIZES, (bench.many if bench.quick else MILLION, 2.0, 10)):
                taken = _timed(bench, browser, store, sites, rounds)
                for peer, goal in ((STOCK, limit), (LEAFLET, None)):
                    ratio = median(taken[OURS]) / median(taken[peer])
                    rows.append(
                        Row(
                            f"first marks, {sites:,} sites, {store.engine}",
                            ms(median(taken[OURS])),
                            f"{peer}: {ms(median(taken[peer]))}",
                            f"{ratio:.2f}",
                            f"≤ {goal} ×" if goal else "",
                            ratio <= goal if goal else None,
                        )  # fmt: skip
                    )
                if sites in WAYS_SIZES and store is bench.stores[0]:
                    rows += [_way(bench, browser, store, sites, way, median(taken[OURS])) for way in DRAWN]
        browser.close()
    return rows


def _timed(bench: Bench, browser: Any, store: Store, sites: int, rounds: int) -> Timed:
    taken: Timed = {name: [] for name in PAGES}
    with store.serving(store.url(sites), workers=2) as server:
        for number in range(bench.rounds(rounds) + 2):
            for name, (path, mark) in PAGES.items():
                seconds = _first_marks(browser, server.url + path, mark)
                if number >= 2:
                    taken[name].append(seconds)
    return taken


def _way(bench: Bench, browser: Any, store: Store, sites: int, way: str, ours: float) -> Row:
    """Until folium's own map of the same sites has run, three times: it takes seconds."""
    with store.serving(store.url(sites), workers=2) as server:
        address = f"{server.url}/peer/folium/{way}/"
        theirs = median([_first_marks(browser, address, "peer:drawn") for _turn in range(bench.rounds(3))])
    return Row(
        f"first marks, {sites:,} sites, {store.engine}", ms(ours), f"{WAYS[way]}: {ms(theirs)}", f"{theirs / ours:.1f}",
        "≥ 1 × as fast", theirs >= ours,
    )  # fmt: skip


def _first_marks(browser: Any, url: str, mark: str) -> float:
    """Seconds to the mark, by the page's own clock.

    Looked for seldom and from outside: Playwright's waiting for a selector runs in the page, on every frame, and makes it
    compute its layout each time, which costs a page with much on it a third of what is measured here.
    """
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
    try:
        page = context.new_page()
        page.goto(url, wait_until="commit")
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            time.sleep(PAUSE)
            if found := page.evaluate("name => performance.getEntriesByName(name).map(entry => entry.startTime)", mark):
                return float(found[0]) / 1000
        raise SystemExit(f"{url}: no {mark} within {PATIENCE:.0f} seconds")
    finally:
        context.close()
