"""``manage.py build_fixtures``: make the demonstration fixtures (``script/build_fixtures`` gives it a database)."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from projects_api.interchange.demo.build import build
from projects_api.interchange.demo.dump import dump, dump_pictures, objects_of
from projects_api.interchange.demo.source import HOME, read_source
from projects_api.models import Bureau


class Command(BaseCommand):
    help = "Build fixtures/pucheng.json and fixtures/gushi.json from fixtures/source, in an empty database."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--into", type=Path, default=HOME.parent, help="the folder to write to (default: fixtures/)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if Bureau.objects.exists():
            raise CommandError("This database is in use. Run script/build_fixtures, which makes an empty one.")
        shutil.rmtree(options["into"] / "photos", ignore_errors=True)
        for name in ("pucheng", "gushi"):
            source = read_source(name)
            build(source)
            path = options["into"] / f"{name}.json"
            bureau = Bureau.objects.select_related("region__parent").get(code=source.code)
            count = dump(objects_of(bureau), path)
            pictures = dump_pictures(bureau, options["into"] / "photos")
            self.stdout.write(
                f"{path}: {count} objects, {path.stat().st_size // 1024} KB, {pictures // 1024} KB of pictures"
            )
