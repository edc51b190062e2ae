"""Photos from the site: announced by a device, arriving in parts, checked when they are whole."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.gis.db import models
from django.core.validators import MaxValueValidator
from django.db.models import CheckConstraint, Q
from django.utils.translation import gettext_lazy as _

from projects_api.choices import PhotoPlace, PhotoRefusal, PhotoState, PhotoTime
from projects_api.models.base import LineField, between, one_of
from projects_api.models.projects import Project
from projects_api.plausibility import bands_of, hash_of

MAX_BYTES = 25 * 1024 * 1024


class Photo(models.Model):
    """A photo of one project, perhaps of one stage and one report.

    ``id`` is made by the device: announced twice, it is one photo. ``report`` is the report's id and no reference: photos may
    come before their report. ``taken_at``, ``position`` and ``accuracy`` are the device's word, ``exif_at`` and
    ``exif_position`` the camera's, ``exif_direction`` which way it looked, in degrees clockwise from north. ``findings``:
    ``{"place", "distance_m", "time", "duplicates": [id, …]}``. How many bytes of the original have arrived is the size of the
    file that they are in (`services.photo_files`); the state `preview` is kept here and not in the project's document, where
    the photo is announced until its original has been checked.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    project = models.ForeignKey(Project, models.PROTECT, related_name="photos", verbose_name=_("project"))
    report = models.UUIDField(_("progress report"), null=True, blank=True, db_index=True)
    milestone = models.SlugField(_("milestone"), max_length=60, blank=True)
    uploader = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="photos", verbose_name=_("sent by")
    )
    announced_at = models.DateTimeField(_("announced"))
    taken_at = models.DateTimeField(_("taken, by the device"))
    caption = LineField(_("caption"), max_length=200, blank=True)
    position = models.PointField(_("position, by the device"), srid=4326, null=True, blank=True, spatial_index=False)
    accuracy = models.PositiveIntegerField(_("accuracy (m)"), null=True, blank=True)
    size = models.PositiveIntegerField(_("size (bytes)"))
    media_type = models.CharField(_("kind of file"), max_length=40)
    # SHA-256 of the announcement: the same id with other words is not the same photo.
    digest = models.CharField(max_length=64, editable=False)
    state = models.CharField(_("state"), max_length=20, choices=PhotoState.choices, default=PhotoState.ANNOUNCED)
    refusal = models.CharField(_("refused because"), max_length=20, choices=PhotoRefusal.choices, blank=True)
    completed_at = models.DateTimeField(_("complete"), null=True, blank=True)
    sha256 = models.CharField(_("SHA-256 of the original"), max_length=64, blank=True)
    width = models.PositiveIntegerField(_("width"), null=True, blank=True)
    height = models.PositiveIntegerField(_("height"), null=True, blank=True)
    # Its look in 64 bits, as four numbers of 16: each has an index, so that pictures alike are found without a scan.
    look_1 = models.PositiveIntegerField(null=True, blank=True, editable=False, db_index=True)
    look_2 = models.PositiveIntegerField(null=True, blank=True, editable=False, db_index=True)
    look_3 = models.PositiveIntegerField(null=True, blank=True, editable=False, db_index=True)
    look_4 = models.PositiveIntegerField(null=True, blank=True, editable=False, db_index=True)
    exif_at = models.DateTimeField(_("taken, by the camera"), null=True, blank=True)
    exif_position = models.PointField(
        _("position, by the camera"), srid=4326, null=True, blank=True, spatial_index=False
    )
    # No constraint of the table: SpatiaLite cannot make a table anew that has geometry without an index.
    exif_direction = models.PositiveSmallIntegerField(
        _("direction, by the camera (°)"), null=True, blank=True, validators=[MaxValueValidator(359)]
    )
    findings: models.JSONField[Any, Any] = models.JSONField(_("plausibility"), default=dict, blank=True)
    published = models.BooleanField(_("published"), default=False)
    archived = models.BooleanField(_("archived"), default=False)

    class Meta:
        verbose_name = _("photo")
        verbose_name_plural = _("photos")
        ordering = ["-taken_at", "pk"]
        constraints = [
            one_of("state", PhotoState, name="photo_state_known", message=_("Unknown state.")),
            between(
                "size",
                1,
                MAX_BYTES,
                name="photo_size_in_range",
                message=_("A size in bytes, at most 25 MB."),
                null=False,
            ),
            between(
                "accuracy",
                0,
                100_000,
                name="photo_accuracy_in_range",
                message=_("An accuracy in metres, at most 100,000."),
            ),
            CheckConstraint(
                condition=Q(state=PhotoState.REFUSED, refusal__in=PhotoRefusal.values)
                | (~Q(state=PhotoState.REFUSED) & Q(refusal="")),
                name="photo_refused_says_why",
                violation_error_code="refusal",
                violation_error_message=_("A refused photo says why, no other one does."),
            ),
            CheckConstraint(
                condition=~Q(state=PhotoState.COMPLETE)
                | (
                    ~Q(sha256="")
                    & Q(completed_at__isnull=False, width__isnull=False, height__isnull=False, look_1__isnull=False)
                ),
                name="photo_complete_was_checked",
                violation_error_code="state",
                violation_error_message=_("A complete photo has been checked."),
            ),
            CheckConstraint(
                condition=Q(published=False) | Q(state=PhotoState.COMPLETE, archived=False),
                name="photo_published_is_complete",
                violation_error_code="published",
                violation_error_message=_("Only a complete photo that is not archived can be published."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project_id}/{self.pk}"

    @property
    def phash(self) -> str:
        """16 hexadecimal digits, "" before the original has been checked."""
        bands = [self.look_1, self.look_2, self.look_3, self.look_4]
        return "" if None in bands else f"{hash_of([band or 0 for band in bands]):016x}"

    def set_phash(self, phash: int) -> None:
        self.look_1, self.look_2, self.look_3, self.look_4 = bands_of(phash)

    @property
    def captured_at(self) -> datetime:
        """When it was taken, by the camera where it says so."""
        return self.exif_at or self.taken_at

    def taken_on(self, zone: str) -> date:
        return self.captured_at.astimezone(ZoneInfo(zone)).date()

    @property
    def place(self) -> Any:
        """Where it was taken, by the camera where it says so; a point or None."""
        return self.exif_position or self.position

    @property
    def doubtful(self) -> bool:
        """Whether a reviewer should look twice."""
        found = self.findings
        return bool(
            found.get("place") == PhotoPlace.FAR
            or found.get("time") in (PhotoTime.EARLY, PhotoTime.LATE)
            or found.get("duplicates")
        )
