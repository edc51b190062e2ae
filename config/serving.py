"""How gunicorn serves SchoolWorks (``gunicorn -c python:config.serving``): `script/server`, the browser tests and the benchmarks
read it, and so should whoever runs the product in another way. Command-line options go before it."""

from __future__ import annotations

import gc
import os
from typing import Any
from wsgiref.util import setup_testing_defaults

from gunicorn.http import message

# Enough processes for the machine's cores, few enough for one SQLite writer at a time.
workers = int(os.environ.get("WEB_CONCURRENCY") or 2)
worker_class = "config.waiting.WaitingWorker"
threads = 8
timeout = 60
graceful_timeout = 10
keepalive = 5
max_requests = 5000
max_requests_jitter = 500
control_socket_disable = True
# gunicorn answers an address of more than 4,094 characters with its own bare English page, and lets nobody ask for over 8,190.
# The product refuses by itself, in the reader's language or as problem details (`portal.middleware.LONGEST_ADDRESS`): what gets
# as far as that is bounded by this.
limit_request_line = 64 * 1024
message.MAX_REQUEST_LINE = limit_request_line
loglevel = os.environ.get("GUNICORN_LOG_LEVEL") or "warning"


def post_worker_init(worker: Any) -> None:
    """Ask for a page in both languages before the first reader does.

    Templates, translations and forms are read when they are first used: 0.7 seconds of processor time, in each process and after
    every renewal of one (``max_requests``), which a crowd's first readers would wait for. The list page uses nearly all of
    them and takes the same time at any number of projects. What goes wrong here goes wrong in its own place, when somebody asks.
    """
    gc.disable()  # of what this loads nothing is garbage (`config.start`)
    try:
        for page in ("/zh/projects/", "/en/projects/"):
            first_answer(worker.wsgi, page)
    except Exception:
        worker.log.warning("The first page could not be made beforehand", exc_info=True)
    # What stands now stands until the end. Without this Python walks through all of it, 0.1 seconds, whenever an answer made many
    # objects: a third of the time of a window of clusters, and the longest of all short answers.
    gc.collect()
    gc.freeze()
    gc.enable()


def first_answer(application: Any, path: str) -> str:
    """The status with which the product answers a reader of its own name, who came the way it wants (HTTPS or not)."""
    from django.conf import settings

    name = next((host for host in settings.ALLOWED_HOSTS if host != "*"), "localhost").lstrip(".")
    environ: dict[str, Any] = {"PATH_INFO": path, "HTTP_HOST": name, "wsgi.url_scheme": "https"}
    if settings.SECURE_PROXY_SSL_HEADER:
        header, value = settings.SECURE_PROXY_SSL_HEADER
        environ[header] = value
    setup_testing_defaults(environ)
    statuses: list[str] = []
    answer = application(environ, lambda status, _headers, _error=None: statuses.append(status))
    for _part in answer:
        pass
    answer.close()
    return statuses[0]
