"""Projects and milestones on the wire."""

from __future__ import annotations

from datetime import date
from typing import Any

from rest_framework import serializers

from projects_api.api.serializers.fields import (
    Code,
    Count,
    Day,
    Flag,
    Line,
    PointGeometry,
    PolygonGeometry,
    Prose,
    SquareMetres,
    StrictSerializer,
    Yuan,
)
from projects_api.bounds import CLASSES_MAX, PLACES_MAX
from projects_api.choices import (
    DelayReason,
    Kind,
    Light,
    LocationPrecision,
    MilestoneState,
    PlanTarget,
    SchoolStage,
    Status,
    StatusReason,
)
from projects_api.elsewhere import EVIDENCE
from projects_api.models import Bureau, Project
from projects_api.models.milestones import milestone_title
from projects_api.schedule.outlook import Outlook
from projects_api.selectors.facts import Document, decimal, geometry
from projects_api.selectors.schedule import settings_of, stored_outlook


class ProjectInput(StrictSerializer):
    """What an official writes. ``reason`` goes into the ledger entry."""

    title_zh = Line(max_length=200, required=False)
    title_en = Line(max_length=200, required=False)
    kind = Code(choices=Kind.choices)
    stage = Code(choices=SchoolStage.choices, allow_blank=True, required=False)
    status = Code(choices=Status.choices, required=False)
    status_reason = Code(
        choices=StatusReason.choices,
        allow_blank=True,
        required=False,
        help_text="Why it is suspended or cancelled. Public.",
    )
    status_note = Prose(max_length=500, required=False, help_text="The reason in words. Public.")
    status_since = Day(
        allow_null=True, required=False, help_text="The day of the decision; today where it is not said."
    )
    region = Line(max_length=12, allow_blank=False, required=False)
    school = Line(max_length=40, allow_null=True, required=False)
    plan = Line(max_length=20, allow_null=True, required=False)
    plan_target = Code(choices=PlanTarget.choices, allow_blank=True, required=False)
    description = Prose(max_length=2000, required=False)
    classes = Count(min_value=0, max_value=CLASSES_MAX, allow_null=True, required=False)
    places = Count(min_value=0, max_value=PLACES_MAX, allow_null=True, required=False)
    floor_area = SquareMetres(allow_null=True, required=False)
    land_area = SquareMetres(allow_null=True, required=False)
    total_investment = Yuan(allow_null=True, required=False)
    responsible_leader = Line(max_length=100, required=False)
    responsible_unit = Line(max_length=200, required=False)
    contractor = Line(max_length=200, required=False)
    supervising_firm = Line(max_length=200, required=False)
    address = Line(max_length=300, required=False)
    site = PointGeometry(allow_null=True, required=False)
    footprint = PolygonGeometry(allow_null=True, required=False)
    location_precision = Code(choices=LocationPrecision.choices, allow_blank=True, required=False)
    site_accuracy = Count(min_value=1, max_value=100_000, allow_null=True, required=False, help_text="Metres.")
    needed_by = Day(allow_null=True, required=False)
    published = Flag(required=False)
    illustrative = Flag(required=False)
    note = Prose(max_length=4000, required=False)
    contact_name = Line(max_length=100, required=False)
    contact_phone = Line(max_length=50, required=False)
    reason = Line(max_length=500, required=False)


class ProjectCreate(ProjectInput):
    bureau = Line(max_length=12, allow_blank=False)
    code = Line(max_length=40, required=False)


class ProjectChange(ProjectInput):
    kind = Code(choices=Kind.choices, required=False)
    archived = Flag(required=False)


class MilestoneChange(StrictSerializer):
    """Facts from the site, and the plan from the office; which of the two you may write depends on your role."""

    planned = Day(allow_null=True, required=False)
    weight = Count(min_value=0, max_value=100, required=False)
    forecast = Day(allow_null=True, required=False)
    started = Day(allow_null=True, required=False)
    actual = Day(allow_null=True, required=False)
    percent = Count(min_value=0, max_value=100, required=False)
    state = Code(choices=MilestoneState.choices, required=False)
    delay_reason = Code(choices=DelayReason.choices, allow_blank=True, required=False)
    delay_note = Prose(max_length=500, required=False)
    note = Prose(max_length=500, required=False)
    confirm = Flag(required=False)
    reason = Line(max_length=500, required=False)


