"""The canonical document of a project or plan: everything recorded about it, as plain JSON (mechanism 1).

Shape: own facts by name, then ``milestones`` by key, ``estimates``, ``allocations`` and ``spending`` by number, ``engineers``
by user name, ``reports`` and ``photos`` by their UUID, ``inspections`` and ``findings`` by number, ``certificates`` by theirs,
``questions`` by number; ``elsewhere`` is evidence that another record holds (`elsewhere`).
Objects are keyed, never listed, so that a patch names the same thing the same way for ever. What later versions of the product
added (``template``, ``status_reason``, ``needed_by``, ``physical_progress``, a milestone's place in the schedule, ``reported``
where it is held back; ``baselines``, ``reports`` and
all that is named after them) is absent where it is empty: the documents of older records stay as their ledgers hashed them.
Dates are ISO strings, money and areas decimal strings, geometry GeoJSON in WGS84 with at most 7 decimals.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from projects_api.canonical import entry_hash
from projects_api.choices import PhotoState, QuestionState
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
    Question,
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


@dataclass(frozen=True)
class Part:
    """A part of the document: its member, the rows that it is made from, each row's key and facts, and the tables of those.

    ``optional``: absent where it is empty.
    """

    member: str
    all: Callable[[], QuerySet[Any]]
    key: Callable[[Any], str]
    facts: Callable[..., Any]  # of the row; a photo's of the zone and the hidden milestones too
    tables: frozenset[str]
    optional: bool

    def rows(self, project: Project) -> QuerySet[Any]:
        return self.all().filter(project=project)

    def held(self, project: Project) -> Iterable[Any]:
        """Those that the caller has read with the project, else one query."""
        found: Iterable[Any] | None = getattr(project, "_prefetched_objects_cache", {}).get(self.member)
        return self.rows(project) if found is None else found


def _number(row: Any) -> str:
    return str(row.number)


def _part(
    member: str,
    rows: Callable[[], QuerySet[Any]],
    key: Callable[[Any], str],
    facts: Callable[..., Any],
    *models: Any,
    optional: bool = True,
) -> Part:
    return Part(member, rows, key, facts, frozenset(model._meta.db_table for model in (*models, User)), optional)


PARTS: dict[str, Part] = {
    "milestones": _part(
        "milestones", Milestone.objects.all, lambda m: m.key, milestone_facts, Milestone, optional=False
    ),
    "estimates": _part("estimates", Estimate.objects.all, _number, money_facts, Estimate, optional=False),
    "allocations": _part(
        "allocations", Allocation.objects.all, _number, money_facts, Allocation, optional=False
    ),
    "spending": _part("spending", Spending.objects.all, _number, money_facts, Spending, optional=False),
    "assignments": _part(
        "engineers", lambda: Assignment.objects.filter(ended__isnull=True).select_related("user"),
        lambda a: a.user.username, lambda a: iso(a.since), Assignment, optional=False,
    ),
    "baselines": _part(
        "baselines", lambda: Baseline.objects.select_related("approved_by"), _number, baseline_facts, Baseline
    ),
    "reports": _part(
        "reports", lambda: ProgressReport.objects.select_related("author", "reviewed_by"), lambda r: str(r.pk), report_facts,
        ProgressReport,
    ),
    # Which photos' words are public hangs on the stages as well: `Before.and_after` sees to it.
    "photos": _part("photos", lambda: Photo.objects.select_related("uploader"), lambda p: str(p.pk), photo_facts, Photo),
    "inspections": _part(
        "inspections", lambda: Inspection.objects.select_related("author"), _number, inspection_facts, Inspection
    ),
    "findings": _part(
        "findings", lambda: Finding.objects.select_related(*FINDING_PARTS), _number, finding_facts, Finding
    ),
    "certificates": _part(
        "certificates", lambda: Certificate.objects.select_related("inspection", "issued_by"), lambda c: str(c.number),
        certificate_facts, Certificate, Inspection,
    ),
    "questions": _part(
        "questions", lambda: Question.objects.filter(number__isnull=False).select_related("project__bureau"), _number,
        question_facts, Question,
    ),
}  # fmt: skip


def part_facts(name: str, rows: Iterable[Any], zone: str, hidden: Container[str]) -> Document:
    """A part from its rows. ``zone`` and ``hidden`` as in `photo_facts`. No query."""
    part = PARTS[name]
    more = (zone, hidden) if name == "photos" else ()
    return {part.key(row): part.facts(row, *more) for row in rows}


def hidden_in(milestones: Document) -> frozenset[str]:
    """The keys of the milestones that the public does not see."""
    return frozenset(key for key, facts in milestones.items() if not facts["public"])


def _assembled(own: Document, parts: Mapping[str, Document]) -> Document:
    return own | {PARTS[name].member: found for name, found in parts.items() if found or not PARTS[name].optional}


def build_document(project: Project, *, milestones: Iterable[Milestone], **rows: Iterable[Any]) -> Document:
    """The document from rows in memory, by the names of `PARTS`; what `own_facts` needs must be loaded. No query."""
    zone = project.bureau.time_zone
    stages = part_facts("milestones", milestones, zone, ())
    hidden = hidden_in(stages)
    others = {name: part_facts(name, rows.get(name, ()), zone, hidden) for name in PARTS if name != "milestones"}
    return _assembled(own_facts(project), {"milestones": stages} | others)


def project_document(project: Project) -> Document:
    """The document as the tables hold it now. 12 queries beside what ``project`` has loaded."""
    return build_document(project, **{name: part.held(project) for name, part in PARTS.items()})


class Before:
    """A project's document when a write begins; each part is read when it is asked for, or just before it is written.

    A write pays for what it touches: the parts that it leaves alone are in neither document, and the patch is the same.
    """

    def __init__(self, project: Project) -> None:
        self.project = project
        self.own = own_facts(project)
        self.parts: dict[str, Document] = {}
        self.only: dict[str, list[Any]] = {}

    def narrow(self, name: str, *keys: Any) -> None:
        """Of this part the write touches these rows (primary keys) alone, so that it costs the same however many there are.

        Call it before the part is read. Another row, if there is one, is read with them: it tells the patch that the part
        is there already. One query.
        """
        other = PARTS[name].rows(self.project).exclude(pk__in=keys).values_list("pk", flat=True).order_by()[:1]
        self.only[name] = [*keys, *other]

    def _rows(self, name: str) -> QuerySet[Any]:
        rows = PARTS[name].rows(self.project)
        return rows.filter(pk__in=self.only[name]) if name in self.only else rows

    def part(self, name: str) -> Document:
        """A part of the document by the names of `PARTS`, {} where there is nothing. One query, once."""
        if name not in self.parts:
            hidden = hidden_in(self.part("milestones")) if name == "photos" else frozenset()
            self.parts[name] = part_facts(name, self._rows(name), self.project.bureau.time_zone, hidden)
        return self.parts[name]

    def keep(self, table: str) -> None:
        """The table is about to be written (`engine.tables_written`): what it says of the project is read now."""
        for name, part in PARTS.items():
            if table == EVERYTHING or table in part.tables:
                self.part(name)

    def now(self, name: str, written: Collection[str], hidden: Container[str] = ()) -> Document:
        """The part as it is after these tables were written: read again if one of them is its own."""
        if _untouched(name, written):
            return self.part(name)
        return part_facts(name, self._rows(name), self.project.bureau.time_zone, hidden)

    def and_after(
        self, written: Collection[str], milestones: Iterable[Milestone], baselines: Document
    ) -> tuple[Document, Document]:
        """The document before and after, without the parts whose tables are not in ``written``.

        ``milestones`` (rows) and ``baselines`` (`now`) as they are; every other part that was written is read again, one query
        each. The milestones are in both documents always: what is public hangs on them.
        """
        zone = self.project.bureau.time_zone
        after = {"milestones": part_facts("milestones", milestones, zone, ()), "baselines": baselines}
        self.parts = after | self.parts
        was, hidden = hidden_in(self.parts["milestones"]), hidden_in(after["milestones"])
        for name in PARTS.keys() - after.keys():
            if not _untouched(name, written):
                after[name] = self.now(name, written, hidden)
        if was != hidden and "photos" not in after:
            photos = list(PARTS["photos"].rows(self.project))
            self.parts["photos"], after["photos"] = (part_facts("photos", photos, zone, keys) for keys in (was, hidden))
        before = {name: self.parts[name] for name in after}
        return _assembled(self.own, before), _assembled(own_facts(self.project), after)


def _untouched(name: str, written: Collection[str]) -> bool:
    return EVERYTHING not in written and PARTS[name].tables.isdisjoint(written)


def documents_of(
    projects: QuerySet[Project], *, parts: Collection[str] = PARTS.keys()
) -> Iterator[tuple[Project, Document]]:
    """Every project of a set with its document, by primary key; constant memory and 13 queries per 500 projects.

    ``parts``: the names of the parts (`PARTS`) that the caller will look at, for fewer queries; the others stay empty.
    """
    rows = (
        projects.order_by("pk")
        .select_related("bureau", "region", "school", "plan", "template")
        .defer("region__boundary", "region__point")
    )
    last = 0
    while batch := list(rows.filter(pk__gt=last)[:BATCH]):
        ids = [project.pk for project in batch]
        # Grouped here: a prefetch makes a query set for every project and part, which takes longer than the rows.
        rows_of = {name: _by_project(PARTS[name].all().filter(project__in=ids)) for name in parts}
        for project in batch:
            yield (
                project,
                build_document(project, **{name: found.get(project.pk, ()) for name, found in rows_of.items()}),
            )
        last = batch[-1].pk


def _by_project(rows: Iterable[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row.project_id, []).append(row)
    return found


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
