"""Checking the ledger: every chain unbroken, the tables saying what the ledger says, and no entry without its subject.

What an entry holds beside its hash follows from what the hash covers, and is computed anew: ``public`` from the patch and the
document after it, the actor's account from the actor's name, the order of the feed from the versions (decision 51).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby, islice
from typing import Any, TypeVar

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from projects_api.canonical import entry_hash
from projects_api.models import AnnualPlan, Bureau, LedgerEntry, Project, School
from projects_api.patches import PatchDoesNotApply, apply
from projects_api.public import entry_is_public
from projects_api.selectors.bureaus import bureau_document
from projects_api.selectors.documents import BATCH, documents_of
from projects_api.selectors.facts import Document, plan_document
from projects_api.selectors.ledger import OF_PEOPLE, hashed_fields
from projects_api.selectors.schools import school_document, with_document

Item = TypeVar("Item")


@dataclass(frozen=True)
class Fault:
    """The first thing wrong in one chain. ``version`` 0 where no entry can be named."""

    subject: str
    version: int
    message: str

    def __str__(self) -> str:
        return (
            f"{self.subject} entry {self.version}: {self.message}"
            if self.version
            else f"{self.subject}: {self.message}"
        )


@dataclass
class Result:
    chains: int = 0
    entries: int = 0
    faults: list[Fault] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        return not self.faults


def verify(
    *, anchors: Mapping[str, tuple[int, str]] | None = None, progress: Callable[[int], None] = lambda done: None
) -> Result:
    """Check every chain: numbers without gap, hashes, previous hashes, patches that apply, head and tables agree.

    ``anchors`` are heads published earlier (subject -> version, hash): an entry that was public then must still stand
    there, which finds even a history that was rewritten whole. Constant memory; a few queries per 500 projects, and one
    over the entries for those that have no subject any more.
    """
    result = Result()
    wanted = dict(anchors or {})
    for subjects in (_projects(), _plans(), _bureaus(), _schools()):
        for subject, version, head, document, entries in subjects:
            result.chains += 1
            result.entries += len(entries)
            fault = check_chain(subject, version, head, document, entries, wanted.pop(subject, None))
            if fault:
                result.faults.append(fault)
            progress(result.chains)
    for subject, count in _orphans():
        result.chains += 1
        result.entries += count
        wanted.pop(subject, None)
        result.faults.append(Fault(subject, 1, "tells of what is no longer there"))
    result.faults += [Fault(subject, 0, "the whole chain is gone, with its subject") for subject in sorted(wanted)]
    return result


def check_chain(
    subject: str,
    version: int,
    head: str,
    document: Document,
    entries: list[LedgerEntry],
    anchor: tuple[int, str] | None = None,
) -> Fault | None:
    """The first fault of one chain, or None. ``entries`` are in the order of their version."""
    previous, last = "", 0
    kind = subject.partition(":")[0]
    replayed: Document | None = None
    for expected, entry in enumerate(entries, start=1):
        if entry.subject != subject:
            return Fault(subject, entry.version, f"is filed under {entry.subject}")
        if entry.version != expected:
            return Fault(subject, expected, "is missing")
        if entry.previous != previous:
            return Fault(subject, expected, "does not follow from the entry before it")
        if entry.hash != entry_hash(hashed_fields(entry)):
            return Fault(subject, expected, "was changed after it was written")
        if anchor and anchor[0] == expected and anchor[1] != entry.hash:
            return Fault(subject, expected, "is not the entry whose hash was published")
        try:
            replayed = apply(replayed, entry.patch)
        except PatchDoesNotApply:
            return Fault(subject, expected, "does not fit what was recorded before it")
        if entry.public != entry_is_public(kind, entry.patch, replayed):
            shown = "is hidden from the public, which may read it" if not entry.public else "is shown to the public"
            return Fault(subject, expected, f"{shown}: that was changed after it was written")
        if (account := account_of(entry)) != entry.actor_name:
            return Fault(subject, expected, f"is by “{entry.actor_name}” and hangs on the account “{account}”")
        if entry.pk <= last:
            return Fault(subject, expected, "stands in the feed before the entry that it follows")
        previous, last = entry.hash, entry.pk
    if anchor and anchor[0] > len(entries):
        return Fault(subject, anchor[0], "was published and is missing")
    if not entries and not version:
        return Fault(subject, 0, "holds what no entry tells of")
    if len(entries) > version:
        return Fault(subject, version + 1, f"is unknown to the record, which is at version {version}")
    if len(entries) != version or previous != head:
        return Fault(subject, min(len(entries), version) + 1, f"is missing: the record is at version {version}")
    if replayed != document:
        return Fault(subject, version, "does not lead to what the tables hold: they were changed behind the ledger")
    return None


def heads() -> Iterator[tuple[str, int, str]]:
    """(subject, version, hash) of every chain's newest entry: what is published daily as an anchor."""
    for code, version, head in Project.objects.order_by("code").values_list("code", "version", "head_hash").iterator():
        yield f"project:{code}", version, head
    plans = AnnualPlan.objects.order_by("bureau__code", "year").values_list(
        "bureau__code", "year", "version", "head_hash"
    )
    for code, year, version, head in plans.iterator():
        yield f"plan:{code}-{year}", version, head
    bureaus = Bureau.objects.filter(version__gt=0).order_by("code").values_list("code", "version", "head_hash")
    for code, version, head in bureaus.iterator():
        yield f"bureau:{code}", version, head
    schools = School.objects.filter(version__gt=0).order_by("code").values_list("code", "version", "head_hash")
    for code, version, head in schools.iterator():
        yield f"school:{code}", version, head


