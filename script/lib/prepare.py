"""Bring the product up to date before it serves: port, migrations, translations, static files, both bureaus.

Run by script/server in one process, since starting Django several times is what takes the seconds.
"""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))


def say(text: str) -> None:
    print(f"==> {text}", flush=True)


def check_port(port: int) -> None:
    """Fail early, and in words, where gunicorn would retry for seconds and then show its log."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            sys.exit(
                f"script/server: port {port} cannot be used: {error.strerror}. Take another: PORT=8001 script/server"
            )


def migrate() -> None:
    from django.core.management import CommandError, call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        say(f"Database: {len(plan)} migrations to apply")
        try:
            call_command("migrate", interactive=False, verbosity=1)
        except CommandError as error:
            sys.exit(f"script/server: {error}")


def load_fixtures() -> None:
    from django.core.management import call_command

    from projects_api.models import Bureau

    fixtures = {"pucheng": "610526", "gushi": "411525"}
    loaded = set(Bureau.objects.filter(code__in=fixtures.values()).values_list("code", flat=True))
    wanted = [name for name, code in fixtures.items() if code not in loaded]
    if wanted:
        say(f"Data: loading {' and '.join(wanted)}")
        call_command("loaddata", *wanted)


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    port = os.environ.get("PORT", "8000")
    if not port.isdecimal() or not 0 < int(port) < 65536:
        sys.exit(f"script/server: PORT must be a number from 1 to 65535, not {port!r}")
    check_port(int(port))

    import django
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management.base import CommandError, SystemCheckError
    from django.db import DatabaseError

    try:
        from config.env import env
        from config.translations import compile_stale

        env.var_dir.mkdir(parents=True, exist_ok=True)
        compile_stale()
        django.setup()
        from config.collected import collect_if_changed

        migrate()
        collect_if_changed()
        load_fixtures()
    except ImproperlyConfigured as error:
        sys.exit(f"script/server: {error}")
    except SystemCheckError as error:
        sys.exit(f"script/server: the settings do not fit together:\n{error}")
    except (CommandError, DatabaseError) as error:
        sys.exit(f"script/server: the database could not be made ready: {error}")
    except OSError as error:
        sys.exit(f"script/server: {error.filename or 'a file'}: {error.strerror or error}")


if __name__ == "__main__":
    main()
