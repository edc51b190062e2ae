"""Reading the ledger: what was known when, the change feed, and the newest entry as a cache validator."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Q, QuerySet

from projects_api.choices import Role
from projects_api.models import AnnualPlan, LedgerEntry, Milestone, Project, User, roles_of
from projects_api.models.projects import READS_ALL
from projects_api.patches import apply
from projects_api.release import release
from projects_api.selectors.places import schools_visible_to

Document = dict[str, Any]

# Acts of a bureau's ledger about who holds which role (`services.memberships`).
ROLE_GIVEN, ROLE_ENDED, ROLES_TAKEN_OVER = "membership.give", "membership.end", "bureau.people"
OF_PEOPLE = frozenset({ROLE_GIVEN, ROLE_ENDED, ROLES_TAKEN_OVER})
READS_PEOPLE = frozenset({Role.OFFICIAL, Role.BUREAU_ADMIN})


def hashed_fields(entry: LedgerEntry) -> dict[str, Any]:
    """What an entry's hash covers: everything a reader relies on. Times in UTC to the microsecond."""
    return {
        "subject": entry.subject,
        "version": entry.version,
        "actor": entry.actor_name,
        "action": entry.action,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "reason": entry.reason,
        "patch": entry.patch,
        "salt": entry.salt,
        "previous": entry.previous,
    }


def replay(patches: Iterable[list[dict[str, Any]]]) -> Document | None:
    """The document after these patches, oldest first; None after none."""
    document: Document | None = None
    for patch in patches:
        document = apply(document, patch)
    return document


def end_of_day(day: date, zone: str) -> datetime:
    """The first moment after the day, in the bureau's time zone."""
    return datetime.combine(day + timedelta(days=1), time.min, tzinfo=ZoneInfo(zone))


def is_report(action: str) -> bool:
    """Whether an entry tells of the site. What is done with a question of the public does not."""
    return not action.startswith("question.")


class Known(NamedTuple):
    """What the record said at the end of a day, its version then, since when, and when it was last told of the site."""

    document: Document
    version: int
    at: datetime
    heard: datetime


def _known(entries: Sequence[tuple[Any, int, datetime, str]]) -> Known | None:
    """After these entries (patch, version, time, action), oldest first; None after none. The first is always a report."""
    document = replay(patch for patch, _version, _at, _action in entries)
    if document is None:
        return None
    heard = next(at for _patch, _version, at, action in reversed(entries) if is_report(action))
    return Known(document, entries[-1][1], entries[-1][2], heard)


def document_as_of(thing: Project | AnnualPlan, day: date) -> Known | None:
    """What the record said of a project or a plan at the end of that day; None when it held nothing yet.

    One query.
    """
    rows = thing.ledger.filter(at__lt=end_of_day(day, thing.bureau.time_zone)).order_by("version")
    return _known(list(rows.values_list("patch", "version", "at", "action")))


def first_known(thing: Project | AnnualPlan) -> Known:
    """What its first entry said. One query."""
    rows = thing.ledger.order_by("version").values_list("patch", "version", "at", "action")[:1]
    known = _known(list(rows))
    assert known is not None  # nothing is written without an entry
    return known


def documents_as_of(projects: QuerySet[Project], day: date) -> Iterator[tuple[int, Known]]:
    """The same of each of many projects, by id; those unknown then are left out.

    One query; cost grows with the number of their entries up to that day.
    """
    rows = (
        LedgerEntry.objects.filter(project__in=projects.order_by())
        .order_by("project", "version")
        .values_list("project_id", "project__bureau__time_zone", "patch", "version", "at", "action")
        .iterator(chunk_size=2000)
    )
    for project, entries in groupby(rows, key=itemgetter(0)):
        known = _known([entry[2:] for entry in entries if entry[4] < end_of_day(day, entry[1])])
        if known is not None:
            yield project, known


_seen: ContextVar[int | None] = ContextVar("newest ledger entry seen", default=None)


@contextmanager
def seen_up_to(entry: int) -> Iterator[None]:
    """Whoever asks for the newest entry inside is told this one, without a query. For reading only."""
    token = _seen.set(entry)
    try:
        yield
    finally:
        _seen.reset(token)


def newest_entry() -> int:
    """The newest ledger id, 0 for an empty ledger: whoever saw this has seen everything. One query on the key."""
    if (seen := _seen.get()) is not None:
        return seen
    # Plain SQL: every kept answer asks for it, and making the statement anew costs ten times what running it does.
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT MAX(id) FROM {LedgerEntry._meta.db_table}")
        return cursor.fetchone()[0] or 0


def viewer_key(user: Any) -> str:
    """What makes two people see different rows: nothing, or who they are with the roles and assignments they hold now."""
    if not isinstance(user, User) or not user.is_active:
        return "public"
    roles = roles_of(user)
    if not roles and not user.is_superuser:
        return "public"
    held = ",".join(f"{bureau}:{'+'.join(sorted(names))}" for bureau, names in sorted(roles.items()))
    return f"{user.pk}/{held}"


def changes_visible_to(user: Any) -> QuerySet[LedgerEntry]:
    """The change feed for this user: all entries of what they may read in full, the public ones of the rest."""
    if isinstance(user, User) and user.is_active and user.is_superuser:
        return LedgerEntry.objects.all()
    seen = Q(public=True, project__in=Project.objects.filter(published=True, archived_at__isnull=True)) | Q(
        public=True, plan__in=AnnualPlan.objects.filter(published=True)
    )
    seen |= Q(public=True, bureau__isnull=False)
    seen |= Q(public=True, school__in=schools_visible_to(user).order_by().values("pk"))
    whole = [bureau for bureau, held in roles_of(user).items() if held & READS_ALL]
    seen |= Q(plan__bureau__in=whole) | (Q(bureau__in=whole) & ~Q(action__in=OF_PEOPLE))
    seen |= Q(bureau__in=[bureau for bureau, held in roles_of(user).items() if held & READS_PEOPLE])
    if isinstance(user, User):
        seen |= Q(project__in=Project.objects.read_in_full_by(user).order_by().values("pk"))
    return LedgerEntry.objects.filter(seen)


def hidden_milestones_of(project_ids: Iterable[int]) -> dict[int, frozenset[str]]:
    """The keys of the milestones that the public does not see, by project. One query."""
    hidden: dict[int, set[str]] = {}
    rows = Milestone.objects.filter(project__in=list(project_ids), public=False).values_list("project_id", "key")
    for project, key in rows:
        hidden.setdefault(project, set()).add(key)
    return {project: frozenset(keys) for project, keys in hidden.items()}


def validator(user: Any, *parts: str) -> str:
    """An ETag value for what is read across projects: the newest entry, who looks, and ``parts`` (query, language, day).

    The program is in it: after an update nobody is told that what the one before it said still stands.

    Two queries at most (newest entry, roles). Correct the moment anything is written: every write ends in the ledger.
    """
    text = "\x1f".join([release(), str(newest_entry()), viewer_key(user), *parts])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
