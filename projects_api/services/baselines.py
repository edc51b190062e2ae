"""Baselines: an official freezes the plan's dates; another day's plan becomes another number, and the old one stays."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from projects_api.choices import Status
from projects_api.errors import InvalidInput, RuleBroken
from projects_api.models import Baseline, User
from projects_api.schedule.baseline import Measure, freeze
from projects_api.selectors.schedule import facts_of, settings_of
from projects_api.services.writing import checked, project_write


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

    Raises InvalidInput (no reason, no milestones, a stage without a planned day or planned before what it waits for),
    RuleBroken (cancelled or archived; nothing differs from the current baseline), StaleVersion: of two at once one wins.
    """
    with project_write(project_id, actor=actor, action=action, at=at, reason=reason, expected=expected) as write:
        project = write.project
        if project.status == Status.CANCELLED or project.archived_at:
            raise RuleBroken(_("The project is cancelled or archived; its dates are promised to nobody any more."))
        if not reason.strip():
            raise InvalidInput.one("/reason", "required", _("Say why these dates are promised."))
        calendar, _rules = settings_of(project.bureau)
        measure = freeze([facts_of(milestone) for milestone in project.milestones.all()], calendar)
        newest = project.baselines.order_by("-number").first()
        assert measure.finish is not None  # `freeze` has refused gaps
        stages = stages_document(measure)
        if newest is not None and says_the_same(newest, stages):
            raise RuleBroken(
                _("Baseline %(number)s already says exactly this. Change the plan first.") % {"number": newest.number}
            )
        baseline = Baseline(
            project=project,
            number=newest.number + 1 if newest else 1,
            approved_at=at,
            approved_by=actor,
            reason=reason,
            finish=measure.finish,
            stages=stages,
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
