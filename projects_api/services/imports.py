"""A whole table into the record: one transaction, few statements, one ledger entry per project that changed."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, islice
from typing import Any

from django.contrib.gis.geos import Point
from django.db import models, transaction
from django.utils.translation import gettext as _

from projects_api import engine
from projects_api.drafts import (
    AllocationDraft,
    BaselineDraft,
    BureauDraft,
    EstimateDraft,
    MilestoneDraft,
    ProjectDraft,
    SpendingDraft,
)
from projects_api.elsewhere import told
from projects_api.errors import InvalidInput
from projects_api.models import (
    Allocation,
    Assignment,
    Baseline,
    Bureau,
    Estimate,
    LedgerEntry,
    Milestone,
    Project,
    Region,
    Spending,
    User,
)
from projects_api.models.milestones import PLAN_NAMES
from projects_api.publishing import PublishingRules
from projects_api.schedule.progress import progress
from projects_api.selectors.documents import build_document
from projects_api.selectors.facts import baseline_facts
from projects_api.selectors.schedule import facts_of
from projects_api.services import ledger
from projects_api.services.acceptance import guard_acceptance
from projects_api.services.bulk import insert_rows
from projects_api.services.import_checks import FieldChecks
from projects_api.services.import_places import Places
from projects_api.services.outlook import DERIVED, set_derived
from projects_api.services.projects import milestones_from
from projects_api.services.sites import footprint_from, settle_place
from projects_api.services.standstill import WHY, forget_why

BATCH = 500
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
PARTS = (("milestones", Milestone), ("estimates", Estimate), ("allocations", Allocation), ("spending", Spending))
Progress = Callable[[int, int], None]


@dataclass
class Counts:
    """What an import did (or, in a dry run, would do), in projects."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: int = 0
    without_location: int = 0
    codes_created: list[str] = field(default_factory=list)
    codes_changed: list[str] = field(default_factory=list)


@dataclass
class _Held:
    """A project with its parts as they are in memory: what the document is built from."""

    project: Project
    milestones: list[Milestone]
    estimates: list[Estimate]
    allocations: list[Allocation]
    spending: list[Spending]
    assignments: list[Assignment]
    baselines: list[Baseline] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        self.milestones.sort(key=lambda m: (m.position, m.key))
        return build_document(
            self.project,
            milestones=self.milestones,
            estimates=self.estimates,
            allocations=self.allocations,
            spending=self.spending,
            assignments=self.assignments,
            baselines=self.baselines,
        )


def import_projects(
    *,
    bureau_draft: BureauDraft,
    drafts: Sequence[ProjectDraft],
    actor: User | None,
    at: datetime,
    reason: str = "",
    dry_run: bool = False,
    progress: Progress = lambda done, total: None,
) -> Counts:
    """Create what is new, change what differs, leave the rest; the same drafts again change nothing.

    A project is the same by (source, source_key), or by its code where the file names our codes; its milestones by key,
    its money by what it is for. Fields that the mapping does not read stay as they are. All or nothing. About 20 queries
    for the existing record, then statements in batches of 500. A dry run does the same work and rolls it back.

    Raises InvalidInput when the bureau or a division does not exist, or a value breaks a rule of the tables; RuleBroken when a
    project's acceptance comes with a serious finding open.
    """
    counts = Counts()
    with _collector_off(), engine.writer():
        bureau = _bureau(bureau_draft)
        places = Places(bureau, drafts, actor=actor, at=at, reason=reason)
        held = _held(bureau, drafts)
        new: list[_Held] = []
        changed: list[Project] = []
        rows: dict[type, list[Any]] = {}
        checks = FieldChecks()
        first: list[LedgerEntry] = []
        further: list[LedgerEntry] = []
        for done, draft in enumerate(drafts, start=1):
            existing = (
                held.get(f"code:{draft.code}")
                if draft.code_given
                else held.get(f"key:{draft.source}\x1f{draft.source_key}")
            )
            before = existing.document() if existing else None
            item = existing or _Held(Project(bureau=bureau, created_at=at, updated_at=at), [], [], [], [], [])
            touched = _apply(item, draft, places, at, new=existing is None)
            after = item.document()
            if not item.project.site:
                counts.without_location += 1
            if existing is None:
                new.append(item)
                counts.created += 1
                counts.codes_created.append(item.project.code)
            elif before != after:
                changed.append(item.project)
                counts.changed += 1
                counts.codes_changed.append(item.project.code)
                for row in touched:
                    rows.setdefault(type(row), []).append(row)
            else:
                counts.unchanged += 1
                progress(done, len(drafts))
                continue
            parts = [*item.milestones, *item.estimates, *item.allocations, *item.spending, *item.baselines]
            if checks.check(item.project, parts):
                after = item.document()
            # The entry is made here, from the document at hand: keeping them all, or making them again, costs more than
            # the rest of this loop. What broke a check may be no document at all.
            entry = None if checks.problems else _entry(item, before, after, actor, at, reason)
            if entry:
                (further if existing else first).append(entry)
            progress(done, len(drafts))
        _refuse_repeated_codes(new)
        checks.refuse()
        Project.objects.bulk_create([item.project for item in new], batch_size=BATCH)
        for part, model in PARTS:
            insert_rows(model, (row for item in new for row in getattr(item, part)))
        insert_rows(Baseline, (row for item in new for row in item.baselines))
        if changed:
            _write_changed(changed, rows, at)
        insert_rows(LedgerEntry, chain(places.entries, first, further))
        if len(new) >= BATCH:
            engine.tell_planner(Project, *(model for _part, model in PARTS), LedgerEntry)
        if dry_run:
            transaction.set_rollback(True)
    return counts


