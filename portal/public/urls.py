"""Public pages and sign-in."""

from __future__ import annotations

from django.contrib.auth import views as auth
from django.urls import path

from portal.public import views

urlpatterns = [
    path("", views.home, name="home"),
    path("projects/", views.projects, name="projects"),
    path("projects/<str:code>/", views.project, name="project"),
    path("plans/", views.plans, name="plans"),
    path("plans/<str:slug>/", views.plan, name="plan"),
    path("accounts/login/", auth.LoginView.as_view(template_name="accounts/login.html"), name="login"),
    path("accounts/logout/", auth.LogoutView.as_view(), name="logout"),
]
