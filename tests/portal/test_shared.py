"""A project elsewhere: share picture, card for other pages, badge; its history and how anybody checks it."""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from PIL import Image

from portal.public import shared
from projects_api.interchange import pdf
from projects_api.interchange.pdf import png_of
from projects_api.models import Project
from projects_api.services.milestones import milestone_change
from projects_api.services.projects import project_change
from tests.cast import PRIVATE, Cast
from tests.portal.conftest import Page

Visit = Callable[..., Page]
NOW = datetime(2023, 7, 3, 2, tzinfo=UTC)
HERE = "/projects/610526-2023-001/"
HIDDEN = "/projects/610526-2023-002/"
ELSEWHERE = ("share.png", "badge.svg", "embed/", "ledger.json")


@pytest.mark.parametrize("name", [*ELSEWHERE, "changes/"])
def test_an_unpublished_project_is_nowhere(browser_of: Any, cast: Cast, name: str) -> None:
    assert browser_of().get(HIDDEN + name).status_code == 404
    if name in ELSEWHERE:  # not even for those who read it elsewhere
        assert browser_of("official").get(HIDDEN + name).status_code == 404
    assert PRIVATE not in browser_of().get(HIDDEN + name).content.decode()


def test_the_card_may_be_framed_by_anybody_and_does_nothing(browser_of: Any, cast: Cast) -> None:
    answer = browser_of(language="zh-hans").get(HERE + "embed/?theme=%3Cscript%3E&callback=x&next=//evil&page=%00")
    text = answer.content.decode()
    assert answer.status_code == 200 and "公开小学" in text and "已批复" in text
    policy = dict(part.strip().partition(" ")[::2] for part in answer["Content-Security-Policy"].split(";"))
    assert policy["frame-ancestors"] == "*" and policy["form-action"] == "'none'" and policy["script-src"] == "'none'"
    assert "X-Frame-Options" not in answer and not answer.cookies
    assert "<form" not in text and "<script" not in text and "evil" not in text and "callback" not in text
    link = re.search(r'<a href="([^"]+)" target="_blank" rel="noopener">', text)
    assert link and link.group(1) == f"http://localhost{HERE}"
    for path in (HERE, HERE + "changes/"):  # that page alone
        other = browser_of().get(path)
        assert "frame-ancestors *" not in other["Content-Security-Policy"] and other["X-Frame-Options"] == "DENY"


def test_the_badge_is_a_picture_that_runs_nothing(browser_of: Any, cast: Cast) -> None:
    Project.objects.filter(code=cast.published).update(title_en='<script>alert(1)</script> "&')
    answer = browser_of().get(HERE + "badge.svg")
    text = answer.content.decode()
    assert answer["Content-Type"] == "image/svg+xml; charset=utf-8" and answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'" and not answer.cookies
    assert "<script" not in text and "&lt;script&gt;" in text and "Approved 2%" in text and "opens " in text


