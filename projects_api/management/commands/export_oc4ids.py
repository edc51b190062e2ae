"""``manage.py export_oc4ids > package.json``: everything public as an OC4IDS package (``docs/oc4ids.md``)."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from projects_api.interchange.oc4ids import package
from projects_api.models import Bureau, Project


class Command(BaseCommand):
    help = "Write the public projects as an OC4IDS 0.9 package to the standard output. Exit 2: no such bureau, nothing public."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--bureau", default="", help="of this bureau alone")
        parser.add_argument("--uri", default="", help="the address under which the package will be found")
        parser.add_argument("--licence", default="", help="the address of the licence of the data")

    def handle(self, *args: Any, **options: Any) -> None:
        projects = Project.objects.visible_to(AnonymousUser())
        bureau = None
        if options["bureau"]:
            bureau = Bureau.objects.filter(code=options["bureau"]).first()
            if bureau is None:
                raise CommandError(
                    _("There is no bureau with the code %(code)s.") % {"code": options["bureau"]}, returncode=2
                )
            projects = projects.filter(bureau=bureau)
        if not projects.exists():
            raise CommandError(_("Nothing is public: a package without a project is not valid."), returncode=2)
        # Bytes where the output takes them: UTF-8 whatever the terminal speaks. A test's StringIO takes text.
        out = getattr(self.stdout, "buffer", None)
        for part in package(projects, bureau=bureau, uri=options["uri"], licence=options["licence"]):
            if out is None:
                self.stdout.write(part.decode(), ending="")
            else:
                out.write(part)
