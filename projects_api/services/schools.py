"""The register of schools: entered, and changed by acts of the authority; each in the school's own ledger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.contrib.gis.geos import Point
from django.utils.translation import gettext as _

from projects_api import engine
from projects_api.approvals import ALTERED
from projects_api.choices import Decision, SchoolEventKind
from projects_api.errors import InvalidInput, NotFound, StaleVersion
from projects_api.models import Bureau, LedgerEntry, Region, School, SchoolEvent, User
from projects_api.selectors.places import within_region
from projects_api.selectors.schools import school_document
from projects_api.services import ledger
from projects_api.services.writing import checked

FIELDS = (*ALTERED, "illustrative")
EVENT_FIELDS = (
    "kind", "applicant", "applied", "decision", "decided", "document_number", "authority", "summary_zh", "summary_en",
    "illustrative", "before",
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
) -> School:
    """Enter a school with the acts that it has had. ``values``: `FIELDS`, ``region`` by code, ``location`` as (lon, lat).

    Raises InvalidInput, for a code that is taken too.
    """
    with engine.writer():
        school = School(code=code, bureau=bureau, region=bureau.region, archived_at=closed)
        _set(school, values)
        checked(school)
        school.save(force_insert=True)
        for number, event in enumerate(events, start=1):
            act = SchoolEvent(school=school, number=number, **event)
            checked(act, prefix=f"/events/{number - 1}")
            act.save(force_insert=True)
        ledger.append(
            school, actor=actor, action="school.create", at=at, reason=reason, before=None,
            after=school_document(school),
        )  # fmt: skip
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
    reason: str = "",
) -> School:
    """An act of the authority: a new one, or (``number``) the decision on one that was pending.

    ``changes``: what an approved alteration makes of the school; what stood before is kept with the act. ``closed``: when an
    approved cancellation takes effect, the decision's day where nothing is said. Raises InvalidInput, NotFound, StaleVersion.
    """
    with engine.writer():
        school = (
            School.objects.select_related("bureau", "region")
            .select_for_update(of=("self",))
            .filter(pk=school_id)
            .first()
        )
        if school is None:
            raise NotFound()
        if expected is not None and expected != school.version:
            words = _("Somebody else changed this school meanwhile. Read it again and repeat your change.")
            raise StaleVersion(words, version=school.version)
        then = school_document(school)
        act = _act(school, number)
        for name in EVENT_FIELDS:
            if name in event:
                setattr(act, name, event[name])
        approved = act.decision == Decision.APPROVED
        if changes:
            if act.kind != SchoolEventKind.ALTERATION or not approved:
                words = _("Only an approved alteration changes a school.")
                raise InvalidInput.one("/changes", "not_an_alteration", words)
            _set(school, changes)
            now = school_document(school)
            act.before = {name: then[name] for name in ALTERED if then[name] != now[name]}
        if closed:
            if act.kind != SchoolEventKind.CANCELLATION or not approved:
                words = _("Only an approved cancellation closes a school.")
                raise InvalidInput.one("/closed", "not_a_cancellation", words)
            school.archived_at = closed
        checked(act)
        checked(school)
        act.save()
        school.save()
        ledger.append(
            school, actor=actor, action=f"school.{act.kind}", at=at, reason=reason, before=then,
            after=school_document(school, SchoolEvent.objects.filter(school=school)),
        )  # fmt: skip
    return school


def _act(school: School, number: int | None) -> SchoolEvent:
    if number is None:
        last = school.events.order_by("-number").values_list("number", flat=True).first() or 0
        return SchoolEvent(school=school, number=last + 1)
    act = school.events.filter(number=number).first()
    if act is None:
        raise NotFound()
    if act.decision != Decision.PENDING:
        raise InvalidInput.one("/number", "decided", _("What was decided stays; a new decision is an act of its own."))
    return act


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
            value = Point(value[0], value[1], srid=4326) if value else None
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
