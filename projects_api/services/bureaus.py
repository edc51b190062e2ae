"""What a bureau sets for all its projects: working calendar, rules of the lights, what is public. Versioned by the same ledger.

A calendar or a rule that changes moves the outlook of every project of the bureau, in the same transaction: a list read the
moment after shows the new lights, and no request ever computes them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _

from projects_api import engine
from projects_api.errors import FieldError, InvalidInput, NotFound, RuleBroken, StaleVersion
from projects_api.models import (
    Baseline,
    Bureau,
    Membership,
    Milestone,
    Project,
    Region,
    User,
    in_force,
)
from projects_api.needs import Children
from projects_api.notification_rules import NotificationRules
from projects_api.publishing import PublishingRules
from projects_api.schedule.calendar import CalendarRules
from projects_api.schedule.lights import LightRules
from projects_api.schedule.outlook import Outlook
from projects_api.selectors.bureaus import bureau_document, newest_action, setting_before, tells_of_people
from projects_api.selectors.facts import baseline_facts
from projects_api.selectors.ledger import OF_PEOPLE
from projects_api.selectors.schedule import OUTLOOK, facts_of, stored_outlook
from projects_api.services import ledger
from projects_api.services.outlook import set_schedule
from projects_api.services.publishing import publish

BATCH = 200


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
        people = tells_of_people(bureau)
        before = bureau_document(bureau, people=people) if bureau.version else None
        yield bureau
        after = bureau_document(bureau, people=people or action in OF_PEOPLE)
        ledger.append(bureau, actor=actor, action=action, at=at, reason=reason, before=before, after=after)


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
        _leaders_are_here(bureau, wanted, at)
        bureau.notifications = wanted.document()
        _settle(bureau, "notifications")
    return bureau


def _leaders_are_here(bureau: Bureau, rules: NotificationRules, at: datetime) -> None:
    here = Membership.objects.filter(in_force(bureau.day_of(at)), bureau=bureau, user__is_active=True)
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
