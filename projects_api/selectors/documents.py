"""The canonical document of a project or plan: everything recorded about it, as plain JSON (mechanism 1).

Shape: own facts by name, then ``milestones`` by key, ``estimates``, ``allocations`` and ``spending`` by number, ``engineers``
by user name, ``reports`` and ``photos`` by their UUID, ``inspections`` and ``findings`` by number, ``certificates`` by theirs.
Objects are keyed, never listed, so that a patch names the same thing the same way for ever. What later versions of the product
added (``template``, ``needed_by``, ``physical_progress``, a milestone's place in the schedule, ``reported`` where it is held
back; ``baselines``, ``reports`` and
all that is named after them) is absent where it is empty: the documents of older records stay as their ledgers hashed them.
Dates are ISO strings, money and areas decimal strings, geometry GeoJSON in WGS84 with at most 7 decimals.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch, QuerySet

from projects_api.canonical import entry_hash
from projects_api.choices import PhotoState
from projects_api.engine import EVERYTHING
from projects_api.models import (
    Allocation,
    AnnualPlan,
    Assignment,
    Baseline,
    Certificate,
    Estimate,
    Finding,
    Inspection,
    Milestone,
    MilestoneTemplate,
    Photo,
    ProgressReport,
    Project,
    Spending,
    User,
)
from projects_api.models.milestones import PLAN_NAMES

Document = dict[str, Any]
BATCH = 500

TEXTS = (
    "code", "plan_target", "title_zh", "title_en", "kind", "stage", "status", "description", "responsible_leader",
    "responsible_unit", "contractor", "supervising_firm", "address", "location_precision", "site_crs", "note",
    "contact_name", "contact_phone", "source", "source_key", "next_milestone",
)  # fmt: skip
NUMBERS = ("classes", "places", "progress")
DECIMALS = ("floor_area", "land_area", "total_investment")
MILESTONE_TEXTS = ("title_zh", "title_en", "state", "delay_reason", "delay_note", "note")
FINDING_PARTS = (
    "inspection", "owner_user", "raised_by", "rectified_by", "struck_off_by", "reinspection",
)  # fmt: skip
MILESTONE_DATES = ("planned", "forecast", "started", "actual")


def iso(value: date | None) -> str | None:
    return value.isoformat() if value else None


def decimal(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:.2f}"


def geometry(value: Any) -> dict[str, Any] | None:
    """GeoJSON of a GEOS point or polygon, coordinates rounded to 7 decimals (about 1 cm)."""
    if value is None:
        return None
    if value.geom_type == "Point":
        return {"type": "Point", "coordinates": [round(value.x, 7), round(value.y, 7)]}
    rings = [[[round(x, 7), round(y, 7)] for x, y in ring] for ring in value.coords]
    return {"type": value.geom_type, "coordinates": rings}


def milestone_facts(milestone: Milestone) -> Document:
    facts: Document = {name: str(getattr(milestone, name)) for name in MILESTONE_TEXTS}
    facts |= {name: iso(getattr(milestone, name)) for name in MILESTONE_DATES}
    facts |= {
        "position": milestone.position,
        "weight": milestone.weight,
        "public": milestone.public,
        "percent": milestone.percent,
        "illustrative": milestone.illustrative,
    }
    if milestone.reported:
        facts["reported"] = milestone.reported
    scheduled = {name: getattr(milestone, name) for name in PLAN_NAMES}
    # False and {} say nothing either; 0 days is a duration.
    return facts | {
        name: value for name, value in scheduled.items() if value is not None and value is not False and value != {}
    }


def as_reported(document: Document) -> Document:
    """The document for who reads the whole: where facts are held back until they are accepted, as they were reported."""
    milestones = document.get("milestones", {})
    if not any("reported" in facts for facts in milestones.values()):
        return document
    return document | {"milestones": {key: told(facts) for key, facts in milestones.items()}}


def told(facts: Document) -> Document:
    """A milestone's facts as they were reported."""
    held: Document = facts.get("reported", {})
    return {name: value for name, value in facts.items() if name != "reported"} | held


