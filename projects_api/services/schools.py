"""The register of schools: entered, changed by acts of the authority, set right; each in the school's own ledger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib.gis.geos import Point
from django.utils.translation import gettext as _

from projects_api import codes, engine
from projects_api.approvals import ALTERED, altered, contradictions, with_change, without_change
from projects_api.choices import Decision, SchoolEventKind
from projects_api.errors import DomainError, FieldError, InvalidInput, NotConfirmed, NotFound, RuleBroken, StaleVersion
from projects_api.models import Bureau, LedgerEntry, Project, Region, School, SchoolEvent, User
from projects_api.selectors.facts import Document
from projects_api.selectors.places import within_region
from projects_api.selectors.schools import TAKEN_OVER, school_document
from projects_api.services import ledger
from projects_api.services.sites import site_from
from projects_api.services.writing import checked

FIELDS = (*ALTERED, "illustrative")
EVENT_FIELDS = (
    "kind", "applicant", "applied", "decision", "decided", "document_number", "authority", "summary_zh", "summary_en",
    "illustrative", "before", "archived",
)  # fmt: skip


def school_create(
    *,
    actor: User | None,
    at: datetime,
    bureau: Bureau,
    code: str,
    values: Mapping[str, Any],
    events: Sequence[Mapping[str, Any]] = (),
    closed: datetime | None = None,
    reason: str = "",
    pointer: str = "/events/%d",
) -> School:
    """Enter a school with the acts that it has had. ``values``: `FIELDS`, ``region`` by code, ``location`` as (lon, lat) or as
    GeoJSON in any system that sites may come in. ``pointer``: where the caller has the act of that index.

    Raises InvalidInput, for a code that is taken too.
    """
    with engine.writer():
        school = School(code=code, bureau=bureau, region=bureau.region, archived_at=closed)
        _set(school, values)
        checked(school)
        school.save(force_insert=True)
        for number, event in enumerate(events, start=1):
            act = SchoolEvent(school=school, number=number, **event)
            checked(act, prefix=pointer.replace("%d", str(number - 1)))
            act.save(force_insert=True)
        ledger.append(
            school, actor=actor, action="school.create", at=at, reason=reason, before=None,
            after=school_document(school),
        )  # fmt: skip
    return school


def school_found(
    *,
    actor: User | None,
    at: datetime,
    bureau: Bureau,
    values: Mapping[str, Any],
    establishment: Mapping[str, Any],
    code: str = "",
    confirmed: bool = False,
    reason: str = "",
) -> School:
    """Enter a school with the act that establishes it; without a code it gets the bureau's next one.

    Raises InvalidInput; RuleBroken where the act cannot be; NotConfirmed where its document is another school's too.
    """
    event = {**establishment, "kind": SchoolEventKind.ESTABLISHMENT}
    with engine.writer():
        if code:
            _demand_free(code, bureau)
        with pointing("/establishment"):
            demand_own_document(event, bureau=bureau, confirmed=confirmed)
        school = school_create(
            actor=actor, at=at, bureau=bureau, code=code or next_code(bureau), values=values, events=[event], reason=reason,
            pointer="/establishment",
        )  # fmt: skip
        with pointing("/establishment"):
            _demand_sense(school_document(school), 1, bureau.day_of(at))
    return school


def school_act(
    *,
    school_id: int,
    actor: User | None,
    at: datetime,
    expected: int | None,
    event: Mapping[str, Any],
    number: int | None = None,
    changes: Mapping[str, Any] | None = None,
    closed: datetime | None = None,
    confirmed: bool = False,
    reason: str = "",
) -> School:
    """An act of the authority: a new one, the decision on one that was pending (``number``), or a decided one set right.

    ``changes``: what an approved alteration makes of the school, from its own day on and up to the next one that changes the
    same; what stood before is kept with the act. Of an establishment: with what the school began. Not said: as it was said
    before. ``closed``: when an approved cancellation takes effect, the decision's day where nothing is said. ``archived`` in
    ``event`` sets the act aside. To set right what was decided needs a ``reason``.

    Raises InvalidInput, NotFound, StaleVersion; RuleBroken where it does not fit the other acts; NotConfirmed where its
    document is another school's too.
    """
    with school_write(school_id, actor=actor, at=at, expected=expected, reason=reason) as write:
        school = write.school
        act = _act(school, number)
        corrects = number is not None and act.decision != Decision.PENDING
        _demand_correctable(act, event, reason=reason, corrects=corrects)
        made: Document = {}
        if number is not None:
            made = altered(write.then, number)
            _restore(school, without_change(write.then, number))
        kept = school.archived_at
        if act.kind == SchoolEventKind.CANCELLATION and corrects:
            school.archived_at = None
        for name in EVENT_FIELDS:
            if name in event:
                setattr(act, name, event[name])
        act.before = {}
        stands = act.decision == Decision.APPROVED and not act.archived
        if changes and (not stands or act.kind == SchoolEventKind.CANCELLATION):
            words = _("Only an approved alteration changes a school.")
            raise InvalidInput.one("/changes", "not_an_alteration", words)
        if closed and not (stands and act.kind == SchoolEventKind.CANCELLATION):
            words = _("Only an approved cancellation closes a school.")
            raise InvalidInput.one("/closed", "not_a_cancellation", words)
        if stands and act.kind == SchoolEventKind.CANCELLATION:
            school.archived_at = closed or kept
        checked(act)
        demand_own_document(event, bureau=school.bureau, confirmed=confirmed, act=act)
        wanted = made if changes is None else _as_documented(school, changes)
        if stands and wanted:
            document = school_document(school, [*(e for e in _events(school) if e.number != act.number), act])
            document = with_change(document, act.number, wanted)
            _restore(school, document)
            act.before = document["events"][str(act.number)].get("before", {})
        checked(school)
        act.save()
        school.save()
        _demand_sense(school_document(school, _events(school)), act.number, school.bureau.day_of(at))
        write.action = _action(act, corrects)
    return school


def school_correct(
    *,
    school_id: int,
    actor: User | None,
    at: datetime,
    expected: int | None,
    changes: Mapping[str, Any],
    reason: str,
) -> School:
    """What the register says wrongly of a school and no act changed (`FIELDS`); ``withdrawn``: there never was such a school.

    Raises InvalidInput, for a missing reason too; NotFound, StaleVersion; RuleBroken where a project belongs to it.
    """
    with school_write(school_id, actor=actor, at=at, expected=expected, reason=reason, withdrawn=True) as write:
        school = write.school
        if not reason:
            raise InvalidInput.one("/reason", "required", _("Say why the register is set right."))
        _set(school, changes)
        if "withdrawn" in changes:
            school.withdrawn = changes["withdrawn"]
            if school.withdrawn and Project.objects.filter(school=school, archived_at__isnull=True).exists():
                raise RuleBroken(_("Projects belong to this school: change them first."))
        checked(school)
        school.save()
        write.action = "school.correct"
    return school


@dataclass
class SchoolWrite:
    """A change under way: the school, its document before it, and what it is called in the ledger."""

    school: School
    then: Document
    action: str = "school.change"


@contextmanager
def school_write(
    school_id: int,
    *,
    actor: User | None,
    at: datetime,
    expected: int | None,
    reason: str,
    withdrawn: bool = False,
) -> Iterator[SchoolWrite]:
    """Lock the school, hand it out, and append what changed. One without a chain gets its first entry, as it stands.

    Raises NotFound, StaleVersion; RuleBroken for one that was entered by mistake, unless ``withdrawn`` are meant too.
    """
    with engine.writer():
        school = (
            School.objects.select_related("bureau__region", "region")
            .select_for_update(of=("self",))
            .filter(pk=school_id)
            .first()
        )
        if school is None:
            raise NotFound()
        if expected is not None and expected != school.version:
            words = _("Somebody else changed this school meanwhile. Read it again and repeat your change.")
            raise StaleVersion(words, version=school.version)
        if school.withdrawn and not withdrawn:
            raise RuleBroken(_("This school was entered by mistake: bring it back first."))
        then = school_document(school)
        if not school.version:
            ledger.append(school, actor=None, action=TAKEN_OVER, at=at, reason="", before=None, after=then)
        write = SchoolWrite(school, then)
        yield write
        after = school_document(school, _events(school))
        ledger.append(school, actor=actor, action=write.action, at=at, reason=reason, before=then, after=after)


def next_code(bureau: Bureau) -> str:
    """``411525-S09`` after ``…-S08``. Inside the writer's lock. One query."""
    prefix = f"{bureau.code}-S"
    codes = School.objects.filter(code__startswith=prefix).values_list("code", flat=True)
    numbers = [int(tail) for tail in (code[len(prefix) :] for code in codes) if tail.isascii() and tail.isdigit()]
    return f"{prefix}{max(numbers, default=0) + 1:02d}"