class MilestoneOut(serializers.Serializer[Any]):
    key = serializers.CharField()
    title = serializers.CharField()
    position = serializers.IntegerField()
    planned = serializers.DateField(allow_null=True)
    forecast = serializers.DateField(allow_null=True)
    started = serializers.DateField(allow_null=True)
    actual = serializers.DateField(allow_null=True)
    percent = serializers.IntegerField()
    weight = serializers.IntegerField()
    state = serializers.ChoiceField(choices=MilestoneState.choices)
    delay_reason = serializers.ChoiceField(choices=DelayReason.choices, allow_blank=True)
    delay_note = serializers.CharField(allow_blank=True)
    note = serializers.CharField(allow_blank=True, required=False, help_text="For the bureau's own people only.")
    illustrative = serializers.BooleanField()
    duration = serializers.IntegerField(required=False, help_text="Usual, in working days.")
    shortest = serializers.IntegerField(required=False)
    longest = serializers.IntegerField(required=False)
    after = serializers.DictField(required=False, help_text="What it waits for: `{key: {kind: FS|SS, lag}}`.")
    needs_acceptance = serializers.BooleanField(required=False)
    limit = serializers.DictField(required=False, help_text="A statutory term: `{after, days|months}`.")


class ProjectRow(serializers.Serializer[Any]):
    """A project in a list."""

    code = serializers.CharField()
    url = serializers.CharField(help_text="The public page.")
    bureau = serializers.CharField()
    region = serializers.CharField()
    region_name = serializers.CharField()
    school = serializers.CharField(allow_null=True)
    plan = serializers.CharField(allow_null=True)
    plan_target = serializers.ChoiceField(choices=PlanTarget.choices, allow_blank=True)
    title = serializers.CharField()
    title_zh = serializers.CharField(allow_blank=True)
    title_en = serializers.CharField(allow_blank=True)
    kind = serializers.ChoiceField(choices=Kind.choices)
    stage = serializers.ChoiceField(choices=SchoolStage.choices, allow_blank=True)
    status = serializers.ChoiceField(choices=Status.choices)
    progress = serializers.IntegerField()
    next_milestone = serializers.CharField(allow_blank=True)
    next_due = serializers.DateField(allow_null=True)
    light = serializers.ChoiceField(choices=Light.choices)
    late = serializers.BooleanField(help_text="A stage is behind its day in the baseline.")
    critical = serializers.BooleanField(help_text="The finish is forecast behind the baseline's.")
    stale = serializers.BooleanField(help_text="No report for longer than the bureau allows.")
    misses_term = serializers.BooleanField(help_text="Will not be ready when the school needs it.")
    baseline_finish = serializers.DateField(allow_null=True)
    forecast_finish = serializers.DateField(allow_null=True)
    slip_days = serializers.IntegerField(allow_null=True, help_text="Calendar days, forecast against baseline.")
    classes = serializers.IntegerField(allow_null=True)
    places = serializers.IntegerField(allow_null=True)
    total_investment = serializers.CharField(allow_null=True)
    currency = serializers.CharField()
    site = PointGeometry(allow_null=True)
    location_precision = serializers.ChoiceField(choices=LocationPrecision.choices, allow_blank=True)
    published = serializers.BooleanField()
    archived = serializers.BooleanField()
    illustrative = serializers.BooleanField()
    updated = serializers.DateTimeField()
    version = serializers.IntegerField()


class CertificateRow(serializers.Serializer[Any]):
    """What everybody may know of a certificate of completion acceptance."""

    number = serializers.CharField()
    issued_on = serializers.DateField()


class ProjectOut(serializers.Serializer[Any]):
    """A project with its milestones. The last group is for the bureau's own people only."""

    code = serializers.CharField()
    url = serializers.CharField()
    bureau = serializers.CharField()
    region = serializers.CharField()
    school = serializers.CharField(allow_null=True)
    plan = serializers.CharField(allow_null=True)
    plan_target = serializers.ChoiceField(choices=PlanTarget.choices, allow_blank=True)
    title_zh = serializers.CharField(allow_blank=True)
    title_en = serializers.CharField(allow_blank=True)
    kind = serializers.ChoiceField(choices=Kind.choices)
    stage = serializers.ChoiceField(choices=SchoolStage.choices, allow_blank=True)
    status = serializers.ChoiceField(choices=Status.choices)
    status_reason = serializers.ChoiceField(
        choices=StatusReason.choices, required=False, help_text="Why it is suspended or cancelled, where that was said."
    )
    status_note = serializers.CharField(required=False)
    status_since = serializers.DateField(required=False)
    description = serializers.CharField(allow_blank=True)
    progress = serializers.IntegerField()
    next_milestone = serializers.CharField(allow_blank=True)
    next_due = serializers.DateField(allow_null=True)
    classes = serializers.IntegerField(allow_null=True)
    places = serializers.IntegerField(allow_null=True)
    floor_area = serializers.CharField(allow_null=True)
    land_area = serializers.CharField(allow_null=True)
    total_investment = serializers.CharField(allow_null=True)
    currency = serializers.CharField()
    responsible_leader = serializers.CharField(allow_blank=True)
    responsible_unit = serializers.CharField(allow_blank=True)
    contractor = serializers.CharField(allow_blank=True)
    supervising_firm = serializers.CharField(allow_blank=True)
    address = serializers.CharField(allow_blank=True)
    site = PointGeometry(allow_null=True)
    footprint = PolygonGeometry(allow_null=True)
    location_precision = serializers.ChoiceField(choices=LocationPrecision.choices, allow_blank=True)
    site_crs = serializers.CharField(allow_blank=True)
    site_accuracy = serializers.IntegerField(required=False, help_text="How exact the site is, in metres.")
    footprint_crs = serializers.CharField(required=False)
    published = serializers.BooleanField()
    archived = serializers.BooleanField()
    illustrative = serializers.BooleanField()
    source = serializers.CharField(allow_blank=True)
    version = serializers.IntegerField()
    as_of = serializers.DateField(required=False)
    on = serializers.DateField(required=False)
    template = serializers.CharField(required=False)
    needed_by = serializers.DateField(required=False)
    certificates = CertificateRow(many=True, required=False, help_text="Of completion acceptance.")
    elsewhere = serializers.DictField(
        required=False,
        help_text="Evidence that another record holds, by part and key, with the members that the public reads of our own.",
    )
    physical_progress = serializers.CharField(
        required=False, help_text="The newest accepted report's sentence (形象进度)."
    )
    physical_progress_on = serializers.DateField(required=False, help_text="The day of that report.")
    milestones = MilestoneOut(many=True)
    note = serializers.CharField(allow_blank=True, required=False)
    contact_name = serializers.CharField(allow_blank=True, required=False)
    contact_phone = serializers.CharField(allow_blank=True, required=False)
    source_key = serializers.CharField(allow_blank=True, required=False)
    engineers = serializers.DictField(child=serializers.CharField(), required=False)


