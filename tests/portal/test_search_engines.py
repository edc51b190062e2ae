"""What search engines find: each public page once per language, under a name of its own, and nothing that is not public."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
from django.test import Client

from portal.public import crawlers
from projects_api.models import LedgerEntry, Project
from tests.cast import Cast
from tests.factories import make_project
from tests.portal.conftest import Page
from tests.portal.routes import NOT_FOR_SEARCH, public_pages

Visit = Callable[..., Page]
NS = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "x": "http://www.w3.org/1999/xhtml"}


def tree(client: Client, path: str) -> Any:
    answer = client.get(path)
    assert answer.status_code == 200 and answer["Content-Type"].startswith("application/xml"), path
    return ElementTree.fromstring(answer.content)


def located(root: Any) -> list[str]:
    return [found.text for found in root.iterfind(".//s:loc", NS)]


@pytest.fixture
def reader(browser_of: Any) -> Client:
    client: Client = browser_of()
    return client


def addresses_in_the_sitemap(client: Client) -> dict[str, str]:
    """Address → lastmod of all parts."""
    found: dict[str, str] = {}
    for part in located(tree(client, "/sitemap.xml")):
        for url in tree(client, urlsplit(part).path).iterfind("s:url", NS):
            found[url.findtext("s:loc", namespaces=NS)] = url.findtext("s:lastmod", "", NS)
    return found


def test_the_sitemap_has_every_public_page_in_each_language(reader: Client, cast: Cast) -> None:
    found = addresses_in_the_sitemap(reader)
    for name, path in public_pages():
        if name not in NOT_FOR_SEARCH:
            for prefix in ("zh", "en"):
                assert f"http://localhost/{prefix}{path}" in found, (name, path)
    # None is there that is none, none that is not public, and every one answers.
    assert not [address for address in found if cast.unpublished in address or "610526-2024" in address]
    for address in found:
        page = reader.get(urlsplit(address).path)
        assert page.status_code == 200, address
        if "text/html" in page["Content-Type"] and "/ogc/" not in address:
            assert f'<link rel="canonical" href="{address}">' in page.content.decode(), address
    newest = LedgerEntry.objects.filter(project__code=cast.published, public=True).latest("at")
    assert found[f"http://localhost/en/projects/{cast.published}/"] == newest.at.isoformat(timespec="seconds")


def test_an_unpublished_project_leaves_the_sitemap_at_once(reader: Client, cast: Cast) -> None:
    assert [address for address in addresses_in_the_sitemap(reader) if cast.published in address]
    Project.objects.filter(code=cast.published).update(published=False)
    assert not [address for address in addresses_in_the_sitemap(reader) if cast.published in address]


def test_a_large_record_is_split(reader: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crawlers, "PART", 3)
    for n in range(5):
        make_project(cast.bureau(), title_zh=f"新增{n}")
    parts = located(tree(reader, "/sitemap.xml"))
    assert [part.rpartition("/")[2] for part in parts] == [
        "pages.xml",
        "projects-1.xml",
        "projects-2.xml",
        "projects-3.xml",
        "schools-1.xml",
    ]
    assert sum(len(located(tree(reader, f"/sitemaps/projects-{n}.xml"))) for n in (1, 2, 3)) == 2 * 7 * len(
        crawlers.OF_A_PROJECT
    )  # the project and its changes
    for part in ("projects-4", "schools-2", "projects-0", "projects-x", "projects-99999999", "other"):
        assert reader.get(f"/sitemaps/{part}.xml").status_code == 404


def test_robots_are_told_what_to_leave_alone(reader: Client) -> None:
    said = reader.get("/robots.txt").content.decode()
    assert "Disallow: /en/office/" in said and "Disallow: /api/" in said
    assert said.rstrip().endswith("Sitemap: http://localhost/sitemap.xml")


def test_every_page_has_a_name_and_words_of_its_own(visit: Visit, cast: Cast) -> None:
    titles: dict[str, str] = {}
    said: dict[str, str] = {}
    for name, path in public_pages():
        if name in NOT_FOR_SEARCH:
            continue
        for language in ("zh", "en"):
            html = visit(f"/{language}{path}").html
            title = re.search(r"<title>(.*?)</title>", html, re.DOTALL)
            words = re.search(r'<meta name="description" content="([^"]*)"', html)
            assert title and words and len(words[1]) > 5, path
            assert titles.setdefault(f"{language} {title[1]}", path) == path, (title[1], path)
            assert said.setdefault(f"{language} {words[1]}", path) == path, (words[1], path)
            for block in re.findall(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL):
                assert json.loads(block)["@context"] == "https://schema.org"


def test_the_front_page_says_whose_site_it_is(visit: Visit) -> None:
    blocks = re.findall(r'<script type="application/ld\+json">(.*?)</script>', visit("/en/").html, re.DOTALL)
    facts = {fact["@type"]: fact for fact in map(json.loads, blocks)}
    assert facts["WebSite"]["potentialAction"]["target"]["urlTemplate"] == "http://localhost/en/projects/?q={q}"
    assert facts["GovernmentOrganization"]["areaServed"]["url"].startswith("http://localhost/en/regions/")
