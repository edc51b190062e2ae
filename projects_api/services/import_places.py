"""What the projects of a table hang on: divisions, schools, plans, templates of the bureau, by what the table calls them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from projects_api.drafts import BureauDraft, ProjectDraft, Register, SchoolDraft
from projects_api.errors import InvalidInput
from projects_api.models import AnnualPlan, Bureau, MilestoneTemplate, Project, Region, School, User
from projects_api.selectors.places import within_region
from projects_api.services.projects import newest_template
from projects_api.services.schools import entries_of_new

BATCH = 500


def bureau_of(draft: BureauDraft) -> Bureau:
    """The bureau, with its divisions; made from the mapping where the mapping says so."""
    if draft.create:
        for region in draft.regions:
            parent = Region.objects.filter(code=region.parent_code).first() if region.parent_code else None
            defaults = {
                "level": region.level,
                "kind": region.kind,
                "name_zh": region.name_zh,
                "name_en": region.name_en,
                "parent": parent,
            }
            Region.objects.get_or_create(code=region.code, defaults=defaults)
        if draft.bounds is None or not draft.regions:
            raise InvalidInput.one(
                "/bureau",
                "incomplete",
                _("The mapping makes a bureau, so it must give its bounds and regions."),
            )
        west, south, east, north = draft.bounds
        root = next(region.code for region in draft.regions if not region.parent_code)
        Bureau.objects.get_or_create(
            code=draft.code,
            defaults={
                "name_zh": draft.name_zh, "name_en": draft.name_en, "region": Region.objects.get(code=root),
                "west": west, "south": south, "east": east, "north": north,
                "currency": draft.currency, "time_zone": draft.time_zone,
            },
        )  # fmt: skip
    bureau = Bureau.objects.select_related("region").filter(code=draft.code).first()
    if bureau is None:
        raise InvalidInput.one(
            "/bureau",
            "unknown_bureau",
            _("There is no bureau with the code %(code)s.") % {"code": draft.code},
        )
    return bureau


def register_of(bureau: Bureau, *, statuses_of: str | None = None) -> Register:
    """What the rows of a table may name of this bureau. Two queries, three with the statuses of its projects.

    ``statuses_of``: a source, by whose keys the projects are known; "" by code; None: nobody asks. The archived are left out.
    """
    divisions = Region.objects.filter(within_region("code", bureau.region.code)).values_list("code", flat=True)
    plans = AnnualPlan.objects.filter(bureau=bureau).values_list("year", flat=True)
    statuses: dict[str, str] = {}
    if statuses_of is not None:
        projects = Project.objects.filter(bureau=bureau, archived_at__isnull=True).order_by()
        if statuses_of:
            projects = projects.filter(source=statuses_of)
        statuses = dict(projects.values_list("source_key" if statuses_of else "code", "status"))
    return Register(frozenset(plans), frozenset(divisions), statuses)


class Places:
    """The bureau's divisions, schools and plans by code; schools that the drafts name are made when absent.

    ``entries``: their first ledger entries, still to be written, before any that refers to them.
    """

    def __init__(
        self, bureau: Bureau, drafts: Sequence[ProjectDraft], *, actor: User | None, at: datetime, reason: str
    ) -> None:
        self.bureau = bureau
        self._templates: dict[str, MilestoneTemplate | None] = {}
        self.regions = {
            r.code: r for r in Region.objects.filter(within_region("code", bureau.region.code)).defer("boundary")
        }
        self.plans = {p.year: p for p in AnnualPlan.objects.filter(bureau=bureau).select_related("bureau")}
        self.schools = {s.code: s for s in School.objects.filter(bureau=bureau)}
        wanted = {d.school.code: d.school for d in drafts if d.school}
        missing = [self._new_school(school) for code, school in wanted.items() if code not in self.schools]
        self.entries = entries_of_new(missing, actor=actor, at=at, reason=reason)
        School.objects.bulk_create(missing, batch_size=BATCH)
        self.schools |= {s.code: s for s in missing}

    def _new_school(self, draft: SchoolDraft) -> School:
        return School(
            code=draft.code,
            bureau=self.bureau,
            region=self.region(draft.region_code),
            name_zh=draft.name_zh,
            name_en=draft.name_en,
            stage=draft.stage,
        )

    def region(self, code: str) -> Region:
        if not code:
            return self.bureau.region
        if code not in self.regions:
            raise InvalidInput.one(
                "/region", "unknown_region", _("The bureau has no division %(code)s.") % {"code": code}
            )
        return self.regions[code]

    def template(self, kind: str) -> MilestoneTemplate | None:
        if kind not in self._templates:
            self._templates[kind] = newest_template(self.bureau, kind)
        return self._templates[kind]

    def named_template(self, name: str) -> MilestoneTemplate | None:
        """By its name in a document (``610526/new_build/3``, ``standard/…``); None where this record has none of that name."""
        owner, kind, version = (*name.split("/"), "", "")[:3]
        if f"{name}/" not in self._templates:
            owned: dict[str, Any] = {"bureau__isnull": True} if owner == "standard" else {"bureau": self.bureau}
            known = (
                owner in ("standard", self.bureau.code) and version.isascii() and version.isdigit() and len(version) < 5
            )
            self._templates[f"{name}/"] = (
                MilestoneTemplate.objects.filter(kind=kind, version=int(version), **owned).first() if known else None
            )
        return self._templates[f"{name}/"]

    def plan(self, year: int | None) -> AnnualPlan | None:
        if year is not None and year not in self.plans:
            raise InvalidInput.one("/plan", "unknown_plan", _("The bureau has no plan for %(year)s.") % {"year": year})
        return self.plans[year] if year is not None else None
