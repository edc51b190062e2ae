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
    slip, words, halted = {}, {}, {}
    for code, bureau, status, since, why, *stored in projects.order_by().values_list(*columns):
        outlook = Outlook(**dict(zip(OUTLOOK, stored, strict=True)))
        slip[code] = outlook.slip_on(today, calendars[bureau])
        words[code] = outlook_words(outlook, calendars[bureau], today, status, since)
        if status == Status.SUSPENDED and why and not outlook.over_on(today):
            halted[code] = why
    lost = (
        Milestone.objects.filter(project__in=projects.order_by().values("pk"), public=True, days_lost__gt=0)
        .order_by()
        .values_list("project__code", "delay_reason")
        .annotate(days=Sum("days_lost"))
    )
    return _lateness(slip, words, halted, lost)


def lateness_of_documents(states: Iterable[tuple[Document, Bureau, Outlook, date]]) -> Lateness:
    """The same of documents, each with its bureau, outlook and day. No query."""
    slip: dict[str, int | None] = {}
    words: dict[str, str] = {}
    halted: dict[str, str] = {}
    lost: list[tuple[str, str, int]] = []
    for document, bureau, outlook, day in states:
        calendar, _rules = settings_of(bureau)
        code, status = document["code"], document["status"]
        slip[code] = outlook.slip_on(day, calendar)
        words[code] = outlook_words(outlook, calendar, day, status, document.get("status_since"))
        if status == Status.SUSPENDED and document.get("status_reason") and not outlook.over_on(day):
            halted[code] = document["status_reason"]
        facts = milestones_of(document)
        found = slips(facts, current_measure(facts, document.get("baselines", {}), calendar), calendar)
        lost += [
            (code, document["milestones"][key]["delay_reason"], days)
            for key, (_behind, days) in found.items()
            if days > 0 and document["milestones"][key]["public"]
        ]
    return _lateness(slip, words, halted, lost)


def _lateness(
    slip: dict[str, int | None], words: dict[str, str], halted: dict[str, str], lost: Iterable[tuple[str, str, int]]
) -> Lateness:
    of_project: dict[str, Counter[str]] = defaultdict(Counter)
    of_all: Counter[str] = Counter()
    for code, reason, days in lost:
        of_project[code][reason or ""] += days
        of_all[reason or ""] += days
    reasons = {code: str(StatusReason(why).label) for code, why in halted.items()}
    for code, told in of_project.items():
        most = max(told, key=lambda reason: (told[reason], reason))
        if most and code not in halted and (slip[code] or 0) > 0:
            reasons[code] = str(DelayReason(most).label)
    for code, reason in reasons.items():
        words[code] = f"{words[code]} · {reason}"
    return Lateness(slip, words, dict(of_all.most_common()))
