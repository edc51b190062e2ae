"""Why a project is suspended or cancelled, and since when, as the public reads it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from projects_api.choices import STANDS_STILL
from projects_api.models import LedgerEntry, Project


@dataclass(frozen=True)
class Halt:
    """``since``: None where nobody knows; ``reason``, ``note``: "" where nobody has said it."""

    since: date | None
    reason: str
    note: str


def halt_of(project: Project, chain: Sequence[LedgerEntry], *, whole: bool) -> Halt | None:
    """None while it goes on. ``chain``: the project's whole one; ``whole``: its reader reads all of it. No query."""
    if project.status not in STANDS_STILL:
        return None
    since = project.status_since or _recorded(project, chain, whole)
    return Halt(since, project.get_status_reason_display(), project.status_note)


def _recorded(project: Project, chain: Sequence[LedgerEntry], whole: bool) -> date | None:
    """The day on which an official entered it, for what was halted before anybody was asked for the day of the decision.

    An import says how things stand, not since when; what was entered before publication is nobody's to read.
    """
    for entry in reversed(chain):
        if any(operation["path"] == "/status" for operation in entry.patch):
            known = entry.action != "project.import" and (whole or entry.public)
            return project.bureau.day_of(entry.at) if known else None
    return None
