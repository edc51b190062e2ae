"""The databases of a run: one per engine and size, each filled once, and the server that reads them."""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

ROOT = Path(__file__).resolve().parent.parent
START_LIMIT = 60.0
PIECE = 1 << 16


class Store:
    """The databases of one engine. ``url(18)`` is the Pucheng fixture alone; other sizes are filled from it."""

    def __init__(self, engine: str, directory: Path, server_url: str, prefix: str) -> None:
        self.engine = engine
        self.directory = directory
        self.server_url = server_url
        self.prefix = prefix
        self.made: dict[str, str] = {}
        self.version = ""
        directory.mkdir(parents=True, exist_ok=True)

    @property
    def postgis(self) -> bool:
        return self.engine == "PostGIS"

    def url(self, sites: int) -> str:
        """The database with that many visible sites, made when it is first asked for."""
        name = f"sites_{sites}"
        if name not in self.made:
            if sites == 18:
                url = self.empty(name)
                self.manage(url, "manage.py", "loaddata", "pucheng", "--verbosity", "0")
            else:
                url = self.copy(18, name)
                self.manage(url, "-m", "benchmarks.data", "fill", str(sites))
        return self.made[name]

    def empty(self, name: str) -> str:
        """A migrated database without data."""
        url = self._create(name, None)
        self.manage(url, "manage.py", "migrate", "--verbosity", "0")
        if self.postgis and not self.version:
            with psycopg.connect(urlsplit(url)._replace(scheme="postgresql").geturl()) as connection:
                row = connection.execute("SELECT version(), postgis_lib_version()").fetchone()
                self.version = f"{row[0].split(' on ')[0]}, PostGIS {row[1]}" if row else ""
        return url

    def copy(self, sites: int, name: str) -> str:
        """A copy of its own of the database of that size."""
        self.url(sites)
        return self._create(name, f"sites_{sites}")

    def _create(self, name: str, template: str | None) -> str:
        if self.postgis:
            self._sql(
                f'CREATE DATABASE "{self.prefix}{name}"' + (f' TEMPLATE "{self.prefix}{template}"' if template else "")
            )
            url = urlsplit(self.server_url)._replace(path=f"/{self.prefix}{name}").geturl()
        else:
            path = self.directory / f"{name}.sqlite3"
            if template:
                shutil.copy(self.directory / f"{template}.sqlite3", path)
            url = f"spatialite://{path}"
        self.made[name] = url
        return url

    def environment(self, url: str) -> dict[str, str]:
        return os.environ | {
            "DATABASE_URL": url,
            "VAR_DIR": str(self.directory.parent),
            "SECRET_KEY": "a key of the benchmarks alone, in no use elsewhere",
            "DEBUG": "false",
            "LOG_LEVEL": "ERROR",
        }

    def manage(self, url: str, *arguments: str) -> str:
        """Python with these arguments on that database; what it printed."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self.environment(url),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"{' '.join(arguments)} on {self.engine}:\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def drop(self) -> None:
        """Take the databases away: the server may not be ours alone."""
        if self.postgis:
            for name in self.made:
                self._sql(f'DROP DATABASE IF EXISTS "{self.prefix}{name}" WITH (FORCE)')
        self.made.clear()

    def _sql(self, statement: str) -> None:
        url = urlsplit(self.server_url)._replace(scheme="postgresql", path="/postgres").geturl()
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(statement)

    @contextmanager
    def serving(self, url: str, *, workers: int = 1, keeps: bool = True) -> Iterator[Server]:
        """The product on that database. Without ``keeps`` it makes every answer anew."""
        environment = self.environment(url) | ({} if keeps else {"BENCH_KEEPS_NOTHING": "1"})
        server = Server(environment, workers, self.directory / "gunicorn.log")
        try:
            server.wait_until_ready()
            yield server
        finally:
            server.stop()


class Server:
    """gunicorn as ``script/server`` starts it, with the peers of ``benchmarks.peer`` mounted beside the product."""

    def __init__(self, environment: dict[str, str], workers: int, log: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = log
        command = [sys.executable, "-m", "gunicorn", "config.wsgi:application", "-c", "python:config.serving"]
        command += [
            "--bind",
            f"127.0.0.1:{self.port}",
            "--workers",
            str(workers),
            "--timeout",
            "120",
            "--keep-alive",
            "60",
        ]
        command += ["--max-requests", "0"]  # a worker that renews itself is not what is measured
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment | {"DJANGO_SETTINGS_MODULE": "benchmarks.peer.settings"},
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_LIMIT
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                if self.client().get("/healthz").status == 200:
                    return
            except OSError:
                time.sleep(0.1)
        raise SystemExit(f"the server did not start:\n{self.log.read_text()[-4000:]}")

    def client(self, timeout: float = 120) -> Client:
        return Client(self.port, timeout)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


class Answer:
    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.body = response.read()
        self.status = response.status
        self.headers = response.headers


class Client:
    """One connection kept alive, no compression unless asked for."""

    def __init__(self, port: int, timeout: float = 120) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)

    def read(self, path: str) -> int:
        """Read an answer to its end and keep none of it: how many bytes it has. Raises SystemExit for another than 200."""
        self.connection.request("GET", path, headers={"Accept-Encoding": "identity"})
        answer = self.connection.getresponse()
        if answer.status != 200:
            raise SystemExit(f"{path}: {answer.status}")
        size = 0
        while piece := answer.read(PIECE):
            size += len(piece)
        return size

    def get(self, path: str, **headers: str) -> Answer:
        return self.send("GET", path, None, headers)

    def send(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        self.connection.request(method, path, body, {"Accept-Encoding": "identity"} | given)
        return Answer(self.connection.getresponse())
