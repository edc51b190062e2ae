"""Projects: create, change, assign. Keyword-only, one transaction each, each ends in the ledger.

``changes`` is what the caller wants different, by the names of the interface; references are given by their codes,
geometry as raw GeoJSON. What may not be changed here (code, bureau, what follows from facts) is not a name it knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Q, Value
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _

from projects_api import codes, engine
from projects_api.choices import Role
from projects_api.errors import InvalidInput, RuleBroken
from projects_api.models import (
    AnnualPlan,
    Assignment,
    Bureau,
    LedgerEntry,
    Milestone,
    MilestoneTemplate,
    Project,
    Region,
    School,
    TemplateStage,
    User,
    roles_of,
)
from projects_api.models.milestones import PLAN_NAMES
from projects_api.selectors.documents import build_document
from projects_api.selectors.places import within_region
from projects_api.services import ledger
from projects_api.services.outlook import set_derived
from projects_api.services.sites import footprint_from, site_from
from projects_api.services.standstill import status_apply
from projects_api.services.writing import checked, project_write, still_archived

PLAIN_FIELDS = frozenset(
    {
        "title_zh", "title_en", "kind", "stage", "description", "classes", "places", "floor_area", "land_area",
        "total_investment", "responsible_leader", "responsible_unit", "contractor", "supervising_firm", "address",
        "plan_target", "location_precision", "published", "needed_by", "illustrative", "note", "contact_name", "contact_phone",
    }
)  # fmt: skip


def project_create(
    *,
    actor: User | None,
    at: datetime,
    bureau: Bureau,
    changes: Mapping[str, Any],
    code: str = "",
    reason: str = "",
    action: str = "project.create",
) -> Project:
    """A new project with the milestones of its kind's newest template. Without a code it gets the year's next number."""
    with engine.writer():
        project = Project(bureau=bureau, region=bureau.region, created_at=at, updated_at=at)
        project.code = code or next_code(bureau, _year_of(bureau, changes, at))
        _check_code(project.code, bureau)
        _apply(project, changes, at)
        project.template = newest_template(bureau, project.kind)
        milestones = milestones_from(list(project.template.stages.all()) if project.template else [], project)
        set_derived(project, milestones, {}, at=at, follow_facts=False)
        checked(project)
        project.save(force_insert=True)
        Milestone.objects.bulk_create(milestones)
        document = build_document(project, milestones=milestones)
        ledger.append(project, actor=actor, action=action, at=at, reason=reason, before=None, after=document)
    return project


def project_change(
    *,
    project_id: int,
    actor: User | None,
    at: datetime,
    expected: int | None,
    changes: Mapping[str, Any],
    reason: str = "",
    action: str = "project.change",
) -> LedgerEntry | None:
    """Change a project's own facts. Raises InvalidInput, RuleBroken (illegal step of the status; an archived project that
    is not brought back in the same change), StaleVersion.
    """
    with project_write(
        project_id, actor=actor, action=action, at=at, reason=reason, expected=expected, archived_too=True
    ) as write:
        project = write.project
        if project.archived_at and changes.get("archived", True) and changes.keys() != {"archived"}:
            raise still_archived()
        _apply(project, changes, at)
        if "archived" in changes and changes["archived"] != (project.archived_at is not None):
            project.archived_at = at if changes["archived"] else None
        checked(project)
        project.save()
    return write.entry


def engineer_assign(
    *,
    project_id: int,
    engineer: User,
    actor: User | None,
    at: datetime,
    expected: int | None,
    reason: str = "",
) -> LedgerEntry | None:
    """Let an engineer of the bureau report on the project. Assigning twice changes nothing."""
    with project_write(
        project_id, actor=actor, action="project.assign", at=at, reason=reason, expected=expected
    ) as write:
        if Role.ENGINEER not in roles_of(engineer).get(write.project.bureau_id, frozenset()):
            raise InvalidInput.one(
                "/engineer", "not_an_engineer", _("This person is not an engineer of the project's bureau.")
            )
        if not Assignment.objects.filter(project=write.project, user=engineer, ended__isnull=True).exists():
            Assignment.objects.create(project=write.project, user=engineer, since=write.project.bureau.day_of(at))
    return write.entry


def engineer_release(
    *,
    project_id: int,
    engineer: User,
    actor: User | None,
    at: datetime,
    expected: int | None,
    reason: str = "",
) -> LedgerEntry | None:
    """End an engineer's assignment; it ends at their next request."""
    with project_write(
        project_id, actor=actor, action="project.release", at=at, reason=reason, expected=expected, archived_too=True
    ) as write:
        today = write.project.bureau.day_of(at)
        held = Assignment.objects.filter(
            Q(ended__isnull=True) | Q(ended__gt=today), project=write.project, user=engineer
        )
        held.update(ended=Greatest("since", Value(today)))  # one that was to begin later never does
    return write.entry


