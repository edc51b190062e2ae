"""`publish_site` as it is run, by two processes, and its files in a browser, from a server that knows nothing of us."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import PATIENCE, Problems
from tests.portal.test_edition import file_server
from tests.servers import Server

pytestmark = [pytest.mark.browser, pytest.mark.e2e]


def test_a_county_reads_its_edition(served: Server, browser: Any, tmp_path: Path) -> None:
    """Front page, map with its marks, a project, the other language; nothing is asked of another host, nothing is missing."""
    done = served.manage(
        "publish_site", str(tmp_path / "site"), "--live", "https://works.example.cn", "--processes", "2"
    )
    assert "addresses written" in done.stdout or "个地址" in done.stdout
    again = served.manage("publish_site", str(tmp_path / "site"), "--live", "https://works.example.cn")
    assert re.search(r"Nothing has changed|没有变化", again.stdout)
    with file_server(tmp_path / "site" / "current") as port:
        problems = Problems(f"http://127.0.0.1:{port}")
        context = browser.new_context(viewport={"width": 1280, "height": 800}, base_url=problems.home)
        context.set_default_timeout(PATIENCE)
        problems.watch(context)
        page = context.new_page()
        page.goto("/")
        page.wait_for_url("**/zh/")
        page.goto("/zh/maps/status/")
        page.wait_for_selector("html[data-marks=drawn]", state="attached")
        assert page.locator("[data-map-located] li").count() > 10
        assert page.locator("form:visible").count() == 0, "what only the live server can do is not offered"
        page.locator("[data-map-located] li a").first.click()
        page.wait_for_url("**/zh/projects/*/")
        page.get_by_role("link", name="English").click()
        page.wait_for_url("**/en/projects/*/")
        assert page.locator("#edition a").get_attribute("href").startswith("https://works.example.cn/en/projects/")
        context.close()
        assert problems.left() == []
