"""The one way that e-mail leaves: letters are claimed, sent, and written down as taken, put off or given up.

At least once, and seen where twice: a letter counts as sent only after the mail server took it, and its Message-ID is made from
what it tells, so that a mail program (and a reader) knows a second copy for what it is. While a worker has a letter it is put
off by `LEASE`; a worker that dies leaves it to the next. A server that is away only delays: it is tried again, later each time.
What is in the letters, and where they wait, the callers know (`services.mail`, `services.alert_mail`).
"""

from __future__ import annotations

import hashlib
import logging
import smtplib
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Protocol
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.utils.translation import gettext as _

from projects_api.wording import in_chinese

log = logging.getLogger(__name__)
LEASE = timedelta(minutes=10)
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=6)
AT_A_TIME = 200
REFUSALS = 8  # times that a server refuses an address before it is given up; about a day and a half


class Letter(Protocol):
    """One e-mail that somebody waits for. Each of the last four writes down what came of it, in a transaction of its own."""

    def message(self, connection: Any, at: datetime) -> EmailMessage | None:
        """What is told as things stand now; None where nothing is left to tell."""

    def taken(self, at: datetime) -> None: ...
    def dropped(self, at: datetime) -> None: ...
    def put_off(self, at: datetime, why: str) -> None: ...
    def refused(self, at: datetime, why: str) -> None: ...


def send(claimed: Callable[[datetime], Sequence[Letter]], *, at: datetime, clock: Callable[[], datetime]) -> int:
    """Send what ``claimed`` hands out, until it hands out nothing; how many e-mails were taken by the server.

    ``clock``: the time when a mail was taken or failed, which is later than ``at``. No transaction is open while the server is
    talked to. Never raises for a server that is away. What the server says may hold an address: it is given to the letter, and
    of it the log gets no more than the kind and the code.
    """
    sent = 0
    while letters := claimed(at):
        connection = get_connection()
        try:
            connection.open()
        except (OSError, smtplib.SMTPException) as error:
            log.warning("the mail server is away, what waits is tried again later: %s", error)
            for letter in letters:
                letter.put_off(clock(), str(error))
            return sent
        try:
            sent += sum(_sent(letter, connection, clock) for letter in letters)
        finally:
            with suppress(OSError, smtplib.SMTPException):
                connection.close()
    return sent


def _sent(letter: Letter, connection: Any, clock: Callable[[], datetime]) -> int:
    try:
        message = letter.message(connection, clock())
        if message is None:
            letter.dropped(clock())
            return 0
        message.send()
    except smtplib.SMTPRecipientsRefused as error:
        letter.refused(clock(), str(error))
        return 0
    except (OSError, smtplib.SMTPException) as error:
        log.warning("an e-mail was not taken, it is tried again later: %s", _kind(error))
        with suppress(OSError, smtplib.SMTPException):
            connection.close()  # the next one begins a new conversation
        letter.put_off(clock(), str(error))
        return 0
    except Exception as error:  # one that cannot be written must not keep the others waiting
        log.exception("an e-mail could not be made")
        letter.refused(clock(), repr(error))
        return 0
    letter.taken(clock())
    return 1


def _kind(error: Exception) -> str:
    code = getattr(error, "smtp_code", None)
    return f"{type(error).__name__} {code}" if code else type(error).__name__


def pause(attempts: int) -> timedelta:
    """How long to wait after so many tries."""
    wait: timedelta = FIRST_WAIT * 2 ** min(attempts, 12)
    return min(wait, LONGEST_WAIT)


def link(address: str) -> str:
    """Where a letter leads: to the page in the letter's own language (decision 30), whatever the reader's browser asks for.

    The app on the phone has one address, and goes by its own setting.
    """
    chosen = "" if address.startswith("/field/") else f"/{'zh' if in_chinese() else 'en'}"
    return f"{settings.SITE_URL}{chosen}{address}"


def subject(words: str) -> str:
    """One line, after the product's name in the letter's language."""
    return line(_("[SchoolWorks] %(words)s") % {"words": words})[:200]


def line(text: str) -> str:
    """One line, with no control character: a subject cannot become another header, a text no other letter."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def message_id(said: str) -> str:
    """The same letter has the same id, whoever sends it again."""
    digest = hashlib.sha256(said.encode()).hexdigest()[:32]
    return f"<{digest}@{urlsplit(settings.SITE_URL).hostname or 'localhost'}>"
