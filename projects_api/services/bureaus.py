"""What a bureau sets for all its projects: working calendar, rules of the lights, templates. Versioned by the same ledger.

A calendar or a rule that changes moves the outlook of every project of the bureau, in the same transaction: a list read the
moment after shows the new lights, and no request ever computes them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _

from projects_api import engine
from projects_api.choices import Kind, Status
from projects_api.errors import FieldError, InvalidInput, NotFound, RuleBroken, StaleVersion
from projects_api.models import (
    Baseline,
    Bureau,
    LedgerEntry,
    Membership,
    Milestone,
    MilestoneTemplate,
    Project,
    Region,
    TemplateStage,
    User,
)
from projects_api.models.milestones import LONGEST_DURATION, PLAN_NAMES
from projects_api.needs import Children
from projects_api.notification_rules import NotificationRules
from projects_api.publishing import PublishingRules
from projects_api.schedule.calendar import CalendarRules
from projects_api.schedule.facts import limit_of, links_of
from projects_api.schedule.lights import LightRules
from projects_api.schedule.network import Activity, check_network, passes
from projects_api.schedule.outlook import Outlook
from projects_api.selectors.bureaus import bureau_document, newest_action, newest_templates, setting_before
from projects_api.selectors.facts import baseline_facts
from projects_api.selectors.schedule import OUTLOOK, facts_of, stored_outlook
from projects_api.services import ledger
from projects_api.services.outlook import set_schedule
from projects_api.services.projects import milestones_from
from projects_api.services.publishing import publish
from projects_api.services.writing import checked, project_write

BATCH = 200
STAGE_NAMES = ("key", "position", "title_zh", "title_en", "weight", "public", *PLAN_NAMES)
FOLLOWED = STAGE_NAMES[1:]  # what a stage that a project has already takes over from the template
_LINK = re.compile(r"/stages/(\d+)/links/(\d+)(?:/after)?")


@contextmanager
def bureau_write(
    bureau_id: int, *, actor: User | None, action: str, at: datetime, reason: str, expected: int | None
) -> Iterator[Bureau]:
    """Lock the bureau, hand it out, and append what changed. Raises NotFound, StaleVersion."""
    with engine.writer():
        bureau = Bureau.objects.select_for_update(of=("self",)).filter(pk=bureau_id).first()
        if bureau is None:
            raise NotFound()
        demand_version(bureau, expected)
        before = bureau_document(bureau) if bureau.version else None
        yield bureau
        ledger.append(
            bureau, actor=actor, action=action, at=at, reason=reason, before=before, after=bureau_document(bureau)
        )


def demand_version(bureau: Bureau, expected: int | None) -> None:
    """Raises StaleVersion where a change (None: whatever it is) starts from another version than the bureau's."""
    if expected is not None and expected != bureau.version:
        raise StaleVersion(
            _("Somebody else changed these settings meanwhile. Read them again and repeat your change."),
            version=bureau.version,
        )


def calendar_change(
    *,
    bureau_id: int,
    actor: User | None,
    at: datetime,
    expected: int | None,
    rules: Mapping[str, Any],
    reason: str = "",
) -> Bureau:
    """A whole new working calendar (`schedule.calendar`). Raises InvalidInput that names each wrong member."""
    calendar = checked_calendar(rules)
    with bureau_write(
        bureau_id, actor=actor, action="bureau.calendar", at=at, reason=reason, expected=expected
    ) as bureau:
        bureau.calendar = calendar.document()
        _settle(bureau, "calendar")
    return bureau


def checked_calendar(rules: Mapping[str, Any]) -> CalendarRules:
    """The rules that a document names. Raises InvalidInput: first every wrong shape, then every wrong value."""
    calendar = CalendarRules.from_document(rules)
    calendar.check()
    return calendar


def lights_change(
    *,
    bureau_id: int,
    actor: User | None,
    at: datetime,
    expected: int | None,
    rules: Mapping[str, Any],
    reason: str = "",
) -> Bureau:
    """New rules of the lights, whole (`schedule.lights`). Raises InvalidInput that names each wrong member."""
    lights = LightRules.from_document(rules)
    with bureau_write(
        bureau_id, actor=actor, action="bureau.lights", at=at, reason=reason, expected=expected
    ) as bureau:
        bureau.lights = lights.document()
        _settle(bureau, "lights")
    return bureau


def publishing_change(
    *,
    bureau_id: int,
    actor: User | None,
    at: datetime,
    expected: int | None,
    rules: Mapping[str, Any],
    reason: str = "",
) -> Bureau:
    """What the public sees beyond the rest (`publishing`); every project of which that shows or hides something gets an entry.

    Raises InvalidInput, StaleVersion.
    """
    wanted = PublishingRules.from_document(rules)
    with bureau_write(
        bureau_id, actor=actor, action="bureau.publishing", at=at, reason=reason, expected=expected
    ) as bureau:
        saved = PublishingRules.from_document(bureau.publishing)
        if saved != wanted:
            bureau.publishing = wanted.document()
            publish(bureau, saved, actor=actor, at=at, reason=reason)
    return bureau


