"""GDAL's own client on the running product: it lists the collection, filters on the server, and copies every feature."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.api.wire import Wire
from tests.servers import Server


def gdal(*command: str) -> str:
    environment = os.environ | {"no_proxy": "127.0.0.1", "CPL_CURL_VERBOSE": "NO"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, env=environment)
    assert done.returncode == 0 and "ERROR" not in done.stderr, f"{command}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_gdal_lists_filters_and_copies_all_features(served: Server, tmp_path: Path) -> None:
    source = f"OAPIF:{served.url}/ogc"
    count = Wire(served).get("projects/?page_size=1").data["count"]
    assert count > 20
    assert "1: projects" in gdal("ogrinfo", "-q", source)
    summary = gdal("ogrinfo", "-so", source, "projects")
    assert f"Feature Count: {count}" in summary and "Geometry: Point" in summary and 'ID["EPSG",4326]' in summary
    assert "begins: Date" in summary and "TEMPORAL_INTERVAL_MIN=20" in summary
    copy = tmp_path / "all.gpkg"
    gdal("ogr2ogr", "-f", "GPKG", str(copy), source, "projects", "-oo", "PAGE_SIZE=5")
    table = gdal(
        "ogrinfo", "-q", str(copy), "-sql", "SELECT count(*) AS n, count(DISTINCT code) AS codes FROM projects"
    )
    assert f"n (Integer) = {count}" in table and f"codes (Integer) = {count}" in table
    found = Wire(served).get("projects/?status=in_use&in_bbox=109,34,110,36&page_size=1").data["count"]
    few = gdal("ogrinfo", "-so", source, "projects", "-where", "status='in_use'", "-spat", "109", "34", "110", "36")
    assert 0 < found < count and f"Feature Count: {found}" in few
