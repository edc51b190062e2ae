"""Interleaved timing, the table, and what machine it was."""

from __future__ import annotations

import os
import platform
import sqlite3
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from benchmarks.stores import Store

Timed = dict[str, list[float]]


@dataclass(frozen=True)
class Row:
    """One line of the table. ``met`` is None where a figure has no goal of its own."""

    work: str
    ours: str
    peer: str = ""
    ratio: str = ""
    goal: str = ""
    met: bool | None = None


@dataclass
class Bench:
    """What a case needs: the engines' databases, how many sites count as many, how often to repeat."""

    stores: list[Store]
    quick: bool
    data: Path
    directory: Path
    notes: list[str] = field(default_factory=list)

    @property
    def many(self) -> int:
        return 20_000 if self.quick else 100_000

    def note(self, words: str) -> None:
        if words not in self.notes:
            self.notes.append(words)

    def rounds(self, usual: int) -> int:
        return max(3, usual // 3) if self.quick else usual


def interleaved(rounds: int, work: Mapping[str, Callable[[], object]], *, warm_up: int = 2) -> Timed:
    """Seconds of each piece of work, one after the other in every round, so that a busy machine is busy for all alike."""
    taken: Timed = {name: [] for name in work}
    for number in range(warm_up + rounds):
        for name, run in work.items():
            started = time.perf_counter()
            run()
            if number >= warm_up:
                taken[name].append(time.perf_counter() - started)
    return taken


def median(values: list[float]) -> float:
    return statistics.median(values)


def percentile(values: list[float], share: float) -> float:
    """The smallest value that at least that share of all values does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -int(-len(ordered) * share // 1) - 1)]


def ms(seconds: float) -> str:
    return f"{seconds * 1000:,.0f} ms" if seconds >= 0.1 else f"{seconds * 1000:.1f} ms"


def kb(size: int) -> str:
    return f"{size / 1000:,.1f} KB"


def ratio_row(work: str, taken: Timed, ours: str, peer: str, *, goal: float | None = None, faster: bool = False) -> Row:
    """``ours`` against ``peer``: at most ``goal`` times its time, or (``faster``) at least ``goal`` times as fast."""
    mine, theirs = median(taken[ours]), median(taken[peer])
    ratio = theirs / mine if faster else mine / theirs
    if goal is None:
        return Row(work, ms(mine), f"{peer}: {ms(theirs)}", f"{ratio:.2f}")
    words = f"≥ {goal:g} × as fast" if faster else f"≤ {goal:g} ×"
    met = ratio >= goal if faster else ratio <= goal
    return Row(work, ms(mine), f"{peer}: {ms(theirs)}", f"{ratio:.2f}", words, met)


def machine() -> list[str]:
    """Lines that name the machine and the versions measured."""
    cpu = next(
        (line.split(":", 1)[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), "?"
    )
    memory = next((int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0)
    names = ("Django", "djangorestframework", "djangorestframework-gis", "psycopg", "gunicorn", "orjson", "folium")
    return [
        f"{os.cpu_count()} cores, {cpu}, {memory / 1024 / 1024:.0f} GB memory, {platform.system()} {platform.machine()}",
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, "
        + ", ".join(f"{name} {version(name)}" for name in names),
    ]


def browser_version(path: str) -> str:
    return subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout.strip()


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []


def table(rows: list[Row]) -> str:
    words = {True: "yes", False: "**no**", None: ""}
    lines = ["| work | ours | peer or limit | ratio | goal | met? |", "| --- | --- | --- | --- | --- | --- |"]
    lines += [f"| {r.work} | {r.ours} | {r.peer} | {r.ratio} | {r.goal} | {words[r.met]} |" for r in rows]
    return "\n".join(lines)
