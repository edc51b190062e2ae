"""An address per language: `/zh/…` and `/en/…` beside the one that asks the reader's browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.test import Client
from django.urls import reverse

from tests.cast import Cast
from tests.factories import make_project
from tests.portal.conftest import Page

Visit = Callable[..., Page]


def test_the_address_says_the_language_whatever_the_browser_asks_for(visit: Visit) -> None:
    assert "All projects as a list" in visit("/en/", language="zh-CN")
    assert "按列表" in visit("/zh/", language="en").html or 'lang="zh-Hans"' in visit("/zh/", language="en").html
    english = visit("/en/projects/", language="zh-CN")
    assert '<html lang="en">' in english.html
    assert english.response["Content-Language"] == "en"
    assert reverse("home") == "/"  # nothing of it is left for the next request


def test_links_stay_in_the_language_of_the_address(visit: Visit, cast: Cast) -> None:
    code = make_project(cast.bureau()).code
    html = visit("/en/projects/", language="zh-CN").html
    own = [
        link for link in re.findall(r'(?:href|action)="(/[^"]*)"', html) if not link.startswith(("/static/", "/zh/"))
    ]
    assert f"/en/projects/{code}/" in own
    assert [link for link in own if not link.startswith("/en/")] == []
    config = visit("/en/maps/status/").html
    assert '"/en/maps/search.json"' in config
    assert "/en/maps/sites.json" in visit("/en/maps/status/boot.js").html
    assert '"/maps/sites.json' in visit("/maps/status/boot.js").html


def test_the_head_names_the_page_in_each_language(visit: Visit) -> None:
    for address in ("/projects/?ordering=-progress", "/en/projects/?page_size=50"):
        head = visit(address, language="en").html.partition("<body")[0]
        assert '<link rel="canonical" href="http://localhost/en/projects/">' in head
        assert '<link rel="alternate" hreflang="zh-Hans" href="http://localhost/zh/projects/">' in head
        assert '<link rel="alternate" hreflang="en" href="http://localhost/en/projects/">' in head
        assert '<link rel="alternate" hreflang="x-default" href="http://localhost/projects/">' in head
        assert head.count('<meta name="description"') == 1
        assert '<meta property="og:title" content="Projects">' in head


def test_the_switch_leads_to_the_same_page_with_its_filters(visit: Visit, browser_of: Any) -> None:
    page = visit("/en/projects/?status=in_use&amp=%26")
    assert page.status == 400  # a parameter that is none is still refused
    page = visit("/en/projects/?status=in_use")
    assert '<a href="/zh/projects/?status=in_use" hreflang="zh-Hans" lang="zh-Hans">中文</a>' in page.html
    signed_in = Page(browser_of("official").get("/en/projects/?status=in_use"))
    assert '<input type="hidden" name="next" value="/projects/?status=in_use">' in signed_in.html


def test_a_page_of_nobody_in_particular_sets_no_cookie(visit: Visit) -> None:
    """Otherwise nobody could keep it for the next reader."""
    for address in ("/en/", "/zh/projects/", "/en/plans/", "/en/maps/status/"):
        assert not visit(address).response.cookies, address


def test_errors_and_refusals_keep_the_language(visit: Visit, client: Client) -> None:
    assert visit("/zh/projects/none/", language="en").status == 404
    assert '<html lang="zh-Hans">' in visit("/zh/projects/none/", language="en").html
    assert client.get("/en", headers={"host": "localhost"})["Location"] == "/en/"
    assert client.get("/en/projects", headers={"host": "localhost"})["Location"] == "/en/projects/"
    assert client.get("/en/office/", headers={"host": "localhost"})["Location"].startswith(
        "/en/accounts/login/?next=/en/office/"
    )
    assert client.get("/en/field/?x=1", headers={"host": "localhost"})["Location"] == "/field/?x=1"
    assert visit("/fr/projects/").status == 404
    assert visit("/en/en/projects/").status == 404
