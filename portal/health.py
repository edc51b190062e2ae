"""``/healthz``: the process answers. ``/readyz``: it can do its work."""

from __future__ import annotations

import os
from typing import Any

from django.core.cache import cache
from django.core.files.storage import FileSystemStorage, storages
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from projects_api.tasks import working


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Database, migrations, cache, storage, tasks; 503 names what is missing.

    The cache may be away, the photos' storage, and the worker (``tasks``: "late" or "never ran"): pages and writes go on, photos
    are refused one by one, and what is to be done waits in the database.
    """
    checks = {"database": "ok", "migrations": "ok", "cache": "ok", "storage": _storage(), "tasks": "away"}
    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            checks["migrations"] = "not applied"
        else:
            checks["tasks"] = working(timezone.now())
    except DatabaseError:
        checks["database"] = checks["migrations"] = "away"
    try:
        cache.set("readyz", 1, 5)
    except Exception:
        checks["cache"] = "away"
    ready = checks["database"] == checks["migrations"] == "ok"
    return JsonResponse({"status": "ready" if ready else "not ready", **checks}, status=200 if ready else 503)


def _storage() -> str:
    """Whether photos can be kept, without keeping one: a directory that can be written, or a bucket that answers."""
    try:
        storage: Any = storages["default"]
        if isinstance(storage, FileSystemStorage):
            place = os.path.abspath(storage.location)
            while place and not os.path.exists(place):
                place = os.path.dirname(place)  # made with the first photo
            return "ok" if os.access(place, os.W_OK) else "not writable"
        storage.reach()
    except Exception:
        return "away"
    return "ok"
