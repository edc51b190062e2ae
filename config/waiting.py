"""gunicorn's threads, kept for those who have asked something: its connections wait elsewhere (decision 61)."""

from __future__ import annotations

import errno
import re
import struct
import time
from collections.abc import Callable, Iterable
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
# Who expects to be told to go on sends no body before a thread has told them.
_EXPECTS = re.compile(rb"\r\nexpect[ \t]*:", re.IGNORECASE)
_LENGTH = re.compile(rb"\r\ncontent-length[ \t]*:[ \t]*([0-9]{1,9})[ \t]*\r\n", re.IGNORECASE)


def is_whole(start: bytes) -> bool:
    """Whether a thread need not wait for more of a request that begins like this, or for so long that it may as well begin."""
    end = start.find(_END)
    if end < 0:
        return len(start) >= AHEAD
    head = start[: end + 2]
    length = _LENGTH.search(head)
    if length is None or _EXPECTS.search(head):
        return True
    whole = end + len(_END) + int(length[1])
    return whole > AHEAD or len(start) >= whole


class Connection(TConn):
    """One that knows its worker, and what has arrived of the next request."""

    def __init__(self, worker: WaitingWorker, client: socket, address: Any, server: Any) -> None:
        super().__init__(worker.cfg, client, address, server)
        self.worker = worker
        self.early = b""
        self.until = 0.0

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
    """A connection waits in the poller: for its first byte, for the rest of a short request, and for its end.

    gunicorn 27 lets it wait in a thread, of which there are sixteen, for its first byte five seconds and for the others without
    an end; and for the reader to close, two seconds, in the one thread that hands on all others. Browsers open connections that
    they do not use, phones lose their network in the middle, and a few people with a bad mind could keep everybody waiting
    (`tests/api/test_connections.py`).
    """

    wsgi: Any

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
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._wait(conn, self._more_of_a_request)
        self._more_of_a_request(conn, client)

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
        data = self._received(conn)
        if not data:
            return
        conn.early += data
        if is_whole(conn.early):
            self._take_up(conn)
            conn.data_ready = True
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
