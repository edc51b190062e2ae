"""The project's own tools: locked requirements, scripts that run anywhere, a summary that cannot lie."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from config.translations import compile_stale
from tests.servers import ROOT

pytestmark = pytest.mark.once

SCRIPTS = ["bench", "bootstrap", "format", "lint", "lock", "openapi", "server", "test"]
TEXT = {
    ".py",
    ".sh",
    ".toml",
    ".txt",
    ".in",
    ".md",
    ".yaml",
    ".yml",
    ".json",
    ".js",
    ".css",
    ".html",
    ".po",
    "",
}


def committed() -> list[Path]:
    """The files that are, or would be, committed."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def requirements(name: str) -> dict[str, list[str]]:
    """Package -> hashes of a compiled file."""
    found: dict[str, list[str]] = {}
    text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
    for line in text.splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            package, _, rest = line.partition("==")
            found[re.sub(r"\[.*\]", "", package).strip().lower()] = re.findall(r"--hash=sha256:([0-9a-f]{64})", rest)
    return found


def wanted(name: str) -> set[str]:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    names = (re.match(r"[A-Za-z0-9._-]+", line) for line in lines if not line.startswith(("#", "-")))
    return {match.group().lower().replace("_", "-") for match in names if match}


@pytest.mark.parametrize("name", ["requirements", "requirements-dev"])
def test_every_requirement_is_pinned_with_hashes_and_none_was_forgotten(name: str) -> None:
    locked = requirements(f"{name}.txt")
    assert wanted(f"{name}.in") <= set(locked)
    assert [package for package, hashes in locked.items() if not hashes] == []


def test_the_tests_run_on_the_versions_that_the_product_runs_on() -> None:
    pin = re.compile(r"^([a-z0-9._-]+)(?:\[[^\]]*\])?==(\S+)", re.MULTILINE)
    product = dict(pin.findall((ROOT / "requirements.txt").read_text(encoding="utf-8")))
    tests = dict(pin.findall((ROOT / "requirements-dev.txt").read_text(encoding="utf-8")))
    assert product.items() <= tests.items()


def test_nothing_committed_names_a_package_index_or_a_place_on_somebodys_machine() -> None:
    places = re.compile(r"--(extra-)?index-url|--find-links|file:///|(?<![\w.])/(root|home|work|opt|Users)/\w")
    found = []
    for path in committed():
        if path.suffix not in TEXT or {"vendor", "photos"} & set(path.parts) or path == Path(__file__).resolve():
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if places.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}")
    assert found == []


@pytest.mark.parametrize("name", [*(f"script/{name}" for name in SCRIPTS), ".ci/run", "manage.py"])
def test_scripts_can_be_run_and_parse(name: str) -> None:
    path = ROOT / name
    assert path.stat().st_mode & 0o111 == 0o111
    if path.suffix != ".py":
        subprocess.run(["bash", "-n", str(path)], check=True)


def test_nothing_that_scripts_make_is_committed() -> None:
    made = re.compile(r"(^|/)(var|\.venv|node_modules|__pycache__)/|\.mo$|\.sqlite3$|\.rejected\.csv$")
    assert [name for path in committed() if made.search(name := str(path.relative_to(ROOT)))] == []


def test_layers_are_those_of_the_architecture() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = next(c["layers"] for c in config["tool"]["importlinter"]["contracts"] if c["type"] == "layers")
    order = [[name.strip() for name in re.split(r"[|:]", layer)] for layer in layers]
    flat = [name.removeprefix("projects_api.") for group in order for name in group]
    floors = [
        "config",
        "portal",
        "mapviews",
        "api",
        "interchange",
        "filtersets",
        "services",
        "selectors",
        "models",
    ]
    assert [name for name in flat if name in floors] == floors
    assert {"schedule", "geodesy", "choices", "errors"} <= set(flat)


