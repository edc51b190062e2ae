"""The letters of e-mail alerts: one that asks for confirmation, and what has changed, made from the ledger when it is sent.

Nothing is put down for each change: an alert remembers how far it was told, and what the public may read of the rest is looked up
at the last moment. So a project that is unpublished in between is told of nowhere.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import F, Max, Q
from django.db.models.functions import Coalesce
from django.http import QueryDict
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from projects_api import engine
from projects_api.choices import AlertWhen
from projects_api.models import Alert
from projects_api.selectors.alerts import NOBODY, Search, Told, scope_words, told_of
from projects_api.selectors.ledger import changes_visible_to, newest_entry
from projects_api.services import post
from projects_api.services.alerts import ASKING_PAUSE, KEPT_UNCONFIRMED, confirm_token, keep_token, next_look
from projects_api.services.post import AT_A_TIME, LEASE, REFUSALS, line, link
from projects_api.wording import moment

log = logging.getLogger(__name__)
PAUSE = timedelta(minutes=10)  # between two letters of one alert that tells at once
MOST_PROJECTS, MOST_CHANGES = 30, 10  # told in one letter, and of one project; the rest is counted
_IN_SQL = 500


def deliver_alerts(*, at: datetime, clock: Callable[[], datetime], search: Search) -> int:
    """Send the letters of alerts that may go out by now (`post.send`). Nothing happens without ``EMAIL_URL``."""
    if not settings.EMAIL_ON:
        return 0
    asked = post.send(_asking, at=at, clock=clock)
    return asked + post.send(lambda at: _news(at, search), at=at, clock=clock)


@dataclass
class _Letter:
    alert: Alert

    def put_off(self, at: datetime, why: str) -> None:
        with engine.writer():
            Alert.objects.filter(pk=self.alert.pk).update(next_attempt_at=at + post.pause(self.alert.attempts))

    def refused(self, at: datetime, why: str) -> None:
        """An address that the server does not take for a day and a half is forgotten."""
        log.warning("the mail server refuses the address of alert %s", self.alert.pk)
        if self.alert.attempts + 1 < REFUSALS:
            self.put_off(at, why)
            return
        with engine.writer():
            Alert.objects.filter(pk=self.alert.pk).delete()

    def _fresh(self) -> Alert | None:
        return Alert.objects.filter(pk=self.alert.pk).first()


# --- the letter that asks ---


def _asking(at: datetime) -> Sequence[Asking]:
    """Sign-ups whose letter may go out now: of one address one an hour, the others later."""
    due = Alert.objects.filter(asking=True, next_attempt_at__lte=at)
    while due.exists():
        with engine.writer():
            rows = list(due.order_by("made_at", "pk")[:AT_A_TIME])
            recent = dict(
                Alert.objects.filter(address__in={row.address for row in rows}, asked_at__gt=at - ASKING_PAUSE)
                .exclude(pk__in=[row.pk for row in rows])
                .values_list("address")
                .annotate(last=Max("asked_at"))
                .order_by()
            )
            letters = []
            for row in rows:
                if last := recent.get(row.address):
                    Alert.objects.filter(pk=row.pk).update(next_attempt_at=last + ASKING_PAUSE)
                    continue
                recent[row.address] = at
                Alert.objects.filter(pk=row.pk).update(
                    asked_at=at, next_attempt_at=at + LEASE, attempts=F("attempts") + 1
                )
                letters.append(Asking(row))
        if letters:
            return letters
    return []


@dataclass
class Asking(_Letter):
    """ "Was it you?"; or, to who is told already, that there is nothing to confirm."""

    def message(self, connection: Any, at: datetime) -> EmailMessage | None:
        alert = self._fresh()
        if alert is None or not alert.asking:
            return None
        with translation.override(alert.language):
            about = scope_words(alert.scope, typed=False)
            if alert.confirmed_at is None:
                subject = _("Please confirm: e-mails about school construction")
                text = _(
                    "Somebody, probably you, asked to be told by e-mail when something changes: %(about)s.\n\n"
                    "If it was you, confirm it here, within %(days)s days:\n%(link)s\n\n"
                    "If it was not you, do nothing. Nothing will be sent, and this address will be thrown away."
                )
                address = f"/alerts/confirm/{confirm_token(alert)}/"
            else:
                subject = _("You get these e-mails already")
                text = _(
                    "Somebody, probably you, asked to be told by e-mail when something changes: %(about)s.\n\n"
                    "You are told of that already, so there is nothing to do. Change how often, or stop it, here:\n%(link)s"
                )
                address = f"/alerts/{keep_token(alert)}/"
            body = text % {"about": line(about), "days": KEPT_UNCONFIRMED.days, "link": link(address)}
            said = f"{alert.pk}\nasking\n{alert.made_at.isoformat()}"
            return _message(alert, subject, body, said, connection)

    def taken(self, at: datetime) -> None:
        with engine.writer():
            if alert := self._fresh():
                alert.asking, alert.asked_at, alert.attempts = False, at, 0
                # Its own time, counted from the asking: who signs it up again each morning puts no letter off.
                alert.next_attempt_at = max(at, next_look(alert.how, alert.made_at)) if alert.confirmed_at else None
                alert.save(update_fields=["asking", "asked_at", "attempts", "next_attempt_at"])

    def dropped(self, at: datetime) -> None:
        """It has ended, or was confirmed by an earlier letter, meanwhile."""


# --- the letter that tells ---


def _news(at: datetime, search: Search) -> Sequence[News]:
    """Alerts that have something to be told by now; those that have not have been told up to now."""
    newest = newest_entry()
    due = Alert.objects.filter(confirmed_at__isnull=False, asking=False, next_attempt_at__lte=at).filter(
        ~Q(how=AlertWhen.NOW) | Q(told_up_to__lt=newest)
    )
    matching = _Matching(search)
    while rows := list(due.order_by("next_attempt_at", "pk")[:AT_A_TIME]):
        matching.look_from(min(row.told_up_to for row in rows))
        found = {row.pk: matching.projects(row) for row in rows}
        letters = []
        with engine.writer():
            still = set(due.filter(pk__in=list(found)).values_list("pk", flat=True))
            quiet = [row for row in rows if row.pk in still and not found[row.pk]]
            for how in AlertWhen.values:
                keys = [row.pk for row in quiet if row.how == how]
                Alert.objects.filter(pk__in=keys).update(
                    told_up_to=newest, until=None, attempts=0, next_attempt_at=next_look(how, at)
                )
            for row in rows:
                if row.pk in still and found[row.pk]:
                    row.until = row.until or newest
                    letters.append(News(row, found[row.pk]))
            Alert.objects.filter(pk__in=[letter.alert.pk for letter in letters]).update(
                next_attempt_at=at + LEASE, attempts=F("attempts") + 1, until=Coalesce("until", newest)
            )
        if letters:
            return letters
    return []


@dataclass
class _Matching:
    """Which changed projects each scope means. One query for all that changed, one for each search that is different."""

    search: Search
    since: int = -1
    changed: dict[int, tuple[str, int]] = field(default_factory=dict)  # project -> its code, its newest entry
    known: dict[str, set[int]] = field(default_factory=dict)

    def look_from(self, since: int) -> None:
        if 0 <= self.since <= since:
            return
        entries = changes_visible_to(NOBODY).filter(pk__gt=since, project__isnull=False).order_by()
        rows = entries.values_list("project_id", "project__code").annotate(newest=Max("pk"))
        self.changed = {pk: (code, newest) for pk, code, newest in rows if pk is not None}
        self.since, self.known = since, {}

    def projects(self, alert: Alert) -> list[int]:
        return sorted(pk for pk in self._of(alert.scope) if self.changed[pk][1] > alert.told_up_to)

    def _of(self, scope: str) -> set[int]:
        if scope not in self.known:
            if code := QueryDict(scope).get("project"):
                found: Iterable[int] = (pk for pk, (known, _newest) in self.changed.items() if known == code)
            else:
                rows = self.search(scope).order_by()
                if len(self.changed) <= _IN_SQL:
                    rows = rows.filter(pk__in=list(self.changed))
                found = rows.values_list("pk", flat=True)
            self.known[scope] = set(found) & self.changed.keys()
        return self.known[scope]


@dataclass
class News(_Letter):
    """What has changed at these projects, in words."""

    projects: list[int]

    def message(self, connection: Any, at: datetime) -> EmailMessage | None:
        alert = self._fresh()
        if alert is None or alert.confirmed_at is None:
            return None
        with translation.override(alert.language):
            told = told_of(self.projects[:MOST_PROJECTS], alert.told_up_to, self.alert.until or 0)
            if not told:
                return None
            body = "\n\n".join(_project(item) for item in told)
            if (more := len(self.projects) - MOST_PROJECTS) > 0:
                words = ngettext("%(n)s more project has changed.", "%(n)s more projects have changed.", more)
                body += "\n\n" + words % {"n": more}
            body += "\n\n-- \n" + _(
                "You get this because you asked to be told of: %(about)s. Change how often, or stop it: %(link)s"
            ) % {"about": line(scope_words(alert.scope)), "link": _keep_link(alert)}
            if len(self.projects) == 1:
                subject = _("%(project)s: what has changed") % {"project": told[0].project.title}
            else:
                n = len(self.projects)
                subject = ngettext("%(n)s project has changed", "%(n)s projects have changed", n) % {"n": n}
            return _message(alert, subject, body, f"{alert.pk}\nnews\n{self.alert.until}", connection)

    def taken(self, at: datetime) -> None:
        self._told(at, next_look(self.alert.how, at + PAUSE), sent_at=at)

    def dropped(self, at: datetime) -> None:
        """What there was is not public any more, or says nothing in words."""
        self._told(at, next_look(self.alert.how, at))

    def _told(self, at: datetime, then: datetime, **more: Any) -> None:
        with engine.writer():
            Alert.objects.filter(pk=self.alert.pk).update(
                told_up_to=self.alert.until, until=None, attempts=0, next_attempt_at=then, **more
            )


def _project(told: Told) -> str:
    project = told.project
    lines = [f"{line(project.title)} ({project.code})"]
    for change in told.changes[-MOST_CHANGES:]:
        lines += [f"{moment(change.at)}", *(f"  {line(words)}" for words in change.lines)]
    if (more := len(told.changes) - MOST_CHANGES) > 0:
        lines.append(ngettext("And %(n)s more.", "And %(n)s more.", more) % {"n": more})
    lines.append(link(f"/projects/{project.code}/"))
    return "\n".join(lines)


def _keep_link(alert: Alert) -> str:
    return link(f"/alerts/{keep_token(alert)}/")


def _message(alert: Alert, subject: str, body: str, said: str, connection: Any) -> EmailMessage:
    """Plain text; headers are one line each. One click in a mail program ends it (RFC 2369, RFC 8058)."""
    return EmailMessage(
        subject=post.subject(subject),
        body=f"{body}\n",
        to=[alert.address],
        headers={
            "Message-ID": post.message_id(said),
            "Auto-Submitted": "auto-generated",
            "List-Unsubscribe": f"<{_keep_link(alert)}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
        connection=connection,
    )
