"""Regions, and the schools in them with their life as dated events."""

from __future__ import annotations

from typing import Any

from django.contrib.gis.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from projects_api.bounds import CLASSES_MAX, PLACES_MAX
from projects_api.choices import (
    Decision,
    LocationPrecision,
    RegionKind,
    RegionLevel,
    SchoolEventKind,
    SchoolStage,
)
from projects_api.models.base import LineField, SearchField, between, in_order, in_reader_language, one_of


class RegionManager(models.Manager["Region"]):
    def get_by_natural_key(self, code: str) -> Region:
        return self.get(code=code)


class Region(models.Model):
    """A division with its official code (GB/T 2260, and the first nine digits of the NBS code for townships).

    A division's code starts with its parent's code without trailing zeros: so descendants are found by prefix.
    """

    code = LineField(_("code"), max_length=12, unique=True)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("part of")
    )
    level = models.CharField(_("level"), max_length=10, choices=RegionLevel.choices)
    kind = models.CharField(_("kind"), max_length=12, choices=RegionKind.choices, blank=True)
    name_zh = LineField(_("name (Chinese)"), max_length=100)
    name_en = LineField(_("name (English)"), max_length=100, blank=True)
    boundary = models.MultiPolygonField(_("boundary"), srid=4326, null=True, blank=True)
    point = models.PointField(_("point"), srid=4326, null=True, blank=True)
    point_precision = LineField(_("how well the point is known"), max_length=30, blank=True)
    source = LineField(_("source"), max_length=200, blank=True)
    search_text = SearchField(_("how it is searched for"), of=("name_zh", "name_en"))

    objects = RegionManager()

    class Meta:
        verbose_name = _("region")
        verbose_name_plural = _("regions")
        ordering = ["code"]
        constraints = [
            CheckConstraint(
                condition=~Q(code=""),
                name="region_has_code",
                violation_error_message=_("A region needs its official code."),
            ),
            one_of("level", RegionLevel, name="region_level_known", message=_("Unknown level.")),
            one_of(
                "kind",
                RegionKind,
                name="region_kind_known",
                message=_("Unknown kind of division."),
                blank=True,
            ),
            CheckConstraint(
                condition=~Q(parent=models.F("id")),
                name="region_is_not_its_own_parent",
                violation_error_message=_("A region cannot be part of itself."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return in_reader_language(self.name_zh, self.name_en)

    def natural_key(self) -> tuple[str]:
        return (self.code,)


Region.natural_key.dependencies = []  # type: ignore[attr-defined]


class SchoolManager(models.Manager["School"]):
    def get_by_natural_key(self, code: str) -> School:
        return self.get(code=code)


class School(models.Model):
    """A school or kindergarten, with its capacity and place; archived, never deleted.

    ``archived_at``: closed. ``withdrawn``: entered by mistake, there never was such a school. ``version`` and ``head_hash`` are
    of its newest ledger entry; 0 where nobody has recorded it by a service.
    """

    code = LineField(_("code"), max_length=40, unique=True)
    bureau = models.ForeignKey("projects_api.Bureau", models.PROTECT, related_name="schools", verbose_name=_("bureau"))
    region = models.ForeignKey(Region, models.PROTECT, related_name="schools", verbose_name=_("region"))
    name_zh = LineField(_("name (Chinese)"), max_length=200)
    name_en = LineField(_("name (English)"), max_length=200, blank=True)
    stage = models.CharField(_("school stage"), max_length=20, choices=SchoolStage.choices)
    classes = models.PositiveIntegerField(_("classes"), null=True, blank=True)
    places = models.PositiveIntegerField(_("places"), null=True, blank=True)
    boarding = models.BooleanField(_("with boarders"), default=False)
    location = models.PointField(_("location"), srid=4326, null=True, blank=True)
    location_precision = models.CharField(
        _("how well the location is known"), max_length=20, choices=LocationPrecision.choices, blank=True
    )
    illustrative = models.BooleanField(_("illustrative"), default=False)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True)
    withdrawn = models.BooleanField(_("entered by mistake"), default=False)
    version = models.PositiveIntegerField(_("version"), default=0, editable=False)
    head_hash = models.CharField(_("hash of the newest entry"), max_length=64, blank=True, editable=False)
    search_text = SearchField(_("how it is searched for"), of=("name_zh", "name_en"))

    objects = SchoolManager()

    class Meta:
        verbose_name = _("school")
        verbose_name_plural = _("schools")
        ordering = ["code"]
        constraints = [
            CheckConstraint(
                condition=~Q(name_zh="", name_en=""),
                name="school_has_name",
                violation_error_message=_("A school needs a name."),
            ),
            one_of("stage", SchoolStage, name="school_stage_known", message=_("Unknown school stage.")),
            between("classes", 0, CLASSES_MAX, name="school_classes_in_range", message=_("Between 0 and 500 classes.")),
            between("places", 0, PLACES_MAX, name="school_places_in_range", message=_("Between 0 and 50,000 places.")),
            CheckConstraint(
                condition=Q(location__isnull=True, location_precision="")
                | Q(location__isnull=False, location_precision__in=LocationPrecision.values),
                name="school_location_says_how_known",
                violation_error_code="location_precision",
                violation_error_message=_(
                    "A location must say how well it is known; without a location there is nothing to say."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return in_reader_language(self.name_zh, self.name_en)

    def natural_key(self) -> tuple[str]:
        return (self.code,)


School.natural_key.dependencies = ["projects_api.bureau", "projects_api.region"]  # type: ignore[attr-defined]


class SchoolEvent(models.Model):
    """One act in a school's life: asked for by whom, decided how, by which document of which authority."""

    school = models.ForeignKey(School, models.PROTECT, related_name="events", verbose_name=_("school"))
    number = models.PositiveSmallIntegerField(_("number"))
    kind = models.CharField(_("kind"), max_length=20, choices=SchoolEventKind.choices)
    applicant = LineField(_("applicant"), max_length=200)
    applied = models.DateField(_("applied"))
    decision = models.CharField(_("decision"), max_length=10, choices=Decision.choices, default=Decision.PENDING)
    decided = models.DateField(_("decided"), null=True, blank=True)
    document_number = LineField(_("document number"), max_length=100, blank=True)
    authority = LineField(_("approving authority"), max_length=200, blank=True)
    summary_zh = LineField(_("summary (Chinese)"), max_length=300, blank=True)
    summary_en = LineField(_("summary (English)"), max_length=300, blank=True)
    illustrative = models.BooleanField(_("illustrative"), default=False)
    # Of an approved alteration: the school's members that it changed, as they stood (`approvals.ALTERED`).
    before: models.JSONField[Any, Any] = models.JSONField(_("what stood before"), default=dict, blank=True)
    archived = models.BooleanField(_("set aside"), default=False)

    class Meta:
        verbose_name = _("school event")
        verbose_name_plural = _("school events")
        ordering = ["school__code", "number"]
        constraints = [
            UniqueConstraint(fields=["school", "number"], name="school_event_numbered_once"),
            UniqueConstraint(
                fields=["school", "authority", "document_number"],
                condition=Q(archived=False) & ~Q(document_number=""),
                name="school_event_document_once",
                violation_error_code="document_number",
                violation_error_message=_("Another act of this school has this document number of this authority."),
            ),
            one_of("kind", SchoolEventKind, name="school_event_kind_known", message=_("Unknown kind of event.")),
            one_of("decision", Decision, name="school_event_decision_known", message=_("Unknown decision.")),
            in_order(
                "applied",
                "decided",
                name="school_event_decided_after_applied",
                message=_("A decision cannot come before the application."),
            ),
            CheckConstraint(
                condition=Q(decision=Decision.PENDING, decided__isnull=True)
                | (
                    ~Q(decision=Decision.PENDING) & Q(decided__isnull=False) & ~Q(document_number="") & ~Q(authority="")
                ),
                name="school_event_decision_is_documented",
                violation_error_code="decision",
                violation_error_message=_(
                    "A decision needs its date, document number and authority; a pending application has none."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.school_id}/{self.number} {self.kind}"
