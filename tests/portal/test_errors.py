"""Errors are readable, in the reader's language, say what to do next, and never make a second error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from projects_api.selectors import pages
from tests.portal.conftest import Page

Visit = Callable[..., Page]


@pytest.mark.parametrize(
    ("path", "status", "english", "chinese"),
    [
        ("/nowhere", 404, "Not found", "未找到"),
        (
            "/projects/610526-2023-999/",
            404,
            "There is no project 610526-2023-999",
            "没有可供您查看的项目610526-2023-999。",
        ),
        (
            "/plans/610526-1990/",
            404,
            "There is no plan 610526-1990 that you can see.",
            "没有可供您查看的计划610526-1990。",
        ),
        ("/projects/?page=9", 404, "There are only 1 pages of this list.", "本列表只有1页。"),
        ("/projects/?nonsense=1", 400, "There is no such parameter.", "没有这个参数。"),
    ],
)
def test_an_error_is_a_page_in_the_readers_language(
    visit: Visit, path: str, status: int, english: str, chinese: str
) -> None:
    page = visit(path)
    assert page.status == status and english in page
    assert "Back to the map and list" in page and str(status) in page
    assert "no-store" in page.response["Cache-Control"]
    page = visit(path, language="zh-hans")
    assert page.status == status and chinese in page
    assert "返回地图和列表" in page


def test_what_does_not_exist_for_the_public_offers_to_sign_in_and_come_back(visit: Visit) -> None:
    page = visit("/projects/610526-2023-002/?on=2023-01-01")
    assert page.status == 400
    page = visit("/projects/610526-2023-002/")
    assert 'href="/accounts/login/?next=%2Fprojects%2F610526-2023-002%2F"' in page.html
    assert "/accounts/login/?next=" not in visit("/projects/610526-2023-002/", "gushi_official").html


def test_a_filter_that_is_wrong_offers_the_page_without_it(visit: Visit) -> None:
    page = visit("/projects/?status=x")
    assert 'href="/projects/"' in page.html.partition("<main")[2]


def test_programs_get_problem_details(browser_of: Any) -> None:
    answer = browser_of().get("/projects/610526-2023-999/", headers={"accept": "application/json"})
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"
    assert browser_of().get("/maps/sites.json?foo=1")["Content-Type"] == "application/problem+json"


def broken(error: Exception) -> Callable[..., Any]:
    def fail(*args: Any, **kwargs: Any) -> Any:
        raise error

    return fail


@pytest.mark.parametrize(
    ("error", "status", "english", "chinese"),
    [
        (RuntimeError("a defect"), 500, "Something went wrong", "系统出错"),
        (OperationalError("gone"), 503, "Temporarily unavailable", "服务暂时不可用"),
    ],
)
def test_a_defect_and_an_absent_database_are_pages_that_need_neither(
    cast: Any, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, english: str, chinese: str
) -> None:
    monkeypatch.setattr(pages, "status_counts", broken(error))
    # Even the frame of the product's pages, which asks who is signed in, would fail.
    monkeypatch.setattr("portal.errors.render", broken(error))
    for language, words in (("en", english), ("zh-hans", chinese)):
        client = Client(raise_request_exception=False, headers={"host": "localhost", "accept-language": language})
        page = Page(client.get("/"))
        assert page.status == status
        assert words in page and "<html" in page.html and "a defect" not in page.html and "gone" not in page.html
        assert page.response["Content-Type"].startswith("text/html")
    assert ("Retry-After" in page.response) is (status == 503)


def test_the_last_resort_is_a_line_of_text(cast: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "status_counts", broken(RuntimeError()))
    monkeypatch.setattr("portal.errors.render_to_string", broken(ValueError("no manifest entry")))
    client = Client(raise_request_exception=False, headers={"host": "localhost"})
    answer = client.get("/")
    assert answer.status_code == 500
    assert answer["Content-Type"] == "text/plain; charset=utf-8"


def test_a_forged_host_is_refused_readably(browser_of: Any) -> None:
    page = Page(browser_of().get("/", headers={"host": "evil.example"}))
    assert page.status == 400
    assert "evil.example" not in page.html.partition("<main")[2]


@pytest.mark.parametrize(
    "path", ["/", "/projects/", "/projects/610526-2023-001/", "/plans/", "/plans/610526-2023/", "/nowhere"]
)
def test_pages_need_no_inline_script_or_style(visit: Visit, path: str) -> None:
    for person in ("public", "official"):
        page = visit(path, person)
        assert "'unsafe-inline'" not in page.response["Content-Security-Policy"]
        assert ' style="' not in page.html and "<style" not in page.html
        opening = [tag.split(">")[0] for tag in page.html.split("<script")[1:]]
        assert all(" src=" in tag or "json" in tag for tag in opening)


@pytest.mark.parametrize("path", ["/", "/projects/", "/projects/610526-2023-001/", "/plans/", "/plans/610526-2023/"])
def test_reading_pages_accept_no_writes(browser_of: Any, path: str) -> None:
    assert browser_of("official").post(path, {"title_zh": "x"}).status_code == 405


def test_a_code_that_is_none_names_public_ones_that_look_like_it(visit: Visit, cast: Any) -> None:
    """The unpublished neighbour is nobody's to guess, also not for who may read it: the page is the same for all."""
    for person in ("public", "official"):
        page = visit("/en/projects/610526-2023-0O1/", person)
        assert page.status == 404 and 'name="q"' in page.html
        assert f'href="/en/projects/{cast.published}/"' in page.html
        assert cast.unpublished not in page.html.partition("<main")[2]
    assert "Was it one of these?" not in visit("/projects/nothing-like-it/")


def test_the_page_of_a_broken_server_has_the_search_too(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "newest_plans", lambda *_: 1 / 0)
    page = Page(Client(raise_request_exception=False, headers={"host": "localhost", "accept-language": "zh"}).get("/"))
    assert page.status == 500 and 'lang="zh-Hans"' in page.html and 'name="q"' in page.html
