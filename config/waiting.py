"""gunicorn's threads, kept for those who have asked something: its connections wait elsewhere (decision 61)."""

from __future__ import annotations

import errno
import re
import struct
import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from enum import Enum, auto
from functools import partial
from selectors import EVENT_READ
from socket import SHUT_WR, SO_RCVTIMEO, SO_SNDTIMEO, SOL_SOCKET, socket
from typing import Any

from gunicorn.http.body import Body, LengthReader
from gunicorn.workers.gthread import TConn, ThreadWorker

from config.stack import with_room

# Whoever takes nothing of an answer for so many seconds, or sends nothing of a long body, is given up: they hold a thread.
SILENCE = 30
# A request of up to so many bytes is had whole before a thread reads it.
AHEAD = 64 * 1024
# Seconds that a connection may take over what it is waited for, while something comes.
WHOLE_WITHIN = 60
# An answer given before so much of a body was read ends the connection; gunicorn reads away up to 64 KB to keep it.
READ_AWAY = 32 * 1024

_END = b"\r\n\r\n"
# Of these a thread alone finds the end: a body in pieces, and one that is sent when a thread has told to go on.
_ENDS_LATER = re.compile(rb"\r\n(expect|transfer-encoding)[ \t]*:", re.IGNORECASE)
_LENGTH = re.compile(rb"\r\ncontent-length[ \t]*:[ \t]*([0-9]{1,18})[ \t]*\r\n", re.IGNORECASE)


class Arrived(Enum):
    """How much of a request is here: too little yet, all of it, or the beginning of one that a thread has to read on."""

    LITTLE = auto()
    WHOLE = auto()
    BEGINNING = auto()


def arrived(start: bytes) -> Arrived:
    end = start.find(_END)
    if end < 0:
        return Arrived.BEGINNING if len(start) >= AHEAD else Arrived.LITTLE
    head = start[: end + 2]
    if _ENDS_LATER.search(head):
        return Arrived.BEGINNING
    length = _LENGTH.search(head)
    whole = end + len(_END) + int(length[1]) if length else 0
    if len(start) >= whole:
        return Arrived.WHOLE
    return Arrived.BEGINNING if whole > AHEAD else Arrived.LITTLE


class Connection(TConn):
    """One that knows its worker, and what has arrived of the next request."""

    def __init__(self, worker: WaitingWorker, client: socket, address: Any, server: Any) -> None:
        super().__init__(worker.cfg, client, address, server)
        self.worker = worker
        self.early = b""
        self.until = 0.0
        self.long = False

    def init(self) -> None:
        super().init()
        if self.early:
            self.parser.unreader.unread(self.early)
            self.early = b""

    def close(self, graceful: bool = False) -> None:
        if graceful:
            self.worker.see_off(self)
        else:
            super().close()