def _demand_free(code: str, bureau: Bureau) -> None:
    if words := codes.school_refusal(code, bureau.code):
        raise InvalidInput.one("/code", "invalid_code", words)
    if School.objects.filter(code=code).exists():
        words = _("There is a school with the code %(code)s already.") % {"code": code}
        raise RuleBroken(words, errors=[FieldError("/code", "taken", words)])


def demand_own_document(
    event: Mapping[str, Any], *, bureau: Bureau, confirmed: bool, act: SchoolEvent | None = None
) -> None:
    """One document may decide about several schools, a merger does; but mostly it is a slip. Raises NotConfirmed."""
    number = act.document_number if act else event.get("document_number", "")
    authority = act.authority if act else event.get("authority", "")
    if confirmed or not number or (act and act.archived) or not {"document_number", "authority"} & event.keys():
        return
    same = SchoolEvent.objects.filter(
        document_number=number, authority=authority, archived=False, school__bureau=bureau
    )
    other = (same.exclude(school=act.school) if act else same).select_related("school").first()
    if other is not None:
        words = _(
            "This document of this authority is recorded for the school %(code)s. Confirm that it decides about both."
        )
        raise NotConfirmed.one("/document_number", "document_of_another_school", words % {"code": other.school.code})


@contextmanager
def pointing(prefix: str) -> Iterator[None]:
    """What is wrong is named from further out."""
    try:
        yield
    except DomainError as error:
        error.errors = [FieldError(f"{prefix}{item.pointer}", item.code, item.message) for item in error.errors]
        raise


