"""A bureau's templates of stages: a new version, its check, and a project that moves to another. Each is a ledger entry.

No project moves by itself: what a template's new version would change is shown first (`template_preview`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from projects_api.choices import Kind, Status
from projects_api.errors import FieldError, InvalidInput, RuleBroken
from projects_api.models import (
    Bureau,
    LedgerEntry,
    Milestone,
    MilestoneTemplate,
    Project,
    TemplateStage,
    User,
)
from projects_api.models.milestones import LONGEST_DURATION, PLAN_NAMES
from projects_api.schedule.facts import limit_of, links_of
from projects_api.schedule.network import Activity, check_network, passes
from projects_api.selectors.bureaus import newest_templates
from projects_api.services.bureaus import bureau_write
from projects_api.services.projects import milestones_from
from projects_api.services.writing import checked, project_write

STAGE_NAMES = ("key", "position", "title_zh", "title_en", "weight", "public", *PLAN_NAMES)
FOLLOWED = STAGE_NAMES[1:]  # what a stage that a project has already takes over from the template
_LINK = re.compile(r"/stages/(\d+)/links/(\d+)(?:/after)?")


def template_create(
    *,
    bureau_id: int,
    actor: User | None,
    at: datetime,
    expected: int | None,
    kind: str,
    stages: Sequence[Mapping[str, Any]],
    note: str = "",
    reason: str = "",
) -> MilestoneTemplate:
    """The bureau's next template of a kind; running projects keep what they have.

    ``stages`` in order, each with the names of ``TemplateStage``; ``after`` as ``{key: {"kind", "lag"}}``. Raises InvalidInput
    as `template_rows`, StaleVersion.
    """
    rows = template_rows(stages)
    with bureau_write(
        bureau_id, actor=actor, action="bureau.template", at=at, reason=reason or note, expected=expected
    ) as bureau:
        newest = newest_templates(bureau).get(kind)
        # Numbers go on from the product's own, so that a higher number is always newer.
        version = newest.version + 1 if newest else 1
        template = MilestoneTemplate(bureau=bureau, kind=Kind(kind).value, version=version, note=note, created_at=at)
        checked(template, exclude={"bureau"})
        template.save(force_insert=True)
        for row in rows:
            row.template = template
        TemplateStage.objects.bulk_create(rows)
    return template


def template_rows(stages: Sequence[Mapping[str, Any]]) -> list[TemplateStage]:
    """The stages as a template would hold them, unsaved; no query.

    Raises InvalidInput: no stage, a key twice, a cycle (named by its path), a link to nothing, durations out of order, a range
    without a usual duration, more than ten years in all, a term of no length, weights that sum to zero.
    """
    check_stages(stages)
    rows = [
        TemplateStage(position=position, **{n: stage[n] for n in STAGE_NAMES if n in stage})
        for position, stage in enumerate(stages, start=1)
    ]
    errors: list[FieldError] = []
    for place, row in enumerate(rows):
        try:
            checked(row, prefix=f"/stages/{place}", exclude={"template"})
        except InvalidInput as refusal:
            errors += refusal.errors
    if errors:
        raise InvalidInput(errors)
    return rows


def check_stages(stages: Sequence[Mapping[str, Any]]) -> None:
    """Whether stages can be scheduled. Raises InvalidInput with every problem, pointers below ``/stages``."""
    if not stages:
        raise InvalidInput.one("/stages", "required", _("A template needs at least one stage."))
    if len(stages) > 100:
        raise InvalidInput.one("/stages", "too_many", _("At most 100 stages."))
    network = [Activity(stage["key"], stage.get("duration") or 0, links_of(stage.get("after"))) for stage in stages]
    keys = {stage["key"] for stage in stages}
    errors: list[FieldError] = []
    try:
        check_network(network)
    except InvalidInput as refusal:
        errors += [replace(error, pointer=_as_sent(error.pointer, network)) for error in refusal.errors]
    else:
        if (passes(network).finish or 0) > LONGEST_DURATION:
            words = _("One after the other these stages take more than %(max)s working days.")
            errors.append(FieldError("/stages", "too_long", words % {"max": LONGEST_DURATION}))
    for place, stage in enumerate(stages):
        if stage.get("duration") is None and (stage.get("shortest") or stage.get("longest")):
            words = _("A shortest or longest duration needs the usual one.")
            errors.append(FieldError(f"/stages/{place}/duration", "required", words))
        limit = limit_of(stage.get("limit"))
        if limit and (limit.after not in keys or limit.after == stage["key"]):
            words = _("The term counts from a stage that is not there: %(key)s.") % {"key": limit.after}
            errors.append(FieldError(f"/stages/{place}/limit/after", "unknown_predecessor", words))
        if limit and stage["limit"].get("days") is None and stage["limit"].get("months") is None:
            words = _("Say within how many days or months.")
            errors.append(FieldError(f"/stages/{place}/limit", "required", words))
    if not any(stage.get("weight") for stage in stages):
        errors.append(FieldError("/stages", "no_weight", _("The weights sum to zero: no progress could be computed.")))
    if errors:
        raise InvalidInput(errors)


def _as_sent(pointer: str, network: Sequence[Activity]) -> str:
    """The network numbers a stage's links; what was sent names them by the key of the stage before (RFC 6901)."""

    def by_key(found: re.Match[str]) -> str:
        key = network[int(found[1])].links[int(found[2])].after
        return f"/stages/{found[1]}/after/{key.replace('~', '~0').replace('/', '~1')}"

    return _LINK.sub(by_key, pointer)


