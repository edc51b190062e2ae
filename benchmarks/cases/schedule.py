"""The schedule where it meets many projects: the wall chart of a year, the lights in a list, a rule that changes."""

from __future__ import annotations

import re

from benchmarks.measure import Bench, Row, interleaved, median, ms
from benchmarks.stores import Client, Store

WALL_LIMIT = 0.300  # seconds, the issue's own
SITES = 2_000  # of which the plan of each bureau holds about 300
PLAIN, RED = "/api/v1/projects/", "/api/v1/projects/?light=red"


def run(bench: Bench) -> list[Row]:
    rows = []
    for store in bench.stores:
        with store.serving(store.url(SITES), keeps=False) as server:
            rows += _wall(bench, store, server.client())
        with store.serving(store.url(10_000)) as server:
            rows += _lights(bench, store, server.client())
    return rows


def _wall(bench: Bench, store: Store, client: Client) -> list[Row]:
    path = "/plans/610526-2023/wall/"
    page = client.get(path).body.decode()
    projects = len(re.findall(r'<th scope="row"><a href="/projects/', page))
    taken = median(interleaved(bench.rounds(30), {"wall": lambda: client.get(path)})["wall"])
    return [
        Row(
            f"wall chart of {projects} projects, {store.engine}, {len(page.encode()) / 1000:,.0f} KB, made anew",
            ms(taken), goal=f"≤ {WALL_LIMIT * 1000:.0f} ms for 300", met=taken / projects * 300 <= WALL_LIMIT,
        )
    ]  # fmt: skip


def _lights(bench: Bench, store: Store, client: Client) -> list[Row]:
    taken = interleaved(bench.rounds(60), {PLAIN: lambda: client.get(PLAIN), RED: lambda: client.get(RED)})
    queries = [int(client.get(path, X_Count_Queries="1").headers["X-Queries"]) for path in (PLAIN, RED)]
    return [
        Row(
            f"list page with lights, 10,000 projects, {store.engine}: only the red ones",
            ms(median(taken[RED])),
            f"all: {ms(median(taken[PLAIN]))}",
            f"{median(taken[RED]) / median(taken[PLAIN]):.2f}",
        ),
        Row(
            f"list page with lights, {store.engine}: queries, all and red",
            ", ".join(map(str, queries)), goal="the same", met=queries[0] == queries[1],
        ),
    ]  # fmt: skip
