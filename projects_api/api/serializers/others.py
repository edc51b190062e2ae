"""Money, plans, places, tokens and the ledger on the wire."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from projects_api.api.serializers.fields import Code, Count, Day, Flag, Line, Prose, Secret, StrictSerializer, Yuan
from projects_api.choices import (
    EstimateKind,
    FundSource,
    PlanTarget,
    RegionKind,
    RegionLevel,
    SpendingKind,
)


class MoneyInput(StrictSerializer):
    amount = Yuan()
    dated = Day(allow_null=True, required=False)
    document_number = Line(max_length=100, required=False)
    note = Prose(max_length=500, required=False)
    illustrative = Flag(required=False)
    reason = Line(max_length=500, required=False)


class EstimateInput(MoneyInput):
    kind = Code(choices=EstimateKind.choices)


class AllocationInput(MoneyInput):
    source = Code(choices=FundSource.choices)
    year = Count(min_value=1950, max_value=2100)


class SpendingInput(MoneyInput):
    amount = Yuan(negative=True)
    kind = Code(choices=SpendingKind.choices)
    dated = Day()
    milestone = Line(max_length=60, required=False)


class _Correction(StrictSerializer):
    archived = Flag(required=False, help_text="Set aside: stays readable, no total counts it.")


class EstimateChange(EstimateInput, _Correction):
    amount = Yuan(required=False)
    kind = Code(choices=EstimateKind.choices, required=False)


class AllocationChange(AllocationInput, _Correction):
    amount = Yuan(required=False)
    source = Code(choices=FundSource.choices, required=False)
    year = Count(min_value=1950, max_value=2100, required=False)


class SpendingChange(SpendingInput, _Correction):
    amount = Yuan(negative=True, required=False)
    kind = Code(choices=SpendingKind.choices, required=False)
    dated = Day(required=False)


class MoneyOut(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    amount = serializers.CharField()
    currency = serializers.CharField()
    dated = serializers.DateField(allow_null=True)
    document_number = serializers.CharField(allow_blank=True)
    note = serializers.CharField(allow_blank=True)
    archived = serializers.BooleanField()
    illustrative = serializers.BooleanField()


class EstimateOut(MoneyOut):
    kind = serializers.ChoiceField(choices=EstimateKind.choices)


class AllocationOut(MoneyOut):
    source = serializers.ChoiceField(choices=FundSource.choices)
    year = serializers.IntegerField()


class SpendingOut(MoneyOut):
    kind = serializers.ChoiceField(choices=SpendingKind.choices)
    milestone = serializers.CharField(allow_blank=True)


class PlanInput(StrictSerializer):
    title_zh = Line(max_length=200, allow_blank=False)
    title_en = Line(max_length=200, required=False)
    document_number = Line(max_length=100, required=False)
    issued = Day(allow_null=True, required=False)
    published = Flag(required=False)
    illustrative = Flag(required=False)
    reason = Line(max_length=500, required=False)


class PlanCreate(PlanInput):
    bureau = Line(max_length=12, allow_blank=False)
    year = Count(min_value=1950, max_value=2100)


class PlanChange(PlanInput):
    title_zh = Line(max_length=200, allow_blank=False, required=False)


class ScoreOut(serializers.Serializer[Any]):
    target = serializers.ChoiceField(choices=PlanTarget.choices)
    label = serializers.CharField()
    planned = serializers.IntegerField()
    met = serializers.IntegerField(help_text="By the end of the plan's year.")
    met_late = serializers.IntegerField(help_text="After it.")
    open = serializers.IntegerField()
    in_time = serializers.IntegerField(help_text="Of the open ones: forecast to be met by 31 December.")
    year_end = serializers.IntegerField(help_text="Met by then, as forecast.")
    projects = serializers.DictField(child=serializers.ListField(child=serializers.CharField()))


class PlanOut(serializers.Serializer[Any]):
    id = serializers.CharField()
    bureau = serializers.CharField()
    year = serializers.IntegerField()
    title = serializers.CharField()
    title_zh = serializers.CharField()
    title_en = serializers.CharField(allow_blank=True)
    document_number = serializers.CharField(allow_blank=True)
    issued = serializers.DateField(allow_null=True)
    published = serializers.BooleanField()
    illustrative = serializers.BooleanField()
    version = serializers.IntegerField()
    as_of = serializers.DateField(required=False)
    on = serializers.DateField(required=False)
    scoreboard = ScoreOut(many=True, required=False)


class BureauOut(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()
    name_zh = serializers.CharField()
    name_en = serializers.CharField()
    region = serializers.CharField()
    bounds = serializers.ListField(child=serializers.FloatField(), min_length=4, max_length=4)
    currency = serializers.CharField()
    time_zone = serializers.CharField()


class RegionOut(serializers.Serializer[Any]):
    code = serializers.CharField()
    parent = serializers.CharField(allow_null=True)
    level = serializers.ChoiceField(choices=RegionLevel.choices)
    kind = serializers.ChoiceField(choices=RegionKind.choices, allow_blank=True)
    name = serializers.CharField()
    name_zh = serializers.CharField()
    name_en = serializers.CharField(allow_blank=True)
    point = serializers.DictField(allow_null=True)
    point_precision = serializers.CharField(allow_blank=True)
    source = serializers.CharField(allow_blank=True)
    boundary = serializers.DictField(allow_null=True, required=False)


class TokenCreate(StrictSerializer):
    username = Line(max_length=150, allow_blank=False)
    password = Secret(max_length=200)
    device = Line(max_length=100, allow_blank=False)


class TokenOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    device = serializers.CharField()
    created = serializers.DateTimeField()
    expires = serializers.DateTimeField()


class TokenIssued(TokenOut):
    token = serializers.CharField(help_text="Shown this once.")


class EntryOut(serializers.Serializer[Any]):
    id = serializers.IntegerField(help_text="Grows with time: the cursor of the change feed.")
    subject = serializers.CharField()
    project = serializers.CharField(allow_null=True)
    version = serializers.IntegerField()
    action = serializers.CharField()
    at = serializers.DateTimeField()
    actor = serializers.CharField(allow_null=True, help_text="Null for the public.")
    reason = serializers.CharField(allow_null=True, help_text="Null for the public.")
    patch = serializers.ListField(child=serializers.DictField(), help_text="RFC 6902, the part that you may read.")
    partial = serializers.BooleanField(help_text="The patch was cut to what you may read.")
    salt = serializers.CharField(allow_null=True, help_text="Null unless you read all that the hash covers.")
    previous = serializers.CharField(allow_blank=True, help_text="The hash of the entry before it.")
    hash = serializers.CharField(help_text="SHA-256 of the canonical entry (RFC 8785), salted.")


class ChangesOut(serializers.Serializer[Any]):
    results = EntryOut(many=True)
    next_since = serializers.IntegerField(help_text="Ask again with this `since`.")
    more = serializers.BooleanField()