def template_by_name(bureau: Bureau, name: str) -> MilestoneTemplate:
    """``610526/new_build/3`` or ``standard/new_build/2``, of this bureau. Raises InvalidInput."""
    owner, _slash, rest = name.partition("/")
    kind, _slash, version = rest.partition("/")
    found = None
    if owner in (bureau.code, "standard") and version.isascii() and version.isdigit() and len(version) < 6:
        own = {"bureau": bureau} if owner == bureau.code else {"bureau__isnull": True}
        found = (
            MilestoneTemplate.objects.filter(kind=kind, version=int(version), **own).prefetch_related("stages").first()
        )
    if found is None:
        raise InvalidInput.one("/template", "unknown_template", _("The bureau has no such template."))
    return found


def template_for(project: Project, name: str) -> MilestoneTemplate:
    """A template that the project may move to: of its bureau or the product's, and of its own kind. Raises InvalidInput."""
    template = template_by_name(project.bureau, name)
    if template.kind != project.kind:
        words = _("This template is for another kind of project: %(kind)s.") % {"kind": Kind(template.kind).label}
        raise InvalidInput.one("/template", "other_kind", words)
    return template


def template_preview(project: Project, template: MilestoneTemplate) -> dict[str, Any]:
    """What moving the project to a template would do: stages added, changed (by member), kept though not in it, removed.

    A stage about which something is known stays, whatever the template says. Three queries.
    """
    paid = set(project.spending.values_list("milestone", flat=True))
    held = {milestone.key: milestone for milestone in project.milestones.all()}
    wanted = {stage.key: stage for stage in template.stages.all()}
    changed: dict[str, dict[str, list[Any]]] = {}
    for key in held.keys() & wanted.keys():
        old, new = held[key], wanted[key]
        differs = {
            name: [getattr(old, name), getattr(new, name)]
            for name in FOLLOWED
            if getattr(old, name) != getattr(new, name)
        }
        if differs:
            changed[key] = differs
    gone = held.keys() - wanted.keys()
    known = {key for key in gone if key in paid or _is_known(held[key])}
    return {
        "added": [key for key in wanted if key not in held],
        "changed": {key: changed[key] for key in wanted if key in changed},
        "removed": sorted(gone - known),
        "kept": sorted(known),
    }


def _is_known(milestone: Milestone) -> bool:
    facts = (
        milestone.planned,
        milestone.forecast,
        milestone.started,
        milestone.actual,
        milestone.percent,
        milestone.delay_reason,
        milestone.note,
        milestone.reported,
    )
    return any(facts) or milestone.state != "scheduled"


def project_follow_template(
    *,
    project_id: int,
    actor: User | None,
    at: datetime,
    expected: int | None,
    template_name: str,
    reason: str,
) -> LedgerEntry | None:
    """Move a running project to a template version, as previewed. Raises InvalidInput, RuleBroken, StaleVersion."""
    with project_write(
        project_id, actor=actor, action="project.template", at=at, reason=reason, expected=expected
    ) as write:
        project = write.project
        if project.status == Status.CANCELLED or project.archived_at:
            raise RuleBroken(_("The project is cancelled or archived; its milestones no longer change."))
        if not reason.strip():
            raise InvalidInput.one("/reason", "required", _("Say why the stages change."))
        template = template_for(project, template_name)
        plan = template_preview(project, template)
        project.milestones.filter(key__in=plan["removed"]).delete()
        held = {milestone.key: milestone for milestone in project.milestones.all()}
        fresh = {milestone.key: milestone for milestone in milestones_from(list(template.stages.all()), project)}
        for key in plan["changed"]:
            for name in FOLLOWED:
                setattr(held[key], name, getattr(fresh[key], name))
            held[key].save()
        Milestone.objects.bulk_create(fresh[key] for key in plan["added"])
        # What stays though the template does not know it comes last, and waits for nothing that is gone.
        for place, key in enumerate(plan["kept"], start=1):
            held[key].position = len(fresh) + place
            held[key].after = {name: link for name, link in held[key].after.items() if name in held | fresh}
            held[key].save()
        project.template = template
        project.save(update_fields=["template"])
        write.follow_facts = True
    return write.entry
