"""Vector tiles and clusters over HTTP: against tipg's tiles of the same sites, and at a million. Cold: from a server that keeps
no answers."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial

from benchmarks.measure import Bench, Row, interleaved, kb, median, ms, percentile, ratio_row
from benchmarks.stores import Store
from benchmarks.tipg import TILES, TipgMissing, tipg
from projects_api.tiling import Tile, column_row, degrees, place_of, shift_of

OURS, TIPG = "ours", "tipg"
MILLION = 1_000_000
LIMIT = 200_000
CENTRE = (109.6, 34.95)
COUNTIES = ((109.3, 34.7, 109.9, 35.2), (115.3, 31.8, 115.9, 32.4))


def run(bench: Bench) -> list[Row]:
    rows = []
    for store in bench.stores:
        for sites, zooms in ((1_000, (10,)), (10_000, (10,)), (bench.many, (7, 10, 12))):
            rows += _against_tipg(bench, store, sites, zooms)
        rows.append(_largest(store, bench.many))
        rows += _many(bench, store, bench.many if bench.quick else MILLION)
    return rows


def address(tile: Tile) -> str:
    return f"/api/v1/tiles/{tile.z}/{tile.x}/{tile.y}.mvt"


def tile_at(lon: float, lat: float, z: int) -> Tile:
    return Tile(z, *column_row(place_of(lon, lat) >> shift_of(z)))


def _against_tipg(bench: Bench, store: Store, sites: int, zooms: tuple[int, ...]) -> list[Row]:
    """Zoom 7: all sites of a county in one tile; 10: most of them; 12: a town."""
    rows, url = [], store.url(sites)
    with store.serving(url, keeps=False) as server:
        client = server.client()
        for z in zooms:
            tile = tile_at(*CENTRE, z)
            size = len(client.get(address(tile)).body)
            words = f"tile, zoom {z}, {sites:,} sites, {store.engine}, {kb(size)}"
            work: dict[str, Callable[[], object]] = {OURS: partial(client.get, address(tile))}
            if not store.postgis:
                rows.append(Row(words, ms(median(interleaved(bench.rounds(15), work)[OURS]))))
                continue
            try:
                with tipg(url, bench.directory) as peer:
                    theirs = TILES.format(z=tile.z, x=tile.x, y=tile.y)
                    answer = peer.get(theirs)
                    if answer.status != 200:
                        raise SystemExit(f"tipg answers {answer.status} to {theirs}")
                    taken = interleaved(bench.rounds(15), work | {TIPG: partial(peer.get, theirs)})
                    # Of a thousand sites neither takes longer than a request: shown for the growth.
                    goal = 1 if sites > 1_000 else None
                    rows.append(ratio_row(f"{words} (tipg {kb(len(answer.body))})", taken, OURS, TIPG, goal=goal))
            except TipgMissing as error:
                bench.note(f"tipg was left out: {error}")
    return rows


def _largest(store: Store, sites: int) -> Row:
    """Every tile of both counties down to zoom 13."""
    tiles = {
        tile_at(west + (east - west) * i / 40, south + (north - south) * j / 40, z)
        for west, south, east, north in COUNTIES
        for z in range(14)
        for i in range(41)
        for j in range(41)
    }
    with store.serving(store.url(sites)) as server:
        client = server.client()
        largest = max(len(client.get(address(tile)).body) for tile in sorted(tiles))
    return Row(
        f"the largest of {len(tiles):,} tiles, {sites:,} sites, {store.engine}",
        kb(largest), kb(LIMIT), f"{largest / LIMIT:.2f}", "≤ 200 KB", largest <= LIMIT,
    )  # fmt: skip


def _many(bench: Bench, store: Store, sites: int) -> list[Row]:
    """What somebody who moves about asks for: tiles of all zooms, and windows of a map."""
    chance = random.Random(7)
    places = [(chance.uniform(w, e), chance.uniform(s, n)) for w, s, e, n in COUNTIES for _turn in range(20)]
    tiles = [tile_at(lon, lat, z) for lon, lat in places for z in chance.sample(range(4, 17), 3)]
    asked = {"tiles": [address(tile) for tile in tiles], "clusters of a window": [window(tile) for tile in tiles]}
    rows, url = [], store.url(sites)
    for state, keeps, goal in (("cold", False, 0.2), ("kept", True, 0.01)):
        with store.serving(url, keeps=keeps) as server:
            client = server.client()
            for kind, paths in asked.items():
                taken = []
                for path in paths:
                    taken += interleaved(1, {OURS: partial(client.get, path)}, warm_up=1 if keeps else 0)[OURS]
                worst = percentile(taken, 0.95)
                times = f"p50 {ms(median(taken))}, p95 {ms(worst)}"
                work = f"{kind}, zoom 4 to 16, {state}, {sites:,} sites, {store.engine}"
                rows.append(Row(work, times, goal=f"p95 ≤ {ms(goal)}", met=worst <= goal))
    return rows


def window(tile: Tile) -> str:
    """A map of 1,280 by 800 pixels and its margin, around a tile."""
    z, x, y = tile
    west, north = degrees(max(0, x - 2.75), max(0, y - 1.5), z)
    east, south = degrees(min(2**z, x + 3.75), min(2**z, y + 2.5), z)
    return f"/maps/clusters.json?in_bbox={west:.6f},{south:.6f},{east:.6f},{north:.6f}&zoom={z}"
