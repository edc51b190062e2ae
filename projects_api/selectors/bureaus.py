"""A bureau's settings as the ledger and the API see them: calendar, rules of lights and notifications, newest templates."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.timezone import localdate

from projects_api.models import Bureau, LedgerEntry, Membership, MilestoneTemplate, TemplateStage
from projects_api.models.milestones import PLAN_NAMES
from projects_api.selectors.ledger import OF_PEOPLE, end_of_day, replay

Document = dict[str, Any]


def day_for(query: Mapping[str, str], at: datetime) -> date:
    """The day that it is for who reads with these filters: where the one bureau is that they name, else the installation's.

    One query where they name one.
    """
    code = query.get("bureau") or ""
    bureau = Bureau.objects.only("time_zone").filter(code=code).first() if code.isprintable() and code else None
    return bureau.day_of(at) if bureau else localdate(at)


def newest_templates(bureau: Bureau) -> dict[str, MilestoneTemplate]:
    """The template that a new project of each kind starts with: the bureau's own, else the product's. 2 queries."""
    found: dict[str, MilestoneTemplate] = {}
    rows = MilestoneTemplate.objects.filter(Q(bureau=bureau) | Q(bureau__isnull=True)).prefetch_related("stages")
    for template in sorted(rows, key=lambda row: (row.bureau_id is not None, row.version)):
        found[template.kind] = template
    return found


def stage_document(stage: TemplateStage) -> Document:
    return {
        "position": stage.position,
        "title_zh": stage.title_zh,
        "title_en": stage.title_en,
        "weight": stage.weight,
        "public": stage.public,
        **{name: getattr(stage, name) for name in PLAN_NAMES},
    }


def tells_of_people(bureau: Bureau) -> bool:
    """Whether the bureau's ledger has begun to tell of roles: older ones say nothing of them. One query."""
    return bureau.ledger.filter(action__in=OF_PEOPLE).exists()


def people_document(bureau: Bureau) -> Document:
    """Who holds and held which role from when until when: ``{user name: {role: {since: ended or None}}}``. One query."""
    found: Document = {}
    rows = Membership.objects.filter(bureau=bureau).order_by("pk")
    for name, role, since, ended in rows.values_list("user__username", "role", "since", "ended"):
        found.setdefault(name, {}).setdefault(role, {})[since.isoformat()] = ended.isoformat() if ended else None
    return found


def bureau_document(bureau: Bureau, *, people: bool) -> Document:
    """What the bureau's ledger records; of ``people`` where it tells of them (`tells_of_people`), absent where there are none.

    The product's own templates are not in it: they come with the product. 2-3 queries.
    """
    own = {kind: row for kind, row in newest_templates(bureau).items() if row.bureau_id}
    later = {name: value for name in ("publishing", "notifications", "children") if (value := getattr(bureau, name))}
    return {
        "code": bureau.code,
        **later,
        **({"people": held} if people and (held := people_document(bureau)) else {}),
        "calendar": bureau.calendar,
        "lights": bureau.lights,
        "templates": {
            kind: {
                "version": template.version,
                "note": template.note,
                "stages": {stage.key: stage_document(stage) for stage in template.stages.all()},
            }
            for kind, template in sorted(own.items())
        },
    }


def setting_changes(bureau: Bureau, name: str) -> QuerySet[LedgerEntry]:
    """The entries that changed one of the settings, the newest first, with who made them."""
    return bureau.ledger.filter(action=f"bureau.{name}").select_related("actor").order_by("-version")


def newest_action(bureau: Bureau) -> str:
    """What the newest entry of the bureau's ledger is about (``bureau.calendar``); "" where it has none. One query."""
    return bureau.ledger.filter(version=bureau.version).values_list("action", flat=True).first() or ""


def setting_before(bureau: Bureau, name: str) -> Document:
    """One of the settings as it was before the bureau's newest entry; {} where the product's own stood. One query."""
    patches = bureau.ledger.filter(version__lt=bureau.version).order_by("version").values_list("patch", flat=True)
    found: Document = (replay(patches) or {}).get(name, {})
    return found


def children_as_of(bureau: Bureau, day: date) -> Bureau:
    """The bureau with the children that its record held at the end of that day; never to be saved. One query."""
    entries = bureau.ledger.filter(at__lt=end_of_day(day, bureau.time_zone)).order_by("version")
    known = replay(entries.values_list("patch", flat=True)) or {}
    then = copy.copy(bureau)
    then.children = known.get("children", {})
    return then
