"""What opens this term and next: schools that are ready for the start of the term that runs, or of the one that comes.

A school that is ready in August opens in September, one that is ready in October opens in spring: parents count in terms, two a
school year.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Max, Q, QuerySet

from projects_api.models import Bureau, LedgerEntry, Project
from projects_api.schedule.lights import LightRules
from projects_api.schedule.outlook import Outlook
from projects_api.selectors.schedule import OUTLOOK, settings_of


@dataclass(frozen=True)
class Opening:
    """``day``: on which the school is ready; ``term``: the start that it is ready for, ``autumn``: of a school year, else of a
    spring term, of which the day is not known; ``changed``: its newest public change."""

    project: Project
    day: date
    ready: bool
    term: date
    autumn: bool
    changed: datetime


def openings(projects: QuerySet[Project], today: date, limit: int, skipped: int = 0) -> tuple[list[Opening], bool]:
    """The openings of this term and the next by day, each by its own bureau's terms, and whether there are more after them.

    ``projects``: a visible set; of what the public does not see nothing is said. What stands still opens on no day. Four
    queries; reads a row for each that may be.
    """
    bureaus = {bureau.pk: settings_of(bureau) for bureau in Bureau.objects.all()}
    terms = {pk: (rules.next_term(today, 2), rules.next_term(today)) for pk, (_calendar, rules) in bureaus.items()}
    if not terms:
        return [], False
    public = projects.filter(published=True, archived_at__isnull=True).order_by()
    # The stored finish is the earliest that can be: what lies beyond the term already does not come back.
    rows = (
        public.filter(finish__lte=max(last for _before, last in terms.values()))
        .filter(Q(finish_tail__isnull=False) | Q(finish__gt=min(before for before, _last in terms.values())))
        .values_list("code", "pk", "bureau_id", *OUTLOOK.values())
    )
    found = []
    for code, pk, bureau, *stored in rows:
        outlook = Outlook(**dict(zip(OUTLOOK, stored, strict=True)))
        day = outlook.finish_on(today, bureaus[bureau][0])
        before, last = terms[bureau]
        if day and before < day <= last:
            found.append((day, code, pk, outlook.over_on(today)))
    found.sort()
    rules = {pk: rules for pk, (_calendar, rules) in bureaus.items()}
    return _told(found[skipped : skipped + limit], rules), len(found) > skipped + limit


def _told(found: list[tuple[date, str, int, bool]], rules: dict[int, LightRules]) -> list[Opening]:
    ids = [pk for _day, _code, pk, _ready in found]
    projects = (
        Project.objects.select_related("bureau", "region")
        .defer("footprint", "region__boundary", "region__point", "note", "search_text")
        .in_bulk(ids)
    )
    entries = LedgerEntry.objects.filter(public=True, project__in=ids).order_by()
    changed = dict(entries.values_list("project").annotate(Max("at")))
    told = []
    for day, _code, pk, ready in found:
        if project := projects.get(pk):
            of_bureau = rules[project.bureau_id]
            term = of_bureau.next_term(day)
            seen = changed.get(pk, project.created_at)
            told.append(Opening(project, day, ready, term, of_bureau.is_autumn(term), seen))
    return told
