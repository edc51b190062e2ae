"""The static edition of 1,000 projects: the first run, a run after one change, a run after none. As it is run: one process per
core, each run a process of its own with the time that Django takes to start."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from benchmarks.measure import Bench, Row, median
from benchmarks.stores import Store

FIRST, NOTHING = 60.0, 2.0
CHANGE = (
    "import django; django.setup()\n"
    "from django.utils import timezone\n"
    "from projects_api.models import Project\n"
    "from projects_api.services.projects import project_change\n"
    "project = Project.objects.filter(published=True, version__gt=0).order_by('pk').first()\n"
    "project_change(project_id=project.pk, actor=None, at=timezone.now(), expected=None, changes={'places': 999})\n"
)


def run(bench: Bench) -> list[Row]:
    rows = []
    for store in bench.stores:
        url, site = store.copy(200 if bench.quick else 1_000, "edition"), bench.directory / f"site-{store.engine}"
        first = _seconds(store, url, site)
        nothing = median([_seconds(store, url, site) for _ in range(3)])
        store.manage(url, "-c", f"import os; os.environ['DJANGO_SETTINGS_MODULE'] = 'config.settings'\n{CHANGE}")
        change = _seconds(store, url, site)
        files = sum(path.is_file() for path in (site / "current").rglob("*"))
        shutil.rmtree(site)
        many = "200" if bench.quick else "1,000"
        rows += [
            _row(f"publish_site, {many} projects, {files:,} files, first run, {store.engine}", first, FIRST),
            _row(f"publish_site, {many} projects, nothing changed, {store.engine}", nothing, NOTHING),
            Row(f"publish_site, {many} projects, one project changed, {store.engine}", f"{change:.1f} s"),
        ]
    return rows


def _row(work: str, seconds: float, limit: float) -> Row:
    return Row(
        work, f"{seconds:.1f} s", f"{limit:.0f} s", f"{seconds / limit:.2f}", f"≤ {limit:.0f} s", seconds <= limit
    )


def _seconds(store: Store, url: str, site: Path) -> float:
    started = time.perf_counter()
    store.manage(url, "manage.py", "publish_site", str(site), "--live", "https://works.example.cn")
    return time.perf_counter() - started
