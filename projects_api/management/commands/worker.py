"""``manage.py worker``: does what the queue holds and puts in what is due, until it is told to stop.

django-tasks-db's own ``db_worker`` asks with ``BEGIN EXCLUSIVE`` every second, which on SQLite keeps readers and writers out;
this one only reads while there is nothing to do, and takes its turn among the writers when there is.
"""

from __future__ import annotations

import logging
import os
import secrets
import signal
import time
from argparse import ArgumentParser
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError, close_old_connections
from django.utils import timezone
from django_tasks_db.management.commands.db_worker import Worker as LibraryWorker
from django_tasks_db.models import DBTaskResult

from projects_api import engine
from projects_api.tasks import enqueue_due

log = logging.getLogger(__name__)
PAUSE = 1.0  # seconds between two looks at the queue
AWAY = 5.0  # … after the database did not answer


class Worker:
    """Several may run at once, on one machine or on many."""

    def __init__(self, *, parent: int | None = None) -> None:
        self.parent = parent
        self.stopping = False
        self.id = secrets.token_hex(8)
        # The library's: it runs one task and writes down what came of it.
        self.runner = LibraryWorker(
            queue_names=["*"], interval=0, batch=True, backend_name="default", startup_delay=False, max_tasks=None,
            worker_id=self.id, excluded_queue_names=[],
        )  # fmt: skip

    def stop(self, number: int, frame: FrameType | None) -> None:
        """After the task at hand."""
        self.stopping = True

    def run(self) -> None:
        while not self.stopping and self._parent_lives():
            close_old_connections()
            try:
                enqueue_due(timezone.now())
                idle = not self.step()
            except DatabaseError as error:
                log.warning("the database does not answer, trying again: %s", error)
                self._sleep(AWAY)
                continue
            if idle:
                self._sleep(PAUSE)

    def drain(self) -> int:
        """Everything that is due now; how many tasks."""
        enqueue_due(timezone.now())
        done = 0
        while not self.stopping and self.step():
            done += 1
        return done

    def step(self) -> bool:
        """Do one task. False where none is waiting, which costs one query."""
        ready = DBTaskResult.objects.ready().filter(backend_name="default")
        if not ready.exists():
            return False
        with engine.writer():
            result = ready.select_for_update(skip_locked=True).first()
            if result is None:
                return False
            result.claim(self.id)
        self.runner.run_task(result)
        return True

    def _parent_lives(self) -> bool:
        if self.parent is None:
            return True
        try:
            os.kill(self.parent, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            pass
        return True

    def _sleep(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self.stopping and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, 0.2))


class Command(BaseCommand):
    help = "Sends e-mails, tells people what is due, tidies up: runs the background tasks until it is stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="do what is due now, then end")
        parser.add_argument("--parent", type=int, help="end when the process with this id has ended")

    def handle(self, *, once: bool, parent: int | None, **options: Any) -> None:
        worker = Worker(parent=parent)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, worker.stop)
        if once:
            self.stdout.write(f"{worker.drain()} tasks done")
        else:
            worker.run()
