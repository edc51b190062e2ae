"""Who confirmed that a stage was met: by role and bureau, never by name."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from projects_api.choices import MilestoneState, Role
from projects_api.interchange.mapping_files import titles_of
from projects_api.models import LedgerEntry, Membership, Project
from projects_api.models.base import in_reader_language
from projects_api.selectors.moment import read_once
from projects_api.selectors.reported import said_of_stages

# Who accepts comes before who reports where an acceptance made it so, and after where a report did.
_ACCEPTING = (Role.SUPERVISOR, Role.OFFICIAL, Role.BUREAU_ADMIN, Role.ENGINEER)
_REPORTING = (Role.ENGINEER, Role.SUPERVISOR, Role.OFFICIAL, Role.BUREAU_ADMIN)
_IMPORT = "project.import"
_ACCEPTANCE = frozenset({"milestone.accept", "report.accept"})


def confirmations(project: Project, chain: Iterable[LedgerEntry]) -> dict[str, str]:
    """The role that confirmed each stage that is met, by the stage's key, in the reader's language.

    The role is the one held that day in the project's bureau; where nobody's hand wrote it, the table that it was taken over
    from. ``chain``: whole, with ``actor_id``. One query.
    """
    met: dict[str, LedgerEntry] = {}
    for entry in chain:
        for key, state in said_of_stages(entry.patch, "state"):
            if state == MilestoneState.MET:
                met[key] = entry
            else:
                met.pop(key, None)
    held = _roles(project, {entry.actor_id for entry in met.values() if entry.actor_id})
    return {key: _word(entry, held, project) for key, entry in met.items()}


@read_once(lambda project, users: (project.bureau_id, frozenset(users)))
def _roles(project: Project, users: set[int]) -> dict[int, list[Any]]:
    held: dict[int, list[Any]] = {}
    if users:
        rows = Membership.objects.filter(bureau=project.bureau_id, user__in=users).order_by()
        for user, *row in rows.values_list("user_id", "role", "since", "ended"):
            held.setdefault(user, []).append(row)
    return held


def _word(entry: LedgerEntry, held: dict[int, list[Any]], project: Project) -> str:
    if entry.actor_id is None and entry.action == _IMPORT:
        title = in_reader_language(*titles_of(project.source))
        return _("taken over from “%(source)s”") % {"source": title} if title else _("taken over from a file")
    rows = held.get(entry.actor_id or 0, [])
    day = _day(project, entry.at)
    then = {role for role, since, ended in rows if since <= day and (ended is None or ended >= day)}
    roles = then or {role for role, _since, _ended in rows}  # a record older than the roles
    order = _ACCEPTING if entry.action in _ACCEPTANCE else _REPORTING
    return next((str(role.label) for role in order if role in roles), "")


def _day(project: Project, at: datetime) -> Any:
    return project.bureau.day_of(at)
