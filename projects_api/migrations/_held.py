"""What a constraint will ask of rows that were written before it: looked at first, and told in words with what to do.

A database that refuses a constraint names its own insides (``CHECK constraint failed: new__projects_api_milestone``) and no row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.core.management import CommandError
from django.db.migrations import RunPython
from django.db.models import Exists, OuterRef, Q, QuerySet

SHOWN = 20
WHAT_TO_DO = (
    "Set these right with the version that was installed before, then update again. Where it has no page for that: in the\n"
    "database, by id; verify_ledger will name what the ledger says otherwise. None of these rows has been changed."
)
Finds = Callable[[QuerySet[Any]], QuerySet[Any]]


def asked(model: str, finds: Finds, columns: Sequence[str], words: str) -> RunPython:
    """A step of a migration that stops with the rows that ``finds`` leaves of a model's, each by its ``columns``."""

    def look(apps: Any, schema_editor: Any) -> None:
        rows = apps.get_model("projects_api", model)._base_manager.using(schema_editor.connection.alias)
        refuse(finds(rows.all()), columns, words)

    return RunPython(look, RunPython.noop, elidable=True)


def refuse(rows: QuerySet[Any], columns: Sequence[str], words: str) -> None:
    """Raises CommandError with the first `SHOWN` rows; two queries where there are any, else one."""
    found = list(rows.order_by(*columns).values_list(*columns)[: SHOWN + 1])
    if not found:
        return
    names = [column.replace("__", ".") for column in columns]
    lines = ["  " + ", ".join(f"{name} {value}" for name, value in zip(names, row, strict=True)) for row in found]
    count = len(found) if len(found) <= SHOWN else rows.order_by().count()
    more = [f"  … and {count - SHOWN} more"] if count > SHOWN else []
    said = f"This database cannot be updated yet: {words} ({count})"
    raise CommandError("\n".join([said, *lines[:SHOWN], *more, WHAT_TO_DO]))


ACT = ("school__code", "authority", "document_number", "kind", "id")
STAGE = ("project__code", "key", "state", "percent", "started", "actual", "id")
CODE = ("code", "id")


def acts_with_one_number(acts: QuerySet[Any]) -> QuerySet[Any]:
    """Acts of one school that have the same document number of the same authority."""
    same = {name: OuterRef(name) for name in ("school", "authority", "document_number")}
    others = acts.model._base_manager.using(acts.db).filter(**same).exclude(pk=OuterRef("pk"))
    return acts.exclude(document_number="").filter(Exists(others))


def complete_without_date(stages: QuerySet[Any]) -> QuerySet[Any]:
    return stages.filter(percent=100, actual__isnull=True)


def dated_and_not_complete(stages: QuerySet[Any]) -> QuerySet[Any]:
    return stages.filter(percent__lt=100, actual__isnull=False)


def begun_and_scheduled(stages: QuerySet[Any]) -> QuerySet[Any]:
    return stages.filter(Q(state__in=["scheduled", "not_applicable"]) & (~Q(percent=0) | Q(started__isnull=False)))


def explained_without_reason(stages: QuerySet[Any]) -> QuerySet[Any]:
    return stages.filter(delay_reason="").exclude(delay_note="")


def codes_of_no_form(projects: QuerySet[Any]) -> QuerySet[Any]:
    return projects.exclude(code="").exclude(code__regex="^[0-9A-Za-z][0-9A-Za-z_-]*$")
