"""Real servers for tests: gunicorn as `script/server` starts it, each on a copy of one prepared database."""

from __future__ import annotations

import fcntl
import hashlib
import http.client
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import django
import psycopg
from psycopg import sql

ROOT = Path(__file__).resolve().parent.parent
FIXTURES = ("pucheng", "gushi")
COLLECTED = ROOT / "var" / "tests"  # static files, kept between runs: compressing them takes long
START_LIMIT = 240  # seconds; a busy machine may take minutes, a broken server mostly dies at once


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@cache
def collect_static() -> None:
    """Static files as `script/server` serves them, made again only when a source changed."""
    COLLECTED.mkdir(parents=True, exist_ok=True)
    with (COLLECTED / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        environment = os.environ | {"VAR_DIR": str(COLLECTED), "DEBUG": "false"}
        environment.pop("DATABASE_URL", None)
        subprocess.run([sys.executable, "-m", "config.collected"], cwd=ROOT, env=environment, check=True)


def lend_static(var_dir: Path) -> None:
    """The collected static files for a server with this `VAR_DIR`, as if it had collected them itself."""
    collect_static()
    (var_dir / "static").symlink_to(COLLECTED / "static")
    shutil.copy(COLLECTED / "static.stamp", var_dir / "static.stamp")


# What migrations cannot import: the layers forbid it to the models, and nothing of it makes a table.
_ABOVE_THE_MODELS = {"admin", "api", "interchange", "management", "selectors", "services"}


@cache
def kept_empty() -> Path:
    """Where the migrated embedded database of these very sources and libraries is kept between runs: migrating takes ten seconds,
    for a single test as for all."""
    digest = hashlib.sha256()
    for path in sorted(
        [*ROOT.glob("projects_api/**/*.py"), ROOT / "config" / "settings.py", *ROOT.glob("requirements*.txt")]
    ):
        name = path.relative_to(ROOT)
        if not _ABOVE_THE_MODELS & set(name.parts):
            digest.update(f"{name}\n".encode() + path.read_bytes())
    with closing(sqlite3.connect(":memory:")) as library:
        library.enable_load_extension(True)
        library.load_extension("mod_spatialite")
        versions = library.execute("SELECT sqlite_version(), spatialite_version(), proj_version()").fetchone()
    digest.update(f"{versions} {sys.version} {django.__version__}".encode())
    return COLLECTED / f"empty-{digest.hexdigest()[:16]}.sqlite3"


class Server:
    """A gunicorn of two workers with four threads each. `url` stays the same over `restart` and `kill9`."""

    def __init__(
        self,
        directory: Path,
        database_url: str,
        environment: dict[str, str] | None = None,
        serving: str = "config.serving",
    ) -> None:
        self.directory = directory
        self.serving = serving
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = directory / "gunicorn.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.env = os.environ | {
            "DATABASE_URL": database_url,
            "DATABASE_POOL_SIZE": "8",
            "VAR_DIR": str(directory),
            "SECRET_KEY": "a key of the test servers alone, in no use elsewhere",
            "DEMO": "true",
            "DEBUG": "false",
            "PYTHONWARNINGS": "default",
        }
        self.env.update(environment or {})

    def start(self) -> None:
        command = [sys.executable, "-m", "gunicorn", "config.wsgi:application", "-c", f"python:{self.serving}"]
        # A worker that renews itself after 5,000 requests looks like one that died.
        command += [
            "--bind",
            f"127.0.0.1:{self.port}",
            "--threads",
            "4",
            "--graceful-timeout",
            "5",
            "--max-requests",
            "0",
        ]
        with self.log.open("ab") as log:
            # A session of its own: kill9 ends master and workers together.
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=self.env, stdout=log, stderr=log, start_new_session=True
            )
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        assert self.process is not None
        deadline = time.monotonic() + START_LIMIT
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
                    connection.request("GET", "/healthz")
                    if connection.getresponse().status < 500:
                        return
            except (OSError, http.client.HTTPException):
                pass
            time.sleep(0.1)
        self.kill9()
        raise AssertionError(f"the server did not start:\n{self.output()}")

    def output(self) -> str:
        """The end of what the server wrote."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-8000:] if self.log.exists() else ""

    def stop(self) -> None:
        """Ask it to end, as Ctrl-C does, and wait."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.kill9()
        self.process = None

    def kill9(self) -> None:
        """End master and workers at once, as a power cut would."""
        if self.process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=20)
        self.process = None

    def restart(self) -> None:
        self.stop()
        self.start()

    def manage(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """``manage.py ARGUMENTS`` on this server's database."""
        result = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
        )
        if check and result.returncode:
            raise AssertionError(f"manage.py {' '.join(arguments)}:\n{result.stdout}\n{result.stderr}")
        return result


def on_postgis() -> bool:
    """The engine of this run."""
    return os.environ.get("DATABASE_URL", "").startswith("postgis:")


