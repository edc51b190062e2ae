"""``manage.py publish_site DIR``: the public side as files for any web server or CDN (``docs/publish.md``)."""

from __future__ import annotations

import logging
import os
import re
import sys
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

_ORIGIN = re.compile(r"https?://[^/\s?#@]+/?")
_BASE = re.compile(r"https?://[^/\s?#@]+(/[\w.~-]+)*/?", re.ASCII)


class Command(BaseCommand):
    help = "Write the public side as files. Exit 0: DIR/current is up to date; 2: refused or failed, DIR/current is as it was."
    # Fast where nothing changed: the server has checked the same.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "directory", type=Path, help="an empty directory, or the one of the last run; serve DIR/current"
        )
        parser.add_argument("--live", default=None, help="origin of the live server (default: SITE_URL, if it is set)")
        parser.add_argument(
            "--base-url",
            default=None,
            help="where the edition is served: an origin, or a path on one (default: --live)",
        )
        parser.add_argument(
            "--processes", type=int, default=0, help="how many at once (default: one per core, at most 4)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        from portal.edition.folder import Folder, Refused
        from portal.edition.making import Failed
        from portal.edition.publish import publish

        started = time.monotonic()
        settings.DEBUG = False  # the page for what is not there is for readers, and Django's own names every address
        logging.getLogger("django.request").setLevel(
            logging.ERROR
        )  # the page for what is not there is asked for on purpose
        live = options["live"] if options["live"] is not None else settings.SITE_URL if settings.SITE_URL_GIVEN else ""
        base = options["base_url"] if options["base_url"] is not None else live
        if live and not _ORIGIN.fullmatch(live):
            words = _("%(name)s must be an origin like https://works.example.cn.")
            raise CommandError(words % {"name": "--live"}, returncode=2)
        if base and not _BASE.fullmatch(base):
            words = _("%(name)s must be an address like https://www.example.cn/works.")
            raise CommandError(words % {"name": "--base-url"}, returncode=2)
        if not settings.SITE_URL_GIVEN and (live or base):
            # What a page says of its own address (canonical, share picture, feeds, files) is read away from here.
            settings.SITE_URL, settings.SITE_URL_GIVEN = (live or base).rstrip("/"), True
        folder = Folder(options["directory"].absolute())
        try:
            folder.prepare()
            with folder.alone(), _Bar() as bar:
                report = publish(
                    folder,
                    at=timezone.localtime(),
                    live=live.rstrip("/"),
                    base=base.rstrip("/"),
                    processes=_processes(options["processes"]),
                    progress=bar.show,
                )
        except (Refused, Failed) as error:
            raise CommandError(str(error), returncode=2) from None
        seconds = time.monotonic() - started
        if report.edition is None:
            words = _("Nothing has changed: %(n)d addresses as they were. %(seconds).1f s.")
            self.stdout.write(words % {"n": report.kept, "seconds": seconds})
            return
        words = _(
            "%(made)d addresses written, %(same)d found as they were, %(kept)d kept, %(gone)d deleted. %(seconds).1f s."
        )
        self.stdout.write(words % {**vars(report), "seconds": seconds})
        self.stdout.write(_("Serve %(directory)s") % {"directory": folder.root / "current"})
        if not live:
            self.stdout.write(_("No live server is named (--live or SITE_URL): what needs one only says so."))
        if not settings.SITE_URL_GIVEN:
            words = _(
                "No address is named (--live, --base-url or SITE_URL): pages, feeds and files name themselves %(here)s."
            )
            self.stdout.write(words % {"here": settings.SITE_URL})


def _processes(wanted: int) -> int:
    """A database in memory is this process's alone."""
    if connection.vendor == "sqlite" and connection.is_in_memory_db():  # type: ignore[attr-defined]
        return 1
    return max(1, wanted or min(4, os.cpu_count() or 1))


class _Bar:
    """A progress bar on a terminal, nothing elsewhere."""

    def __enter__(self) -> _Bar:
        from tqdm import tqdm

        self.bar = tqdm(file=sys.stderr, disable=None, unit=_("addresses"))
        return self

    def __exit__(self, *_error: object) -> None:
        self.bar.close()

    def show(self, done: int, total: int) -> None:
        self.bar.total = total
        self.bar.update(done - self.bar.n)
