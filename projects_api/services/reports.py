"""Progress reports: entered when they arrive, stage by stage where nobody was faster, and reviewed by somebody else.

A report is written against the version that the engineer had before their eyes. Where the paths that a stage's part touches
have not changed since, it is entered (mechanism 1: patches that touch different paths merge); else it is a conflict, kept with
both sides until a later report (``corrects``) settles it. One's own reports never conflict with each other: what was written
later stands, in whatever order they arrive. Everything else is all or nothing: what breaks a rule refuses the
report, with the stage and field named.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.gis.geos import Point
from django.utils.translation import gettext as _

from projects_api.canonical import canonical
from projects_api.choices import EntryOutcome as Outcome
from projects_api.choices import MilestoneState, ReportState
from projects_api.errors import DomainError, InvalidInput, KeyReused, NotAllowed, NotFound, RuleBroken
from projects_api.models import LedgerEntry, Milestone, ProgressReport, Project, User
from projects_api.models.base import the_one
from projects_api.patches import Patch, pointer_of
from projects_api.selectors.facts import Document, milestone_facts, moment, told
from projects_api.services.acceptance import guard_acceptance
from projects_api.services.milestones import (
    DECISIONS,
    PUBLISHING,
    REPORT_FIELDS,
    find_milestone,
    reported_paths,
    set_milestone,
    settle_reported,
)
from projects_api.services.writing import ProjectWrite, checked, project_write

# What a part of a report may come to write beside what it names: the percent and the state follow from the dates.
WRITTEN = (*sorted(REPORT_FIELDS), "state")
_CLOCK_IS_RIGHT = timedelta(minutes=2)
MAX_STAGES = 100


@dataclass(frozen=True)
class Draft:
    """A report as it was sent: checked in shape, not yet against the record.

    ``entries``: stage key -> what the engineer says of it, by the names of `REPORT_FIELDS` (dates as dates); {} gives up one's
    own side of a conflict. ``made_at`` and ``sent_at`` are the device's clock; ``position`` is (longitude, latitude) in WGS84,
    ``accuracy`` metres. ``confirmed``: dates before those of the stages waited for are meant (with a ``reason``).
    """

    id: UUID
    base_version: int
    made_at: datetime
    sent_at: datetime | None = None
    text: str = ""
    problems: str = ""
    next_step: str = ""
    position: tuple[float, float] | None = None
    accuracy: int | None = None
    entries: Mapping[str, Mapping[str, Any]] | None = None
    corrects: UUID | None = None
    confirmed: bool = False
    reason: str = ""

    def digest(self) -> str:
        """The same words sent again have the same digest, whenever they are sent."""
        said = {
            **{
                name: getattr(self, name)
                for name in ("base_version", "text", "problems", "next_step", "accuracy", "reason")
            },
            "made_at": moment(self.made_at),
            "position": list(self.position) if self.position else None,
            "entries": {key: _plain(changes) for key, changes in (self.entries or {}).items()},
            "corrects": str(self.corrects) if self.corrects else None,
        }
        return hashlib.sha256(canonical(said)).hexdigest()

    def made(self, received: datetime) -> datetime:
        """When it was written, by the server's clock: a device that is a week off when sending was so when writing."""
        if self.sent_at is None:
            return min(self.made_at, received)
        off = received - self.sent_at
        return min(self.made_at + off if abs(off) > _CLOCK_IS_RIGHT else self.made_at, received)


def report_known(project: Project, author: User, draft: Draft) -> ProgressReport | None:
    """The report, if this very one came before. Raises KeyReused when the id came with other words or from somebody else."""
    held = the_one(ProgressReport.objects.filter(pk=draft.id).select_related("author", "reviewed_by", "project"))
    if held is None:
        return None
    if (held.project_id, held.author_id, held.digest) != (project.pk, author.pk, draft.digest()):
        raise KeyReused(
            _("A report with this id came before and said something else. Send the new one under a new id.")
        )
    return held


def report_submit(*, project_id: int, actor: User, at: datetime, draft: Draft) -> ProgressReport:
    """Enter a report; sent again it is the same report. The answer's entries say what became of each stage.

    Raises InvalidInput (pointers ``/entries/{key}/{field}``), NotConfirmed, RuleBroken (a cancelled project), NotAllowed (a
    stage that the office has decided does not apply), KeyReused.
    """
    with project_write(project_id, actor=actor, action="report.submit", at=at, reason=draft.reason) as write:
        project = write.project
        if (held := report_known(project, actor, draft)) is not None:
            return held
        write.before.narrow("reports", *filter(None, (draft.id, draft.corrects)))
        _check(draft, project)
        corrected = _corrected(draft, project, actor)
        report = ProgressReport(
            id=draft.id,
            project=project,
            author=actor,
            base_version=draft.base_version,
            made_at=draft.made(at),
            received_at=at,
            text=draft.text,
            problems=draft.problems,
            next_step=draft.next_step,
            position=Point(*draft.position, srid=4326) if draft.position else None,
            accuracy=draft.accuracy,
            reason=draft.reason,
            corrects=corrected,
            digest=draft.digest(),
        )
        moved = changed_since(report)
        report.entries = {
            key: _enter(write, key, changes, moved, actor=actor, at=at, draft=draft)
            for key, changes in (draft.entries or {}).items()
            if changes
        }
        checked(report, exclude={"id", "project", "author", "corrects"})
        report.save(force_insert=True)
        if corrected is not None:
            _settle(corrected, draft)
    return report


