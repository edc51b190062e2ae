"""How many children there are, as a table form: a row for each township, a field for each school stage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from django.http import QueryDict
from django.utils.translation import gettext as _

from portal.office.calendar_form import reason_field
from portal.office.fields import Faults, Field, set_faults, whole
from projects_api.choices import SchoolStage
from projects_api.models import Bureau, Region
from projects_api.models.base import in_reader_language
from projects_api.needs import SOURCE_LENGTH, STAGES, Children
from projects_api.wording import grouped


def townships_of(bureau: Bureau) -> list[tuple[str, str]]:
    """(code, name in the reader's language) of the bureau's divisions. One query."""
    rows = Region.objects.filter(parent=bureau.region_id).order_by("code").values_list("code", "name_zh", "name_en")
    return [(code, in_reader_language(zh, en)) for code, zh, en in rows]


@dataclass(frozen=True)
class ChildrenForm:
    """As typed: ``numbers`` by (township code, stage); ``table`` as pasted, until it could be read."""

    numbers: Mapping[tuple[str, str], str] = field(default_factory=dict)
    counted: str = ""
    source: str = ""
    illustrative: bool = False
    reason: str = ""
    table: str = ""

    @classmethod
    def saved(cls, document: Mapping[str, Any], reason: str = "") -> Self:
        children = Children.from_document(document)
        numbers = {(code, stage): str(n) for code, stages in children.of.items() for stage, n in stages.items()}
        counted = children.counted.isoformat() if children.counted else ""
        return cls(numbers, counted, children.source, children.illustrative, reason)

    @classmethod
    def sent(cls, form: QueryDict) -> Self:
        numbers = {}
        for name, text in form.items():
            start, _hyphen, rest = name.partition("-")
            code, _hyphen, stage = rest.rpartition("-")
            if start == "townships" and code and isinstance(text, str) and text.strip():
                numbers[code, stage] = text
        return cls(
            numbers,
            form.get("counted", "").strip(),
            form.get("source", ""),
            "illustrative" in form,
            form.get("reason", ""),
            form.get("table", ""),
        )

    def read(self, found: Mapping[str, Mapping[str, int]]) -> Self:
        """With the numbers of a table that was pasted or handed in; what it does not name stays."""
        new = {(code, stage): str(n) for code, stages in found.items() for stage, n in stages.items()}
        return replace(self, numbers={**self.numbers, **new}, table="")

    def rules(self) -> dict[str, Any]:
        """For the service, which judges them."""
        townships: dict[str, dict[str, Any]] = {}
        for (code, stage), text in self.numbers.items():
            townships.setdefault(code, {})[stage] = whole(text.replace(",", "").replace("，", ""))
        return {
            "townships": townships,
            "counted": self.counted or None,
            "source": self.source,
            "illustrative": self.illustrative,
        }

    def context(self, faults: Faults, bureau: Bureau) -> dict[str, Any]:
        """What ``office/children.html`` shows; a fault of a stage that the table lacks is told above it."""
        labels = {stage: str(SchoolStage(stage).label) for stage in STAGES}
        rows = [
            (
                name,
                [
                    Field(
                        f"townships-{code}-{stage}",
                        f"{name}, {labels[stage]}",
                        self.numbers.get((code, stage), ""),
                        short=" ",
                        max_length=9,
                    )
                    for stage in STAGES
                ],
            )
            for code, name in townships_of(bureau)
        ]
        counted = Field("counted", _("Counted on"), self.counted, type="date")
        source = Field(
            "source",
            _("Source of the figures"),
            self.source,
            max_length=SOURCE_LENGTH,
            hint=_("Who counted: a census, the school rolls …"),
        )
        table = Field("table", _("Paste a table"), self.table, rows=4)
        reason = reason_field(self.reason)
        fields = [*(item for _name, items in rows for item in items), counted, source, table, reason]
        return {
            "told": set_faults(fields, faults),
            "stages": list(labels.values()),
            "rows": rows,
            "counted": counted,
            "source": source,
            "illustrative": self.illustrative,
            "table": table,
            "reason": reason,
        }


def children_facts(document: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    """The saved figures in words: sums, how many townships they are of, source and day."""
    children = Children.from_document(document)
    if not children.of:
        return [(_("Children by township"), [_("Nothing has been entered yet.")])]
    facts = []
    for stage in STAGES:
        known = [stages[stage] for stages in children.of.values() if stage in stages]
        words = _("%(n)s children in %(townships)s townships")
        facts.append(
            (str(SchoolStage(stage).label), [words % {"n": grouped(sum(known)), "townships": grouped(len(known))}])
        )
    said = [text for text in (children.source, children.counted.isoformat() if children.counted else "") if text]
    if children.illustrative:
        said.append(_("illustrative, not real"))
    return [*facts, (_("Source of the figures"), said or [_("none")])]