def newest_template(bureau: Bureau, kind: str) -> MilestoneTemplate | None:
    """What a new project of a kind starts with: the bureau's own newest template, else the product's. 2-3 queries."""
    templates = MilestoneTemplate.objects.filter(kind=kind).prefetch_related("stages").order_by("-version")
    return templates.filter(bureau=bureau).first() or templates.filter(bureau__isnull=True).first()


def milestones_from(stages: list[TemplateStage], project: Project) -> list[Milestone]:
    """A project's own copies of template stages, unsaved: a later edit of the template never changes them."""
    return [
        Milestone(
            project=project,
            key=stage.key,
            position=stage.position,
            title_zh=stage.title_zh,
            title_en=stage.title_en,
            weight=stage.weight,
            public=stage.public,
            **{name: getattr(stage, name) for name in PLAN_NAMES},
        )
        for stage in stages
    ]


def next_code(bureau: Bureau, year: int) -> str:
    """``610526-2023-019`` after ``…-018``. Inside the writer's lock, so no two projects get the same. One query.

    Raises RuleBroken when the year has no number left.
    """
    prefix = f"{bureau.code}-{year}-"
    taken = Project.objects.filter(code__startswith=prefix).values_list("code", flat=True)
    number = codes.next_number(prefix, taken)
    if number is None:
        raise RuleBroken(_("All numbers of %(year)s are taken.") % {"year": year})
    return f"{prefix}{number:03d}"


def _year_of(bureau: Bureau, changes: Mapping[str, Any], at: datetime) -> int:
    plan = _plan(bureau, changes.get("plan"))
    return plan.year if plan else bureau.day_of(at).year


def _check_code(code: str, bureau: Bureau) -> None:
    if not codes.is_code(code, bureau.code):
        raise InvalidInput.one(
            "/code",
            "invalid_code",
            _("A code looks like %(example)s.") % {"example": f"{bureau.code}-2023-001"},
        )
    if Project.objects.filter(code=code).exists():
        raise RuleBroken(_("There is a project with the code %(code)s already.") % {"code": code})


def _apply(project: Project, changes: Mapping[str, Any], at: datetime) -> None:
    bureau = project.bureau
    for name in PLAIN_FIELDS & changes.keys():
        setattr(project, name, changes[name])
    if "region" in changes:
        project.region = _region(bureau, changes["region"])
    if "school" in changes:
        project.school = _school(bureau, changes["school"])
    if "plan" in changes:
        project.plan = _plan(bureau, changes["plan"])
        if project.plan is None and "plan_target" not in changes:
            project.plan_target = ""
    if "site" in changes:
        project.site, project.site_crs = site_from(changes["site"], bureau=bureau)
        # What goes with the site is settled here unless the caller says it; a contradiction is refused below.
        if "location_precision" not in changes:
            project.location_precision = (project.location_precision or "map_pin") if project.site else ""
        project.site_accuracy = None  # another place, of which nobody has said how exact it is
    if "site_accuracy" in changes:
        project.site_accuracy = changes["site_accuracy"]
    if "footprint" in changes:
        project.footprint, project.footprint_crs = footprint_from(changes["footprint"], bureau=bureau)
    status_apply(project, changes, today=bureau.day_of(at))


def _region(bureau: Bureau, code: str | None) -> Region:
    region = Region.objects.filter(within_region("code", bureau.region.code), code=code).first() if code else None
    if region is None:
        raise InvalidInput.one("/region", "unknown_region", _("No division with this code in the bureau's county."))
    return region


def _school(bureau: Bureau, code: str | None) -> School | None:
    if not code:
        return None
    school = School.objects.filter(bureau=bureau, code=code).first()
    if school is None:
        raise InvalidInput.one("/school", "unknown_school", _("No school with this code in the bureau."))
    return school


def _plan(bureau: Bureau, slug: str | None) -> AnnualPlan | None:
    if not slug:
        return None
    code, _dash, year = slug.rpartition("-")
    plan = (
        AnnualPlan.objects.filter(bureau=bureau, year=int(year)).select_related("bureau").first()
        if code == bureau.code and year.isascii() and year.isdigit() and len(year) == 4
        else None
    )
    if plan is None:
        raise InvalidInput.one("/plan", "unknown_plan", _("The bureau has no such plan."))
    return plan