def baseline_facts(baseline: Baseline) -> Document:
    return {
        "approved_at": moment(baseline.approved_at),
        "approved_by": baseline.approved_by.username if baseline.approved_by else "",
        "reason": baseline.reason,
        "finish": iso(baseline.finish),
        "stages": baseline.stages,
        "illustrative": baseline.illustrative,
    }


def report_facts(report: ProgressReport) -> Document:
    """A report as it was sent, what became of its parts, its review. Private: the public reads what was accepted."""
    return {
        "author": report.author.username,
        "received_at": moment(report.received_at),
        "made_at": moment(report.made_at),
        "base_version": report.base_version,
        "text": report.text,
        "problems": report.problems,
        "next_step": report.next_step,
        "position": geometry(report.position),
        "accuracy": report.accuracy,
        "entries": report.entries,
        "corrects": str(report.corrects_id) if report.corrects_id else None,
        "reason": report.reason,
        "state": report.state,
        "reviewed_by": report.reviewed_by.username if report.reviewed_by else "",
        "reviewed_at": moment(report.reviewed_at),
        "review_note": report.review_note,
    }


def inspection_facts(inspection: Inspection) -> Document:
    return {
        "kind": inspection.kind,
        "held_on": iso(inspection.held_on),
        "author": inspection.author.username,
        "inspector": inspection.inspector,
        "attendees": inspection.attendees,
        "checklist": inspection.checklist,
        "result": inspection.result,
        "milestone": inspection.milestone,
        "note": inspection.note,
        "archived": inspection.archived,
    }


def finding_facts(finding: Finding) -> Document:
    """A finding with the last round of mending and looking again; the rounds before are in the ledger. Private."""
    return {
        "inspection": finding.inspection.number if finding.inspection else None,
        "severity": finding.severity,
        "description": finding.description,
        "place": finding.place,
        "point": geometry(finding.point),
        "owner": finding.owner,
        "owner_user": username(finding.owner_user),
        "deadline": iso(finding.deadline),
        "state": finding.state,
        "raised_by": username(finding.raised_by),
        "raised_on": iso(finding.raised_on),
        "rectification": finding.rectification,
        "photos": finding.photos,
        "rectified_by": username(finding.rectified_by),
        "rectified_on": iso(finding.rectified_on),
        "struck_off_by": username(finding.struck_off_by),
        "struck_off_on": iso(finding.struck_off_on),
        "reopened_on": iso(finding.reopened_on),
        "review_note": finding.review_note,
        "reinspection": finding.reinspection.number if finding.reinspection else None,
    }


def certificate_facts(certificate: Certificate) -> Document:
    """``sha256`` is that of the content's canonical bytes, the one printed on the paper."""
    return {
        "inspection": certificate.inspection.number,
        "issued_on": iso(certificate.issued_on),
        "issued_by": username(certificate.issued_by),
        "sha256": entry_hash(certificate.content),
        "content": certificate.content,
    }


def username(user: User | None) -> str:
    return user.username if user else ""


def photo_facts(photo: Photo, zone: str, hidden: Container[str] = frozenset()) -> Document:
    """A photo without its pixels. Private but for ``public``, which is there while it is published.

    ``zone`` is the bureau's time zone; ``hidden`` are the keys of milestones that the public does not see.
    """
    waiting = photo.state == PhotoState.PREVIEW
    facts: Document = {
        "uploader": photo.uploader.username,
        "announced_at": moment(photo.announced_at),
        "report": str(photo.report) if photo.report else None,
        "milestone": photo.milestone,
        "taken_at": moment(photo.taken_at),
        "caption": photo.caption,
        "position": geometry(photo.position),
        "accuracy": photo.accuracy,
        "size": photo.size,
        "media_type": photo.media_type,
        "state": PhotoState.ANNOUNCED.value if waiting else str(photo.state),
        "findings": photo.findings,
    }
    checked = {
        "refusal": photo.refusal,
        "completed_at": moment(photo.completed_at),
        "sha256": photo.sha256,
        "width": photo.width,
        "height": photo.height,
        "phash": photo.phash,
        "exif_at": moment(photo.exif_at),
        "exif_position": geometry(photo.exif_position),
        "archived": photo.archived,
    }
    facts |= {name: value for name, value in checked.items() if value}
    if photo.published:
        facts["public"] = {
            "caption": photo.caption,
            "taken": iso(photo.taken_on(zone)),
            "milestone": "" if photo.milestone in hidden else photo.milestone,
        }
    return facts


