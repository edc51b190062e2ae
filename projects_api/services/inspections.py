"""Inspections and the findings that they raise (问题销号): raised → mended → struck off, or reopened.

Inspectors raise and strike off, the project's engineer mends; never is a finding struck off by the one who mended it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from projects_api import engine
from projects_api.checklists import points
from projects_api.choices import CheckResult, FindingState, InspectionKind, InspectionResult
from projects_api.elsewhere import highest
from projects_api.errors import FieldError, InvalidInput, NotAllowed, NotFound, RuleBroken
from projects_api.models import Finding, Inspection, LedgerEntry, Membership, Photo, Project, User, in_force
from projects_api.publishing import PublishingRules
from projects_api.selectors.inspections import TO_MEND
from projects_api.services.sites import site_from
from projects_api.services.writing import ProjectWrite, checked, project_write

INSPECTION_FIELDS = frozenset(
    {"held_on", "inspector", "attendees", "checklist", "result", "milestone", "note", "archived"}
)
FINDING_FIELDS = frozenset({"severity", "description", "place", "owner", "deadline"})
Check = Mapping[str, str]


def day_of(project: Project, at: datetime) -> date:
    """The day that a moment belongs to in the project's bureau."""
    return at.astimezone(ZoneInfo(project.bureau.time_zone)).date()


# --- inspections ---


def inspection_record(
    *,
    project_id: int,
    actor: User,
    at: datetime,
    values: Mapping[str, Any],
    expected: int | None = None,
    reason: str = "",
) -> Inspection:
    """Record an inspection under the project's next number. ``values``: ``kind`` and what `INSPECTION_FIELDS` names.

    Raises StaleVersion, InvalidInput: ``/held_on`` in the future, ``/checklist/{i}`` a point that the kind's list does not
    have, twice or without words, ``/checklist`` a passed completion acceptance that leaves points out, ``/result`` passed
    though a point is not in order, ``/milestone`` not of this project.
    """
    with project_write(
        project_id, actor=actor, action="inspection.record", at=at, reason=reason, expected=expected
    ) as write:
        inspection = Inspection(
            project=write.project, number=_next(Inspection, write.project), author=actor, kind=values["kind"]
        )
        inspection.public = PublishingRules.from_document(write.project.bureau.publishing).inspections
        _set_inspection(inspection, values, at)
        inspection.save(force_insert=True)
    return inspection


def inspection_hold(
    *,
    project_id: int,
    actor: User,
    at: datetime,
    values: Mapping[str, Any],
    findings: Sequence[Mapping[str, Any]],
    expected: int | None = None,
    reason: str = "",
) -> Inspection:
    """An inspection with the findings that it raises at once: all of it or nothing.

    Raises as `inspection_record` and, under ``/findings/{i}``, as `finding_raise`.
    """
    with engine.writer():
        held = inspection_record(
            project_id=project_id, actor=actor, at=at, values=values, expected=expected, reason=reason
        )
        for index, finding in enumerate(findings):
            try:
                finding_raise(project_id=project_id, actor=actor, at=at, values={**finding, "inspection": held.number})
            except InvalidInput as error:
                moved = [FieldError(f"/findings/{index}{e.pointer}", e.code, e.message) for e in error.errors]
                raise InvalidInput(moved, error.detail) from error
    return held


def inspection_change(
    *,
    project_id: int,
    number: int,
    actor: User,
    at: datetime,
    changes: Mapping[str, Any],
    expected: int | None,
    reason: str = "",
) -> LedgerEntry | None:
    """Correct an inspection, or set it aside (``archived``). Raises as `inspection_record`, NotFound, StaleVersion, and
    RuleBroken once a certificate rests on it.
    """
    with project_write(
        project_id, actor=actor, action="inspection.change", at=at, reason=reason, expected=expected
    ) as write:
        inspection = find_inspection(write.project, number)
        if inspection.certificates.exists():
            raise RuleBroken(_("A certificate rests on this inspection: it no longer changes."))
        _set_inspection(inspection, changes, at)
        inspection.save()
    return write.entry


