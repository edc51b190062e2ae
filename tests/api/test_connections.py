"""Those who send nothing, half of something or too much, and do not go when they are through, keep nobody else waiting
(`config/waiting.py`): over plain sockets, against the product as it is served.
"""

from __future__ import annotations

import http.client
import json
import socket
import time
from contextlib import ExitStack, closing

import pytest

from tests.servers import Server

pytestmark = [pytest.mark.e2e, pytest.mark.once]

# More than there are threads by far: each of these, in a thread, would be waited for by the next reader.
MANY = 40
# Seconds. On gunicorn's own ways the reader below waits 12 to 15, or for ever.
SOON = 8

HOST = b"Host: 127.0.0.1\r\n"
HEALTH = b"GET /healthz HTTP/1.1\r\n" + HOST
SIGN_IN = b"POST /api/v1/tokens/ HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n"
WRONG = b'{"username": "nobody"}'  # says no password: tries none, so that nobody is locked out


class Line:
    """A connection, as it is."""

    def __init__(self, server: Server) -> None:
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=60)
        self.incoming = self.socket.makefile("rb")

    def __enter__(self) -> Line:
        return self

    def __exit__(self, *_: object) -> None:
        self.incoming.close()
        self.socket.close()

    def say(self, what: bytes) -> None:
        self.socket.sendall(what)

    def answer(self) -> tuple[int, str | None, bytes]:
        """The status, what becomes of the connection, and the body."""
        status = int(self.incoming.readline().split()[1])
        head = http.client.parse_headers(self.incoming)
        return status, head["Connection"], self.incoming.read(int(head["Content-Length"]))


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"GET /healthz HT",
        HEALTH,
        SIGN_IN + b"Content-Length: 1000\r\n\r\n" + WRONG,
        SIGN_IN + b"Content-Length: 100000\r\n\r\n" + WRONG,
        SIGN_IN + b"Expect: 100-continue\r\nContent-Length: 100\r\n\r\n",
        HEALTH + b"\r\n" + HEALTH,
        HEALTH + b"Connection: close\r\n\r\n",
    ],
    ids=[
        "nothing",
        "half a line",
        "half a head",
        "half a body",
        "a long body",
        "a promise",
        "one and a half",
        "all, and does not go",
    ],
)
def test_many_who_do_not_go_on_keep_nobody_waiting(served: Server, said: bytes) -> None:
    with ExitStack() as many:
        for _ in range(MANY):
            many.enter_context(Line(served)).say(said)
        time.sleep(0.5)  # until it has come, and was answered
        reader = many.enter_context(closing(http.client.HTTPConnection("127.0.0.1", served.port, timeout=SOON)))
        for _ in range(4):  # more than there are processes
            reader.request("GET", "/healthz", headers={"Connection": "close"})
            assert reader.getresponse().read()


def test_a_request_in_pieces_is_one_request(served: Server) -> None:
    whole = SIGN_IN + b"Content-Length: %d\r\n\r\n" % len(WRONG) + WRONG
    with Line(served) as phone:
        for at in range(0, len(whole), 40):
            phone.say(whole[at : at + 40])
            time.sleep(0.01)
        assert phone.answer()[0] == 400
        # The connection is kept, also for two at once and for one that is sent with the end of another.
        phone.say(HEALTH + b"\r\n" + HEALTH + b"\r\n" + HEALTH[:20])
        assert [phone.answer()[0], phone.answer()[0]] == [200, 200]
        phone.say(HEALTH[20:] + b"\r\n")
        assert phone.answer()[:2] == (200, "keep-alive")


def test_long_bodies_wait_for_each_other_and_are_all_answered(served: Server) -> None:
    body = json.dumps({"username": "nobody", "password": "x" * 100_000, "device": "x"}).encode()
    with ExitStack() as stack:
        phones = [stack.enter_context(Line(served)) for _ in range(MANY)]
        for phone in phones:
            phone.say(SIGN_IN + b"Content-Length: %d\r\n\r\n" % len(body) + body[:70_000])
        for phone in reversed(phones):  # the first who began is the last to go on
            phone.say(body[70_000:])
        assert {phone.answer()[0] for phone in phones} == {400}


def test_who_waits_to_be_told_to_go_on_is_told(served: Server) -> None:
    with Line(served) as careful:
        careful.say(SIGN_IN + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(WRONG))
        assert careful.incoming.read(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
        careful.say(WRONG)
        assert careful.answer()[0] == 400


@pytest.mark.parametrize("size", [1_100_000, 12_000_000])
def test_a_body_that_is_not_read_ends_the_connection_and_says_so(served: Server, size: int) -> None:
    """Said to be kept and then closed, the next request on it was lost; closed at once, the answer was (reset by the peer)."""
    with Line(served) as sender:
        sender.say(SIGN_IN + b"Content-Length: %d\r\n\r\n" % size)
        for _ in range(size // 100_000):
            sender.say(b"x" * 100_000)
        status, connection, body = sender.answer()
        assert (status, connection, json.loads(body)["status"]) == (413, "close", 413)
        assert sender.incoming.read(1) == b"", "nothing more is said"


def test_a_short_body_that_is_not_read_is_passed_over(served: Server) -> None:
    with Line(served) as sender:
        for _ in range(2):
            sender.say(b"POST /healthz HTTP/1.1\r\n" + HOST + b"Content-Length: 300\r\n\r\n" + b"x" * 300)
            status, connection, _ = sender.answer()
            assert (status, connection) == (403, "keep-alive")
