"""Evidence that another record holds, for a project's page: in words, the newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from projects_api.choices import InspectionKind, InspectionResult
from projects_api.elsewhere import shown
from projects_api.models import Project


@dataclass(frozen=True)
class Told:
    """``url`` is another record's: a photo is looked at there, and never loaded into a page of ours."""

    day: date
    words: str
    more: str = ""
    url: str = ""


def told(project: Project) -> list[Told]:
    """No query."""
    rows = [
        Told(_day(facts["taken"]), facts["caption"] or _("Photo"), url=facts["url"])
        for facts in shown(project.elsewhere, "photos").values()
    ]
    rows += [
        Told(
            _day(facts["held_on"]),
            str(InspectionKind(facts["kind"]).label),
            str(InspectionResult(facts["result"]).label),
        )
        for facts in shown(project.elsewhere, "inspections").values()
    ]
    rows += [
        Told(_day(facts["issued_on"]), _("Certificate of completion acceptance"), number)
        for number, facts in shown(project.elsewhere, "certificates").items()
    ]
    for facts in shown(project.elsewhere, "questions").values():
        answer = facts.get("answer", "")
        words = _("Question of the public, answered") if answer else _("Question of the public, not answered yet")
        rows.append(Told(_day(facts.get("answered") or facts["asked"]), words, answer))
    return sorted(rows, key=lambda row: row.day, reverse=True)


def _day(text: str) -> date:
    return date.fromisoformat(text)
