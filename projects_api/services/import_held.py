"""What of the record an import may change: its projects with all their parts, in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from projects_api.drafts import ProjectDraft
from projects_api.models import (
    Allocation,
    Assignment,
    Baseline,
    Bureau,
    Estimate,
    Milestone,
    Project,
    Spending,
)
from projects_api.selectors.documents import build_document

PARTS = (("milestones", Milestone), ("estimates", Estimate), ("allocations", Allocation), ("spending", Spending))


@dataclass
class Held:
    """A project with its parts as they are in memory: what the document is built from."""

    project: Project
    milestones: list[Milestone]
    estimates: list[Estimate]
    allocations: list[Allocation]
    spending: list[Spending]
    assignments: list[Assignment]
    baselines: list[Baseline] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        self.milestones.sort(key=lambda m: (m.position, m.key))
        return build_document(
            self.project,
            milestones=self.milestones,
            estimates=self.estimates,
            allocations=self.allocations,
            spending=self.spending,
            assignments=self.assignments,
            baselines=self.baselines,
        )


def identity(draft: ProjectDraft) -> str:
    """What a draft's project is known by: its code where the file names our codes, else its source's own key."""
    return _by_code(draft.code) if draft.code_given else _by_key(draft.source, draft.source_key)


def held_as(known: dict[str, Held], draft: ProjectDraft) -> Held | None:
    """The project that a draft means, of ``held_projects``; by its former key only if its code says so too."""
    found = known.get(identity(draft))
    former = known.get(_by_key(draft.source, draft.former_key)) if found is None and not draft.code_given else None
    return former if former and former.project.code == draft.code else found


def _by_code(code: str) -> str:
    return f"code:{code}"


def _by_key(source: str, key: str) -> str:
    return f"key:{source}\x1f{key}"


def held_projects(bureau: Bureau, drafts: Sequence[ProjectDraft]) -> dict[str, Held]:
    """The bureau's projects that the drafts mean, with all their parts, by ``identity``. 7 queries for any number."""
    codes = {d.code for d in drafts if d.code_given}
    keys: dict[str, set[str]] = {}
    for draft in drafts:
        if not draft.code_given and draft.source_key:
            keys.setdefault(draft.source, set()).update({draft.source_key, draft.former_key} - {""})
    meant = Q(code__in=codes)
    for source, of_source in keys.items():
        meant |= Q(source=source, source_key__in=of_source)
    by_pk = {
        project.pk: Held(project, [], [], [], [], [])
        for project in Project.objects.filter(meant, bureau=bureau)
        .select_related("bureau", "region", "school", "plan__bureau", "template")
        .defer("region__boundary", "bureau__region__boundary")
        .select_for_update(of=("self",))
    }
    of_theirs = Q(project__in=list(by_pk))
    for name, model in PARTS:
        for row in model._default_manager.filter(of_theirs).order_by("pk"):
            item = by_pk[row.project_id]
            row.project = item.project
            getattr(item, name).append(row)
    for assignment in Assignment.objects.filter(of_theirs, ended__isnull=True).select_related("user"):
        by_pk[assignment.project_id].assignments.append(assignment)
    for baseline in Baseline.objects.filter(of_theirs).select_related("approved_by").order_by("number"):
        by_pk[baseline.project_id].baselines.append(baseline)
    held = by_pk.values()
    return {_by_code(item.project.code): item for item in held} | {
        _by_key(item.project.source, item.project.source_key): item for item in held if item.project.source_key
    }
