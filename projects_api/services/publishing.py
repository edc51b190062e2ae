"""The bureau's choice at work: stages that wait for acceptance are held back from the public or shown, marked; money and passed
inspections are shown or not.

Each such project gets a ledger entry, so that its version moves: what was kept by its ETag is asked for again, the change feed
says what is withdrawn or shown, and the documents of any day hold what was public that day.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from projects_api.choices import InspectionResult, Status
from projects_api.choices import MilestoneState as State
from projects_api.elsewhere import republished
from projects_api.models import Allocation, Bureau, Estimate, Inspection, Milestone, Project, Spending, User
from projects_api.models.milestones import HELD_DATES, HELD_NAMES
from projects_api.patches import apply
from projects_api.publishing import PublishingRules
from projects_api.schedule.facts import iso_date
from projects_api.schedule.progress import FORWARD, status_from_facts
from projects_api.selectors.facts import Document
from projects_api.selectors.schedule import facts_of
from projects_api.services.milestones import PUBLISHING, proven
from projects_api.services.writing import ProjectWrite, project_write

MONEY: tuple[type[Any], ...] = (Estimate, Allocation, Spending)


def waiting_stages(bureau: Bureau) -> list[Milestone]:
    """The bureau's stages that are reported and not accepted, as they stand in the columns, with their projects. One query."""
    rows = (
        Milestone.objects.filter(Q(state=State.REPORTED) | Q(reported__isnull=False), project__bureau=bureau)
        .select_related("project")
        .defer("project__footprint", "project__site")
        .order_by("project__code", "position", "key")
    )
    return list(rows)


def publish(bureau: Bureau, saved: PublishingRules, *, actor: User | None, at: datetime, reason: str) -> None:
    """Save the choice that ``bureau`` holds in place of ``saved``, and bring its projects in line. Within the bureau's write.

    About 15 queries for each project with something that shows or hides; stages held back, its ledger is replayed.
    """
    bureau.save(update_fields=["publishing"])
    wanted = PublishingRules.from_document(bureau.publishing)
    stages = {stage.project_id for stage in waiting_stages(bureau)} if wanted.reported != saved.reported else set()
    tables = [
        *(MONEY if wanted.money != saved.money else ()),
        *((Inspection,) if wanted.inspections != saved.inspections else ()),
    ]
    rows = {pk for table in tables for pk in _rows(table, bureau).values_list("project_id", flat=True).order_by()}
    if wanted.inspections != saved.inspections:
        others = Project.objects.filter(bureau=bureau).exclude(elsewhere={}).values_list("pk", "elsewhere")
        rows |= {pk for pk, elsewhere in others if "inspections" in elsewhere}
    for project in sorted(stages | rows):
        with project_write(project, actor=actor, action=PUBLISHING, at=at, reason=reason, archived_too=True) as write:
            if project in stages:
                _settle_reported(write, wanted.reported)
            for table in tables:
                shown = wanted.inspections if table is Inspection else wanted.money
                _rows(table, bureau).filter(project=project).update(public=shown)
                if table is Inspection and write.project.elsewhere:
                    write.project.elsewhere = republished(write.project.elsewhere, inspections=shown)
                    write.project.save(update_fields=["elsewhere"])


def _rows(table: type[Any], bureau: Bureau) -> QuerySet[Any]:
    rows: QuerySet[Any] = table._default_manager.filter(project__bureau=bureau)
    return rows


def shown_rows(bureau: Bureau) -> dict[str, int]:
    """How many facts of published projects the choices are about: ``money`` and ``inspections``. Four queries."""
    seen = {"project__published": True, "project__archived_at__isnull": True, "archived": False}
    passed = _rows(Inspection, bureau).filter(**seen).exclude(result=InspectionResult.FAILED)
    return {"money": sum(_rows(table, bureau).filter(**seen).count() for table in MONEY), "inspections": passed.count()}


def _settle_reported(write: ProjectWrite, shown: bool) -> None:
    stages = list(write.project.milestones.filter(Q(state=State.REPORTED) | Q(reported__isnull=False)))
    if not shown:
        _hold_back(write.project, stages)
        return
    for stage in stages:
        stage.unfold()
        stage.save()
    write.follow_facts = True


def _hold_back(project: Project, stages: Sequence[Milestone]) -> None:
    before = _before_reported(project, {stage.key for stage in stages})
    for stage in stages:
        stage.unfold()
        facts = before[stage.key]["milestones"][stage.key] if stage.key in before else None
        stage.fold(_accepted(facts) if facts else proven(stage))
        stage.save()
    # The status had followed what is held back now; what a person decided stays.
    then = [Status(document["status"]) for document in before.values()]
    if then and project.status in FORWARD and all(status in FORWARD for status in then):
        facts = [facts_of(milestone) for milestone in project.milestones.all()]
        project.status = status_from_facts(min(then, key=FORWARD.index), facts)
        project.save(update_fields=["status"])


def _before_reported(project: Project, keys: set[str]) -> dict[str, Document]:
    """The project's document just before each stage was reported, by key; without those that the record always knew so.

    A status that was set by hand since is put into the documents: nobody takes it back. One query, and a replay of the ledger.
    """
    found: dict[str, Document] = {}
    document: Document | None = None
    for patch in project.ledger.order_by("version").values_list("patch", flat=True):
        after = apply(document, patch)
        for key in keys:
            was, now = _state(document, key), _state(after, key)
            if now != State.REPORTED:
                found.pop(key, None)
            elif was not in (None, State.REPORTED) and document is not None:
                found[key] = document
        if document and after and document["status"] != after["status"] and not _follows(patch):
            found = {key: known | {"status": after["status"]} for key, known in found.items()}
        document = after
    return found


def _state(document: Document | None, key: str) -> str | None:
    facts = (document or {}).get("milestones", {}).get(key)
    return None if facts is None else facts["state"]


def _follows(patch: list[dict[str, Any]]) -> bool:
    """Whether a status moved with the stages, and not by hand."""
    return any(operation["path"].startswith("/milestones/") for operation in patch)


def _accepted(facts: Document) -> dict[str, Any]:
    return {name: iso_date(facts[name]) if name in HELD_DATES else facts[name] for name in HELD_NAMES}
