"""Public pages and sign-in."""

from __future__ import annotations

from django.contrib.auth.views import LogoutView
from django.urls import path

from portal.office import baseline, follow
from portal.public import plans, project, views
from portal.public.sign_in import SignIn

urlpatterns = [
    path("", views.home, name="home"),
    path("projects/", views.projects, name="projects"),
    path("projects/<str:code>/", project.project, name="project"),
    path("projects/<str:code>/baseline/", baseline.baseline, name="project-baseline"),
    path("projects/<str:code>/template/", follow.follow, name="project-template"),
    path("plans/", plans.plans, name="plans"),
    path("plans/<str:slug>/", plans.plan, name="plan"),
    path("plans/<str:slug>/wall/", plans.plan_wall, name="plan-wall"),
    path("accounts/login/", SignIn.as_view(), name="login"),
    path("accounts/logout/", LogoutView.as_view(), name="logout"),
]
