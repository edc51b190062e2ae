"""The field app on a slow phone: Chromium with the processor slowed 4 times, on a line of 400 kbit/s and 400 ms.

The line is a proxy (`benchmarks.line`), so that the service worker's own requests are slow as well; the processor is slowed
for the page alone (Chromium does not offer it for workers). Usable: one's own sites are drawn and can be tapped. The queue of
200 is put where the app keeps it, as the app would have written it, since nobody types 200 reports.
"""

from __future__ import annotations

import http.cookies
import json
import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlencode

from benchmarks.cases.browser import FLAGS
from benchmarks.line import SlowLine
from benchmarks.measure import Bench, Row, browser_version, kb, median
from benchmarks.stores import Client, Store

SLOWER = 4
SITES, QUEUED = 9, 200
FIRST, LATER, SYNC = 10.0, 2.0, 60.0  # seconds, the issue's own
VISIT, UPDATE = 300_000, 10_000  # bytes, the issue's own
PATIENCE = 240.0  # seconds
PAUSE = 0.5
PHONE = {"viewport": {"width": 390, "height": 844}, "locale": "en-GB", "has_touch": True, "is_mobile": True}

# Looked for by the page itself as it changes, and taken when it has been drawn.
USABLE = """new MutationObserver((_all, self) => {
  if (!document.querySelector('#main a[href^="#site/"]')) return;
  self.disconnect();
  requestAnimationFrame(() => setTimeout(() => performance.mark("bench:usable")));
}).observe(document, { childList: true, subtree: true });"""

# [number, code or null] -> how many wait now. Each report goes on from the one before it on the same site.
QUEUE = """async ([number, only]) => {
  const done = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = reject;
  });
  const db = await done(indexedDB.open("schoolworks-field"));
  const tables = db.transaction(["sites", "reports"], "readwrite");
  const open = (stage) => !stage.actual && ["scheduled", "in_progress"].includes(stage.state);
  let sites = await done(tables.objectStore("sites").getAll());
  sites = sites.filter((site) => !only || site.code === only);
  const start = Date.now() - 7 * 24 * 3600 * 1000;
  for (let n = 0; n < number; n += 1) {
    const site = sites[n % sites.length];
    const stage = site.milestones.find(open); // none where all is built: such a report has its text alone
    const percent = stage && 1 + ((stage.percent + 6) % 98);
    tables.objectStore("reports").put({
      id: crypto.randomUUID(), user: site.user, code: site.code, title: site.title, state: "waiting", base: site.version,
      made_at: new Date(start + n * 40 * 60 * 1000).toISOString(),
      seen: stage ? { [stage.key]: { percent: stage.percent } } : {}, entries: stage ? { [stage.key]: { percent } } : {},
      text: `Third floor, bay ${n}: formwork done`, problems: "", next_step: "",
      tried: false,
    });
    if (stage) stage.percent = percent;
  }
  await new Promise((resolve) => { tables.oncomplete = resolve; });
  db.close();
  return sites.length;
}"""
STATES = """async () => {
  const done = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = reject;
  });
  const db = await done(indexedDB.open("schoolworks-field"));
  const found = {};
  const reports = await done(db.transaction("reports").objectStore("reports").getAll());
  for (const { state } of reports) found[state] = (found[state] || 0) + 1;
  db.close();
  return found;
}"""


def run(bench: Bench) -> list[Row]:
    path = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    if not os.path.exists(path):
        bench.note("The field app was left out: no Chromium on this machine.")
        return []
    from playwright.sync_api import sync_playwright

    bench.note(
        f"The field app: {browser_version(path)}, processor × 1/{SLOWER} for the page, not for its service worker; "
        "400 kbit/s each way, 400 ms there and back and to connect, for the service worker too; no TLS."
    )
    rows = []
    with sync_playwright() as playwright:
        for store in bench.stores:
            url = store.copy(18, "field")
            person = json.loads(store.manage(url, "-m", "benchmarks.data", "phone", str(SITES)))
            with store.serving(url, workers=2) as server, SlowLine(server.port).open() as line:
                phones = bench.directory / f"phones-{store.engine}"

                def phone(number: int) -> Phone:
                    return Phone(playwright, path, phones / str(number), line, server.client(), person)  # noqa: B023

                rows += _rows(bench, store, phone)
    return rows


class Phone:
    """One browser with its storage, signed in before anything is measured and with nothing in its cache."""

    def __init__(
        self, playwright: Any, path: str, directory: Path, line: SlowLine, client: Client, person: dict[str, str]
    ) -> None:
        self.line = line
        self.context = playwright.chromium.launch_persistent_context(
            str(directory),
            executable_path=path,
            args=[flag for flag in FLAGS if flag != "--headless"],
            headless=True,
            **PHONE,
        )
        self.context.set_default_timeout(PATIENCE * 1000)
        self.context.add_init_script(USABLE)
        cookies = _signed_in(client, person)
        self.context.add_cookies([{"name": name, "value": value, "url": line.url} for name, value in cookies.items()])

    def visit(self) -> tuple[Any, float]:
        """A new page on /field/, and the seconds from the start of its navigation until it was usable."""
        page = self.context.new_page()
        self.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        page.goto(f"{self.line.url}/field/", wait_until="commit")
        took = until(
            lambda: page.evaluate("performance.getEntriesByName('bench:usable')[0]?.startTime"), "a usable page"
        )
        return page, float(took) / 1000

    def quiet(self) -> int:
        """Bytes that the line has carried, when nothing has moved on it for two seconds."""
        before = -1
        while before != self.line.carried:
            before = self.line.carried
            time.sleep(2)
        return before

    def send(self, page: Any) -> tuple[float, dict[str, int]]:
        """Seconds from the network's return until nothing waits, and what became of all reports."""
        self.context.set_offline(False)
        started = time.monotonic()

        def over() -> dict[str, int] | None:
            states: dict[str, int] = page.evaluate(STATES)
            return None if states.keys() & {"waiting", "sending"} else states

        states = until(over, "an empty queue")
        return time.monotonic() - started, states


