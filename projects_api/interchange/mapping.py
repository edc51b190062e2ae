"""What a mapping says: how somebody's table becomes projects. ``docs/import.md`` explains each key.

``mapping_files.load`` makes one from a small TOML file. A mapping is data: patterns and templates, no code.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Mapping as Dict
from dataclasses import dataclass

from django.db.models import TextChoices

from projects_api.drafts import BureauDraft, RegionDraft
from projects_api.interchange.sections import Template
from projects_api.interchange.values import code_of

# The project fields that a mapping may fill, texts with their greatest length.
TEXT_FIELDS = {
    "title_zh": 200,
    "title_en": 200,
    "description": 2000,
    "responsible_leader": 100,
    "responsible_unit": 200,
    "contractor": 200,
    "supervising_firm": 200,
    "address": 300,
    "note": 4000,
    "status_note": 500,
    "plan_target": 10,
    "region_code": 12,
}
NUMBER_FIELDS = ("plan_year", "classes", "places")
DECIMAL_FIELDS = ("floor_area", "land_area")
MONEY_FIELDS = ("total_investment",)
DATE_FIELDS = ("status_since",)
FLAG_FIELDS = ("published", "illustrative")


@dataclass(frozen=True)
class Column:
    """A column of the file under our own name. What ``strip`` matches is cut out of the cell."""

    header: str
    optional: bool = False
    strip: re.Pattern[str] | None = None


@dataclass(frozen=True)
class Rule:
    """The first rule whose patterns all match gives its code."""

    when: tuple[tuple[str, re.Pattern[str]], ...]
    gives: str


@dataclass(frozen=True)
class Choice:
    """A vocabulary field: its code or word stands in a column, or it follows from the first matching rule, or is the default."""

    field: str
    rules: tuple[Rule, ...]
    default: str
    allowed: frozenset[str]
    vocabulary: type[TextChoices]

    def of(self, value_of: Callable[[str], str]) -> str:
        if self.field:
            return code_of(value_of(self.field), self.vocabulary)
        for rule in self.rules:
            if all(pattern.search(value_of(name)) for name, pattern in rule.when):
                return rule.gives
        return self.default


@dataclass(frozen=True)
class StatusRule:
    """``all_met``: every milestone is met; ``begun``: one of these keys is in progress or met."""

    all_met: bool
    begun: frozenset[str]
    gives: str


@dataclass(frozen=True)
class Phase:
    key: str
    position: int
    weight: int
    title_zh: str
    title_en: str
    note: str


@dataclass(frozen=True)
class MilestoneRules:
    field: str
    phases: Dict[str, Phase]
    state: str
    states: Dict[str, str]
    dates: Dict[str, str]


@dataclass(frozen=True)
class MoneyRule:
    field: str
    becomes: str
    kind: str
    kind_when_met: str
    label: str


@dataclass(frozen=True)
class SchoolRule:
    fields: tuple[str, ...]
    code: Template
    name_zh: Template
    name_en: Template


@dataclass(frozen=True)
class SiteRule:
    """Where a project is: from columns of the table itself, or (with ``join``) of the second table."""

    join: str
    columns: Dict[str, Column]
    latitude: str
    longitude: str
    crs: str
    precision: Template
    address: Template


@dataclass(frozen=True)
class Districts:
    field: str
    pattern: re.Pattern[str]
    code: Template
    name_zh: Template
    name_en: Template
    level: str
    kind: str

    def draft(self, value: str, parent: str) -> RegionDraft:
        fill = {self.field: value}.__getitem__
        return RegionDraft(
            self.code.fill(fill),
            self.level,
            self.kind,
            self.name_zh.fill(fill),
            self.name_en.fill(fill),
            parent,
        )


@dataclass(frozen=True)
class Mapping:
    name: str
    title: str
    title_zh: str
    source: str
    rows: str
    encoding: str
    bureau: BureauDraft | None
    districts: Districts | None
    columns: Dict[str, Column]
    date_formats: tuple[str, ...]
    money_signs: str
    money_unit: int
    words: Dict[str, str]
    identity: tuple[str, ...]
    blank_joins: str
    code: Template
    project: Dict[str, Template | bool]
    kind: Choice
    stage: Choice
    status: Choice | None
    status_is_fact: bool
    reason: Choice | None
    status_rules: tuple[StatusRule, ...]
    school: SchoolRule | None
    milestones: MilestoneRules | None
    money: tuple[MoneyRule, ...]
    investment: tuple[str, ...]
    site: SiteRule | None

    @property
    def code_given(self) -> bool:
        """Whether the table names our codes, so that a project is the one with its code, whatever its source."""
        return "hash" not in self.code.names

    @property
    def statuses_of(self) -> str | None:
        """Whose statuses of the record its own must follow on: those of this source's keys, by code where it is empty. None: its
        statuses are facts of another register (decision 57), or it has none."""
        if self.status is None or self.status_is_fact:
            return None
        return "" if self.code_given else self.source

    @property
    def joins_sites(self) -> bool:
        return self.site is not None and bool(self.site.join)
