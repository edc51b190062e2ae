"""What anybody can check of a project's history: the public chain, and the fingerprint that closes it.

An entry's own hash covers what only the bureau may read, so nobody outside can recompute it. The public chain can be: each link
is the SHA-256 of the canonical JSON (RFC 8785) of what the public reads of an entry, with the record's hash of that entry and the
link before. Whoever noted a fingerprint finds it again in every later download, or something was rewritten (docs/public.md).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from projects_api.canonical import entry_hash
from projects_api.models import LedgerEntry, Project
from projects_api.public import public_patch
from projects_api.selectors.moment import read_once
from projects_api.services.ledger import subject_name


@dataclass(frozen=True)
class Proof:
    """``links``: oldest first. ``newest``: the last one, whose ``hash`` is the fingerprint of all; None before there is any."""

    links: list[dict[str, Any]]

    @property
    def newest(self) -> dict[str, Any] | None:
        return self.links[-1] if self.links else None


@read_once(lambda project, chain, hidden: project.pk)
def proof_of(project: Project, chain: Iterable[LedgerEntry], hidden: frozenset[str]) -> Proof:
    """``chain``: the project's whole chain, oldest first; ``hidden``: keys of the stages that the public does not see. Pure."""
    links: list[dict[str, Any]] = []
    subject, previous = subject_name(project), ""
    for entry in chain:
        patch = public_patch(entry.patch, hidden) if entry.public else []
        if not patch:
            continue
        link: dict[str, Any] = {
            "subject": subject,
            "version": entry.version,
            "action": entry.action,
            "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "patch": patch,
            "record": entry.hash,
            "previous": previous,
        }
        previous = entry_hash(link)
        links.append(link | {"hash": previous})
    return Proof(links)
