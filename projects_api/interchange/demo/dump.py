"""A bureau's rows as a fixture: natural keys, no primary keys, one object a line, always in the same order."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.core.serializers import serialize
from django.db.models import Model, Q

from projects_api.models import (
    Allocation,
    AnnualPlan,
    Assignment,
    Baseline,
    Bureau,
    Certificate,
    Estimate,
    Finding,
    Inspection,
    LedgerEntry,
    Membership,
    Milestone,
    Photo,
    ProgressReport,
    Project,
    Question,
    Region,
    School,
    SchoolEvent,
    Spending,
    User,
)
from projects_api.services import photo_files

# Columns of later versions that are left out where they say nothing, as the document leaves their members out.
_SILENT: dict[str, object] = {
    "reported": None,
    "reported_at": None,
    "publishing": {},
    "status_reason": "",
    "status_note": "",
    "status_since": None,
    "notifications": {},
    "children": {},
    "elsewhere": {},
    "boarding": False,
    "schoolevent.before": {},
    "ledgerentry.school": None,
    "estimate.public": False,
    "allocation.public": False,
    "spending.public": False,
}

_SENT = ("progressreport", "photo", "question")


def objects_of(bureau: Bureau) -> Iterator[Model]:
    """Everything of the bureau, what is referred to before what refers to it."""
    ancestors = []
    region = bureau.region.parent
    while region is not None:
        ancestors.append(region)
        region = region.parent
    yield from reversed(ancestors)
    yield bureau.region
    yield from Region.objects.filter(parent=bureau.region).order_by("code")
    yield bureau
    yield from User.objects.filter(memberships__bureau=bureau).distinct().order_by("username")
    yield from Membership.objects.filter(bureau=bureau).order_by("user__username", "role")
    yield from AnnualPlan.objects.filter(bureau=bureau).order_by("year")
    yield from School.objects.filter(bureau=bureau).order_by("code")
    yield from SchoolEvent.objects.filter(school__bureau=bureau).order_by("school__code", "number")
    yield from Project.objects.filter(bureau=bureau).order_by("code")
    yield from Milestone.objects.filter(project__bureau=bureau).order_by("project__code", "position", "key")
    yield from Baseline.objects.filter(project__bureau=bureau).order_by("project__code", "number")
    for model in (Estimate, Allocation, Spending):
        yield from model._default_manager.filter(project__bureau=bureau).order_by("project__code", "number")
    yield from Assignment.objects.filter(project__bureau=bureau).order_by("project__code", "user__username")
    came: tuple[tuple[type[Model], str], ...] = (
        (ProgressReport, "received_at"),
        (Photo, "announced_at"),
        (Inspection, "number"),
        (Finding, "number"),
        (Certificate, "number"),
        (Question, "asked_at"),
    )
    for table, order in came:
        yield from table._default_manager.filter(project__bureau=bureau).order_by("project__code", order)
    yield from LedgerEntry.objects.filter(
        Q(project__bureau=bureau) | Q(plan__bureau=bureau) | Q(bureau=bureau) | Q(school__bureau=bureau)
    ).order_by("id")


def dump_pictures(bureau: Bureau, folder: Path) -> int:
    """The files of the bureau's photos, each in a folder of its id; returns their bytes."""
    size = 0
    for photo in Photo.objects.filter(project__bureau=bureau):
        target = folder / str(photo.pk)
        target.mkdir(parents=True, exist_ok=True)
        for name in (photo_files.ORIGINAL, photo_files.DISPLAY, photo_files.PREVIEW):
            with photo_files.kept(photo.pk, name) as file:
                size += (target / name).write_bytes(file.read())
    return size


def dump(objects: Iterable[Model], path: Path) -> int:
    """Write the fixture; returns the number of objects. Rows get new primary keys wherever they are loaded."""
    rows = json.loads(
        serialize("json", objects, use_natural_foreign_keys=True, use_natural_primary_keys=True, ensure_ascii=False)
    )
    for row in rows:
        table = row["model"].rpartition(".")[2]
        for given, nothing in _SILENT.items():
            model, _dot, name = given.rpartition(".")
            if model in ("", table) and name in row["fields"] and row["fields"][name] == nothing:
                del row["fields"][name]
    # The key of what was sent is its sender's own, not the database's.
    keys = [{"pk": row["pk"]} if row["model"].rpartition(".")[2] in _SENT else {} for row in rows]
    named = zip(rows, keys, strict=True)
    lines = [
        json.dumps({"model": row["model"], **key, "fields": row["fields"]}, ensure_ascii=False) for row, key in named
    ]
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")
    return len(rows)
