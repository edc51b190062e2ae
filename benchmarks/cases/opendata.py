"""Open data on demand: how much memory the server takes for a whole table, and its time against bare SQL into a CSV."""

from __future__ import annotations

import csv
import io
import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

from benchmarks.measure import Bench, Row, interleaved, ratio_row
from benchmarks.stores import Server, Store

LIMIT_MB = 100
FILES = ("projects.csv", "projects.xlsx", "projects.geojson", "milestones.csv")
OURS, SQL = "ours", "SELECT into csv.writer"
COLUMNS = (
    "code", "plan_target", "title_zh", "title_en", "kind", "stage", "status", "description", "classes", "places", "floor_area",
    "land_area", "total_investment", "responsible_leader", "responsible_unit", "contractor", "supervising_firm", "address",
    "location_precision", "site_crs", "illustrative", "source", "needed_by", "physical_progress", "physical_progress_on",
    "progress", "next_milestone", "next_due", "measured_finish", "finish", "finish_tail", "red_from", "yellow_from", "late_from",
    "critical_from", "stale_from", "term_missed_from", "updated_at", "version",
)  # fmt: skip
STATEMENT = f"""
    SELECT b.code, b.currency, r.code, r.name_zh, r.name_en, s.code, s.name_zh, s.name_en, a.year, ST_X(p.site), ST_Y(p.site),
        {", ".join(f"p.{name}" for name in COLUMNS)}
    FROM projects_api_project p JOIN projects_api_bureau b ON b.id = p.bureau_id JOIN projects_api_region r ON r.id = p.region_id
        LEFT JOIN projects_api_school s ON s.id = p.school_id LEFT JOIN projects_api_annualplan a ON a.id = p.plan_id
    WHERE p.published AND p.archived_at IS NULL ORDER BY p.code
"""


def run(bench: Bench) -> list[Row]:
    rows = []
    for store in bench.stores:
        url = store.url(bench.many)
        rows += [_memory(store, url, bench.many, name) for name in FILES]
        with store.serving(url) as server:
            work = {OURS: lambda: _read(server, "projects.csv"), SQL: _statement(url)}
            taken = interleaved(bench.rounds(9), work, warm_up=1)
        rows.append(ratio_row(f"projects.csv, {bench.many:,} projects, {store.engine}", taken, OURS, SQL, goal=8))
    return rows


def _memory(store: Store, url: str, projects: int, name: str) -> Row:
    """The peak above what a server holds that has answered the same for three projects."""
    with store.serving(url) as server:
        _read(server, f"{name}?q=610526-2023-00")
        before = _peak(server)
        size = _read(server, name)
        grown = (_peak(server) - before) / 1024
    return Row(
        f"{name} of {projects:,} projects ({size / 1e6:,.0f} MB), {store.engine}: memory of the server",
        f"+ {grown:.0f} MB", goal=f"≤ {LIMIT_MB} MB", met=grown <= LIMIT_MB,
    )  # fmt: skip


def _read(server: Server, name: str) -> int:
    return server.client(timeout=1800).read(f"/open-data/{name}")


def _peak(server: Server) -> int:
    """The most that the one worker has held so far, in KB."""
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
    found = 0
    for pid in children:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        found += next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
    return found


def _statement(url: str) -> Callable[[], int]:
    """The same columns, nothing hidden or made, by the bare driver; how many characters."""
    if url.startswith("postgis:"):
        connection = psycopg.connect(urlsplit(url)._replace(scheme="postgresql").geturl(), autocommit=True)
        return lambda: _csv(connection.execute(STATEMENT))
    lite = sqlite3.connect(url.removeprefix("spatialite://"))
    lite.enable_load_extension(True)
    lite.load_extension("mod_spatialite")
    return lambda: _csv(lite.execute(STATEMENT))


def _csv(found: Iterable[Any]) -> int:
    buffer = io.StringIO()
    csv.writer(buffer).writerows(found)
    return len(buffer.getvalue().encode())
