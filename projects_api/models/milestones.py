"""Milestones, and the templates that a project's milestones start from."""

from __future__ import annotations

from copy import copy
from datetime import date
from typing import Any, Self

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from projects_api.bounds import EARLIEST, LATEST
from projects_api.choices import STAGE_NAMES, DelayReason, Kind, MilestoneState
from projects_api.models.base import (
    LineField,
    ProseField,
    between,
    in_order,
    in_reader_language,
    one_of,
)
from projects_api.models.projects import Project

LONGEST_DURATION = 3660  # working days: ten years without a day off


class StagePlan(models.Model):
    """What the schedule needs to know of a stage, of a template and of a project alike.

    ``duration`` and its range ``shortest … longest`` are working days; none: the stage is an event. ``after`` are the
    stages that it waits for, ``{key: {"kind": "FS"|"SS", "lag": working days}}``. ``limit`` is a statutory term,
    ``{"after": key, "days": n}`` or ``{"after": key, "months": n}`` from the end of that stage, in calendar time.
    """

    duration = models.PositiveSmallIntegerField(_("usual duration (working days)"), null=True, blank=True)
    shortest = models.PositiveSmallIntegerField(_("shortest duration (working days)"), null=True, blank=True)
    longest = models.PositiveSmallIntegerField(_("longest duration (working days)"), null=True, blank=True)
    after: models.JSONField[Any, Any] = models.JSONField(_("comes after"), default=dict, blank=True)
    needs_acceptance = models.BooleanField(_("needs acceptance"), default=False)
    limit: models.JSONField[Any, Any] = models.JSONField(_("statutory term"), null=True, blank=True)

    class Meta:
        abstract = True


# What a report says of a stage, and the state that follows from it.
HELD_DATES = ("started", "actual", "forecast")
HELD_NAMES = (*HELD_DATES, "percent", "delay_reason", "delay_note", "note", "state")
PLAN_NAMES = ("duration", "shortest", "longest", "after", "needs_acceptance", "limit")


def plan_constraints(prefix: str) -> list[CheckConstraint]:
    """Durations in range and in order: shortest ≤ usual ≤ longest."""
    return [
        *[
            between(
                name,
                0,
                LONGEST_DURATION,
                name=f"{prefix}_{name}_in_range",
                message=_("Between 0 and 3,660 working days."),
            )
            for name in ("duration", "shortest", "longest")
        ],
        in_order(
            "shortest", "duration", name=f"{prefix}_usual_not_below_shortest", message=_("Not below the shortest.")
        ),
        in_order(
            "duration", "longest", name=f"{prefix}_longest_not_below_usual", message=_("Not below the usual one.")
        ),
    ]


class MilestoneTemplateManager(models.Manager["MilestoneTemplate"]):
    def get_by_natural_key(self, bureau: str | None, kind: str, version: int) -> MilestoneTemplate:
        return (
            self.get(bureau__code=bureau, kind=kind, version=version)
            if bureau
            else self.get(bureau=None, kind=kind, version=version)
        )


