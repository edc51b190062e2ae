"""What became of a finding, step by step, as the ledger tells it: who, when, what, why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from projects_api.choices import FindingState, Severity
from projects_api.models import LedgerEntry
from projects_api.patches import apply
from projects_api.wording import day

Facts = dict[str, Any]


@dataclass(frozen=True)
class Step:
    """``state`` is the finding's from then on; ``lines`` are (label, words); ``photos`` are ids."""

    at: datetime
    actor: str
    title: str
    state: str
    lines: list[tuple[str, str]]
    reason: str = ""
    photos: list[str] = field(default_factory=list)


def stories_of(entries: Iterable[LedgerEntry], names: Mapping[str, str]) -> dict[int, list[Step]]:
    """The steps of every finding by its number, oldest first. ``names``: people's names by user name; no query."""
    stories: dict[int, list[Step]] = {}
    document: dict[str, Any] = {"findings": {}}
    for entry in entries:
        patch = [operation for operation in entry.patch if operation["path"].startswith("/findings")]
        before, document = document["findings"], apply(document, patch) or {"findings": {}}
        for number, facts in document["findings"].items():
            if facts != before.get(number):
                stories.setdefault(int(number), []).append(_step(entry, before.get(number, {}), facts, names))
    return stories


def _step(entry: LedgerEntry, before: Facts, after: Facts, names: Mapping[str, str]) -> Step:
    lines: list[tuple[str, str]] = []
    photos: list[str] = []
    state, said = after["state"], ""
    if not before:
        title = _("Raised")
        lines.append((_("Severity"), str(Severity(after["severity"]).label)))
    elif state == before["state"]:
        title = _("Deadline moved") if after["deadline"] != before["deadline"] else _("Another owner")
    elif state == FindingState.RECTIFIED:
        title, photos = _("Mended"), after["photos"]
        lines += [(_("How it was mended"), after["rectification"]), (_("Mended on"), day(after["rectified_on"]))]
    else:
        title = _("Struck off") if state == FindingState.STRUCK_OFF else _("Reopened")
        said = after["review_note"]
        if said:
            lines.append((_("Note"), said))
        if after["reinspection"]:
            lines.append((_("Re-inspection"), _("No. %(number)s") % {"number": after["reinspection"]}))
    lines += _moved(before, after, names)
    reason = entry.reason if entry.reason != said else ""  # a note without a reason stands for both
    return Step(entry.at, names.get(entry.actor_name, entry.actor_name), title, state, lines, reason, photos)


def _moved(before: Facts, after: Facts, names: Mapping[str, str]) -> list[tuple[str, str]]:
    """Who is to mend it until when, where that is new."""
    shown = (
        (_("To be mended by"), lambda f: f.get("owner", "")),
        (_("Person responsible"), lambda f: names.get(f.get("owner_user", ""), f.get("owner_user", ""))),
        (_("Deadline"), lambda f: day(f.get("deadline"))),
    )
    told = []
    for label, words in shown:
        old, new = words(before), words(after)
        if old != new:
            told.append((label, f"{old} → {new or '–'}" if old else new))
    return told
