"""What opens this term: schools that are ready between the last and the next start of a school year, as expected today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Max, Q, QuerySet

from projects_api.choices import STANDS_STILL
from projects_api.models import Bureau, LedgerEntry, Project
from projects_api.schedule.outlook import Outlook
from projects_api.selectors.schedule import OUTLOOK, settings_of


@dataclass(frozen=True)
class Opening:
    """``day``: on which the school is ready; ``term``: the start that it is ready for; ``changed``: its newest public change."""

    project: Project
    day: date
    ready: bool
    term: date
    changed: datetime


def openings(projects: QuerySet[Project], today: date, limit: int, skipped: int = 0) -> tuple[list[Opening], bool]:
    """The openings of the term by day, each by its own bureau's start of term, and whether there are more after them.

    ``projects``: a visible set; of what the public does not see nothing is said. What stands still opens on no day. Four
    queries; reads a row for each that may be.
    """
    bureaus = {bureau.pk: settings_of(bureau) for bureau in Bureau.objects.all()}
    terms = {pk: rules.term_after(today) for pk, (_calendar, rules) in bureaus.items()}
    if not terms:
        return [], False
    public = projects.filter(published=True, archived_at__isnull=True).order_by()
    # The stored finish is the earliest that can be: what lies beyond the term already does not come back.
    rows = (
        public.filter(finish__lte=max(terms.values()))
        .filter(Q(finish_tail__isnull=False) | Q(finish__gt=_year_before(min(terms.values()))))
        .exclude(status__in=STANDS_STILL)
        .values_list("code", "pk", "bureau_id", *OUTLOOK.values())
    )
    found = []
    for code, pk, bureau, *stored in rows:
        outlook = Outlook(**dict(zip(OUTLOOK, stored, strict=True)))
        day = outlook.finish_on(today, bureaus[bureau][0])
        if day and _year_before(terms[bureau]) < day <= terms[bureau]:
            found.append((day, code, pk, outlook.over_on(today)))
    found.sort()
    return _told(found[skipped : skipped + limit], terms), len(found) > skipped + limit


def _told(found: list[tuple[date, str, int, bool]], terms: dict[int, date]) -> list[Opening]:
    ids = [pk for _day, _code, pk, _ready in found]
    projects = (
        Project.objects.select_related("bureau", "region")
        .defer("footprint", "region__boundary", "region__point", "note", "search_text")
        .in_bulk(ids)
    )
    entries = LedgerEntry.objects.filter(public=True, project__in=ids).order_by()
    changed = dict(entries.values_list("project").annotate(Max("at")))
    return [
        Opening(project, day, ready, terms[project.bureau_id], changed.get(pk, project.created_at))
        for day, _code, pk, ready in found
        if (project := projects.get(pk))
    ]


def _year_before(term: date) -> date:
    """The start of the school year before: a day that every year has."""
    return term.replace(year=term.year - 1)
