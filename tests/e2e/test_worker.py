"""The background worker as processes, several at once, with a mail server: everything is told and sent once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.wire import Wire, at_once
from tests.mail import Sink, mail_server
from tests.servers import Prepared, Server

PROJECT = "610526-2023-001"
ADDRESS = "engineer@works.example.cn"
FINDING = {"severity": "serious", "description": "bare steel", "owner": "the builder", "deadline": "2099-01-01"}
LOOK = """
import json
from datetime import timedelta
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from projects_api.models import IdempotencyRecord, Notification, PeriodicTask
rows = Notification.objects
print(json.dumps({
    "told": rows.count(), "overdue": rows.filter(kind="overdue").count(), "mailed": rows.exclude(emailed_at=None).count(),
    "tasks": list(DBTaskResult.objects.order_by("task_path").values_list("task_path", "status")),
    "idempotency": IdempotencyRecord.objects.count(),
}))
"""
# A month goes by; the tasks are due again.
LATER = """
IdempotencyRecord.objects.update(created=timezone.now() - timedelta(days=31))
PeriodicTask.objects.update(due_at=timezone.now())
"""


@pytest.fixture
def sink() -> Iterator[Sink]:
    with mail_server() as server:
        yield server


@pytest.fixture
def server(prepared: Prepared, sink: Sink) -> Iterator[Server]:
    mail = {
        "EMAIL_URL": f"smtp://127.0.0.1:{sink.port}",
        "EMAIL_FROM": "works@example.cn",
        "SITE_URL": "https://works.example.cn",
    }
    with prepared.server(mail) as server:
        run(
            server,
            f"from projects_api.models import User; User.objects.filter(username='engineer').update(email='{ADDRESS}')",
        )
        yield server


def run(server: Server, code: str) -> str:
    return server.manage("shell", "--no-imports", "-c", code).stdout


def look(server: Server, then: str = "") -> Any:
    return json.loads(run(server, LOOK + then).strip().splitlines()[-1])


def test_workers_at_once_tell_and_mail_everything_once(server: Server, sink: Sink) -> None:
    supervisor = Wire.signed_in(server, "supervisor")
    reply = supervisor.call("POST", f"projects/{PROJECT}/findings/", FINDING, idempotency_key="one finding")
    assert reply.status == 201, reply
    before = look(server, LATER)
    assert (before["told"], before["idempotency"]) == (1, 1), "in the outbox with the write"
    done = at_once(3, lambda _n: server.manage("worker", "--once").stdout)
    assert sum(int(text.split()[0]) for text in done) == 4, done
    found = look(server, LATER)
    assert [task for task, status in found["tasks"] if status != "SUCCESSFUL"] == [], found
    assert [task.rpartition(".")[2] for task, _status in found["tasks"]] == ["deliver", "notice", "publish", "tidy"], (
        "put in once"
    )
    assert found["overdue"] > 0 and found["mailed"] == 1 and found["idempotency"] == 0
    (letter,) = sink.to(ADDRESS)
    assert "/projects/610526-2023-001/" in letter.get_content()
    at_once(2, lambda _n: server.manage("worker", "--once"))
    again = look(server)
    assert (again["told"], again["mailed"], len(sink.letters)) == (found["told"], 1, 1), "and not again"
    assert Wire(server).get("/readyz").data["tasks"] == "ok"
