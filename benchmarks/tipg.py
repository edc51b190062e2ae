"""tipg, a feature server for PostGIS, as a peer: in a virtual environment of its own, on a view with our properties."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from benchmarks.statements import COLUMNS, TABLES, VISIBLE
from benchmarks.stores import START_LIMIT, Client

PACKAGES = ("tipg==1.6.1", "uvicorn==0.54.0")
FEATURES = "/collections/public.bench_sites/items?f=geojson&limit="
TILES = "/collections/public.bench_sites/tiles/WebMercatorQuad/{z}/{x}/{y}"
MOST = "200000"


class TipgMissing(Exception):
    """It could not be installed or started here; the words say why."""


@contextmanager
def tipg(database_url: str, directory: Path) -> Iterator[Client]:
    """A client of one running tipg. Raises TipgMissing."""
    python = _installed(directory)
    url = urlsplit(database_url)._replace(scheme="postgresql").geturl()
    columns = ", ".join(f"p.{name}" for name in COLUMNS)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            f"CREATE OR REPLACE VIEW bench_sites AS SELECT p.id, {columns}, b.code AS bureau, r.code AS region, p.site "
            f"FROM {TABLES} WHERE {VISIBLE}"
        )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environment = os.environ | {
        "DATABASE_URL": url,
        "TIPG_MAX_FEATURES_PER_QUERY": MOST,
        "TIPG_MAX_FEATURES_PER_TILE": MOST,
        "TIPG_TABLE_CONFIG__public_bench_sites__pk": "id",
    }
    log = directory / "tipg.log"
    with log.open("w") as output:
        command = [str(python), "-m", "uvicorn", "tipg.main:app", "--port", str(port), "--log-level", "warning"]
        process = subprocess.Popen(command, cwd=directory, env=environment, stdout=output, stderr=output)
    try:
        _wait_until_ready(process, port, log)
        yield Client(port)
    finally:
        process.terminate()
        process.wait(timeout=30)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("DROP VIEW bench_sites")


def _installed(directory: Path) -> Path:
    python = directory / "tipg" / "bin" / "python"
    if not python.exists():
        commands = (
            [sys.executable, "-m", "venv", str(directory / "tipg")],
            [str(python), "-m", "pip", "install", "-q", *PACKAGES],
        )
        for command in commands:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise TipgMissing(
                    done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "no virtual environment"
                )
    return python


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if Client(port).get(FEATURES + "1").status == 200:
                return
        except OSError:
            pass
        time.sleep(0.2)
    raise TipgMissing(f"it did not start: {log.read_text()[-200:]}")