def find_inspection(project: Project, number: int) -> Inspection:
    inspection = Inspection.objects.filter(project=project, number=number).select_related("author").first()
    if inspection is None:
        raise NotFound(_("The project has no inspection %(number)s.") % {"number": number})
    return inspection


def _set_inspection(inspection: Inspection, values: Mapping[str, Any], at: datetime) -> None:
    project = inspection.project
    for name in INSPECTION_FIELDS & values.keys():
        setattr(inspection, name, values[name])
    if inspection.held_on > day_of(project, at):
        raise InvalidInput.one("/held_on", "in_future", _("An inspection is recorded when it has been held."))
    if inspection.milestone and not project.milestones.filter(key=inspection.milestone).exists():
        words = _("The project has no milestone %(key)s.") % {"key": inspection.milestone}
        raise InvalidInput.one("/milestone", "unknown_milestone", words)
    inspection.checklist = _checklist(inspection.kind, inspection.checklist)
    _result_agrees(inspection)
    checked(inspection, exclude={"project", "author"})


def _checklist(kind: str, checks: Sequence[Check]) -> list[dict[str, str]]:
    """The points as they are stored: ``key`` of the kind's list or ``text`` of one's own, ``result``, ``note``."""
    known, seen = points(kind), set[str]()
    stored = []
    for index, check in enumerate(checks):
        key, text = check.get("key", ""), check.get("text", "")
        if bool(key) == bool(text):
            words = _("Name a point of the list by its key, or write one of your own.")
            raise InvalidInput.one(f"/checklist/{index}", "key_or_text", words)
        if key and key not in known:
            words = _("This kind of inspection looks at: %(keys)s.") % {"keys": ", ".join(known)}
            raise InvalidInput.one(f"/checklist/{index}/key", "unknown_key", words)
        if key in seen:
            raise InvalidInput.one(f"/checklist/{index}/key", "repeated", _("This point stands in the list twice."))
        if key:
            seen.add(key)
        named = {"key": key} if key else {"text": text}
        stored.append({**named, "result": str(check["result"]), "note": check.get("note", "")})
    return stored


def _result_agrees(inspection: Inspection) -> None:
    results = [check["result"] for check in inspection.checklist]
    if inspection.result == InspectionResult.PASSED and CheckResult.FAIL in results:
        words = _("A point is not in order: the inspection passed with findings, or failed.")
        raise InvalidInput.one("/result", "contradicts", words)
    if inspection.kind == InspectionKind.COMPLETION_ACCEPTANCE and inspection.result != InspectionResult.FAILED:
        answered = {check.get("key") for check in inspection.checklist}
        if missing := [key for key in points(inspection.kind) if key not in answered]:
            words = _("A completion acceptance that is passed answers every point. Missing: %(keys)s")
            raise InvalidInput.one("/checklist", "incomplete", words % {"keys": ", ".join(missing)})


# --- findings ---


def finding_raise(
    *,
    project_id: int,
    actor: User,
    at: datetime,
    values: Mapping[str, Any],
    expected: int | None = None,
    reason: str = "",
) -> Finding:
    """Raise a finding under the project's next number, open. ``values``: `FINDING_FIELDS`, ``inspection`` (its number),
    ``point`` (GeoJSON as it came), ``owner_user`` (a user name).

    Raises StaleVersion, InvalidInput: ``/deadline`` before the inspection, ``/point`` outside the county, ``/inspection`` and
    ``/owner_user`` unknown here.
    """
    with project_write(
        project_id, actor=actor, action="finding.raise", at=at, reason=reason, expected=expected
    ) as write:
        project = write.project
        inspection = _inspection_named(project, values.get("inspection"), "/inspection")
        finding = Finding(
            project=project,
            number=_next(Finding, project),
            inspection=inspection,
            raised_by=actor,
            raised_on=inspection.held_on if inspection else day_of(project, at),
            point=site_from(values.get("point"), bureau=project.bureau, pointer="/point")[0],
            owner_user=_person(project, values.get("owner_user")),
        )
        for name in FINDING_FIELDS & values.keys():
            setattr(finding, name, values[name])
        _save(finding, new=True)
    return finding


