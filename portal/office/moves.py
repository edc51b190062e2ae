"""What a preview tells of the projects that a setting would move: how many, which way, and the first by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from projects_api.choices import Light
from projects_api.models import Bureau, Project
from projects_api.models.base import in_reader_language
from projects_api.services.previews import Move, Seen

MOST = 20
_WORSE = {Light.GREEN: 0, Light.YELLOW: 1, Light.RED: 2}


@dataclass(frozen=True)
class Shown:
    code: str
    title: str
    before: Seen
    after: Seen
    notes: list[str]

    @property
    def light_moves(self) -> bool:
        return self.before.light != self.after.light

    @property
    def finish_moves(self) -> bool:
        return self.before.finish != self.after.finish


def moves_shown(bureau: Bureau, moves: Sequence[Move]) -> dict[str, Any]:
    """``total``, ``facts`` (what, lines of words), ``rows`` of the first 20 by name, ``more``. One query."""
    names = {
        pk: (code, in_reader_language(zh, en))
        for pk, code, zh, en in Project.objects.filter(bureau=bureau).values_list("pk", "code", "title_zh", "title_en")
    }
    by_name = sorted(moves, key=lambda move: (names[move.project_id][1], names[move.project_id][0]))
    rows = [Shown(*names[m.project_id], m.before, m.after, _notes(m.before, m.after)) for m in by_name[:MOST]]
    return {"total": len(moves), "facts": _facts(moves), "rows": rows, "more": max(0, len(moves) - MOST)}


def _facts(moves: Sequence[Move]) -> list[tuple[str, str]]:
    better = worse = earlier = later = 0
    for before, after in ((move.before, move.after) for move in moves):
        step = _WORSE.get(after.light, 0) - _WORSE.get(before.light, 0)
        better, worse = better + (step < 0), worse + (step > 0)
        if before.finish and after.finish:
            earlier, later = earlier + (after.finish < before.finish), later + (after.finish > before.finish)
    lights = _("%(better)s better, %(worse)s worse") % {"better": better, "worse": worse}
    finishes = _("%(earlier)s earlier, %(later)s later") % {"earlier": earlier, "later": later}
    facts = [(_("Lights"), lights), (_("Expected finish"), finishes)]
    for name, label in (("misses_term", _("Will miss the start of term")), ("stale", _("Nobody reports"))):
        more = sum(getattr(move.after, name) and not getattr(move.before, name) for move in moves)
        fewer = sum(getattr(move.before, name) and not getattr(move.after, name) for move in moves)
        if more or fewer:
            facts.append((label, _("%(more)s more, %(fewer)s fewer") % {"more": more, "fewer": fewer}))
    return facts


def _notes(before: Seen, after: Seen) -> list[str]:
    notes = []
    if before.misses_term != after.misses_term:
        words = _("would miss the start of term"), _("would no longer miss the start of term")
        notes.append(words[before.misses_term])
    if before.stale != after.stale:
        notes.append((_("would count as not reporting"), _("would no longer count as not reporting"))[before.stale])
    return notes
