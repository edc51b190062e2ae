"""What a bureau sets, on the wire: working calendar, rules of the lights, milestone templates."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from projects_api.api.serializers.fields import Code, Count, Flag, Line, Prose, StrictSerializer
from projects_api.choices import Kind
from projects_api.errors import InvalidInput
from projects_api.models import Bureau, MilestoneTemplate
from projects_api.models.milestones import LONGEST_DURATION, PLAN_NAMES
from projects_api.needs import MOST_CHILDREN, MOST_TOWNSHIPS, SOURCE_LENGTH, STAGES, Children
from projects_api.notification_rules import NotificationRules
from projects_api.publishing import PublishingRules
from projects_api.schedule.network import MAX_LAG
from projects_api.selectors.facts import Document, template_name
from projects_api.selectors.schedule import settings_of
from projects_api.text import clean_line


class Free(serializers.Field[Any, Any, Any, Any]):
    """Any JSON, null too; the pure rules behind it name what is wrong (`schedule.calendar`, `schedule.lights`)."""

    def validate_empty_values(self, data: Any) -> tuple[bool, Any]:
        return (False, None) if data is None else super().validate_empty_values(data)

    def to_internal_value(self, data: Any) -> Any:
        return data

    def to_representation(self, value: Any) -> Any:
        return value


DAY_OF_YEAR = {"type": "string", "pattern": r"^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"}


def pair(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": ["array", "null"], "items": of, "minItems": 2, "maxItems": 2}


@extend_schema_field({"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 6}, "uniqueItems": True})
class Weekdays(Free):
    """0 Monday … 6 Sunday."""


@extend_schema_field(pair(DAY_OF_YEAR))
class Winter(Free):
    """First and last day of the stop, ``["11-15", "03-15"]``; null for none."""


@extend_schema_field(pair({"type": "integer", "minimum": 0, "maximum": 60}))
class Festival(Free):
    """Days closed before Spring Festival and from it on; null for none."""


@extend_schema_field({"type": "boolean"})
class Switch(Free):
    pass


@extend_schema_field(
    {
        "type": "array",
        "maxItems": 200,
        "items": {"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 3},
    }
)
class Closures(Free):
    """``[first day, last day, label]`` each."""


@extend_schema_field({"type": "integer", "minimum": 0, "maximum": 3650})
class Whole(Free):
    pass


@extend_schema_field(DAY_OF_YEAR)
class DayOfYear(Free):
    pass


class CalendarInput(StrictSerializer):
    """A whole new working calendar: what is not named is off."""

    closed_weekdays = Weekdays(required=False)
    winter = Winter(required=False)
    spring_festival = Festival(required=False)
    public_holidays = Switch(required=False)
    closures = Closures(required=False)
    reason = Line(max_length=500, required=False)


class CalendarOut(serializers.Serializer[Any]):
    bureau = serializers.CharField()
    version = serializers.IntegerField()
    closed_weekdays = serializers.ListField(child=serializers.IntegerField(min_value=0, max_value=6))
    winter = serializers.ListField(child=serializers.CharField(), allow_null=True)
    spring_festival = serializers.ListField(child=serializers.IntegerField(), allow_null=True)
    public_holidays = serializers.BooleanField()
    closures = serializers.ListField(child=serializers.ListField(child=serializers.CharField()))


class LightsInput(StrictSerializer):
    """Rules of the lights; what is not named gets its default, 0 switches a rule off."""

    behind_yellow = Whole(required=False)
    behind_red = Whole(required=False)
    slip_yellow = Whole(required=False)
    slip_red = Whole(required=False)
    start_red = Whole(required=False)
    stale_days = Whole(required=False)
    term_start = DayOfYear(required=False)
    reason = Line(max_length=500, required=False)


class LightsOut(serializers.Serializer[Any]):
    bureau = serializers.CharField()
    version = serializers.IntegerField()
    behind_yellow = serializers.IntegerField(help_text="Percentage points behind the baseline, at least.")
    behind_red = serializers.IntegerField(help_text="More than so many.")
    slip_yellow = serializers.IntegerField(help_text="Days by which the finish is forecast late, at least.")
    slip_red = serializers.IntegerField()
    start_red = serializers.IntegerField(help_text="Months in a row in which the planned start was missed.")
    stale_days = serializers.IntegerField()
    term_start = serializers.CharField(help_text="Month and day, like 09-01.")


class PublishingInput(StrictSerializer):
    """What is not named gets its default."""

    reported = Switch(required=False)
    money = Switch(required=False)
    inspections = Switch(required=False)
    answer_days = Whole(required=False)
    reason = Line(max_length=500, required=False)


class PublishingOut(serializers.Serializer[Any]):
    bureau = serializers.CharField()
    version = serializers.IntegerField()
    reported = serializers.BooleanField(
        help_text="Finished stages that wait for acceptance are public, marked as such; else held back until accepted."
    )
    money = serializers.BooleanField(help_text="Estimates, allocations and spending are public: amounts, kinds, days.")
    inspections = serializers.BooleanField(help_text="That an inspection was passed is public, with its kind and day.")
    answer_days = serializers.IntegerField(
        help_text="Working days in which questions of the public are answered; 0: none are taken."
    )


class NotificationRulesInput(StrictSerializer):
    """Rules of the notifications; what is not named gets its default, 0 switches a rule off."""

    due_days = Whole(required=False)
    finding_days = Whole(required=False)
    escalate_days = Whole(required=False)
    digest_hour = Whole(required=False)
    leaders = serializers.DictField(child=Line(max_length=150, allow_blank=False), required=False)
    reason = Line(max_length=500, required=False)


class NotificationRulesOut(serializers.Serializer[Any]):
    bureau = serializers.CharField()
    version = serializers.IntegerField()
    due_days = serializers.IntegerField(help_text="A stage is due soon so many days before its day.")
    finding_days = serializers.IntegerField(help_text="A finding's deadline comes near so many days before it.")
    escalate_days = serializers.IntegerField(help_text="What has lasted for so many days goes to the leader.")
    digest_hour = serializers.IntegerField(help_text="From which hour on the daily e-mail goes out, local time.")
    leaders = serializers.DictField(
        child=serializers.CharField(), help_text="Responsible leader as the projects name them -> user name."
    )


def notification_rules_out(bureau: Bureau) -> Document:
    rules = NotificationRules.from_document(bureau.notifications)
    return {"bureau": bureau.code, "version": bureau.version, **asdict(rules)}


@extend_schema_field(
    {
        "type": "object",
        "additionalProperties": {
            "type": "object",
            "properties": {stage: {"type": "integer", "minimum": 0, "maximum": MOST_CHILDREN} for stage in STAGES},
            "additionalProperties": False,
        },
        "maxProperties": MOST_TOWNSHIPS,
    }
)
class ByTownship(Free):
    """``{township code: {stage: children}}``; what is absent is not known."""


@extend_schema_field({"type": ["string", "null"], "format": "date"})
class CountedOn(Free):
    pass


@extend_schema_field({"type": "string", "maxLength": SOURCE_LENGTH})
class Source(Free):
    pass


class ChildrenInput(StrictSerializer):
    """The whole table anew: a township or stage that is not named is not known."""

    townships = ByTownship(required=False)
    counted = CountedOn(required=False)
    source = Source(required=False)
    illustrative = Switch(required=False)
    reason = Line(max_length=500, required=False)


class ChildrenOut(serializers.Serializer[Any]):
    bureau = serializers.CharField()
    version = serializers.IntegerField()
    townships = serializers.DictField(
        child=serializers.DictField(child=serializers.IntegerField(min_value=0)),
        help_text="`{township code: {stage: children}}`",
    )
    counted = serializers.DateField(allow_null=True)
    source = serializers.CharField(allow_blank=True)
    illustrative = serializers.BooleanField()


class LinkInput(StrictSerializer):
    kind = Code(choices=[("FS", "finish to start"), ("SS", "start to start")], required=False)
    lag = Count(min_value=0, max_value=MAX_LAG, required=False)


class LimitInput(StrictSerializer):
    after = Line(max_length=60, allow_blank=False)
    days = Count(min_value=0, max_value=3660, required=False)
    months = Count(min_value=0, max_value=120, required=False)


class Links(serializers.DictField):
    """``{key: {"kind", "lag"}}``, at most 50."""

    child = LinkInput()

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        found = super().to_internal_value(data)
        if len(found) > 50:
            raise serializers.ValidationError(_("At most 50 links."), code="too_many")
        for key in found:
            try:
                clean_line(key, pointer="", max_length=60, allow_blank=False)
            except InvalidInput as error:
                raise serializers.ValidationError(
                    [serializers.ErrorDetail(str(e.message), code=e.code) for e in error.errors]
                ) from error
        return {key: {"kind": link.get("kind", "FS"), "lag": link.get("lag", 0)} for key, link in found.items()}


class StageInput(StrictSerializer):
    """A stage of a template; its place in the list is its position."""

    key = serializers.SlugField(max_length=60)
    title_zh = Line(max_length=100, allow_blank=False)
    title_en = Line(max_length=100, allow_blank=False)
    weight = Count(min_value=0, max_value=100)
    public = Flag(required=False)
    duration = Count(min_value=0, max_value=LONGEST_DURATION, allow_null=True, required=False)
    shortest = Count(min_value=0, max_value=LONGEST_DURATION, allow_null=True, required=False)
    longest = Count(min_value=0, max_value=LONGEST_DURATION, allow_null=True, required=False)
    after = Links(required=False)
    needs_acceptance = Flag(required=False)
    limit = LimitInput(allow_null=True, required=False)


class TemplateInput(StrictSerializer):
    """A bureau's next template of a kind. Projects under way keep the stages that they have."""

    bureau = Line(max_length=12, allow_blank=False)
    kind = Code(choices=Kind.choices)
    stages = StageInput(many=True)
    note = Prose(max_length=500, required=False)
    reason = Line(max_length=500, required=False)


