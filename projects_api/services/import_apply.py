"""One project of an import: the rows in memory are brought to what its draft says. Nothing is written here."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib.gis.geos import Point
from django.db import models

from projects_api.drafts import (
    AllocationDraft,
    BaselineDraft,
    EstimateDraft,
    MilestoneDraft,
    ProjectDraft,
    SpendingDraft,
)
from projects_api.elsewhere import told
from projects_api.models import Allocation, Baseline, Estimate, Milestone, Spending
from projects_api.models.milestones import PLAN_NAMES
from projects_api.publishing import PublishingRules
from projects_api.schedule.progress import progress
from projects_api.selectors.facts import baseline_facts
from projects_api.selectors.schedule import facts_of
from projects_api.services.acceptance import guard_acceptance
from projects_api.services.import_held import Held
from projects_api.services.import_places import Places
from projects_api.services.outlook import set_derived
from projects_api.services.projects import milestones_from
from projects_api.services.sites import footprint_from
from projects_api.services.standstill import WHY, forget_why

PROJECT_NAMES = (
    "title_zh", "title_en", "kind", "stage", "status", "description", "plan_target", "classes", "places", "floor_area",
    "land_area", "total_investment", "responsible_leader", "responsible_unit", "contractor", "supervising_firm",
    "site_crs", "location_precision", "address", "published", "illustrative", "note", "needed_by", "physical_progress",
    "physical_progress_on", *WHY,
)  # fmt: skip
MILESTONE_NAMES = (
    "position", "title_zh", "title_en", "started", "planned", "forecast", "actual", "percent", "weight", "state",
    "delay_reason", "delay_note", "note", "illustrative",
)  # fmt: skip


def apply(item: Held, draft: ProjectDraft, places: Places, at: datetime, *, new: bool) -> list[models.Model]:
    """Bring the rows in memory to what the draft says; returns the parts that are new or changed."""
    project = item.project
    if new:
        project.code = draft.code
        project.region = places.bureau.region
        project.source, project.source_key = draft.source, draft.source_key
    names = (
        set(PROJECT_NAMES)
        if new
        else set(PROJECT_NAMES)
        & (draft.given | ({"site_crs", "location_precision"} if "site" in draft.given else set()))
    )
    stood = (project.status, project.status_reason)
    for name in names:
        setattr(project, name, getattr(draft, name))
    if not new and (project.status, project.status_reason) != stood:
        forget_why(project, besides=draft.given)
    if new or "region_code" in draft.given:
        project.region = places.region(draft.region_code)
    if new or "school" in draft.given:
        project.school = places.schools[draft.school.code] if draft.school else None
    if new or "plan_year" in draft.given:
        project.plan = places.plan(draft.plan_year)
    if new or "site" in draft.given:
        if (project.site.coords if project.site else None) != draft.site:
            project.site_accuracy = None  # another place, and no table says how exact it is
        project.site = Point(*draft.site, srid=4326) if draft.site else None
    if new or "footprint" in draft.given:
        outline, crs = footprint_from(draft.footprint, bureau=places.bureau)
        if (outline.coords if outline else None) != (project.footprint.coords if project.footprint else None):
            project.footprint, project.footprint_crs = outline, crs
    if "elsewhere" in draft.given:
        rules = PublishingRules.from_document(places.bureau.publishing)
        project.elsewhere = told(draft.elsewhere, inspections=rules.inspections)
    for name in draft.given & {"footprint_crs", "site_accuracy"}:
        setattr(project, name, getattr(draft, name))
    if new and draft.template:
        project.template = places.named_template(draft.template)
    touched: list[models.Model] = []
    if new and "milestones" not in draft.given and not draft.milestones:
        project.template = places.template(project.kind)
        item.milestones += milestones_from(list(project.template.stages.all()) if project.template else [], project)
    touched += _milestones(item, draft.milestones, draft.milestone_names)
    touched += _facts(item, item.estimates, draft.estimates, Estimate, ("kind", "note"))
    touched += _facts(item, item.allocations, draft.allocations, Allocation, ("source", "year", "note"))
    touched += _facts(item, item.spending, draft.spending, Spending, ("kind", "milestone", "note"))
    touched += _baselines(item, draft.baselines)
    _progress(item, draft)
    promised = {str(b.number): baseline_facts(b) for b in item.baselines}
    moved = set_derived(project, item.milestones, promised, at=at, follow_facts=False)
    changed = {id(row) for row in touched}
    return touched + [milestone for milestone in moved if id(milestone) not in changed]


def _progress(item: Held, draft: ProjectDraft) -> None:
    """The file's figure holds where stages weigh in it that are not here; where all of them are, they say it themselves."""
    if draft.progress is None or any(not milestone.public for milestone in item.milestones):
        return
    stages = progress([facts_of(milestone) for milestone in item.milestones])
    if stages != draft.progress:
        item.project.elsewhere = item.project.elsewhere | {"progress": {"said": draft.progress, "stages": stages}}


