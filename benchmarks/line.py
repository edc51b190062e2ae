"""A slow network as a proxy: 400 kbit/s each way, shared by all connections, 400 ms there and back, and 400 ms to connect.

It lies under the browser, so that all is covered: the page, the service worker's own requests, whatever connects. The
browser's own emulation leaves service workers out. Not modelled: TCP's slow start, losses, TLS. What passes is counted.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

UP, DOWN = "up", "down"
PIECE = 1400  # bytes: what a packet holds
MOST_WAITING = 32  # pieces of one connection on their way


class SlowLine:
    """``url`` leads to the server's port. ``bytes`` counts both ways, headers included."""

    def __init__(self, port: int, *, bits: int = 400_000, latency: float = 0.4) -> None:
        self.server_port = port
        self.seconds_per_byte = 8 / bits
        self.latency = latency
        self.bytes = {UP: 0, DOWN: 0}
        self._free = {UP: 0.0, DOWN: 0.0}  # when the line has carried what was given to it
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def carried(self) -> int:
        return sum(self.bytes.values())

    @contextmanager
    def open(self) -> Iterator[SlowLine]:
        self._thread.start()
        self._started.wait()
        try:
            yield self
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._connected, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        self._loop.run_forever()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        with suppress(asyncio.CancelledError):
            self._loop.run_until_complete(asyncio.sleep(0))

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(self.latency)
        with suppress(OSError):
            there, to_there = await asyncio.open_connection("127.0.0.1", self.server_port)
            await asyncio.gather(self._carry(reader, to_there, UP), self._carry(there, writer, DOWN))

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: str) -> None:
        pieces: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(MOST_WAITING)
        delivering = asyncio.create_task(self._deliver(pieces, writer))
        with suppress(OSError):
            while piece := await reader.read(PIECE):
                self.bytes[way] += len(piece)
                begins = max(self._loop.time(), self._free[way])
                self._free[way] = begins + len(piece) * self.seconds_per_byte
                await pieces.put((self._free[way] + self.latency / 2, piece))
                # Not before its turn: so the line is shared by who sends just now.
                await asyncio.sleep(begins - self._loop.time())
        await pieces.put((self._loop.time() + self.latency / 2, b""))
        await delivering

    async def _deliver(self, pieces: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter) -> None:
        while True:
            due, piece = await pieces.get()
            await asyncio.sleep(due - self._loop.time())
            with suppress(OSError):
                if not piece:
                    return writer.close()
                writer.write(piece)
                await writer.drain()
