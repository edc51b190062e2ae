"""Public pages and sign-in."""

from __future__ import annotations

from django.contrib.auth.views import LogoutView
from django.urls import path

from mapviews import own
from portal import notifications
from portal.feeds import views as feeds
from portal.office import baseline, follow, photos, place, status
from portal.office.inspections import certificate, finding, inspection, lists
from portal.public import (
    alerts,
    crawlers,
    downloads,
    history,
    open_data,
    plans,
    project,
    questions,
    regions,
    schools,
    shared,
    views,
)
from portal.public.sign_in import SignIn

urlpatterns = [
    path("", views.home, name="home"),
    path("projects/", views.projects, name="projects"),
    path("projects/<str:code>/", project.project, name="project"),
    path("feed.atom", feeds.changes, name="feed"),
    path("openings.atom", feeds.opening, name="feed-openings"),
    path("projects/<str:code>/feed.atom", feeds.project, name="project-feed"),
    path("regions/<str:code>/feed.atom", feeds.region, name="region-feed"),
    path("bureaus/<str:code>/feed.atom", feeds.bureau, name="bureau-feed"),
    path("projects/<str:code>/changes/", history.changes, name="project-changes"),
    path("projects/<str:code>/ledger.json", history.ledger, name="project-ledger"),
    path("projects/<str:code>/share.png", shared.share, name="project-share"),
    path("projects/<str:code>/badge.svg", shared.badge, name="project-badge"),
    path("projects/<str:code>/embed/", shared.embed, name="project-embed"),
    path("projects/<str:code>/map.json", own.document, name="project-map"),
    path("projects/<str:code>/baseline/", baseline.baseline, name="project-baseline"),
    path("projects/<str:code>/place/", place.place, name="project-place"),
    path("projects/<str:code>/status/", status.status, name="project-status"),
    path("projects/<str:code>/template/", follow.follow, name="project-template"),
    path("projects/<str:code>/inspections/", lists.project_inspections, name="project-inspections"),
    path("projects/<str:code>/inspections/new/", inspection.inspection_new, name="inspection-new"),
    path("projects/<str:code>/inspections/<int:number>/", inspection.inspection, name="inspection"),
    path("projects/<str:code>/inspections/<int:number>/edit/", inspection.inspection_edit, name="inspection-edit"),
    path("projects/<str:code>/findings/new/", finding.finding_new, name="finding-new"),
    path("projects/<str:code>/findings/<int:number>/", finding.finding, name="finding"),
    path("projects/<str:code>/certificates/new/", certificate.certificate_new, name="certificate-new"),
    path("projects/<str:code>/certificates/<str:number>/", certificate.certificate, name="certificate"),
    path("projects/<str:code>/certificates/<str:number>/pdf/", certificate.certificate_paper, name="certificate-paper"),
    path("projects/<str:code>/photos/", photos.photos, name="project-photos"),
    path("projects/<str:code>/photos/<uuid:photo_id>/", photos.photo, name="project-photo"),
    path("favicon.ico", crawlers.icon, name="favicon"),
    path("robots.txt", crawlers.robots, name="robots"),
    path("sitemap.xml", crawlers.sitemap, name="sitemap"),
    path("sitemaps/<str:part>.xml", crawlers.sitemap_part, name="sitemap-part"),
    path("schools/<str:code>/", schools.school, name="school"),
    path("regions/<str:code>/", regions.region, name="region"),
    path("projects/<str:code>/questions/", questions.questions, name="project-questions"),
    path("projects/<str:code>/questions/new/", questions.question_new, name="question-new"),
    path("projects/<str:code>/questions/sent/", questions.question_sent, name="question-sent"),
    path("projects/<str:code>/questions/<int:number>/photo.jpg", questions.question_photo, name="question-photo"),
    path("plans/", plans.plans, name="plans"),
    path("plans/<str:slug>/", plans.plan, name="plan"),
    path("plans/<str:slug>/wall/", plans.plan_wall, name="plan-wall"),
    path("open-data/", open_data.open_data, name="open-data"),
    path("open-data/dictionary/", open_data.dictionary, name="open-data-dictionary"),
    path("open-data/catalog.jsonld", open_data.catalogue, name="open-data-catalog"),
    path("open-data/csv-metadata.json", open_data.metadata, name="open-data-metadata"),
    path("open-data/nightly/<str:name>", downloads.nightly_file, name="open-data-nightly"),
    path("open-data/nightly/<str:bureau>/<str:name>", downloads.nightly_file, name="open-data-nightly-part"),
    path("open-data/<str:name>/", open_data.table, name="open-data-table"),
    path("open-data/<str:name>", downloads.file, name="open-data-file"),
    path("alerts/", alerts.alerts, name="alerts"),
    path("alerts/sent/", alerts.alert_sent, name="alert-sent"),
    path("alerts/confirm/<str:token>/", alerts.alert_confirmation, name="alert-confirm"),
    path("alerts/<str:token>/", alerts.alert, name="alert"),
    path("accounts/notifications/", notifications.notifications, name="notifications"),
    path("accounts/notifications/settings/", notifications.choices, name="notification-settings"),
    path("accounts/login/", SignIn.as_view(), name="login"),
    path("accounts/logout/", LogoutView.as_view(), name="logout"),
]
