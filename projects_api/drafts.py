"""What an import hands to ``services.imports``: plain frozen values, nothing of the ORM and nothing of the file format.

Dates are ``datetime.date``, money is ``Decimal`` in whole currency units with at most two decimals, a point is
``(lon, lat)`` in WGS84. An empty string or ``None`` means *the file does not say*; ``ProjectDraft.given`` names the
project fields that the mapping reads at all, so that a later import leaves the other fields of a project alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

Point = tuple[float, float]
BoundsTuple = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class RegionDraft:
    """An administrative division. ``parent_code`` is empty for the bureau's own root region."""

    code: str
    level: str
    kind: str
    name_zh: str
    name_en: str
    parent_code: str = ""


@dataclass(frozen=True, slots=True)
class Register:
    """What a row may name of a bureau that exists: the years of its plans, the codes of its divisions. ``statuses``: from which
    one each of its projects would go on, by code or by its source's key; of a register whose statuses are facts it is empty."""

    plans: frozenset[int]
    divisions: frozenset[str]
    statuses: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BureauDraft:
    """The bureau that the drafts belong to. With ``create`` false it must exist already, as must its regions."""

    code: str
    create: bool = False
    name_zh: str = ""
    name_en: str = ""
    currency: str = "CNY"
    time_zone: str = "Asia/Shanghai"
    bounds: BoundsTuple | None = None
    regions: tuple[RegionDraft, ...] = ()


@dataclass(frozen=True, slots=True)
class SchoolDraft:
    """A school, known by its code, which follows from the source; created when absent, else left alone."""

    code: str
    name_zh: str
    name_en: str
    stage: str
    region_code: str = ""


@dataclass(frozen=True, slots=True)
class MilestoneDraft:
    """One stage of the project. ``line`` is the physical line it was read from (0: from a template)."""

    key: str
    position: int
    title_zh: str
    title_en: str
    started: date | None = None
    planned: date | None = None
    forecast: date | None = None
    actual: date | None = None
    percent: int = 0
    weight: int = 1
    state: str = "scheduled"
    delay_reason: str = ""
    delay_note: str = ""
    note: str = ""
    illustrative: bool = False
    duration: int | None = None
    shortest: int | None = None
    longest: int | None = None
    after: Mapping[str, Any] = field(default_factory=dict)
    needs_acceptance: bool = False
    limit: Mapping[str, Any] | None = None
    line: int = 0


@dataclass(frozen=True, slots=True)
class BaselineDraft:
    """A frozen baseline as another record holds it; fields as in `models.Baseline`."""

    number: int
    approved_at: datetime
    reason: str
    finish: date
    stages: Mapping[str, Any]
    illustrative: bool = False


# Money is known by what it is for, or by its ``number`` where the file has numbers (0: it has none).


@dataclass(frozen=True, slots=True)
class EstimateDraft:
    """One figure of the estimate chain; what it is for stands in the note."""

    kind: str
    amount: Decimal
    dated: date | None = None
    document_number: str = ""
    note: str = ""
    illustrative: bool = False
    number: int = 0


@dataclass(frozen=True, slots=True)
class AllocationDraft:
    """Money allocated by source and year."""

    source: str
    year: int
    amount: Decimal
    dated: date | None = None
    document_number: str = ""
    note: str = ""
    illustrative: bool = False
    number: int = 0


@dataclass(frozen=True, slots=True)
class SpendingDraft:
    """A spending entry; value of work done and money paid are two kinds, never added."""

    kind: str
    amount: Decimal
    dated: date | None = None
    milestone: str = ""
    note: str = ""
    illustrative: bool = False
    number: int = 0


@dataclass(frozen=True, slots=True)
class ProjectDraft:
    """A project as a file tells it.

    ``(source, source_key)`` is its identity from one import to the next; ``code`` is what a new project gets, and where
    ``code_given`` (the file itself names our codes) a project with that code is the same project whatever its source.
    ``former_key``: what the key of the project with this very code was while two could have the same; empty where it is still so.
    ``elsewhere``: the public facts of evidence that is not in the file, by part and key; ``progress``: percent, by the file.
    """

    code: str
    source: str
    source_key: str
    given: frozenset[str]
    title_zh: str
    title_en: str
    kind: str
    stage: str
    status: str
    code_given: bool = False
    former_key: str = ""
    description: str = ""
    region_code: str = ""
    school: SchoolDraft | None = None
    plan_year: int | None = None
    plan_target: str = ""
    classes: int | None = None
    places: int | None = None
    floor_area: Decimal | None = None
    land_area: Decimal | None = None
    total_investment: Decimal | None = None
    responsible_leader: str = ""
    responsible_unit: str = ""
    contractor: str = ""
    supervising_firm: str = ""
    site: Point | None = None
    site_crs: str = ""
    location_precision: str = ""
    address: str = ""
    published: bool = False
    illustrative: bool = False
    note: str = ""
    footprint: Mapping[str, Any] | None = None
    footprint_crs: str = ""
    site_accuracy: int | None = None
    needed_by: date | None = None
    template: str = ""
    status_reason: str = ""
    status_note: str = ""
    status_since: date | None = None
    physical_progress: str = ""
    physical_progress_on: date | None = None
    milestone_names: frozenset[str] = frozenset()
    milestones: tuple[MilestoneDraft, ...] = ()
    baselines: tuple[BaselineDraft, ...] = ()
    estimates: tuple[EstimateDraft, ...] = ()
    allocations: tuple[AllocationDraft, ...] = ()
    spending: tuple[SpendingDraft, ...] = ()
    elsewhere: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    progress: int | None = None
    lines: tuple[int, ...] = ()
