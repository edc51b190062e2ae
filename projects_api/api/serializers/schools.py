"""Schools and their acts: what an official writes, and what is answered."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from rest_framework import serializers

from projects_api.api.serializers.fields import Code, Count, Day, Flag, Line, PointGeometry, StrictSerializer
from projects_api.approvals import established
from projects_api.bounds import CLASSES_MAX, PLACES_MAX
from projects_api.choices import Decision, LocationPrecision, SchoolEventKind, SchoolStage
from projects_api.models import School
from projects_api.models.base import in_reader_language
from projects_api.selectors.facts import Document


class SchoolFacts(StrictSerializer):
    """What a school is, and what an alteration can change."""

    name_zh = Line(max_length=200, required=False)
    name_en = Line(max_length=200, required=False)
    region = Line(max_length=12, allow_blank=False, required=False, help_text="A division of the bureau's county.")
    stage = Code(choices=SchoolStage.choices, required=False)
    classes = Count(min_value=0, max_value=CLASSES_MAX, allow_null=True, required=False)
    places = Count(min_value=0, max_value=PLACES_MAX, allow_null=True, required=False)
    boarding = Flag(required=False)
    location = PointGeometry(allow_null=True, required=False)
    location_precision = Code(choices=LocationPrecision.choices, allow_blank=True, required=False)


class Act(StrictSerializer):
    applicant = Line(max_length=200, allow_blank=False)
    applied = Day()
    decision = Code(choices=Decision.choices, required=False, help_text="`pending` where nothing is said.")
    decided = Day(allow_null=True, required=False)
    document_number = Line(max_length=100, required=False)
    authority = Line(max_length=200, required=False)
    summary_zh = Line(max_length=300, required=False, help_text="Public.")
    summary_en = Line(max_length=300, required=False, help_text="Public.")
    illustrative = Flag(required=False)


class _Confirmed(StrictSerializer):
    confirm = Flag(required=False, help_text="The document decides about another school too.")
    reason = Line(max_length=500, required=False, help_text="For the ledger.")


class SchoolCreate(SchoolFacts, _Confirmed):
    """A school with the act that establishes it. ``reason`` goes into the ledger entry."""

    bureau = Line(max_length=12, allow_blank=False)
    code = Line(max_length=40, required=False, help_text="The bureau's next one where nothing is said.")
    stage = Code(choices=SchoolStage.choices)
    illustrative = Flag(required=False)
    establishment = Act()


class SchoolChange(SchoolFacts):
    """What the register says wrongly and no act changed."""

    illustrative = Flag(required=False)
    withdrawn = Flag(required=False, help_text="Entered by mistake: there never was such a school.")
    reason = Line(max_length=500, allow_blank=False)


class SchoolEventCreate(Act, _Confirmed):
    kind = Code(choices=SchoolEventKind.choices)
    changes = SchoolFacts(required=False, help_text="What an approved alteration makes of the school.")
    closed = Day(
        required=False,
        help_text="When an approved cancellation takes effect; else the day of the decision.",
    )


class SchoolEventChange(Act, _Confirmed):
    """The decision on a pending act, or, with a ``reason``, a recorded one set right; what is not named stays."""

    applicant = Line(max_length=200, allow_blank=False, required=False)
    applied = Day(required=False)
    changes = SchoolFacts(
        required=False, help_text="What it makes of the school; of an establishment: how the school began."
    )
    closed = Day(required=False)
    archived = Flag(required=False, help_text="Set aside: stays readable, counts for nothing.")


class SchoolEventOut(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=SchoolEventKind.choices)
    applicant = serializers.CharField()
    applied = serializers.DateField()
    decision = serializers.ChoiceField(choices=Decision.choices)
    decided = serializers.DateField(allow_null=True)
    document_number = serializers.CharField(allow_blank=True)
    authority = serializers.CharField(allow_blank=True)
    summary_zh = serializers.CharField(allow_blank=True)
    summary_en = serializers.CharField(allow_blank=True)
    illustrative = serializers.BooleanField()
    archived = serializers.BooleanField(required=False, help_text="Set aside: recorded by mistake, counts for nothing.")
    before = serializers.DictField(help_text="What an approved alteration replaced, by member; empty otherwise.")


class SchoolOut(serializers.Serializer[Any]):
    code = serializers.CharField()
    bureau = serializers.CharField()
    region = serializers.CharField()
    name = serializers.CharField()
    name_zh = serializers.CharField(allow_blank=True)
    name_en = serializers.CharField(allow_blank=True)
    stage = serializers.ChoiceField(choices=SchoolStage.choices)
    classes = serializers.IntegerField(allow_null=True)
    places = serializers.IntegerField(allow_null=True)
    boarding = serializers.BooleanField()
    location = serializers.DictField(allow_null=True)
    location_precision = serializers.ChoiceField(choices=LocationPrecision.choices, allow_blank=True)
    illustrative = serializers.BooleanField()
    established = serializers.BooleanField(
        help_text="It may teach: its establishment is approved, or it is older than the acts in the register."
    )
    closed = serializers.DateField(allow_null=True, help_text="The day of its closing, which may be still to come.")
    withdrawn = serializers.BooleanField(required=False, help_text="Entered by mistake; only the bureau reads it.")
    events = SchoolEventOut(many=True)


def school_out(document: Document) -> Document:
    """From the school's document: the same of today and of any other day."""
    shown = {name: value for name, value in document.items() if name != "events"}
    return {
        **shown,
        "name": in_reader_language(document["name_zh"], document["name_en"]),
        "established": established(document),
        "events": [event_out(int(number), event) for number, event in document["events"].items()],
    }


def event_out(number: int, event: Document) -> Document:
    return {"number": number, **event, "before": event.get("before", {})}


def acted(school: School, values: Document) -> Document:
    """The arguments of `services.schools.school_act` that a checked body gives."""
    told = {name: value for name, value in values.items() if name not in ("changes", "closed", "confirm")}
    closed = values.get("closed")
    return {
        "event": told,
        "changes": values.get("changes"),
        "closed": datetime.combine(closed, time.min, ZoneInfo(school.bureau.time_zone)) if closed else None,
        "confirmed": values.get("confirm", False),
    }
