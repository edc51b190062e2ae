"""What only time brings: due soon, overdue, nobody reports, findings' deadlines, what has waited too long for the leader.

Made from the facts, the bureau's rules and today; run as often as one likes, by as many as like: each thing has a key that
changes only when something new has become true (another day has passed, a deadline was moved), and the outbox takes a key once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from projects_api import engine
from projects_api.choices import MilestoneState, ReportState, Role, Status
from projects_api.choices import NotificationKind as Kind
from projects_api.models import Baseline, Bureau, Finding, Milestone, Notification, ProgressReport, Project, Question
from projects_api.selectors.facts import iso
from projects_api.selectors.inspections import TO_MEND
from projects_api.selectors.notifications import Audience
from projects_api.selectors.questions import OPEN
from projects_api.services.notifications import TEXT, News, tell

_DONE = (MilestoneState.MET, MilestoneState.REPORTED, MilestoneState.NOT_APPLICABLE)
_AT_REST = (Status.SUSPENDED, Status.CANCELLED, Status.IN_USE)
NAMED = 5  # stages that a notification names; it counts the rest
BATCH = 500
_INSPECTORS = (Role.SUPERVISOR, Role.OFFICIAL)


def sweep(*, at: datetime) -> int:
    """Tell everybody in every bureau what is due by now; how many notifications are new."""
    return sum(sweep_bureau(bureau, at=at) for bureau in Bureau.objects.order_by("pk"))


def sweep_bureau(bureau: Bureau, *, at: datetime) -> int:
    """The same for one bureau. 9 queries at any number of projects; nothing is written, and no writer waits, where there is
    nothing new.
    """
    found = list(_news(bureau, at))
    fresh = _untold(found)
    made = 0
    for start in range(0, len(fresh), BATCH):
        with engine.writer():
            made += tell(fresh[start : start + BATCH], at=at)
    return made


def _untold(news: list[News]) -> list[News]:
    """Without the people who were told already: most of it, most hours. One query per 500 projects."""
    told: set[tuple[int, int, str]] = set()
    projects = sorted({item.project_id for item in news})
    kinds = sorted({item.kind for item in news})
    for start in range(0, len(projects), BATCH):
        rows = Notification.objects.filter(project__in=projects[start : start + BATCH], kind__in=kinds)
        told |= set(rows.values_list("recipient_id", "project_id", "key"))
    fresh = []
    for item in news:
        to = frozenset(user for user in item.to if (user, item.project_id, item.key) not in told)
        if to:
            fresh.append(News(item.project_id, item.kind, item.key, item.facts, to))
    return fresh


@dataclass(frozen=True)
class _Site:
    """What the sweep knows of a project."""

    pk: int
    leader: str
    status: str
    stale_from: date | None
    reported: date


def _news(bureau: Bureau, at: datetime) -> Iterator[News]:
    today = bureau.day_of(at)
    audience = Audience(bureau)
    rows = Project.objects.filter(bureau=bureau, archived_at__isnull=True)
    sites = {
        pk: _Site(pk, leader, status, stale, bureau.day_of(reported or updated))
        for pk, leader, status, stale, updated, reported in rows.values_list(
            "pk", "responsible_leader", "status", "stale_from", "updated_at", "reported_at"
        )
    }
    at_work = {pk: site for pk, site in sites.items() if site.status not in _AT_REST}
    yield from _stages(bureau, at_work, audience, today)
    yield from _stale(at_work, audience, today)
    yield from _findings(bureau, sites, audience, today)
    yield from _reports(bureau, sites, audience, today)
    yield from _questions(bureau, sites, audience, today)


def _escalated(
    site: _Site, audience: Audience, about: Kind, key: str, facts: Mapping[str, Any], since: date, today: date
) -> Iterator[News]:
    """The same once more, to the leader, when it has lasted for the bureau's days."""
    days = audience.rules.escalate_days
    if days and since + timedelta(days=days) <= today:
        to = frozenset(audience.leaders(site.leader))
        yield News(site.pk, Kind.ESCALATION, f"escalation:{key}", {**facts, "about": about.value, "days": days}, to)


# --- stages ---


def _stages(bureau: Bureau, sites: Mapping[int, _Site], audience: Audience, today: date) -> Iterator[News]:
    """One notification per project and day on which something more became due: it names all that is."""
    for pk, stages in _open_stages(bureau, sites).items():
        site, engineers = sites[pk], frozenset(audience.engineers(pk))
        soon = [s for s in stages if today <= s["due"] <= today + timedelta(days=audience.rules.due_days)]
        late = [s for s in stages if s["due"] < today]
        if soon and audience.rules.due_days:
            yield News(pk, Kind.DUE_SOON, f"due:{soon[-1]['due']}", _named(soon), engineers)
        days = audience.rules.escalate_days
        long = [s for s in late if s["due"] + timedelta(days=days) <= today] if days else []
        if late:
            to = engineers | audience.holders(Role.OFFICIAL)
            # Where all of it has lasted that long (the first sweep of an installation), leaders hear it once, not twice.
            to -= audience.leaders(site.leader) if len(long) == len(late) else frozenset()
            yield News(pk, Kind.OVERDUE, f"overdue:{late[-1]['due']}", _named(late), to)
        if long:
            last = long[-1]["due"]
            yield from _escalated(site, audience, Kind.OVERDUE, f"overdue:{last}", _named(long), last, today)


