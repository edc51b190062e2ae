"""What ``statistics/`` answers: the totals of a set, by what they are grouped."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from projects_api.choices import FundSource, Light, SpendingKind


class Amount(serializers.Serializer[Any]):
    currency = serializers.CharField()
    amount = serializers.CharField()


class _Investment(serializers.Serializer[Any]):
    projects = serializers.IntegerField()
    total_investment = serializers.CharField(
        allow_null=True, help_text="In the only currency; null where there are several."
    )
    investment = Amount(many=True, help_text="By currency.")


class Totals(_Investment):
    places = serializers.IntegerField(allow_null=True)
    classes = serializers.IntegerField(allow_null=True)
    floor_area = serializers.CharField(allow_null=True)


class _Group(_Investment):
    places = serializers.IntegerField()


class ByStatus(_Group):
    status = serializers.CharField()


class ByKind(_Group):
    kind = serializers.CharField()


class ByStage(_Group):
    stage = serializers.CharField(allow_blank=True)


class ByRegion(_Group):
    region = serializers.CharField()


class ByBureau(_Group):
    bureau = serializers.CharField()


class ByYear(_Group):
    year = serializers.JSONField(help_text='The year of the plan; `""` for those in none.')


class ByLight(serializers.Serializer[Any]):
    light = serializers.ChoiceField(choices=Light.choices)
    projects = serializers.IntegerField()


class StageTotals(serializers.Serializer[Any]):
    """The public stages that were promised."""

    on_time = serializers.IntegerField()
    late = serializers.IntegerField()
    open = serializers.IntegerField()
    undated = serializers.IntegerField(help_text="Finished, and never promised.")
    days_late = serializers.IntegerField()
    days_early = serializers.IntegerField()


class _Lost(serializers.Serializer[Any]):
    days = serializers.IntegerField()
    stages = serializers.IntegerField()


class LostByReason(_Lost):
    reason = serializers.CharField(allow_blank=True)


class LostByRegion(_Lost):
    region = serializers.CharField()


class LostByContractor(_Lost):
    contractor = serializers.CharField(allow_blank=True)


class Allocated(Amount):
    source = serializers.ChoiceField(choices=FundSource.choices)


class Spent(Amount):
    kind = serializers.ChoiceField(choices=SpendingKind.choices)


class MoneyTotals(serializers.Serializer[Any]):
    allocations = Allocated(many=True)
    spending = Spent(many=True)


class StatisticsOut(serializers.Serializer[Any]):
    totals = Totals()
    by_status = ByStatus(many=True)
    by_kind = ByKind(many=True)
    by_stage = ByStage(many=True)
    by_region = ByRegion(many=True)
    by_bureau = ByBureau(many=True)
    by_year = ByYear(many=True)
    by_light = ByLight(many=True)
    stages = StageTotals()
    days_lost_by_reason = LostByReason(many=True)
    days_lost_by_region = LostByRegion(many=True)
    days_lost_by_contractor = LostByContractor(many=True)
    money = MoneyTotals(required=False, help_text="Of the bureaus whose money you may read.")
