"""`verify_ledger`: whatever somebody with the keys of the database changes is found and named."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone

from projects_api import engine
from projects_api.models import (
    AnnualPlan,
    Assignment,
    Bureau,
    Estimate,
    LedgerEntry,
    Milestone,
    Project,
    School,
    Spending,
    User,
)
from projects_api.selectors.documents import project_document
from projects_api.selectors.verify import verify
from projects_api.services.bureaus import lights_change
from projects_api.services.projects import project_change
from tests.cast import Cast
from tests.factories import make_user
from tests.record.test_ledger import TABLE, entries, sql


@contextmanager
def tampering() -> Iterator[None]:
    """As somebody with the keys of the database could: the triggers taken away for a moment."""
    for statement in engine.rewritable(engine.LEDGER_TABLE):
        sql(statement)
    yield
    for statement in engine.write_once(engine.LEDGER_TABLE):
        sql(statement)


def broken() -> list[str]:
    return [str(fault) for fault in verify().faults]


def test_what_was_never_touched_is_sound(cast: Cast) -> None:
    result = verify()
    assert result.sound and (result.chains, result.entries) == (9, LedgerEntry.objects.count())


ENTRY = f"{TABLE} WHERE project_id = %s AND version = %s"
TAMPER: dict[str, tuple[str, int]] = {
    "a reason changed": (f"UPDATE {TABLE} SET reason = 'x' WHERE project_id = %s AND version = 3", 3),
    "an actor changed": (f"UPDATE {TABLE} SET actor_name = 'boss' WHERE project_id = %s AND version = 2", 2),
    "a time changed": (f"UPDATE {TABLE} SET at = '2020-01-01 00:00:00+00' WHERE project_id = %s AND version = 2", 2),
    "an action changed": (f"UPDATE {TABLE} SET action = 'x' WHERE project_id = %s AND version = 1", 1),
    "a hash flipped": (
        f"UPDATE {TABLE} SET hash = CASE WHEN hash LIKE 'f%%' THEN '0' ELSE 'f' END || substr(hash, 2) "
        "WHERE project_id = %s AND version = 6",
        6,
    ),
    "a link flipped": (f"UPDATE {TABLE} SET previous = '' WHERE project_id = %s AND version = 4", 4),
    "an entry removed": (f"DELETE FROM {TABLE} WHERE project_id = %s AND version = 4", 4),
    "the first removed": (f"DELETE FROM {TABLE} WHERE project_id = %s AND version = 1", 1),
    "the last removed": (f"DELETE FROM {TABLE} WHERE project_id = %s AND version = 7", 7),
    "the end cut off": (f"DELETE FROM {TABLE} WHERE project_id = %s AND version > 4", 5),
    "everything removed": (f"DELETE FROM {TABLE} WHERE project_id = %s", 1),
}


@pytest.mark.parametrize("how", sorted(TAMPER))
def test_tampering_with_an_entry_is_found_and_named(cast: Cast, how: str) -> None:
    statement, version = TAMPER[how]
    project = cast.project()
    assert project.version == 7
    with tampering():
        sql(statement, [project.pk])
        (fault,) = broken()
    assert fault.startswith(f"project:{cast.published} entry {version}:"), fault


def test_a_changed_patch_is_found(cast: Cast) -> None:
    entry = entries(cast.project())[0]
    document = json.dumps(entry.patch).replace("50000000.00", "60000000.00")
    with tampering():
        kind = "::jsonb" if engine.is_postgres() else ""
        sql(f"UPDATE {TABLE} SET patch = %s{kind} WHERE id = %s", [document, entry.pk])
        (fault,) = broken()
    assert "entry 1: was changed" in fault


def test_two_entries_that_change_places_are_found(cast: Cast) -> None:
    project = cast.project()
    with tampering():
        for old, new in ((3, 900), (4, 3), (900, 4)):
            sql(f"UPDATE {TABLE} SET version = %s WHERE project_id = %s AND version = %s", [new, project.pk, old])
        (fault,) = broken()
    assert "entry 3:" in fault


def test_an_entry_moved_to_another_project_is_found(cast: Cast) -> None:
    other = cast.project(cast.unpublished)
    with tampering():
        sql(f"UPDATE {TABLE} SET project_id = %s WHERE project_id = %s AND version = 7", [other.pk, cast.project().pk])
        faults = broken()
    assert len(faults) == 2


CHANGES_BEHIND: list[tuple[str, Any]] = [
    ("title", lambda p: Project.objects.filter(pk=p.pk).update(title_zh="别的")),
    ("published", lambda p: Project.objects.filter(pk=p.pk).update(published=False)),
    ("progress", lambda p: Project.objects.filter(pk=p.pk).update(progress=99)),
    ("archived", lambda p: Project.objects.filter(pk=p.pk).update(archived_at=timezone.now())),
    ("site", lambda p: Project.objects.filter(pk=p.pk).update(site="SRID=4326;POINT(109.5 34.9)")),
    ("milestone", lambda p: Milestone.objects.filter(project=p, key="foundations").update(planned=date(2024, 1, 1))),
    ("milestone removed", lambda p: Milestone.objects.filter(project=p, key="foundations").delete()),
    ("amount", lambda p: Spending.objects.filter(project=p).update(amount=1)),
    ("money removed", lambda p: Estimate.objects.filter(project=p).delete()),
    ("assignment", lambda p: Assignment.objects.filter(project=p).update(ended=date(2030, 1, 1))),
    ("version", lambda p: Project.objects.filter(pk=p.pk).update(version=8)),
    ("head", lambda p: Project.objects.filter(pk=p.pk).update(head_hash="0" * 64)),
]


@pytest.mark.parametrize(("what", "change"), CHANGES_BEHIND, ids=[what for what, _change in CHANGES_BEHIND])
def test_rows_changed_behind_the_ledgers_back_are_found(cast: Cast, what: str, change: Any) -> None:
    change(cast.project())
    (fault,) = broken()
    assert fault.startswith(f"project:{cast.published} ")


def test_a_plan_changed_behind_the_ledgers_back_is_found(cast: Cast) -> None:
    AnnualPlan.objects.filter(bureau__code="610526", year=2023).update(title_en="x")
    assert broken()[0].startswith("plan:610526-2023 ")


def test_the_command_names_the_break_and_fails(cast: Cast) -> None:
    said = io.StringIO()
    call_command("verify_ledger", stdout=said)
    assert "9 chains" in said.getvalue() and "sound" in said.getvalue()
    Project.objects.filter(code=cast.published).update(places=1)
    said = io.StringIO()
    with pytest.raises(CommandError) as failed:
        call_command("verify_ledger", stdout=said)
    assert failed.value.returncode == 1 and cast.published in said.getvalue()


def test_a_history_rewritten_whole_does_not_match_the_hashes_published_before(cast: Cast, tmp_path: Path) -> None:
    """With all keys somebody can make a new chain that is sound in itself; the published heads give it away."""
    published = tmp_path / "heads.json"
    call_command("verify_ledger", heads=str(published), stdout=io.StringIO())
    call_command("verify_ledger", against=str(published), stdout=io.StringIO())
    project = cast.project()
    document = project_document(project)
    with tampering():
        sql(f"DELETE FROM {TABLE} WHERE project_id = %s", [project.pk])
        Project.objects.filter(pk=project.pk).update(version=0, head_hash="")
        from projects_api.services import ledger

        fresh = cast.project()
        ledger.append(fresh, actor=None, action="project.create", at=timezone.now(), before=None, after=document)
    assert verify().sound
    said = io.StringIO()
    with pytest.raises(CommandError):
        call_command("verify_ledger", against=str(published), stdout=said)
    assert cast.published in said.getvalue()


# What the hash does not cover follows from what it covers.
BESIDE_THE_HASH: dict[str, tuple[str, int]] = {
    "hidden from the public": ("public = (1 = 0) WHERE project_id = %s AND version = 6", 6),
    "shown to the public": ("public = (1 = 1) WHERE project_id = %s AND version = 2", 2),
    "another account": (
        "actor_id = (SELECT id FROM projects_api_user WHERE username = 'supervisor') WHERE project_id = %s AND version = 7",
        7,
    ),
    "no account": ("actor_id = NULL WHERE project_id = %s AND version = 7", 7),
    "another place in the feed": ("id = 1000000 WHERE project_id = %s AND version = 3", 4),
}


@pytest.mark.parametrize("how", sorted(BESIDE_THE_HASH))
def test_a_column_outside_the_hash_is_held_to_what_is_in_it(cast: Cast, how: str) -> None:
    change, version = BESIDE_THE_HASH[how]
    with tampering():
        sql(f"UPDATE {TABLE} SET {change}", [cast.project().pk])
        (fault,) = broken()
    assert fault.startswith(f"project:{cast.published} entry {version}:"), fault


def test_an_account_that_was_renamed_is_named(cast: Cast) -> None:
    """Entries and documents name people by their user names: an account keeps its own (the admin does not offer another)."""
    user = make_user("temporary")
    project_change(project_id=cast.project().pk, actor=user, at=timezone.now(), expected=None, changes={"places": 5})
    assert verify().sound
    User.objects.filter(pk=user.pk).update(username="renamed")
    (fault,) = broken()
    assert "“temporary”" in fault and "“renamed”" in fault


def as_if_never_recorded(model: Any, code: str, **values: Any) -> None:
    assert model.objects.filter(code=code).update(version=0, head_hash="", **values) == 1


def test_a_bureau_or_school_that_denies_its_entries_is_found(cast: Cast) -> None:
    """Version 0 says that nothing was ever recorded: a chain cannot be left out of the check by its own row."""
    rules = {"behind_yellow": 5, "behind_red": 20}
    lights_change(bureau_id=cast.bureau().pk, actor=None, at=timezone.now(), expected=0, rules=rules)
    assert verify().sound
    as_if_never_recorded(Bureau, "610526", lights={"behind_yellow": 90, "behind_red": 99})
    as_if_never_recorded(School, cast.planned_school, places=1)
    assert [fault.partition(" is")[0] for fault in broken()] == [
        "bureau:610526 entry 1:", f"school:{cast.planned_school} entry 1:",
    ]  # fmt: skip


def test_settings_that_nobody_recorded_are_found(cast: Cast) -> None:
    Bureau.objects.filter(code="411525").update(lights={"behind_yellow": 90, "behind_red": 99})
    (fault,) = broken()
    assert fault.startswith("bureau:411525: ")


@contextmanager
def foreign_keys_off() -> Iterator[None]:
    """They are looked at when the transaction ends, and this one does not."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


GONE = {
    "project": ("project WHERE code = '610526-2023-001'", "project:610526-2023-001"),
    "plan": ("annualplan WHERE year = 2024", "plan:610526-2024"),
    "school": ("school WHERE code = '610526-planned'", "school:610526-planned"),
    "the project's division": ("region WHERE code = '610526101'", "project:610526-2023-001"),
}


@pytest.mark.parametrize("what", sorted(GONE))
def test_entries_without_their_subject_are_found(cast: Cast, what: str) -> None:
    rows, subject = GONE[what]
    count = LedgerEntry.objects.count()
    with foreign_keys_off():
        sql(f"DELETE FROM projects_api_{rows}")
        result = verify()
    assert (subject, "tells of what is no longer there") in [(fault.subject, fault.message) for fault in result.faults]
    assert result.entries == count, "every entry was looked at"
