"""The bureau's choice of what the public sees before it is accepted, as a form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from django.http import QueryDict
from django.utils.translation import gettext as _

from portal.office.calendar_form import reason_field
from portal.office.fields import Faults, Field, set_faults
from projects_api.models import Bureau, Milestone
from projects_api.publishing import PublishingRules

MOST = 20


def choices() -> list[tuple[str, str, str]]:
    """Value, its words, what it means."""
    return [
        (
            "yes",
            _("Reported and accepted facts, told apart"),
            _("A finished stage is public as soon as it is reported, marked “Reported, not yet accepted”."),
        ),
        (
            "no",
            _("Accepted facts only"),
            _(
                "A finished stage is public when it is accepted. Until then pages, map, data, figures and lights count it as it "
                "stood before; the bureau’s own people read what was reported at the stage itself."
            ),
        ),
    ]


@dataclass(frozen=True)
class PublishingForm:
    """``reported``: "yes", "no", or what else was sent."""

    reported: str
    reason: str = ""

    @classmethod
    def saved(cls, document: Mapping[str, Any], reason: str = "") -> Self:
        return cls("yes" if PublishingRules.from_document(document).reported else "no", reason)

    @classmethod
    def sent(cls, form: QueryDict) -> Self:
        return cls(form.get("reported", ""), form.get("reason", ""))

    def rules(self) -> dict[str, Any]:
        """For the service, which judges them."""
        return {"reported": {"yes": True, "no": False}.get(self.reported, self.reported)}

    def context(self, faults: Faults, bureau: Bureau) -> dict[str, Any]:
        """What ``office/publishing.html`` shows."""
        choice = Field("reported", _("The public sees"), self.reported)
        reason = reason_field(self.reason)
        told = set_faults([choice, reason], faults)
        return {"told": told, "choice": choice, "choices": choices(), "reason": reason}


def publishing_facts(document: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    """The saved choice in words."""
    held = PublishingForm.saved(document).reported
    return [(_("The public sees"), [words for value, words, _means in choices() if value == held])]


def stages_shown(bureau: Bureau, stages: Sequence[Milestone]) -> dict[str, Any]:
    """Stages that wait for acceptance: ``total``, the first 20 with their projects, ``more``. No query."""
    rows = [stage.as_reported() for stage in stages[:MOST]]
    return {"total": len(stages), "rows": rows, "more": max(0, len(stages) - MOST)}
