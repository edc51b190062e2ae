"""What of the record an import may change: its projects with all their parts, in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

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


def held_projects(bureau: Bureau, drafts: Sequence[ProjectDraft]) -> dict[str, Held]:
    """The bureau's projects that the drafts may mean, with all their parts, by identity. 7 queries for any number."""
    projects = list(
        Project.objects.filter(bureau=bureau)
        .select_related("bureau", "region", "school", "plan__bureau", "template")
        .defer("region__boundary", "bureau__region__boundary")
        .select_for_update(of=("self",))
    )
    sources = {d.source for d in drafts}
    codes = {d.code for d in drafts if d.code_given}
    projects = [p for p in projects if p.source in sources or p.code in codes]
    by_pk = {p.pk: Held(p, [], [], [], [], []) for p in projects}
    for name, model in PARTS:
        for row in model._default_manager.filter(project__bureau=bureau).order_by("pk"):
            if row.project_id in by_pk:
                row.project = by_pk[row.project_id].project
                getattr(by_pk[row.project_id], name).append(row)
    for assignment in Assignment.objects.filter(project__bureau=bureau, ended__isnull=True).select_related("user"):
        if assignment.project_id in by_pk:
            by_pk[assignment.project_id].assignments.append(assignment)
    for baseline in Baseline.objects.filter(project__bureau=bureau).select_related("approved_by").order_by("number"):
        if baseline.project_id in by_pk:
            by_pk[baseline.project_id].baselines.append(baseline)
    found = {f"code:{item.project.code}": item for item in by_pk.values()}
    found |= {
        f"key:{item.project.source}\x1f{item.project.source_key}": item
        for item in by_pk.values()
        if item.project.source_key
    }
    return found