@pytest.mark.once
@pytest.mark.keeps
def test_the_share_picture_is_drawn_once_with_public_words_alone(
    browser_of: Any, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []

    def drawn(html: str, **options: Any) -> bytes:
        said.append(html)
        return png_of(html, **options)

    monkeypatch.setattr(shared, "png_of", drawn)
    answer = browser_of(language="zh-hans").get(HERE + "share.png?from=timeline")
    assert answer.status_code == 200 and answer["Content-Type"] == "image/png"
    assert Image.open(io.BytesIO(answer.content)).size == (1200, 630)
    assert "公开小学" in said[0] and "已批复" in said[0] and PRIVATE not in said[0] and "7654321" not in said[0]
    again = browser_of(language="zh-hans").get(HERE + "share.png?another=1", HTTP_HOST="localhost:81")
    assert again.content == answer.content and len(said) == 1, (
        "each parameter would be half a second of the one that draws"
    )


def test_who_has_pictures_drawn_without_end_keeps_nobody_from_the_pages(browser_of: Any, cast: Cast) -> None:
    for _ in range(pdf.WAITING):
        pdf._seats.acquire()
    try:
        answer = browser_of().get(HERE + "share.png")
        assert answer.status_code == 503 and answer["Retry-After"] == "5", "it is told so at once, and holds no thread"
    finally:
        for _ in range(pdf.WAITING):
            pdf._seats.release()


def test_the_page_tells_messengers_and_search_engines(browser_of: Any, cast: Cast) -> None:
    Project.objects.filter(code=cast.published).update(description="</script><b>{{7*191}}")
    html = browser_of().get(f"/en{HERE}?from=singlemessage&isappinstalled=0").content.decode()
    assert f'<meta property="og:image" content="http://localhost/en{HERE}share.png">' in html
    assert '<meta name="twitter:card" content="summary_large_image">' in html
    (data,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html)
    facts = json.loads(data)
    assert facts["about"]["identifier"] == cast.published and facts["about"]["description"].startswith("</script>")
    assert f"&lt;iframe src=&quot;http://localhost/en{HERE}embed/&quot;" in html
    inside = browser_of("official").get(HIDDEN).content.decode()
    assert "og:image" not in inside and "ld+json" not in inside and "Share and embed" not in inside


def test_anybody_can_check_the_history(browser_of: Any, cast: Cast, visit: Visit) -> None:
    """With Python's own library, from the download alone; a fingerprint noted earlier is found again later."""

    def checked() -> list[str]:
        answer = browser_of().get(HERE + "ledger.json")
        assert PRIVATE not in answer.content.decode()
        chain, previous, found = json.loads(answer.content), "", []
        for entry in chain["entries"]:
            said = entry.pop("hash")
            text = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
            assert entry["previous"] == previous and hashlib.sha256(text.encode()).hexdigest() == said
            previous = said
            found.append(said)
        assert chain["fingerprint"] == previous
        return found

    noted = checked()[-1]
    assert noted in visit(HERE).html and noted in visit(HERE + "changes/").html
    change: dict[str, Any] = {
        "project_id": cast.project().pk,
        "at": NOW,
        "expected": None,
        "actor": cast.user("official"),
    }
    project_change(changes={"places": 1400}, **change)
    project_change(changes={"note": PRIVATE}, **change)  # private: the public chain stays as it is
    later = checked()
    assert noted in later and later[-1] != noted and len(later) == later.index(noted) + 2


def test_all_changes_are_paged(browser_of: Any, cast: Cast, visit: Visit) -> None:
    for percent in range(2, 46, 2):
        milestone_change(
            project_id=cast.project().pk, key="foundations", actor=cast.user("engineer"), at=NOW, expected=None,
            changes={"percent": percent, "started": date(2023, 6, 1)},
        )  # fmt: skip
    assert "All changes" in visit(HERE)
    first, second = visit(HERE + "changes/"), visit(HERE + "changes/?page=2")
    assert "Foundations: from 42 % to 44 % done" in first and "Page 1 of 2" in first and "Published." not in first
    assert "Published." in second and visit(HERE + "changes/?page=3").status == 404
    assert visit(HERE + "changes/?page=%00").status == 400 and visit(HERE + "changes/?page=-1").status == 400
    client = browser_of()
    client.get(HERE + "changes/")
    with CaptureQueriesContext(connection) as seen:
        client.get(HERE + "changes/")
    assert len(seen) == 4, "the newest entry, under which it is kept; project, milestones, chain"


@pytest.mark.browser
def test_another_sites_page_frames_the_card_and_no_other_page(served: Any, browser: Any) -> None:
    """In a real browser, from another origin: the policy decides, not our reading of it."""
    code = "610526-2023-003"
    frames = "".join(
        f'<iframe name="{name}" src="{served.url}/projects/{code}/{path}"></iframe>'
        for name, path in (("card", "embed/"), ("page", ""))
    )
    picture = f'<img alt="badge" src="{served.url}/en/projects/{code}/badge.svg">'

    class News(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f"<!doctype html>{frames}{picture}".encode())

        def log_message(self, *said: Any) -> None:
            pass

    other_site = ThreadingHTTPServer(("127.0.0.1", 0), News)
    Thread(target=other_site.serve_forever, daemon=True).start()
    context = browser.new_context(locale="zh-CN")
    try:
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{other_site.server_port}/", wait_until="load")
        card, other = page.frame(name="card"), page.frame(name="page")
        assert card.locator("h1").inner_text() == "新蒲城中学" and card.locator(".mark").count() == 1
        assert card.evaluate("getComputedStyle(document.querySelector('.card')).display") == "flex", "its style is here"
        assert "新蒲城中学" not in other.content()
        assert page.evaluate("document.images[0].naturalWidth") > 200, "the badge is drawn"
        assert context.cookies() == []
    finally:
        context.close()
        other_site.shutdown()
        other_site.server_close()


SENT_ON = "from=singlemessage&isappinstalled=0&utm_source=letter&fbclid=x"


@pytest.mark.parametrize(
    "path",
    ["/", "/projects/", "/projects/?status=in_use", HERE, f"{HERE}questions/", f"{HERE}questions/new/", "/plans/610526-2023/",
     "/regions/610526/", "/open-data/", "/maps/status/", "/maps/lights/?bureau=610526", f"/alerts/?project={HERE[10:-1]}"],
)  # fmt: skip
def test_an_address_that_was_sent_on_opens_what_was_sent(path: str, browser_of: Any) -> None:
    """Messengers and campaigns hang parameters of theirs on it: they are not ours to refuse, nor another page."""
    more = f"/zh{path}{'&' if '?' in path else '?'}{SENT_ON}"
    sent, plain = browser_of().get(more), browser_of().get(f"/zh{path}")
    assert (sent.status_code, plain.status_code) == (200, 200)
    assert all(word not in sent.content.decode() for word in ("singlemessage", "utm_source", "fbclid"))


def test_a_program_that_says_what_is_not_known_is_told_so(browser_of: Any) -> None:
    assert browser_of().get("/api/v1/projects/?from=timeline").status_code == 400
    assert browser_of().get("/zh/projects/?form=timeline").status_code == 400
