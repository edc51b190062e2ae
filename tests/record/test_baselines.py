"""Baselines in the record: numbered, in the ledger, and altered by nobody: not by a model, not by SQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import ProtectedError

from projects_api import engine
from projects_api.errors import InvalidInput, RuleBroken, StaleVersion
from projects_api.models import Baseline, LedgerEntry, Project
from projects_api.schedule.travel import document_on
from projects_api.selectors.documents import project_document
from projects_api.selectors.ledger import document_as_of, replay
from projects_api.selectors.verify import verify
from projects_api.services.baselines import baseline_approve
from projects_api.services.milestones import milestone_change
from projects_api.services.projects import project_change
from tests.cast import Cast
from tests.factories import make_project

TABLE = "projects_api_baseline"
CREATED = datetime(2023, 1, 10, 4, tzinfo=UTC)
APPROVED = datetime(2023, 3, 1, 4, tzinfo=UTC)
LATER = datetime(2023, 6, 1, 4, tzinfo=UTC)
FIRST_DAY = date(2023, 4, 1)


def planned(cast: Cast, **values: Any) -> Project:
    """A rural upgrade, one stage a week from 1 April 2023 on."""
    project = make_project(cast.bureau(), at=CREATED, kind="rural_upgrade", **values)
    for place, key in enumerate(project.milestones.values_list("key", flat=True)):
        change(project, key, planned=FIRST_DAY + timedelta(weeks=place))
    return project


def change(project: Project, key: str, *, at: datetime = CREATED, **changes: Any) -> None:
    milestone_change(project_id=project.pk, key=key, actor=None, at=at, expected=None, changes=changes)


def approve(project: Project, reason: str = "the council's plan", *, at: datetime = APPROVED, **more: Any) -> Baseline:
    return baseline_approve(
        project_id=project.pk, **{"actor": None, "at": at, "expected": None, "reason": reason} | more
    )


@pytest.fixture
def project(cast: Cast) -> Project:
    """With two baselines: of March, and of June, by which the acceptance comes 20 days later."""
    project = planned(cast)
    approve(project, actor=cast.user("official"))
    for key in ("acceptance", "audit", "payment"):
        change(project, key, planned=FIRST_DAY + timedelta(weeks=9, days=20), at=LATER)
    approve(project, "rain in May", at=LATER, actor=cast.user("bureau_admin"))
    return cast.project(project.code)


def rows() -> list[Any]:
    return list(Baseline.objects.order_by("pk").values())


def sql(statement: str, parameters: list[Any] | None = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or [])


@contextmanager
def refused() -> Iterator[None]:
    """The database refuses it, and every row is as it was."""
    before = rows()
    assert before
    with pytest.raises(DatabaseError), transaction.atomic():
        yield
    assert rows() == before


# --- numbers ------------------------------------------------------------------------------------------------


def test_each_approval_is_the_next_number_and_keeps_what_was_promised(project: Project) -> None:
    first, second = project.baselines.order_by("number")
    assert (first.number, first.reason, first.finish) == (1, "the council's plan", FIRST_DAY + timedelta(weeks=7))
    assert (second.number, second.reason) == (2, "rain in May")
    assert second.finish == FIRST_DAY + timedelta(weeks=9, days=20)
    assert (first.approved_at, second.approved_at) == (APPROVED, LATER)
    assert (
        first.stages["acceptance"]["finish"] == "2023-05-20" and second.stages["acceptance"]["finish"] == "2023-06-23"
    )
    assert first.stages["works"] == second.stages["works"] and len(first.stages) == 10


def test_the_ledger_holds_the_promise_whole(project: Project) -> None:
    chain = list(LedgerEntry.objects.filter(project=project).order_by("version"))
    assert [entry.action for entry in chain].count("baseline.approve") == 2 and chain[-1].reason == "rain in May"
    assert replay(entry.patch for entry in chain) == project_document(project)
    assert project_document(project)["baselines"]["1"]["approved_by"] == "official"
    assert verify().sound


def test_a_refused_approval_leaves_nothing(cast: Cast) -> None:
    project = planned(cast)
    before = cast.project(project.code).version
    change(project, "works", planned=None)
    with pytest.raises(InvalidInput) as caught:
        approve(project)
    assert [error.pointer for error in caught.value.errors] == ["/milestones/works/planned"]
    with pytest.raises(InvalidInput):
        approve(project, "  ")
    with pytest.raises(StaleVersion):
        approve(project, expected=before)
    change(project, "works", planned=date(2023, 5, 13))
    approve(project)
    with pytest.raises(RuleBroken):
        approve(project)
    assert [row["number"] for row in rows()] == [1] and cast.project(project.code).version == before + 3


def test_numbers_are_each_projects_own(cast: Cast, project: Project) -> None:
    assert approve(planned(cast)).number == 1
    assert sorted(row["number"] for row in rows()) == [1, 1, 2]


def test_what_does_not_apply_is_not_promised(cast: Cast) -> None:
    project = planned(cast)
    change(project, "needs_survey", state="not_applicable")
    assert "needs_survey" not in approve(project).stages


# --- nobody alters one --------------------------------------------------------------------------------------

COPY = "project_id, number, approved_at, approved_by_id, reason, finish, stages, illustrative"
FORBIDDEN = [
    f"UPDATE {TABLE} SET reason = 'x'",
    f"UPDATE {TABLE} SET finish = '2030-01-01' WHERE number = 1",
    f"UPDATE {TABLE} SET number = number + 10",
    f"UPDATE {TABLE} SET id = id + 100000",
    f"UPDATE {TABLE} SET reason = reason",
    f"DELETE FROM {TABLE}",
    f"DELETE FROM {TABLE} WHERE number = 1",
    f"INSERT INTO {TABLE} (id, {COPY}) SELECT id + 100000, {COPY} FROM {TABLE}",
]
ON_SQLITE = [
    f"REPLACE INTO {TABLE} SELECT * FROM {TABLE}",
    f"INSERT OR REPLACE INTO {TABLE} (id, {COPY}) SELECT id + 100000, {COPY} FROM {TABLE}",
    f"INSERT OR REPLACE INTO {TABLE} (id, {COPY}) SELECT id, project_id, number + 10, "
    f"{COPY.partition('number, ')[2]} FROM {TABLE}",
    f"UPDATE OR REPLACE {TABLE} SET number = 1",
    f"UPDATE OR IGNORE {TABLE} SET reason = 'x'",
]
ON_POSTGRES = [f"TRUNCATE {TABLE}", f"TRUNCATE {TABLE} CASCADE", "TRUNCATE projects_api_project CASCADE"]
ON_BOTH = [
    f"INSERT INTO {TABLE} (id, {COPY}) SELECT id, {COPY} FROM {TABLE} WHERE number = 1 "
    "ON CONFLICT (id) DO UPDATE SET reason = 'x'",
    f"INSERT INTO {TABLE} (id, {COPY}) SELECT id + 100000, {COPY} FROM {TABLE} WHERE number = 1 "
    "ON CONFLICT (project_id, number) DO UPDATE SET reason = 'x'",
]


@pytest.mark.parametrize("statement", FORBIDDEN + ON_BOTH + (ON_POSTGRES if engine.is_postgres() else ON_SQLITE))
def test_the_database_refuses_it_in_sql(project: Project, statement: str) -> None:
    with refused():
        sql(statement)


def test_the_database_refuses_it_through_the_models(project: Project) -> None:
    first = project.baselines.get(number=1)
    first.finish = date(2030, 1, 1)
    with refused():
        first.save()
    with refused():
        first.save(update_fields=["finish"])
    with refused():
        first.delete()
    with refused():
        project.baselines.all().delete()
    with refused():
        Baseline.objects.update(reason="x")
    with refused():
        Baseline.objects.bulk_update([first], ["finish"])
    with refused():
        Baseline.objects.bulk_create(
            [Baseline(project=project, number=1, approved_at=LATER, reason="x", finish=FIRST_DAY, stages={})],
            update_conflicts=True,
            unique_fields=["project", "number"],
            update_fields=["reason"],
        )
    with pytest.raises((ProtectedError, DatabaseError)), transaction.atomic():
        project.delete()
    assert verify().sound


def broken() -> list[str]:
    return [str(fault) for fault in verify().faults]


def test_a_baseline_slipped_in_behind_the_ledger_is_found(project: Project) -> None:
    """Rows may be added, so the triggers let it pass; the ledger does not."""
    with transaction.atomic():
        sql(
            f"INSERT INTO {TABLE} ({COPY}) SELECT project_id, 3, {COPY.partition('number, ')[2]} FROM {TABLE} WHERE number = 1"
        )
        (fault,) = broken()
        transaction.set_rollback(True)
    assert fault.startswith(f"project:{project.code} ")


@pytest.mark.parametrize(
    "statement",
    [
        f"UPDATE {TABLE} SET finish = '2030-01-01' WHERE number = 1",
        f"UPDATE {TABLE} SET reason = 'x' WHERE number = 1",
        f"UPDATE {TABLE} SET approved_by_id = NULL WHERE number = 2",
        f"DELETE FROM {TABLE} WHERE number = 1",
    ],
)
def test_with_the_triggers_taken_away_it_is_still_found(project: Project, statement: str) -> None:
    for drop in engine.rewritable(engine.BASELINE_TABLE):
        sql(drop)
    sql(statement)
    (fault,) = broken()
    for create in engine.write_once(engine.BASELINE_TABLE):
        sql(create)
    assert fault.startswith(f"project:{project.code} ")


# --- the past -----------------------------------------------------------------------------------------------


def test_before_the_approval_nobody_knew_of_it(project: Project) -> None:
    numbers: dict[date, list[str]] = {}
    for day in (date(2023, 2, 28), date(2023, 3, 1), date(2023, 5, 31), date(2023, 6, 1)):
        known = document_as_of(project, day)
        assert known is not None
        numbers[day] = sorted(known[0].get("baselines", {}))
    assert list(numbers.values()) == [[], ["1"], ["1"], ["1", "2"]]
    assert "baselines" not in (document_as_of(project, date(2023, 2, 28)) or ({},))[0], "absent, as in older records"


def test_on_a_day_there_was_what_had_been_promised_by_then(project: Project) -> None:
    change(project, "needs_survey", actual=date(2023, 4, 2), at=LATER + timedelta(days=30))
    document = project_document(project)
    recorded = (LATER + timedelta(days=30)).date()
    found = {
        day: sorted(document_on(document, day, recorded=recorded).get("baselines", {}))
        for day in (date(2023, 2, 28), date(2023, 3, 1), date(2023, 6, 1), recorded)
    }
    assert list(found.values()) == [[], ["1"], ["1", "2"], ["1", "2"]]
    assert sorted(document["baselines"]) == ["1", "2"], "the input is not touched"


def test_a_project_without_baselines_has_none_in_its_document(cast: Cast) -> None:
    """Older records were hashed without the member."""
    assert "baselines" not in project_document(planned(cast))


def test_a_promise_outlives_what_happens_to_the_project(cast: Cast, project: Project) -> None:
    before = rows()
    change(project, "works", actual=date(2023, 8, 1), at=datetime(2023, 8, 2, tzinfo=UTC))
    change(project, "works", weight=1, at=LATER + timedelta(days=70))
    given_up = {"status": "cancelled", "status_reason": "land"}
    project_change(project_id=project.pk, actor=None, at=LATER + timedelta(days=71), expected=None, changes=given_up)
    with pytest.raises(RuleBroken):
        approve(project, "again", at=LATER + timedelta(days=72))
    assert rows() == before and verify().sound
