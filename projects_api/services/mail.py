"""What waits in the outbox for the bureau's people, as e-mails: at once, or all of a day together on the bureau's morning."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import F, Q
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from projects_api import engine
from projects_api.choices import MailWhen
from projects_api.models import Bureau, Notification, NotificationChoice, Project, User
from projects_api.notification_rules import NotificationRules
from projects_api.selectors.notification_words import PAGE, SETTINGS_PAGE, path, sentence
from projects_api.services import post
from projects_api.services.post import AT_A_TIME, LEASE, REFUSALS, line, link
from projects_api.wording import day

log = logging.getLogger(__name__)
IN_A_DIGEST = 50  # are told one by one; of a longer morning the rest is counted


@dataclass
class News:
    """One e-mail (`post.Letter`): a notification, or a person's morning. ``told``: of its rows what is still theirs to know."""

    rows: list[Notification]
    digest: bool
    told: list[Notification] = field(default_factory=list)

    def message(self, connection: Any, at: datetime) -> EmailMessage | None:
        reader = self.rows[0].recipient
        self.told = _still_theirs(reader, self.rows)
        _drop([row for row in self.rows if row not in self.told])
        return _message(reader, self.told, digest=self.digest, connection=connection, at=at) if self.told else None

    def taken(self, at: datetime) -> None:
        with engine.writer():
            Notification.objects.filter(pk__in=[row.pk for row in self.told]).update(
                emailed_at=at, next_attempt_at=None, mail_error=""
            )

    def dropped(self, at: datetime) -> None:
        """Each row was, as it was looked at."""

    def put_off(self, at: datetime, why: str) -> None:
        _put_off(self.told or self.rows, at, why)

    def refused(self, at: datetime, why: str) -> None:
        """The server knows no such address. A few times that may be a fault of its own; then it is given up, and says so."""
        rows = self.told or self.rows
        log.warning("the mail server refuses %s", rows[0].recipient.get_username())
        again = [row for row in rows if row.attempts + 1 < REFUSALS]
        if again:
            _put_off(again, at, why)
        given_up = [row.pk for row in rows if row not in again]
        if given_up:
            with engine.writer():
                Notification.objects.filter(pk__in=given_up).update(
                    mail=MailWhen.OFF, next_attempt_at=None, mail_error=line(why)[:300]
                )


def deliver(*, at: datetime, clock: Callable[[], datetime]) -> int:
    """Send what may go out by now (`post.send`). Nothing happens without ``EMAIL_URL``."""
    return post.send(_claimed, at=at, clock=clock) if settings.EMAIL_ON else 0


def _claimed(at: datetime) -> list[News]:
    """What may go out now, put off for everybody else while it is being sent. Three queries and a write; nothing is written
    where nothing waits.
    """
    due = _due(at)
    if not due.exists():
        return []
    with engine.writer():
        waiting = (
            due.select_related("recipient", "project__bureau")
            .defer("project__footprint", "project__site")
            .order_by("recipient_id", "project__bureau_id", "pk")
        )
        rows = list(waiting[:AT_A_TIME])
        if len(rows) == AT_A_TIME:  # nobody's morning is cut in two
            last = rows[-1]
            rows += waiting.filter(
                recipient=last.recipient_id,
                project__bureau=last.project.bureau_id,
                pk__gt=last.pk,
                mail=MailWhen.DIGEST,
            )
        Notification.objects.filter(pk__in=[row.pk for row in rows]).update(
            next_attempt_at=at + LEASE, attempts=F("attempts") + 1
        )
    letters = [News([row], digest=False) for row in rows if row.mail == MailWhen.NOW]
    together = [row for row in rows if row.mail == MailWhen.DIGEST]
    for _key, group in groupby(together, key=lambda row: (row.recipient_id, row.project.bureau_id)):
        letters.append(News(list(group), digest=True))
    return letters


def _due(at: datetime) -> Any:
    """At once: whatever is not sent. For the digest: what was there before this morning's hour and is still unread."""
    ready = Q(mail=MailWhen.NOW)
    for bureau in Bureau.objects.only("pk", "time_zone", "notifications"):
        morning = morning_of(bureau, at)
        ready |= Q(mail=MailWhen.DIGEST, project__bureau=bureau.pk, created_at__lt=morning, read_at__isnull=True)
    return Notification.objects.filter(ready, emailed_at__isnull=True, next_attempt_at__lte=at)


