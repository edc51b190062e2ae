"""The worker's tasks and when each is due. Run by ``manage.py worker``; the queue is django-tasks' in the database.

Each may run twice or be broken off at any point: what it does next time is what was left.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.sessions.models import Session
from django.utils import timezone
from django_tasks import task
from django_tasks.base import Task, TaskResultStatus
from django_tasks_db.models import DBTaskResult

from projects_api import engine
from projects_api.filtersets import public_projects
from projects_api.interchange.opendata import nightly
from projects_api.models import Alert, IdempotencyRecord, PeriodicTask, Throttle
from projects_api.services.alert_mail import deliver_alerts
from projects_api.services.alerts import KEPT_UNCONFIRMED
from projects_api.services.mail import deliver as deliver_mail
from projects_api.services.notification_sweep import sweep as sweep_notifications
from projects_api.services.photo_files import sweep_uploads
from projects_api.services.question_mail import deliver_answers
from projects_api.services.questions import sweep_questions
from projects_api.services.throttle import LONGEST

BATCH = 500  # rows deleted in one transaction: no writer waits long
KEPT_RESULTS = timedelta(days=1)
KEPT_FAILURES = timedelta(days=30)
LATE = timedelta(minutes=5)  # after so long without a finished `deliver` nobody is working


@task
def deliver() -> int:
    """Send the e-mails that may go out by now: to the bureaus' people, to who asked, to who is told by e-mail."""
    sent = deliver_mail(at=timezone.now(), clock=timezone.now)
    sent += deliver_answers(at=timezone.now(), clock=timezone.now)
    sent += deliver_alerts(at=timezone.now(), clock=timezone.now, search=public_projects)
    return _finished("deliver", sent)


@task
def notice() -> int:
    """Tell people what time has brought: due, overdue, stale, waiting too long."""
    return _finished("notice", sweep_notifications(at=timezone.now()))


@task
def publish() -> int:
    """Make the open data's files when a night has passed, or when something in them is public no longer; how many files."""
    at = timezone.now()
    files = 0
    if nightly.due(nightly.current(), at):
        files = sum(len(folder) for folder in nightly.build(at=at).folders.values())
    return _finished("publish", files)


@task
def tidy() -> dict[str, int]:
    """Throw away what nobody needs any more; how many of each."""
    at = timezone.now()
    swept = {
        "idempotency": _delete(IdempotencyRecord, created__lt=at - timedelta(days=settings.IDEMPOTENCY_DAYS)),
        "attempts": _delete(AccessAttempt, attempt_time__lt=at - settings.AXES_COOLOFF_TIME),
        "sessions": _delete(Session, expire_date__lt=at),
        "uploads": sweep_uploads(at=at),
        "alerts": _delete(Alert, confirmed_at=None, made_at__lt=at - KEPT_UNCONFIRMED),
        "questions": sweep_questions(at=at),
        "limits": _delete(Throttle, since__lt=at - LONGEST),
        "results": _delete(DBTaskResult, status=TaskResultStatus.SUCCESSFUL, finished_at__lt=at - KEPT_RESULTS),
        # Its worker died: the next time it is due it runs anew.
        "broken": _delete(DBTaskResult, status=TaskResultStatus.RUNNING, started_at__lt=at - KEPT_RESULTS),
        "failures": _delete(DBTaskResult, status=TaskResultStatus.FAILED, finished_at__lt=at - KEPT_FAILURES),
    }
    return _finished("tidy", swept)


def _delete(model: Any, **old: Any) -> int:
    """In small transactions, so that writers are let in between."""
    gone = 0
    while keys := list(model.objects.filter(**old).order_by().values_list("pk", flat=True)[:BATCH]):
        with engine.writer():
            gone += model.objects.filter(pk__in=keys).delete()[0]
    return gone


Result = TypeVar("Result")


def _finished(name: str, result: Result) -> Result:
    with engine.writer():
        PeriodicTask.objects.filter(pk=name).update(finished_at=timezone.now())
    return result


@dataclass(frozen=True)
class Period:
    """How often a task is put into the queue."""

    task: Task[Any, Any]
    every: timedelta


PERIODS: dict[str, Period] = {
    "deliver": Period(deliver, timedelta(minutes=1)),
    "notice": Period(notice, timedelta(hours=1)),
    "publish": Period(publish, timedelta(minutes=10)),
    "tidy": Period(tidy, timedelta(days=1)),
}


def enqueue_due(at: datetime) -> list[str]:
    """Put what is due by now into the queue, once, however many workers ask at the same moment; the names.

    The day is moved on in the transaction that enqueues. What was missed while no worker ran is made up for once. One query
    where nothing is due.
    """
    known = dict(PeriodicTask.objects.values_list("name", "due_at"))
    if all(name in known and known[name] > at for name in PERIODS):
        return []
    put: list[str] = []
    for name, period in PERIODS.items():
        with engine.writer():
            if name not in known:
                PeriodicTask.objects.get_or_create(pk=name, defaults={"due_at": at})
            moved = PeriodicTask.objects.filter(pk=name, due_at__lte=at).update(due_at=at + period.every)
            if moved:
                period.task.enqueue()
                put.append(name)
    return put


def working(at: datetime) -> str:
    """``ok``; ``late`` where tasks have not been done for `LATE`; ``never ran``. One query."""
    finished = PeriodicTask.objects.filter(pk="deliver").values_list("finished_at", flat=True).first()
    if finished is None:
        return "never ran"
    return "ok" if finished > at - LATE else "late"
