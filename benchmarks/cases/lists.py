"""The list page of 20: requests per second against a bare ModelSerializer, and its queries at every size."""

from __future__ import annotations

from benchmarks.measure import Bench, Row, Timed, interleaved, median
from benchmarks.stores import Client
from benchmarks.tipg import FEATURES, TipgMissing, tipg

OURS = "/api/v1/projects/"
BARE = "/peer/projects/"


def run(bench: Bench) -> list[Row]:
    rows = []
    for store in bench.stores:
        queries = {}
        for sites in (1_000, 10_000, bench.many):
            with store.serving(store.url(sites), keeps=False) as server, store.serving(store.url(sites)) as shipped:
                client = server.client()
                taken = _timed(client, bench.rounds(90))
                if store.postgis and sites == 10_000:
                    rows += _against_tipg(bench, store.url(sites), client, shipped.client())
                queries[sites] = int(client.get(OURS, X_Count_Queries="1").headers["X-Queries"])
            ours, bare = 1 / median(taken[OURS]), 1 / median(taken[BARE])
            rows.append(
                Row(
                    f"list page of 20, {sites:,} projects, {store.engine}",
                    f"{ours:.0f} requests/s",
                    f"bare ModelSerializer: {bare:.0f} requests/s",
                    f"{ours / bare:.2f}",
                )  # fmt: skip
            )
        rows.append(
            Row(
                f"list page of 20, {store.engine}: queries at " + ", ".join(f"{sites:,}" for sites in queries),
                ", ".join(map(str, queries.values())),
                goal="constant",
                met=len(set(queries.values())) == 1,
            )  # fmt: skip
        )
    return rows


def _timed(client: Client, rounds: int) -> Timed:
    return interleaved(rounds, {OURS: lambda: client.get(OURS), BARE: lambda: client.get(BARE)}, warm_up=5)


def _against_tipg(bench: Bench, url: str, client: Client, shipped: Client) -> list[Row]:
    """20 features of tipg, without a count of what it leaves out by permissions: it knows none."""
    try:
        with tipg(url, bench.directory) as peer:
            work = {
                "made anew": lambda: client.get(OURS),
                "as shipped: kept": lambda: shipped.get(OURS),
                "tipg": lambda: peer.get(f"{FEATURES}20&sortby=code"),
            }
            taken = interleaved(bench.rounds(90), work, warm_up=5)
    except TipgMissing as error:
        bench.note(f"tipg was left out: {error}")
        return []
    theirs = 1 / median(taken["tipg"])
    rows = []
    for way, goal in (("made anew", False), ("as shipped: kept", True)):
        ours = 1 / median(taken[way])
        rows.append(
            Row(
                f"list page of 20, 10,000 projects, PostGIS, {way}",
                f"{ours:.0f} requests/s",
                f"tipg: {theirs:.0f} requests/s",
                f"{ours / theirs:.2f}",
                "≥ 1 × tipg" if goal else "",
                ours >= theirs if goal else None,
            )  # fmt: skip
        )
    return rows
