"""Bureaus, their plans, their people and what each may do where."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.db import models
from django.db.models import CheckConstraint, Q, QuerySet, UniqueConstraint
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from projects_api.choices import Role
from projects_api.models.base import LineField, between, in_order, in_reader_language, one_of


class User(AbstractUser):
    """A person (or a demo account, which can sign in only while ``DEMO`` is on)."""

    display_name = LineField(_("name"), max_length=100, blank=True)
    is_demo = models.BooleanField(_("demo account"), default=False)

    objects = DjangoUserManager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")

    def natural_key(self) -> tuple[str]:
        return (self.username,)

    def get_full_name(self) -> str:
        return self.display_name or super().get_full_name() or self.username


class BureauManager(models.Manager["Bureau"]):
    def get_by_natural_key(self, code: str) -> Bureau:
        return self.get(code=code)


class Bureau(models.Model):
    """A county education bureau: the tenant, and the border of every permission.

    ``west … north`` are the bounds in degrees (WGS84) that every site of the bureau must lie in; the county's boundary,
    where known, is checked as well. ``calendar`` (`schedule.calendar.CalendarRules`), ``lights`` (`schedule.lights.LightRules`),
    ``publishing`` (`publishing.PublishingRules`), ``notifications`` (`notification_rules.NotificationRules`) and ``children``
    (`needs.Children`) are plain JSON, {} for the defaults; they and the templates are versioned by the ledger.
    """

    code = LineField(_("code"), max_length=12, unique=True)
    name_zh = LineField(_("name (Chinese)"), max_length=100)
    name_en = LineField(_("name (English)"), max_length=100)
    region = models.ForeignKey("projects_api.Region", models.PROTECT, related_name="bureaus", verbose_name=_("region"))
    west = models.FloatField(_("western bound"))
    south = models.FloatField(_("southern bound"))
    east = models.FloatField(_("eastern bound"))
    north = models.FloatField(_("northern bound"))
    currency = models.CharField(_("currency"), max_length=3, default="CNY")
    time_zone = models.CharField(_("time zone"), max_length=50, default="Asia/Shanghai")
    calendar: models.JSONField[Any, Any] = models.JSONField(_("working calendar"), default=dict, blank=True)
    lights: models.JSONField[Any, Any] = models.JSONField(_("rules of the lights"), default=dict, blank=True)
    publishing: models.JSONField[Any, Any] = models.JSONField(_("what the public sees"), default=dict, blank=True)
    notifications: models.JSONField[Any, Any] = models.JSONField(
        _("rules of the notifications"), default=dict, blank=True
    )
    children: models.JSONField[Any, Any] = models.JSONField(_("children by township"), default=dict, blank=True)
    version = models.PositiveIntegerField(_("version"), default=0, editable=False)
    head_hash = models.CharField(_("newest ledger hash"), max_length=64, blank=True, editable=False)

    objects = BureauManager()

    class Meta:
        verbose_name = _("bureau")
        verbose_name_plural = _("bureaus")
        ordering = ["code"]
        constraints = [
            CheckConstraint(
                condition=~Q(code=""),
                name="bureau_has_code",
                violation_error_message=_("A bureau needs a code."),
            ),
            CheckConstraint(
                condition=Q(
                    west__lt=models.F("east"),
                    south__lt=models.F("north"),
                    west__gte=-180,
                    east__lte=180,
                    south__gte=-90,
                    north__lte=90,
                ),
                name="bureau_bounds_are_a_box",
                violation_error_message=_("The bounds must be a box in degrees: west < east, south < north."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return in_reader_language(self.name_zh, self.name_en)

    def natural_key(self) -> tuple[str]:
        return (self.code,)

    def day_of(self, moment: datetime) -> date:
        """The day that it is where the bureau is."""
        return moment.astimezone(ZoneInfo(self.time_zone)).date()


Bureau.natural_key.dependencies = ["projects_api.region"]  # type: ignore[attr-defined]


class AnnualPlanManager(models.Manager["AnnualPlan"]):
    def get_by_natural_key(self, bureau: str, year: int) -> AnnualPlan:
        return self.get(bureau__code=bureau, year=year)


class AnnualPlan(models.Model):
    """A bureau's plan for a year; its projects and their targets hang on it. Versioned by the ledger."""

    bureau = models.ForeignKey(Bureau, models.PROTECT, related_name="plans", verbose_name=_("bureau"))
    year = models.PositiveSmallIntegerField(_("year"))
    title_zh = LineField(_("title (Chinese)"), max_length=200)
    title_en = LineField(_("title (English)"), max_length=200, blank=True)
    document_number = LineField(_("document number"), max_length=100, blank=True)
    issued = models.DateField(_("issued"), null=True, blank=True)
    published = models.BooleanField(_("published"), default=False)
    illustrative = models.BooleanField(_("illustrative"), default=False)
    version = models.PositiveIntegerField(_("version"), default=0, editable=False)
    head_hash = models.CharField(_("newest ledger hash"), max_length=64, blank=True, editable=False)

    objects = AnnualPlanManager()

    class Meta:
        verbose_name = _("annual plan")
        verbose_name_plural = _("annual plans")
        ordering = ["bureau__code", "-year"]
        constraints = [
            UniqueConstraint(
                fields=["bureau", "year"],
                name="one_plan_per_bureau_and_year",
                violation_error_code="year",
                violation_error_message=_("This bureau already has a plan for that year."),
            ),
            between(
                "year",
                1950,
                2100,
                name="plan_year_in_range",
                message=_("The year must lie between 1950 and 2100."),
                null=False,
            ),
            CheckConstraint(
                condition=~Q(title_zh=""),
                name="plan_has_title",
                violation_error_code="title_zh",
                violation_error_message=_("A plan needs a Chinese title."),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        return in_reader_language(self.title_zh, self.title_en)

    @property
    def slug(self) -> str:
        """``610526-2023``: needs ``bureau`` to be loaded."""
        return f"{self.bureau.code}-{self.year}"

    def natural_key(self) -> tuple[str, int]:
        return (self.bureau.code, self.year)


AnnualPlan.natural_key.dependencies = ["projects_api.bureau"]  # type: ignore[attr-defined]


class Membership(models.Model):
    """A role of a person in a bureau, from a day on (`in_force`). Ended, never deleted; the bureau's ledger tells of it."""

    user = models.ForeignKey(User, models.PROTECT, related_name="memberships", verbose_name=_("user"))
    bureau = models.ForeignKey(Bureau, models.PROTECT, related_name="memberships", verbose_name=_("bureau"))
    role = models.CharField(_("role"), max_length=20, choices=Role.choices)
    since = models.DateField(_("since"))
    ended = models.DateField(_("ended"), null=True, blank=True)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        ordering = ["bureau__code", "user__username", "role"]
        constraints = [
            UniqueConstraint(
                fields=["user", "bureau", "role"],
                condition=Q(ended__isnull=True),
                name="one_active_membership",
                violation_error_message=_("This person already has that role here."),
            ),
            one_of("role", Role, name="membership_role_known", message=_("Unknown role.")),
            in_order(
                "since",
                "ended",
                name="membership_ends_after_start",
                message=_("A membership cannot end before it began."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.role}"


class Assignment(models.Model):
    """An engineer who reports on a project. Ended, never deleted; part of the project's document."""

    project = models.ForeignKey(
        "projects_api.Project", models.PROTECT, related_name="assignments", verbose_name=_("project")
    )
    user = models.ForeignKey(User, models.PROTECT, related_name="assignments", verbose_name=_("engineer"))
    since = models.DateField(_("since"))
    ended = models.DateField(_("ended"), null=True, blank=True)

    class Meta:
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")
        ordering = ["project__code", "user__username"]
        constraints = [
            UniqueConstraint(
                fields=["project", "user"],
                condition=Q(ended__isnull=True),
                name="one_active_assignment",
                violation_error_message=_("This engineer is already assigned."),
            ),
            in_order(
                "since",
                "ended",
                name="assignment_ends_after_start",
                message=_("An assignment cannot end before it began."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project_id}: {self.user_id}"


def in_force(day: date) -> Q:
    """Memberships or assignments that hold on a day: from ``since`` on, and no longer on the day on which they ``ended``."""
    return Q(since__lte=day) & (Q(ended__isnull=True) | Q(ended__gt=day))


def roles_of(user: User | AnonymousUser) -> dict[int, frozenset[str]]:
    """The roles that the user holds today, by bureau id: each bureau has its own day. One query, remembered on this instance.

    Every request loads its own user, so an ended membership is gone at the next request.
    """
    if not isinstance(user, User) or not user.is_active:
        return {}
    known: dict[int, frozenset[str]] | None = getattr(user, "_roles", None)
    if known is None:
        gathered: dict[int, set[str]] = {}
        days: dict[int, date] = {}
        rows = user.memberships.values_list("bureau_id", "bureau__time_zone", "role", "since", "ended")
        for bureau, zone, role, since, ended in rows:
            day = timezone.now().astimezone(ZoneInfo(zone)).date()
            if since <= day and (ended is None or ended > day):
                gathered.setdefault(bureau, set()).add(role)
                days[bureau] = day
        known = {bureau: frozenset(roles) for bureau, roles in gathered.items()}
        user._roles, user._days = known, days  # type: ignore[attr-defined]
    return known


def assigned_to(user: User) -> QuerySet[Assignment]:
    """The user's assignments in force today, in the bureaus where they hold a role. Lazy; the roles' query."""
    roles_of(user)
    held = Q(pk__in=[])
    for bureau, day in getattr(user, "_days", {}).items():
        held |= in_force(day) & Q(project__bureau=bureau)
    return user.assignments.filter(held)
