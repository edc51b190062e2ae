"""The rules of the lights as a form: every threshold with what it means, and what the product has by default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Self

from django.http import QueryDict
from django.utils.translation import gettext as _

from portal.charts.words import short_day
from portal.office.calendar_form import LEAP, reason_field
from portal.office.fields import Faults, Field, day_choices, month_and_day, month_choices, month_day, set_faults, whole
from projects_api.models import Bureau
from projects_api.schedule.lights import LightRules

TERM = "term_start"


@dataclass(frozen=True)
class Group:
    """Thresholds on one thing: ``(name, label, unit)`` each."""

    title: str
    words: str
    rules: list[tuple[str, str, str]]


def groups() -> list[Group]:
    """All rules but the start of term."""
    points, days = _("percentage points"), _("calendar days")
    return [
        Group(
            _("Work behind the plan"),
            _("The work done, in percent of the whole, against what was promised for today."),
            [
                ("behind_yellow", _("Yellow: behind by at least"), points),
                ("behind_red", _("Red: behind by more than"), points),
            ],
        ),
        Group(
            _("Finish later than promised"),
            _("The finish expected now against the promised one, in calendar days."),
            [
                ("slip_yellow", _("Yellow: later by at least"), days),
                ("slip_red", _("Red: later by at least"), days),
            ],
        ),
        Group(
            _("Start missed"),
            _(
                "A project whose planned start has passed is yellow the next day, and red after so many months in a row."
            ),
            [("start_red", _("Red: not begun for"), _("months, that of the planned start included"))],
        ),
        Group(
            _("No report"),
            _("Turns no light: the project is listed as one that nobody reports on."),
            [("stale_days", _("Nothing reported for more than"), days)],
        ),
    ]


@dataclass(frozen=True)
class LightsForm:
    """As typed, by the names of the rules."""

    values: Mapping[str, str]
    reason: str = ""

    @classmethod
    def saved(cls, document: Mapping[str, Any], reason: str = "") -> Self:
        rules = asdict(LightRules.from_document(document))
        return cls({name: str(value) for name, value in rules.items()}, reason)

    @classmethod
    def sent(cls, form: QueryDict) -> Self:
        numbers = {name: form.get(name, "") for group in groups() for name, _label, _unit in group.rules}
        term = month_day(form.get(f"{TERM}_month", ""), form.get(f"{TERM}_day", ""))
        return cls({**numbers, TERM: term}, form.get("reason", ""))

    def rules(self) -> dict[str, Any]:
        """For the service, which judges them."""
        return {name: text if name == TERM else whole(text) for name, text in self.values.items()}

    def context(self, faults: Faults, bureau: Bureau) -> dict[str, Any]:
        """What ``office/lights.html`` shows; ``told`` is the summary of the faults."""
        standard = asdict(LightRules())
        shown = [
            (
                group,
                [
                    Field(name, label, self.values[name], type="number", unit=unit, standard=str(standard[name]))
                    for name, label, unit in group.rules
                ],
            )
            for group in groups()
        ]
        label, usual = _("The school year begins on"), term_words(standard[TERM])
        term = Field(TERM, label, month_and_day(self.values[TERM]), standard=usual)
        reason = reason_field(self.reason)
        fields = [item for _group, items in shown for item in items]
        return {
            "told": set_faults([*fields, term, reason], faults),
            "groups": shown,
            "term": term,
            "months": month_choices(),
            "days": day_choices(),
            "reason": reason,
        }


def term_words(text: str) -> str:
    return short_day(date.fromisoformat(f"{LEAP}-{text}"), LEAP)


def lights_facts(document: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    """The saved rules in words: what it is about, and a line for each threshold."""
    rules = asdict(LightRules.from_document(document))

    def line(name: str, label: str, unit: str) -> str:
        return f"{label} {rules[name]} {unit}" if rules[name] else _("%(rule)s: rule switched off") % {"rule": label}

    facts = [(group.title, [line(*rule) for rule in group.rules]) for group in groups()]
    return [*facts, (_("Start of term"), [term_words(rules[TERM])])]
