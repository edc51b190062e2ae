"""``/healthz``: the process answers. ``/readyz``: it can do its work."""

from __future__ import annotations

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Database, migrations and cache; 503 names what is missing. The cache may be away: pages and writes go on."""
    checks = {"database": "ok", "migrations": "ok", "cache": "ok"}
    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            checks["migrations"] = "not applied"
    except DatabaseError:
        checks["database"] = checks["migrations"] = "away"
    try:
        cache.set("readyz", 1, 5)
    except Exception:
        checks["cache"] = "away"
    ready = checks["database"] == checks["migrations"] == "ok"
    return JsonResponse({"status": "ready" if ready else "not ready", **checks}, status=200 if ready else 503)
