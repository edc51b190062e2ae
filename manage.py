#!/usr/bin/env python3
"""Django's command line for SchoolWorks."""

from __future__ import annotations

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        import django
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
    except ModuleNotFoundError:
        sys.exit(
            "manage.py: Django is not installed for this Python. Run script/bootstrap, then .venv/bin/python manage.py"
        )
    try:
        # Read first and apart: Django would otherwise go on half-configured and report something else.
        import config.env  # noqa: F401
    except ImproperlyConfigured as error:
        sys.exit(f"manage.py: {error}")
    from config.stack import with_room
    from config.start import loaded

    loaded(django.setup)
    with_room(execute_from_command_line, sys.argv)


if __name__ == "__main__":
    main()