def _rows(bench: Bench, store: Store, phone: Callable[[int], Phone]) -> list[Row]:
    engine = store.engine
    first: list[float] = []
    later: list[float] = []
    offline: list[float] = []
    for number in range(bench.rounds(6)):
        one = phone(number)
        before = one.quiet()
        page, seconds = one.visit()
        first.append(seconds)
        page.wait_for_selector("#foot-kept")
        size = one.quiet() - before
        for into, away in ((later, False), (offline, True)):
            page.close()
            one.context.set_offline(away)
            page, seconds = one.visit()
            into.append(seconds)
        one.context.set_offline(False)
        one.quiet()
        if number < bench.rounds(6) - 1:
            one.context.close()

    before = one.quiet()
    page.click('#main a[href^="#site/"]')
    page.fill("#report-text", "Third floor poured, formwork for the fourth begun")
    page.click("#report-send")
    until(lambda: page.evaluate(STATES).get("sent"), "an update sent")
    update = one.quiet() - before

    one.context.set_offline(True)
    sites = page.evaluate(QUEUE, [QUEUED, None])
    many, states = one.send(page)
    whole = states == {"sent": QUEUED + 1}
    carried = one.quiet()
    one.context.set_offline(True)
    code = page.evaluate("document.querySelector('#main a[href^=\"#site/\"]').hash.slice(6)")
    page.evaluate(QUEUE, [QUEUED, unquote(code)])
    single, states_after = one.send(page)
    carried = one.quiet() - carried
    whole_after = states_after == {"sent": 2 * QUEUED + 1}
    one.context.close()
    for words, sent in ((f"over {sites} sites", states), ("on one site", states_after)):
        if sent.keys() != {"sent"}:
            print(f"    {engine}, {words}: {sent}")
    return [
        _seconds(f"field page, first visit, {engine}", first, FIRST),
        _bytes(f"field page, first visit, kept for offline, {engine}", size, VISIT),
        _seconds(f"field page, later, {engine}", later, LATER),
        _seconds(f"field page, offline, {engine}", offline, LATER),
        _bytes(f"one update without photos, both ways, {engine}", update, UPDATE),
        _seconds(f"{QUEUED} queued updates over {sites} sites, {engine}", [many], SYNC, whole=whole),
        _seconds(f"{QUEUED} queued updates on one site ({kb(carried)}), {engine}", [single], SYNC, whole=whole_after),
    ]


def _seconds(work: str, taken: list[float], limit: float, *, whole: bool = True) -> Row:
    """The slowest counts: somebody waits for it."""
    words = f"{max(taken):.1f} s" + (f" (median {median(taken):.1f} s of {len(taken)})" if len(taken) > 1 else "")
    words += "" if whole else ", not all entered"
    return Row(
        work, words, f"{limit:g} s", f"{max(taken) / limit:.2f}", f"≤ {limit:g} s", whole and max(taken) <= limit
    )


def _bytes(work: str, size: int, limit: int) -> Row:
    return Row(work, kb(size), kb(limit), f"{size / limit:.2f}", f"≤ {kb(limit)}", size <= limit)


def until(found: Callable[[], Any], what: str) -> Any:
    """Asked from outside and seldom: see `browser._first_marks`."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if (answer := found()) is not None:
            return answer
        time.sleep(PAUSE)
    raise SystemExit(f"no {what} within {PATIENCE:.0f} seconds")


def _signed_in(client: Client, person: dict[str, str]) -> dict[str, str]:
    """The cookies of the person, got without the browser, whose cache stays empty."""
    form = client.get("/accounts/login/")
    token = re.search(rb'name="csrfmiddlewaretoken" value="(\w+)"', form.body)
    assert token is not None
    body = urlencode(
        {"username": person["username"], "password": person["password"], "csrfmiddlewaretoken": token[1].decode()}
    )
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": _cookie_header(form.headers)}
    answer = client.send("POST", "/accounts/login/", body.encode(), headers)
    if answer.status != 302:
        raise SystemExit(f"signing in: {answer.status}")
    return {name: morsel.value for name, morsel in _cookies(answer.headers).items()}


def _cookies(headers: Any) -> http.cookies.SimpleCookie:
    jar = http.cookies.SimpleCookie()
    for line in headers.get_all("Set-Cookie") or []:
        jar.load(line)
    return jar


def _cookie_header(headers: Any) -> str:
    return "; ".join(f"{name}={morsel.value}" for name, morsel in _cookies(headers).items())
