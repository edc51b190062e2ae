"""All benchmarks, printed and written to ``benchmarks/RESULTS.md``: run by ``script/bench``, which starts a throw-away PostGIS.

script/bench                     everything, about 20 minutes on two cores
script/bench --quick             smaller and shorter, for development; writes nothing
script/bench --only sites,page   some of it; its sections are written anew, the others stay as they were measured
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import chart  # noqa: E402
from benchmarks.cases import (  # noqa: E402
    browser,
    crowd,
    edition,
    field,
    imports,
    lists,
    network,
    opendata,
    page,
    schedule,
    sites,
    tiles,
    writers,
)
from benchmarks.measure import Bench, Row, machine, table  # noqa: E402
from benchmarks.stores import Store  # noqa: E402

CASES: dict[str, tuple[str, Callable[[Bench], list[Row]]]] = {
    "sites": ("Sites as GeoJSON", sites.run),
    "page": ("The map page", page.run),
    "browser": ("First marks in Chromium", browser.run),
    "tiles": ("Vector tiles and clusters", tiles.run),
    "field": ("The field app on a slow phone", field.run),
    "network": ("The network pass", network.run),
    "schedule": ("Lights and wall chart", schedule.run),
    "opendata": ("Open data", opendata.run),
    "imports": ("The SCA import", imports.run),
    "lists": ("The list page", lists.run),
    "writers": ("Sixteen writers", writers.run),
    "crowd": ("A crowd at a public page", crowd.run),
    "edition": ("The static edition", edition.run),
}
LARGE = {"sites", "page", "browser", "tiles"}  # what is measured at a million sites too
MILLION = 1_000_000
RESULTS = ROOT / "benchmarks" / "RESULTS.md"
HEAD = """# Benchmarks

Written by `script/bench`. Every ratio is between two things measured in the same run, in turn, after a warm-up; times are
medians. Ours goes over HTTP: gunicorn, one worker with eight threads (browser, field and writers: two workers, as shipped), one
kept-alive connection on the same machine, no compression unless it says so, a visitor's permissions and the filters applied.
The stock folium map loads what folium's page loads, from this server (an older, smaller Bootstrap and icon font than its own).
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="20,000 sites for 100,000, a third of the rounds")
    parser.add_argument("--only", default="", help=f"some of {','.join(CASES)}")
    options = parser.parse_args()
    wanted = [name for name in options.only.split(",") if name] or list(CASES)
    if unknown := [name for name in wanted if name not in CASES]:
        parser.error(f"no such benchmark: {', '.join(unknown)}")
    sections: list[tuple[str, str]] = []
    measured: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="schoolworks-bench-") as directory:
        bench = Bench(_stores(Path(directory)), options.quick, ROOT.parent / "shared" / "data", Path(directory))
        try:
            first = bench.stores[0]
            first.manage(first.url(18), "manage.py", "collectstatic", "--no-input", "--verbosity", "0")
            _fill(bench, wanted)
            for name in wanted:
                title, run = CASES[name]
                started = time.monotonic()
                before = os.getloadavg()[0]
                rows = run(bench)
                measured += rows
                when = f"{date.today()}, load of the machine {before:.1f} before and {os.getloadavg()[0]:.1f} after."
                sections.append((title, f"{when}\n\n{table(rows)}"))
                print(f"\n## {title} ({time.monotonic() - started:.0f} s)\n\n{table(rows)}", flush=True)
        finally:
            for store in bench.stores:
                store.drop()
        versions = [words for store in bench.stores if (words := store.version)]
    missed = [row.work for row in measured if row.met is False]
    print(f"\n{sum(row.met is True for row in measured)} goals met, {len(missed)} missed")
    for work in missed:
        print(f"  missed: {work}")
    if not options.quick:
        written = _as_written()
        facts = [*machine(), *versions, *bench.notes]
        text = HEAD + "\n" + "\n".join(f"- {fact}" for fact in facts) + "\n"
        everything = written | dict(sections)
        titles = [title for title, _run in CASES.values() if title in everything]
        text += "".join(f"\n## {title}\n\n{everything[title]}\n" for title in titles)
        RESULTS.write_text(text, encoding="utf-8")
        chart.draw()
        print("Written: benchmarks/RESULTS.md, docs/images/benchmarks.svg")
    return 0


def _fill(bench: Bench, wanted: list[str]) -> None:
    """The large databases before anything is measured, those of both engines at once: each takes one core, for minutes."""
    if bench.quick or not LARGE.intersection(wanted):
        return
    with ThreadPoolExecutor() as pool:
        for _done in pool.map(
            lambda store: [store.url(sites) for sites in (10_000, 50_000, 100_000, MILLION)], bench.stores
        ):
            pass


def _stores(directory: Path) -> list[Store]:
    """PostGIS where ``DATABASE_URL`` names one, and SpatiaLite always."""
    url = os.environ.get("DATABASE_URL", "")
    stores = [Store("SpatiaLite", directory / "spatialite", "", "")]
    if url.startswith("postgis:"):
        stores.insert(0, Store("PostGIS", directory / "postgis", url, f"bench_{os.getpid()}_"))
    else:
        print("DATABASE_URL names no PostGIS: SpatiaLite alone")
    return stores


def _as_written() -> dict[str, str]:
    """The sections of the last runs, by title: what is not measured anew stands with its own day."""
    if not RESULTS.exists():
        return {}
    _head, *parts = RESULTS.read_text(encoding="utf-8").split("\n## ")
    return {title: body.strip() for title, _line, body in (part.partition("\n") for part in parts)}


if __name__ == "__main__":
    sys.exit(main())
