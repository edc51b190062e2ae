"""The pages' addresses."""

from __future__ import annotations

from django.urls import include, path

from portal import health

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("field/", include("portal.field.urls")),
    path("office/", include("portal.office.urls")),
    path("", include("portal.public.urls")),
]