def finding_change(
    *,
    project_id: int,
    number: int,
    actor: User,
    at: datetime,
    changes: Mapping[str, Any],
    expected: int | None,
    reason: str = "",
) -> LedgerEntry | None:
    """Give a finding another ``owner``, ``owner_user`` or ``deadline``; another deadline says why.

    Raises InvalidInput (``/reason`` required, ``/deadline``, ``/owner``, ``/owner_user``), RuleBroken (struck off), NotFound,
    StaleVersion.
    """
    with _finding(project_id, number, actor, "finding.change", at, expected, reason) as held:
        finding = held.finding
        if finding.state == FindingState.STRUCK_OFF:
            raise RuleBroken(_("This finding is struck off; reopen it first."))
        moved = changes.get("deadline", finding.deadline) != finding.deadline
        if moved and not reason.strip():
            raise InvalidInput.one("/reason", "required", _("Say why the deadline is moved."))
        for name in {"owner", "deadline"} & changes.keys():
            setattr(finding, name, changes[name])
        if "owner_user" in changes:
            finding.owner_user = _person(finding.project, changes["owner_user"])
        _save(finding)
    return held.write.entry


def finding_rectify(
    *,
    project_id: int,
    number: int,
    actor: User,
    at: datetime,
    expected: int | None,
    text: str,
    day: date,
    photos: Iterable[str] = (),
    reason: str = "",
) -> LedgerEntry | None:
    """Say that a finding is mended: how, on which day, with photos as evidence. It waits for the re-inspection then.

    Raises InvalidInput (``/text`` required, ``/on`` in the future or before it was found, ``/photos/{i}`` not the project's),
    RuleBroken (not to be mended), NotFound, StaleVersion.
    """
    with _finding(project_id, number, actor, "finding.rectify", at, expected, reason) as held:
        finding = held.finding
        if finding.state not in TO_MEND:
            raise RuleBroken(_("This finding is mended already."))
        if not text.strip():
            raise InvalidInput.one("/text", "required", _("Say how it was mended."))
        if day > day_of(finding.project, at):
            raise InvalidInput.one("/on", "in_future", _("This is a fact, so it cannot lie in the future."))
        if day < finding.raised_on:
            raise InvalidInput.one("/on", "before_raised", _("Nothing is mended before it was found."))
        finding.state = FindingState.RECTIFIED
        finding.rectification, finding.photos = text, _photos(finding.project, photos)
        finding.rectified_by, finding.rectified_on = actor, day
        _save(finding)
    return held.write.entry


def finding_strike_off(
    *,
    project_id: int,
    number: int,
    actor: User,
    at: datetime,
    expected: int | None,
    note: str = "",
    reinspection: int | None = None,
    reason: str = "",
) -> LedgerEntry | None:
    """Strike off what was mended and looked at again, perhaps in a re-inspection (its number). Never by who mended it.

    Raises NotAllowed, RuleBroken (not mended yet, or struck off already), InvalidInput (``/inspection``), NotFound,
    StaleVersion.
    """
    with _finding(project_id, number, actor, "finding.strike_off", at, expected, reason or note) as held:
        finding = held.finding
        if finding.state != FindingState.RECTIFIED:
            raise RuleBroken(_("Only what is mended can be struck off."))
        if finding.rectified_by_id == actor.pk:
            raise NotAllowed(_("Nobody strikes off what they have mended themselves."))
        finding.state = FindingState.STRUCK_OFF
        finding.struck_off_by, finding.struck_off_on = actor, day_of(finding.project, at)
        finding.review_note = note
        finding.reinspection = _inspection_named(finding.project, reinspection, "/inspection")
        _save(finding)
    return held.write.entry


