"""``sites.geojson`` over HTTP against the one SQL statement that could write it, and against djangorestframework-gis."""

from __future__ import annotations

import json

from benchmarks.measure import Bench, Row, interleaved, median, ms, ratio_row
from benchmarks.statements import statement
from benchmarks.stores import Store
from benchmarks.tipg import FEATURES, TipgMissing, tipg

PATH = "/api/v1/sites.geojson"
PEER = "/peer/sites-drf-gis.geojson"
MILLION = 1_000_000
OURS, SQL, GIS, TIPG = "ours", "one SQL statement", "djangorestframework-gis", "tipg"


def run(bench: Bench) -> list[Row]:
    rows = []
    for store in bench.stores:
        for sites, rounds in ((1_000, 41), (10_000, 21), (bench.many, 9)):
            rows.append(_against_statement(store, sites, bench.rounds(rounds)))
        rows += _against_peers(bench, store)
        rows.append(_growth(bench, store))
        if not bench.quick:
            rows.append(_million(bench, store))
        rows += _unchanged(store)
    return rows


def _against_statement(store: Store, sites: int, rounds: int) -> Row:
    url = store.url(sites)
    with store.serving(url, keeps=False) as server:
        client, sql = server.client(), statement(url)
        answer = json.loads(client.get(PATH).body)
        if len(answer["features"]) != sites or answer != json.loads(sql()):
            raise SystemExit(f"{store.engine}: {PATH} and the SQL statement do not say the same about {sites} sites")
        taken = interleaved(rounds, {OURS: lambda: client.get(PATH), SQL: sql})
    # A thousand sites are shown for the growth: the statement has no request around it, which takes half of their time.
    goal = 1.3 if sites > 1_000 else None
    return ratio_row(f"sites.geojson, {sites:,} sites, {store.engine}", taken, OURS, SQL, goal=goal)


def _against_peers(bench: Bench, store: Store) -> list[Row]:
    words = f"sites.geojson, 10,000 sites, {store.engine}"
    url = store.url(10_000)
    rows = []
    with store.serving(url, keeps=False) as server, store.serving(url) as shipped:
        client, keeps = server.client(), shipped.client()
        taken = interleaved(bench.rounds(9), {OURS: lambda: client.get(PATH), GIS: lambda: client.get(PEER)}, warm_up=1)
        rows.append(ratio_row(words, taken, OURS, GIS, goal=10, faster=True))
        if store.postgis:
            try:
                with tipg(url, bench.directory) as peer:
                    whole = FEATURES + "10000"
                    if len(json.loads(peer.get(whole).body)["features"]) != 10_000:
                        raise SystemExit("tipg does not give the 10,000 sites")
                    work = {
                        OURS: lambda: client.get(PATH),
                        "kept": lambda: keeps.get(PATH),
                        TIPG: lambda: peer.get(whole),
                    }
                    taken = interleaved(bench.rounds(15), work)
                    rows.append(ratio_row(f"{words}, made anew", taken, OURS, TIPG, faster=True))
                    rows.append(ratio_row(f"{words}, as shipped: kept", taken, "kept", TIPG, goal=10, faster=True))
            except TipgMissing as error:
                bench.note(f"tipg was left out: {error}")
    return rows


def _growth(bench: Bench, store: Store) -> Row:
    limit = bench.many / 10_000 * 1.1
    with (
        store.serving(store.url(10_000), keeps=False) as small,
        store.serving(store.url(bench.many), keeps=False) as large,
    ):
        few, many = small.client(), large.client()
        taken = interleaved(bench.rounds(9), {"few": lambda: few.get(PATH), "many": lambda: many.get(PATH)})
    first, last = median(taken["few"]), median(taken["many"])
    return Row(
        f"growth from 10,000 to {bench.many:,} sites, {store.engine}",
        ms(last), ms(first), f"{last / first:.1f}", f"≤ {limit:g} ×", last / first <= limit,
    )  # fmt: skip


def _million(bench: Bench, store: Store) -> Row:
    """Read to its end, once each: no page asks for so many, a program may."""
    with (
        store.serving(store.url(bench.many), keeps=False) as small,
        store.serving(store.url(MILLION), keeps=False) as large,
    ):
        few, many = small.client(), large.client()
        # Not kept: 400 MB put together at once are the reader's time, not the server's.
        work = {"few": lambda: few.read(PATH), "many": lambda: many.read(PATH)}
        taken = interleaved(2, work, warm_up=0)
    first, last = median(taken["few"]), median(taken["many"])
    limit = MILLION / bench.many * 1.1
    return Row(
        f"growth from {bench.many:,} to {MILLION:,} sites, {store.engine}",
        ms(last), ms(first), f"{last / first:.1f}", f"≤ {limit:g} ×", last / first <= limit,
    )  # fmt: skip


def _unchanged(store: Store) -> list[Row]:
    """Queries of a 304: nobody's, and an engineer's with a token."""
    url = store.copy(1_000, "unchanged")
    token = json.loads(store.manage(url, "-m", "benchmarks.data", "writers", "1"))[0]["token"]
    rows = []
    with store.serving(url) as server:
        for who, headers in (("a visitor", {}), ("an engineer's token", {"Authorization": f"Token {token}"})):
            client = server.client()
            etag = client.get(PATH, **headers).headers["ETag"]
            answer = client.get(PATH, If_None_Match=etag, X_Count_Queries="1", **headers)
            queries = int(answer.headers["X-Queries"])
            rows.append(
                Row(
                    f"304 by ETag, {who}, {store.engine}",
                    f"{queries} queries" if answer.status == 304 else f"status {answer.status}",
                    goal="≤ 3 queries",
                    met=answer.status == 304 and queries <= 3,
                )  # fmt: skip
            )
    return rows
