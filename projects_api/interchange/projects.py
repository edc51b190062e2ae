"""A row's facts about the project itself: checked while the row can still be rejected, drafted when all rows are in."""

from __future__ import annotations

import hashlib
from typing import Any

from django.utils.translation import gettext as _

from projects_api import codes, geodesy
from projects_api.choices import STANDS_STILL, LocationPrecision, PlanTarget, Status, StatusReason
from projects_api.drafts import ProjectDraft, Register, SchoolDraft
from projects_api.errors import RuleBroken
from projects_api.interchange.mapping import (
    DATE_FIELDS,
    DECIMAL_FIELDS,
    FLAG_FIELDS,
    MONEY_FIELDS,
    NUMBER_FIELDS,
    TEXT_FIELDS,
    Choice,
    Mapping,
)
from projects_api.interchange.sections import Template
from projects_api.interchange.sites import place_of
from projects_api.interchange.values import (
    CellError,
    Values,
    code_of,
    decimal,
    flag,
    known_codes,
    number,
    safe_text,
    within,
)
from projects_api.schedule.progress import check_transition

Cells = dict[str, str]
Faults = list[tuple[str, str]]
MAX_KEY = 300
MAX_REGION_CODE = 12


def digest(parts: tuple[str, ...]) -> str:
    """A stable fingerprint of an identity, for codes of rows that have no code of their own."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def key_of(parts: tuple[str, ...]) -> str:
    """An identity as the record keeps it: its parts, joined by ``|``; no two identities of one mapping have the same.

    Where a part holds the sign itself each says its length (``3:a|b|1:c``): that has more signs than any plain key of as many
    parts. Plain keys stay as they have always been.
    """
    plain = plain_key(parts)
    return plain if plain.count("|") == len(parts) - 1 else plain_key(tuple(f"{len(part)}:{part}" for part in parts))


def plain_key(parts: tuple[str, ...]) -> str:
    """As every identity was kept once: ``a|b`` and ``c`` were the same as ``a`` and ``b|c``."""
    return "|".join(parts)


class Facts:
    """Reads the project's own fields by a mapping's [project], [kind], [stage], [status], [status_reason] and [school]."""

    def __init__(
        self,
        mapping: Mapping,
        present: frozenset[str],
        area: geodesy.Area,
        values: Values,
        bureau: str,
        register: Register | None = None,
    ) -> None:
        self.mapping = mapping
        self.bureau = bureau
        self.values = values
        self.area = area
        self.register = register
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
        if mapping.reason:
            self.choices["status_reason"] = mapping.reason
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
                self._known(key, self._value(key, made, cells))
            except CellError as error:
                faults.append((made.names[0] if isinstance(made, Template) and made.names else key, str(error)))
        for choice in self.choices.values():
            code = choice.of(cells.__getitem__)
            if choice.field and code not in choice.allowed and (code or choice is self.mapping.kind):
                words = {"cell": code[:40], "known": known_codes(choice.vocabulary)}
                faults.append((choice.field, _("“%(cell)s” is not one of: %(known)s") % words))
        faults += (
            self._title_faults(cells)
            + self._identity_faults(cells)
            + self._made_faults(cells)
            + self._site_faults(cells)
            + self._why_faults(cells)
            + self._step_faults(cells)
        )
        return faults

    def _title_faults(self, cells: Cells) -> Faults:
        titles = [name for name in ("title_zh", "title_en") if name in self.fields]
        if not titles or any(self._text(name, cells) for name in titles):
            return []
        return [(self._column(titles[0]), _("A project needs a title, in Chinese or English."))]

    def _known(self, key: str, value: Any) -> None:
        """Raises CellError where the row names a plan or a division that the bureau does not have."""
        if not value or self.register is None:
            return
        if key == "plan_year" and value not in self.register.plans:
            raise CellError(_("The bureau has no plan for %(year)s.") % {"year": value})
        if key == "region_code" and value not in self.register.divisions:
            raise CellError(_("The bureau has no division %(code)s.") % {"code": value})

    def _identity_faults(self, cells: Cells) -> Faults:
        first = self.mapping.identity[0]
        faults: Faults = []
        if len(key_of(self._identity(cells))) > MAX_KEY:
            faults.append((first, _("what tells this project apart is longer than %(n)d characters") % {"n": MAX_KEY}))
        if words := codes.refusal(self._code(cells), self.bureau):
            faults.append((first, words))
        target = code_of(self._text("plan_target", cells), PlanTarget)
        if target and target not in PlanTarget.values:
            faults.append(
                (
                    self._column("plan_target"),
                    _("“%(cell)s” is not one of: %(known)s") % {"cell": target, "known": known_codes(PlanTarget)},
                )
            )
        if "plan_target" in self.fields and bool(target) != bool(self._text("plan_year", cells)):
            faults.append((self._column("plan_target"), _("the year of the plan and the target in it go together")))
        return faults

    def _made_faults(self, cells: Cells) -> Faults:
        """Of the division and the school that a row makes where they are not there yet."""
        faults: Faults = []
        districts, school = self.mapping.districts, self.mapping.school
        if districts and not districts.pattern.search(cells[districts.field]):
            faults.append((districts.field, _("“%(cell)s” is not a district") % {"cell": cells[districts.field][:40]}))
        elif districts:
            made = districts.draft(cells[districts.field], self.bureau)
            for text, most in ((made.code, MAX_REGION_CODE), (made.name_zh, 100), (made.name_en, 100)):
                try:
                    safe_text(text, max_length=most)
                except CellError as error:
                    faults.append((districts.field, str(error)))
        if school:
            try:
                entered = self._school(cells, self._choice("stage", cells))
                words = codes.school_refusal(entered.code, self.bureau) if entered else ""
            except CellError as error:
                words = str(error)
            if words:
                faults.append((school.fields[0], words))
        return faults

    def _why_faults(self, cells: Cells) -> Faults:
        """Decision 42: why a project stands still. A table need not tell it; what it tells must make sense."""
        reason, status = (self._choice(name, cells) for name in ("status_reason", "status"))
        note, since = self._text("status_note", cells), self._text("status_since", cells)
        told = [
            name for name, cell in (("status_reason", reason), ("status_note", note), ("status_since", since)) if cell
        ]
        if told and status not in STANDS_STILL:
            words = _("Only a project that is suspended or cancelled says why and since when.")
        elif note and not reason:
            told, words = ["status_note"], _("An explanation goes with a reason.")
        elif reason == StatusReason.OTHER and not note:
            told, words = ["status_reason"], _('The reason "other" needs an explanation.')
        else:
            return []
        return [(self._column(told[0]), words)]

    def _step_faults(self, cells: Cells) -> Faults:
        """Of a status that the record's own cannot become (decision 57)."""
        if self.register is None or self.mapping.statuses_of is None:
            return []
        known_by = self._code(cells) if self.mapping.code_given else key_of(self._identity(cells))
        old, new = self.register.statuses.get(known_by), self._choice("status", cells)
        if not old or new not in Status.values:
            return []
        try:
            check_transition(Status(old), Status(new), later=True)
        except RuleBroken as error:
            return [(self._column("status"), str(error))]
        return []

    def _identity(self, cells: Cells) -> tuple[str, ...]:
        return tuple(cells[name] for name in self.mapping.identity)

    def _code(self, cells: Cells) -> str:
        """The code of the template, with room for the longest hash."""
        return self.mapping.code.fill(lambda name: "0" * 16 if name == "hash" else cells[name])

    def unexplained(self, cells: Cells) -> bool:
        """Whether the row says that its project stands still, and not why."""
        return self._choice("status", cells) in STANDS_STILL and not self._choice("status_reason", cells)

    def _choice(self, name: str, cells: Cells) -> str:
        return self.choices[name].of(cells.__getitem__) if name in self.choices else ""

    def _site_faults(self, cells: Cells) -> Faults:
        if self._own_site is None:
            return []
        try:
            place = place_of(cells, self._own_site, self.area)
        except CellError as error:
            return [(self._own_site.latitude, str(error))]
        if place and place.precision not in LocationPrecision.values:
            column = (*self._own_site.precision.names, self._own_site.latitude)[0]
            words = {"cell": place.precision[:40], "known": known_codes(LocationPrecision)}
            return [(column, _("“%(cell)s” is not one of: %(known)s") % words)]
        return []

    def _text(self, key: str, cells: Cells) -> str:
        made = self.fields.get(key)
        return made.fill(cells.__getitem__) if isinstance(made, Template) else ""

    def _column(self, key: str) -> str:
        made = self.fields.get(key)
        if isinstance(made, Template) and made.names:
            return made.names[0]
        return (self.choices[key].field if key in self.choices else "") or self.mapping.identity[0]

    def _value(self, key: str, made: Template | bool, cells: Cells) -> Any:
        if isinstance(made, bool):
            return made
        text = made.fill(cells.__getitem__)
        if key in NUMBER_FIELDS:
            return within(key, number(text))
        if key in MONEY_FIELDS:
            return self.values.money(text)
        if key in DECIMAL_FIELDS:
            return within(key, decimal(text))
        if key in FLAG_FIELDS:
            return flag(text)
        if key in DATE_FIELDS:
            return self.values.fact(text)
        if key == "plan_target":
            return code_of(text, PlanTarget)
        return safe_text(text, max_length=TEXT_FIELDS[key], lines=key in ("description", "note"))

    def draft(self, cells: Cells, *, code: str, identity: tuple[str, ...], given: frozenset[str]) -> ProjectDraft:
        """The project without its milestones, money and place; the cells must have no faults."""
        values = {key: self._value(key, made, cells) for key, made in self.fields.items()}
        codes = {name: choice.of(cells.__getitem__) for name, choice in self.choices.items()}
        said = frozenset(name for name, value in codes.items() if value)
        if self.mapping.school:
            said |= {"school"}
        read = frozenset(self.fields)
        if "status_reason" not in said:
            read -= {"status_note"}
        # What says nothing takes nothing away: a project without a township is the county's only where it is new.
        read -= {name for name in ("status_since", "region_code") if not values.get(name)}
        # Nor does an empty cell hide from the public what it reads.
        read -= {
            name for name in FLAG_FIELDS if isinstance(self.fields.get(name), Template) and not self._text(name, cells)
        }
        return ProjectDraft(
            code=code,
            code_given=self.mapping.code_given,
            source=self.mapping.source,
            source_key=(key := key_of(identity)),
            former_key=former if (former := plain_key(identity)) != key else "",
            given=given | read | said,
            **{"title_zh": "", "title_en": "", **values},
            kind=codes["kind"],
            stage=codes["stage"],
            status=codes.get("status") or Status.PROPOSED,
            status_reason=codes.get("status_reason", ""),
            school=self._school(cells, codes["stage"]),
        )

    def _school(self, cells: Cells, stage: str) -> SchoolDraft | None:
        """The school, where its stage is known: the record holds no school without one. Raises CellError."""
        rule = self.mapping.school
        if rule is None or not stage:
            return None
        identity = tuple(cells[name] for name in rule.fields)
        value_of = cells.__getitem__
        name_zh, name_en = (safe_text(made.fill(value_of), max_length=200) for made in (rule.name_zh, rule.name_en))
        if not name_zh and not name_en:
            return None
        code = rule.code.fill(lambda name: digest(identity)[:6] if name == "hash" else cells[name])
        return SchoolDraft(code, name_zh, name_en, stage)