def finding_reopen(
    *,
    project_id: int,
    number: int,
    actor: User,
    at: datetime,
    expected: int | None,
    note: str,
    reinspection: int | None = None,
    deadline: date | None = None,
    reason: str = "",
) -> LedgerEntry | None:
    """Not mended after all, or broken again: open once more, with a note and perhaps a new deadline.

    Raises InvalidInput (``/note`` required, ``/deadline``, ``/inspection``), RuleBroken (it is open), NotFound, StaleVersion.
    """
    with _finding(project_id, number, actor, "finding.reopen", at, expected, reason or note) as held:
        finding = held.finding
        if finding.state in TO_MEND:
            raise RuleBroken(_("This finding is open."))
        if not note.strip():
            raise InvalidInput.one("/note", "required", _("Say what is still to be mended."))
        finding.state = FindingState.REOPENED
        finding.struck_off_by = finding.struck_off_on = None
        finding.reopened_on, finding.review_note = day_of(finding.project, at), note
        finding.reinspection = _inspection_named(finding.project, reinspection, "/inspection")
        finding.deadline = deadline or finding.deadline
        _save(finding)
    return held.write.entry


@dataclass
class _Held:
    write: ProjectWrite
    finding: Finding


@contextmanager
def _finding(
    project_id: int, number: int, actor: User, action: str, at: datetime, expected: int | None, reason: str
) -> Iterator[_Held]:
    """A write to one finding. Raises NotFound, StaleVersion."""
    with project_write(project_id, actor=actor, action=action, at=at, reason=reason, expected=expected) as write:
        finding = Finding.objects.filter(project=write.project, number=number).first()
        if finding is None:
            raise NotFound(_("The project has no finding %(number)s.") % {"number": number})
        finding.project = write.project
        yield _Held(write, finding)


def _save(finding: Finding, *, new: bool = False) -> None:
    # Who mended it and who strikes it off are not left out: a constraint compares them.
    checked(finding, exclude={"project", "inspection", "reinspection", "raised_by", "owner_user"})
    finding.save(force_insert=new)


def _inspection_named(project: Project, number: int | None, pointer: str) -> Inspection | None:
    if number is None:
        return None
    inspection = Inspection.objects.filter(project=project, number=number, archived=False).first()
    if inspection is None:
        words = _("The project has no inspection %(number)s.") % {"number": number}
        raise InvalidInput.one(pointer, "unknown_inspection", words)
    return inspection


def _photos(project: Project, ids: Iterable[str]) -> list[str]:
    """Ids of the project's own photos, whole or still arriving."""
    wanted = list(dict.fromkeys(ids))
    rows = Photo.objects.filter(project=project, pk__in=wanted, archived=False)
    known = {str(pk) for pk in rows.values_list("pk", flat=True)}
    for index, photo in enumerate(wanted):
        if photo not in known:
            raise InvalidInput.one(f"/photos/{index}", "unknown_photo", _("The project has no such photo."))
    return wanted


def _person(project: Project, username: str | None) -> User | None:
    """Somebody who holds a role in the project's bureau."""
    if not username:
        return None
    active = Membership.objects.filter(in_force(project.bureau.day_of(timezone.now())), bureau=project.bureau_id)
    person = User.objects.filter(username=username, is_active=True, memberships__in=active).distinct().first()
    if person is None:
        raise InvalidInput.one("/owner_user", "unknown_user", _("The bureau has no such person."))
    return person


def _next(model: type[Inspection] | type[Finding], project: Project) -> int:
    last = model._default_manager.filter(project=project).aggregate(last=Max("number"))["last"]
    told = highest(project.elsewhere, "inspections") if model is Inspection else 0
    return max(last or 0, told) + 1
