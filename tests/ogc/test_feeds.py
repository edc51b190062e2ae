"""Atom feeds as a feed reader meets them: every public change once, in words, with its place; and gone with its project."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import feedparser
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal.feeds.atom import Entry, clean, written
from projects_api.models import Project
from projects_api.schedule.lights import LightRules
from projects_api.services.milestones import milestone_change
from projects_api.services.projects import project_change
from tests.cast import GUSHI_PRIVATE, PRIVATE, REPORTED, Cast
from tests.factories import make_project

LATER = datetime(2023, 9, 1, 2, tzinfo=UTC)


def parsed(answer: Any) -> Any:
    assert answer.status == 200 and answer.type == "application/atom+xml", answer
    feed = feedparser.parse(answer.content)
    assert not feed.bozo, feed.bozo_exception
    assert feed.version == "atom10" and feed.feed.id and feed.feed.title and feed.feed.updated
    ids = [entry.id for entry in feed.entries]
    assert len(set(ids)) == len(ids) and all(i.startswith("tag:localhost,2026:") for i in ids)
    for entry in feed.entries:
        assert entry.title and entry.link.startswith("http") and entry.author and entry.updated_parsed
        assert entry.summary.startswith("<p>")
    assert PRIVATE not in answer.text and GUSHI_PRIVATE not in answer.text
    return feed


def change(cast: Cast, code: str = "", **changes: Any) -> None:
    official = cast.user("gushi_official" if code.startswith("4") else "official")
    project_change(project_id=cast.project(code).pk, actor=official, at=LATER, expected=None, changes=changes)


def about(feed: Any) -> set[str]:
    return {entry.link.rstrip("/").rpartition("/")[2] for entry in feed.entries}


def test_a_change_is_an_entry_in_words_with_its_place(cast: Cast, api: Any) -> None:
    path = f"/projects/{cast.published}/feed.atom"
    first = parsed(api().get(path))
    change(cast, contractor="Jianxin & Söhne <b>")
    feed = parsed(api().get(path))
    newest = feed.entries[0]
    assert len(feed.entries) == len(first.entries) + 1
    assert [e.id for e in feed.entries[1:]] == [e.id for e in first.entries], "what was told keeps its name"
    assert newest.id == f"tag:localhost,2026:{cast.published}/{cast.project().version}"
    assert newest.title.startswith("Public School of Pucheng Education Bureau: Contractor")
    assert "Jianxin &amp; Söhne &lt;b&gt;" in newest.summary
    assert newest.link == f"http://localhost/en/projects/{cast.published}/" or newest.link.endswith(
        f"/{cast.published}/"
    )
    assert newest.author == "Pucheng Education Bureau" and newest.updated == "2023-09-01T02:00:00+00:00"
    site = cast.project().site
    assert site and newest.where["type"] == "Point" and newest.where["coordinates"] == pytest.approx((site.x, site.y))
    assert feed.feed.updated == newest.updated and feed.feed.title == "Public School of Pucheng Education Bureau"
    chinese = parsed(api().get(f"/zh{path}"))
    assert chinese.entries[0].id == newest.id and chinese.entries[0].title.startswith("蒲城县教育局公开小学")
    assert chinese.feed.language == "zh-Hans" and chinese.feed.id != feed.feed.id
    assert {link.rel: link.href for link in chinese.feed.links}["self"] == f"http://localhost/zh{path}"


def test_each_feed_has_what_is_its_own(cast: Cast, api: Any) -> None:
    both, ours, theirs = {cast.published, cast.gushi_published}, {cast.published}, {cast.gushi_published}
    for path, codes in (
        ("feed.atom", both),
        ("feed.atom?region=610526", ours),
        ("feed.atom?status=&q=Gushi", theirs),
        ("feed.atom?status=cancelled", set()),
        ("regions/610526/feed.atom", ours),
        ("regions/610526101/feed.atom", ours),
        ("regions/411525/feed.atom", theirs),
        ("bureaus/411525/feed.atom", theirs),
        (f"projects/{cast.gushi_published}/feed.atom", theirs),
    ):
        feed = parsed(api().get(f"/{path}"))
        assert about(feed) == codes, path
    one, other = (parsed(api().get(f"/feed.atom?{q}")) for q in ("kind=new_build&q=a", "q=a&status=&kind=new_build"))
    assert one.feed.id == other.feed.id, "the same search is the same feed"
    official = api()
    official.client.force_login(cast.user("official"), "projects_api.services.sign_in.AccountBackend")
    assert about(parsed(official.get("/feed.atom"))) == both


def pages_of(api: Any, path: str) -> list[Any]:
    """A feed and its older pages, by their links."""
    found = [parsed(api().get(path))]
    while further := [link.href for link in found[-1].feed.links if link.rel == "next"]:
        found.append(parsed(api().get(further[0].removeprefix("http://localhost"))))
    return found


def test_what_is_older_is_on_its_further_pages(cast: Cast, api: Any, monkeypatch: Any) -> None:
    """RFC 5005: from page to page every change once, newest first, though something is written meanwhile."""
    for n in range(7):
        change(cast, "" if n % 2 else cast.gushi_published, address=f"Road {n}")
    whole = {path: parsed(api().get(path)) for path in ("/feed.atom", "/en/feed.atom?bureau=610526")}
    monkeypatch.setattr("portal.feeds.views.ENTRIES", 2)
    for path, feed in whole.items():
        pages = pages_of(api, path)
        assert sum(([e.id for e in page.entries] for page in pages), []) == [e.id for e in feed.entries]
        assert len(pages) >= 3 and all(len(page.entries) <= 2 for page in pages)
        assert {page.feed.id for page in pages} == {feed.feed.id}, "one feed, one id"
        links = [{link.rel: link.href for link in page.feed.links} for page in pages]
        assert len({found["self"] for found in links}) == len(pages)
        assert links[1]["first"] == links[0]["self"] and links[1]["self"] == links[0]["next"]
        assert not any("before" in found["alternate"] for found in links) and "next" not in links[-1]
    second = pages_of(api, f"/projects/{cast.published}/feed.atom")[1]
    change(cast, address="Another road")
    again = api().get(second.feed.links[1].href.removeprefix("http://localhost"))
    assert [e.id for e in parsed(again).entries] == [e.id for e in second.entries], "what comes in moves no page"
    change(cast, published=False)
    assert all(cast.published not in about(page) for page in pages_of(api, "/feed.atom"))


def test_what_is_no_longer_public_is_in_no_feed(cast: Cast, api: Any) -> None:
    feeds = ["/feed.atom", "/regions/610526/feed.atom", "/bureaus/610526/feed.atom", "/feed.atom?bureau=610526"]
    before = {path: api().get(path) for path in feeds}
    assert all(cast.published in about(parsed(answer)) for answer in before.values())
    for path in (f"/projects/{cast.unpublished}/feed.atom", "/projects/none/feed.atom", "/regions/1/feed.atom"):
        assert api().get(path).status == 404
    assert api().get("/bureaus/1/feed.atom").status == 404
    change(cast, published=False)
    assert api().get(f"/projects/{cast.published}/feed.atom").status == 404
    for path, answer in before.items():
        after = api().get(path, if_none_match=answer.etag)
        assert cast.published not in about(parsed(after)) and cast.published not in after.text


def test_asked_again_it_is_304_until_something_is_written(cast: Cast, api: Any) -> None:
    path = "/feed.atom?bureau=610526"
    first = api().get(path)
    with CaptureQueriesContext(connection) as asked:
        again = api().get(path, if_none_match=first.etag)
    assert (again.status, again.content, len(asked)) == (304, b"", 1)
    assert api().get(path).content == first.content, "nothing in it depends on when it is asked for"
    change(cast, address="Hall Road")
    assert api().get(path, if_none_match=first.etag).status == 200
    with CaptureQueriesContext(connection) as few:
        api().get("/feed.atom")
    for n in range(3):
        make_project(cast.bureau(), actor=cast.user("official"), title_en=f"School {n}")
    with CaptureQueriesContext(connection) as many:
        api().get("/feed.atom")
    assert len(few) == len(many) <= 8


def test_what_opens_this_term(cast: Cast, api: Any, monkeypatch: Any) -> None:
    """For the term that runs and the next, of two a year; later, older and unpublished ones are not in it."""
    today = timezone.localdate()
    term = LightRules().next_term(today)
    assert LightRules().next_term(date(2026, 11, 26)) == date(2027, 3, 1), "September is the next school year"
    bureau, official = cast.bureau(), cast.user("official")

    def expected(day: date, **more: Any) -> Project:
        made = make_project(bureau, actor=official, title_en=f"Opens {day}", places=450, **more)
        for key in ("completion_acceptance", "handover"):
            milestone_change(
                project_id=made.pk, key=key, changes={"planned": day}, actor=official, at=REPORTED, expected=None
            )
        Project.objects.filter(pk=made.pk).update(finish=day, finish_tail=0 if day > today else None)
        return made

    soon, late = expected(term - timedelta(days=1)), expected(term + timedelta(days=40))
    done, long_ago = expected(today - timedelta(days=1)), expected(LightRules().next_term(today, 2))
    secret = expected(term - timedelta(days=2), published=False)
    feed = parsed(api().get("/openings.atom?bureau=610526"))
    assert {soon.code, done.code} <= about(feed) and not {late.code, long_ago.code, secret.code} & about(feed)
    entry = next(e for e in feed.entries if e.link.endswith(f"/{soon.code}/"))
    assert "expected to be ready on" in entry.title and "450" in entry.summary and entry.id.endswith("/opening")
    assert "ready since" in next(e.title for e in feed.entries if e.link.endswith(f"/{done.code}/"))
    assert about(parsed(api().get("/openings.atom?bureau=411525"))) == set()
    monkeypatch.setattr("portal.feeds.views.ENTRIES", 1)
    assert [about(page) for page in pages_of(api, "/openings.atom?bureau=610526")] == [{done.code}, {soon.code}]


def test_pages_name_their_feeds(cast: Cast, api: Any) -> None:
    def named(path: str) -> list[str]:
        page = feedparser.parse(api().get(path).content)  # a feed reader that is given a page
        return [x.href for x in page.feed.get("links", []) if x.get("type") == "application/atom+xml"]

    assert named("/") == ["/feed.atom", "/openings.atom"]
    page = api().get(f"/en/projects/{cast.published}/").text
    assert f'type="application/atom+xml" href="/en/projects/{cast.published}/feed.atom"' in page
    assert page.count("/feed.atom") >= 3, "in the head, and where people see it"
    listed = api().get("/projects/?kind=new_build&page_size=5").text
    assert 'href="/feed.atom?kind=new_build"' in listed


@pytest.mark.parametrize(
    ("path", "pointer"),
    [
        ("/feed.atom?kind=castle", "?kind"),
        ("/feed.atom?limit=3", "?limit"),
        ("/feed.atom?before=yesterday", "?before"),
        ("/feed.atom?page=2", "?page"),
        ("/openings.atom?page=0", "?page"),
        ("/feed.atom?published=false", "?published"),
        ("/openings.atom?as_of=2023-01-01", "?as_of"),
        ("/projects/610526-2023-001/feed.atom?kind=new_build", "?kind"),
    ],
)
def test_what_is_not_understood_is_refused(cast: Cast, api: Any, path: str, pointer: str) -> None:
    api().get(path, accept="application/json").problem(400, pointer)


@pytest.mark.once
def test_text_that_no_xml_can_hold_is_replaced() -> None:
    at = datetime(2024, 5, 1, tzinfo=UTC)
    nasty = "a\x00\x0b\ud800\ufffe<b>&amp;]]>\U0001f600"
    entry = Entry("k/1", nasty, [nasty], "http://x.cn/p/", nasty, at, at, None, (nasty,))
    named: dict[str, Any] = {
        "key": "feed",
        "subtitle": nasty,
        "page": "http://x.cn/",
        "here": "http://x.cn/f",
        "author": nasty,
    }
    feed = feedparser.parse(written([entry], title=nasty, language="en", **named).encode())
    assert not feed.bozo and feed.entries[0].id == "tag:x.cn,2026:k/1"
    assert clean(nasty) == "a\ufffd\ufffd\ufffd\ufffd<b>&amp;]]>\U0001f600"
    assert "where" not in feed.entries[0] and "<script" not in feed.entries[0].summary