@contextmanager
def _collector_off() -> Iterator[None]:
    """Nearly everything an import makes lives to its end: searching it for garbage finds none, and took a third of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _entry(
    item: _Held,
    before: dict[str, Any] | None,
    after: dict[str, Any],
    actor: User | None,
    at: datetime,
    reason: str,
) -> LedgerEntry | None:
    return ledger.make_entry(
        item.project,
        actor=actor,
        action="project.import",
        at=at,
        reason=reason,
        before=before,
        after=after,
    )


def _write_changed(projects: list[Project], rows: dict[type, list[Any]], at: datetime) -> None:
    for project in projects:
        project.updated_at, project.reported_at = at, None
        settle_place(project)
    names = [
        *PROJECT_NAMES,
        "region",
        "school",
        "plan",
        "site",
        "site_accuracy",
        "place",
        "footprint",
        "footprint_crs",
        "source",
        "source_key",
        "elsewhere",
        "search_text",
        *DERIVED,
    ]
    Project.objects.bulk_update(
        projects, [*dict.fromkeys(names), "updated_at", "reported_at", "version", "head_hash"], batch_size=100
    )
    for model, found in rows.items():
        fresh = [row for row in found if row.pk is None]
        known = [row for row in found if row.pk is not None]
        insert_rows(model, fresh)
        if known:
            columns = (
                (*MILESTONE_NAMES, *PLAN_NAMES, "reported", "slip_days", "days_lost")
                if model is Milestone
                else ("amount", "dated", "document_number")
            )
            model._default_manager.bulk_update(known, columns, batch_size=BATCH)  # type: ignore[attr-defined]


def _bureau(draft: BureauDraft) -> Bureau:
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


def _held(bureau: Bureau, drafts: Sequence[ProjectDraft]) -> dict[str, _Held]:
    """The bureau's projects that the drafts may mean, with all their parts, by identity. 7 queries for any number."""
    projects = list(
        Project.objects.filter(bureau=bureau)
        .select_related("bureau", "region", "school", "plan__bureau", "template")
        .defer("region__boundary", "bureau__region__boundary")
        .select_for_update(of=("self",))
    )
    sources = {d.source for d in drafts}
    codes = {d.code for d in drafts if d.code_given}
    projects = [p for p in projects if p.source in sources or p.code in codes]
    by_pk = {p.pk: _Held(p, [], [], [], [], []) for p in projects}
    for name, model in PARTS:
        for row in model._default_manager.filter(project__bureau=bureau).order_by("pk"):
            if row.project_id in by_pk:
                row.project = by_pk[row.project_id].project
                getattr(by_pk[row.project_id], name).append(row)
    for assignment in Assignment.objects.filter(project__bureau=bureau, ended__isnull=True).select_related("user"):
        if assignment.project_id in by_pk:
            by_pk[assignment.project_id].assignments.append(assignment)
    for baseline in Baseline.objects.filter(project__bureau=bureau).select_related("approved_by").order_by("number"):
        if baseline.project_id in by_pk:
            by_pk[baseline.project_id].baselines.append(baseline)
    found = {f"code:{item.project.code}": item for item in by_pk.values()}
    found |= {
        f"key:{item.project.source}\x1f{item.project.source_key}": item
        for item in by_pk.values()
        if item.project.source_key
    }
    return found


def _apply(item: _Held, draft: ProjectDraft, places: Places, at: datetime, *, new: bool) -> list[models.Model]:
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
    stood = project.status
    for name in names:
        setattr(project, name, getattr(draft, name))
    if not new and project.status != stood:
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


def _progress(item: _Held, draft: ProjectDraft) -> None:
    """The file's figure holds where stages weigh in it that are not here; where all of them are, they say it themselves."""
    if draft.progress is None or any(not milestone.public for milestone in item.milestones):
        return
    stages = progress([facts_of(milestone) for milestone in item.milestones])
    if stages != draft.progress:
        item.project.elsewhere = item.project.elsewhere | {"progress": {"said": draft.progress, "stages": stages}}


def _milestones(item: _Held, drafts: Iterable[MilestoneDraft], names: frozenset[str]) -> list[Milestone]:
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


def _baselines(item: _Held, drafts: Iterable[BaselineDraft]) -> list[Baseline]:
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
    item: _Held,
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


def _refuse_repeated_codes(new: list[_Held]) -> None:
    counted = Counter(item.project.code for item in new)
    twice = {code for code, times in counted.items() if times > 1}
    remaining = iter(counted)
    while chunk := list(islice(remaining, BATCH)):
        twice |= set(Project.objects.filter(code__in=chunk).values_list("code", flat=True))
    if twice:
        raise InvalidInput.one(
            "/code",
            "code_taken",
            _("These codes are taken or repeated: %(codes)s") % {"codes": ", ".join(sorted(twice)[:10])},
        )
