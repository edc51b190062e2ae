"""Reading questions of the public: what everybody sees, what the office has to do, and how well it keeps its term."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, F, Q, QuerySet

from projects_api.choices import QuestionState as State
from projects_api.choices import Role
from projects_api.models import Bureau, Project, Question, User, roles_of
from projects_api.schedule.calendar import WorkCalendar, calendar_of, office_rules
from projects_api.selectors.moment import read_once
from projects_api.selectors.schedule import settings_of

PUBLIC = (State.RELEASED, State.ANSWERED)
OPEN = (State.WAITING, State.RELEASED)
_OFFICE = frozenset({Role.OFFICIAL.value, Role.BUREAU_ADMIN.value})
_MAY_ANSWER = _OFFICE | {Role.ENGINEER.value, Role.SUPERVISOR.value}


@read_once(lambda project: project.pk)
def public_questions(project: Project) -> QuerySet[Question]:
    """What everybody reads, the newest first."""
    return Question.objects.filter(project=project, state__in=PUBLIC).order_by("-number")


def office_calendar(bureau: Bureau) -> WorkCalendar:
    """The days that count for the term: those on which the bureau's office is open."""
    return calendar_of(office_rules(settings_of(bureau)[0].rules))


@dataclass(frozen=True)
class Figures:
    """How questions were answered. ``days``: working days that an answer took, in the middle; None where there is none."""

    answered: int
    in_time: int
    open: int
    overdue: int
    waiting: int
    days: int | None


@read_once(lambda project, today: (project.pk, today))
def figures_of(project: Project, today: date) -> Figures:
    """Of one project, for everybody: its public questions, and how many nobody has looked at yet. Two queries."""
    rows = Question.objects.filter(project=project)
    counts = rows.aggregate(
        open=Count("pk", filter=Q(state=State.RELEASED)),
        overdue=Count("pk", filter=Q(state=State.RELEASED, due_on__lt=today)),
        waiting=Count("pk", filter=Q(state=State.WAITING)),
    )
    calendar = office_calendar(project.bureau)
    answered = list(rows.filter(state=State.ANSWERED).values_list("asked_at", "answered_at", "due_on"))
    day_of = project.bureau.day_of
    took = sorted(calendar.between(day_of(asked), day_of(done)) for asked, done, _due in answered if done)
    return Figures(
        answered=len(answered),
        in_time=sum(day_of(done) <= due for _asked, done, due in answered if done),
        days=took[len(took) // 2] if took else None,
        **counts,
    )


def offices_of(user: Any) -> list[int] | None:
    """The bureaus (ids) whose questions the user looks at; None: all. One query for the roles."""
    if isinstance(user, User) and user.is_active and user.is_superuser:
        return None
    return [bureau for bureau, held in roles_of(user).items() if held & _OFFICE]


def may_be_asked(user: Any) -> bool:
    """Whether the page of questions is for this person: the office, and whom questions are assigned to."""
    return offices_of(user) is None or any(held & _MAY_ANSWER for held in roles_of(user).values())


def questions_for(user: User) -> QuerySet[Question]:
    """The office's, and those assigned to this person in a bureau where they hold a role now. The earliest term first."""
    found = Question.objects.select_related("project__bureau", "project__region", "assignee", "decided_by").defer(
        "project__footprint", "project__site", "project__region__boundary", "project__region__point"
    )
    offices = offices_of(user)
    if offices is not None:
        mine = [bureau for bureau, held in roles_of(user).items() if held & _MAY_ANSWER]
        found = found.filter(Q(project__bureau__in=offices) | Q(assignee=user, project__bureau__in=mine))
    return found.order_by("due_on", "asked_at", "pk")


def overdue_at(at: datetime) -> Q:
    """What is overdue, each by the day of its own bureau. One query for the zones there are."""
    found = Q(pk__in=[])
    for zone in Bureau.objects.order_by().values_list("time_zone", flat=True).distinct():
        found |= Q(project__bureau__time_zone=zone, due_on__lt=at.astimezone(ZoneInfo(zone)).date())
    return found & Q(state__in=OPEN)


TABS = ("waiting", "open", "mine", "overdue", "answered", "closed")


def tabs_of(user: User, at: datetime) -> dict[str, QuerySet[Question]]:
    """The lists of the office's page by name."""
    rows = questions_for(user)
    closed = F("decided_at").desc(nulls_last=True)
    return {
        "waiting": rows.filter(state=State.WAITING),
        "open": rows.filter(state=State.RELEASED),
        "mine": rows.filter(assignee=user, state__in=OPEN),
        "overdue": rows.filter(overdue_at(at)),
        "answered": rows.filter(state=State.ANSWERED).order_by(closed),
        "closed": rows.filter(state__in=(State.REFUSED, State.SPAM)).order_by(closed),
    }


def tab_counts(user: User, at: datetime) -> dict[str, int]:
    """How many are in each list. Two queries."""
    open_ = Q(state__in=OPEN)
    counts: dict[str, int] = (
        questions_for(user)
        .order_by()
        .aggregate(
            waiting=Count("pk", filter=Q(state=State.WAITING)),
            open=Count("pk", filter=Q(state=State.RELEASED)),
            mine=Count("pk", filter=open_ & Q(assignee=user)),
            overdue=Count("pk", filter=overdue_at(at)),
            answered=Count("pk", filter=Q(state=State.ANSWERED)),
            closed=Count("pk", filter=Q(state__in=(State.REFUSED, State.SPAM))),
        )
    )
    return counts
