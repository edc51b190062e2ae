"""Inspections, findings and certificates on the wire."""

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
    Prose,
    StrictSerializer,
)
from projects_api.checklists import SPECIAL_ACCEPTANCES, points
from projects_api.choices import CheckResult, FindingState, InspectionKind, InspectionResult, Severity
from projects_api.models import Certificate, Finding, Inspection
from projects_api.models.base import in_reader_language
from projects_api.selectors.facts import Document, certificate_facts, finding_facts, inspection_facts
from projects_api.selectors.inspections import TO_MEND

MAX_POINTS = 60
MAX_PHOTOS = 20
LARGEST_NUMBER = 2**31 - 1


# --- inspections ---


class CheckInput(StrictSerializer):
    """A point of the kind's list by its ``key``, or one's own as ``text``."""

    key = Line(max_length=40, required=False)
    text = Line(max_length=200, required=False)
    result = Code(choices=CheckResult.choices)
    note = Line(max_length=300, required=False)


class InspectionChange(StrictSerializer):
    held_on = Day(required=False)
    inspector = Line(max_length=200, required=False)
    attendees = Prose(max_length=2000, required=False, help_text="One a line.")
    checklist = serializers.ListField(child=CheckInput(), max_length=MAX_POINTS, required=False)
    result = Code(choices=InspectionResult.choices, required=False)
    milestone = Line(max_length=60, required=False, help_text="Key of the stage that it is about.")
    note = Prose(max_length=1000, required=False)
    archived = Flag(required=False, help_text="Set aside: stays readable, nothing rests on it.")
    reason = Line(max_length=500, required=False)


class InspectionInput(InspectionChange):
    kind = Code(choices=InspectionKind.choices)
    held_on = Day()
    result = Code(choices=InspectionResult.choices)
    # Nothing is set aside before it is there.
    archived = None


class CheckOut(serializers.Serializer[Any]):
    key = serializers.CharField(required=False)
    text = serializers.CharField(required=False)
    words = serializers.CharField(help_text="In the reader's language.")
    result = serializers.ChoiceField(choices=CheckResult.choices)
    note = serializers.CharField(allow_blank=True)


class InspectionOut(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=InspectionKind.choices)
    held_on = serializers.DateField()
    author = serializers.CharField()
    inspector = serializers.CharField(allow_blank=True)
    attendees = serializers.CharField(allow_blank=True)
    checklist = CheckOut(many=True)
    result = serializers.ChoiceField(choices=InspectionResult.choices)
    milestone = serializers.CharField(allow_blank=True)
    note = serializers.CharField(allow_blank=True)
    archived = serializers.BooleanField()


def inspection_out(inspection: Inspection) -> Document:
    """The inspection needs ``author`` loaded."""
    known = points(inspection.kind)

    def words(check: Document) -> str:
        point = known.get(check.get("key", ""))
        return in_reader_language(point.zh, point.en) if point else str(check.get("text") or check.get("key"))

    facts = inspection_facts(inspection)
    checklist = [{**check, "words": words(check)} for check in inspection.checklist]
    return {"number": inspection.number, **facts, "checklist": checklist}


# --- findings ---


class FindingInput(StrictSerializer):
    inspection = Count(
        min_value=1,
        max_value=LARGEST_NUMBER,
        allow_null=True,
        required=False,
        help_text="Number of the inspection that found it.",
    )
    severity = Code(choices=Severity.choices)
    description = Prose(max_length=1000)
    place = Line(max_length=200, required=False, help_text="On the site, in words.")
    point = PointGeometry(allow_null=True, required=False)
    owner = Line(max_length=200, allow_blank=False, help_text="The unit or person that is to mend it.")
    owner_user = Line(max_length=150, allow_null=True, required=False, help_text="User name of somebody in the bureau.")
    deadline = Day()
    reason = Line(max_length=500, required=False)

    def validate_description(self, value: str) -> str:
        if not value:
            raise serializers.ValidationError(serializers.CharField.default_error_messages["blank"], code="blank")
        return value


class FindingChange(StrictSerializer):
    owner = Line(max_length=200, allow_blank=False, required=False)
    owner_user = Line(max_length=150, allow_null=True, required=False)
    deadline = Day(required=False, help_text="Needs a reason.")
    reason = Line(max_length=500, required=False)


