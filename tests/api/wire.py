"""The running product over a plain socket: nothing normalises what a test sends."""

from __future__ import annotations

import http.client
import json
import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from tests.servers import Server

Result = TypeVar("Result")
# An answer 500, or gunicorn about a worker that died or hung. (A refused Host is logged as an error, too.)
FAULT = re.compile(r"ERROR django\.request|Internal Server Error|WORKER TIMEOUT|was sent SIG|exited with code [1-9]")


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def data(self) -> Any:
        return json.loads(self.body)

    @property
    def type(self) -> str:
        return self.headers.get("content-type", "").split(";")[0]

    def problem(self, status: int, pointer: str | None = None) -> dict[str, Any]:
        """The problem details of an expected refusal; ``pointer`` must be among its errors."""
        assert self.status == status, f"{self.status}: {self.body[:600]!r}"
        assert self.type == "application/problem+json"
        problem: dict[str, Any] = self.data
        assert problem["status"] == status and problem["title"] and problem["detail"]
        if pointer is not None:
            assert pointer in [error["pointer"] for error in problem["errors"]], problem
        return problem


@dataclass
class Wire:
    """One person's requests to a server; every request has a connection of its own."""

    server: Server
    token: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def signed_in(cls, server: Server, username: str) -> Wire:
        body = {"username": username, "password": f"demo-{username}", "device": "test"}
        reply = cls(server).call("POST", "tokens/", body)
        assert reply.status == 201, reply
        return cls(server, reply.data["token"])

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        """``body`` is sent as it is when it is bytes, else as JSON. ``path`` without slash is the API's."""
        named = {"accept": "*/*", **self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        if self.token:
            named.setdefault("authorization", f"Token {self.token}")
        if body is not None:
            named.setdefault("content-type", "application/json")
            body = body if isinstance(body, bytes) else json.dumps(body).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=300)
        try:
            connection.request(method, path if path.startswith("/") else f"/api/v1/{path}", body, named)
            answer = connection.getresponse()
            return Reply(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Reply:
        return self.call("GET", path, **headers)

    def etag(self, path: str) -> str:
        reply = self.get(path)
        assert reply.status == 200, reply
        return reply.headers["etag"]

    def change(self, path: str, body: Any, **headers: str) -> Reply:
        """PATCH from the newest state."""
        return self.call("PATCH", path, body, if_match=self.etag(path), **headers)


def at_once(count: int, act: Callable[[int], Result]) -> list[Result]:
    """``act(0) … act(count - 1)``, each in a thread of its own, let go together."""
    gate = threading.Barrier(count)

    def run(number: int) -> Result:
        gate.wait()
        return act(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def workers(server: Server) -> set[str]:
    """The process ids of gunicorn's workers."""
    assert server.process is not None
    master = server.process.pid
    return set(Path(f"/proc/{master}/task/{master}/children").read_text().split())


@contextmanager
def nobody_dies(server: Server) -> Iterator[None]:
    """The same workers before and after, and no error that nobody expected in what they wrote."""
    before = workers(server)
    yield
    assert workers(server) == before, server.output()
    log = server.log.read_text(encoding="utf-8", errors="replace")
    assert not [line for line in log.splitlines() if FAULT.search(line)], log[-20_000:]