def notifications_change(
    *,
    bureau_id: int,
    actor: User | None,
    at: datetime,
    expected: int | None,
    rules: Mapping[str, Any],
    reason: str = "",
) -> Bureau:
    """New rules of the notifications, whole (`notification_rules`). Raises InvalidInput that names each wrong member:
    ``/leaders`` also where an account holds no role in the bureau.
    """
    wanted = NotificationRules.from_document(rules)
    with bureau_write(
        bureau_id, actor=actor, action="bureau.notifications", at=at, reason=reason, expected=expected
    ) as bureau:
        _leaders_are_here(bureau, wanted)
        bureau.notifications = wanted.document()
        _settle(bureau, "notifications")
    return bureau


def _leaders_are_here(bureau: Bureau, rules: NotificationRules) -> None:
    here = Membership.objects.filter(bureau=bureau, ended__isnull=True, user__is_active=True)
    known = set(here.values_list("user__username", flat=True))
    if strangers := sorted(set(rules.leaders.values()) - known):
        words = _("The bureau has no such person: %(names)s.") % {"names": ", ".join(strangers)}
        raise InvalidInput.one("/leaders", "unknown_user", words)


def children_change(
    *,
    bureau_id: int,
    actor: User | None,
    at: datetime,
    expected: int | None,
    rules: Mapping[str, Any],
    reason: str = "",
) -> Bureau:
    """How many children there are, by township and stage, whole (`needs.Children`); {} forgets them.

    Raises InvalidInput that names each wrong member, a code that is no division of the bureau among them; StaleVersion.
    """
    children = Children.from_document(rules)
    with bureau_write(
        bureau_id, actor=actor, action="bureau.children", at=at, reason=reason, expected=expected
    ) as bureau:
        known = set(Region.objects.filter(parent=bureau.region_id).values_list("code", flat=True))
        words = _("The bureau has no such township.")
        if foreign := sorted(children.of.keys() - known):
            raise InvalidInput([FieldError(f"/townships/{code}", "unknown_region", words) for code in foreign])
        bureau.children = children.document()
        bureau.save(update_fields=["children"])
    return bureau


def setting_undo(
    *, bureau_id: int, name: str, actor: User | None, at: datetime, expected: int | None, reason: str = ""
) -> Bureau:
    """Put one of the settings back as it was before the newest entry, which must be a change of it: another entry.

    Raises RuleBroken where the newest entry is about something else.
    """
    with bureau_write(
        bureau_id, actor=actor, action=f"bureau.{name}", at=at, reason=reason, expected=expected
    ) as bureau:
        if newest_action(bureau) != f"bureau.{name}":
            raise RuleBroken(_("The bureau’s last change was another one; this can no longer be undone."))
        saved = getattr(bureau, name)
        setattr(bureau, name, setting_before(bureau, name))
        if name == "publishing":
            publish(bureau, PublishingRules.from_document(saved), actor=actor, at=at, reason=reason)
        elif name == "children":
            bureau.save(update_fields=[name])  # nothing else follows from it
        else:
            _settle(bureau, name)
    return bureau


def _settle(bureau: Bureau, name: str) -> None:
    """A setting is saved with what follows from it, in one transaction."""
    bureau.save(update_fields=[name])
    if name != "notifications":
        refresh_outlooks(bureau)


def refresh_outlooks(bureau: Bureau) -> int:
    """Compute the stored outlook of every project of the bureau anew; how many moved.

    3 queries per 200 projects, and a write for as many rows as the engine takes at once (SQLite: 90).
    """
    moved = 0
    for batch in recomputed(bureau, Project.objects.filter(bureau=bureau)):
        changed = [found.project for found in batch if found.before != found.after]
        lost = [milestone for found in batch for milestone in found.lost]
        Project.objects.bulk_update(changed, list(OUTLOOK.values()), batch_size=BATCH)
        Milestone.objects.bulk_update(lost, ["slip_days", "days_lost"], batch_size=BATCH)
        moved += len(changed)
    return moved


@dataclass(frozen=True, slots=True)
class Recomputed:
    """A project with its outlook as stored and as the bureau's settings make it, which it carries now, unsaved.

    ``lost``: its milestones whose days lost move.
    """

    project: Project
    before: Outlook
    after: Outlook
    lost: list[Milestone]


def recomputed(bureau: Bureau, projects: QuerySet[Project]) -> Iterator[list[Recomputed]]:
    """The outlook of some of the bureau's projects by the settings that ``bureau`` holds, saved or not; writes nothing.

    In batches of 200, each of 3 queries.
    """
    rows = (
        projects.only("pk", "status", "updated_at", "reported_at", "needed_by", *OUTLOOK.values())
        .prefetch_related(
            "milestones",
            Prefetch("baselines", Baseline.objects.select_related("approved_by").order_by("number")),
        )
        .order_by("pk")
    )
    last = 0
    while batch := list(rows.filter(pk__gt=last)[:BATCH]):
        yield [_recomputed(project, bureau) for project in batch]
        last = batch[-1].pk


def _recomputed(project: Project, bureau: Bureau) -> Recomputed:
    before = stored_outlook(project)
    project.bureau = bureau
    milestones = list(project.milestones.all())
    facts = [facts_of(milestone) for milestone in milestones]
    promised = {str(b.number): baseline_facts(b) for b in project.baselines.all()}
    lost = set_schedule(project, milestones, facts, promised, reported=bureau.day_of(project.heard_at))
    return Recomputed(project, before, stored_outlook(project), lost)


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
