"""Small tables and mappings that tests write themselves, and the real files copied to where reports may be written."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

HEADER = "Building,Work,Phase,State,Start,Plan,End,Budget,Spent"
MAPPING = """
[mapping]
title = "A little district"
source = "little"
rows = "milestones"

[bureau]
code = "LIT"
name_zh = "小区教育局"
name_en = "Little District"
level = "county"
bounds = [100, 30, 101, 31]

[columns]
building = "Building"
work = "Work"
phase = "Phase"
state = "State"
started = "Start"
planned = "Plan"
actual = "End"
budget = "Budget"
spent = "Spent"

[formats]
dates = ["%d.%m.%Y"]

[words]
TBD = "not decided yet"

[identity]
fields = ["building", "work"]
code = "LIT-{building}-{hash}"

[project]
title_en = "{building}: {work}"
published = true

[kind]
default = "renovation"

[status]
default = "proposed"
rules = [{ all_met = true, gives = "accepted" }, { begun = ["build"], gives = "under_construction" }]

[milestones]
field = "phase"
state = "state"
started = "started"
planned = "planned"
actual = "actual"
states = { done = "met", going = "in_progress", later = "scheduled" }
phases = [
    { name = "Draw", key = "draw", weight = 10, title_en = "Drawing" },
    { name = "Build", key = "build", weight = 90, title_en = "Building" },
]

[[money]]
field = "budget"
becomes = "estimate"
kind = "construction_budget"

[[money]]
field = "spent"
becomes = "spending"
kind = "money_paid"

[sites]
join = "building"
latitude = "latitude"
longitude = "longitude"
precision = "address"
columns = { building = "Building", latitude = "Lat", longitude = "Lon" }
"""


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    """Messages are looked at in their source language, whatever the server's."""
    with translation.override("en"):
        yield


class Ran(NamedTuple):
    code: int
    out: str
    error: str

    def count(self, word: str) -> int:
        """The number behind ``created:`` and the like."""
        return next(int(line.split(": ")[1]) for line in self.out.splitlines() if line.startswith(f"{word}: "))


def run(*arguments: Any) -> Ran:
    """``import_projects`` as a user sees it."""
    return run_command("import_projects", *arguments)


def run_command(name: str, *arguments: Any) -> Ran:
    """A command as a user sees it: its exit code, what it prints, and the message it fails with."""
    out = StringIO()
    try:
        call_command(name, *map(str, arguments), stdout=out, stderr=out)
    except CommandError as error:
        return Ran(error.returncode, out.getvalue(), str(error))
    return Ran(0, out.getvalue(), "")


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    path = tmp_path / "little.toml"
    path.write_text(MAPPING, encoding="utf-8")
    return path


@pytest.fixture
def table(tmp_path: Path) -> Callable[..., Path]:
    """Writes ``table.csv``: the header and these lines (or, with ``raw``, exactly these bytes)."""

    def write(*lines: str, header: str = HEADER, raw: bytes | None = None, name: str = "table.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(raw if raw is not None else ("\r\n".join([header, *lines]) + "\r\n").encode())
        return path

    return write


@pytest.fixture
def sca(shared_data: Path, tmp_path: Path) -> tuple[Path, Path]:
    """Copies of the two real SCA files: phases, sites."""
    files = [shared_data / "nyc_sca" / name for name in ("schedules_and_budgets.csv", "active_projects.csv")]
    first, second = (Path(shutil.copy(file, tmp_path)) for file in files)
    return first, second


@pytest.fixture
def save(tmp_path: Path) -> Callable[..., Path]:
    """Writes ``package.json``: JSON, or exactly these bytes."""

    def write(package: Any) -> Path:
        path = tmp_path / "package.json"
        path.write_bytes(package if isinstance(package, bytes) else json.dumps(package, ensure_ascii=False).encode())
        return path

    return write


@pytest.fixture
def empty_storage(settings: Any, tmp_path: Path) -> Path:
    """Files of the test's own."""
    settings.UPLOADS_DIR = tmp_path / "uploads"
    media = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path / "media")}}
    settings.STORAGES = settings.STORAGES | {"default": media}
    return tmp_path