class Prepared:
    """The databases that others copy, each made once for all workers of a run by the first that needs it: `migrated`, whose
    copies the in-process tests work on, and `loaded`, with both bureaus, for the real servers.

    `shared` is one directory for all pytest workers, `own` this worker's.
    """

    def __init__(self, shared: Path, own: Path) -> None:
        self.server_url = os.environ.get("DATABASE_URL", "")
        self.postgis = on_postgis()
        self.directory = shared / ("prepared-postgis" if self.postgis else "prepared")
        self.own = own
        self.count = 0
        self.prefix = database_prefix()
        self.directory.mkdir(parents=True, exist_ok=True)

    def database(self, name: str) -> str:
        """What a database of this run is called on a PostgreSQL server."""
        return f"{self.prefix}_{name}"

    def database_url(self, name: str, directory: Path) -> str:
        if self.postgis:
            return urlsplit(self.server_url)._replace(path=f"/{self.database(name)}").geturl()
        return f"spatialite://{directory / 'schoolworks.sqlite3'}"

    def migrated(self) -> str:
        """An empty product: the name of its database, or the path of its file. With CI=true nothing is kept from another run."""
        kept = None if self.postgis or os.environ.get("CI") == "true" else kept_empty()
        with self._first("migrated") as first:
            if first and kept and kept.exists():
                (self.directory / "migrated").mkdir(exist_ok=True)
                shutil.copy(kept, self._place("migrated"))
            elif first:
                self._copy("", "migrated")
                self._server("migrated").manage("migrate", "--verbosity", "0")
                if kept:
                    self._keep(kept)
        return self._place("migrated")

    def _keep(self, kept: Path) -> None:
        """There only when it is whole; those of a few other states of the sources stay beside it."""
        COLLECTED.mkdir(parents=True, exist_ok=True)
        for older in sorted(COLLECTED.glob("empty-*.sqlite3"), key=lambda path: path.stat().st_mtime)[:-3]:
            older.unlink(missing_ok=True)
        whole = kept.with_suffix(f".{os.getpid()}")
        shutil.copy(self._place("migrated"), whole)
        whole.replace(kept)

    def copy_for_tests(self) -> str:
        """The name of a PostGIS database for this worker's in-process tests: a copy of the migrated one."""
        self.migrated()
        name = f"{self.own.name.replace('-', '_')}_tests"
        with self._locked():
            self._copy("migrated", name)
        return self.database(name)

    def loaded(self) -> str:
        """The same with both bureaus."""
        self.migrated()
        with self._first("loaded") as first:
            if first:
                self._copy("migrated", "loaded")
                self._server("loaded").manage("loaddata", *FIXTURES)
        return self._place("loaded")

    def _server(self, name: str) -> Server:
        directory = self.directory / name
        directory.mkdir(exist_ok=True)
        return Server(directory, self.database_url(name, directory))

    def _place(self, name: str) -> str:
        return self.database(name) if self.postgis else str(self.directory / name / "schoolworks.sqlite3")

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One worker at a time: PostgreSQL copies a database only while nobody else is connected to it."""
        with (self.directory / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    @contextmanager
    def _first(self, name: str) -> Iterator[bool]:
        """Under the lock, whether `name` is still to be made; it is done when nothing was raised."""
        done = self.directory / f"{name}.done"
        with self._locked():
            yield not done.exists()
            done.touch()

    def _copy(self, source: str, name: str) -> None:
        if self.postgis:
            # No doubt about whose it is: the name holds this run's number.
            self._sql(f'DROP DATABASE IF EXISTS "{self.database(name)}" WITH (FORCE)')
            template = f' TEMPLATE "{self.database(source)}"' if source else ""
            self._sql(f'CREATE DATABASE "{self.database(name)}"{template}')
        elif source:
            (self.directory / name).mkdir(exist_ok=True)
            shutil.copy(self._place(source), self._place(name))

    @contextmanager
    def server(self, environment: dict[str, str] | None = None, **how: str) -> Iterator[Server]:
        """A started server on a new copy; stopped and its database dropped at the end."""
        self.loaded()
        self.count += 1
        name = f"{self.own.name.replace('-', '_')}_{self.count}"
        directory = self.own / f"server-{self.count}"
        directory.mkdir()
        lend_static(directory)
        if self.postgis:
            with self._locked():
                self._copy("loaded", name)
        else:
            shutil.copy(self._place("loaded"), directory / "schoolworks.sqlite3")
        server = Server(directory, self.database_url(name, directory), environment, **how)
        try:
            server.start()
            yield server
        finally:
            server.stop()
            shutil.rmtree(directory, ignore_errors=True)
            if self.postgis:
                self._sql(f'DROP DATABASE IF EXISTS "{self.database(name)}" WITH (FORCE)')

    def _sql(self, statement: str) -> None:
        with maintenance(self.server_url) as connection:
            connection.execute(statement)


@contextmanager
def maintenance(database_url: str) -> Iterator[psycopg.Connection]:
    """A connection to the PostgreSQL server of `database_url`, outside any database of ours."""
    url = urlsplit(database_url)._replace(scheme="postgresql", path="/postgres").geturl()
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


def database_prefix() -> str:
    """What this run's databases on a PostgreSQL server begin with; the same in all of pytest's workers."""
    return "sw_" + os.environ.setdefault("SCHOOLWORKS_TEST_RUN", uuid.uuid4().hex[:12])


def drop_databases(database_url: str) -> None:
    """Leave nothing of this run behind on a PostgreSQL server that may not be ours alone."""
    with maintenance(database_url) as connection:
        pattern = database_prefix().replace("_", r"\_") + "%"
        names = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [pattern]).fetchall()
        for (name,) in names:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
