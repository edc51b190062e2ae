"""``manage.py import_oc4ids FILE``: an OC4IDS package into the record (``docs/oc4ids.md``)."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from projects_api import engine
from projects_api.drafts import BureauDraft
from projects_api.errors import DomainError, FieldError
from projects_api.interchange.oc4ids.project_back import Found
from projects_api.interchange.oc4ids.reading import Package, PackageUnreadable, read_package
from projects_api.interchange.tables import neutralised
from projects_api.management.commands.import_projects import SHOWN, named_actor, refusal, say_archived, write_list
from projects_api.services.imports import Counts, import_projects


class Command(BaseCommand):
    help = "Import an OC4IDS 0.9 package. Exit 0: it stands (rejected projects are listed); 2: the file cannot be read."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the package, JSON")
        parser.add_argument(
            "--bureau", default="", help="only the projects of this bureau; whose those are that do not say it"
        )
        parser.add_argument("--actor", default="", help="the user name that the ledger names (default: none)")
        parser.add_argument("--reason", default="", help="why, for the ledger")
        parser.add_argument("--dry-run", action="store_true", help="show the same report, write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        actor = named_actor(options["actor"])
        counts: list[Counts] = []
        try:
            with engine.writer():
                package = read_package(path, bureau=options["bureau"])
                for code in package.bureaus:
                    counts.append(
                        import_projects(
                            bureau_draft=BureauDraft(code),
                            drafts=[found.draft for found in package.taken(code) if found.draft],
                            actor=actor,
                            at=timezone.now(),
                            reason=options["reason"],
                            dry_run=options["dry_run"],
                        )
                    )
        except PackageUnreadable as error:
            raise CommandError(str(error), returncode=2) from None
        except DomainError as error:
            raise CommandError(refusal(error), returncode=2) from None
        self._report(package, counts, options["dry_run"])
        self._list_rejects(path, package, options["dry_run"])

    def _report(self, package: Package, counts: list[Counts], dry_run: bool) -> None:
        say = self.stdout.write
        if dry_run:
            say(_("Dry run: nothing is written."))
        drafts = [found.draft for found in package.projects if found.draft]
        say(_("Read %(projects)d projects, %(milestones)d milestones.") % {
            "projects": len(package.projects), "milestones": sum(len(draft.milestones) for draft in drafts),
        })  # fmt: skip
        for word, number in (
            (pgettext("import", "created"), sum(one.created for one in counts)),
            (pgettext("import", "changed"), sum(one.changed for one in counts)),
            (pgettext("import", "unchanged"), sum(one.unchanged for one in counts)),
            (pgettext("import", "rejected"), len(package.rejected)),
            (pgettext("import", "without location"), sum(one.without_location for one in counts)),
        ):
            say(_("%(word)s: %(number)d") % {"word": word, "number": number})
        say_archived(say, [code for one in counts for code in one.archived])
        gathered: dict[str, list[str]] = {}
        for found in package.projects:
            for note in found.notes if found.draft else []:
                gathered.setdefault(note, []).append(found.pointer)
        if gathered:
            say(_("Worth knowing (%(n)d):") % {"n": sum(map(len, gathered.values()))})
        for note, pointers in gathered.items():
            more = f" … (+{len(pointers) - SHOWN})" if len(pointers) > SHOWN else ""
            say(f"  {note}: {', '.join(pointers[:SHOWN])}{more}")

    def _list_rejects(self, path: Path, package: Package, dry_run: bool) -> None:
        target = path.with_name(path.name + ".rejected.csv")
        faults = [(found, fault) for found in package.rejected for fault in found.faults]
        if not faults and not target.exists():
            return
        for _found, fault in faults[:SHOWN]:
            self.stdout.write(
                _("  rejected: %(pointer)s: %(reason)s") % {"pointer": fault.pointer, "reason": fault.message}
            )
        if len(faults) > SHOWN:
            self.stdout.write(_("  … and %(n)d more") % {"n": len(faults) - SHOWN})
        if dry_run:
            return
        written = write_list(target, lambda path: write_faults(path, faults), self.stderr)
        if written is not None:
            self.stdout.write(_("All rejected rows: %(file)s") % {"file": written})


def write_faults(path: Path, faults: list[tuple[Found, FieldError]]) -> None:
    """``project,pointer,reason``, every cell harmless to a spreadsheet. Raises OSError."""
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["project", "pointer", "reason"])
        for found, fault in faults:
            writer.writerow(map(neutralised, (found.id, fault.pointer, str(fault.message))))
