"""A mail server for tests: speaks SMTP on a port of its own and keeps what it is given."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any


class _Session(socketserver.StreamRequestHandler):
    server: _Sink

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())

    def handle(self) -> None:
        self.say("220 sink")
        recipients: list[str] = []
        while line := self.rfile.readline():
            verb = line.decode(errors="replace").strip()
            command = verb.upper()
            if command.startswith("RCPT"):
                address = verb.partition("<")[2].partition(">")[0]
                if address in self.server.unknown:
                    self.say("550 no such mailbox")
                    continue
                recipients.append(address)
                self.say("250 ok")
            elif command == "DATA":
                self.say("354 go on")
                body = b""
                while (part := self.rfile.readline()) not in (b".\r\n", b""):
                    body += part[1:] if part.startswith(b"..") else part
                if self.server.drops_after_data:
                    # Taken, and the answer lost on its way.
                    self.server.keep(recipients, body)
                    return
                self.server.keep(recipients, body)
                recipients = []
                self.say("250 taken")
            elif command == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")


class _Sink(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Session)
        self.letters: list[tuple[list[str], EmailMessage]] = []
        self.unknown: set[str] = set()
        self.drops_after_data = False

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def keep(self, recipients: list[str], body: bytes) -> None:
        message = message_from_bytes(body, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.letters.append((list(recipients), message))

    def to(self, address: str) -> list[EmailMessage]:
        return [message for recipients, message in self.letters if address in recipients]


Sink = _Sink


@contextmanager
def mail_server(port: int = 0) -> Iterator[Sink]:
    with _Sink(port) as sink:
        thread = threading.Thread(target=sink.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield sink
        finally:
            sink.shutdown()
            thread.join()


def sent_to(sink: Sink, settings: Any) -> None:
    """Let the product send its letters to that server."""
    settings.EMAIL_ON = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sink.port
    settings.SITE_URL = "https://works.example.cn"