MONEY = ("estimates", "allocations", "spending")
# What has addresses of its own, and grows.
OWN_ADDRESSES = ("baselines", "inspections", "findings", "certificates", "reports", "photos", "questions")


def lights_row(found: Outlook, bureau: Bureau, today: date) -> Document:
    """What the outlook says on a day: the light, four flags, both finishes. No query, no calculation of the schedule."""
    calendar, _rules = settings_of(bureau)
    return {
        "light": found.light_on(today).value,
        "late": found.late_on(today),
        "critical": found.critical_on(today),
        "stale": found.stale_on(today),
        "misses_term": found.misses_term_on(today),
        "baseline_finish": found.measured_finish,
        "forecast_finish": found.finish_on(today, calendar),
        "slip_days": found.slip_on(today, calendar),
    }


def project_row(project: Project, today: date) -> Document:
    """A list row from a `selectors.projects.project_list` object, as of today. No query."""
    return {
        "code": project.code,
        "url": f"/projects/{project.code}/",
        "bureau": project.bureau.code,
        "region": project.region.code,
        "region_name": project.region.name,
        "school": project.school.code if project.school else None,
        "plan": f"{project.bureau.code}-{project.plan.year}" if project.plan else None,
        "plan_target": project.plan_target,
        "title": project.title,
        "title_zh": project.title_zh,
        "title_en": project.title_en,
        "kind": project.kind,
        "stage": project.stage,
        "status": project.status,
        "progress": project.progress,
        "next_milestone": project.next_milestone,
        "next_due": project.next_due,
        **lights_row(stored_outlook(project), project.bureau, today),
        "classes": project.classes,
        "places": project.places,
        "total_investment": decimal(project.total_investment),
        "currency": project.bureau.currency,
        "site": geometry(project.site),
        "location_precision": project.location_precision,
        "published": project.published,
        "archived": project.archived_at is not None,
        "illustrative": project.illustrative,
        "updated": project.updated_at,
        "version": project.version,
    }


def milestone_out(key: str, facts: Document) -> Document:
    shown = {name: value for name, value in facts.items() if name not in ("title_zh", "title_en", "public")}
    return {"key": key, "title": milestone_title(key, facts.get("title_zh", ""), facts.get("title_en", "")), **shown}


def milestones_out(document: Document) -> list[Document]:
    ordered = sorted(document.get("milestones", {}).items(), key=lambda item: (item[1].get("position", 0), item[0]))
    return [milestone_out(key, facts) for key, facts in ordered]


def project_out(document: Document, version: int) -> Document:
    """A project from its document (whole or public part): milestones in order; money and the like have their own."""
    shown = {name: value for name, value in document.items() if name not in MONEY and name not in OWN_ADDRESSES}
    if certificates := document.get("certificates"):
        shown["certificates"] = [
            {"number": number, "issued_on": certificates[number]["issued_on"]} for number in sorted(certificates)
        ]
    if elsewhere := document.get("elsewhere"):
        told = {part: elsewhere[part] for part in EVIDENCE if part in elsewhere}
        shown["elsewhere"] = {
            part: {key: facts for key, row in rows.items() for facts in row.values()} for part, rows in told.items()
        }
    shown |= {"url": f"/projects/{document['code']}/", "version": version, "milestones": milestones_out(document)}
    return shown
