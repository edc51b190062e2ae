"""gunicorn's threads, kept for those who have asked something."""

from __future__ import annotations

import errno
import struct
import time
from functools import partial
from selectors import EVENT_READ
from socket import SO_SNDTIMEO, SOL_SOCKET, socket
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

from config.stack import with_room

# A reader who takes nothing of an answer for so many seconds is given up: with a large file they hold a thread.
TAKES_NOTHING = 30


class WaitingWorker(ThreadWorker):
    """A new connection waits for its first byte in the poller, not in one of the threads.

    gunicorn 27 gives a thread to each new connection and lets it wait there for up to five seconds. Browsers open connections
    that they do not use, and a few people with a bad network (or one with a bad mind) would keep all sixteen threads busy with
    silence (`tests/api/test_bad_input.py`).
    """

    def accept(self, listener: socket) -> None:
        try:
            client, address = listener.accept()
        except OSError as error:
            if error.errno in (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK):
                return
            raise
        self.nr_conns += 1
        client.setblocking(False)
        client.setsockopt(SOL_SOCKET, SO_SNDTIMEO, struct.pack("@ll", TAKES_NOTHING, 0))
        connection = TConn(self.cfg, client, address, listener.getsockname())
        connection.timeout = time.monotonic() + self.cfg.keepalive
        # From here it goes gunicorn's own way of connections that were silent for too long.
        self.pending_conns.append(connection)
        self.poller.register(client, EVENT_READ, partial(self.on_pending_socket_readable, connection))

    def handle(self, conn: TConn) -> Any:
        return with_room(super().handle, conn)
