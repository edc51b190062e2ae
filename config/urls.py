"""Where everything is mounted; the names are those of the interface."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path
from django.views.i18n import set_language

from portal.ogc.views import root

urlpatterns = [
    path("api/v1/", include("projects_api.api.urls")),
    path("maps/", include("mapviews.urls")),
    path("ogc/", include("portal.ogc.urls")),
    path("ogc", root, name="ogc-root"),
    path("i18n/setlang/", set_language, name="set_language"),
    path("admin/", admin.site.urls),
    path("", include("portal.urls")),
]

handler400 = "portal.errors.bad_request"
handler403 = "portal.errors.forbidden"
handler404 = "portal.errors.not_found"
handler500 = "portal.errors.server_error"