class WaitingWorker(ThreadWorker):
    """A connection waits in the poller: for its first byte, for the rest of a short request, and for its end. Long requests take
    half of the threads at most, and wait for each other.

    gunicorn 27 lets it wait in a thread, of which there are sixteen, for its first byte five seconds and for the others without
    an end; and for the reader to close, two seconds, in the one thread that hands on all others. Browsers open connections that
    they do not use, phones lose their network in the middle, and a few people with a bad mind could keep everybody waiting
    (`tests/api/test_connections.py`).
    """

    wsgi: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.long = 0
        self.long_ones: deque[Connection] = deque()

    def load_wsgi(self) -> None:
        super().load_wsgi()
        self.wsgi = partial(_ending_what_is_unread, self.wsgi)

    def accept(self, listener: socket) -> None:
        try:
            client, address = listener.accept()
        except OSError as error:
            if error.errno in (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK):
                return
            raise
        self.nr_conns += 1
        for what in (SO_SNDTIMEO, SO_RCVTIMEO):
            client.setsockopt(SOL_SOCKET, what, struct.pack("@ll", SILENCE, 0))
        self._wait(Connection(self, client, address, listener.getsockname()), self._more_of_a_request)

    def handle(self, conn: TConn) -> Any:
        return with_room(super().handle, conn)

    def on_client_socket_readable(self, conn: TConn, client: socket) -> None:
        """The next request of a connection that was kept."""
        self._no_longer_kept(conn)
        self._more_of_a_request(conn, client)

    def finish_request(self, conn: TConn, fs: Future[Any]) -> None:
        if conn.long:
            conn.long = False
            self.long -= 1
            if self.long_ones:
                self._begin_a_long_one(self.long_ones.popleft())
        # What was sent behind a request waits like any other: gunicorn would give it a thread.
        early = conn.parser.unreader.take_buffered() if conn.parser else b""
        super().finish_request(conn, fs)
        if early and conn in self.keepalived_conns:
            self._no_longer_kept(conn)
            conn.early = early
            self._go_on(conn)

    def see_off(self, conn: TConn) -> None:
        """Say no more, and throw away what the reader is still sending until they close too (RFC 9112, 9.6).

        Closed at once, a connection with unread bytes is reset, and the reader may never see the answer that was sent.
        """
        try:
            conn.sock.shutdown(SHUT_WR)
        except OSError:
            conn.close()
            return
        self.nr_conns += 1  # gunicorn has taken it off already
        self._wait(conn, self._more_of_nothing)

    def _wait(self, conn: TConn, readable: Callable[[TConn, socket], None]) -> None:
        """Until it is readable, or goes gunicorn's own way of connections that are silent for too long (``keepalive``)."""
        conn.sock.setblocking(False)
        conn.until = time.monotonic() + WHOLE_WITHIN
        conn.set_timeout()
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(readable, conn))

    def _no_longer_kept(self, conn: TConn) -> None:
        self.poller.unregister(conn.sock)
        self.keepalived_conns.remove(conn)
        self._wait(conn, self._more_of_a_request)

    def _take_up(self, conn: TConn) -> None:
        self.poller.unregister(conn.sock)
        self.pending_conns.remove(conn)

    def _received(self, conn: TConn) -> bytes | None:
        """What there is to read, nothing where nothing came after all; ``None`` where there will be no more: it is closed."""
        data: bytes
        try:
            data = conn.sock.recv(AHEAD)
        except (BlockingIOError, InterruptedError):
            return b""
        except OSError:
            data = b""
        if not data:
            self._take_up(conn)
            self.nr_conns -= 1
            conn.close()
            return None
        if self.alive and time.monotonic() + self.cfg.keepalive < conn.until:
            # To the end of the row, which is sorted by when patience ends.
            self.pending_conns.remove(conn)
            conn.set_timeout()
            self.pending_conns.append(conn)
        return data

    def _more_of_a_request(self, conn: TConn, client: socket) -> None:
        if data := self._received(conn):
            conn.early += data
            self._go_on(conn)

    def _go_on(self, conn: TConn) -> None:
        how_much = arrived(conn.early)
        if how_much is Arrived.LITTLE:
            return
        self._take_up(conn)
        conn.data_ready = True
        if how_much is Arrived.WHOLE:
            self.enqueue_req(conn)
        elif self.long < max(1, self.cfg.threads // 2):
            self._begin_a_long_one(conn)
        else:
            self.long_ones.append(conn)

    def _begin_a_long_one(self, conn: TConn) -> None:
        self.long += 1
        conn.long = True
        self.enqueue_req(conn)

    def _more_of_nothing(self, conn: TConn, client: socket) -> None:
        self._received(conn)


def _ending_what_is_unread(application: Any, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Say that the connection ends where it will: a request was refused before its long body was read.

    gunicorn says ``keep-alive`` there and closes, and the next request on the connection is lost: with a proxy, another reader's.
    """

    def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
        if _unread(environ["wsgi.input"]):
            start_response.__self__.force_close()
        return start_response(status, headers, *error)

    answer: Iterable[bytes] = application(environ, start)
    return answer


def _unread(body: Any) -> bool:
    """Whether there is more of it than is read away. Of one in pieces nobody knows."""
    if not isinstance(body, Body):  # the first page is asked without a connection (`config.serving`)
        return False
    return not isinstance(body.reader, LengthReader) or body.reader.length > READ_AWAY
