"""What differs between SpatiaLite and PostGIS, in one place."""

from __future__ import annotations

import fcntl
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from django.apps import apps
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import Model, UniqueConstraint
from django.db.models.constraints import BaseConstraint

# Any constant: it names "writing to the ledger" among PostgreSQL's advisory locks.
LEDGER_LOCK = 0x5C400157


def is_postgres() -> bool:
    return connection.vendor == "postgresql"


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

SQLITE_LEDGER_TRIGGERS = [
    f"""CREATE TRIGGER ledger_no_update BEFORE UPDATE ON {LEDGER_TABLE}
        BEGIN SELECT RAISE(ABORT, 'ledger entries are never changed'); END""",
    f"""CREATE TRIGGER ledger_no_delete BEFORE DELETE ON {LEDGER_TABLE}
        BEGIN SELECT RAISE(ABORT, 'ledger entries are never deleted'); END""",
    # INSERT OR REPLACE deletes without firing the DELETE trigger (unless recursive_triggers is on).
    f"""CREATE TRIGGER ledger_no_replace BEFORE INSERT ON {LEDGER_TABLE}
        WHEN EXISTS (SELECT 1 FROM {LEDGER_TABLE} WHERE id = NEW.id OR (subject = NEW.subject AND version = NEW.version))
        BEGIN SELECT RAISE(ABORT, 'ledger entries are never replaced'); END""",
]

POSTGRES_LEDGER_TRIGGERS = [
    """CREATE FUNCTION ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         RAISE EXCEPTION 'ledger entries are never changed or deleted' USING ERRCODE = 'integrity_constraint_violation';
       END $$""",
    f"""CREATE TRIGGER ledger_no_change BEFORE UPDATE OR DELETE ON {LEDGER_TABLE}
        FOR EACH ROW EXECUTE FUNCTION ledger_is_append_only()""",
    f"""CREATE TRIGGER ledger_no_truncate BEFORE TRUNCATE ON {LEDGER_TABLE}
        FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only()""",
]


def drop_ledger_triggers() -> list[str]:
    """Statements that take the triggers away: for migrations that rebuild the table, and for nothing else."""
    if is_postgres():
        return [
            f"DROP TRIGGER IF EXISTS ledger_no_change ON {LEDGER_TABLE}",
            f"DROP TRIGGER IF EXISTS ledger_no_truncate ON {LEDGER_TABLE}",
            "DROP FUNCTION IF EXISTS ledger_is_append_only()",
        ]
    return [f"DROP TRIGGER IF EXISTS {name}" for name in ("ledger_no_update", "ledger_no_delete", "ledger_no_replace")]


def ledger_triggers() -> list[str]:
    return POSTGRES_LEDGER_TRIGGERS if is_postgres() else SQLITE_LEDGER_TRIGGERS


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
