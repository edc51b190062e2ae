"""The settings that docs/settings.md gives for production pass Django's own deployment checks."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections

from config.serving import first_answer

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.once
def test_the_deployment_checks_are_clean(tmp_path: Path) -> None:
    env = os.environ | {
        "HTTPS": "true",
        "PROXIES": "1",
        "DEBUG": "false",
        "ALLOWED_HOSTS": "works.example.cn",
        "CSRF_TRUSTED_ORIGINS": "https://works.example.cn",
        "SECRET_KEY": "k3y-of-fifty-characters-that-nobody-else-has-0123456789-abcdef",
        "VAR_DIR": str(tmp_path),
    }
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    run = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


@pytest.fixture
def _connection_stays() -> Iterator[None]:
    """A request of a server's own ends its database connection, which here is the test's."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.django_db
@pytest.mark.usefixtures("_connection_stays")
@pytest.mark.parametrize(
    ("hosts", "https", "proxy"),
    [
        (["works.example.cn"], True, ("HTTP_X_FORWARDED_PROTO", "https")),
        ([".example.cn"], True, None),
        (["*"], False, None),
    ],
)
def test_a_process_makes_its_first_page_before_it_takes_readers(
    settings: Any, plain_static: None, hosts: list[str], https: bool, proxy: tuple[str, str] | None
) -> None:
    """However the product is reached: a redirect to HTTPS or a refused host would warm nothing."""
    settings.ALLOWED_HOSTS, settings.SECURE_SSL_REDIRECT, settings.SECURE_PROXY_SSL_HEADER = hosts, https, proxy
    assert first_answer(get_wsgi_application(), "/en/projects/") == "200 OK"
