"""The project: what is built, for whom, where, by whom."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self

from django.contrib.auth.models import AnonymousUser
from django.contrib.gis.db import models
from django.contrib.gis.db.models import Q
from django.db.models import CheckConstraint, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from projects_api.bounds import AREA_MAX, CLASSES_MAX, EARLIEST, LATEST, MONEY_MAX, PLACES_MAX
from projects_api.choices import (
    APPROXIMATE,
    STANDS_STILL,
    Kind,
    LocationPrecision,
    PlanTarget,
    Role,
    SchoolStage,
    Status,
    StatusReason,
)
from projects_api.codes import FORM
from projects_api.models.base import (
    FigureField,
    LineField,
    ProseField,
    SearchField,
    between,
    in_reader_language,
    one_of,
)
from projects_api.models.bureaus import User, assigned_to, roles_of
from projects_api.tiling import place_of

# Whose role shows them everything of their bureau, unpublished projects too. An engineer sees what is assigned.
READS_ALL = frozenset({Role.SUPERVISOR, Role.OFFICIAL, Role.BUREAU_ADMIN, Role.VIEWER})


class PlaceField(models.BigIntegerField):  # type: ignore[type-arg]
    """Where the site lies as one number (`tiling`): follows ``site`` whenever a row is saved, so that nobody has to think of it.

    Only ``bulk_update``, ``update`` and a fixture do not ask a field before they write: who moves sites with them settles it
    (`services.sites`).
    """

    def pre_save(self, model_instance: models.Model, add: bool) -> int | None:
        site = model_instance.site  # type: ignore[attr-defined]
        place = None if site is None else place_of(site.x, site.y)
        setattr(model_instance, self.attname, place)
        return place


class ProjectQuerySet(models.QuerySet["Project"]):
    """Who sees which rows (mechanism 2): the only place where rows are hidden."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """The projects that exist for this user. At most one query for the roles (remembered on the user)."""
        full = _read_in_full(user)
        public = Q(published=True, archived_at__isnull=True)
        return self.filter(public) if full is None else self.filter(public | full)

    def read_in_full_by(self, user: User | AnonymousUser) -> Self:
        """Those of them that the user reads with their private fields, published or not."""
        full = _read_in_full(user)
        return self.none() if full is None else self.filter(full)


def _read_in_full(user: User | AnonymousUser) -> Q | None:
    """A superuser: everything. An inspector, the office, a viewer: their bureau. An engineer: what is assigned."""
    if not isinstance(user, User) or not user.is_active:
        return None
    if user.is_superuser:
        return Q(pk__isnull=False)
    roles = roles_of(user)
    whole = [bureau for bureau, held in roles.items() if held & READS_ALL]
    own = [bureau for bureau, held in roles.items() if Role.ENGINEER in held]
    if not whole and not own:
        return None
    full = Q(bureau__in=whole)
    if own:
        full |= Q(pk__in=assigned_to(user).values("project"), bureau__in=own)
    return full


class ProjectManager(models.Manager.from_queryset(ProjectQuerySet)):  # type: ignore[misc]
    def get_by_natural_key(self, code: str) -> Project:
        found: Project = self.get(code=code)
        return found


class Project(models.Model):
    """A construction project. Lengths in metres, areas in square metres, money in yuan, geometry in WGS84.

    ``status``, ``progress``, ``next_milestone`` and ``next_due`` follow from the milestones by the pure functions of
    ``projects_api.schedule``; the services write them in the same transaction, so that lists and maps read rows only.
    ``version`` is the number of the newest ledger entry, ``head_hash`` its hash.
    """

    code = LineField(_("code"), max_length=40, unique=True)
    bureau = models.ForeignKey("projects_api.Bureau", models.PROTECT, related_name="projects", verbose_name=_("bureau"))
    region = models.ForeignKey("projects_api.Region", models.PROTECT, related_name="projects", verbose_name=_("region"))
    school = models.ForeignKey(
        "projects_api.School",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="projects",
        verbose_name=_("school"),
    )
    plan = models.ForeignKey(
        "projects_api.AnnualPlan",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="projects",
        verbose_name=_("annual plan"),
    )
    plan_target = models.CharField(_("target in the plan"), max_length=10, choices=PlanTarget.choices, blank=True)
    title_zh = LineField(_("title (Chinese)"), max_length=200, blank=True)
    title_en = LineField(_("title (English)"), max_length=200, blank=True)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    stage = models.CharField(_("school stage"), max_length=20, choices=SchoolStage.choices, blank=True)
    status = models.CharField(_("status"), max_length=20, choices=Status.choices, default=Status.PROPOSED)
    # Why it is suspended or cancelled, and since which day; the note is written for the public.
    status_reason = models.CharField(
        _("reason for the status"), max_length=20, choices=StatusReason.choices, blank=True
    )
    status_note = ProseField(_("explanation of the status"), max_length=500, blank=True)
    status_since = models.DateField(_("status since"), null=True, blank=True)
    description = ProseField(_("scale and content"), max_length=2000, blank=True)
    classes = models.PositiveIntegerField(_("classes"), null=True, blank=True)
    places = models.PositiveIntegerField(_("places"), null=True, blank=True)
    floor_area = FigureField(_("floor area (m²)"), max_digits=12, decimal_places=2, null=True, blank=True)
    land_area = FigureField(_("land area (m²)"), max_digits=12, decimal_places=2, null=True, blank=True)
    total_investment = FigureField(_("total investment (yuan)"), max_digits=15, decimal_places=2, null=True, blank=True)
    responsible_leader = LineField(_("responsible leader"), max_length=100, blank=True)
    responsible_unit = LineField(_("responsible unit"), max_length=200, blank=True)
    contractor = LineField(_("contractor"), max_length=200, blank=True)
    supervising_firm = LineField(_("supervising firm"), max_length=200, blank=True)
    address = LineField(_("address"), max_length=300, blank=True)
    site = models.PointField(_("site"), srid=4326, null=True, blank=True)
    place = PlaceField(_("site as one number"), null=True, editable=False, serialize=False)
    footprint = models.PolygonField(_("footprint"), srid=4326, null=True, blank=True)
    location_precision = models.CharField(
        _("how well the location is known"), max_length=20, choices=LocationPrecision.choices, blank=True
    )
    site_crs = LineField(_("coordinate system the site was given in"), max_length=20, blank=True)
    site_accuracy = models.PositiveIntegerField(_("how exact the site is (m)"), null=True, blank=True)
    footprint_crs = LineField(_("coordinate system the outline was given in"), max_length=20, blank=True)
    published = models.BooleanField(_("published"), default=False)
    illustrative = models.BooleanField(_("illustrative"), default=False)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True)
    note = ProseField(_("internal note"), max_length=4000, blank=True)
    contact_name = LineField(_("contact"), max_length=100, blank=True)
    contact_phone = LineField(_("contact's phone"), max_length=50, blank=True)
    source = LineField(_("source"), max_length=60, blank=True)
    source_key = LineField(_("key in the source"), max_length=300, blank=True)
    # Evidence that another record holds (`elsewhere`): what a package said of photos, inspections, certificates and answers.
    elsewhere: models.JSONField[Any, Any] = models.JSONField(
        _("evidence held elsewhere"), default=dict, blank=True, editable=False
    )
    search_text = SearchField(_("how it is searched for"), of=("title_zh", "title_en", "code", "address"))

    template = models.ForeignKey(
        "projects_api.MilestoneTemplate",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="projects",
        verbose_name=_("milestone template"),
    )
    needed_by = models.DateField(_("needed by"), null=True, blank=True)

    # 形象进度: the sentence of the newest accepted report, and the day it speaks of.
    physical_progress = ProseField(_("physical progress"), max_length=500, blank=True, editable=False)
    physical_progress_on = models.DateField(_("physical progress as of"), null=True, editable=False)

    progress = models.PositiveSmallIntegerField(_("progress (%)"), default=0, editable=False)
    next_milestone = models.CharField(_("next milestone"), max_length=60, blank=True, editable=False)
    next_due = models.DateField(_("next milestone due"), null=True, blank=True, editable=False)
    # The outlook (`schedule.outlook`): days from which a thing is true, so that no new day needs a new calculation.
    yellow_from = models.DateField(_("yellow from"), null=True, editable=False)
    red_from = models.DateField(_("red from"), null=True, editable=False)
    late_from = models.DateField(_("late from"), null=True, editable=False)
    critical_from = models.DateField(_("critical from"), null=True, editable=False)
    stale_from = models.DateField(_("stale from"), null=True, editable=False)
    term_missed_from = models.DateField(_("misses the start of term from"), null=True, editable=False)
    measured_finish = models.DateField(_("finish in the baseline"), null=True, editable=False)
    finish = models.DateField(_("finish as far as fixed"), null=True, editable=False)
    finish_tail = models.PositiveSmallIntegerField(_("working days still to go"), null=True, editable=False)
    created_at = models.DateTimeField(_("created"), editable=False)
    updated_at = models.DateTimeField(_("updated"), editable=False)
    # Where the newest entry is about a question of the public: when the one before it was written that told of the site.
    reported_at = models.DateTimeField(_("last report"), null=True, editable=False)
    version = models.PositiveIntegerField(_("version"), default=0, editable=False)
    head_hash = models.CharField(_("newest ledger hash"), max_length=64, blank=True, editable=False)

    objects = ProjectManager()

    class Meta:
        verbose_name = _("project")
        verbose_name_plural = _("projects")
        ordering = ["code"]
        indexes = [
            models.Index(fields=["published", "archived_at", "code"], name="project_public"),
            models.Index(fields=["bureau", "status"], name="project_bureau_status"),
            models.Index(fields=["plan", "plan_target"], name="project_plan_target"),
            models.Index(fields=["updated_at"], name="project_updated"),
            models.Index(fields=["red_from", "yellow_from"], name="project_light"),
            # Tiles and clusters (docs/decisions/0023): what lies in a tile, and how many of each status without a look at rows.
            models.Index(fields=["place", "published", "archived_at"], name="project_place"),
            models.Index(fields=["status", "place", "published", "archived_at", "bureau"], name="project_crowd"),
        ]
        constraints = [
            CheckConstraint(
                condition=~Q(code=""),
                name="project_has_code",
                violation_error_code="code",
                violation_error_message=_("A project needs a code."),
            ),
            CheckConstraint(
                condition=Q(code="") | Q(code__regex=FORM),
                name="project_code_has_form",
                violation_error_code="code",
                violation_error_message=_("A code has letters, digits, hyphens and underscores alone."),
            ),
            CheckConstraint(
                condition=~Q(title_zh="", title_en=""),
                name="project_has_title",
                violation_error_code="title_zh",
                violation_error_message=_("A project needs a title, in Chinese or English."),
            ),
            UniqueConstraint(
                fields=["bureau", "source", "source_key"],
                condition=~Q(source_key=""),
                name="project_source_key_once",
                violation_error_code="source_key",
                violation_error_message=_("This row of the source is already a project."),
            ),
            one_of("kind", Kind, name="project_kind_known", message=_("Unknown kind.")),
            one_of(
                "stage",
                SchoolStage,
                name="project_stage_known",
                message=_("Unknown school stage."),
                blank=True,
            ),
            one_of("status", Status, name="project_status_known", message=_("Unknown status.")),
            one_of(
                "status_reason",
                StatusReason,
                name="project_status_reason_known",
                message=_("Unknown reason."),
                blank=True,
            ),
            between(
                "status_since",
                EARLIEST,
                LATEST,
                name="project_status_since_in_range",
                message=_("A date between 1949-10-01 and 2100-12-31."),
            ),
            CheckConstraint(
                condition=Q(status_reason="", status_note="", status_since__isnull=True)
                | Q(status__in=sorted(STANDS_STILL)),
                name="project_says_why_it_stands_still",
                violation_error_code="status_reason",
                violation_error_message=_("Only a project that is suspended or cancelled says why and since when."),
            ),
            CheckConstraint(
                condition=Q(status_note="") | ~Q(status_reason=""),
                name="project_explains_a_reason",
                violation_error_code="status_reason",
                violation_error_message=_("An explanation goes with a reason."),
            ),
            CheckConstraint(
                condition=~Q(status_reason=StatusReason.OTHER) | ~Q(status_note=""),
                name="project_other_reason_is_explained",
                violation_error_code="status_note",
                violation_error_message=_('The reason "other" needs an explanation.'),
            ),
            between(
                "classes", 0, CLASSES_MAX, name="project_classes_in_range", message=_("Between 0 and 500 classes.")
            ),
            between("places", 0, PLACES_MAX, name="project_places_in_range", message=_("Between 0 and 50,000 places.")),
            between(
                "floor_area",
                0,
                AREA_MAX,
                name="project_floor_area_in_range",
                message=_("Between 0 and 10,000,000 m²."),
            ),
            between(
                "land_area",
                0,
                AREA_MAX,
                name="project_land_area_in_range",
                message=_("Between 0 and 10,000,000 m²."),
            ),
            between(
                "total_investment",
                0,
                MONEY_MAX,
                name="project_investment_in_range",
                message=_("An amount in yuan, not negative."),
            ),
            between(
                "progress",
                0,
                100,
                name="project_progress_in_range",
                message=_("Between 0 and 100 percent."),
                null=False,
            ),
            between(
                "needed_by",
                EARLIEST,
                LATEST,
                name="project_needed_by_in_range",
                message=_("A date between 1949-10-01 and 2100-12-31."),
            ),
            CheckConstraint(
                condition=Q(plan__isnull=True, plan_target="")
                | Q(plan__isnull=False, plan_target__in=PlanTarget.values),
                name="project_target_belongs_to_plan",
                violation_error_code="plan_target",
                violation_error_message=_("A project in a plan needs a target; without a plan it has none."),
            ),
            between(
                "site_accuracy",
                1,
                100_000,
                name="project_site_accuracy_in_range",
                message=_("Metres: a whole number between 1 and 100,000."),
            ),
            CheckConstraint(
                condition=Q(site_accuracy__isnull=True) | Q(site__isnull=False),
                name="project_accuracy_is_of_a_site",
                violation_error_code="site_accuracy",
                violation_error_message=_("Without a site there is nothing to be exact about."),
            ),
            CheckConstraint(
                condition=Q(footprint_crs="") | Q(footprint__isnull=False),
                name="project_outline_came_in_a_system",
                violation_error_code="footprint_crs",
                violation_error_message=_("Without an outline there is no system that it came in."),
            ),
            CheckConstraint(
                condition=Q(site__isnull=True, location_precision="")
                | Q(site__isnull=False, location_precision__in=LocationPrecision.values),
                name="project_site_says_how_known",
                violation_error_code="location_precision",
                violation_error_message=_(
                    "A site must say how well it is known; without a site there is nothing to say."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    @property
    def title(self) -> str:
        return in_reader_language(self.title_zh, self.title_en)

    @property
    def is_approximate(self) -> bool:
        return self.location_precision in APPROXIMATE

    @property
    def heard_at(self) -> datetime:
        """When the record was last told of the site: what the public asks, and is answered, is no report of it."""
        return self.reported_at or self.updated_at

    def natural_key(self) -> tuple[str]:
        return (self.code,)


Project.natural_key.dependencies = [  # type: ignore[attr-defined]
    "projects_api.bureau",
    "projects_api.region",
    "projects_api.school",
    "projects_api.annualplan",
    "projects_api.milestonetemplate",
]