def _open_stages(bureau: Bureau, sites: Mapping[int, _Site]) -> dict[int, list[dict[str, Any]]]:
    """Open stages that have a day, by project, the earliest first: the newest forecast, else the plan, else the promise.
    Two queries.
    """
    promised: dict[int, Mapping[str, Any]] = {}
    for pk, stages in (
        Baseline.objects.filter(project__bureau=bureau).order_by("number").values_list("project_id", "stages")
    ):
        promised[pk] = stages
    found: dict[int, list[dict[str, Any]]] = {}
    rows = Milestone.objects.filter(project__bureau=bureau, actual__isnull=True).exclude(state__in=_DONE)
    columns = ("project_id", "key", "title_zh", "title_en", "forecast", "planned", "reported")
    for pk, key, zh, en, forecast, planned, told in rows.order_by("position", "key").values_list(*columns):
        # What is reported and held back from the public counts among the bureau's own.
        told = told or {}
        if told.get("state") in _DONE:
            continue
        if "forecast" in told:
            forecast = date.fromisoformat(told["forecast"]) if told["forecast"] else None
        promise = promised.get(pk, {}).get(key, {}).get("finish")
        due = forecast or planned or (date.fromisoformat(promise) if promise else None)
        if due and pk in sites:
            found.setdefault(pk, []).append({"key": key, "zh": zh, "en": en, "due": due})
    for stages in found.values():
        stages.sort(key=lambda stage: stage["due"])
    return found


def _named(stages: list[dict[str, Any]]) -> dict[str, Any]:
    """The newest come last and are what is told; the first few are named, since the oldest is where to begin."""
    return {"stages": [{**stage, "due": iso(stage["due"])} for stage in stages[:NAMED]], "count": len(stages)}


# --- sites, findings, reports ---


def _stale(sites: Mapping[int, _Site], audience: Audience, today: date) -> Iterator[News]:
    for site in sites.values():
        if site.stale_from is None or site.stale_from > today:
            continue
        key, facts = f"stale:{site.stale_from}", {"since": iso(site.reported)}
        to = audience.engineers(site.pk) | audience.holders(Role.SUPERVISOR)
        yield News(site.pk, Kind.STALE, key, facts, frozenset(to))
        yield from _escalated(site, audience, Kind.STALE, key, facts, site.stale_from, today)


def _findings(bureau: Bureau, sites: Mapping[int, _Site], audience: Audience, today: date) -> Iterator[News]:
    ahead = today + timedelta(days=audience.rules.finding_days)
    rows = Finding.objects.filter(project__bureau=bureau, state__in=TO_MEND, deadline__lte=ahead)
    columns = ("project_id", "number", "severity", "deadline", "description", "owner_user__username")
    for pk, number, severity, deadline, description, owner in rows.values_list(*columns):
        if pk not in sites:
            continue
        facts = {"finding": number, "severity": severity, "deadline": iso(deadline), "text": description[:TEXT]}
        menders = audience.engineers(pk) | audience.named([owner])
        if deadline < today:
            key = f"finding:{number}:overdue:{deadline}"
            yield News(pk, Kind.FINDING_OVERDUE, key, facts, frozenset(menders | audience.holders(*_INSPECTORS)))
            yield from _escalated(sites[pk], audience, Kind.FINDING_OVERDUE, key, facts, deadline, today)
        elif audience.rules.finding_days:
            yield News(pk, Kind.FINDING_DUE, f"finding:{number}:due:{deadline}", facts, frozenset(menders))


def _reports(bureau: Bureau, sites: Mapping[int, _Site], audience: Audience, today: date) -> Iterator[News]:
    rows: Iterable[Any] = ProgressReport.objects.filter(
        project__bureau=bureau, state=ReportState.SUBMITTED
    ).select_related("author")
    for report in rows.only("pk", "project_id", "received_at", "author__username", "author__display_name"):  # type: ignore[attr-defined]
        if report.project_id not in sites:
            continue
        since = bureau.day_of(report.received_at)
        facts = {"report": str(report.pk), "author": report.author.get_full_name(), "since": iso(since)}
        key = f"report:{report.pk}"
        yield from _escalated(sites[report.project_id], audience, Kind.REPORT_WAITING, key, facts, since, today)


def _questions(bureau: Bureau, sites: Mapping[int, _Site], audience: Audience, today: date) -> Iterator[News]:
    """Questions of the public whose term has passed: the office, and whom it was assigned to."""
    rows = Question.objects.filter(project__bureau=bureau, state__in=OPEN, due_on__lt=today)
    for pk, question, due, assignee in rows.values_list("project_id", "pk", "due_on", "assignee__username"):
        if pk in sites:
            facts = {"question": str(question), "due": iso(due)}
            to = audience.holders(Role.OFFICIAL, Role.BUREAU_ADMIN) | audience.named([assignee or ""])
            yield News(pk, Kind.QUESTION_OVERDUE, f"question:{question}:overdue", facts, frozenset(to))
