"""What differs between SpatiaLite and PostGIS, in one place."""

from __future__ import annotations

import fcntl
import logging
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from django.apps import apps
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import Model, UniqueConstraint
from django.db.models.constraints import BaseConstraint
from django.utils.translation import gettext as _

from projects_api.errors import DomainError, FieldError, InvalidInput, RuleBroken

log = logging.getLogger(__name__)
# Any constant: it names "writing to the ledger" among PostgreSQL's advisory locks.
LEDGER_LOCK = 0x5C400157


def is_postgres() -> bool:
    return connection.vendor == "postgresql"


def tell_planner(*models: type[Model]) -> None:
    """Statistics of tables that many rows have just come into, in the transaction of their coming.

    PostgreSQL plans by what it last counted: a table that was empty then is read anew for each row of another. Measured after
    the import of 3,186 projects: a sum over their stages took minutes. Its own counting comes up to a
    minute after the commit, which is too late for who looks at once. SQLite needs none: its plans follow from the indexes.
    """
    if not is_postgres():
        return
    with connection.cursor() as cursor:
        for model in models:
            cursor.execute(f"ANALYZE {connection.ops.quote_name(model._meta.db_table)}")


@contextmanager
def writer() -> Iterator[None]:
    """A transaction that one writer at a time is in, in turn; nested, it joins the one around it.

    So ledger ids grow in commit order (a reader of the change feed never misses one), and no two writers can deadlock.
    PostGIS: one advisory lock until the end of the transaction, which queues by itself. SpatiaLite: ``BEGIN IMMEDIATE``
    excludes other writers but lets them poll with growing pauses, so that under load one may starve until the busy
    timeout; they queue on a file beside the database instead. Raises OperationalError after `PATIENCE` seconds.
    """
    queue = (
        nullcontext() if connection.in_atomic_block or is_postgres() else _queue(str(connection.settings_dict["NAME"]))
    )
    with queue, transaction.atomic():
        if is_postgres():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LEDGER_LOCK])
        yield


EVERYTHING = "*"
_WRITES = re.compile(
    r"\s*(?:INSERT(?:\s+OR\s+\w+)?\s+INTO|REPLACE\s+INTO|UPDATE(?:\s+OR\s+\w+)?|DELETE\s+FROM)\s+\"?(\w+)",
    re.IGNORECASE,
)
_READS = re.compile(r"\s*(?:SELECT|SAVEPOINT|RELEASE|ROLLBACK|BEGIN|COMMIT|SET|PRAGMA|EXPLAIN)\b", re.IGNORECASE)


class Written(set[str]):
    """Names of tables. ``first`` is called with each before it is written for the first time; it may read."""

    first: Callable[[str], None] | None = None

    def about_to_write(self, table: str) -> None:
        if table not in self:
            if self.first:
                self.first(table)
            self.add(table)


@contextmanager
def tables_written() -> Iterator[Written]:
    """The tables that are written inside, by their names, as they come; `EVERYTHING` for a statement that is not understood."""
    tables = Written()

    def watch(execute: Callable[..., Any], sql: Any, *rest: Any) -> Any:
        if found := _WRITES.match(str(sql)):
            tables.about_to_write(found[1])
        elif not _READS.match(str(sql)):
            tables.about_to_write(EVERYTHING)
        return execute(sql, *rest)

    with connection.execute_wrapper(watch):
        yield tables


# As long as SQLite itself waits for a lock (`config.env`).
PATIENCE = 20.0
_turn = threading.Lock()


@contextmanager
def _queue(database: str) -> Iterator[None]:
    """Wait for this process's turn, then for the processes' (an advisory lock on ``{database}.writers``)."""
    deadline = time.monotonic() + PATIENCE
    if not _turn.acquire(timeout=PATIENCE):
        raise OperationalError("database is locked: too many writers are waiting")
    try:
        with open(f"{database}.writers", "ab") as file:
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        raise OperationalError("database is locked: another process is writing") from None
                    time.sleep(0.002)
            yield  # closing the file gives the lock back, also when the process dies
    finally:
        _turn.release()


