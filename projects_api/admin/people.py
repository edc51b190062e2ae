"""Accounts and roles, for superusers. Roles are given and ended through ``services.memberships``, and so in the bureau's ledger;
what accounts are called and whether they can sign in has none."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from projects_api import models
from projects_api.errors import InvalidInput
from projects_api.services.memberships import membership_end, membership_give, refuse_a_second


class SuperusersOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    """Accounts and roles, until bureau administrators have their second factor."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_superuser

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.is_superuser

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_superuser

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.is_superuser


class UserCreation(AdminUserCreationForm):  # type: ignore[type-arg]
    class Meta(AdminUserCreationForm.Meta):
        model = models.User


class UserChange(UserChangeForm):  # type: ignore[type-arg]
    class Meta(UserChangeForm.Meta):
        model = models.User


@admin.register(models.User)
class UserAdmin(SuperusersOnly, DjangoUserAdmin):  # type: ignore[type-arg]
    """Accounts are made inactive, never deleted: the ledger names them."""

    form = UserChange
    add_form = UserCreation
    list_display = ("username", "display_name", "is_active", "is_staff", "is_superuser", "is_demo", "last_login")
    list_filter = ("is_active", "is_staff", "is_superuser", "is_demo", "memberships__role")
    search_fields = ("username", "display_name", "email")
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Person"), {"fields": ("display_name", "email")}),
        (_("Access"), {"fields": ("is_active", "is_staff", "is_superuser", "is_demo")}),
        (_("Times"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (
            None,
            {"classes": ("wide",), "fields": ("username", "display_name", "usable_password", "password1", "password2")},
        ),
    )
    readonly_fields = ("last_login", "date_joined")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A user name is for ever: ledgers and documents name people by it. The name that people read may change."""
        return (*super().get_readonly_fields(request, obj), *(["username"] if obj else []))


class MembershipForm(ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = models.Membership
        fields = ("user", "bureau", "role", "since", "ended")

    def _post_clean(self) -> None:
        """The table's own rules, also those over fields that are not in the form: a second active membership."""
        super()._post_clean()  # type: ignore[misc]
        if not self.errors:
            try:
                self.instance.validate_constraints()
                refuse_a_second(self.instance)
            except ValidationError as error:
                self.add_error(None, error.messages)
            except InvalidInput as error:
                self.add_error(None, str(error.errors[0].message))


@admin.register(models.Membership)
class MembershipAdmin(SuperusersOnly):
    """A role is given from a day on, and ended; what has ended stays as it was."""

    form = MembershipForm
    list_display = ("user", "bureau", "role", "since", "ended")
    list_filter = ("bureau", "role", ("ended", admin.EmptyFieldListFilter))
    search_fields = ("user__username", "user__display_name")
    list_select_related = ("user", "bureau")
    autocomplete_fields = ("user",)
    actions = ("end_today",)

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return ("user", "bureau", "role", "since") if obj is None else ("user", "bureau", "role", "since", "ended")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ()
        return ("user", "bureau", "role", "since", *(["ended"] if obj.ended and obj.ended <= today_of(obj) else []))

    def save_model(self, request: HttpRequest, obj: models.Membership, form: Any, change: bool) -> None:
        if not change:
            given = membership_give(
                user=obj.user, bureau=obj.bureau, role=obj.role, since=obj.since, actor=who(request), at=timezone.now()
            )
            obj.pk = given.pk
        elif obj.ended and "ended" in form.changed_data:
            membership_end(membership=obj, ended=obj.ended, actor=who(request), at=timezone.now())

    @admin.action(description=_("End today"))
    def end_today(self, request: HttpRequest, queryset: QuerySet[models.Membership]) -> None:
        for membership in queryset.select_related("bureau"):
            today = today_of(membership)
            if membership.ended is None or membership.ended > today:
                ended = max(today, membership.since)
                membership_end(membership=membership, ended=ended, actor=who(request), at=timezone.now())


def today_of(membership: models.Membership) -> date:
    return membership.bureau.day_of(timezone.now())


def who(request: HttpRequest) -> models.User:
    assert isinstance(request.user, models.User)  # nobody else comes here (SuperusersOnly)
    return request.user
