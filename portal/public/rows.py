"""A project as a row of a list: with its next milestone and what is late."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from portal.public.lateness import NOT_LATE, Lateness, lateness
from projects_api.choices import STANDS_STILL, Status
from projects_api.models import Milestone, Project
from projects_api.selectors.pages import next_milestones
from projects_api.selectors.schedule import settings_of, stored_outlook


@dataclass(frozen=True)
class Row:
    project: Project
    upcoming: Milestone | None
    late: Lateness
    light: str
    ready: date | None = None
    slip: int = 0

    @property
    def due(self) -> date | None:
        return (self.upcoming.forecast or self.upcoming.planned) if self.upcoming else None


def rows_of(projects: Iterable[Project], at: datetime) -> list[Row]:
    """Each on its own bureau's day of this moment, as on its page. One query for the next milestones of all of them."""
    projects = list(projects)
    upcoming = next_milestones(projects)
    return [row_of(project, upcoming.get(project.pk), at) for project in projects]


def row_of(project: Project, upcoming: Milestone | None, at: datetime) -> Row:
    today = project.bureau.day_of(at)
    if project.status == Status.CANCELLED:
        upcoming = None
    late = lateness(upcoming, today) if upcoming and project.status not in STANDS_STILL else NOT_LATE
    outlook = stored_outlook(project)
    calendar, _rules = settings_of(project.bureau)
    ready = outlook.finish_on(today, calendar)
    slip = outlook.slip_on(today, calendar) if ready else 0
    return Row(project, upcoming, late, outlook.light_on(today).value, ready, slip or 0)
