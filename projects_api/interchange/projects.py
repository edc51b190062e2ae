"""A row's facts about the project itself: checked while the row can still be rejected, drafted when all rows are in."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from django.utils.translation import gettext as _

from projects_api import geodesy
from projects_api.choices import LocationPrecision, PlanTarget, Status
from projects_api.drafts import ProjectDraft, SchoolDraft
from projects_api.interchange.mapping import (
    DECIMAL_FIELDS,
    FLAG_FIELDS,
    NUMBER_FIELDS,
    TEXT_FIELDS,
    Choice,
    Mapping,
)
from projects_api.interchange.sections import Template
from projects_api.interchange.sites import place_of
from projects_api.interchange.values import CellError, decimal, flag, number, safe_text

Cells = dict[str, str]
Faults = list[tuple[str, str]]
MAX_KEY = 300
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")


def digest(parts: tuple[str, ...]) -> str:
    """A stable fingerprint of an identity, for codes of rows that have no code of their own."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


class Facts:
    """Reads the project's own fields by a mapping's [project], [kind], [stage], [status] and [school]."""

    def __init__(self, mapping: Mapping, present: frozenset[str], area: geodesy.Area) -> None:
        self.mapping = mapping
        self.area = area
        self.present = present
        # A field is read when one of its columns is in this file, or when it is a fixed value.
        self.fields = {
            key: made
            for key, made in mapping.project.items()
            if not isinstance(made, Template) or not made.names or any(name in present for name in made.names)
        }
        self.choices: dict[str, Choice] = {"kind": mapping.kind, "stage": mapping.stage}
        if mapping.status:
            self.choices["status"] = mapping.status
        self._own_site = (
            mapping.site if mapping.site and not mapping.site.join and mapping.site.latitude in present else None
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that all rows of one project must agree in."""
        found = [name for made in self.fields.values() if isinstance(made, Template) for name in made.names]
        if self.mapping.districts:
            found.append(self.mapping.districts.field)
        return tuple(name for name in dict.fromkeys(found) if name not in self.mapping.identity)

    def faults(self, cells: Cells) -> Faults:
        """What is wrong with the project's fields in this row: (our column name, reason)."""
        faults: Faults = []
        for key, made in self.fields.items():
            try:
                self._value(key, made, cells)
            except CellError as error:
                faults.append((made.names[0] if isinstance(made, Template) and made.names else key, str(error)))
        for choice in self.choices.values():
            code = choice.of(cells.__getitem__)
            if choice.field and code not in choice.allowed and (code or choice is self.mapping.kind):
                words = {"cell": code[:40], "known": ", ".join(sorted(filter(None, choice.allowed)))}
                faults.append((choice.field, _("“%(cell)s” is not one of: %(known)s") % words))
        faults += self._identity_faults(cells) + self._site_faults(cells)
        return faults

    def _identity_faults(self, cells: Cells) -> Faults:
        first = self.mapping.identity[0]
        faults: Faults = []
        if len("|".join(cells[name] for name in self.mapping.identity)) > MAX_KEY:
            faults.append((first, _("what tells this project apart is longer than %(n)d characters") % {"n": MAX_KEY}))
        code = self.mapping.code.fill(lambda name: "0" * 16 if name == "hash" else cells[name])
        if not CODE.fullmatch(code):
            faults.append(
                (
                    first,
                    _("“%(code)s” cannot be a code (letters, digits, - and _, at most 40)") % {"code": code[:60]},
                )
            )
        target = self._text("plan_target", cells)
        if target and target not in PlanTarget.values:
            faults.append(
                (
                    self._column("plan_target"),
                    _("“%(cell)s” is not one of: %(known)s") % {"cell": target, "known": ", ".join(PlanTarget.values)},
                )
            )
        if "plan_target" in self.fields and bool(target) != bool(self._text("plan_year", cells)):
            faults.append((self._column("plan_target"), _("the year of the plan and the target in it go together")))
        districts = self.mapping.districts
        if districts and not districts.pattern.search(cells[districts.field]):
            faults.append((districts.field, _("“%(cell)s” is not a district") % {"cell": cells[districts.field][:40]}))
        return faults

    def _site_faults(self, cells: Cells) -> Faults:
        if self._own_site is None:
            return []
        try:
            place = place_of(cells, self._own_site, self.area)
        except CellError as error:
            return [(self._own_site.latitude, str(error))]
        if place and place.precision not in LocationPrecision.values:
            column = (*self._own_site.precision.names, self._own_site.latitude)[0]
            words = {"cell": place.precision[:40], "known": ", ".join(LocationPrecision.values)}
            return [(column, _("“%(cell)s” is not one of: %(known)s") % words)]
        return []

    def _text(self, key: str, cells: Cells) -> str:
        made = self.fields.get(key)
        return made.fill(cells.__getitem__) if isinstance(made, Template) else ""

    def _column(self, key: str) -> str:
        made = self.fields.get(key)
        return made.names[0] if isinstance(made, Template) and made.names else self.mapping.identity[0]

    def _value(self, key: str, made: Template | bool, cells: Cells) -> Any:
        if isinstance(made, bool):
            return made
        text = made.fill(cells.__getitem__)
        if key in NUMBER_FIELDS:
            return number(text)
        if key in DECIMAL_FIELDS:
            return decimal(text)
        if key in FLAG_FIELDS:
            return flag(text)
        return safe_text(text, max_length=TEXT_FIELDS[key], lines=key in ("description", "note"))

    def draft(self, cells: Cells, *, code: str, source_key: str, given: frozenset[str]) -> ProjectDraft:
        """The project without its milestones, money and place; the cells must have no faults."""
        values = {key: self._value(key, made, cells) for key, made in self.fields.items()}
        codes = {name: choice.of(cells.__getitem__) for name, choice in self.choices.items()}
        said = frozenset(name for name, value in codes.items() if value)
        if self.mapping.school:
            said |= {"school"}
        return ProjectDraft(
            code=code,
            code_given="hash" not in self.mapping.code.names,
            source=self.mapping.source,
            source_key=source_key,
            given=given | frozenset(self.fields) | said,
            **{"title_zh": "", "title_en": "", **values},
            kind=codes["kind"],
            stage=codes["stage"],
            status=codes.get("status") or Status.PROPOSED,
            school=self._school(cells, codes["stage"]),
        )

    def _school(self, cells: Cells, stage: str) -> SchoolDraft | None:
        """The school, where its stage is known: the record holds no school without one."""
        rule = self.mapping.school
        if rule is None or not stage:
            return None
        identity = tuple(cells[name] for name in rule.fields)
        value_of = cells.__getitem__
        name_zh, name_en = rule.name_zh.fill(value_of), rule.name_en.fill(value_of)
        if not name_zh and not name_en:
            return None
        code = rule.code.fill(lambda name: digest(identity)[:6] if name == "hash" else cells[name])
        return SchoolDraft(code, name_zh, name_en, stage)
