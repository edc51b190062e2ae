"""The files that the map sends: vendored as recorded, small, and without anything the policy forbids."""

from __future__ import annotations

import gzip
import hashlib
import re
from pathlib import Path

import pytest

from mapviews.maps import VIEWS

STATIC = Path(__file__).resolve().parent.parent.parent / "mapviews" / "static"
BUDGET = 60_000
LATER_BUDGET = 25_000


def map_assets(view: str) -> list[Path]:
    shell = VIEWS[view].shell
    return [STATIC / path for path in (*shell.scripts, *shell.styles, *shell.later_scripts, *shell.later_styles)]


def test_vendored_files_are_those_that_script_vendor_recorded() -> None:
    lines = (STATIC / "vendor" / "VERSIONS").read_text(encoding="utf-8").splitlines()
    sums = [line.split("  ", 1) for line in lines if re.match(r"[0-9a-f]{64}  ", line)]
    recorded = {name: digest for digest, name in sums}
    present = {
        str(file.relative_to(STATIC / "vendor")): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in (STATIC / "vendor").rglob("*")
        if file.is_file() and file.name != "VERSIONS"
    }
    assert present == recorded


@pytest.mark.parametrize("view", VIEWS)
def test_the_map_assets_fit_their_budget(view: str) -> None:
    """At most 60 KB over the wire, gzip, for all that a map adds to a page before its marks stand; then 25 KB of tools."""
    shell = VIEWS[view].shell
    first, later = [
        len(gzip.compress(file, 9)) for file in (shell.bundle + shell.sheet, shell.later + shell.later_sheet)
    ]
    assert first <= BUDGET
    assert later <= LATER_BUDGET


def test_our_scripts_build_elements_and_never_markup() -> None:
    forbidden = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|DOMParser|createContextualFragment"
    )
    for file in (STATIC / "mapviews").glob("*.js"):
        assert not forbidden.search(file.read_text(encoding="utf-8")), file.name


def test_no_asset_points_to_another_host() -> None:
    """Addresses in vendored code are names of standards and credits; none is fetched (the browser tests watch)."""
    for file in (STATIC / "mapviews").iterdir():
        text = file.read_text(encoding="utf-8")
        assert set(re.findall(r"https?://[^\s\"']+", text)) <= {"http://www.w3.org/2000/svg"}, file.name
    for file in {file for view in VIEWS for file in map_assets(view)}:
        assert "sourceMappingURL" not in file.read_text(encoding="utf-8"), file.name
