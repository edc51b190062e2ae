"""What opens this term: schools that are ready between the last and the next start of a school year, as expected today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from operator import itemgetter

from django.db.models import Max, Q, QuerySet

from projects_api.models import Bureau, LedgerEntry, Project
from projects_api.selectors.plans import STANDS_STILL
from projects_api.selectors.schedule import settings_of, stored_outlook


@dataclass(frozen=True)
class Opening:
    """``day``: on which the school is ready; ``term``: the start that it is ready for; ``changed``: its newest public change."""

    project: Project
    day: date
    ready: bool
    term: date
    changed: datetime


def openings(projects: QuerySet[Project], today: date, limit: int) -> list[Opening]:
    """The openings of the term by day, each by its own bureau's start of term. Three queries; reads what may open in time.

    ``projects``: a visible set; of what the public does not see nothing is said. What stands still opens on no day.
    """
    bureaus = {bureau.pk: bureau for bureau in Bureau.objects.all()}
    terms = {pk: settings_of(bureau)[1].term_after(today) for pk, bureau in bureaus.items()}
    if not terms:
        return []
    # The stored finish is the earliest that can be: what lies beyond the term already does not come back.
    rows = (
        projects.filter(published=True, archived_at__isnull=True, finish__lte=max(terms.values()))
        .filter(Q(finish_tail__isnull=False) | Q(finish__gt=_year_before(min(terms.values()))))
        .exclude(status__in=STANDS_STILL)
        .select_related("bureau", "region")
        .defer("footprint", "region__boundary", "region__point", "note", "search_text")
    )
    found = []
    for project in rows:
        term = terms[project.bureau_id]
        day = stored_outlook(project).finish_on(today, settings_of(bureaus[project.bureau_id])[0])
        if day and _year_before(term) < day <= term:
            found.append((day, project.code, project, term))
    found = sorted(found, key=itemgetter(0, 1))[:limit]
    entries = LedgerEntry.objects.filter(public=True, project__in=[project.pk for *_key, project, _term in found])
    changed = dict(entries.order_by().values_list("project").annotate(Max("at")))
    return [
        Opening(
            project,
            day,
            project.finish_tail is None and day <= today,
            term,
            changed.get(project.pk, project.created_at),
        )
        for day, _code, project, term in found
    ]


def _year_before(term: date) -> date:
    """The start of the school year before: a day that every year has."""
    return term.replace(year=term.year - 1)