class FollowInput(StrictSerializer):
    template = Line(max_length=60, allow_blank=False)
    reason = Line(max_length=500, allow_blank=False)


class TemplateStageOut(serializers.Serializer[Any]):
    key = serializers.CharField()
    position = serializers.IntegerField()
    title_zh = serializers.CharField()
    title_en = serializers.CharField()
    weight = serializers.IntegerField()
    public = serializers.BooleanField()
    duration = serializers.IntegerField(allow_null=True)
    shortest = serializers.IntegerField(allow_null=True)
    longest = serializers.IntegerField(allow_null=True)
    after = serializers.DictField()
    needs_acceptance = serializers.BooleanField()
    limit = serializers.DictField(allow_null=True)


class TemplateOut(serializers.Serializer[Any]):
    id = serializers.CharField(help_text="`{bureau}/{kind}/{version}`, or `standard/…` for the product's own.")
    bureau = serializers.CharField(allow_null=True)
    kind = serializers.ChoiceField(choices=Kind.choices)
    version = serializers.IntegerField()
    note = serializers.CharField(allow_blank=True)
    created = serializers.DateTimeField(allow_null=True)
    stages = TemplateStageOut(many=True)


class PreviewOut(serializers.Serializer[Any]):
    """What moving a project to a template would do."""

    template = serializers.CharField()
    added = serializers.ListField(child=serializers.CharField())
    changed = serializers.DictField(help_text="`{key: {member: [now, then]}}`")
    removed = serializers.ListField(child=serializers.CharField())
    kept = serializers.ListField(child=serializers.CharField(), help_text="Not in the template, but known of.")


