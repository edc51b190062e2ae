"""``/api/v1/``: the addresses of the interface."""

from __future__ import annotations

from django.urls import path, re_path
from django.views.decorators.gzip import gzip_page

from projects_api.api.views import (
    coordinates,
    inspections,
    ledger,
    money,
    notifications,
    photos,
    plans,
    projects,
    reference,
    reports,
    schedule,
    schema,
    settings,
    sites,
    tiles,
    tokens,
)

urlpatterns = [
    path("schema/", schema.Schema.as_view(), name="api-schema"),
    path("docs/", schema.Docs.as_view(), name="api-docs"),
    path("tokens/", tokens.Tokens.as_view(), name="api-tokens"),
    path("tokens/<uuid:token_id>/", tokens.TokenView.as_view(), name="api-token"),
    path("bureaus/", reference.Bureaus.as_view(), name="api-bureaus"),
    path("bureaus/<str:code>/", reference.BureauView.as_view(), name="api-bureau"),
    path("bureaus/<str:code>/children/", settings.Children.as_view(), name="api-children"),
    path("regions/", reference.Regions.as_view(), name="api-regions"),
    path("regions/<str:code>/", reference.RegionView.as_view(), name="api-region"),
    path("schools/", reference.Schools.as_view(), name="api-schools"),
    path("schools/<str:code>/", reference.SchoolView.as_view(), name="api-school"),
    path("plans/", plans.Plans.as_view(), name="api-plans"),
    path("plans/<str:slug>/", plans.PlanView.as_view(), name="api-plan"),
    path("plans/<str:slug>/curve/", plans.PlanCurveView.as_view(), name="api-plan-curve"),
    path("calendars/<str:code>/", settings.Calendar.as_view(), name="api-calendar"),
    path("lights/<str:code>/", settings.Lights.as_view(), name="api-lights"),
    path("publishing/<str:code>/", settings.Publishing.as_view(), name="api-publishing"),
    path("notification-rules/<str:code>/", settings.NotificationRulesView.as_view(), name="api-notification-rules"),
    path("templates/", settings.Templates.as_view(), name="api-templates"),
    path("templates/<str:owner>/<str:kind>/<int:version>/", settings.TemplateView.as_view(), name="api-template"),
    path("coordinates/", coordinates.Coordinates.as_view(), name="api-coordinates"),
    path("projects/", projects.Projects.as_view(), name="api-projects"),
    path("projects/<str:code>/", projects.ProjectView.as_view(), name="api-project"),
    path("projects/<str:code>/milestones/", projects.Milestones.as_view(), name="api-milestones"),
    path("projects/<str:code>/milestones/<str:key>/", projects.MilestoneView.as_view(), name="api-milestone"),
    path("projects/<str:code>/baselines/", schedule.Baselines.as_view(), name="api-baselines"),
    path("projects/<str:code>/baselines/<int:number>/", schedule.BaselineView.as_view(), name="api-baseline"),
    path("projects/<str:code>/schedule/", schedule.ScheduleView.as_view(), name="api-schedule"),
    path("projects/<str:code>/template/", settings.ProjectTemplate.as_view(), name="api-project-template"),
    path("projects/<str:code>/engineers/<str:username>/", projects.EngineerView.as_view(), name="api-engineer"),
    path("projects/<str:code>/reports/", reports.Reports.as_view(), name="api-project-reports"),
    path("projects/<str:code>/reports/<uuid:report_id>/", reports.ReportView.as_view(), name="api-report"),
    path(
        "projects/<str:code>/reports/<uuid:report_id>/review/", reports.ReportReview.as_view(), name="api-report-review"
    ),
    path("projects/<str:code>/photos/", photos.Photos.as_view(), name="api-photos"),
    path("projects/<str:code>/photos/pairs/", photos.PhotoPairs.as_view(), name="api-photo-pairs"),
    path("projects/<str:code>/photos/<uuid:photo_id>/", photos.PhotoView.as_view(), name="api-photo"),
    path(
        "projects/<str:code>/photos/<uuid:photo_id>/preview/", photos.PhotoPreview.as_view(), name="api-photo-preview"
    ),
    path(
        "projects/<str:code>/photos/<uuid:photo_id>/original/",
        photos.PhotoOriginal.as_view(),
        name="api-photo-original",
    ),
    path("projects/<str:code>/photos/<uuid:photo_id>/public/", photos.PhotoPublic.as_view(), name="api-photo-public"),
    path("projects/<str:code>/estimates/", money.Estimates.as_view(), name="api-estimates"),
    path("projects/<str:code>/estimates/<int:number>/", money.EstimateView.as_view(), name="api-estimate"),
    path("projects/<str:code>/allocations/", money.Allocations.as_view(), name="api-allocations"),
    path("projects/<str:code>/allocations/<int:number>/", money.AllocationView.as_view(), name="api-allocation"),
    path("projects/<str:code>/spending/", money.SpendingEntries.as_view(), name="api-spending"),
    path("projects/<str:code>/spending/<int:number>/", money.SpendingEntry.as_view(), name="api-spending-entry"),
    path("projects/<str:code>/inspections/", inspections.Inspections.as_view(), name="api-inspections"),
    path("projects/<str:code>/inspections/<int:number>/", inspections.InspectionView.as_view(), name="api-inspection"),
    path("projects/<str:code>/findings/", inspections.Findings.as_view(), name="api-project-findings"),
    path("projects/<str:code>/findings/<int:number>/", inspections.FindingView.as_view(), name="api-finding"),
    path("projects/<str:code>/findings/<int:number>/rectify/", inspections.Rectify.as_view(), name="api-rectify"),
    path(
        "projects/<str:code>/findings/<int:number>/strike-off/", inspections.StrikeOff.as_view(), name="api-strike-off"
    ),
    path("projects/<str:code>/findings/<int:number>/reopen/", inspections.Reopen.as_view(), name="api-reopen"),
    path("projects/<str:code>/certificates/", inspections.Certificates.as_view(), name="api-certificates"),
    path(
        "projects/<str:code>/certificates/<str:number>/",
        inspections.CertificateView.as_view(),
        name="api-certificate",
    ),
    path(
        "projects/<str:code>/certificates/<str:number>/pdf/",
        inspections.CertificatePaper.as_view(),
        name="api-certificate-pdf",
    ),
    path("findings/", inspections.AllFindings.as_view(), name="api-findings"),
    path("projects/<str:code>/history/", ledger.History.as_view(), name="api-history"),
    # Packed, for slow networks; there is nothing in them that a stranger could guess at letter by letter.
    path("reports/", gzip_page(reports.AllReports.as_view()), name="api-reports"),
    path("field/", gzip_page(reports.FieldSites.as_view()), name="api-field"),
    path("notifications/", notifications.Notifications.as_view(), name="api-notifications"),
    path("notifications/read/", notifications.NotificationsRead.as_view(), name="api-notifications-read"),
    path("sites.geojson", sites.Sites.as_view(), name="api-sites"),
    path("tiles/<int:z>/<int:x>/<int:y>.mvt", tiles.SiteTile.as_view(), name="api-tile"),
    path("statistics/", sites.Statistics.as_view(), name="api-statistics"),
    path("changes/", ledger.Changes.as_view(), name="api-changes"),
    re_path(r"^.*$", schema.Nothing.as_view(), name="api-nothing"),
]
