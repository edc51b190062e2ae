"""The product's settings with the peers mounted beside it, and a counter of queries for who asks for it."""

from __future__ import annotations

import os

from config.settings import *  # noqa: F403
from config.settings import CACHES, INSTALLED_APPS, MIDDLEWARE

ROOT_URLCONF = "benchmarks.peer.urls"
INSTALLED_APPS = [*INSTALLED_APPS, "rest_framework_gis"]
MIDDLEWARE = ["benchmarks.peer.counting.CountQueries", *MIDDLEWARE]
if os.environ.get("BENCH_KEEPS_NOTHING"):  # every answer is made anew
    MIDDLEWARE.remove("projects_api.kept.KeptAnswers")
    CACHES |= {name: {"BACKEND": "django.core.cache.backends.dummy.DummyCache"} for name in ("answers", "tiles")}