def calendar_out(bureau: Any) -> Document:
    calendar, _rules = settings_of(bureau)
    return {"bureau": bureau.code, "version": bureau.version, **calendar.rules.document()}


def lights_out(bureau: Any) -> Document:
    _calendar, rules = settings_of(bureau)
    return {"bureau": bureau.code, "version": bureau.version, **rules.document()}


def children_out(bureau: Bureau) -> Document:
    empty: Document = {"townships": {}, "counted": None, "source": "", "illustrative": False}
    known = Children.from_document(bureau.children).document()
    return {"bureau": bureau.code, "version": bureau.version, **(known or empty)}


def publishing_out(bureau: Bureau) -> Document:
    rules = PublishingRules.from_document(bureau.publishing)
    return {"bureau": bureau.code, "version": bureau.version, **rules.whole()}


def template_out(template: MilestoneTemplate) -> Document:
    """``bureau`` and ``stages`` must be loaded. No query."""
    owner = template.bureau.code if template.bureau else None
    return {
        "id": template_name(template, owner or ""),
        "bureau": owner,
        "kind": template.kind,
        "version": template.version,
        "note": template.note,
        "created": template.created_at,
        "stages": [
            {
                "key": stage.key,
                "position": stage.position,
                "title_zh": stage.title_zh,
                "title_en": stage.title_en,
                "weight": stage.weight,
                "public": stage.public,
                **{name: getattr(stage, name) for name in PLAN_NAMES},
            }
            for stage in template.stages.all()
        ],
    }