@dataclass(frozen=True)
class Writer:
    """Who wrote a path last, and when. ``own``: the report's own author, in a report written later than this one."""

    by: str
    at: datetime
    own: bool


def changed_since(report: ProgressReport) -> dict[str, Writer]:
    """The paths of the project's document that were written since the version that the report was written against.

    What the author said in reports written before this one is left out: it was known to them. Two queries.
    """
    project = report.project
    mine: dict[UUID | None, datetime] = dict(project.reports.filter(author=report.author).values_list("pk", "made_at"))
    rows = project.ledger.filter(version__gt=report.base_version).exclude(action=PUBLISHING).order_by("version")
    moved: dict[str, Writer] = {}
    for patch, by, at, action in rows.values_list("patch", "actor_name", "at", "action"):
        made = mine.get(_report_in(patch)) if action == "report.submit" else None
        if made is None or made > report.made_at:
            moved |= dict.fromkeys(reported_paths(patch), Writer(by, at, own=made is not None))
    return moved


def _report_in(patch: Patch) -> UUID | None:
    """The report that a ledger entry added to the document."""
    for operation in patch:
        pointer = pointer_of(operation["path"])
        if pointer[0] == "reports":
            return UUID(pointer[1] if len(pointer) > 1 else next(iter(operation["value"])))
    return None


def _check(draft: Draft, project: Project) -> None:
    if not 1 <= draft.base_version <= project.version:
        words = _("The project has versions 1 to %(newest)s.") % {"newest": project.version}
        raise InvalidInput.one("/base_version", "out_of_range", words)
    # An empty part gives something up where there is something to settle; elsewhere it says nothing.
    entries = draft.entries or {}
    said = any(entries.values()) or bool(draft.corrects and entries)
    if not (said or draft.text or draft.problems or draft.next_step):
        raise InvalidInput.one("", "empty", _("The report says nothing: name a stage, or write what was done."))
    if len(entries) > MAX_STAGES:
        raise InvalidInput.one("/entries", "too_many", _("At most 100 stages."))


def _corrected(draft: Draft, project: Project, actor: User) -> ProgressReport | None:
    """The report that this one corrects: returned, or with a conflict left open; of the same project and author."""
    if draft.corrects is None:
        return None
    held = ProgressReport.objects.filter(pk=draft.corrects, project=project, author=actor).first()
    if held is None:
        raise InvalidInput.one("/corrects", "unknown_report", _("You have no such report on this project."))
    if held.state != ReportState.RETURNED and not any(e["outcome"] == Outcome.CONFLICT for e in held.entries.values()):
        raise RuleBroken(_("This report was neither returned nor has it a conflict to settle."))
    return held


def _enter(
    write: ProjectWrite,
    key: str,
    changes: Mapping[str, Any],
    moved: Mapping[str, Writer],
    *,
    actor: User,
    at: datetime,
    draft: Draft,
) -> Document:
    try:
        milestone = find_milestone(write.project, key)
    except NotFound as error:
        raise InvalidInput.one(f"/entries/{key}", "unknown_milestone", error.detail) from error
    now = written(milestone)
    said = _plain(changes)
    clashes = {name: moved[path] for name, path in _clashing(key, said, now, moved)}
    if clashes and all(writer.own for writer in clashes.values()):
        changes = {
            name: value for name, value in changes.items() if name not in clashes and not _implies(name, clashes)
        }
        if not changes:
            return {"changes": said, "outcome": Outcome.OVERTAKEN.value}
    elif clashes:
        last = max(clashes.values(), key=lambda writer: writer.at)
        return {
            "changes": said,
            "theirs": {name: now[name] for name in sorted(said.keys() | clashes.keys())},
            "fields": sorted(clashes),
            "by": last.by,
            "at": moment(last.at),
            "outcome": Outcome.CONFLICT.value,
        }
    with _named(f"/entries/{key}"):
        set_milestone(write, milestone, changes, actor=actor, at=at, confirmed=draft.confirmed and bool(draft.reason))
    then = written(milestone)
    differs = [name for name in WRITTEN if now[name] != then[name]]
    if not differs:
        return {"changes": said, "outcome": Outcome.UNCHANGED.value}
    return {
        "changes": said,
        "before": {name: now[name] for name in differs},
        "after": {name: then[name] for name in differs},
        "outcome": Outcome.APPLIED.value,
    }


