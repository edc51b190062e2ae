"""The `page` fixture's net: it must catch what browser tests rely on it to catch, and let a good page through."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.conftest import Problems

pytestmark = [pytest.mark.browser, pytest.mark.once]

PAGES = {
    "/good": "<!doctype html><title>good</title><p>fine",
    "/foreign": "<!doctype html><title>x</title><img src='http://tiles.invalid/1.png' alt=''>",
    "/inline": "<!doctype html><title>x</title><script>document.title = 'ran'</script>",
    "/throws": "<!doctype html><title>x</title><script src='/throw.js'></script>",
    "/throw.js": "throw new Error('broken on purpose')",
}
POLICY = "default-src 'none'; script-src 'self'; img-src http://tiles.invalid"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = PAGES.get(self.path, "").encode()
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", "text/javascript" if self.path.endswith(".js") else "text/html")
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing: pytest's output is for results."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def seen_on(browser: Any, site: str, path: str) -> list[str]:
    problems = Problems(site)
    context = browser.new_context()
    problems.watch(context)
    page = context.new_page()
    page.goto(site + path)
    page.wait_for_timeout(200)
    context.close()
    # Chromium asks for an icon by itself.
    problems.allow("favicon.ico")
    return problems.left()


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/foreign", "request to another host: http://tiles.invalid/1.png"),
        ("/inline", "CSP violation: script-src-elem inline"),
        ("/throws", "uncaught: broken on purpose"),
    ],
)
def test_it_sees(browser: Any, site: str, path: str, words: str) -> None:
    seen = seen_on(browser, site, path)
    assert any(words in text for text in seen), seen


def test_a_good_page_has_no_problems(browser: Any, site: str) -> None:
    assert seen_on(browser, site, "/good") == []


def test_the_products_first_page_opens_without_problems(page: Any) -> None:
    assert page.goto("/").status == 200
    expect(page.locator("h1")).to_have_count(1)
