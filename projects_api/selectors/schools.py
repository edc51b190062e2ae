"""The register of schools as its ledger knows it: documents of today and of other days."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Prefetch, QuerySet

from projects_api.approvals import school_on
from projects_api.models import LedgerEntry, School, SchoolEvent, User
from projects_api.selectors.facts import Document, geometry, iso
from projects_api.selectors.ledger import end_of_day, replay
from projects_api.selectors.places import schools_visible_to, standing

# The first entry of a school that stood in the register before the ledger held schools: as it stood then.
TAKEN_OVER = "school.take_over"
EVENT_NAMES = (
    "kind",
    "applicant",
    "decision",
    "document_number",
    "authority",
    "summary_zh",
    "summary_en",
    "illustrative",
)


def schools(user: User | AnonymousUser) -> QuerySet[School]:
    """Those of today's register: what was closed is history and not listed. With what their document is made of."""
    rows = schools_visible_to(user).filter(standing())
    return with_document(rows).order_by("code")


def with_document(rows: QuerySet[School]) -> QuerySet[School]:
    """What `school_document` reads: two queries for any number of schools."""
    events = Prefetch("events", queryset=SchoolEvent.objects.order_by("number"))
    return rows.select_related("bureau", "region").defer("region__boundary", "region__point").prefetch_related(events)


def school_document(school: School, events: Iterable[SchoolEvent] | None = None) -> Document:
    """What the school's ledger records: its own facts and its acts by number. ``closed`` is the bureau's day.

    ``withdrawn``, and an act's ``archived`` and ``before``, stand in it only where they say something.
    """
    acts = sorted(school.events.all() if events is None else events, key=lambda event: event.number)
    return {
        "code": school.code,
        "bureau": school.bureau.code,
        "region": school.region.code,
        "name_zh": school.name_zh,
        "name_en": school.name_en,
        "stage": school.stage,
        "classes": school.classes,
        "places": school.places,
        "boarding": school.boarding,
        "location": geometry(school.location),
        "location_precision": school.location_precision,
        "illustrative": school.illustrative,
        "closed": iso(school.bureau.day_of(school.archived_at)) if school.archived_at else None,
        "events": {str(event.number): event_facts(event) for event in acts},
    } | ({"withdrawn": True} if school.withdrawn else {})


def event_facts(event: SchoolEvent) -> Document:
    facts: Document = {name: getattr(event, name) for name in EVENT_NAMES}
    facts |= {"applied": iso(event.applied), "decided": iso(event.decided)}
    facts |= {"before": event.before} if event.before else {}
    return facts | ({"archived": True} if event.archived else {})


def school_documents(rows: QuerySet[School], as_of: date | None = None) -> Iterator[tuple[School, Document]]:
    """Each school with its document, of today or as the record knew it at the end of that day; by code.

    A school that was not recorded yet is left out. Of one without a chain, which no service has recorded, was known what has
    a day up to then. Two queries, with ``as_of`` three.
    """
    known = _known(rows, as_of) if as_of else {}
    for school in with_document(rows).order_by("code"):
        document: Document | None = (
            school_document(school) if as_of is None or not school.version else known.get(school.pk)
        )
        if as_of and document and not school.version:
            document = school_on(document, as_of)
        if document:
            yield school, document


def _known(rows: QuerySet[School], day: date) -> dict[int, Document]:
    entries = (
        LedgerEntry.objects.filter(school__in=rows.order_by().values("pk"))
        .order_by("school", "version")
        .values_list("school_id", "school__bureau__time_zone", "at", "patch", "action")
        .iterator(chunk_size=2000)
    )
    found: dict[int, Document] = {}
    for school, chain in groupby(entries, key=itemgetter(0)):
        entries_of = list(chain)
        patches: list[Any] = [patch for _school, zone, at, patch, _action in entries_of if at < end_of_day(day, zone)]
        document = replay(patches)
        if document is None and entries_of[0][4] == TAKEN_OVER:
            # It was there before anybody recorded it.
            document = school_on(replay([entries_of[0][3]]) or {}, day)
        if document is not None:
            found[school] = document
    return found