class RectifyInput(StrictSerializer):
    text = Prose(max_length=1000, help_text="How it was mended.")
    on = Day(help_text="The day on which it was.")
    photos = serializers.ListField(
        child=serializers.UUIDField(), max_length=MAX_PHOTOS, required=False, help_text="Ids of the project's photos."
    )
    reason = Line(max_length=500, required=False)


class StrikeOffInput(StrictSerializer):
    note = Prose(max_length=500, required=False)
    inspection = Count(
        min_value=1, max_value=LARGEST_NUMBER, allow_null=True, required=False, help_text="Number of the re-inspection."
    )
    reason = Line(max_length=500, required=False)


class ReopenInput(StrikeOffInput):
    note = Prose(max_length=500, required=False, help_text="Needed: what is still to be mended.")
    deadline = Day(required=False)


class FindingOut(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    project = serializers.CharField()
    title = serializers.CharField(help_text="The project's.")
    inspection = serializers.IntegerField(allow_null=True)
    severity = serializers.ChoiceField(choices=Severity.choices)
    description = serializers.CharField()
    place = serializers.CharField(allow_blank=True)
    point = PointGeometry(allow_null=True)
    owner = serializers.CharField()
    owner_user = serializers.CharField(allow_blank=True)
    deadline = serializers.DateField()
    overdue = serializers.BooleanField()
    state = serializers.ChoiceField(choices=FindingState.choices)
    raised_by = serializers.CharField()
    raised_on = serializers.DateField()
    rectification = serializers.CharField(allow_blank=True)
    photos = serializers.ListField(child=serializers.UUIDField())
    rectified_by = serializers.CharField(allow_blank=True)
    rectified_on = serializers.DateField(allow_null=True)
    struck_off_by = serializers.CharField(allow_blank=True)
    struck_off_on = serializers.DateField(allow_null=True)
    reopened_on = serializers.DateField(allow_null=True)
    review_note = serializers.CharField(allow_blank=True)
    reinspection = serializers.IntegerField(allow_null=True)


def finding_out(finding: Finding, today: date) -> Document:
    """The finding as `selectors.inspections.findings_of` loads it."""
    project = finding.project
    return {
        "number": finding.number,
        "project": project.code,
        "title": in_reader_language(project.title_zh, project.title_en),
        "overdue": finding.state in TO_MEND and finding.deadline < today,
        **finding_facts(finding),
    }


# --- certificates ---


class SignatoryInput(StrictSerializer):
    name = Line(max_length=100, allow_blank=False)
    unit = Line(max_length=200, allow_blank=False)
    role = Line(max_length=100, required=False)


class SpecialAcceptanceInput(StrictSerializer):
    key = Code(choices=[(point.key, point.en) for point in SPECIAL_ACCEPTANCES], required=False)
    text = Line(max_length=200, required=False)
    accepted_on = Day()
    document_number = Line(max_length=100, allow_blank=False)


class CertificateInput(StrictSerializer):
    inspection = Count(
        min_value=1, max_value=LARGEST_NUMBER, help_text="Number of the completion acceptance that was passed."
    )
    issued_on = Day(required=False, help_text="Today, if not given.")
    signatories = serializers.ListField(child=SignatoryInput(), max_length=30)
    special_acceptances = serializers.ListField(child=SpecialAcceptanceInput(), max_length=30, required=False)
    reason = Line(max_length=500, required=False)


class CertificateOut(serializers.Serializer[Any]):
    """The public reads the first three."""

    number = serializers.CharField()
    project = serializers.CharField()
    issued_on = serializers.DateField()
    inspection = serializers.IntegerField(required=False)
    issued_by = serializers.CharField(required=False)
    sha256 = serializers.CharField(required=False, help_text="Of the content's canonical JSON (RFC 8785).")
    content = serializers.DictField(required=False, help_text="Everything that the paper shows.")


def certificate_out(certificate: Certificate, *, full: bool) -> Document:
    """The certificate needs ``project``, ``inspection`` and ``issued_by`` loaded."""
    facts = certificate_facts(certificate)
    shown = facts if full else {"issued_on": facts["issued_on"]}
    return {"number": certificate.number, "project": certificate.project.code, **shown}
