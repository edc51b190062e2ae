"""The ledger: every write leaves one entry, the chain holds, the triggers refuse, and tampering is found."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from projects_api import engine
from projects_api.canonical import entry_hash
from projects_api.choices import Kind, PhotoState
from projects_api.errors import DomainError
from projects_api.models import (
    Allocation,
    AnnualPlan,
    Estimate,
    LedgerEntry,
    Milestone,
    Photo,
    Project,
    Spending,
)
from projects_api.patches import touched
from projects_api.selectors.documents import project_document
from projects_api.selectors.facts import plan_document
from projects_api.selectors.ledger import document_as_of, hashed_fields, replay
from projects_api.selectors.verify import verify
from projects_api.services.milestones import milestone_change
from projects_api.services.money import money_change, money_record
from projects_api.services.plans import plan_change
from projects_api.services.projects import engineer_assign, engineer_release, project_change
from projects_api.services.writing import project_write
from tests.cast import Cast
from tests.factories import make_project, make_user

TABLE = "projects_api_ledgerentry"


def entries(project: Project) -> list[LedgerEntry]:
    return list(LedgerEntry.objects.filter(project=project).order_by("version"))


def sql(statement: str, parameters: list[Any] | None = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or [])


# --- the chain ----------------------------------------------------------------------------------------------


def test_the_chain_runs_from_the_whole_document_to_the_present(cast: Cast) -> None:
    project = cast.project()
    chain = entries(project)
    assert [entry.version for entry in chain] == list(range(1, project.version + 1))
    assert chain[0].previous == "" and chain[0].patch[0]["path"] == "" and chain[0].action == "project.create"
    for before, after in zip(chain, chain[1:], strict=False):
        assert after.previous == before.hash and after.pk > before.pk
    for entry in chain:
        assert entry.hash == entry_hash(hashed_fields(entry))
    assert chain[-1].hash == project.head_hash
    assert replay(entry.patch for entry in chain) == project_document(project)


def test_plans_have_their_chain_too(cast: Cast) -> None:
    plan = AnnualPlan.objects.select_related("bureau").get(bureau__code="610526", year=2023)
    plan, entry = plan_change(
        plan_id=plan.pk, actor=None, at=timezone.now(), expected=1, changes={"title_en": "Plan"}, reason="r"
    )
    assert entry is not None and (entry.subject, entry.version) == ("plan:610526-2023", 2)
    chain = LedgerEntry.objects.filter(plan=plan).order_by("version")
    assert replay(e.patch for e in chain) == plan_document(plan) and chain.last().hash == plan.head_hash  # type: ignore[union-attr]


def test_a_refused_write_leaves_nothing(cast: Cast) -> None:
    project, before = cast.project(), LedgerEntry.objects.count()
    for changes in ({"title_zh": "", "title_en": ""}, {"status": "in_use"}, {"region": "411525"}, {"classes": 900}):
        with pytest.raises(DomainError):
            project_change(project_id=project.pk, actor=None, at=timezone.now(), expected=None, changes=changes)
    assert LedgerEntry.objects.count() == before and cast.project().version == project.version


# --- triggers -----------------------------------------------------------------------------------------------

FORBIDDEN = [
    f"UPDATE {TABLE} SET reason = 'x'",
    f"UPDATE {TABLE} SET id = id + 100000",
    f"DELETE FROM {TABLE}",
    f"DELETE FROM {TABLE} WHERE version = 1",
]
ON_SQLITE = [
    f"REPLACE INTO {TABLE} SELECT * FROM {TABLE} LIMIT 1",
    f"INSERT OR REPLACE INTO {TABLE} SELECT * FROM {TABLE} WHERE version = 2",
    f"UPDATE OR REPLACE {TABLE} SET version = 1",
    f"UPDATE OR IGNORE {TABLE} SET reason = 'x'",
    f"""INSERT INTO {TABLE} (id, subject, project_id, version, actor_name, action, at, reason, patch, public, salt,
        previous, hash)
        SELECT id, subject, project_id, version, actor_name, action, at, 'x', patch, public, salt, previous, hash
        FROM {TABLE}
        WHERE version = 2 ON CONFLICT (id) DO UPDATE SET reason = 'x'""",
]
ON_POSTGRES = [
    f"TRUNCATE {TABLE}",
    f"TRUNCATE {TABLE} CASCADE",
    "TRUNCATE projects_api_project CASCADE",
    f"""INSERT INTO {TABLE} (id, subject, project_id, version, actor_name, action, at, reason, patch, public, salt,
        previous, hash)
        SELECT id, subject, project_id, version, actor_name, action, at, 'x', patch, public, salt, previous, hash
        FROM {TABLE}
        WHERE version = 2 LIMIT 1 ON CONFLICT (id) DO UPDATE SET reason = 'x'""",
]


def contents() -> list[tuple[Any, ...]]:
    return list(LedgerEntry.objects.order_by("pk").values_list("pk", "version", "reason", "hash", "subject"))


def test_the_database_refuses_to_change_or_delete_an_entry(cast: Cast) -> None:
    before = contents()
    for statement in FORBIDDEN + (ON_POSTGRES if engine.is_postgres() else ON_SQLITE):
        with pytest.raises(DatabaseError), transaction.atomic():
            sql(statement)
        assert contents() == before, statement
    with pytest.raises(DatabaseError), transaction.atomic():
        LedgerEntry.objects.filter(version=1).delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        entry = LedgerEntry.objects.order_by("pk")[0]
        entry.reason = "x"
        entry.save()
    assert contents() == before


# --- replay -------------------------------------------------------------------------------------------------


class Walk:
    """Random acts on one project, as people of the office and the site do them; some are refused, as they would be."""

    def __init__(self, cast: Cast, seed: int) -> None:
        self.random = random.Random(seed)
        self.at = datetime(2024, 1, 1, tzinfo=UTC)
        self.project = make_project(
            cast.bureau(), actor=cast.user("official"), at=self.at, kind=self.random.choice(Kind.values)
        )
        self.keys = list(self.project.milestones.values_list("key", flat=True))
        self.engineers = [cast.user("engineer"), cast.user("other_engineer")]
        self.documents: dict[int, dict[str, Any]] = {1: project_document(cast.project(self.project.code))}
        self.cast = cast

    def day(self) -> date:
        return date(2023, 1, 1) + timedelta(days=self.random.randrange(360))

    def act(self) -> None:
        pick = self.random.choice
        frame: dict[str, Any] = {
            "project_id": self.project.pk, "actor": self.engineers[0], "at": self.at, "expected": None, "reason": pick(["", "r"]),
        }  # fmt: skip
        model: Any
        values: Any
        act = self.random.randrange(7)
        if act == 0:
            project_change(changes=self.own_facts(), **frame)
        elif act in (1, 2, 3):
            milestone_change(key=pick(self.keys), changes=self.stage_facts(), **frame)
        elif act == 4:
            pick([engineer_assign, engineer_release])(engineer=pick(self.engineers), **frame)
        elif act == 5:
            model, values = pick(
                [
                    (Estimate, {"kind": "settlement"}),
                    (Allocation, {"source": "donation", "year": 2024}),
                    (Spending, {"kind": "work_done", "dated": self.day()}),
                ]
            )
            money_record(model=model, values={"amount": self.random.randrange(1, 10**9), **values}, **frame)
        else:
            model = pick([Estimate, Allocation, Spending])
            numbers = list(model.objects.filter(project=self.project).values_list("number", flat=True))
            if numbers:
                changes: Any = pick([{"amount": self.random.randrange(1, 10**6)}, {"archived": True}, {"note": "注"}])
                money_change(model=model, number=pick(numbers), changes=changes, **frame)

    def own_facts(self) -> dict[str, Any]:
        facts: dict[str, Any] = {
            "title_zh": self.random.choice(["甲", "乙/丙", "a~b", "𠀀校", "{{7*191}}"]),
            "places": self.random.choice([None, 0, 900]),
            "floor_area": self.random.choice([None, "12.50"]),
            "site": self.random.choice([None, {"type": "Point", "coordinates": [109.6, 34.9]}]),
            "plan": self.random.choice([None, "610526-2023"]),
            "status": self.random.choice(["approved", "suspended", "under_construction"]),
            "published": self.random.random() < 0.5,
            "archived": self.random.random() < 0.2,
            "note": "n" * self.random.randrange(3),
        }
        chosen = {name: facts[name] for name in self.random.sample(sorted(facts), 3)}
        if self.cast.project(self.project.code).archived_at:
            chosen["archived"] = False  # nothing else is taken until it is back
        if chosen.get("plan"):
            chosen["plan_target"] = "start"
        if chosen.get("status") == "suspended":
            chosen["status_reason"] = "weather"
        return chosen

    def stage_facts(self) -> dict[str, Any]:
        return self.random.choice(
            [
                {"planned": self.day()},
                {"started": self.day(), "percent": self.random.randrange(100)},
                {"actual": self.day()},
                {"actual": None, "percent": 40},
                {"forecast": self.day(), "delay_reason": "weather", "delay_note": "雨"},
                {"state": "not_applicable"},
                {"weight": self.random.randrange(50)},
            ]
        )

    def run(self, steps: int) -> None:
        for _step in range(steps):
            self.at += timedelta(hours=self.random.randrange(1, 40))
            try:
                with transaction.atomic():
                    self.act()
            except DomainError:
                continue
            fresh = self.cast.project(self.project.code)
            self.documents[fresh.version] = project_document(fresh)


@pytest.mark.parametrize("seed", range(6))
def test_replay_gives_the_tables_after_any_sequence_of_acts(cast: Cast, seed: int) -> None:
    """…and every state in between: what was known on a day is what the tables held then."""
    walk = Walk(cast, seed)
    walk.run(40)
    chain = entries(walk.project)
    assert len(chain) > 12, "most acts are accepted"
    assert {entry.version for entry in chain} == walk.documents.keys(), "one entry per act that changed something"
    for entry in chain:
        known = replay(e.patch for e in chain[: entry.version])
        assert known == walk.documents[entry.version]
    by_day = {}
    for entry in chain:
        by_day[entry.at.astimezone(timezone.get_default_timezone()).date()] = entry.version
    fresh = cast.project(walk.project.code)
    for day, version in by_day.items():
        found = document_as_of(fresh, day)
        assert found is not None and found[:2] == (walk.documents[version], version)
    assert verify().sound


# --- what a write reads again ---


def test_whatever_a_write_touches_is_in_its_entry(cast: Cast) -> None:
    """Only the parts whose tables were written are read again, whoever wrote them and however."""
    project = cast.project()
    at = datetime(2023, 7, 1, tzinfo=UTC)
    with project_write(project.pk, actor=None, action="test", at=at) as write:
        sql("UPDATE projects_api_spending SET note = 'by hand' WHERE project_id = %s", [project.pk])
    assert write.entry is not None
    assert {path.split("/")[1] for path in touched(write.entry.patch)} == {"spending"}
    assert verify().sound


def test_photos_of_a_stage_that_is_hidden_change_with_it(cast: Cast) -> None:
    """Which words of a photo the public may read hangs on its stage, though nobody writes the photo."""
    project, at = cast.project(), datetime(2023, 7, 1, tzinfo=UTC)
    with project_write(project.pk, actor=None, action="test", at=at):
        Photo.objects.create(
            id=uuid4(), project=project, milestone="foundations", uploader=make_user("p"), announced_at=at, taken_at=at,
            size=1, media_type="image/jpeg", state=PhotoState.COMPLETE, completed_at=at, sha256="0" * 64, width=1, height=1,
            look_1=1, published=True,
        )  # fmt: skip
    with project_write(project.pk, actor=None, action="test", at=at) as write:
        Milestone.objects.filter(project=project, key="foundations").update(public=False)
    assert write.entry is not None
    assert {path.split("/")[1] for path in touched(write.entry.patch)} == {"milestones", "photos"}
    assert verify().sound


def test_a_milestones_write_reads_the_milestones_and_nothing_else(cast: Cast) -> None:
    project = cast.project()
    at = datetime(2023, 7, 1, tzinfo=UTC)
    with CaptureQueriesContext(connection) as seen:
        milestone_change(
            project_id=project.pk, key="foundations", actor=None, at=at, expected=None, changes={"percent": 7}
        )
    read = [query["sql"] for query in seen if query["sql"].startswith("SELECT")]
    others = (
        "allocation",
        "spending",
        "estimate",
        "assignment",
        "photo",
        "inspection",
        "certificate",
        "progressreport",
    )
    assert not [words for words in read for table in others if f'FROM "projects_api_{table}"' in words]
    assert sum('FROM "projects_api_milestone"' in words for words in read) == 3, "to change it, before, after"
    assert verify().sound
