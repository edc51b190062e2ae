"""Photos against a real server: connections that break off or hang, a server that dies, many at once."""

from __future__ import annotations

import hashlib
import socket
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from tests.api.wire import Reply, Wire, at_once, nobody_dies
from tests.photo_files import picture, scene
from tests.servers import Prepared, Server

pytestmark = pytest.mark.e2e

PART = "application/offset+octet-stream"


@pytest.fixture(scope="module")
def server(prepared: Prepared) -> Iterator[Server]:
    with prepared.server() as server:
        yield server
        assert "all sound" in server.manage("verify_ledger").stdout


class Phone:
    """An engineer's device with one photo to send."""

    def __init__(self, server: Server, seed: int) -> None:
        self.engineer = Wire.signed_in(server, "engineer")
        code = self.engineer.get("field/").data["sites"][0]["code"]
        self.photos = f"projects/{code}/photos/"
        self.data = picture(scene(seed, (2000, 1500)), quality=92)
        self.said = {
            "id": str(uuid4()),
            "taken_at": "2023-06-06T02:00:00Z",
            "size": len(self.data),
            "media_type": "image/jpeg",
        }
        self.path = f"{self.photos}{self.said['id']}/"
        assert self.announce().status == 201

    def announce(self) -> Reply:
        return self.engineer.call("POST", self.photos, self.said)

    def offset(self) -> int:
        return int(self.engineer.call("HEAD", f"{self.path}original/").headers["upload-offset"])

    def send(self, offset: int, end: int | None = None) -> Reply:
        part = self.data[offset:end]
        headers = {"content_type": PART, "upload_offset": str(offset)}
        return self.engineer.call("PATCH", f"{self.path}original/", part, **headers)

    def begin(self, offset: int, end: int) -> socket.socket:
        """Promise the rest of the photo, and send no more than up to ``end``."""
        line = socket.create_connection(("127.0.0.1", self.engineer.server.port), timeout=300)
        head = (
            f"PATCH /api/v1/{self.path}original/ HTTP/1.1\r\nHost: localhost\r\nUpload-Offset: {offset}\r\n"
            f"Authorization: Token {self.engineer.token}\r\nContent-Type: {PART}\r\n"
            f"Content-Length: {len(self.data) - offset}\r\n\r\n"
        )
        line.sendall(head.encode() + self.data[offset:end])
        return line

    def wait_for(self, bytes_here: int) -> int:
        deadline = time.monotonic() + 120
        while (here := self.offset()) < bytes_here and time.monotonic() < deadline:
            time.sleep(0.02)
        if here >= bytes_here:
            return here
        raise AssertionError(f"only {here} of {bytes_here} bytes arrived")

    def photo(self) -> dict[str, Any]:
        found: dict[str, Any] = self.engineer.get(self.path).data
        return found

    def is_whole(self) -> bool:
        found = self.photo()
        return bool(found["state"] == "complete" and found["sha256"] == hashlib.sha256(self.data).hexdigest())


def test_what_arrived_before_a_connection_broke_counts(server: Server) -> None:
    phone, third = Phone(server, 1), 0
    with nobody_dies(server):
        third = len(phone.data) // 3
        phone.begin(0, third).close()
        assert phone.wait_for(third) == third
        assert phone.send(third).status == 204
        assert phone.is_whole()


def test_a_phone_that_vanished_keeps_nobody_out(server: Server) -> None:
    """Its connection hangs, half a part sent; the phone comes back on another one."""
    phone = Phone(server, 2)
    with nobody_dies(server), phone.begin(0, 200_000) as hanging:
        here = phone.wait_for(128 * 1024)
        assert phone.send(here).status == 204
        assert phone.is_whole()
        hanging.sendall(phone.data[200_000:])
        assert b" 409 " in hanging.recv(200)
    assert phone.is_whole()


def test_a_server_that_dies_loses_no_acknowledged_part(fresh_server: Server) -> None:
    phone = Phone(fresh_server, 3)
    assert phone.send(0, 150_000).status == 204
    with phone.begin(150_000, 250_000):
        fresh_server.kill9()
    fresh_server.start()
    here = phone.offset()
    assert 150_000 <= here <= 250_000
    assert phone.send(here).status == 204
    assert phone.is_whole()
    assert "all sound" in fresh_server.manage("verify_ledger").stdout


def test_many_at_once_are_each_there_once(server: Server) -> None:
    with nobody_dies(server):
        phones = [Phone(server, seed) for seed in range(10, 18)]
        assert [reply.status for reply in at_once(8, lambda n: phones[n].send(0))] == [204] * 8
        assert all(phone.is_whole() for phone in phones)
        one = phones[0]
        assert [reply.status for reply in at_once(8, lambda _n: one.announce())] == [201] * 8
        there = [photo["id"] for photo in one.engineer.get(f"{one.photos}?page_size=200").data["results"]]
        assert all(there.count(phone.said["id"]) == 1 for phone in phones)
        two = Phone(server, 30)
        statuses = sorted(reply.status for reply in at_once(6, lambda _n: two.send(0)))
        assert statuses[0] == 204 and set(statuses[1:]) <= {204, 409}
        assert two.is_whole()
