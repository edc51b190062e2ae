"""What changed, in plain words: a project's ledger as sentences, for pages, feeds and e-mails alike.

`public_changes` is the one the public reads, wherever it reads it; `told` is the same for readers of the whole history. Both
are pure: entries in, sentences out, in the language of the moment (`translation.override` for another).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, islice

from django.db.models import QuerySet

from projects_api.models import LedgerEntry, Milestone, Project
from projects_api.patches import Patch, follow, plain_copy, pointer_of
from projects_api.public import public_patch
from projects_api.selectors.change_words import STATUS_WORDS, Document, lines_of
from projects_api.selectors.moment import read_once

# What of an entry is needed to tell it and to prove it; not who wrote it and why.
FIELDS = ("id", "project_id", "version", "action", "at", "patch", "public", "hash")
_MEMBERS = frozenset(
    {"milestones", "photos", "estimates", "allocations", "spending", "inspections", "findings", "questions"}
)


@dataclass(frozen=True)
class Change:
    """One entry of the ledger in words, a line for each thing that changed (never none).

    ``id`` grows with every entry of the installation: who remembers the last one told asks for those above it. ``actor`` and
    ``reason`` are for those who read the whole history; ``None`` and "" for the public. ``hash`` proves it (docs/public.md).
    """

    id: int
    version: int
    at: datetime
    lines: list[str]
    hash: str
    actor: str | None = None
    reason: str = ""

    @property
    def words(self) -> str:
        """All of it on one line, for a title or a subject."""
        return " ".join(self.lines)


def public_changes(
    entries: Iterable[LedgerEntry],
    *,
    hidden: frozenset[str] = frozenset(),
    titles: Mapping[str, str] | None = None,
    names: Mapping[str, str] | None = None,
    limit: int | None = None,
) -> list[Change]:
    """Every change since publication that the public may read, newest first, each in plain words. Pure.

    ``entries``: **all** entries of one project's chain, oldest first (`chain_of`, `chains_of`): a sentence says what stood
    before, and the ledger alone knows that. What was written before publication is read and not told.
    ``hidden``: keys of the milestones that the public does not see; ``titles``: the milestones' titles by key; ``names``: those
    of regions and schools by code, as far as the caller has them. ``limit``: no more than the newest so many.

    Raises PatchDoesNotApply where the entries are not a whole chain. Costs a walk over all patches, words for those told.
    """

    def shown(entry: LedgerEntry) -> Patch:
        return public_patch(entry.patch, hidden) if entry.public else []

    return told(entries, shown=shown, titles=titles, names=names, limit=limit)


def told(
    entries: Iterable[LedgerEntry],
    *,
    shown: Callable[[LedgerEntry], Patch],
    titles: Mapping[str, str] | None = None,
    names: Mapping[str, str] | None = None,
    limit: int | None = None,
    whole: bool = False,
) -> list[Change]:
    """`public_changes` for any reader: ``shown`` gives the part of an entry's patch that is theirs, [] for none of it.

    ``whole``: with who did it and why; ``entries`` must hold ``actor_name`` and ``reason`` then.
    """
    changes = _told(list(_steps(entries, shown, whole)), titles or {}, names or {}, whole)
    return list(islice(changes, limit))


def _steps(
    entries: Iterable[LedgerEntry], shown: Callable[[LedgerEntry], Patch], whole: bool
) -> Iterator[tuple[LedgerEntry, Patch, Document]]:
    document: Document = {}
    for entry in entries:
        if patch := shown(entry):
            yield entry, patch, _before(document, patch, whole)
        follow(document, entry.patch)


def _told(
    steps: Sequence[tuple[LedgerEntry, Patch, Document]],
    titles: Mapping[str, str],
    names: Mapping[str, str],
    whole: bool,
) -> Iterator[Change]:
    for entry, patch, before in reversed(steps):
        if lines := lines_of(patch, titles, before, names):
            actor, reason = (entry.actor_name, entry.reason) if whole else (None, "")
            yield Change(entry.pk, entry.version, entry.at, lines, entry.hash, actor, reason)


def _before(document: Document, patch: Patch, whole: bool) -> Document:
    """What stood where the patch writes: own facts, and whole rows of the parts. Empty for the entry that publishes: what
    stood before it was nobody's to read. What was held back of a stage stood there for who reads the whole alone."""
    before: Document = {}
    pointers = [pointer_of(operation["path"]) for operation in patch]
    if ("status",) in pointers:  # told with its reason, also where that is the one of before
        pointers += [(name,) for name in STATUS_WORDS]
    if any(operation["path"] == "/published" and operation.get("value") for operation in patch):
        return before
    for pointer in pointers:
        if not pointer or pointer[0] not in document:
            continue
        name = pointer[0]
        if name == "baselines":
            before[name] = {number: {"finish": facts.get("finish")} for number, facts in document[name].items()}
        elif name in _MEMBERS:
            rows = before.setdefault(name, {})
            if len(pointer) > 1 and pointer[1] not in rows and pointer[1] in document[name]:
                rows[pointer[1]] = plain_copy(document[name][pointer[1]])
        elif name not in before:
            before[name] = plain_copy(document[name])
    for key, facts in before.get("milestones", {}).items():
        if not facts.get("public", True):  # hidden until this very entry
            before["milestones"][key] = {}
        elif not whole:
            facts.pop("reported", None)
    return before


