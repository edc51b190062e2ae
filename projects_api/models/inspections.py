"""Inspections, the findings that they raise (问题销号), and the certificate at the end.

Database triggers refuse UPDATE, DELETE and TRUNCATE on certificates on both engines (migration ``0008``).
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.gis.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from projects_api.bounds import EARLIEST, LATEST
from projects_api.choices import FindingState, InspectionKind, InspectionResult, Severity
from projects_api.models.base import LineField, ProseField, between, in_order, one_of
from projects_api.models.projects import Project

MENDED = (FindingState.RECTIFIED, FindingState.STRUCK_OFF)


class InspectionManager(models.Manager["Inspection"]):
    def get_by_natural_key(self, project: str, number: int) -> Inspection:
        return self.get(project__code=project, number=number)


class Inspection(models.Model):
    """One inspection, numbered within its project; corrected or set aside (``archived``), never deleted.

    ``checklist``: ``[{"key"} or {"text"}, "result", "note"]``, keys of `checklists.CHECKLISTS` for its kind, ``text`` a
    point of the inspector's own. ``milestone`` is the key of the stage that it is about, or "".
    """

    project = models.ForeignKey(Project, models.PROTECT, related_name="inspections", verbose_name=_("project"))
    number = models.PositiveIntegerField(_("number"))
    kind = models.CharField(_("kind"), max_length=30, choices=InspectionKind.choices)
    held_on = models.DateField(_("held"))
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="inspections", verbose_name=_("written by")
    )
    inspector = LineField(_("inspector"), max_length=200, blank=True)
    attendees = ProseField(_("attendees"), max_length=2000, blank=True)
    checklist: models.JSONField[Any, Any] = models.JSONField(_("checklist"), default=list, blank=True)
    result = models.CharField(_("result"), max_length=30, choices=InspectionResult.choices)
    milestone = models.SlugField(_("stage"), max_length=60, blank=True)
    note = ProseField(_("note"), max_length=1000, blank=True)
    archived = models.BooleanField(_("set aside"), default=False)
    # By the bureau's choice (`publishing.PublishingRules`); only one that was passed shows (`passed`).
    public = models.BooleanField(_("public"), default=False, editable=False)

    objects = InspectionManager()

    class Meta:
        verbose_name = _("inspection")
        verbose_name_plural = _("inspections")
        ordering = ["project", "number"]
        constraints = [
            UniqueConstraint(fields=["project", "number"], name="inspection_numbered_once"),
            one_of("kind", InspectionKind, name="inspection_kind_known", message=_("Unknown kind of inspection.")),
            one_of("result", InspectionResult, name="inspection_result_known", message=_("Unknown result.")),
            between(
                "held_on",
                EARLIEST,
                LATEST,
                name="inspection_date_in_range",
                message=_("A date between 1949-10-01 and 2100-12-31."),
                null=False,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project_id}/{self.number}"

    @property
    def passed(self) -> bool:
        return not self.archived and self.result != InspectionResult.FAILED

    def natural_key(self) -> tuple[str, int]:
        return (self.project.code, self.number)


Inspection.natural_key.dependencies = ["projects_api.project"]  # type: ignore[attr-defined]


class Finding(models.Model):
    """Something to be mended, with who is to mend it and until when, up to the day on which it is struck off.

    Who mended it last, and how, stays readable while it is reopened; the ledger holds every round. ``photos`` are ids.
    """

    project = models.ForeignKey(Project, models.PROTECT, related_name="findings", verbose_name=_("project"))
    number = models.PositiveIntegerField(_("number"))
    inspection = models.ForeignKey(
        Inspection, models.PROTECT, null=True, blank=True, related_name="findings", verbose_name=_("inspection")
    )
    severity = models.CharField(_("severity"), max_length=20, choices=Severity.choices)
    description = ProseField(_("what was found"), max_length=1000)
    place = LineField(_("place on the site"), max_length=200, blank=True)
    point = models.PointField(_("position"), srid=4326, null=True, blank=True)
    owner = LineField(_("to be mended by"), max_length=200)
    owner_user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="findings",
        verbose_name=_("person responsible"),
    )
    deadline = models.DateField(_("deadline"))
    state = models.CharField(_("state"), max_length=20, choices=FindingState.choices, default=FindingState.OPEN)
    raised_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="raised_findings", verbose_name=_("raised by")
    )
    raised_on = models.DateField(_("raised"))
    rectification = ProseField(_("how it was mended"), max_length=1000, blank=True)
    photos: models.JSONField[Any, Any] = models.JSONField(_("photos"), default=list, blank=True)
    rectified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="rectified_findings",
        verbose_name=_("mended by"),
    )
    rectified_on = models.DateField(_("mended"), null=True, blank=True)
    struck_off_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="struck_off_findings",
        verbose_name=_("struck off by"),
    )
    struck_off_on = models.DateField(_("struck off"), null=True, blank=True)
    reopened_on = models.DateField(_("reopened"), null=True, blank=True)
    # Of the last look at what was mended, be it struck off or not.
    review_note = ProseField(_("note of the re-inspection"), max_length=500, blank=True)
    reinspection = models.ForeignKey(
        Inspection, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("re-inspection")
    )

    class Meta:
        verbose_name = _("finding")
        verbose_name_plural = _("findings")
        ordering = ["project", "number"]
        indexes = [models.Index(fields=["state", "deadline"], name="finding_by_deadline")]
        constraints = [
            UniqueConstraint(fields=["project", "number"], name="finding_numbered_once"),
            one_of("severity", Severity, name="finding_severity_known", message=_("Unknown severity.")),
            one_of("state", FindingState, name="finding_state_known", message=_("Unknown state.")),
            CheckConstraint(
                condition=~Q(owner=""),
                name="finding_has_owner",
                violation_error_code="owner",
                violation_error_message=_("A finding names who is to mend it."),
            ),
            between(
                "deadline",
                EARLIEST,
                LATEST,
                name="finding_deadline_in_range",
                message=_("A date between 1949-10-01 and 2100-12-31."),
                null=False,
            ),
            in_order(
                "raised_on",
                "deadline",
                name="finding_deadline_after_raised",
                message=_("The deadline lies before the day on which this was found."),
            ),
            in_order(
                "raised_on",
                "rectified_on",
                name="finding_rectified_after_raised",
                message=_("Nothing is mended before it was found."),
            ),
            CheckConstraint(
                condition=~Q(state__in=MENDED)
                | Q(rectified_by__isnull=False, rectified_on__isnull=False) & ~Q(rectification=""),
                name="finding_rectified_has_evidence",
                violation_error_code="rectification",
                violation_error_message=_("A finding that is mended says by whom, when and how."),
            ),
            CheckConstraint(
                condition=Q(state=FindingState.STRUCK_OFF, struck_off_by__isnull=False, struck_off_on__isnull=False)
                | ~Q(state=FindingState.STRUCK_OFF) & Q(struck_off_by__isnull=True, struck_off_on__isnull=True),
                name="finding_struck_off_has_inspector",
                violation_error_code="struck_off_by",
                violation_error_message=_("A finding that is struck off names who did so, another names nobody."),
            ),
            CheckConstraint(
                condition=Q(struck_off_by__isnull=True) | ~Q(struck_off_by=F("rectified_by")),
                name="finding_not_struck_off_by_who_mended",
                violation_error_code="struck_off_by",
                violation_error_message=_("Nobody strikes off what they have mended themselves."),
            ),
            CheckConstraint(
                condition=~Q(state=FindingState.REOPENED) | Q(reopened_on__isnull=False) & ~Q(review_note=""),
                name="finding_reopened_says_why",
                violation_error_code="review_note",
                violation_error_message=_("A reopened finding says why."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project_id}/{self.number}"


class Certificate(models.Model):
    """The certificate of completion acceptance, written once.

    ``content`` is everything that its PDF shows, as plain JSON (`services.certificates`): whatever becomes of the record
    later, the certificate says what it said. ``number`` is unique and counts per bureau and year: ``YS-610526-2026-001``.
    """

    project = models.ForeignKey(Project, models.PROTECT, related_name="certificates", verbose_name=_("project"))
    number = LineField(_("number"), max_length=40)
    inspection = models.ForeignKey(
        Inspection, models.PROTECT, related_name="certificates", verbose_name=_("inspection")
    )
    issued_on = models.DateField(_("issued"))
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="certificates", verbose_name=_("issued by")
    )
    content: models.JSONField[Any, Any] = models.JSONField(_("content"))

    class Meta:
        verbose_name = _("certificate")
        verbose_name_plural = _("certificates")
        ordering = ["number"]
        constraints = [
            UniqueConstraint(
                fields=["number"],
                name="certificate_number_once",
                violation_error_code="number",
                violation_error_message=_("There is a certificate with this number already."),
            ),
            UniqueConstraint(
                fields=["inspection"],
                name="certificate_once_per_inspection",
                violation_error_code="inspection",
                violation_error_message=_("This inspection has its certificate already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}"
