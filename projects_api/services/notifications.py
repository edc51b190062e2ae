"""The outbox: what a write tells people is written in its own transaction; and what people do with it.

`announce` is called by the one frame of every write to a project (`services.writing`), after the ledger: what is rolled back
was never told. What only time brings is made by `services.notification_sweep` with the same `tell`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from projects_api import engine
from projects_api.choices import FindingState, MailWhen, MilestoneState, NotificationKind, Role
from projects_api.choices import NotificationKind as Kind
from projects_api.errors import InvalidInput
from projects_api.models import LedgerEntry, Notification, NotificationChoice, Project, User
from projects_api.notification_rules import choice_of
from projects_api.selectors.documents import as_reported
from projects_api.selectors.facts import Document
from projects_api.selectors.notifications import Audience, notifications_of

TEXT = 200  # characters of a report or a finding that are quoted
_INSPECTORS = (Role.SUPERVISOR, Role.OFFICIAL)


@dataclass(frozen=True)
class News:
    """One thing to tell: ``key`` names it within the project, ``to`` are users by id."""

    project_id: int
    kind: NotificationKind
    key: str
    facts: Mapping[str, Any]
    to: frozenset[int]


def tell(news: Iterable[News], *, at: datetime) -> int:
    """Put these into the outbox, for each recipient as they chose; how many rows were asked for.

    What was told before is left alone: the database refuses it twice, whoever else is telling it just now. Call it inside
    `engine.writer`. Two queries, and one per batch of rows.
    """
    items = list(news)
    people = {user for item in items for user in item.to}
    if not people:
        return 0
    choices = dict(NotificationChoice.objects.filter(user__in=people).values_list("user_id", "kinds"))
    mailable = set()
    if settings.EMAIL_ON:
        mailable = set(User.objects.filter(pk__in=people).exclude(email="").values_list("pk", flat=True))
    rows = []
    for item in items:
        for user in sorted(item.to):
            choice = choice_of(choices.get(user, {}), item.kind)
            mail = choice.mail if user in mailable else MailWhen.OFF
            if choice.app or mail != MailWhen.OFF:
                rows.append(
                    Notification(
                        recipient_id=user,
                        project_id=item.project_id,
                        kind=item.kind,
                        key=item.key,
                        facts=dict(item.facts),
                        created_at=at,
                        in_app=choice.app,
                        mail=mail,
                        next_attempt_at=None if mail == MailWhen.OFF else at,
                    )
                )
    Notification.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def announce(project: Project, entry: LedgerEntry, before: Document, after: Document) -> None:
    """Tell whom a change of the project concerns; never who made it. No query for most changes, about 5 for those that tell.

    Inside the write's transaction, after its ledger entry.
    """
    event = _EVENTS.get(entry.action)
    found = list(event(entry, before, after)) if event else []
    if not found:
        return
    audience = Audience(project.bureau, project.pk)
    news = [
        News(
            project_id=project.pk,
            kind=kind,
            key=key,
            facts=facts,
            to=frozenset(whom(audience, project.pk) - {entry.actor_id}),
        )
        for kind, key, facts, whom in found
    ]
    tell(news, at=entry.at)


Whom = Callable[[Audience, int], set[int]]
Event = tuple[NotificationKind, str, Document, Whom]


def _moved(name: str, before: Document, after: Document) -> Iterator[tuple[str, Document, Document]]:
    """(key, as it was, as it is) of the members of a part that the write has touched; {} where there was none."""
    old = before.get(name) or {}
    for key, now in (after.get(name) or {}).items():
        if old.get(key) != now:
            yield key, old.get(key, {}), now


def _reviewers(audience: Audience, project: int) -> set[int]:
    return audience.holders(*_INSPECTORS)


def _menders(finding: Document) -> Whom:
    return lambda audience, project: audience.engineers(project) | audience.named([finding["owner_user"]])


def _report_in(entry: LedgerEntry, before: Document, after: Document) -> Iterator[Event]:
    for key, old, report in _moved("reports", before, after):
        if old:
            continue  # a conflict of an earlier one was settled
        conflict = any(part["outcome"] == "conflict" for part in report["entries"].values())
        author = entry.actor.get_full_name() if entry.actor else report["author"]
        facts = {"report": key, "author": author, "text": report["text"][:TEXT], "conflict": conflict}
        yield Kind.REPORT_WAITING, f"report:{key}", facts, _reviewers


def _report_back(entry: LedgerEntry, before: Document, after: Document) -> Iterator[Event]:
    for key, old, report in _moved("reports", before, after):
        if old.get("state") == report["state"]:
            continue
        returned = report["state"] == "returned"
        facts = {"report": key, "note": report["review_note"], "text": report["text"][:TEXT]}

        def author(audience: Audience, project: int, name: str = report["author"]) -> set[int]:
            return audience.named([name])

        kind = Kind.REPORT_RETURNED if returned else Kind.REPORT_ACCEPTED
        yield kind, f"{'returned' if returned else 'accepted'}:{key}", facts, author


def _stage_reported(entry: LedgerEntry, before: Document, after: Document) -> Iterator[Event]:
    # Also where the public does not see it until it is accepted.
    for key, old, stage in _moved("milestones", as_reported(before), as_reported(after)):
        if stage["state"] == MilestoneState.REPORTED != old.get("state"):
            facts = {"stage": {"key": key, "zh": stage["title_zh"], "en": stage["title_en"]}}
            yield Kind.REPORT_WAITING, f"stage:{key}:{entry.version}", facts, _reviewers


def finding_told(number: int | str, finding: Document) -> Document:
    return {
        "finding": int(number),
        "severity": finding["severity"],
        "deadline": finding["deadline"],
        "text": finding["description"][:TEXT],
    }


def _finding_moved(entry: LedgerEntry, before: Document, after: Document) -> Iterator[Event]:
    for number, old, finding in _moved("findings", before, after):
        facts = finding_told(number, finding)
        if not old:
            yield Kind.FINDING, f"finding:{number}:raised", facts | {"what": "raised"}, _menders(finding)
        elif finding["state"] == FindingState.RECTIFIED != old["state"]:
            whom = _inspectors_of(finding)
            yield Kind.FINDING_MENDED, f"finding:{number}:mended:{entry.version}", facts, whom
        elif finding["state"] == FindingState.REOPENED != old["state"]:
            told = facts | {"what": "reopened"}
            yield Kind.FINDING, f"finding:{number}:reopened:{entry.version}", told, _menders(finding)
        elif any(old[name] != finding[name] for name in ("deadline", "owner", "owner_user")):
            told = facts | {"what": "changed"}
            yield Kind.FINDING, f"finding:{number}:changed:{entry.version}", told, _menders(finding)


def _inspectors_of(finding: Document) -> Whom:
    return lambda audience, project: audience.holders(*_INSPECTORS) | audience.named([finding["raised_by"]])


def _certified(entry: LedgerEntry, before: Document, after: Document) -> Iterator[Event]:
    for number, old, _certificate in _moved("certificates", before, after):
        if not old:
            yield (
                Kind.CERTIFICATE,
                f"certificate:{number}",
                {"certificate": number},
                lambda audience, project: (
                    audience.engineers(project) | audience.holders(*_INSPECTORS, Role.BUREAU_ADMIN)
                ),
            )


_EVENTS: dict[str, Callable[[LedgerEntry, Document, Document], Iterator[Event]]] = {
    "report.submit": _report_in,
    "report.accept": _report_back,
    "report.return": _report_back,
    "milestone.change": _stage_reported,
    "finding.raise": _finding_moved,
    "finding.change": _finding_moved,
    "finding.rectify": _finding_moved,
    "finding.reopen": _finding_moved,
    "certificate.issue": _certified,
}


# --- what people do with them ---


def notifications_read(*, user: User, at: datetime, ids: Iterable[int] | None = None, up_to: int | None = None) -> int:
    """Mark one's own as read: these, or all up to an id (what came in since stays unread). How many were unread.

    What is read is not digested any more.
    """
    rows = notifications_of(user).filter(read_at__isnull=True)
    rows = rows.filter(pk__in=list(ids)) if ids is not None else rows.filter(pk__lte=up_to or 0)
    found = list(rows.order_by().values_list("pk", flat=True))
    if not found:
        return 0
    with engine.writer():
        return Notification.objects.filter(pk__in=found, read_at__isnull=True).update(read_at=at)


def notification_choose(*, user: User, language: str, kinds: Mapping[str, Mapping[str, Any]], at: datetime) -> None:
    """What this person wants to be told, whole; what waits to be mailed follows. Raises InvalidInput."""
    if language and language not in dict(settings.LANGUAGES):
        raise InvalidInput.one("/language", "invalid_choice", _("There is no such language."))
    stored = {}
    for kind, choice in kinds.items():
        if kind not in NotificationKind.values or choice.get("mail") not in MailWhen.values:
            raise InvalidInput.one(f"/kinds/{kind}", "invalid_choice", _("There is no such choice."))
        stored[kind] = {"app": bool(choice.get("app")), "mail": str(choice["mail"])}
    with engine.writer():
        NotificationChoice.objects.update_or_create(user=user, defaults={"language": language, "kinds": stored})
        waiting = Notification.objects.filter(recipient=user, emailed_at__isnull=True).exclude(mail=MailWhen.OFF)
        for kind, choice in stored.items():
            waiting.filter(kind=kind).exclude(mail=choice["mail"]).update(mail=choice["mail"])
