from __future__ import annotations

from django.urls import path

from portal.office import children, paper, questions, reports, schools, settings, templates, views
from portal.office.inspections.lists import office_inspections

urlpatterns = [
    path("", views.office, name="office"),
    path("paper/", paper.paper, name="office-paper"),
    path("paper/form.xlsx", paper.form, name="office-form"),
    path("inspections/", office_inspections, name="office-inspections"),
    path("questions/", questions.questions, name="office-questions"),
    path("questions/<uuid:question_id>/", questions.question, name="office-question"),
    path("questions/<uuid:question_id>/photo.jpg", questions.photo, name="office-question-photo"),
    path("reports/", reports.reports, name="office-reports"),
    path("reports/<uuid:report_id>/", reports.report, name="office-report"),
    path("milestones/<str:code>/<str:key>/accept/", reports.accept_milestone, name="office-accept"),
    path("<str:code>/calendar/", settings.calendar, name="office-calendar"),
    path("<str:code>/children/", children.children, name="office-children"),
    path("<str:code>/children/table.csv", children.table, name="office-children-table"),
    path("<str:bureau>/schools/", schools.schools, name="office-schools"),
    path("<str:bureau>/schools/new/", schools.school_new, name="office-school-new"),
    path("<str:bureau>/schools/<str:code>/", schools.school, name="office-school"),
    path("<str:bureau>/schools/<str:code>/entry/", schools.school_entry, name="office-school-entry"),
    path("<str:bureau>/schools/<str:code>/acts/<int:number>/", schools.act, name="office-school-act"),
    path("<str:bureau>/schools/<str:code>/acts/<str:kind>/", schools.act_new, name="office-school-act-new"),
    path("<str:code>/lights/", settings.lights, name="office-lights"),
    path("<str:code>/publishing/", settings.publishing, name="office-publishing"),
    path("<str:code>/notifications/", settings.notifications, name="office-notifications"),
    path("<str:bureau>/templates/", templates.templates, name="office-templates"),
    path("<str:bureau>/templates/<str:kind>/", templates.template, name="office-template"),
    path("<str:bureau>/templates/<str:kind>/edit/", templates.template_edit, name="office-template-edit"),
]
