"""The maps, mounted at ``/maps/``."""

from __future__ import annotations

from django.urls import path
from django.views.generic import RedirectView

from mapviews import views

app_name = "mapviews"

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="mapviews:status", query_string=True), name="index"),
    path("status/", views.status, name="status"),
    path("status/boot.js", views.boot, name="boot"),
    path("status/map.css", views.sheet, name="sheet"),
    path("marks.json", views.marks, name="marks"),
    path("sites.json", views.sites, name="sites"),
    path("outline.geojson", views.outline, name="outline"),
]
