"""How late projects are and what for: rows for maps and downloads, not one query per project."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet, Sum

from projects_api.choices import DelayReason, Status, StatusReason
from projects_api.late_words import project_words
from projects_api.models import Bureau, Milestone, Project
from projects_api.schedule.baseline import current_measure
from projects_api.schedule.calendar import WorkCalendar
from projects_api.schedule.facts import milestones_of
from projects_api.schedule.outlook import Outlook
from projects_api.schedule.slips import slips
from projects_api.selectors.facts import Document
from projects_api.selectors.schedule import OUTLOOK, settings_of


@dataclass(frozen=True)
class Lateness:
    """``slip``: calendar days from the promised finish to the expected one, by project code; None where nothing was promised.

    ``words``: the same with one reason, for whoever reads its light: why work stands still, where that was said, else what most
    of the lost days of what is late are put down to: ``expected 47 days late · Weather``. ``lost``: days lost by reason, over
    all. Days are lost at the stage where they were lost (`schedule.slips`), and only stages that the public sees count.
    """

    slip: dict[str, int | None]
    words: dict[str, str]
    lost: dict[str, int]


def outlook_words(outlook: Outlook, calendar: WorkCalendar, day: date, status: str, since: date | str | None) -> str:
    """A project's outlook on a day, as `late_words.project_words` says it."""
    return project_words(
        outlook.slip_on(day, calendar),
        over=outlook.over_on(day),
        known=outlook.finish_on(day, calendar) is not None,
        suspended=status == Status.SUSPENDED,
        since=since,
    )


def lateness_of(projects: QuerySet[Project], today: date) -> Lateness:
    """As expected on ``today``; 3 queries: bureaus, the stored outlook, days lost by project and reason."""
    calendars = {bureau.pk: settings_of(bureau)[0] for bureau in Bureau.objects.only("calendar", "lights")}
    columns = ("code", "bureau_id", "status", "status_since", "status_reason", *OUTLOOK.values())
    found = _Lateness()
    for code, bureau, status, since, why, *stored in projects.order_by().values_list(*columns):
        outlook = Outlook(**dict(zip(OUTLOOK, stored, strict=True)))
        found.add(code, outlook, calendars[bureau], today, status, since, why)
    lost = (
        Milestone.objects.filter(project__in=projects.order_by().values("pk"), public=True, days_lost__gt=0)
        .order_by()
        .values_list("project__code", "delay_reason")
        .annotate(days=Sum("days_lost"))
    )
    return found.with_reasons(lost)


def lateness_of_documents(states: Iterable[tuple[Document, Bureau, Outlook, date]]) -> Lateness:
    """The same of documents, each with its bureau, outlook and day. No query."""
    found = _Lateness()
    lost: list[tuple[str, str, int]] = []
    for document, bureau, outlook, day in states:
        calendar, _rules = settings_of(bureau)
        code, since, why = document["code"], document.get("status_since"), document.get("status_reason", "")
        found.add(code, outlook, calendar, day, document["status"], since, why)
        facts = milestones_of(document)
        behind = slips(facts, current_measure(facts, document.get("baselines", {}), calendar), calendar)
        lost += [
            (code, document["milestones"][key]["delay_reason"], days)
            for key, (_behind, days) in behind.items()
            if days > 0 and document["milestones"][key]["public"]
        ]
    return found.with_reasons(lost)


class _Lateness:
    """What is known of each project before the days lost are: ``reasons`` why work stands still."""

    def __init__(self) -> None:
        self.slip: dict[str, int | None] = {}
        self.words: dict[str, str] = {}
        self.reasons: dict[str, str] = {}

    def add(
        self,
        code: str,
        outlook: Outlook,
        calendar: WorkCalendar,
        day: date,
        status: str,
        since: date | str | None,
        why: str,
    ) -> None:
        self.slip[code] = outlook.slip_on(day, calendar)
        self.words[code] = outlook_words(outlook, calendar, day, status, since)
        if status == Status.SUSPENDED and why and not outlook.over_on(day):
            self.reasons[code] = str(StatusReason(why).label)

    def with_reasons(self, lost: Iterable[tuple[str, str, int]]) -> Lateness:
        """``lost``: project, reason ("" where nobody said one), days."""
        of_project: dict[str, Counter[str]] = defaultdict(Counter)
        of_all: Counter[str] = Counter()
        for code, reason, days in lost:
            of_project[code][reason or ""] += days
            of_all[reason or ""] += days
        for code, told in of_project.items():
            most = max(told, key=lambda reason: (told[reason], reason))
            if most and code not in self.reasons and (self.slip[code] or 0) > 0:
                self.reasons[code] = str(DelayReason(most).label)
        words = {code: " · ".join(filter(None, (told, self.reasons.get(code)))) for code, told in self.words.items()}
        return Lateness(self.slip, words, dict(of_all.most_common()))