def moment(value: datetime | None) -> str | None:
    return value.astimezone(UTC).isoformat(timespec="microseconds") if value else None


def template_name(template: MilestoneTemplate | None, bureau: str) -> str:
    """``610526/new_build/3`` of a bureau's own, ``standard/new_build/2`` of the product's; "" for none. No query."""
    if template is None:
        return ""
    return f"{bureau if template.bureau_id else 'standard'}/{template.kind}/{template.version}"


def money_facts(fact: Estimate | Allocation | Spending) -> Document:
    facts: Document = {
        "amount": decimal(fact.amount),
        "dated": iso(fact.dated),
        "document_number": fact.document_number,
        "note": fact.note,
        "archived": fact.archived,
        "illustrative": fact.illustrative,
    }
    if isinstance(fact, Estimate):
        facts["kind"] = fact.kind
    elif isinstance(fact, Allocation):
        facts |= {"source": fact.source, "year": fact.year}
    else:
        facts |= {"kind": fact.kind, "milestone": fact.milestone}
    return facts


def build_document(
    project: Project,
    *,
    milestones: Iterable[Milestone],
    estimates: Iterable[Estimate] = (),
    allocations: Iterable[Allocation] = (),
    spending: Iterable[Spending] = (),
    assignments: Iterable[Assignment] = (),
    baselines: Iterable[Baseline] = (),
    reports: Iterable[ProgressReport] = (),
    photos: Iterable[Photo] = (),
    inspections: Iterable[Inspection] = (),
    findings: Iterable[Finding] = (),
    certificates: Iterable[Certificate] = (),
) -> Document:
    """The document from rows in memory; ``bureau``, ``region``, ``school``, ``plan``, ``template`` must be loaded. No query."""
    milestones = list(milestones)
    hidden = {m.key for m in milestones if not m.public}
    zone = project.bureau.time_zone
    # str(): an unsaved row may still hold the enum member that its default is.
    document: Document = {name: str(getattr(project, name)) for name in TEXTS}
    document |= {name: getattr(project, name) for name in NUMBERS}
    document |= {name: decimal(getattr(project, name)) for name in DECIMALS}
    document |= {
        "bureau": project.bureau.code,
        "region": project.region.code,
        "school": project.school.code if project.school else None,
        "plan": f"{project.bureau.code}-{project.plan.year}" if project.plan else None,
        "currency": project.bureau.currency,
        "site": geometry(project.site),
        "footprint": geometry(project.footprint),
        "published": project.published,
        "archived": project.archived_at is not None,
        "illustrative": project.illustrative,
        "next_due": iso(project.next_due),
        "milestones": {m.key: milestone_facts(m) for m in milestones},
        "estimates": {str(e.number): money_facts(e) for e in estimates},
        "allocations": {str(a.number): money_facts(a) for a in allocations},
        "spending": {str(s.number): money_facts(s) for s in spending},
        "engineers": {a.user.username: iso(a.since) for a in assignments},
    }
    added = {
        "template": template_name(project.template, project.bureau.code),
        "needed_by": iso(project.needed_by),
        "baselines": {str(b.number): baseline_facts(b) for b in baselines},
        "physical_progress": project.physical_progress,
        "physical_progress_on": iso(project.physical_progress_on),
        "reports": {str(r.pk): report_facts(r) for r in reports},
        "photos": {str(p.pk): photo_facts(p, zone, hidden) for p in photos},
        "inspections": {str(i.number): inspection_facts(i) for i in inspections},
        "findings": {str(f.number): finding_facts(f) for f in findings},
        "certificates": {c.number: certificate_facts(c) for c in certificates},
    }
    return document | {name: value for name, value in added.items() if value}


@dataclass(frozen=True)
class Part:
    """A part of the document: its member, the rows that it is made from, and the tables that it says anything about."""

    member: str
    rows: Callable[[Project], Iterable[Any]]
    tables: frozenset[str]


def _part(member: str, rows: Callable[[Project], Iterable[Any]], *models: Any) -> Part:
    return Part(member, rows, frozenset(model._meta.db_table for model in (*models, User)))