def morning_of(bureau: Bureau, at: datetime) -> datetime:
    """The last time that the bureau's hour of the digest struck."""
    zone = ZoneInfo(bureau.time_zone)
    hour = NotificationRules.from_document(bureau.notifications).digest_hour
    today = at.astimezone(zone).date()
    struck = datetime.combine(today, time(hour), tzinfo=zone)
    return struck if struck <= at else datetime.combine(today - timedelta(days=1), time(hour), tzinfo=zone)


def _still_theirs(reader: User, rows: Sequence[Notification]) -> list[Notification]:
    """Whoever lost their role or the site since is told nothing more. Two queries."""
    if not reader.is_active or not reader.email:
        return []
    readable = Project.objects.read_in_full_by(reader).filter(pk__in={row.project_id for row in rows})
    known = set(readable.values_list("pk", flat=True))
    return [row for row in rows if row.project_id in known]


def _drop(rows: Sequence[Notification]) -> None:
    if rows:
        with engine.writer():
            Notification.objects.filter(pk__in=[row.pk for row in rows]).update(mail=MailWhen.OFF, next_attempt_at=None)


def _put_off(rows: Sequence[Notification], at: datetime, why: str) -> None:
    """Later each time, for as long as it takes."""
    with engine.writer():
        for attempts, group in _by_attempts(rows):
            Notification.objects.filter(pk__in=group).update(
                next_attempt_at=at + post.pause(attempts), mail_error=line(why)[:300]
            )


def _by_attempts(rows: Sequence[Notification]) -> Iterator[tuple[int, list[int]]]:
    for attempts, group in groupby(sorted(rows, key=lambda row: row.attempts), key=lambda row: row.attempts):
        yield attempts, [row.pk for row in group]


# --- the letter itself ---


def _message(
    reader: User, rows: Sequence[Notification], *, digest: bool, connection: Any, at: datetime
) -> EmailMessage:
    """Plain text in the reader's language. Headers are one line each, whatever a title holds."""
    choice = NotificationChoice.objects.filter(user=reader).first()
    with translation.override((choice and choice.language) or settings.LANGUAGE_CODE):
        bureau = rows[0].project.bureau
        if digest:
            words = ngettext("%(n)s notification of %(day)s", "%(n)s notifications of %(day)s", len(rows))
            subject = words % {"n": len(rows), "day": day(bureau.day_of(at))}
            text = "\n\n".join(_item(row) for row in rows[:IN_A_DIGEST])
            if (more := len(rows) - IN_A_DIGEST) > 0:
                text += "\n\n" + ngettext("And %(n)s more.", "And %(n)s more.", more) % {"n": more}
        else:
            subject = f"{rows[0].get_kind_display()} · {rows[0].project.title}"
            text = _item(rows[0])
        foot = _(
            "You get this from %(bureau)s because of your role there. All of it: %(all)s What comes by e-mail: %(how)s"
        )
        told = {"bureau": bureau.name, "all": link(PAGE) + "\n", "how": link(SETTINGS_PAGE)}
        return EmailMessage(
            subject=post.subject(subject),
            body=f"{text}\n\n-- \n{foot % told}\n",
            to=[reader.email],
            headers={
                "Message-ID": _message_id(rows, bureau, reader, at if digest else None),
                "Auto-Submitted": "auto-generated",
                "List-Unsubscribe": f"<{link(SETTINGS_PAGE)}>",
            },
            connection=connection,
        )


def _item(row: Notification) -> str:
    return f"{row.project.title} ({row.project.code})\n{line(sentence(row))}\n{link(path(row))}"


def _message_id(rows: Sequence[Notification], bureau: Bureau, reader: User, morning: datetime | None) -> str:
    if morning is None:
        said = f"{rows[0].project.code}\n{rows[0].key}"
    else:
        said = f"{bureau.code}\n{bureau.day_of(morning)}\n{rows[0].project.code}\n{rows[0].key}"
    return post.message_id(f"{reader.username}\n{said}")