@read_once(lambda project, *more: (project.pk, more))
def chain_of(project: Project, *more: str) -> list[LedgerEntry]:
    """The project's whole chain, oldest first, as `public_changes` wants it; with ``more`` fields than `FIELDS`.

    One query; it grows with the chain.
    """
    return list(project.ledger.order_by("version").only(*FIELDS, *more))


def chains_of(projects: Iterable[int]) -> dict[int, list[LedgerEntry]]:
    """`chain_of` for many projects at once, by their ids. One query."""
    rows = LedgerEntry.objects.filter(project__in=list(projects)).order_by("project_id", "version").only(*FIELDS)
    return {pk: list(chain) for pk, chain in groupby(rows, key=lambda entry: entry.project_id or 0)}


@dataclass(frozen=True)
class Changes:
    """Changes, newest first, each with its project. ``older``: before which entry there may be more; None: there are none."""

    told: list[tuple[Project, Change]]
    older: int | None = None


def newest_changes(projects: QuerySet[Project], limit: int, before: int | None = None) -> Changes:
    """The newest public changes among these projects (bureau, region, school loaded); ``before``: those before this entry's id.

    ``projects`` is a visible set; whatever is in it that the public does not see is left out. About five queries, however far
    back: the newest entries, their projects with milestones, those projects' chains. For feeds and what a page shows of many.
    """
    public = projects.filter(published=True, archived_at__isnull=True).order_by()
    newest = (
        LedgerEntry.objects.filter(public=True, project__in=public.values("pk"))
        .order_by("-id")
        .values_list("id", "project_id")
    )
    if before is not None:
        newest = newest.filter(id__lt=before)
    # Some entries say nothing in words; twice as many are enough of them.
    wanted = list(newest[: 2 * limit])
    ids = {project for _entry, project in wanted}
    if not ids:
        return Changes([])
    found = {
        project.pk: project
        for project in public.filter(pk__in=ids)
        .select_related("bureau", "region", "school")
        .defer("footprint", "region__boundary", "region__point", "bureau__calendar")
        .prefetch_related("milestones")
    }
    oldest = wanted[-1][0]
    changes = [
        (found[pk], change)
        for pk, chain in chains_of(ids).items()
        if pk in found
        for change in changes_of(found[pk], chain)
        if oldest <= change.id and (before is None or change.id < before)
    ]
    changes.sort(key=lambda pair: -pair[1].id)
    if len(changes) > limit:
        return Changes(changes[:limit], changes[limit - 1][1].id)
    return Changes(changes, oldest if len(wanted) == 2 * limit else None)


def changes_of(project: Project, chain: Iterable[LedgerEntry], *, limit: int | None = None) -> list[Change]:
    """`public_changes` of a project whose milestones (prefetched), region and school are loaded. No query then."""
    milestones = list(project.milestones.all())
    return public_changes(
        chain, hidden=hidden_of(milestones), titles=titles_of(milestones), names=names_of(project), limit=limit
    )


def hidden_of(milestones: Iterable[Milestone]) -> frozenset[str]:
    return frozenset(m.key for m in milestones if not m.public)


def titles_of(milestones: Iterable[Milestone]) -> dict[str, str]:
    return {m.key: m.title for m in milestones}


def names_of(project: Project) -> dict[str, str]:
    """The names behind the codes of the project's own region and school."""
    names = {project.region.code: project.region.name}
    return names | {project.school.code: project.school.name} if project.school else names
