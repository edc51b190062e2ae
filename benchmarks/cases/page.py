"""``/maps/status/``: the server's time, the size of the page and of what it loads, at any number of sites."""

from __future__ import annotations

import re

from benchmarks.measure import Bench, Row, interleaved, kb, median, ms
from benchmarks.stores import Client, Store

PAGE = "/maps/status/"
DATA = "/maps/sites.json"
TIME_LIMIT = 0.030
SIZE_LIMIT = 60_000
SIZES = (18, 1_000, 10_000, 100_000, 1_000_000)
SENT_WHOLE = 50_000  # beyond, the page asks for clusters
# folium's own: the sites in the page, made anew for each reader (performance.md names 6.1 s, 0.11 s, 0.05 s for 10,000).
WAYS = {"markers": "folium, a Marker each", "geojson": "folium, one GeoJson layer", "fast": "folium, FastMarkerCluster"}
WAYS_SIZES = (1_000, 10_000)
LOADED = re.compile(r'<(?:script|link)\b[^>]*?\b(?:src|href)="([^"]+\.(?:js|css)(?:\?[^"]*)?)"')


def run(bench: Bench) -> list[Row]:
    rows = []
    for store in bench.stores:
        for sites in SIZES if not bench.quick else (18, 1_000, 10_000):
            rows += _page(bench, store, sites)
    return rows


def _page(bench: Bench, store: Store, sites: int) -> list[Row]:
    with store.serving(store.url(sites)) as server:
        client = server.client()
        taken = interleaved(bench.rounds(60), {"page": lambda: client.get(PAGE)}, warm_up=5)["page"]
        html = client.get(PAGE).body
        ours = median(taken)
        data = client.get(DATA, Accept_Encoding="gzip").body if sites <= SENT_WHOLE else b""
        rows = [
            Row(
                f"map page, {sites:,} sites, {store.engine}: server time",
                ms(median(taken)), goal="≤ 30 ms", met=median(taken) <= TIME_LIMIT,
            ),
            Row(
                f"map page, {sites:,} sites, {store.engine}: HTML",
                kb(len(html)), goal="≤ 60 KB", met=len(html) <= SIZE_LIMIT,
            ),
        ]  # fmt: skip
        if data:
            rows.append(Row(f"sites.json, {sites:,} sites, {store.engine}: gzip", kb(len(data))))
        if sites == 18:
            rows += _assets(client, html.decode(), store.engine)
        if sites in WAYS_SIZES and store.engine == bench.stores[0].engine:
            rows += [_way(bench, client, way, sites, ours, len(html)) for way in WAYS]
        return rows


def _way(bench: Bench, client: Client, way: str, sites: int, ours: float, html: int) -> Row:
    path = f"/peer/folium/{way}/"
    size = len(client.get(path).body)
    theirs = median(interleaved(bench.rounds(3), {"page": lambda: client.get(path)}, warm_up=0)["page"])
    return Row(
        f"map page, {sites:,} sites: server time and HTML",
        f"{ms(ours)}, {kb(html)}", f"{WAYS[way]}: {ms(theirs)}, {kb(size)}", f"{theirs / ours:.1f}",
        "≥ 1 × as fast", theirs >= ours,
    )  # fmt: skip


def _assets(client: Client, html: str, engine: str) -> list[Row]:
    """The page's scripts and style sheets, as the server sends them to a browser that takes gzip: the map's, and all.

    The marks that come as a script (``marks.js``) are data, and no part of what a map needs.
    """
    sizes = {}
    for path in dict.fromkeys(LOADED.findall(html)):
        answer = client.get(path.replace("&amp;", "&"), Accept_Encoding="gzip")
        if answer.status != 200:
            raise SystemExit(f"the map page loads {path}, which is answered with {answer.status}")
        sizes[path] = len(answer.body)
    of_map = {path: size for path, size in sizes.items() if not re.search(r"/portal/|/marks\.js", path)}
    total = sum(of_map.values())
    return [
        Row(
            f"map assets, {engine}: {len(of_map)} scripts and style sheets, gzip",
            kb(total), goal="≤ 60 KB", met=bool(of_map) and total <= SIZE_LIMIT,
        ),
        Row(f"the page's {len(sizes)} scripts and style sheets together, {engine}: gzip", kb(sum(sizes.values()))),
    ]  # fmt: skip
