"""What changed at a project, for the page's reader: the public's part, or the whole with who and why."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from projects_api.api.views.ledger import readable_patch, reads_of
from projects_api.models import LedgerEntry, Milestone, Project
from projects_api.patches import Patch
from projects_api.selectors.changes import (
    Change,
    hidden_of,
    names_of,
    public_changes,
    titles_of,
    told,
)

WHOLE = ("actor_id", "actor_name", "reason")


def changes_for(
    user: Any, project: Project, milestones: Iterable[Milestone], chain: list[LedgerEntry], *, limit: int | None
) -> list[Change]:
    """Newest first, in the reader's language. ``milestones``: all of the project's; ``chain``: with `WHOLE` for who reads all."""
    milestones = list(milestones)
    full, everything = reads_of(user, project)
    hidden, titles, names = hidden_of(milestones), titles_of(milestones), names_of(project)
    if not full:
        return public_changes(chain, hidden=hidden, titles=titles, names=names, limit=limit)

    def shown(entry: LedgerEntry) -> Patch:
        return entry.patch if everything else readable_patch(entry.patch, full, hidden)

    return told(chain, shown=shown, titles=titles, names=names, limit=limit, whole=True)
