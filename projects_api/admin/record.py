"""The record, to look up: nothing of it can be changed here. Rows end at the bureau's border as they do elsewhere; a superuser
sees all."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from projects_api import models
from projects_api.choices import Role
from projects_api.models import roles_of
from projects_api.models.projects import READS_ALL
from projects_api.selectors.ledger import OF_PEOPLE, READS_PEOPLE

# Who reads money, and so the ledger, whose patches hold it (`rules`: money.read).
READS_MONEY = frozenset({Role.SUPERVISOR, Role.OFFICIAL, Role.BUREAU_ADMIN})


class ReadOnly(admin.options.BaseModelAdmin):  # type: ignore[type-arg]
    """No row can be added, changed or deleted. ``border`` leads from a row to its bureau; "" is open reference data."""

    border: ClassVar[str] = "bureau"
    readers: ClassVar[frozenset[Any]] = READS_ALL

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser or self.bureaus(request))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def bureaus(self, request: HttpRequest) -> list[int]:
        return [bureau for bureau, held in roles_of(request.user).items() if held & self.readers]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        if request.user.is_superuser or not self.border:
            return rows
        return rows.filter(**{f"{self.border}__in": self.bureaus(request)})


class ReadOnlyAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_per_page = 50
    show_full_result_count = False
    actions = None


class ReadOnlyInline(ReadOnly, admin.TabularInline):  # type: ignore[type-arg]
    border = ""
    extra = 0
    max_num = 0


@admin.register(models.Bureau)
class BureauAdmin(ReadOnlyAdmin):
    border = "pk"
    list_display = ("code", "name_zh", "name_en", "region", "currency", "time_zone")
    search_fields = ("code", "name_zh", "name_en")
    list_select_related = ("region",)


@admin.register(models.Region)
class RegionAdmin(ReadOnlyAdmin):
    border = ""
    list_display = ("code", "name_zh", "name_en", "level", "kind", "parent")
    list_filter = ("level", "kind")
    search_fields = ("code", "name_zh", "name_en")
    list_select_related = ("parent",)
    exclude = ("boundary",)  # thousands of coordinates: the map shows it

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("boundary", "parent__boundary")


class SchoolEventInline(ReadOnlyInline):
    model = models.SchoolEvent


@admin.register(models.School)
class SchoolAdmin(ReadOnlyAdmin):
    list_display = ("code", "name_zh", "name_en", "stage", "region", "classes", "places", "archived_at")
    list_filter = ("bureau", "stage", "location_precision", "illustrative")
    search_fields = ("code", "name_zh", "name_en")
    list_select_related = ("region",)
    inlines = (SchoolEventInline,)


@admin.register(models.SchoolEvent)
class SchoolEventAdmin(ReadOnlyAdmin):
    border = "school__bureau"
    list_display = ("school", "number", "kind", "applicant", "applied", "decision", "decided", "document_number")
    list_filter = ("kind", "decision")
    search_fields = ("school__code", "school__name_zh", "applicant", "document_number")
    list_select_related = ("school",)


@admin.register(models.AnnualPlan)
class AnnualPlanAdmin(ReadOnlyAdmin):
    list_display = ("bureau", "year", "title_zh", "document_number", "issued", "published", "version")
    list_filter = ("bureau", "year", "published")
    search_fields = ("title_zh", "title_en", "document_number")
    list_select_related = ("bureau",)


class MilestoneInline(ReadOnlyInline):
    model = models.Milestone
    fields = (
        "position",
        "key",
        "planned",
        "forecast",
        "started",
        "actual",
        "percent",
        "weight",
        "state",
        "delay_reason",
        "public",
    )
    show_change_link = True


class AssignmentInline(ReadOnlyInline):
    model = models.Assignment


@admin.register(models.Project)
class ProjectAdmin(ReadOnlyAdmin):
    list_display = (
        "code",
        "title_zh",
        "title_en",
        "kind",
        "stage",
        "status",
        "progress",
        "next_due",
        "published",
        "version",
    )
    list_filter = (
        "bureau",
        "status",
        "kind",
        "stage",
        "plan__year",
        "plan_target",
        "published",
        "location_precision",
        "source",
    )
    search_fields = ("code", "title_zh", "title_en", "address", "school__name_zh", "source_key")
    inlines = (MilestoneInline, AssignmentInline)
    readonly_fields = ("where",)

    @admin.display(description=_("place"))
    def where(self, project: models.Project) -> SafeString:
        """Where it is changed: what staff see here is read only."""
        return format_html(
            '<a href="{}">{}</a>', reverse("project-place", args=[project.code]), _("Where is the site?")
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return (
            super().get_queryset(request).select_related("bureau", "region", "school", "plan").defer("region__boundary")
        )


@admin.register(models.Milestone)
class MilestoneAdmin(ReadOnlyAdmin):
    border = "project__bureau"
    list_display = ("project", "key", "planned", "forecast", "actual", "percent", "state", "delay_reason", "public")
    list_filter = ("state", "delay_reason", "public", "project__bureau")
    search_fields = ("project__code", "project__title_zh", "project__title_en", "key", "title_zh", "title_en")
    list_select_related = ("project",)


class TemplateStageInline(ReadOnlyInline):
    model = models.TemplateStage


@admin.register(models.MilestoneTemplate)
class MilestoneTemplateAdmin(ReadOnlyAdmin):
    border = ""
    list_display = ("kind", "version", "bureau")
    list_filter = ("kind", "bureau")
    list_select_related = ("bureau",)
    inlines = (TemplateStageInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        if request.user.is_superuser:
            return rows
        return rows.filter(Q(bureau__isnull=True) | Q(bureau__in=self.bureaus(request)))


class MoneyAdmin(ReadOnlyAdmin):
    border = "project__bureau"
    readers = READS_MONEY
    search_fields = ("project__code", "project__title_zh", "document_number")
    list_select_related = ("project",)


@admin.register(models.Baseline)
class BaselineAdmin(ReadOnlyAdmin):
    border = "project__bureau"
    list_display = ("project", "number", "finish", "approved_at", "approved_by", "reason")
    search_fields = ("project__code", "project__title_zh")
    list_select_related = ("project", "approved_by")


@admin.register(models.ProgressReport)
class ProgressReportAdmin(ReadOnlyAdmin):
    border = "project__bureau"
    list_display = ("project", "received_at", "author", "state", "reviewed_by")
    list_filter = ("state", "project__bureau")
    search_fields = ("project__code", "project__title_zh", "author__username")
    list_select_related = ("project", "author", "reviewed_by")


@admin.register(models.Inspection)
class InspectionAdmin(ReadOnlyAdmin):
    border = "project__bureau"
    list_display = ("project", "number", "kind", "held_on", "result", "author", "archived")
    list_filter = ("kind", "result", "archived", "project__bureau")
    search_fields = ("project__code", "project__title_zh", "inspector")
    list_select_related = ("project", "author")


@admin.register(models.Finding)
class FindingAdmin(ReadOnlyAdmin):
    border = "project__bureau"
    list_display = ("project", "number", "severity", "state", "owner", "deadline", "raised_on", "struck_off_on")
    list_filter = ("state", "severity", "project__bureau")
    search_fields = ("project__code", "project__title_zh", "description", "owner")
    list_select_related = ("project",)


@admin.register(models.Certificate)
class CertificateAdmin(ReadOnlyAdmin):
    border = "project__bureau"
    list_display = ("number", "project", "issued_on", "issued_by")
    list_filter = ("project__bureau",)
    search_fields = ("number", "project__code", "project__title_zh")
    list_select_related = ("project", "issued_by")


@admin.register(models.Photo)
class PhotoAdmin(ReadOnlyAdmin):
    border = "project__bureau"
    list_display = ("id", "project", "state", "taken_at", "uploader", "published", "archived")
    list_filter = ("state", "published", "archived", "project__bureau")
    search_fields = ("project__code", "project__title_zh", "caption")
    list_select_related = ("project", "uploader")


@admin.register(models.Estimate)
class EstimateAdmin(MoneyAdmin):
    list_display = ("project", "number", "kind", "amount", "dated", "document_number", "archived")
    list_filter = ("kind", "archived", "project__bureau")


@admin.register(models.Allocation)
class AllocationAdmin(MoneyAdmin):
    list_display = ("project", "number", "source", "year", "amount", "dated", "document_number", "archived")
    list_filter = ("source", "year", "archived", "project__bureau")


@admin.register(models.Spending)
class SpendingAdmin(MoneyAdmin):
    list_display = ("project", "number", "kind", "amount", "dated", "milestone", "archived")
    list_filter = ("kind", "archived", "project__bureau")


@admin.register(models.Assignment)
class AssignmentAdmin(ReadOnlyAdmin):
    border = "project__bureau"
    list_display = ("project", "user", "since", "ended")
    search_fields = ("project__code", "user__username", "user__display_name")
    list_select_related = ("project", "user")


@admin.register(models.LedgerEntry)
class LedgerEntryAdmin(ReadOnlyAdmin):
    readers = READS_MONEY
    border = ""
    list_display = ("id", "subject", "version", "action", "actor_name", "at", "reason", "public")
    list_filter = ("action", "public")
    search_fields = ("=subject", "subject", "actor_name", "reason", "hash")
    ordering = ("-id",)
    fields = (
        "id", "subject", "project", "plan", "bureau", "school", "version", "actor", "actor_name", "action", "at", "reason",
        "public", "change", "previous", "hash",
    )  # fmt: skip
    readonly_fields = ("change",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        if request.user.is_superuser:
            return rows
        mine = self.bureaus(request)
        office = [bureau for bureau, held in roles_of(request.user).items() if held & READS_PEOPLE]
        return rows.filter(
            Q(project__bureau__in=mine)
            | Q(plan__bureau__in=mine)
            | Q(school__bureau__in=mine)
            | (Q(bureau__in=mine) & ~Q(action__in=OF_PEOPLE))
            | Q(bureau__in=office)
        )

    @admin.display(description=_("change"))
    def change(self, entry: models.LedgerEntry) -> SafeString:
        """The patch as it is, readable: one operation a line."""
        lines = [json.dumps(operation, ensure_ascii=False) for operation in entry.patch]
        return format_html("<pre>{}</pre>", "\n".join(lines))


@admin.register(models.DeviceToken)
class DeviceTokenAdmin(ReadOnlyAdmin):
    """The digest stays out of sight; its owner revokes a token through the API."""

    border = ""
    list_display = ("user", "device", "created", "expires", "revoked")
    search_fields = ("user__username", "device")
    list_select_related = ("user",)
    exclude = ("digest",)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_superuser
