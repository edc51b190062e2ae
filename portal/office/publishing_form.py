"""The bureau's choice of what the public sees before it is accepted, as a form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.office.calendar_form import reason_field
from portal.office.fields import Faults, Field, set_faults, whole
from projects_api.models import Bureau, Milestone
from projects_api.publishing import PublishingRules
from projects_api.services.publishing import shown_rows

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


def also(rules: Mapping[str, Any]) -> list[tuple[str, bool, str, str]]:
    """What can be public besides: name, whether it is, its words, what it means."""
    return [
        (
            "money",
            rules["money"],
            _("Money"),
            _(
                "Estimates, money allotted by source and year, value of work done and money paid: amounts and days, "
                "no documents or notes."
            ),
        ),
        (
            "inspections",
            rules["inspections"],
            _("Inspections that were passed"),
            _("Their kind, day and result. Nothing of what was found, by whom, or of inspections that failed."),
        ),
    ]


def shows(document: Mapping[str, Any], bureau: Bureau) -> list[str]:
    """What a choice would show or hide of money and inspections, in sentences; none where it stands so already."""
    wanted, saved = PublishingRules.from_document(document), PublishingRules.from_document(bureau.publishing)
    if (wanted.money, wanted.inspections) == (saved.money, saved.inspections):
        return []
    counts, lines = shown_rows(bureau), []
    if wanted.money != saved.money:
        n = counts["money"]
        words = (
            ngettext(
                "%(n)s figure of money would be public at once", "%(n)s figures of money would be public at once", n
            )
            if wanted.money
            else ngettext("%(n)s figure of money would be withdrawn", "%(n)s figures of money would be withdrawn", n)
        )
        lines.append(words % {"n": n})
    if wanted.inspections != saved.inspections:
        n = counts["inspections"]
        words = (
            ngettext(
                "%(n)s passed inspection would be public at once", "%(n)s passed inspections would be public at once", n
            )
            if wanted.inspections
            else ngettext(
                "%(n)s passed inspection would be withdrawn", "%(n)s passed inspections would be withdrawn", n
            )
        )
        lines.append(words % {"n": n})
    return lines


@dataclass(frozen=True)
class PublishingForm:
    """``reported``: "yes", "no", or what else was sent."""

    reported: str
    reason: str = ""
    money: bool = False
    inspections: bool = False
    answer_days: int | str = 10

    @classmethod
    def saved(cls, document: Mapping[str, Any], reason: str = "") -> Self:
        rules = PublishingRules.from_document(document)
        return cls("yes" if rules.reported else "no", reason, rules.money, rules.inspections, rules.answer_days)

    @classmethod
    def sent(cls, form: QueryDict) -> Self:
        days = whole(form.get("answer_days", ""))
        return cls(form.get("reported", ""), form.get("reason", ""), "money" in form, "inspections" in form, days)

    def rules(self) -> dict[str, Any]:
        """For the service, which judges them."""
        reported = {"yes": True, "no": False}.get(self.reported, self.reported)
        return {
            "reported": reported,
            "money": self.money,
            "inspections": self.inspections,
            "answer_days": self.answer_days,
        }

    def context(self, faults: Faults, bureau: Bureau) -> dict[str, Any]:
        """What ``office/publishing.html`` shows."""
        choice = Field("reported", _("The public sees"), self.reported)
        reason = reason_field(self.reason)
        days = Field(
            "answer_days", _("Questions of the public are answered within"), self.answer_days, type="number",
            unit=_("working days"),
            hint=_("Days on which the office is open; the term is shown and counted in public. 0: none are taken."),
        )  # fmt: skip
        told = set_faults([choice, days, reason], faults)
        return {
            "told": told,
            "choice": choice,
            "choices": choices(),
            "reason": reason,
            "also": also(self.rules()),
            "answer_days": days,
        }


def publishing_facts(document: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    """The saved choice in words."""
    form = PublishingForm.saved(document)
    told = [words for value, words, _means in choices() if value == form.reported]
    n = PublishingRules.from_document(document).answer_days
    term = ngettext("within %(n)s working day", "within %(n)s working days", n) % {"n": n} if n else _("none are taken")
    return [
        (_("The public sees"), told + [words for _name, on, words, _means in also(form.rules()) if on]),
        (_("Questions of the public"), [term]),
    ]


def stages_shown(bureau: Bureau, stages: Sequence[Milestone]) -> dict[str, Any]:
    """Stages that wait for acceptance: ``total``, the first 20 with their projects, ``more``. No query."""
    rows = [stage.as_reported() for stage in stages[:MOST]]
    return {"total": len(stages), "rows": rows, "more": max(0, len(stages) - MOST)}
