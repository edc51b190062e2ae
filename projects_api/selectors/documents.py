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

from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from projects_api.engine import EVERYTHING
from projects_api.models import (
    Allocation,
    Assignment,
    Baseline,
    Certificate,
    Estimate,
    Finding,
    Inspection,
    Milestone,
    Photo,
    ProgressReport,
    Project,
    Question,
    Spending,
    User,
)
from projects_api.selectors.facts import (
    FINDING_PARTS,
    Document,
    baseline_facts,
    certificate_facts,
    finding_facts,
    inspection_facts,
    iso,
    milestone_facts,
    money_facts,
    own_facts,
    photo_facts,
    question_facts,
    report_facts,
    told,
)

BATCH = 500


def as_reported(document: Document) -> Document:
    """The document for who reads the whole: where facts are held back until they are accepted, as they were reported."""
    milestones = document.get("milestones", {})
    if not any("reported" in facts for facts in milestones.values()):
        return document
    return document | {"milestones": {key: told(facts) for key, facts in milestones.items()}}


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
