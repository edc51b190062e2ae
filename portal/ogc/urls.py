"""The addresses of the standard, under ``/ogc/``; ``/ogc`` is the landing page too (`config.urls`)."""

from __future__ import annotations

from django.urls import path

from portal.ogc import views

urlpatterns = [
    path("", views.landing, name="ogc"),
    path("api", views.api, name="ogc-api"),
    path("conformance", views.conformance, name="ogc-conformance"),
    path("collections", views.collections, name="ogc-collections"),
    path("collections/projects", views.collection, name="ogc-collection"),
    path("collections/projects/items", views.items, name="ogc-items"),
    path("collections/projects/items/<str:code>", views.item, name="ogc-item"),
]