def _milestones(item: Held, drafts: Iterable[MilestoneDraft], names: frozenset[str]) -> list[Milestone]:
    """``names``: what the file knows of a stage; empty: all that a table knows.

    A file that knows a part is what the public reads: where it says what is accepted, what is held back stays as it is.
    """
    known = {m.key: m for m in item.milestones}
    touched = []
    for draft in drafts:
        milestone = known.get(draft.key)
        read: Iterable[str] = names or MILESTONE_NAMES
        if milestone is None:
            milestone = Milestone(project=item.project, key=draft.key)
            item.milestones.append(milestone)
            read = (*MILESTONE_NAMES, *PLAN_NAMES)
        else:
            told = milestone if names else milestone.as_reported()
            if all(getattr(told, name) == getattr(draft, name) for name in read):
                continue
        milestone.unfold()  # what an import says is accepted
        was = milestone.state
        for name in read:
            setattr(milestone, name, getattr(draft, name))
        if item.project.pk:
            guard_acceptance(item.project, milestone, was)
        touched.append(milestone)
    return touched


def _baselines(item: Held, drafts: Iterable[BaselineDraft]) -> list[Baseline]:
    """Those that are not here yet. One that is here is frozen: who reads a file has seen that it says the same."""
    known = {baseline.number for baseline in item.baselines}
    fresh = [
        Baseline(
            project=item.project,
            number=draft.number,
            approved_at=draft.approved_at,
            reason=draft.reason,
            finish=draft.finish,
            stages=draft.stages,
            illustrative=draft.illustrative,
        )
        for draft in drafts
        if draft.number not in known
    ]
    item.baselines += fresh
    return fresh


def _facts(
    item: Held,
    rows: list[Any],
    drafts: Iterable[EstimateDraft | AllocationDraft | SpendingDraft],
    model: type[Any],
    identity: tuple[str, ...],
) -> list[Any]:
    """Match money by its number, else by what it is for, so that a new figure in the file corrects the old one instead of
    adding a second."""
    numbered = {row.number: row for row in rows}
    waiting: dict[tuple[Any, ...], list[Any]] = {}
    for row in rows:
        if not row.archived:
            waiting.setdefault(tuple(getattr(row, name) for name in identity), []).append(row)
    number = max((row.number for row in rows), default=0)
    touched = []
    for draft in drafts:
        same = waiting.get(tuple(getattr(draft, name) for name in identity))
        values: dict[str, Any] = {"amount": draft.amount, "dated": draft.dated}
        if draft.number:
            same = [numbered[draft.number]] if draft.number in numbered else None
        else:
            values["document_number"] = getattr(draft, "document_number", "")
        if same:
            row = same.pop(0)
            if all(getattr(row, name) == value for name, value in values.items()):
                continue
            for name, value in values.items():
                setattr(row, name, value)
        else:
            number = draft.number or number + 1
            own = {name: getattr(draft, name) for name in identity}
            row = model(project=item.project, number=number, illustrative=draft.illustrative, **own, **values)
            row.public = PublishingRules.from_document(item.project.bureau.publishing).money
            rows.append(row)
        touched.append(row)
    return touched
