"""`script/server` as a user meets it: what it prints, serves and says when something is wrong."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.servers import ROOT, free_port, lend_static

pytestmark = pytest.mark.once

START_LIMIT = 240  # a first start compresses every static file and loads both counties


def environment(var_dir: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "SECRET_KEY"}}
    return kept | {"VAR_DIR": str(var_dir), "PORT": str(free_port()), "NO_COLOR": "1"} | more


@contextmanager
def running(env: dict[str, str]) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """script/server, up and answering, and the lines it has printed so far."""
    process = subprocess.Popen(
        ["script/server"], cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    lines: list[str] = []
    assert process.stdout is not None
    reader = threading.Thread(target=lines.extend, args=(process.stdout,), daemon=True)
    reader.start()
    try:
        deadline = time.monotonic() + START_LIMIT
        while time.monotonic() < deadline and process.poll() is None:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{env['PORT']}/healthz", timeout=60).close()
                break
            except OSError:
                time.sleep(0.2)
        else:
            process.kill()
            reader.join(timeout=5)
            raise AssertionError("script/server did not serve:\n" + "".join(lines))
        yield process, lines
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=240)
        reader.join(timeout=5)
        process.stdout.close()


def get(env: dict[str, str], path: str) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{env['PORT']}{path}", timeout=240) as response:
        assert response.status == 200
        return str(response.read().decode())


def refused(env: dict[str, str]) -> str:
    """What script/server says when it cannot start: exit code 1, no traceback."""
    result = subprocess.run(
        ["script/server"], cwd=ROOT, env=env, capture_output=True, text=True, timeout=240, check=False
    )
    assert result.returncode == 1, result.stdout + result.stderr
    assert "Traceback" not in result.stdout + result.stderr
    return result.stderr


def children(pid: int) -> dict[int, str]:
    """Process ids below this one, with their command lines."""
    found = {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
            command = (path / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if parent == pid:
            found[int(path.name)] = command
            found |= children(int(path.name))
    return found


def until(true: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.2)


def worker(process: subprocess.Popen[str]) -> int:
    """The process id of the background worker, 0 while there is none."""
    return next((pid for pid, command in children(process.pid).items() if "manage.py worker" in command), 0)


def test_it_serves_both_counties_says_how_to_sign_in_and_starts_again_without_redoing_it(
    tmp_path: Path,
) -> None:
    env = environment(tmp_path / "var")
    (tmp_path / "var").mkdir()
    lend_static(tmp_path / "var")  # compressing them is most of a first start, and servers here did it once already
    with running(env) as (process, first):
        assert "610526" in get(env, "/api/v1/bureaus/")
        page = get(env, "/")
        # Hashed names: the browser may keep them for good.
        assert re.search(r'href="/static/[^"]+\.[0-9a-f]{12}\.css"', page)
    assert process.returncode == 0
    said = "".join(first)
    assert f"http://127.0.0.1:{env['PORT']}/" in said
    for name in (
        "engineer",
        "supervisor",
        "official",
        "bureau_admin",
        "gushi_engineer",
        "gushi_official",
        "demo-",
    ):
        assert name in said
    assert "loading pucheng and gushi" in said
    assert (tmp_path / "var" / "secret_key").stat().st_mode & 0o777 == 0o600

    with running(env) as (process, second):
        assert "610526" in get(env, "/api/v1/bureaus/")
        # The background worker works, is started again when it dies, and ends with the server.
        until(lambda: '"tasks": "ok"' in get(env, "/readyz"))
        killed = worker(process)
        os.kill(killed, signal.SIGKILL)
        until(lambda: worker(process) not in (0, killed))
        started = worker(process)
        assert any("background worker" in line and "started again" in line for line in second)
        assert "610526" in get(env, "/api/v1/bureaus/"), "the server did not mind"
    assert process.returncode == 0
    until(lambda: not Path(f"/proc/{started}").exists(), 15)
    said = "".join(second)
    assert "migrations to apply" not in said
    assert "loading" not in said
    assert "collecting" not in said
    assert "Traceback" not in said

    # Stored in another way (with DEBUG: as they are, under their names): that is for script/server to do.
    (tmp_path / "var" / "static").unlink()
    with running(env | {"DEBUG": "true"}) as (process, third):
        assert "body" in get(env, "/static/admin/css/base.css")
    said = "".join(third)
    assert "collecting" in said
    assert (tmp_path / "var" / "static" / "admin" / "css" / "base.css").is_file()


def test_a_port_in_use_is_said_with_the_way_out(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = refused(environment(tmp_path / "var", PORT=str(port)))
    assert f"port {port}" in said
    assert "PORT=" in said


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://root@localhost/x"),
        ("SECRET_KEY", "short"),
        ("TILE_URL", "https://tiles.example.org/nothing.png"),
        ("ALLOWED_HOSTS", "*"),
        ("PORT", "http"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, name: str, value: str) -> None:
    assert name in refused(environment(tmp_path / "var", **{name: value}))


def test_a_directory_it_cannot_write_is_named(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.touch()
    said = refused(environment(blocked / "var"))
    assert str(blocked / "var") in said
