"""Milestone templates as an office looks at them: versions of a kind, who made them, which projects follow them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Count, Q

from projects_api.choices import Status
from projects_api.models import Bureau, LedgerEntry, MilestoneTemplate, Project, TemplateStage
from projects_api.schedule.facts import MilestoneFacts, limit_of, links_of
from projects_api.selectors.bureaus import setting_changes


def versions_of(bureau: Bureau, kind: str | None = None) -> dict[str, list[MilestoneTemplate]]:
    """By kind, the one in force first: the bureau's own, the newest first, then the product's. Two queries."""
    rows = MilestoneTemplate.objects.filter(Q(bureau=bureau) | Q(bureau__isnull=True)).prefetch_related("stages")
    if kind is not None:
        rows = rows.filter(kind=kind)
    found: dict[str, list[MilestoneTemplate]] = {}
    for template in sorted(rows, key=lambda row: (row.bureau_id is not None, row.version), reverse=True):
        found.setdefault(template.kind, []).append(template)
    return found


def makers_of(bureau: Bureau) -> dict[datetime, LedgerEntry]:
    """The entries that made the bureau's own versions, by their moment, which is that of the version. One query."""
    return {entry.at: entry for entry in setting_changes(bureau, "template").defer("patch")}


def newest_entry_of(bureau: Bureau) -> LedgerEntry | None:
    """Who changed the bureau's settings last, and what of them. One query."""
    return bureau.ledger.select_related("actor").order_by("-version").first()


def followers_of(bureau: Bureau) -> dict[int, int]:
    """How many projects under way follow each template, by its id: not archived, not cancelled, not all met. One query."""
    running = Project.objects.filter(
        bureau=bureau, archived_at__isnull=True, progress__lt=100, template__isnull=False
    ).exclude(status=Status.CANCELLED)
    return dict(running.order_by().values_list("template").annotate(n=Count("pk")))


def facts_of_stages(stages: Iterable[TemplateStage]) -> list[MilestoneFacts]:
    """What the network of a template is made of; saved or not. No query."""
    return [
        MilestoneFacts(
            key=stage.key,
            position=stage.position,
            weight=stage.weight,
            public=stage.public,
            duration=stage.duration,
            shortest=stage.shortest,
            longest=stage.longest,
            links=links_of(stage.after),
            limit=limit_of(stage.limit),
        )
        for stage in stages
    ]
