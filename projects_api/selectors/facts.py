"""What a row says in the canonical document (`selectors.documents`): plain JSON, by name. No query.

Dates are ISO strings, money and areas decimal strings, geometry GeoJSON in WGS84 with at most 7 decimals. A member that a later
version of the product added is left out where it says nothing: the documents of older records stay as their ledgers hashed them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Container
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from projects_api.canonical import entry_hash
from projects_api.choices import PhotoState, QuestionState
from projects_api.figures import unsigned_zero
from projects_api.models import (
    Allocation,
    AnnualPlan,
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
    Question,
    Spending,
    User,
)
from projects_api.models.milestones import PLAN_NAMES

Document = dict[str, Any]

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
        return {"type": "Point", "coordinates": [_degrees(value.x), _degrees(value.y)]}
    rings = [[[_degrees(x), _degrees(y)] for x, y in ring] for ring in value.coords]
    return {"type": value.geom_type, "coordinates": rings}


def _degrees(value: float) -> float:
    return unsigned_zero(round(value, 7))


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
    """An inspection. Private but for ``public``, which is there while the bureau publishes those that were passed."""
    facts: Document = {
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
    if inspection.public and inspection.passed:
        facts["public"] = {name: facts[name] for name in ("kind", "held_on", "result")}
    return facts


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


def question_facts(question: Question) -> Document:
    """Nothing that somebody outside the bureau wrote: a ledger forgets nothing (decision 32). ``public`` while it is shown."""
    if not question.is_public:
        return {}
    bureau = question.project.bureau
    facts: Document = {
        "kind": str(question.kind),
        "asked": iso(bureau.day_of(question.asked_at)),
        "due": iso(question.due_on),
        "proof": proof_of(question),
    }
    if question.state == QuestionState.ANSWERED and question.answered_at:
        facts |= {"answered": iso(bureau.day_of(question.answered_at)), "answer": question.answer}
    return {"public": facts}


def proof_of(question: Question) -> str:
    """What anybody can compute from the text shown and its salt."""
    return hashlib.sha256(f"{question.salt}\n{question.public_text}".encode()).hexdigest()


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
    if photo.exif_direction is not None:
        facts["exif_direction"] = photo.exif_direction
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
    """Private but for ``public``, which is there while the bureau publishes its money and the fact is not set aside."""
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
    if fact.public and not fact.archived:
        shown = ("amount", "dated", "illustrative", "kind", "source", "year")
        facts["public"] = {name: facts[name] for name in shown if name in facts}
    return facts


def own_facts(project: Project) -> Document:
    """The project's own facts; ``bureau``, ``region``, ``school``, ``plan``, ``template`` must be loaded. No query."""
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
    }
    added = {
        "template": template_name(project.template, project.bureau.code),
        "status_reason": str(project.status_reason),
        "status_note": project.status_note,
        "status_since": iso(project.status_since),
        "needed_by": iso(project.needed_by),
        "physical_progress": project.physical_progress,
        "physical_progress_on": iso(project.physical_progress_on),
        "site_accuracy": project.site_accuracy,
        "footprint_crs": project.footprint_crs,
        "elsewhere": project.elsewhere,
    }
    return document | {name: value for name, value in added.items() if value}


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
