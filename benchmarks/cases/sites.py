"""``sites.geojson`` over HTTP against the one SQL statement that could write it, and against djangorestframework-gis."""

from __future__ import annotations

import json
from collections.abc import Callable

from benchmarks.measure import Bench, Row, Timed, interleaved, median, ms, ratio_row
from benchmarks.statements import statement
from benchmarks.stores import Store
from benchmarks.tipg import FEATURES, TipgMissing, tipg

PATH = "/api/v1/sites.geojson"
PEER = "/peer/sites-drf-gis.geojson"
OURS, SQL, GIS, TIPG = "ours", "one SQL statement", "djangorestframework-gis", "tipg"


def run(bench: Bench) -> list[Row]:
    rows = []
    for store in bench.stores:
        some = _timed(bench, store, 10_000, bench.rounds(21))
        many = _timed(bench, store, bench.many, bench.rounds(9))
        rows.append(ratio_row(f"sites.geojson, 10,000 sites, {store.engine}", some, OURS, SQL, goal=1.3))
        rows.append(ratio_row(f"sites.geojson, {bench.many:,} sites, {store.engine}", many, OURS, SQL, goal=1.3))
        rows.append(ratio_row(f"sites.geojson, 10,000 sites, {store.engine}", some, OURS, GIS, goal=10, faster=True))
        if TIPG in some:
            rows.append(ratio_row("sites.geojson, 10,000 sites, PostGIS", some, OURS, TIPG, goal=10, faster=True))
        first, last = median(some[OURS]), median(many[OURS])
        limit = bench.many / 10_000 * 1.1
        rows.append(
            Row(
                f"growth from 10,000 to {bench.many:,} sites, {store.engine}",
                ms(last),
                ms(first),
                f"{last / first:.1f}",
                f"≤ {limit:g} ×",
                last / first <= limit,
            )  # fmt: skip
        )
        rows += _unchanged(store)
    return rows


def _timed(bench: Bench, store: Store, sites: int, rounds: int) -> Timed:
    url = store.url(sites)
    with store.serving(url) as server:
        client, sql = server.client(), statement(url)
        answer = json.loads(client.get(PATH).body)
        if len(answer["features"]) != sites or answer != json.loads(sql()):
            raise SystemExit(f"{store.engine}: {PATH} and the SQL statement do not say the same about {sites} sites")
        work: dict[str, Callable[[], object]] = {OURS: lambda: client.get(PATH), SQL: sql}
        taken = interleaved(rounds, work)
        if sites == 10_000:
            slow = interleaved(bench.rounds(6), {OURS: work[OURS], GIS: lambda: client.get(PEER)}, warm_up=1)
            taken[GIS] = slow[GIS]
            if store.postgis:
                taken |= _tipg(bench, url, work)
        return taken


def _tipg(bench: Bench, url: str, work: dict[str, Callable[[], object]]) -> Timed:
    try:
        with tipg(url, bench.directory) as client:
            found = len(json.loads(client.get(FEATURES + "10000").body)["features"])
            if found != 10_000:
                raise SystemExit(f"tipg gives {found} features")
            both = {OURS: work[OURS], TIPG: lambda: client.get(FEATURES + "10000")}
            return {TIPG: interleaved(bench.rounds(9), both)[TIPG]}
    except TipgMissing as error:
        bench.note(f"tipg was left out: {error}")
        return {}


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
