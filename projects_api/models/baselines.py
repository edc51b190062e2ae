"""Baselines: the dates that were promised, numbered and frozen.

Database triggers refuse UPDATE, DELETE and TRUNCATE on this table on both engines (migration ``0004``).
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from projects_api.models.base import ProseField
from projects_api.models.projects import Project


class Baseline(models.Model):
    """A project's dates as an official approved them. ``stages``: key -> ``{"start", "finish", "weight"}``, dates ISO.

    ``finish`` is the day on which the project was to be ready (`schedule.forecast`). Number 1 is the first promise; the
    highest number is the current one.
    """

    project = models.ForeignKey(Project, models.PROTECT, related_name="baselines", verbose_name=_("project"))
    number = models.PositiveSmallIntegerField(_("number"))
    approved_at = models.DateTimeField(_("approved"))
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("approved by"),
    )
    reason = ProseField(_("reason"), max_length=500)
    finish = models.DateField(_("finish"))
    stages: models.JSONField[Any, Any] = models.JSONField(_("stages"))
    illustrative = models.BooleanField(_("illustrative"), default=False)

    class Meta:
        verbose_name = _("baseline")
        verbose_name_plural = _("baselines")
        ordering = ["project", "number"]
        constraints = [
            UniqueConstraint(
                fields=["project", "number"],
                name="baseline_number_once",
                violation_error_code="number",
                violation_error_message=_("There is a baseline with this number already."),
            ),
            CheckConstraint(
                condition=~models.Q(reason=""),
                name="baseline_has_reason",
                violation_error_code="reason",
                violation_error_message=_("A baseline needs a reason."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project_id} #{self.number}"
