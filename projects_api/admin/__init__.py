"""Staff's view: everything of the record can be looked up here, and nothing of it changed.

Writes go through the API and its services, which end in the ledger; so do roles, which superusers give and end here.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import Group
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from projects_api.admin import people, record  # what they register
from projects_api.errors import NotAllowed

__all__ = ["people", "record"]


def sign_in(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
    """The admin has no door of its own: one sign-in, one lock against guessing."""
    index = reverse("admin:index")
    if not request.user.is_authenticated:
        return redirect_to_login(request.GET.get("next") or index, login_url=reverse("login"))
    if not admin.site.has_permission(request):
        raise NotAllowed(_("This part is for staff."))
    return HttpResponseRedirect(index)


admin.site.login = sign_in  # type: ignore[method-assign]
admin.site.site_header = _("SchoolWorks: staff")
admin.site.site_title = _("SchoolWorks")
admin.site.index_title = _("The record, to look up")
admin.site.unregister(Group)  # roles are memberships in a bureau; nothing here reads groups
