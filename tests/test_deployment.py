"""The settings that docs/settings.md gives for production pass Django's own deployment checks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


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
