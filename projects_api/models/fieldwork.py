"""What comes from the site: progress reports, as they were written there."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.gis.db import models
from django.db.models import CheckConstraint, Q
from django.utils.translation import gettext_lazy as _

from projects_api.choices import ReportState
from projects_api.models.base import ProseField, between, one_of
from projects_api.models.projects import Project


class ProgressReport(models.Model):
    """An engineer's report on one project, perhaps about several stages, made on a device and received later.

    ``id`` is made by the device: sent twice, it is one report. ``base_version`` is the project's version that the engineer had
    before their eyes. ``made_at`` is when it was written by the server's clock (the device's, set right by how far that was off
    when it sent the report). ``entries``: stage key -> ``{"changes", "before", "after", "outcome"}`` and, in a conflict,
    ``"theirs"``, ``"by"``, ``"at"``; values as the project's document writes them. A report is never changed but by its review.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    project = models.ForeignKey(Project, models.PROTECT, related_name="reports", verbose_name=_("project"))
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="reports", verbose_name=_("written by")
    )
    base_version = models.PositiveIntegerField(_("written against version"))
    made_at = models.DateTimeField(_("written"))
    received_at = models.DateTimeField(_("received"))
    text = ProseField(_("physical progress"), max_length=500, blank=True)
    problems = ProseField(_("problems"), max_length=1000, blank=True)
    next_step = ProseField(_("next step"), max_length=500, blank=True)
    position = models.PointField(_("position"), srid=4326, null=True, blank=True)
    accuracy = models.PositiveIntegerField(_("accuracy (m)"), null=True, blank=True)
    entries: models.JSONField[Any, Any] = models.JSONField(_("stages"), default=dict, blank=True)
    reason = ProseField(_("reason"), max_length=500, blank=True)
    corrects = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="corrections", verbose_name=_("corrects")
    )
    # SHA-256 of what was sent: the same id with other words is not the same report.
    digest = models.CharField(max_length=64, editable=False)
    state = models.CharField(_("state"), max_length=20, choices=ReportState.choices, default=ReportState.SUBMITTED)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="reviewed_reports",
        verbose_name=_("reviewed by"),
    )
    reviewed_at = models.DateTimeField(_("reviewed"), null=True, blank=True)
    review_note = ProseField(_("note of the review"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("progress report")
        verbose_name_plural = _("progress reports")
        ordering = ["-received_at", "pk"]
        indexes = [models.Index(fields=["state", "received_at"], name="report_by_state")]
        constraints = [
            one_of("state", ReportState, name="report_state_known", message=_("Unknown state.")),
            between(
                "accuracy",
                0,
                100_000,
                name="report_accuracy_in_range",
                message=_("An accuracy in metres, at most 100,000."),
            ),
            CheckConstraint(
                condition=Q(state=ReportState.SUBMITTED, reviewed_by__isnull=True, reviewed_at__isnull=True)
                | (~Q(state=ReportState.SUBMITTED) & Q(reviewed_by__isnull=False, reviewed_at__isnull=False)),
                name="report_reviewed_has_reviewer",
                violation_error_code="reviewed_by",
                violation_error_message=_("A reviewed report names its reviewer, a waiting one has none."),
            ),
            CheckConstraint(
                condition=Q(reviewed_by__isnull=True) | ~Q(reviewed_by=models.F("author")),
                name="report_not_reviewed_by_author",
                violation_error_code="reviewed_by",
                violation_error_message=_("Nobody reviews their own report."),
            ),
            CheckConstraint(
                condition=~Q(state=ReportState.RETURNED) | ~Q(review_note=""),
                name="report_returned_says_why",
                violation_error_code="review_note",
                violation_error_message=_("A returned report says why."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project_id}/{self.pk}"