class MilestoneTemplate(models.Model):
    """The stages that a new project of a kind starts with. Without a bureau: the product's own default.

    A version is never changed: an edit makes the next one, and a project keeps the copies it started with.
    """

    bureau = models.ForeignKey(
        "projects_api.Bureau",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="templates",
        verbose_name=_("bureau"),
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    version = models.PositiveSmallIntegerField(_("version"), default=1)
    note = ProseField(_("what changed"), max_length=500, blank=True)
    created_at = models.DateTimeField(_("created"), null=True, editable=False)

    objects = MilestoneTemplateManager()

    class Meta:
        verbose_name = _("milestone template")
        verbose_name_plural = _("milestone templates")
        ordering = ["kind", "version"]
        constraints = [
            UniqueConstraint(fields=["bureau", "kind", "version"], name="template_version_once"),
            UniqueConstraint(
                fields=["kind", "version"],
                condition=Q(bureau__isnull=True),
                name="default_template_version_once",
            ),
            one_of("kind", Kind, name="template_kind_known", message=_("Unknown kind.")),
        ]

    def __str__(self) -> str:
        return f"{self.kind} v{self.version}"

    def natural_key(self) -> tuple[str | None, str, int]:
        return (self.bureau.code if self.bureau else None, self.kind, self.version)


class TemplateStage(StagePlan):
    template = models.ForeignKey(MilestoneTemplate, models.CASCADE, related_name="stages", verbose_name=_("template"))
    key = models.SlugField(_("key"), max_length=60)
    position = models.PositiveSmallIntegerField(_("position"))
    title_zh = LineField(_("title (Chinese)"), max_length=100)
    title_en = LineField(_("title (English)"), max_length=100)
    weight = models.PositiveSmallIntegerField(_("weight"))
    public = models.BooleanField(_("public"), default=True)

    class Meta:
        verbose_name = _("template stage")
        verbose_name_plural = _("template stages")
        ordering = ["template", "position"]
        constraints = [
            UniqueConstraint(fields=["template", "key"], name="template_stage_once"),
            between(
                "weight",
                0,
                100,
                name="template_weight_in_range",
                message=_("A weight between 0 and 100."),
                null=False,
            ),
            *plan_constraints("template"),
        ]

    def __str__(self) -> str:
        return self.key


class Milestone(StagePlan):
    """One stage of one project: when planned, when expected, when begun and met, and why late.

    ``percent`` is what the engineer reported; 100 exactly when the milestone is met (or reported as met).

    Where the bureau publishes only what is accepted (`publishing`), the columns hold what is accepted, and ``reported`` what
    was said beyond it of a stage that waits for acceptance: `HELD_NAMES` that differ, dates in ISO. So every figure, list and
    map reads accepted facts without asking; who reads the whole asks `as_reported`.
    """

    project = models.ForeignKey(Project, models.PROTECT, related_name="milestones", verbose_name=_("project"))
    key = models.SlugField(_("key"), max_length=60)
    position = models.PositiveSmallIntegerField(_("position"))
    title_zh = LineField(_("title (Chinese)"), max_length=100, blank=True)
    title_en = LineField(_("title (English)"), max_length=100, blank=True)
    weight = models.PositiveSmallIntegerField(_("weight"), default=0)
    public = models.BooleanField(_("public"), default=True)
    planned = models.DateField(_("planned"), null=True, blank=True)
    forecast = models.DateField(_("forecast"), null=True, blank=True)
    started = models.DateField(_("started"), null=True, blank=True)
    actual = models.DateField(_("actual"), null=True, blank=True)
    percent = models.PositiveSmallIntegerField(_("percent"), default=0)
    state = models.CharField(
        _("state"), max_length=20, choices=MilestoneState.choices, default=MilestoneState.SCHEDULED
    )
    delay_reason = models.CharField(_("reason for delay"), max_length=20, choices=DelayReason.choices, blank=True)
    delay_note = ProseField(_("explanation of the delay"), max_length=500, blank=True)
    note = ProseField(_("internal note"), max_length=500, blank=True)
    illustrative = models.BooleanField(_("illustrative"), default=False)
    reported: models.JSONField[Any, Any] = models.JSONField(_("reported, held back"), null=True, editable=False)
    # Against the current baseline (or the plan), by facts and typed forecasts alone, so that no day changes them.
    slip_days = models.IntegerField(_("days behind the baseline"), null=True, editable=False)
    days_lost = models.PositiveIntegerField(_("days lost here"), null=True, editable=False)

    class Meta:
        verbose_name = _("milestone")
        verbose_name_plural = _("milestones")
        ordering = ["project", "position", "key"]
        constraints = [
            UniqueConstraint(
                fields=["project", "key"],
                name="milestone_once_per_project",
                violation_error_code="key",
                violation_error_message=_("The project already has this milestone."),
            ),
            one_of("state", MilestoneState, name="milestone_state_known", message=_("Unknown state.")),
            one_of(
                "delay_reason",
                DelayReason,
                name="milestone_reason_known",
                message=_("Unknown reason for delay."),
                blank=True,
            ),
            between(
                "percent",
                0,
                100,
                name="milestone_percent_in_range",
                message=_("Between 0 and 100 percent."),
                null=False,
            ),
            between(
                "weight",
                0,
                100,
                name="milestone_weight_in_range",
                message=_("A weight between 0 and 100."),
                null=False,
            ),
            in_order(
                "started",
                "actual",
                name="milestone_ends_after_start",
                message=_("A milestone cannot be met before it was started."),
            ),
            *[
                between(
                    f,
                    EARLIEST,
                    LATEST,
                    name=f"milestone_{f}_in_range",
                    message=_("A date between 1949-10-01 and 2100-12-31."),
                )
                for f in ("planned", "forecast", "started", "actual")
            ],
            CheckConstraint(
                condition=~Q(state__in=[MilestoneState.MET, MilestoneState.REPORTED])
                | Q(actual__isnull=False, percent=100),
                name="milestone_met_has_date",
                violation_error_code="actual",
                violation_error_message=_("A milestone that is met needs its actual date and 100 percent."),
            ),
            CheckConstraint(
                condition=Q(actual__isnull=True)
                | Q(state__in=[MilestoneState.MET, MilestoneState.REPORTED, MilestoneState.NOT_MET]),
                name="milestone_with_date_is_met",
                violation_error_code="state",
                violation_error_message=_("A milestone with an actual date is met, reported or not met."),
            ),
            CheckConstraint(
                condition=~Q(percent=100) | Q(actual__isnull=False),
                name="milestone_complete_has_date",
                violation_error_code="actual",
                violation_error_message=_("A milestone that is complete is met: give the actual date."),
            ),
            CheckConstraint(
                condition=Q(actual__isnull=True) | Q(percent__gte=100),
                name="milestone_with_date_is_complete",
                violation_error_code="percent",
                violation_error_message=_("A milestone with an actual date is complete."),
            ),
            CheckConstraint(
                condition=~Q(state__in=[MilestoneState.SCHEDULED, MilestoneState.NOT_APPLICABLE])
                | Q(percent=0, started__isnull=True),
                name="milestone_not_begun_says_nothing",
                violation_error_code="state",
                violation_error_message=_("A milestone that is begun is no longer scheduled."),
            ),
            CheckConstraint(
                condition=Q(delay_note="") | ~Q(delay_reason=""),
                name="milestone_explains_a_reason",
                violation_error_code="delay_reason",
                violation_error_message=_("An explanation of a delay needs its reason."),
            ),
            CheckConstraint(
                condition=~Q(delay_reason=DelayReason.OTHER) | ~Q(delay_note=""),
                name="milestone_other_reason_is_explained",
                violation_error_code="delay_note",
                violation_error_message=_('The reason "other" needs an explanation.'),
            ),
            *plan_constraints("milestone"),
        ]

    def __str__(self) -> str:
        return f"{self.project_id}/{self.key}"

    @property
    def title(self) -> str:
        return milestone_title(self.key, self.title_zh, self.title_en)

    def as_reported(self) -> Self:
        """The stage as it was last reported, for who reads the whole: itself, or a copy, never to be saved."""
        if not self.reported:
            return self
        told = copy(self)
        told.unfold()
        return told

    def unfold(self) -> dict[str, Any]:
        """Carry what was reported in the columns, for a write; the accepted facts, for `fold`."""
        accepted = {name: getattr(self, name) for name in HELD_NAMES}
        for name, value in (self.reported or {}).items():
            setattr(self, name, date.fromisoformat(value) if value and name in HELD_DATES else value)
        self.reported = None
        return accepted

    def fold(self, accepted: dict[str, Any]) -> None:
        """Hold back what the columns say beyond these accepted facts, which they carry from now on."""
        told = {name: getattr(self, name) for name in HELD_NAMES}
        self.reported = {
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in told.items()
            if value != accepted[name]
        } or None
        for name, value in accepted.items():
            setattr(self, name, value)


def milestone_title(key: str, title_zh: str = "", title_en: str = "") -> str:
    """The stage's name for the reader: its own title, else the standard stage's, else the key."""
    if title_zh or title_en:
        return in_reader_language(title_zh, title_en)
    if key in STAGE_NAMES:
        return in_reader_language(*STAGE_NAMES[key])
    return key
