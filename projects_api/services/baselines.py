"""Baselines: an official freezes the plan's dates; another day's plan becomes another number, and the old one stays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from projects_api.choices import Status
from projects_api.errors import InvalidInput, RuleBroken
from projects_api.models import Baseline, Project, User
from projects_api.schedule.baseline import Measure, freeze
from projects_api.selectors.schedule import facts_of, settings_of
from projects_api.services.writing import checked, project_write


@dataclass(frozen=True)
class Draft:
    """What would be frozen as things stand, and the current baseline (None: it would be the first)."""

    measure: Measure
    current: Baseline | None

    @property
    def number(self) -> int:
        return self.current.number + 1 if self.current else 1

    def check_differs(self) -> None:
        """Raises RuleBroken where the current baseline says exactly this."""
        if self.current is not None and says_the_same(self.current, stages_document(self.measure)):
            raise RuleBroken(
                _("Baseline %(number)s already says exactly this. Change the plan first.")
                % {"number": self.current.number}
            )


def baseline_draft(project: Project) -> Draft:
    """What `baseline_approve` would freeze now. Two queries; the bureau must be loaded.

    Raises InvalidInput (no milestones, a stage without a planned day or planned before what it waits for), RuleBroken
    (cancelled or archived).
    """
    if project.status == Status.CANCELLED or project.archived_at:
        raise RuleBroken(_("The project is cancelled or archived; its dates are promised to nobody any more."))
    calendar, _rules = settings_of(project.bureau)
    measure = freeze([facts_of(milestone) for milestone in project.milestones.all()], calendar)
    return Draft(measure, project.baselines.select_related("approved_by").order_by("-number").first())


def baseline_approve(
    *,
    project_id: int,
    actor: User | None,
    at: datetime,
    expected: int | None,
    reason: str,
    illustrative: bool = False,
    action: str = "baseline.approve",
) -> Baseline:
    """Freeze the planned dates as they stand now, as the next number.

    Raises InvalidInput and RuleBroken as `baseline_draft`, InvalidInput without a reason, RuleBroken where nothing differs from
    the current baseline, StaleVersion: of two at once one wins.
    """
    with project_write(project_id, actor=actor, action=action, at=at, reason=reason, expected=expected) as write:
        project = write.project
        draft = baseline_draft(project)
        if not reason.strip():
            raise InvalidInput.one("/reason", "required", _("Say why these dates are promised."))
        draft.check_differs()
        assert draft.measure.finish is not None  # `freeze` has refused gaps
        baseline = Baseline(
            project=project,
            number=draft.number,
            approved_at=at,
            approved_by=actor,
            reason=reason,
            finish=draft.measure.finish,
            stages=stages_document(draft.measure),
            illustrative=illustrative,
        )
        checked(baseline, exclude={"project", "approved_by"})
        baseline.save(force_insert=True)
    return baseline


def says_the_same(baseline: Baseline, stages: dict[str, dict[str, object]]) -> bool:
    """Inside the writer's lock: of two who approve at once, the second finds the first's dates here."""
    return bool(baseline.stages == stages)


def stages_document(measure: Measure) -> dict[str, dict[str, object]]:
    return {
        key: {"start": span.start.isoformat(), "finish": span.finish.isoformat(), "weight": int(span.weight)}
        for key, span in measure.spans.items()
    }
