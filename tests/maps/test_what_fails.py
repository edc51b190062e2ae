"""What the maps fetch fails, one after the other: each is told in words on the page, in its language, once, with a way on; and
what was told before of other filters or another window is gone. In Chromium, against the running product."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.maps.conftest import by_itself
from tests.portal.test_in_the_browser import sign_in

pytestmark = pytest.mark.browser

SAYS = ".map-failures > div"
STANDS = "html[data-marks=drawn]"
PROBLEM = json.dumps(
    {"detail": "", "errors": [{"pointer": "?q", "code": "too_long", "message": "At most 100 <b> characters."}]}
)


def offline(route: Any) -> None:
    route.abort("internetdisconnected")


def fault(route: Any) -> None:
    route.fulfill(status=500, body="<html>Traceback")


def busy(route: Any) -> None:
    route.fulfill(status=503, headers={"Retry-After": "30"}, body="{}")


def refused(route: Any) -> None:
    route.fulfill(status=400, body=PROBLEM, content_type="application/problem+json")


def too_large(route: Any) -> None:
    route.fulfill(status=413, body="")


def not_json(route: Any) -> None:
    route.fulfill(body="<html>Sign in to the hotel's network", content_type="text/html")


WHY = {
    offline: ("The connection broke off, or the server does not answer.", "连接中断，或服务器没有响应。"),
    fault: ("The server has a fault (500).", "服务器出错（500）。"),
    busy: ("The server is busy: try again in 30 seconds.", "服务器繁忙：请在 30 秒后重试。"),
    refused: ("At most 100 <b> characters.", "At most 100 <b> characters."),
    too_large: ("The server refused it (413).", "服务器拒绝了请求（413）。"),
    not_json: ("The connection broke off, or the server does not answer.", "连接中断，或服务器没有响应。"),
}
# Page, what of it fails and how, what it is called, what shows that it is there after all.
FAILS = [
    ("status", r"/maps/marks\.json", fault, ("Sites", "点位"), "() => SchoolWorks.current.told"),
    ("status", r"/maps/sites\.json", busy, ("Sites", "点位"), "() => SchoolWorks.current.told"),
    ("status", r"outline\.geojson", not_json, ("County boundary", "县界"), "() => document.querySelector('path.county')"),
    ("status", r"/status/later\.js", offline, ("Legend, list and tools", "图例、列表和工具"),
     "() => document.querySelector('.map-tools')"),
    ("lights", r"/lights/marks\.json", offline, ("Sites", "点位"), "() => SchoolWorks.current.told"),
    ("lights", r"/lights/sites\.json", refused, ("Sites", "点位"), "() => SchoolWorks.current.told"),
    ("timeline", r"timeline\.json", fault, ("Months", "月份"), "() => document.querySelector('output').textContent"),
    ("investment", r"investment/areas\.json", too_large, ("Townships", "乡镇"), "() => document.querySelector('[data-area]')"),
    ("investment", r"cells\.geojson", offline, ("Townships", "乡镇"), "() => document.querySelector('[data-area]')"),
    ("investment", r"investment/circles\.json", busy, ("Amounts", "金额"), "() => document.querySelector('path.amount')"),
    ("coverage", r"coverage/areas\.json", fault, ("Townships", "乡镇"), "() => document.querySelector('[data-area]')"),
    ("coverage", r"coverage/circles\.json", refused, ("Schools", "学校"), "() => document.querySelector('path.school')"),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("page", [{}, {"locale": "zh-CN", "viewport": {"width": 390, "height": 844}}], indirect=True)
def test_each_part_that_fails_says_so_once_and_is_fetched_again(page: Any, problems: Any) -> None:
    problems.allow("Failed to load resource|ERR_INTERNET_DISCONNECTED")
    chinese = page.evaluate("navigator.language") == "zh-CN"
    for view, path, how, names, there in FAILS:
        by_itself(page)
        page.route(re.compile(path), how)
        page.goto(f"/maps/{view}/?bureau=610526")
        page.locator(SAYS).first.wait_for()
        page.wait_for_load_state("networkidle")
        said = page.locator(SAYS).all_text_contents()
        assert len(said) == 1, (view, path, said)
        start = f"未能加载：{names[1]}。" if chinese else f"Not loaded: {names[0]}. "
        assert said[0].startswith(start + WHY[how][chinese]), (view, path, said)
        button = page.get_by_role("button", name="重试" if chinese else "Try again")
        box = button.bounding_box()
        assert box["height"] >= 44 and box["x"] >= 0 and box["x"] + box["width"] <= page.viewport_size["width"]
        page.unroute_all()
        button.click()
        page.wait_for_function(there)
        expect(page.locator(SAYS), f"{view} {path}").to_have_count(0)


def test_what_failed_for_one_reason_is_one_sentence_and_old_figures_are_gone(page: Any, problems: Any) -> None:
    """Filters change and nothing comes: what stands there would be the answer to another question."""
    problems.allow("Failed to load resource|ERR_INTERNET_DISCONNECTED")
    everything = re.compile(r"\.(geo)?json(\?|$)")
    page.goto("/maps/investment/?bureau=610526")
    page.wait_for_selector("html[data-circles=drawn]", state="attached")
    assert page.locator("[data-area]").count() and page.locator("path.amount").count()
    page.route(everything, offline)
    page.select_option("#filter-status", "in_use")
    page.get_by_text("Not loaded: Townships, Amounts. The connection broke off").wait_for()
    expect(page.locator(SAYS)).to_have_count(1)
    for old in ("[data-area]", "path.amount", "[data-areas-notes] p", "path[class*=area-amount]"):
        expect(page.locator(old), old).to_have_count(0)
    assert page.locator(".area-name span").all_text_contents().count("") == page.locator(".area-name").count()
    assert page.locator("[data-map-summary]").text_content() == ""
    assert not page.locator("[data-map-legend] section").filter(visible=True).count()
    page.unroute(everything)
    page.evaluate("() => window.dispatchEvent(new Event('online'))")  # the network is back: it tries by itself
    page.wait_for_selector("[data-area]")
    page.wait_for_selector("path.amount", state="attached")
    expect(page.locator(SAYS)).to_have_count(0)

    page.goto("/maps/status/?bureau=610526")
    page.wait_for_function("() => SchoolWorks.current.told")
    page.wait_for_selector(".map-tools")
    page.route(everything, fault)
    page.select_option("#filter-status", "in_use")
    page.get_by_text("Not loaded: Sites. The server has a fault (500).").wait_for()
    assert page.evaluate("() => SchoolWorks.current.drawn.size") == 0
    expect(page.locator("[data-map-located] li")).to_have_count(0)
    assert page.locator("[data-count]").all_text_contents() == [""] * page.locator("[data-count]").count()
    assert page.locator("[data-map-located-count]").text_content() == ""
    # A press that asks: the search.
    page.locator(".map-search-box").fill("x")
    page.get_by_text("Not loaded: Sites, Search by name.").wait_for()

    page.unroute(everything)
    page.goto("/maps/timeline/?bureau=610526")
    page.wait_for_selector("[data-timeline]")
    page.route(re.compile("known.json"), busy)
    figures = page.locator("[data-timeline-figures]").text_content()
    page.get_by_role("radio", name="What was known then").click()  # it goes back at once
    page.get_by_text("Not loaded: Months. The server is busy").wait_for()
    assert page.get_by_role("radio", name="What happened").is_checked(), "as the map goes on telling"
    assert page.locator("[data-timeline-figures]").text_content() == figures
    page.unroute_all()
    page.get_by_role("button", name="Try again").click()
    page.wait_for_function(
        "() => SchoolWorks.current && document.querySelector('[name=way]:checked').value === 'known'"
    )
    page.wait_for_selector(SAYS, state="detached")


def test_a_side_that_fails_says_so_and_leaves_the_other_alone(page: Any, problems: Any) -> None:
    problems.allow("Failed to load resource")
    page.goto("/maps/compare/?bureau=610526")
    page.wait_for_selector("[data-differences] tbody tr")
    left, right = (page.locator(f"[data-side={name}] [data-side-state]") for name in ("left", "right"))
    sizes = "() => SchoolWorks.sides.map((side) => side.drawn.size)"
    page.route(re.compile(r"marks\.json.*on=\d{4}"), fault)
    page.wait_for_selector(".map-tools")
    page.select_option("#filter-status", "in_use")
    left.get_by_text("The server has a fault (500).").wait_for()
    page.wait_for_function("() => SchoolWorks.sides[1].told")
    assert page.evaluate(sizes)[0] == 0 < page.evaluate(sizes)[1]
    expect(right).to_contain_text("in view")
    expect(page.locator("[data-differences]")).to_be_hidden()
    for answer in ("[data-differences-count]", "[data-map-summary]"):
        expect(page.locator(answer)).to_have_text("What is different is told when both sides are loaded.")
    page.unroute_all()
    left.get_by_role("button", name="Try again").click()
    expect(page.locator("[data-map-summary]")).to_have_text("Nothing is different.")
    assert "in view" in left.text_content() and page.evaluate(sizes)[0] > 0
    # Its marks are here, its words are not: that stays said while the map moves.
    page.route(re.compile(r"sites\.json.*on=\d{4}"), fault)
    page.select_option("#filter-status", "")
    left.get_by_text("The server has a fault (500).").wait_for()
    page.evaluate("() => SchoolWorks.map.panBy([10, 0], { animate: false })")
    assert "The server has a fault" in left.text_content() and not page.locator("[data-differences]").is_visible()


def test_a_projects_own_map_and_the_place_that_is_typed_say_so_too(page: Any, problems: Any) -> None:
    problems.allow("Failed to load resource|ERR_INTERNET_DISCONNECTED")
    sign_in(page, "official")
    page.route("**/map.json", busy)
    page.goto("/projects/610526-2023-001/")
    page.get_by_text(
        "Not loaded: Outline, photos and findings. The server is busy: try again in 30 seconds."
    ).wait_for()
    page.wait_for_selector(".map-tools")
    expect(page.locator(SAYS)).to_have_count(1)
    page.unroute_all()
    page.get_by_role("button", name="Try again").click()
    page.wait_for_selector("[data-own-list] li")
    expect(page.locator(SAYS)).to_have_count(0)

    page.goto("/projects/610526-2023-003/place/")
    page.wait_for_selector(STANDS, state="attached")
    page.route("**/coordinates/", fault)
    page.fill("#site", "109.5926, 34.9725")
    page.get_by_text("The server has a fault (500).").wait_for()
    page.get_by_text("What you typed is still there.").wait_for()
    page.unroute_all()
    page.get_by_role("button", name="Try again").click()
    page.wait_for_function("() => document.querySelectorAll('.map .place-letter').length === 3")


class Trickle:
    """A server whose one answer comes in as many parts as `send` is called; ends with ""."""

    def __init__(self, body: bytes) -> None:
        self.body, self.parts = body, [body[:200_00], body[200_00:]] if len(body) > 200_00 else [body[:500], body[500:]]
        self.go = [threading.Semaphore(0) for _ in range(3)]
        trickle = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:  # noqa: N802
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(trickle.body)))
                self.end_headers()
                try:
                    for part, go in zip(trickle.parts, trickle.go, strict=False):
                        go.acquire(timeout=60)
                        self.wfile.write(part)
                        self.wfile.flush()
                except OSError:
                    pass  # the browser has given it up

            def log_message(self, *_args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def trickle(served: Any) -> Iterator[Trickle]:
    from urllib.request import Request, urlopen

    address = f"{served.url}/maps/marks.json?bureau=610526"
    with urlopen(Request(address)) as answer:
        made = Trickle(answer.read())
    yield made
    for go in made.go:
        go.release()
    made.server.shutdown()
    made.server.server_close()


def test_an_answer_is_waited_for_as_long_as_it_flows_and_no_longer(page: Any, trickle: Trickle, problems: Any) -> None:
    page.clock.install()
    by_itself(page)
    page.route(re.compile(r"/maps/marks\.json"), lambda route: route.continue_(url=trickle.url))
    page.goto("/maps/status/?bureau=610526")
    page.clock.fast_forward(5_000)
    page.get_by_text("Waiting for the server").wait_for()
    page.clock.fast_forward(20_000)
    trickle.go[0].release()
    page.get_by_text("KB have come").wait_for()
    page.clock.fast_forward(28_000)  # 53 seconds in all
    expect(page.locator(SAYS)).to_have_count(0)
    trickle.go[1].release()
    page.wait_for_selector(STANDS, state="attached")
    page.wait_for_selector(".map-coming", state="hidden")

    page.goto("/maps/status/?bureau=610526")
    page.get_by_text("Waiting for the server").wait_for()
    page.clock.fast_forward(31_000)
    page.get_by_text("Not loaded: Sites. Nothing has come for 30 seconds.").wait_for()
    page.unroute_all()
    page.get_by_role("button", name="Try again").click()
    page.wait_for_selector(STANDS, state="attached")