LEDGER_TABLE = "projects_api_ledgerentry"
BASELINE_TABLE = "projects_api_baseline"
CERTIFICATE_TABLE = "projects_api_certificate"
# What is written once: table -> (name of its triggers, what its rows are called, the columns that name a row).
WRITTEN_ONCE = {
    LEDGER_TABLE: ("ledger", "ledger entries", "subject = NEW.subject AND version = NEW.version"),
    BASELINE_TABLE: ("baseline", "baselines", "project_id = NEW.project_id AND number = NEW.number"),
    CERTIFICATE_TABLE: ("certificate", "certificates", "number = NEW.number"),
}


def write_once(table: str) -> list[str]:
    """Statements that make the database refuse to change, replace or delete a row of the table."""
    name, rows, same = WRITTEN_ONCE[table]
    if is_postgres():
        return [
            f"""CREATE FUNCTION {name}_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                  RAISE EXCEPTION '{rows} are never changed or deleted' USING ERRCODE = 'integrity_constraint_violation';
                END $$""",
            f"""CREATE TRIGGER {name}_no_change BEFORE UPDATE OR DELETE ON {table}
                FOR EACH ROW EXECUTE FUNCTION {name}_is_append_only()""",
            f"""CREATE TRIGGER {name}_no_truncate BEFORE TRUNCATE ON {table}
                FOR EACH STATEMENT EXECUTE FUNCTION {name}_is_append_only()""",
        ]
    return [
        f"CREATE TRIGGER {name}_no_update BEFORE UPDATE ON {table} BEGIN SELECT RAISE(ABORT, '{rows} are never changed'); END",
        f"CREATE TRIGGER {name}_no_delete BEFORE DELETE ON {table} BEGIN SELECT RAISE(ABORT, '{rows} are never deleted'); END",
        # INSERT OR REPLACE deletes without firing the DELETE trigger (unless recursive_triggers is on).
        f"""CREATE TRIGGER {name}_no_replace BEFORE INSERT ON {table}
            WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id OR ({same}))
            BEGIN SELECT RAISE(ABORT, '{rows} are never replaced'); END""",
    ]


def rewritable(table: str) -> list[str]:
    """Statements that take the triggers away: for migrations that rebuild the table, and for nothing else."""
    name, _rows, _same = WRITTEN_ONCE[table]
    if is_postgres():
        return [
            f"DROP TRIGGER IF EXISTS {name}_no_change ON {table}",
            f"DROP TRIGGER IF EXISTS {name}_no_truncate ON {table}",
            f"DROP FUNCTION IF EXISTS {name}_is_append_only()",
        ]
    return [f"DROP TRIGGER IF EXISTS {name}_no_{act}" for act in ("update", "delete", "replace")]


def constraint_of(error: IntegrityError) -> BaseConstraint | None:
    """The model constraint that the database says was broken, or None if it is not one of ours."""
    cause = error.__cause__
    diagnosis = getattr(cause, "diag", None)
    text = f"{diagnosis.constraint_name}" if diagnosis is not None else str(error)
    for model in apps.get_app_config("projects_api").get_models():
        for constraint in model._meta.constraints:
            if re.search(rf"\b{constraint.name}\b", text):
                return constraint
            if (
                diagnosis is None
                and isinstance(constraint, UniqueConstraint)
                and _names_columns(text, model, constraint)
            ):
                return constraint
    return None


def _names_columns(text: str, model: type[Model], constraint: UniqueConstraint) -> bool:
    """SQLite names the columns of a broken UNIQUE, not the constraint."""
    columns = [f"{model._meta.db_table}.{model._meta.get_field(name).column}" for name in constraint.fields]  # type: ignore[union-attr]
    return bool(columns) and text.endswith("UNIQUE constraint failed: " + ", ".join(columns))


def broken_constraint(error: IntegrityError) -> DomainError:
    """The readable message of the constraint that the database named."""
    constraint = constraint_of(error)
    if constraint is None:
        log.error("a constraint was broken that no model knows: %s", error)
        return RuleBroken(_("This contradicts what is already recorded."))
    return InvalidInput(
        [
            FieldError(
                "/" + (constraint.violation_error_code or ""),
                "constraint",
                str(constraint.violation_error_message),
            )
        ]
    )
