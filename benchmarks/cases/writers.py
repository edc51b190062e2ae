"""Sixteen engineers report at once, through the server as it is shipped (two workers): each on a project of their own,
then all on the same one, reading it again whenever somebody else was faster (412)."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from benchmarks.measure import Bench, Row, ms, percentile
from benchmarks.stores import Client, Server, Store

WRITERS = 16
LIMIT = 1.0


@dataclass
class Seen:
    """What all writers met: seconds of every PATCH, accepted ones, refused ones (412), and anything else."""

    seconds: list[float] = field(default_factory=list)
    accepted: int = 0
    refused: int = 0
    errors: list[str] = field(default_factory=list)


def run(bench: Bench) -> list[Row]:
    rows = []
    changes = 8 if bench.quick else 25
    for store in bench.stores:
        url = store.copy(10_000, "writers")
        people = json.loads(store.manage(url, "-m", "benchmarks.data", "writers", str(WRITERS)))
        with store.serving(url, workers=2) as server:
            own = [person["code"] for person in people]
            rows.append(_row(server, store, "each on a project of their own", people, own, changes))
            one = [people[0]["code"]] * WRITERS
            rows.append(_row(server, store, "all on one project", people, one, max(3, changes // 5)))
            rows.append(_reports(server, store, people, max(3, changes // 2)))
    return rows


def _reports(server: Server, store: Store, people: list[dict[str, str]], number: int) -> Row:
    """Reports from the site: each engineer sends a queue of an offline day, all against the version of the last sync."""

    def write(place: int, seen: Seen) -> None:
        client, person = server.client(), people[place]
        headers = {"Authorization": f"Token {person['token']}", "Content-Type": "application/json"}
        path = f"/api/v1/projects/{person['code']}/reports/"
        base = _version(client, person["code"])
        for count in range(number):
            body = {
                "id": str(uuid4()),
                "base_version": base,
                "made_at": f"2026-11-20T08:{count:02}:00Z",
                "sent_at": f"2026-11-20T18:{count:02}:00Z",
                "text": f"report {count}",
                "entries": {person["milestone"]: {"percent": (place + count) % 98 + 1}},
            }
            started = time.perf_counter()
            answer = client.send("POST", path, json.dumps(body).encode(), headers)
            seen.seconds.append(time.perf_counter() - started)
            if answer.status == 201 and b'"conflict"' not in answer.body:
                seen.accepted += 1
            else:
                seen.errors.append(f"{answer.status}: {answer.body[:300]!r}")

    seen = _together(write)
    p50, p99 = percentile(seen.seconds, 0.5), percentile(seen.seconds, 0.99)
    for error in seen.errors[:3]:
        print(f"    {store.engine}: {error}")
    whole = seen.accepted == WRITERS * number
    return Row(
        f"reports from {WRITERS} phones, {number} each, {store.engine}",
        f"p50 {ms(p50)}, p99 {ms(p99)}; {seen.accepted} entered, {len(seen.errors)} errors",
        "1 s", f"{p99 / LIMIT:.2f}", "p99 ≤ 1 s, 0 errors", p99 <= LIMIT and whole and not seen.errors,
    )  # fmt: skip


def _row(server: Server, store: Store, words: str, people: list[dict[str, str]], codes: list[str], changes: int) -> Row:
    milestones = {person["code"]: person["milestone"] for person in people}
    before = sum(_version(server.client(), code) for code in set(codes))

    def write(place: int, seen: Seen) -> None:
        code = codes[place]
        _report(server.client(), people[place]["token"], code, milestones[code], place, changes, seen)

    seen = _together(write)
    lost = seen.accepted - (sum(_version(server.client(), code) for code in set(codes)) - before)
    p50, p99 = percentile(seen.seconds, 0.5), percentile(seen.seconds, 0.99)
    whole = seen.accepted == WRITERS * changes
    for error in seen.errors[:3]:
        print(f"    {store.engine}: {error}")
    return Row(
        f"milestone PATCH, {WRITERS} writers, {words}, {store.engine}",
        f"p50 {ms(p50)}, p99 {ms(p99)}; {seen.accepted} accepted, {seen.refused} × 412, {len(seen.errors)} errors, {lost} lost",
        "1 s", f"{p99 / LIMIT:.2f}", "p99 ≤ 1 s, 0 errors, 0 lost", p99 <= LIMIT and whole and not seen.errors and not lost,
    )  # fmt: skip


def _together(work: Callable[[int, Seen], None]) -> Seen:
    """Run every writer in a thread of its own, starting all at once."""
    parts = [Seen() for _ in range(WRITERS)]
    gate = threading.Barrier(WRITERS)

    def one(place: int) -> None:
        gate.wait()
        try:
            work(place, parts[place])
        except OSError as error:
            parts[place].errors.append(repr(error))

    threads = [threading.Thread(target=one, args=(place,)) for place in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    whole = Seen()
    for part in parts:
        whole.seconds += part.seconds
        whole.accepted += part.accepted
        whole.refused += part.refused
        whole.errors += part.errors
    return whole


def _report(client: Client, token: str, code: str, milestone: str, place: int, changes: int, seen: Seen) -> None:
    path = f"/api/v1/projects/{code}/milestones/{milestone}/"
    headers = {"Authorization": f"Token {token}", "Content-Type": "application/json"}
    etag = client.get(path, **headers).headers["ETag"]
    number = 0
    while number < changes:
        body: dict[str, Any] = {"percent": (place * changes + number) % 98 + 1, "note": f"report {place}.{number}"}
        started = time.perf_counter()
        answer = client.send("PATCH", path, json.dumps(body).encode(), headers | {"If-Match": etag})
        seen.seconds.append(time.perf_counter() - started)
        if answer.status == 200:
            seen.accepted += 1
            number += 1
        elif answer.status == 412:
            seen.refused += 1
        else:
            seen.errors.append(f"{answer.status}: {answer.body[:300]!r}")
            return
        etag = answer.headers["ETag"] if answer.status == 200 else client.get(path, **headers).headers["ETag"]


def _version(client: Client, code: str) -> int:
    return int(json.loads(client.get(f"/api/v1/projects/{code}/").body)["version"])
