"""A crowd at a public page: kept against made anew, 200 readers at once, and how soon they see a change."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from datetime import date, timedelta
from threading import Thread

from benchmarks.measure import Bench, Row, interleaved, ms, percentile, ratio_row
from benchmarks.stores import Client, Server, Store

# Of a project whose record begins with its first entry, as all do but those that the benchmark fills in behind the ledger.
ENGINEER = """
import json, os
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
import django
django.setup()
from django.utils import timezone
from projects_api.models import Assignment, Membership, Project, User
from projects_api.services.tokens import token_create
project = Project.objects.filter(version__gt=0, published=True, status="under_construction").exclude(next_milestone="").first()
user, today = User.objects.create(username="bench_crowd", is_active=True), timezone.localdate()
Membership.objects.create(user=user, bureau=project.bureau, role="engineer", since=today)
Assignment.objects.create(project=project, user=user, since=today)
_row, token = token_create(user=user, device="benchmark", at=timezone.now())
print(json.dumps({"code": project.code, "milestone": project.next_milestone, "token": token}))
"""
READERS = 200
LIMIT = 0.5
FASTER = 10
SOON = 1.0


@dataclass
class Seen:
    """Every answer, as its reader met it (asked, answered, ETag); and what was not answered with 200."""

    answers: list[tuple[float, float, str]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def seconds(self) -> list[float]:
        return [answered - asked for asked, answered, _etag in self.answers]


def run(bench: Bench) -> list[Row]:
    rows = []
    for store in bench.stores:
        url = store.copy(10_000, "crowd")
        person = json.loads(store.manage(url, "-c", ENGINEER))
        page = f"/projects/{person['code']}/"
        rows += _kept_against_made(bench, store, url, ["/", "/projects/", page, "/maps/status/"])
        each = 5 if bench.quick else 20
        with store.serving(url, workers=2) as server:
            kept = _crowd(server, page, each)
            rows.append(_soon(server, store, page, person))
        with store.serving(url, workers=2, keeps=False) as server:
            made = _crowd(server, page, 2)
        p50, p99 = percentile(kept.seconds, 0.5), percentile(kept.seconds, 0.99)
        for error in kept.errors[:3]:
            print(f"    {store.engine}: {error}")
        rows.append(
            Row(
                f"{READERS} readers of a project's page at once, {each} times each, {store.engine}",
                f"p50 {ms(p50)}, p99 {ms(p99)}; {len(kept.errors)} errors",
                f"made anew: p99 {ms(percentile(made.seconds, 0.99))}",
                f"{p99 / LIMIT:.2f}", "p99 ≤ 500 ms, 0 errors", p99 <= LIMIT and not kept.errors,
            )
        )  # fmt: skip
    return rows


def _kept_against_made(bench: Bench, store: Store, url: str, pages: list[str]) -> list[Row]:
    rows = []
    with store.serving(url) as keeping, store.serving(url, keeps=False) as making:
        kept, made = keeping.client(), making.client()
        for page in pages:
            work = {"kept": lambda p=page: kept.get(p), "made anew": lambda p=page: made.get(p)}
            taken = interleaved(bench.rounds(60), work, warm_up=5)
            name = "a project's page" if page.startswith("/projects/") and page != "/projects/" else page
            rows.append(
                ratio_row(f"{name}, kept, 10,000 projects, {store.engine}", taken, "kept", "made anew", goal=FASTER, faster=True)
            )  # fmt: skip
        # What an answer without work costs here: no page is served in less, however quickly it is made anew.
        etag = kept.get(pages[0]).headers["ETag"]
        answers = {
            "kept": lambda: kept.get(pages[-1]),
            "304": lambda: kept.get(pages[0], If_None_Match=etag),
            "an empty answer (/healthz)": lambda: kept.get("/healthz"),
        }
        taken = interleaved(bench.rounds(60), answers, warm_up=5)
        for name, words in (("kept", f"{pages[-1]}, kept"), ("304", "/, asked again (304)")):
            rows.append(ratio_row(f"{words}, {store.engine}", taken, name, "an empty answer (/healthz)"))
    return rows


def _crowd(server: Server, page: str, each: int) -> Seen:
    """All readers begin at once, each on a connection of its own that it keeps."""
    seen = Seen()
    lines = (
        f"GET {page} HTTP/1.1",
        f"Host: 127.0.0.1:{server.port}",
        "Accept-Encoding: gzip",
        "Accept-Language: zh-CN",
    )
    ask = "\r\n".join((*lines, "", "")).encode()

    async def reader(gate: asyncio.Event) -> None:
        receive, send = await asyncio.open_connection("127.0.0.1", server.port)
        await gate.wait()
        for _ in range(each):
            started = time.perf_counter()
            send.write(ask)
            head = (await receive.readuntil(b"\r\n\r\n")).lower()
            length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
            body = await receive.readexactly(length)
            etag = head.partition(b"etag: ")[2].partition(b"\r\n")[0].decode()
            seen.answers.append((started, time.perf_counter(), etag))
            if not head.startswith(b"http/1.1 200") or not body:
                seen.errors.append(head.partition(b"\r\n")[0].decode())
        send.close()

    async def everybody() -> None:
        gate = asyncio.Event()
        readers = [asyncio.create_task(reader(gate)) for _ in range(READERS)]
        await asyncio.sleep(0.5)
        gate.set()
        for result in await asyncio.gather(*readers, return_exceptions=True):
            if isinstance(result, BaseException):
                seen.errors.append(repr(result))

    server.client().get(page)
    asyncio.run(everybody())
    return seen


def _soon(server: Server, store: Store, page: str, person: dict[str, str]) -> Row:
    """A stage is reported on while the crowd reads: how long after the change's own answer anybody still got the old page."""
    seen: list[Seen] = []
    crowd = Thread(target=lambda: seen.append(_crowd(server, page, 20)))
    client = server.client()
    pages, changed = [client.get(page, Accept_Encoding="gzip", Accept_Language="zh-CN").headers["ETag"].lower()], []
    crowd.start()
    for number in range(5):
        time.sleep(0.3)
        _report(client, person, date(2027, 3, 1) + timedelta(days=number))
        changed.append(time.perf_counter())
        pages.append(client.get(page, Accept_Encoding="gzip", Accept_Language="zh-CN").headers["ETag"].lower())
    crowd.join()
    old = 0.0
    for _asked, answered, etag in seen[0].answers:
        number = pages.index(etag)
        if number < len(changed):
            old = max(old, answered - changed[number])
    return Row(
        f"a change under that crowd: the old page shown for, {store.engine}",
        f"at most {ms(old)}", "1 s", f"{old / SOON:.2f}", "≤ 1 s", old <= SOON and len(set(pages)) == 6,
    )  # fmt: skip


def _report(client: Client, person: dict[str, str], expected: date) -> None:
    path = f"/api/v1/projects/{person['code']}/milestones/{person['milestone']}/"
    headers = {"Authorization": f"Token {person['token']}", "Content-Type": "application/json"}
    etag = client.get(path, **headers).headers["ETag"]
    answer = client.send(
        "PATCH",
        path,
        json.dumps({"forecast": str(expected), "delay_reason": "weather"}).encode(),
        headers | {"If-Match": etag},
    )
    if answer.status != 200:
        raise SystemExit(f"the benchmark's change was answered with {answer.status}: {answer.body[:300]!r}")
