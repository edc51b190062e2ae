"""One run: which addresses changed, making their files, and the switch to the new edition."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings

from portal.edition.around import around, static_files
from portal.edition.ask import Notice
from portal.edition.folder import Folder
from portal.edition.making import Entry, Task, drop, files_of, keep, made_by, together
from portal.edition.parts import jobs
from portal.edition.world import standing, world

PASSES = 3


@dataclass
class Report:
    """What a run did, in numbers of addresses; ``edition`` is None where nothing had changed.

    ``made``: new, or saying something else than before; ``same``: asked for anew and found as they were; ``kept``: not asked for.
    """

    edition: Path | None
    made: int = 0
    same: int = 0
    kept: int = 0
    gone: int = 0


def publish(
    folder: Folder, *, at: datetime, live: str, base: str, processes: int, progress: Callable[[int, int], None]
) -> Report:
    """Bring ``folder`` up to date. ``live``: origin of the live server; ``base``: where the edition is served, an origin
    or a path on one, under which all of it lies then.

    Raises Failed, and leaves what is served alone, when a page cannot be made.
    """
    told = told_of(live, base)
    old = folder.manifest()
    if old.get("standing") == standing(told):
        return Report(None, kept=len(old["pages"]))
    now = world(told)
    before = {key: Entry(**entry) for key, entry in old.get("pages", {}).items()}
    folder.begin()
    made: dict[str, Entry] = {}
    asked: set[str] = set()
    # What is written meanwhile is caught up with, so that no page is older than the ledger entry that the edition names.
    for left in reversed(range(PASSES)):
        wanted = list(jobs(now))
        files = files_of(wanted, live, base)
        keys = {job.key for job in wanted}
        for key in made.keys() - keys:
            drop(folder, made.pop(key))
        due = []
        for job in wanted:
            known = made.get(job.key)
            if known is not None and known.validator == job.validator:
                continue
            if known is not None:
                drop(folder, known)  # it may have had more pages
            entry = before.get(job.key)
            if known is None and entry and entry.validator == job.validator and keep(folder, entry):
                made[job.key] = entry
            else:
                due.append(job)
        task = Task(folder.root, Notice(at, live), files)
        for done, (job, made_entry) in enumerate(made_by(task, together(due), processes), start=1):
            if made_entry is None:
                made.pop(job.key, None)
            else:
                made[job.key] = made_entry
            progress(done, len(due))
        asked |= {job.key for job in due}
        if not left or standing(told) == now.standing:
            break
        now = world(told)
    static_files(folder)
    around(folder, made, now, at, files=files, base=base, same=old.get("lasting") == now.lasting)
    edition = folder.switch(at)
    asked &= made.keys()
    same = sum(key in before and before[key].files == made[key].files for key in asked)
    return Report(edition, len(asked) - same, same, len(made) - len(asked), len(before.keys() - made.keys()))


def told_of(live: str, base: str) -> str:
    """What a run is asked for and the program says beside the record, for `portal.edition.world`."""
    return repr((live, base, _static_stamp()))


def _static_stamp() -> str:
    """Changes with the collected files: pages name them by their hashes."""
    try:
        return hashlib.sha256((Path(settings.STATIC_ROOT) / "staticfiles.json").read_bytes()).hexdigest()
    except OSError:
        return ""