Chain = tuple[str, int, str, Document, list[LedgerEntry]]


def _projects() -> Iterator[Chain]:
    for pairs in batched(documents_of(Project.objects.all())):
        chains = _entries("project", [project.pk for project, _document in pairs])
        for project, document in pairs:
            yield f"project:{project.code}", project.version, project.head_hash, document, chains.get(project.pk, [])


def _plans() -> Iterator[Chain]:
    for plans in batched(AnnualPlan.objects.select_related("bureau").order_by("pk").iterator()):
        chains = _entries("plan", [plan.pk for plan in plans])
        for plan in plans:
            yield f"plan:{plan.slug}", plan.version, plan.head_hash, plan_document(plan), chains.get(plan.pk, [])


def _bureaus() -> Iterator[Chain]:
    """Only those that have set something: a bureau as the product made it has no chain, and no settings either."""
    for bureaus in batched(Bureau.objects.order_by("pk").iterator()):
        chains = _entries("bureau", [bureau.pk for bureau in bureaus])
        for bureau in bureaus:
            entries = chains.get(bureau.pk, [])
            document = bureau_document(bureau, people=any(entry.action in OF_PEOPLE for entry in entries))
            if bureau.version or entries or any(value for name, value in document.items() if name != "code"):
                yield f"bureau:{bureau.code}", bureau.version, bureau.head_hash, document, entries


def _schools() -> Iterator[Chain]:
    """Those that a service has recorded; one that is older than its chain has none."""
    rows = with_document(recorded(School.objects.all(), "school")).order_by("pk")
    for schools in batched(rows.iterator(chunk_size=BATCH)):
        chains = _entries("school", [school.pk for school in schools])
        for school in schools:
            document = school_document(school)
            yield f"school:{school.code}", school.version, school.head_hash, document, chains.get(school.pk, [])


def recorded(rows: QuerySet[Any], name: str) -> QuerySet[Any]:
    """Those that say they have a chain, and those that have entries whatever they say."""
    return rows.filter(Q(version__gt=0) | Exists(LedgerEntry.objects.filter(**{name: OuterRef("pk")})))


def _orphans() -> Iterator[tuple[str, int]]:
    """Chains that no walk above reaches, with the number of their entries: the row of their subject, or the bureau or division
    that it hangs on, was deleted with the foreign keys switched off.
    """
    gone = LedgerEntry.objects.filter(
        Q(project__bureau__code__isnull=True) | Q(project__region__code__isnull=True),
        Q(school__bureau__code__isnull=True) | Q(school__region__code__isnull=True),
        plan__bureau__code__isnull=True,
        bureau__code__isnull=True,
    )
    subjects = gone.order_by("subject", "version").values_list("subject", flat=True).iterator()
    for subject, entries in groupby(subjects):
        yield subject, sum(1 for _entry in entries)


def batched(rows: Iterator[Item]) -> Iterator[list[Item]]:
    while batch := list(islice(rows, BATCH)):
        yield batch


def _entries(name: str, keys: list[int]) -> dict[int, list[LedgerEntry]]:
    rows = LedgerEntry.objects.filter(**{f"{name}__in": keys}).annotate(account=F("actor__username"))
    rows = rows.order_by(name, "version")
    return {key: list(group) for key, group in groupby(rows, key=lambda entry: getattr(entry, f"{name}_id"))}


def account_of(entry: LedgerEntry) -> str:
    """The user name of the account that an entry (read by `_entries`) hangs on; "" for none.

    An account keeps its name for ever: reports, findings and assignments are recorded under it.
    """
    return getattr(entry, "account", None) or ""