def _act(school: School, number: int | None) -> SchoolEvent:
    if number is None:
        last = school.events.order_by("-number").values_list("number", flat=True).first() or 0
        return SchoolEvent(school=school, number=last + 1)
    act = school.events.filter(number=number).first()
    if act is None:
        raise NotFound()
    return act


def _demand_correctable(act: SchoolEvent, event: Mapping[str, Any], *, reason: str, corrects: bool) -> None:
    if act.archived:
        raise RuleBroken(_("This act was set aside. Record it again if it was right."))
    if event.get("archived") and act.kind == SchoolEventKind.ESTABLISHMENT:
        words = _("An establishment is set right, not set aside. A school entered by mistake is withdrawn as a whole.")
        raise RuleBroken(words)
    if (corrects or event.get("archived")) and not reason:
        raise InvalidInput.one("/reason", "required", _("Say why what was recorded is set right."))


def _demand_sense(document: Document, number: int, today: date) -> None:
    if errors := contradictions(document, number, today):
        raise RuleBroken(errors[0].message, errors=errors)


def _action(act: SchoolEvent, corrects: bool) -> str:
    if act.archived:
        return "school.set_aside"
    return "school.correct" if corrects else f"school.{act.kind}"


def _events(school: School) -> list[SchoolEvent]:
    return list(SchoolEvent.objects.filter(school=school).order_by("number"))


def _as_documented(school: School, changes: Mapping[str, Any]) -> Document:
    """``changes`` as the document has them, checked: with what goes with a new place."""
    then = school_document(school, ())
    changed = copy(school)
    with pointing("/changes"):
        _set(changed, changes)
        checked(changed)
    now = school_document(changed, ())
    return {name: now[name] for name in ALTERED if name in changes or now[name] != then[name]}


def _restore(school: School, document: Document) -> None:
    """Write a document's members and what its acts keep; the school itself is not saved."""
    now = school_document(school, ())
    values = {name: document[name] for name in ALTERED if document[name] != now[name]}
    if values.get("location"):
        values["location"] = tuple(values["location"]["coordinates"])
    if "location" in values:
        values["location_precision"] = document["location_precision"]
    _set(school, values)
    for event in _events(school):
        before = document["events"][str(event.number)].get("before", {})
        if before != event.before:
            event.before = before
            event.save(update_fields=["before"])


def _set(school: School, values: Mapping[str, Any]) -> None:
    for name in FIELDS:
        if name not in values:
            continue
        value = values[name]
        if name == "region":
            value = Region.objects.filter(within_region("code", school.bureau.region.code), code=value).first()
            if value is None:
                raise InvalidInput.one("/region", "unknown_region", _("The bureau has no such division."))
        elif name == "location":
            if isinstance(value, Mapping):
                value, _crs = site_from(value, bureau=school.bureau, pointer="/location")
            else:
                value = Point(value[0], value[1], srid=4326) if value else None
            if "location_precision" not in values:
                school.location_precision = (school.location_precision or "map_pin") if value else ""
        setattr(school, name, value)


def entries_of_new(schools: Iterable[School], *, actor: User | None, at: datetime, reason: str) -> list[LedgerEntry]:
    """The first entries of many schools that are about to be made, unsaved; each school's version and hash are set."""
    made = (
        ledger.make_entry(
            school, actor=actor, action="school.import", at=at, reason=reason, before=None,
            after=school_document(school, ()),
        )
        for school in schools
    )  # fmt: skip
    return [entry for entry in made if entry]
