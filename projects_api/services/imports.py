"""A whole table into the record: one transaction, few statements, one ledger entry per project that changed."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from projects_api import engine
from projects_api.codes import is_code
from projects_api.drafts import BureauDraft, ProjectDraft
from projects_api.errors import InvalidInput
from projects_api.models import Baseline, LedgerEntry, Milestone, Project, User
from projects_api.models.milestones import PLAN_NAMES
from projects_api.services import ledger
from projects_api.services.bulk import insert_rows
from projects_api.services.import_apply import MILESTONE_NAMES, PROJECT_NAMES, apply
from projects_api.services.import_checks import FieldChecks
from projects_api.services.import_held import PARTS, Held, held_as, held_projects
from projects_api.services.import_places import BATCH, Places, bureau_of
from projects_api.services.outlook import DERIVED
from projects_api.services.sites import settle_place
from projects_api.text import clean_line

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
    archived: list[str] = field(default_factory=list)  # codes: the file says something else, and they stay as they are


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
    its money by what it is for. Fields that the mapping does not read stay as they are, and so does what is archived, as over
    the API. All or nothing. Read and written in batches of 500, some 20 statements
    each. A dry run does the same work and rolls it back.

    Raises InvalidInput when the bureau or a division does not exist, the reason is no line of text, or a value breaks a rule of
    the tables; RuleBroken when a project's acceptance comes with a serious finding open.
    """
    counts = Counts()
    reason = clean_line(reason, pointer="/reason", max_length=500, allow_blank=True)
    with _collector_off(), _in_words(), engine.writer():
        bureau = bureau_of(bureau_draft)
        places = Places(bureau, drafts, actor=actor, at=at, reason=reason)
        insert_rows(LedgerEntry, places.entries)
        checks = FieldChecks()
        made: set[str] = set()
        done = 0
        for start in range(0, len(drafts), BATCH):
            some = drafts[start : start + BATCH]
            known = held_projects(bureau, some)
            batch = _Batch()
            for draft in some:
                existing = held_as(known, draft)
                if existing and existing.project.code in made:
                    raise _codes_taken({existing.project.code})
                before = existing.document() if existing else None
                item = existing or Held(Project(bureau=bureau, created_at=at, updated_at=at), [], [], [], [], [])
                touched = apply(item, draft, places, at, new=existing is None)
                after = item.document()
                done += 1
                progress(done, len(drafts))
                if not item.project.site:
                    counts.without_location += 1
                if existing and (before == after or existing.project.archived_at):
                    counts.unchanged += 1
                    if before != after:
                        counts.archived.append(existing.project.code)
                    continue
                parts = [*item.milestones, *item.estimates, *item.allocations, *item.spending, *item.baselines]
                if checks.check(item.project, parts):
                    after = item.document()
                # What broke a check may be no document at all.
                entry = None if checks.problems else _entry(item, before, after, actor, at, reason)
                if existing:
                    counts.changed += 1
                    counts.codes_changed.append(item.project.code)
                    batch.change(item, touched, entry)
                else:
                    counts.created += 1
                    counts.codes_created.append(item.project.code)
                    batch.add(item, entry)
            _refuse_codes(bureau.code, batch.new, made)
            made |= {item.project.code for item in batch.new}
            if not checks.problems:
                batch.write(at)
        checks.refuse()
        if counts.created >= BATCH:
            engine.tell_planner(Project, *(model for _part, model in PARTS), LedgerEntry)
        if dry_run:
            transaction.set_rollback(True)
    return counts


@dataclass
class _Batch:
    """What some of the drafts came to, until it is written: a large table never stands in memory as rows, all at once."""

    new: list[Held] = field(default_factory=list)
    changed: list[Project] = field(default_factory=list)
    rows: dict[type[Model], list[Model]] = field(default_factory=dict)
    first: list[LedgerEntry] = field(default_factory=list)
    further: list[LedgerEntry] = field(default_factory=list)

    def add(self, item: Held, entry: LedgerEntry | None) -> None:
        self.new.append(item)
        if entry:
            self.first.append(entry)

    def change(self, item: Held, touched: Iterable[Model], entry: LedgerEntry | None) -> None:
        self.changed.append(item.project)
        for row in touched:
            self.rows.setdefault(type(row), []).append(row)
        if entry:
            self.further.append(entry)

    def write(self, at: datetime) -> None:
        Project.objects.bulk_create([item.project for item in self.new], batch_size=BATCH)
        for part, model in PARTS:
            insert_rows(model, (row for item in self.new for row in getattr(item, part)))
        insert_rows(Baseline, (row for item in self.new for row in item.baselines))
        if self.changed:
            _write_changed(self.changed, self.rows, at)
        insert_rows(LedgerEntry, chain(self.first, self.further))


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


@contextmanager
def _in_words() -> Iterator[None]:
    """What no check foresaw and the tables refuse is a refusal of the import, not a defect of the program."""
    try:
        yield
    except IntegrityError as error:
        raise engine.broken_constraint(error) from error


def _entry(
    item: Held,
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


def _write_changed(projects: list[Project], rows: dict[type[Model], list[Model]], at: datetime) -> None:
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
            model._default_manager.bulk_update(known, columns, batch_size=BATCH)


def _refuse_codes(bureau: str, new: list[Held], made: set[str]) -> None:
    """Who hands in drafts has looked at their codes; nothing is written across the bureau's border if they have not.

    ``made``: those of this import's earlier batches.
    """
    counted = Counter(item.project.code for item in new)
    if foreign := sorted(code for code in counted if not is_code(code, bureau)):
        words = _("These are no codes of the bureau %(bureau)s: %(codes)s")
        raise InvalidInput.one("/code", "invalid_code", words % {"bureau": bureau, "codes": ", ".join(foreign[:10])})
    taken = {code for code, times in counted.items() if times > 1} | (counted.keys() & made)
    taken |= set(Project.objects.filter(code__in=counted).values_list("code", flat=True))
    if taken:
        raise _codes_taken(taken)


def _codes_taken(codes: set[str]) -> InvalidInput:
    words = _("These codes are taken or repeated: %(codes)s") % {"codes": ", ".join(sorted(codes)[:10])}
    return InvalidInput.one("/code", "code_taken", words)