def run_bootstrap(tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(ROOT / "script" / "bootstrap"), "server"],
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "NO_COLOR": "1"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_set_up_machine_is_left_alone(tmp_path: Path) -> None:
    result = run_bootstrap(tmp_path)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_a_wrong_argument_is_said_in_one_line() -> None:
    result = subprocess.run(
        [str(ROOT / "script" / "bootstrap"), "everything"], capture_output=True, text=True, check=False
    )
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert "script/bootstrap [server|test]" in result.stderr


REPORT = """<testsuites><testsuite>
<testcase classname="a" name="passes"/>
<testcase classname="a" name="fails"><failure message="no"/></testcase>
<testcase classname="a" name="breaks_in_teardown"/>
<testcase classname="a" name="breaks_in_teardown"><error message="late"/></testcase>
<testcase classname="a" name="is_left_out"><skipped message="no shared data"/></testcase>
</testsuite></testsuites>"""


def summary(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "script" / "lib" / "summary.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_summary_counts_each_test_once_and_a_broken_teardown_as_failed(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text(REPORT)
    assert summary("count", report).stdout.split() == ["1", "2", "1"]


def test_the_summary_names_skips_and_failures_and_ends_with_the_sum(tmp_path: Path) -> None:
    report, results = tmp_path / "report.xml", tmp_path / "results.tsv"
    report.write_text(REPORT)
    results.write_text("ruff\t1\t0\t0\t2\t\nSpatiaLite\t1\t2\t1\t9\t\nPostGIS\t0\t0\t1\t0\tskipped: no PostgreSQL\n")
    result = summary("print", results, report)
    assert result.returncode == 1
    assert result.stdout.splitlines()[-1] == "2 passed, 2 failed"
    for text in ("a.is_left_out: no shared data", "a.fails", "PostGIS: skipped: no PostgreSQL"):
        assert text in result.stdout


def test_the_summary_says_where_the_time_went(tmp_path: Path) -> None:
    report, results = tmp_path / "PostGIS.xml", tmp_path / "results.tsv"
    cases = "".join(f'<testcase classname="a" name="takes_{n}" time="{n}.5"/>' for n in range(12))
    report.write_text(f"<testsuites><testsuite>{cases}</testsuite></testsuites>")
    results.write_text("PostGIS\t12\t0\t0\t90\t\t31\n")
    said = summary("print", results, report).stdout
    assert "90 s (processor 31 s)" in said
    named = [line.split() for line in said.splitlines() if "takes_" in line]
    assert [words[-1] for words in named] == [f"a.takes_{n}" for n in range(11, 1, -1)]
    assert named[0][0] == "11.5"


def test_nothing_run_at_all_is_not_a_success(tmp_path: Path) -> None:
    (tmp_path / "results.tsv").write_text("SpatiaLite\t0\t0\t0\t1\t\n")
    result = summary("print", tmp_path / "results.tsv")
    assert result.returncode == 1
    assert result.stdout.splitlines()[-1] == "0 passed, 0 failed"


def test_a_skip_fails_in_ci_and_only_there(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text("import pytest\ndef test_it():\n    pytest.skip('not today')\n")
    command = [sys.executable, "-m", "pytest", "-c", str(ROOT / "pyproject.toml"), "--rootdir", str(ROOT)]
    command += ["-p", "tests.conftest", "-p", "no:cacheprovider", str(tmp_path)]
    for ci, code in (("true", 1), ("", 0)):
        env = {"PATH": "/usr/bin:/bin", "CI": ci, "VAR_DIR": str(tmp_path / "var")}
        result = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
        assert result.returncode == code, result.stdout + result.stderr
        assert "not today" in result.stdout


PO = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "Map"\nmsgstr "地图"\n'


def test_translations_are_compiled_when_stale_and_only_then(tmp_path: Path) -> None:
    source = tmp_path / "zh_Hans" / "LC_MESSAGES" / "django.po"
    source.parent.mkdir(parents=True)
    source.write_text(PO, encoding="utf-8")
    target = source.with_suffix(".mo")
    assert compile_stale(tmp_path) == [target]
    assert "地图".encode() in target.read_bytes()
    assert compile_stale(tmp_path) == []
    assert sorted(path.name for path in source.parent.iterdir()) == ["django.mo", "django.po"]
