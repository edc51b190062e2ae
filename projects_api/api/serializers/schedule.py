"""Baselines and the computed schedule on the wire."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from projects_api.api.serializers.fields import Flag, Line, StrictSerializer
from projects_api.api.serializers.projects import lights_row
from projects_api.choices import Light, MilestoneState
from projects_api.models import Bureau
from projects_api.models.milestones import milestone_title
from projects_api.schedule.curve import Point
from projects_api.selectors.facts import Document
from projects_api.selectors.schedule import Schedule


class BaselineInput(StrictSerializer):
    """The planned dates as they stand become the next baseline; the reason is public."""

    reason = Line(max_length=500, allow_blank=False)
    illustrative = Flag(required=False)


class SpanOut(serializers.Serializer[Any]):
    start = serializers.DateField()
    finish = serializers.DateField()
    weight = serializers.IntegerField()


class BaselineOut(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    approved_at = serializers.DateTimeField()
    approved_by = serializers.CharField(required=False, help_text="For the bureau's own people only.")
    reason = serializers.CharField()
    finish = serializers.DateField()
    illustrative = serializers.BooleanField()
    stages = serializers.DictField(child=SpanOut())


class StageOut(serializers.Serializer[Any]):
    """One stage: promised, expected and actual days (inclusive); float in working days, slip in calendar days."""

    key = serializers.CharField()
    title = serializers.CharField()
    position = serializers.IntegerField()
    weight = serializers.IntegerField()
    percent = serializers.IntegerField()
    state = serializers.ChoiceField(choices=MilestoneState.choices)
    after = serializers.ListField(child=serializers.CharField())
    baseline_start = serializers.DateField(allow_null=True)
    baseline_finish = serializers.DateField(allow_null=True)
    start = serializers.DateField()
    finish = serializers.DateField()
    actual_start = serializers.DateField(allow_null=True)
    actual_finish = serializers.DateField(allow_null=True)
    float_days = serializers.IntegerField(allow_null=True)
    critical = serializers.BooleanField()
    slip_days = serializers.IntegerField(allow_null=True)
    days_lost = serializers.IntegerField(allow_null=True)
    deadline = serializers.DateField(allow_null=True, help_text="Statutory.")
    misses_deadline = serializers.BooleanField()


class PointOut(serializers.Serializer[Any]):
    day = serializers.DateField()
    planned = serializers.FloatField(allow_null=True)
    actual = serializers.FloatField(allow_null=True)
    forecast = serializers.FloatField(allow_null=True)


class PlanCurveOut(serializers.Serializer[Any]):
    """The year of a plan, from 1 January to 31 December, as computed on `today`."""

    plan = serializers.CharField()
    year = serializers.IntegerField()
    today = serializers.DateField()
    as_of = serializers.DateField(required=False)
    on = serializers.DateField(required=False)
    weights = serializers.ChoiceField(
        choices=["total_investment", "equal"],
        help_text="What a project counts; `equal` where the total investment of any is not known.",
    )
    projects = serializers.IntegerField(help_text="How many are in the curve.")
    left_out = serializers.ListField(child=serializers.CharField(), help_text="Codes: no stage has a planned day.")
    curve = PointOut(many=True)


class OddsOut(serializers.Serializer[Any]):
    p50 = serializers.DateField()
    p80 = serializers.DateField()
    runs = serializers.IntegerField()
    from_record = serializers.ListField(child=serializers.CharField(), help_text="Drawn from the bureau's own record.")


class ScheduleOut(serializers.Serializer[Any]):
    """The schedule as computed on `today` (the day asked for); nobody typed any of it."""

    project = serializers.CharField()
    today = serializers.DateField()
    as_of = serializers.DateField(required=False)
    on = serializers.DateField(required=False)
    baseline = serializers.IntegerField(allow_null=True, help_text="The number measured against; null: the plan.")
    light = serializers.ChoiceField(choices=Light.choices)
    late = serializers.BooleanField()
    critical = serializers.BooleanField()
    stale = serializers.BooleanField()
    misses_term = serializers.BooleanField()
    baseline_finish = serializers.DateField(allow_null=True)
    forecast_finish = serializers.DateField(allow_null=True)
    slip_days = serializers.IntegerField(allow_null=True)
    needed_by = serializers.DateField(allow_null=True)
    progress = serializers.FloatField(help_text="Physical progress, percent.")
    planned_progress = serializers.FloatField(allow_null=True)
    behind = serializers.FloatField(allow_null=True, help_text="Percentage points behind the baseline.")
    critical_path = serializers.ListField(child=serializers.CharField())
    stages = StageOut(many=True)
    curve = PointOut(many=True)
    odds = OddsOut(allow_null=True)
    unknown_years = serializers.ListField(child=serializers.IntegerField())


def baseline_out(number: str, facts: Document) -> Document:
    """A baseline from a document's (whole or public) ``baselines``."""
    return {"number": int(number), **facts}


def schedule_out(code: str, schedule: Schedule, bureau: Bureau, hidden: frozenset[str]) -> Document:
    """The schedule without the stages in ``hidden``, which the reader does not see."""
    planned, reached = schedule.planned, schedule.progress
    odds = schedule.odds
    return {
        "project": code,
        "today": schedule.today,
        "baseline": schedule.measure.number if schedule.measure else None,
        **lights_row(schedule.outlook, bureau, schedule.today),
        "needed_by": schedule.needed_by,
        "progress": reached,
        "planned_progress": planned,
        "behind": None if planned is None else round(planned - reached, 1),
        "critical_path": [key for key in schedule.forecast.critical_path if key not in hidden],
        "stages": stages_out(schedule, hidden),
        "curve": [point_out(point) for point in schedule.curve],
        "odds": {"p50": odds[0], "p80": odds[1], "runs": odds[2].runs, "from_record": odds[2].sampled}
        if odds
        else None,
        "unknown_years": schedule.unknown_years,
    }


def stages_out(schedule: Schedule, hidden: frozenset[str], titles: Document | None = None) -> list[Document]:
    rows = []
    for facts in schedule.stages:
        if facts.key in hidden:
            continue
        expected = schedule.forecast.stages[facts.key]
        span = schedule.measure.spans.get(facts.key) if schedule.measure else None
        deadline = schedule.deadlines.get(facts.key)
        rows.append(
            {
                "key": facts.key,
                "title": (titles or {}).get(facts.key) or milestone_title(facts.key),
                "position": facts.position,
                "weight": facts.weight,
                "percent": facts.percent,
                "state": facts.state.value,
                "after": [link.after for link in facts.links if link.after not in hidden],
                "baseline_start": span.start if span else None,
                "baseline_finish": span.finish if span else None,
                "start": expected.start,
                "finish": expected.finish,
                "actual_start": facts.started,
                "actual_finish": facts.actual,
                "float_days": expected.total_float,
                "critical": expected.critical,
                "slip_days": expected.slip_days,
                "days_lost": schedule.slips.get(facts.key, (None, None))[1],
                "deadline": deadline,
                "misses_deadline": deadline is not None and expected.finish > deadline,
            }
        )
    return rows


def point_out(point: Point) -> Document:
    return {"day": point.day, "planned": point.planned, "actual": point.actual, "forecast": point.forecast}
