"""`publish_site` as it is run, by two processes, and its files in a browser, from a server that knows nothing of us."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.conftest import PATIENCE, Problems
from tests.portal.test_edition import file_server
from tests.servers import Server

LIVE = "https://works.example.cn"
pytestmark = [pytest.mark.browser, pytest.mark.e2e]


def test_a_county_reads_its_edition(served: Server, browser: Any, tmp_path: Path) -> None:
    """Front page, map with its marks, a county's own map, a project, the other language. Nothing is asked of another host and
    nothing is missing, though all of it lies under a path of a host that has other things too."""
    told = (str(tmp_path / "site"), "--live", LIVE, "--base-url", "https://www.example.cn/county/")
    done = served.manage("publish_site", *told, "--processes", "2")
    assert "addresses written" in done.stdout or "个地址" in done.stdout
    again = served.manage("publish_site", *told)
    assert re.search(r"Nothing has changed|没有变化", again.stdout)
    (tmp_path / "www").mkdir()
    (tmp_path / "www" / "county").symlink_to(tmp_path / "site" / "current")
    door = (tmp_path / "site" / "current" / "index.html").read_text()
    icon = re.search(r'<link rel="icon" href="/county/([^"]+)"', door)
    assert icon, "without one the browser asks the root of a host that is not ours"
    assert (tmp_path / "site" / "current" / icon[1]).is_file()
    named = [
        file.name
        for file in (tmp_path / "site" / "current").rglob("*")
        if file.is_file() and b"//localhost" in file.read_bytes()
    ]
    assert named == [], "what is read elsewhere names itself by the address it was told"
    with file_server(tmp_path / "www") as port:
        problems = Problems(f"http://127.0.0.1:{port}")
        context = browser.new_context(viewport={"width": 1280, "height": 800}, base_url=problems.home)
        context.set_default_timeout(PATIENCE)
        problems.watch(context)
        page = context.new_page()
        page.goto("/county/")
        page.wait_for_url("**/county/zh/")
        page.goto("/county/zh/maps/status/")
        page.wait_for_selector("html[data-marks=drawn]", state="attached")
        assert page.evaluate("getComputedStyle(document.body).fontSize") == "16px"
        listed = page.locator("[data-map-located] li")
        listed.nth(10).wait_for()
        everywhere = listed.count()
        expect(page.locator("form:visible"), "what only the live server can do is not offered").to_have_count(0)
        page.goto("/county/zh/regions/411525/")
        page.wait_for_selector("html[data-marks=drawn]", state="attached")
        listed.first.wait_for()
        page.wait_for_load_state("networkidle")
        assert 0 < listed.count() < everywhere, "this county's, and not all there are"
        listed.locator("a").first.click()
        page.wait_for_url("**/county/zh/projects/*/")
        page.get_by_role("link", name="English").click()
        page.wait_for_url("**/county/en/projects/*/")
        assert page.locator("#edition a").get_attribute("href").startswith(f"{LIVE}/en/projects/")
        page.goto("/county/en/maps/timeline/?month=2023-06&way=promised")
        expect(page.locator("[data-timeline-name]")).to_have_text("June 2023")
        expect(page.get_by_label("What was promised"), "no server has read the address").to_be_checked()
        context.close()
        assert problems.left() == []
