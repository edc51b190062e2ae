from __future__ import annotations

from django.urls import path

from portal.office import views

urlpatterns = [path("", views.office, name="office")]
