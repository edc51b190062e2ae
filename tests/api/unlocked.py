"""The product without what guards it against lost updates: a gunicorn configuration for the negative controls.

Only tests start a server with this. It shows that the race exists, and so that the race tests would catch it.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from types import SimpleNamespace
from typing import Any

from config.serving import control_socket_disable, keepalive, timeout, worker_class, workers  # noqa: F401 - as the product is served


def post_worker_init(worker: Any) -> None:
    """Called by gunicorn when a worker has loaded the product."""
    from django.db import transaction
    from django.db.models import QuerySet

    from projects_api import engine
    from projects_api.api.views import money as money_views
    from projects_api.services import alerts, baselines, milestones, money, projects, writing

    checked = writing.project_write

    def unchecked(project_id: int, **frame: Any) -> AbstractContextManager[Any]:
        return checked(project_id, **frame | {"expected": None})

    for module in (baselines, milestones, money, projects):
        module.project_write = unchecked  # type: ignore[attr-defined]
    engine.writer = transaction.atomic  # type: ignore[assignment]
    # On SQLite a transaction alone keeps others out: what is counted is not in one.
    alerts.engine = SimpleNamespace(writer=nullcontext)  # type: ignore[assignment, attr-defined]
    QuerySet.select_for_update = lambda self, *args, **kwargs: self  # type: ignore[method-assign]
    baselines.says_the_same = lambda *args: False
    money_views.once = lambda request, user, act, **kwargs: act()  # type: ignore[attr-defined]