def _implies(name: str, fields: Collection[str]) -> bool:
    """To be finished is to be at 100 percent: who said less later has taken it back."""
    return name == "actual" and "percent" in fields


def _clashing(key: str, said: Document, now: Document, moved: Mapping[str, Writer]) -> Iterator[tuple[str, str]]:
    """(field, path) of what the part touches, was written since, and now says something else."""
    wanted = dict(said)
    if said.get("actual") is not None:
        wanted.setdefault("percent", 100)
    for name, value in wanted.items():
        path = f"/milestones/{key}/{name}"
        for at in (path, f"/milestones/{key}"):
            if at in moved and now[name] != value:
                yield name, at
                break
    state = f"/milestones/{key}/state"
    if state in moved and now["state"] in DECISIONS:
        yield "state", state


def written(milestone: Milestone) -> Document:
    """What reports write of a milestone, as its document holds it, held back or not."""
    facts = told(milestone_facts(milestone))
    return {name: facts[name] for name in WRITTEN}


class _named:
    """Puts the stage before the pointers of a refusal on its way out."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if isinstance(error, DomainError):
            error.errors = [replace(item, pointer=f"{self.prefix}{item.pointer}") for item in error.errors]


def _settle(corrected: ProgressReport, draft: Draft) -> None:
    """A conflict is settled when the later report speaks of its stage, be it to give up (an empty part)."""
    for key in draft.entries or {}:
        entry = corrected.entries.get(key)
        if entry and entry["outcome"] == Outcome.CONFLICT:
            entry["outcome"] = Outcome.SETTLED.value
    corrected.save(update_fields=["entries"])


def report_review(
    *,
    project_id: int,
    report_id: UUID,
    actor: User,
    at: datetime,
    expected: int | None,
    accept: bool,
    note: str = "",
    reason: str = "",
) -> LedgerEntry | None:
    """Accept a report, or return it saying why. Once, and never by its author.

    Accepted: its stages that wait for acceptance are met, and its sentence becomes the project's physical progress. Returned:
    what it wrote is taken back where nobody has written since. Raises NotFound, NotAllowed, RuleBroken, InvalidInput
    (``/note``), StaleVersion.
    """
    action = "report.accept" if accept else "report.return"
    with project_write(
        project_id, actor=actor, action=action, at=at, reason=reason or note, expected=expected
    ) as write:
        report = ProgressReport.objects.filter(pk=report_id, project=write.project).first()
        if report is None:
            raise NotFound(_("The project has no such report."))
        write.before.narrow("reports", report.pk)
        if report.author_id == actor.pk:
            raise NotAllowed(_("Nobody reviews their own report."))
        if report.state != ReportState.SUBMITTED:
            raise RuleBroken(_("This report has been reviewed already."))
        if not accept and not note.strip():
            raise InvalidInput.one("/note", "required", _("Say what is to be corrected."))
        report.state = ReportState.ACCEPTED if accept else ReportState.RETURNED
        report.reviewed_by, report.reviewed_at, report.review_note = actor, at, note
        milestones = {m.key: m for m in write.project.milestones.all()}
        for key, entry in report.entries.items():
            if key in milestones and entry["outcome"] == Outcome.APPLIED:
                (_accept if accept else _take_back)(milestones[key], entry)
        checked(report, exclude={"id", "project", "author", "corrects"})
        report.save()
        if accept:
            _speak(write.project, report)
        write.follow_facts = True
    return write.entry


def _accept(milestone: Milestone, entry: Document) -> None:
    if milestone.as_reported().state == MilestoneState.REPORTED and _stands(milestone, entry):
        milestone.unfold()
        milestone.state = MilestoneState.MET
        with _named(f"/entries/{milestone.key}"):
            guard_acceptance(milestone.project, milestone, MilestoneState.REPORTED)
        milestone.save()


def _take_back(milestone: Milestone, entry: Document) -> None:
    """The stage as it was before the report, if everything that the report wrote still stands."""
    if not _stands(milestone, entry):
        return
    accepted = milestone.unfold()
    for name, value in entry["before"].items():
        is_date = name in ("started", "actual", "forecast") and value is not None
        setattr(milestone, name, date.fromisoformat(value) if is_date else value)
    checked(milestone, prefix="/report", exclude={"project"})
    settle_reported(milestone, milestone.project.bureau, accepted)
    milestone.save()
    entry["outcome"] = Outcome.TAKEN_BACK.value


def _stands(milestone: Milestone, entry: Document) -> bool:
    now = written(milestone)
    return all(now[name] == value for name, value in entry["after"].items())


def _speak(project: Project, report: ProgressReport) -> None:
    day = report.made_at.astimezone(ZoneInfo(project.bureau.time_zone)).date()
    if report.text and (project.physical_progress_on is None or project.physical_progress_on <= day):
        project.physical_progress, project.physical_progress_on = report.text, day
        project.save(update_fields=["physical_progress", "physical_progress_on"])


def _plain(changes: Mapping[str, Any]) -> Document:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in changes.items()}
