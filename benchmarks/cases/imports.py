"""``import_projects`` with the real SCA files: a fresh process, its time and the most memory it ever held."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.measure import Bench, Row, median
from benchmarks.stores import ROOT, Store

FILES = ("schedules_and_budgets.csv", "active_projects.csv")
TIME_LIMIT = 10.0
MEMORY_LIMIT = 300.0  # MB


def run(bench: Bench) -> list[Row]:
    source = bench.data / "nyc_sca"
    if not all((source / name).is_file() for name in FILES):
        bench.note("The SCA import was left out: no shared data beside the checkout.")
        return []
    rows = []
    with tempfile.TemporaryDirectory() as directory:
        # A copy, since the list of rejected rows is written beside the file.
        for name in FILES:
            shutil.copy(source / name, directory)
        for store in bench.stores:
            rows += _imports(bench, store, Path(directory))
    return rows


def _imports(bench: Bench, store: Store, directory: Path) -> list[Row]:
    taken: dict[str, list[tuple[float, float]]] = {"first": [], "second": []}
    for number in range(bench.rounds(5)):
        url = store.empty(f"sca_{number}")
        for run_name in taken:
            taken[run_name].append(_import(store, url, directory, again=run_name == "second"))
    rows = []
    for run_name, words in (("first", "everything new"), ("second", "again, nothing changes")):
        seconds = median([s for s, _memory in taken[run_name]])
        memory = max(m for _seconds, m in taken[run_name])
        rows.append(
            Row(
                f"SCA import, 3,186 projects, {store.engine}: {words}",
                f"{seconds:.1f} s, {memory:.0f} MB",
                "10 s, 300 MB",
                f"{seconds / TIME_LIMIT:.2f}, {memory / MEMORY_LIMIT:.2f}",
                "≤ 10 s, ≤ 300 MB",
                seconds <= TIME_LIMIT and memory <= MEMORY_LIMIT,
            )  # fmt: skip
        )
    return rows


def _import(store: Store, url: str, directory: Path, *, again: bool) -> tuple[float, float]:
    command = [sys.executable, "manage.py", "import_projects", str(directory / FILES[0])]
    command += ["--mapping", "nyc_sca", "--sites", str(directory / FILES[1])]
    log = directory / "import.log"
    with log.open("w") as output:
        started = time.perf_counter()
        process = subprocess.Popen(command, cwd=ROOT, env=store.environment(url), stdout=output, stderr=output)
        memory = 0.0
        # Not the kernel's ru_maxrss: a child starts with what this process held when it was forked, which is more.
        while process.poll() is None:
            memory = max(memory, peak(process.pid))
            time.sleep(0.02)
        seconds = time.perf_counter() - started
    # Created, changed, unchanged, in the installation's language.
    told = re.findall(r"^\S+[:：] ?(\d+)$", log.read_text(), re.MULTILINE)[:3]
    if process.returncode or told != (["0", "0", "3186"] if again else ["3186", "0", "0"]):
        raise SystemExit(f"the import on {store.engine} did not do what it should:\n{log.read_text()[-3000:]}")
    return seconds, memory


def peak(pid: int) -> float:
    """The most memory (MB) that a running process has held since it was started; 0 when it has just ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:")), 0.0)
