"""Writing to the ledger: the last step of every service, in the same transaction (mechanism 1)."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from projects_api.canonical import entry_hash
from projects_api.errors import StaleVersion
from projects_api.models import AnnualPlan, Bureau, LedgerEntry, Project, School, User
from projects_api.patches import diff
from projects_api.public import entry_is_public
from projects_api.selectors.ledger import hashed_fields, is_report

Subject = Project | AnnualPlan | Bureau | School

# 128 random bits, hexadecimal. Replaced by the builder of the fixtures alone, which must come out the same every time.
salt_source: Callable[[], str] = partial(secrets.token_hex, 16)


def subject_name(subject: Subject) -> str:
    if isinstance(subject, Bureau):
        return f"bureau:{subject.code}"
    if isinstance(subject, School):
        return f"school:{subject.code}"
    return f"project:{subject.code}" if isinstance(subject, Project) else f"plan:{subject.slug}"


def make_entry(
    subject: Subject,
    *,
    actor: User | None,
    action: str,
    at: datetime,
    reason: str,
    before: dict[str, Any] | None,
    after: dict[str, Any],
) -> LedgerEntry | None:
    """The entry for a change, unsaved, and the subject's new ``version`` and ``head_hash`` set on it; None if nothing changed."""
    patch = diff(before, after)
    if not patch:
        return None
    name = subject_name(subject)
    entry = LedgerEntry(
        subject=name,
        project=subject if isinstance(subject, Project) else None,
        plan=subject if isinstance(subject, AnnualPlan) else None,
        bureau=subject if isinstance(subject, Bureau) else None,
        school=subject if isinstance(subject, School) else None,
        version=subject.version + 1,
        actor=actor,
        actor_name=actor.username if actor else "",
        action=action,
        at=at,
        reason=reason,
        patch=patch,
        salt=salt_source(),
        public=entry_is_public(name.partition(":")[0], patch, after),
        previous=subject.head_hash,
    )
    entry.hash = entry_hash(hashed_fields(entry))
    subject.version = entry.version
    subject.head_hash = entry.hash
    return entry


def append(
    subject: Subject,
    *,
    actor: User | None,
    action: str,
    at: datetime,
    reason: str = "",
    before: dict[str, Any] | None,
    after: dict[str, Any],
) -> LedgerEntry | None:
    """Append the change from ``before`` to ``after``; returns None and writes nothing when they are equal.

    Must run inside the transaction that wrote the rows, within ``engine.writer``. The version is raised only
    from the one this writer has read, so even a writer that skipped the lock cannot overwrite silently. 2 queries.

    Raises StaleVersion when somebody else raised the version meanwhile.
    """
    seen = subject.version
    entry = make_entry(subject, actor=actor, action=action, at=at, reason=reason, before=before, after=after)
    if entry is None:
        return None
    raised: dict[str, Any] = {"version": entry.version, "head_hash": entry.hash}
    if isinstance(subject, Project):
        raised["reported_at"] = subject.reported_at = None if is_report(action) else subject.heard_at
        raised["updated_at"] = subject.updated_at = at
    if type(subject)._default_manager.filter(pk=subject.pk, version=seen).update(**raised) != 1:
        raise StaleVersion(_("Somebody else changed this at the same moment."), version=seen)
    entry.save(force_insert=True)
    return entry
