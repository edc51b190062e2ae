"""``manage.py import_projects FILE --mapping NAME``: a table into projects and milestones (``docs/import.md``)."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.checks import Tags
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from tqdm import tqdm

from projects_api.errors import DomainError
from projects_api.interchange.importer import Reading, read_projects
from projects_api.interchange.mapping_files import load, names
from projects_api.interchange.reports import Reject, write_rejects
from projects_api.interchange.sections import MappingError
from projects_api.interchange.tables import ENCODINGS, TableUnreadable
from projects_api.models import Bureau, User
from projects_api.services.import_places import register_of
from projects_api.services.imports import Counts, import_projects
from projects_api.services.sites import bureau_area

SHOWN = 20


class Command(BaseCommand):
    help = "Import a table of projects. Exit 0: it stands (rejected rows are listed); 2: the file cannot be read."
    # The checks of addresses load every page there is: half a second and 33 MB, of which a table needs nothing.
    requires_system_checks = (Tags.models, Tags.database)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the table, CSV with one header line")
        parser.add_argument(
            "--mapping", required=True, help=f"how to read it: {', '.join(names())}, or the path of a .toml file"
        )
        parser.add_argument("--sites", type=Path, help="a second table with the places, joined as the mapping says")
        parser.add_argument("--bureau", default="", help="whose projects these are, where the mapping does not say")
        parser.add_argument("--encoding", default="", choices=["", *ENCODINGS], help="of both tables (default: utf-8)")
        parser.add_argument("--actor", default="", help="the user name that the ledger names (default: none)")
        parser.add_argument("--reason", default="", help="why, for the ledger")
        parser.add_argument("--dry-run", action="store_true", help="show the same report, write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        actor = named_actor(options["actor"])
        try:
            mapping = load(options["mapping"])
            bureau = _bureau(options["bureau"] or (mapping.bureau.code if mapping.bureau else ""))
            with _bar(_("Reading"), _("rows")) as bar:
                reading = read_projects(
                    path,
                    mapping,
                    sites=options["sites"],
                    bureau_code=options["bureau"],
                    area=bureau_area(bureau) if bureau else None,
                    register=register_of(bureau, statuses_of=mapping.statuses_of) if bureau else None,
                    encoding=options["encoding"],
                    today=timezone.localdate(),
                    tick=bar.update,
                )
            with _bar(_("Writing"), _("projects")) as bar:
                counts = import_projects(
                    bureau_draft=reading.bureau,
                    drafts=reading.drafts,
                    actor=actor,
                    at=timezone.now(),
                    reason=options["reason"],
                    dry_run=options["dry_run"],
                    progress=_followed(bar),
                )
        except (MappingError, TableUnreadable) as error:
            raise CommandError(str(error), returncode=2) from None
        except DomainError as error:
            raise CommandError(refusal(error), returncode=2) from None
        lists = [(path, reading.header, reading.rejects)]
        if reading.sites and options["sites"]:
            lists.append((options["sites"], reading.sites.header, reading.sites.rejects))
        # Written before a word is said: whoever listens may leave (`| head`), and the lists must be there all the same.
        written = [None if options["dry_run"] else self._write_rejects(*told) for told in lists]
        try:
            self._report(reading, counts, options["dry_run"])
            if options["verbosity"] > 1:
                for draft in reading.unlocated:
                    self.stdout.write(
                        _("  without location: %(code)s %(title)s")
                        % {"code": draft.code, "title": draft.title_en or draft.title_zh}
                    )
            for (_path, _header, rejects), target in zip(lists, written, strict=True):
                self._list_rejects(rejects, target)
            self.stdout.flush()
        except BrokenPipeError:
            nobody_listens()

    def _report(self, reading: Reading, counts: Counts, dry_run: bool) -> None:
        say = self.stdout.write
        rejected = len(reading.rejects)
        if dry_run:
            say(_("Dry run: nothing is written."))
        say(_("Read %(rows)d rows: %(projects)d projects, %(milestones)d milestones.") % {
            "rows": reading.rows, "projects": len(reading.drafts), "milestones": reading.milestones,
        })  # fmt: skip
        for word, number in (
            (pgettext("import", "created"), counts.created),
            (pgettext("import", "changed"), counts.changed),
            (pgettext("import", "unchanged"), counts.unchanged),
            (pgettext("import", "rejected"), rejected),
            (pgettext("import", "without location"), counts.without_location),
        ):
            say(_("%(word)s: %(number)d") % {"word": word, "number": number})
        say_archived(say, counts.archived)
        self._notes(reading)

    def _notes(self, reading: Reading) -> None:
        notes = [*reading.notes, *(reading.sites.notes if reading.sites else [])]
        if notes:
            self.stdout.write(_("Worth knowing (%(n)d):") % {"n": len(notes)})
        for text, lines in _gathered([(note.text, note.line) for note in notes]):
            self.stdout.write(f"  {text}: {_lines(lines)}")

    def _write_rejects(self, path: Path, header: tuple[str, ...], rejects: list[Reject]) -> Path | None:
        """The list beside the table; one of an earlier run is emptied where nothing is rejected any more."""
        target = path.with_name(path.name + ".rejected.csv")
        if not rejects and not target.exists():
            return None
        return write_list(target, lambda path: write_rejects(path, header, rejects), self.stderr)

    def _list_rejects(self, rejects: list[Reject], written: Path | None) -> None:
        for reject in rejects[:SHOWN]:
            self.stdout.write(
                _("  rejected: line %(line)d, %(column)s: %(reason)s")
                % {"line": reject.line, "column": reject.column or _("the whole row"), "reason": reject.reason}
            )
        if len(rejects) > SHOWN:
            self.stdout.write(_("  … and %(n)d more") % {"n": len(rejects) - SHOWN})
        if written is None:
            return
        words = _("All rejected rows: %(file)s") if rejects else _("No row is rejected any more: %(file)s is empty.")
        self.stdout.write(words % {"file": written})


def _bureau(code: str) -> Bureau | None:
    return Bureau.objects.select_related("region").filter(code=code).first()


def say_archived(say: Callable[[str], Any], codes: list[str]) -> None:
    """Which projects the file would have changed and did not."""
    if codes:
        more = f" … (+{len(codes) - SHOWN})" if len(codes) > SHOWN else ""
        say(_("Archived, and left as they are: %(codes)s") % {"codes": ", ".join(codes[:SHOWN]) + more})


def named_actor(name: str) -> User | None:
    if not name:
        return None
    user = User.objects.filter(username=name).first()
    if user is None:
        raise CommandError(_("There is no user %(name)s.") % {"name": name}, returncode=2)
    return user


def write_list(target: Path, write: Callable[[Path], None], stderr: Any) -> Path | None:
    """Write a list of what was rejected, and say where it went; None where it can be written nowhere."""
    try:
        write(target)
    except OSError:
        # The data may lie where nothing can be written; the list must reach its reader all the same.
        target = Path.cwd() / target.name
        try:
            write(target)
        except OSError as error:
            stderr.write(_("The list of rejected rows cannot be written: %(error)s") % {"error": error})
            return None
    return target


def nobody_listens() -> None:
    """After a BrokenPipeError: the import stands, and Python must not stumble once more over what it still meant to say."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _bar(words: str, unit: str) -> tqdm[Any]:
    """A progress bar on a terminal, nothing elsewhere (tqdm's ``disable=None``); always on stderr."""
    return tqdm(desc=words, unit=f" {unit}", file=sys.stderr, disable=None, leave=False)


def _followed(bar: tqdm[Any]) -> Callable[[int, int], None]:
    def progress(done: int, total: int) -> None:
        bar.total = total
        bar.update(done - bar.n)

    return progress


def _gathered(pairs: list[tuple[str, int]]) -> list[tuple[str, list[int]]]:
    """The lines of each text, in order of first appearance."""
    found: dict[str, list[int]] = {}
    for text, line in pairs:
        found.setdefault(text, []).append(line)
    return list(found.items())


def _lines(lines: list[int]) -> str:
    shown = ", ".join(str(line) for line in lines[:SHOWN])
    more = f" … (+{len(lines) - SHOWN})" if len(lines) > SHOWN else ""
    return _("line %(lines)s") % {"lines": shown + more}


def refusal(error: DomainError) -> str:
    """Everything that the record refuses, the same words once, at most ``SHOWN`` of them."""
    words = Counter(f"{e.pointer}: {e.message}" for e in error.errors) or Counter([str(error)])
    shown = [text for text, _count in words.most_common(SHOWN)]
    more = [_("… and %(n)d more") % {"n": len(words) - SHOWN}] if len(words) > SHOWN else []
    return "\n".join([_("The record refuses this import; nothing is written."), *shown, *more])