PARTS: dict[str, Part] = {
    # Which photos' words are public hangs on the stages', so the two are read together.
    "milestones": _part("milestones", lambda p: p.milestones.all(), Milestone, Photo),
    "photos": _part("photos", lambda p: p.photos.select_related("uploader"), Photo, Milestone),
    "estimates": _part("estimates", lambda p: p.estimates.all(), Estimate),
    "allocations": _part("allocations", lambda p: p.allocations.all(), Allocation),
    "spending": _part("spending", lambda p: p.spending.all(), Spending),
    "assignments": _part(
        "engineers", lambda p: p.assignments.filter(ended__isnull=True).select_related("user"), Assignment
    ),
    "baselines": _part("baselines", lambda p: p.baselines.select_related("approved_by"), Baseline),
    "reports": _part("reports", lambda p: p.reports.select_related("author", "reviewed_by"), ProgressReport),
    "inspections": _part("inspections", lambda p: p.inspections.select_related("author"), Inspection),
    "findings": _part("findings", lambda p: p.findings.select_related(*FINDING_PARTS), Finding),
    "certificates": _part(
        "certificates", lambda p: p.certificates.select_related("inspection", "issued_by"), Certificate, Inspection
    ),
}


def project_document(project: Project) -> Document:
    """The document as the tables hold it now. 11 queries beside what ``project`` has loaded."""
    return build_document(project, **{name: part.rows(project) for name, part in PARTS.items()})


def document_after(project: Project, before: Document, written: Collection[str]) -> Document:
    """The document after these tables were written (`engine.tables_written`): only what they touch is read again."""
    if EVERYTHING in written:
        return project_document(project)
    touched = {name: part for name, part in PARTS.items() if not part.tables.isdisjoint(written)}
    if "photos" not in before and Photo._meta.db_table not in written:
        touched.pop("photos", None)
    rows: dict[str, Iterable[Any]] = {"milestones": ()} | {name: part.rows(project) for name, part in touched.items()}
    document = build_document(project, **rows)
    for name in PARTS.keys() - touched.keys():
        member = PARTS[name].member
        if member in before:
            document[member] = before[member]
        else:
            document.pop(member, None)
    return document


def documents_of(projects: QuerySet[Project]) -> Iterator[tuple[Project, Document]]:
    """Every project of a set with its document, by primary key; about 11 queries and constant memory per 500 projects."""
    rows = (
        projects.order_by("pk")
        .select_related("bureau", "region", "school", "plan", "template")
        .defer("region__boundary", "region__point")
        .prefetch_related(
            "milestones",
            "estimates",
            "allocations",
            "spending",
            Prefetch("baselines", Baseline.objects.select_related("approved_by").order_by("number")),
            Prefetch("reports", ProgressReport.objects.select_related("author", "reviewed_by")),
            Prefetch("photos", Photo.objects.select_related("uploader")),
            Prefetch("inspections", Inspection.objects.select_related("author")),
            Prefetch("findings", Finding.objects.select_related(*FINDING_PARTS)),
            Prefetch("certificates", Certificate.objects.select_related("inspection", "issued_by")),
            Prefetch("assignments", Assignment.objects.filter(ended__isnull=True).select_related("user")),
        )
    )
    last = 0
    while batch := list(rows.filter(pk__gt=last)[:BATCH]):
        for project in batch:
            yield (
                project,
                build_document(
                    project,
                    milestones=project.milestones.all(),
                    estimates=project.estimates.all(),
                    allocations=project.allocations.all(),
                    spending=project.spending.all(),
                    assignments=project.assignments.all(),
                    baselines=project.baselines.all(),
                    reports=project.reports.all(),
                    photos=project.photos.all(),
                    inspections=project.inspections.all(),
                    findings=project.findings.all(),
                    certificates=project.certificates.all(),
                ),
            )
        last = batch[-1].pk


def plan_document(plan: AnnualPlan) -> Document:
    """The plan's own facts; which projects hang on it is in the projects' documents."""
    return {
        "bureau": plan.bureau.code,
        "year": plan.year,
        "title_zh": plan.title_zh,
        "title_en": plan.title_en,
        "document_number": plan.document_number,
        "issued": iso(plan.issued),
        "published": plan.published,
        "illustrative": plan.illustrative,
    }
