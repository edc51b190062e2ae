"""Progress reports on the wire, and what an engineer takes along to the site."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from projects_api.api.serializers.fields import (
    Code,
    Count,
    Day,
    Flag,
    Line,
    Moment,
    PointGeometry,
    Prose,
    StrictSerializer,
)
from projects_api.choices import (
    DelayReason,
    EntryOutcome,
    FindingState,
    MilestoneState,
    ReportState,
    SchoolStage,
    Severity,
    Status,
)
from projects_api.geodesy import read_point
from projects_api.models import ProgressReport
from projects_api.models.base import in_reader_language
from projects_api.selectors.facts import Document, report_facts
from projects_api.selectors.fieldwork import other_sides
from projects_api.services.reports import Draft

# In one request: few enough for a slow line to get through, enough to make its latency small.
MAX_REPORTS = 20


class StageReport(StrictSerializer):
    """What the engineer says of one stage; what is not named stays. Empty: gives up one's own side of a conflict."""

    started = Day(allow_null=True, required=False)
    actual = Day(allow_null=True, required=False)
    percent = Count(min_value=0, max_value=100, required=False)
    forecast = Day(allow_null=True, required=False)
    delay_reason = Code(choices=DelayReason.choices, allow_blank=True, required=False)
    delay_note = Prose(max_length=500, required=False)
    note = Prose(max_length=500, required=False)


class ReportInput(StrictSerializer):
    """A report as the device wrote it. ``id`` makes it one report however often it is sent."""

    id = serializers.UUIDField(help_text="Made by the device.")
    base_version = Count(min_value=1, max_value=2**31 - 1, help_text="The project's version that the engineer saw.")
    made_at = Moment(help_text="By the device's clock.")
    sent_at = Moment(required=False, help_text="By the same clock, to set a wrong one right.")
    text = Prose(max_length=500, required=False, help_text="Physical progress in a sentence (形象进度).")
    problems = Prose(max_length=1000, required=False)
    next_step = Prose(max_length=500, required=False)
    position = PointGeometry(allow_null=True, required=False)
    accuracy = Count(min_value=0, max_value=100_000, allow_null=True, required=False, help_text="Metres.")
    entries = serializers.DictField(child=StageReport(), required=False, help_text="By the stage's key.")
    corrects = serializers.UUIDField(
        allow_null=True, required=False, help_text="A returned report, or one in conflict."
    )
    confirm = Flag(required=False)
    reason = Line(max_length=500, required=False)


class BatchedReportInput(ReportInput):
    """A report as it is sent alone, and its project."""

    project = Line(max_length=40, allow_blank=False, help_text="The project's code.")


class ReportBatchInput(StrictSerializer):
    """Each report is checked on its own, so that one that is wrong stops no other: for the request any objects will do."""

    reports = serializers.ListField(
        child=serializers.DictField(),
        min_length=1,
        max_length=MAX_REPORTS,
        help_text="In the order of writing: each as it is sent alone to its project, with the member `project`, its code.",
    )


def draft_of(values: dict[str, Any], reason: str) -> Draft:
    """Raises InvalidInput for a position that is none."""
    raw = values.pop("position", None)
    place = read_point(raw, pointer="/position") if raw is not None else None
    return Draft(
        position=(round(place.lon, 7), round(place.lat, 7)) if place else None,
        confirmed=values.pop("confirm", False),
        reason=reason,
        **values,
    )


class StageEntryOut(serializers.Serializer[Any]):
    changes = serializers.DictField(help_text="What the report says.")
    outcome = serializers.ChoiceField(choices=EntryOutcome.choices)
    before = serializers.DictField(required=False, help_text="What it replaced.")
    after = serializers.DictField(required=False, help_text="What it wrote, with what followed.")
    theirs = serializers.DictField(required=False, help_text="In a conflict: what the record says.")
    fields = serializers.ListField(child=serializers.CharField(), required=False, help_text="The fields in conflict.")
    by = serializers.CharField(required=False, help_text="Who wrote the other side …")
    by_name = serializers.CharField(required=False, help_text="The same person as they are called …")
    at = serializers.DateTimeField(required=False, help_text="… and when.")


class ReportOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    project = serializers.CharField()
    title = serializers.CharField(help_text="The project's.")
    author = serializers.CharField()
    author_name = serializers.CharField()
    state = serializers.ChoiceField(choices=ReportState.choices)
    received_at = serializers.DateTimeField()
    made_at = serializers.DateTimeField()
    base_version = serializers.IntegerField()
    text = serializers.CharField(allow_blank=True)
    problems = serializers.CharField(allow_blank=True)
    next_step = serializers.CharField(allow_blank=True)
    position = PointGeometry(allow_null=True)
    accuracy = serializers.IntegerField(allow_null=True)
    entries = serializers.DictField(child=StageEntryOut())
    corrects = serializers.UUIDField(allow_null=True)
    reason = serializers.CharField(allow_blank=True)
    reviewed_by = serializers.CharField(allow_blank=True)
    reviewed_at = serializers.DateTimeField(allow_null=True)
    review_note = serializers.CharField(allow_blank=True)


def report_out(report: ProgressReport, names: Mapping[str, str] | None = None) -> Document:
    """The report needs ``project``, ``author`` and ``reviewed_by`` loaded; ``names`` as of `other_sides`, else asked for."""
    project = report.project
    names = other_sides([report]) if names is None else names
    return {
        "id": str(report.pk),
        "project": project.code,
        "title": in_reader_language(project.title_zh, project.title_en),
        "author_name": report.author.get_full_name(),
        **report_facts(report),
        "entries": {
            key: {**entry, "by_name": names.get(entry["by"], entry["by"])} if entry.get("by") else entry
            for key, entry in report.entries.items()
        },
    }


class ReportResult(serializers.Serializer[Any]):
    id = serializers.CharField(allow_blank=True, help_text="As it was sent.")
    status = serializers.IntegerField(help_text="What the report alone would have been answered: 201, or why not.")
    version = serializers.IntegerField(required=False, help_text="The project's, as the ETag of a single answer.")
    report = ReportOut(required=False)
    problem = serializers.DictField(required=False, help_text="RFC 9457 problem details.")


class ReportBatchOut(serializers.Serializer[Any]):
    results = ReportResult(many=True, help_text="One for each report, in the same order.")


class ReviewInput(StrictSerializer):
    decision = Code(choices=[("accept", "accept"), ("return", "return")])
    note = Prose(max_length=500, required=False, help_text="Needed to return: what is to be corrected.")
    reason = Line(max_length=500, required=False)


class FieldStageOut(serializers.Serializer[Any]):
    key = serializers.CharField()
    title = serializers.CharField()
    planned = serializers.DateField(allow_null=True)
    forecast = serializers.DateField(allow_null=True)
    started = serializers.DateField(allow_null=True)
    actual = serializers.DateField(allow_null=True)
    percent = serializers.IntegerField()
    state = serializers.ChoiceField(choices=MilestoneState.choices)
    delay_reason = serializers.ChoiceField(choices=DelayReason.choices, allow_blank=True)
    delay_note = serializers.CharField(allow_blank=True)
    note = serializers.CharField(allow_blank=True)
    needs_acceptance = serializers.BooleanField()
    promised = serializers.DateField(allow_null=True, help_text="By the current baseline: later needs a reason.")


class FieldFindingOut(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    severity = serializers.ChoiceField(choices=Severity.choices)
    description = serializers.CharField()
    place = serializers.CharField(allow_blank=True)
    owner = serializers.CharField()
    state = serializers.ChoiceField(choices=FindingState.choices)
    review_note = serializers.CharField(allow_blank=True, help_text="Why it was reopened.")
    deadline = serializers.DateField()
    raised_on = serializers.DateField()


class FieldSiteOut(serializers.Serializer[Any]):
    code = serializers.CharField()
    version = serializers.IntegerField(help_text="The base of the next report.")
    title = serializers.CharField()
    bureau = serializers.CharField()
    region = serializers.CharField()
    address = serializers.CharField(allow_blank=True)
    stage = serializers.ChoiceField(choices=SchoolStage.choices, allow_blank=True)
    status = serializers.ChoiceField(choices=Status.choices)
    light = serializers.CharField()
    progress = serializers.IntegerField()
    site = PointGeometry(allow_null=True)
    next = serializers.CharField(allow_blank=True, help_text="The key of the stage that comes next.")
    next_due = serializers.DateField(allow_null=True)
    physical_progress = serializers.CharField(allow_blank=True)
    updated_at = serializers.DateTimeField()
    milestones = FieldStageOut(many=True)
    findings = FieldFindingOut(many=True, help_text="What is not struck off, by deadline.")


class FieldOut(serializers.Serializer[Any]):
    as_of = serializers.DateTimeField(help_text="When the server put this together.")
    today = serializers.DateField(help_text="The bureau's day: facts cannot lie after it.")
    username = serializers.CharField(help_text="Whose answer this is: a device keeps each one's apart.")
    engineer = serializers.CharField()
    unread = serializers.IntegerField(help_text="Your unread notifications.")
    sites = FieldSiteOut(many=True)
