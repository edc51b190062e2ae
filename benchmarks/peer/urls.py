"""The product's addresses, with the peers before them."""

from __future__ import annotations

from django.urls import include, path

from benchmarks.peer import views

urlpatterns = [
    path("peer/sites-drf-gis.geojson", views.GisSites.as_view()),
    path("peer/projects/", views.BareProjects.as_view()),
    path("peer/folium/", views.empty_folium),
    path("peer/folium/<str:way>/", views.full_folium),
    path("", include("config.urls")),
]

handler400 = "portal.errors.bad_request"
handler403 = "portal.errors.forbidden"
handler404 = "portal.errors.not_found"
handler500 = "portal.errors.server_error"
