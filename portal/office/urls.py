from __future__ import annotations

from django.urls import path

from portal.office import settings, templates, views

urlpatterns = [
    path("", views.office, name="office"),
    path("<str:code>/calendar/", settings.calendar, name="office-calendar"),
    path("<str:code>/lights/", settings.lights, name="office-lights"),
    path("<str:bureau>/templates/", templates.templates, name="office-templates"),
    path("<str:bureau>/templates/<str:kind>/", templates.template, name="office-template"),
    path("<str:bureau>/templates/<str:kind>/edit/", templates.template_edit, name="office-template-edit"),
]
