"""A database from before a constraint: the update stops with the rows that it would refuse, and with what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from importlib import import_module
from types import SimpleNamespace
from typing import Any

from django.apps import apps
from django.core.management import CommandError
from django.db import connection, transaction
from django.db.migrations import AddConstraint, RunPython

from projects_api.models import Milestone, Project, School, SchoolEvent
from tests.cast import Cast


@contextmanager
def without(table: str, constraint: str) -> Iterator[None]:
    """Rows as they could be before this constraint was there; what was written is gone afterwards."""
    sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        if sqlite:
            cursor.execute("PRAGMA ignore_check_constraints = 1")
        try:
            with transaction.atomic():
                if constraint.endswith("_once"):
                    cursor.execute(f"DROP INDEX {constraint}")
                elif not sqlite:
                    connection.check_constraints()  # what waits for the end of the transaction holds the table
                    cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}")
                yield
                transaction.set_rollback(True)
        finally:
            if sqlite:
                cursor.execute("PRAGMA ignore_check_constraints = 0")


def test_a_database_that_a_constraint_would_refuse_is_told_which_rows_and_what_to_do(cast: Cast) -> None:
    """Found: an update stopped with "CHECK constraint failed: new__projects_api_milestone", and named no row."""
    constrained = [
        step
        for name in ("0024_acts_are_set_aside", "0026_codes_and_stages_say_one_thing")
        for step in import_module(f"projects_api.migrations.{name}").Migration.operations
    ]
    looks: list[Any] = [step.code for step in constrained if isinstance(step, RunPython)]
    assert len(looks) == sum(isinstance(step, AddConstraint) for step in constrained)

    def stopped() -> str:
        said = []
        for look in looks:
            try:
                look(apps, SimpleNamespace(connection=connection))
            except CommandError as error:
                said.append(str(error))
        return "\n".join(said)

    assert stopped() == ""
    project, school = cast.project(), School.objects.get(code=cast.school)
    stages = Milestone.objects.filter(project=project)
    day = date(2023, 3, 1)
    act = {
        "kind": "alteration",
        "applied": day,
        "decided": day,
        "decision": "approved",
        "authority": "教育局",
        "document_number": "浦教〔2023〕1号",
    }
    with without("projects_api_schoolevent", "school_event_document_once"):
        for number in range(2, 27):
            SchoolEvent.objects.create(school=school, number=number, **act)
        SchoolEvent.objects.create(school=school, number=30, **act | {"authority": "县政府"})
        told = stopped()
        assert "the same authority. (25)" in told and told.count("school.code 610526-first, authority 教育局") == 20
        assert "… and 5 more" in told and "Set these right" in told and "县政府" not in told
    for name, broken, words in (
        ("milestone_complete_has_date", {"percent": 100, "state": "in_progress"}, "at 100 percent and have no"),
        ("milestone_with_date_is_complete", {"actual": date(2023, 5, 1), "state": "not_met"}, "and are not at 100"),
        ("milestone_not_begun_says_nothing", {"percent": 5}, "and have begun"),
        ("milestone_explains_a_reason", {"delay_note": "x"}, "without a reason"),
    ):
        with without("projects_api_milestone", name):
            assert stages.filter(key="handover").update(**broken) == 1
            told = stopped()
            assert words in told and "(1)\n  project.code 610526-2023-001, key handover, state" in told, told
    with without("projects_api_project", "project_code_has_form"):
        Project.objects.filter(pk=project.pk).update(code="610526-2023-00１")
        assert "(1)\n  code 610526-2023-00１, id" in stopped()
    assert stopped() == ""
