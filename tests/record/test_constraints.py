"""Every constraint of the tables, broken behind the services' back: the database refuses, and the refusal is readable."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import CheckConstraint, F, Model, Q
from django.db.models.expressions import CombinedExpression
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from projects_api import engine
from projects_api.api.problems import as_domain_error
from projects_api.choices import MilestoneState
from projects_api.conditions import passes
from projects_api.errors import InvalidInput
from projects_api.models import (
    Alert,
    Allocation,
    AnnualPlan,
    Assignment,
    Bureau,
    Estimate,
    Finding,
    Inspection,
    LedgerEntry,
    Membership,
    Milestone,
    MilestoneTemplate,
    Notification,
    Photo,
    ProgressReport,
    Project,
    Question,
    Region,
    School,
    SchoolEvent,
    Spending,
    TemplateStage,
)
from projects_api.services.reports import Draft, report_submit
from tests.cast import REPORTED, Cast
from tests.factories import LONG_AGO

# Numbers and versions that the services give under the writer's lock, and a client's own keys: nobody can break these by
# what they write, so they have no words of their own.
INTERNAL = {
    "idempotency_key_once", "ledger_version_once", "ledger_entry_has_one_subject", "template_version_once",
    "default_template_version_once", "template_stage_once", "estimate_numbered_once", "allocation_numbered_once",
    "spending_numbered_once", "school_event_numbered_once", "inspection_numbered_once", "finding_numbered_once",
    "notification_once", "alert_once", "question_number_once",
}  # fmt: skip
TOO_EARLY = date(1900, 1, 1)
# A reviewer who is not the author; whether there is one is not looked at before the transaction ends.
REVIEWED = {"reviewed_by": F("author") + 1, "reviewed_at": F("received_at")}
# A finding that is struck off, as far as its own words go.
MENDED = {
    "state": "struck_off", "rectification": "painted anew", "rectified_on": date(2023, 6, 2),
    "struck_off_on": date(2023, 6, 3),
}  # fmt: skip

# constraint: (model, what breaks it)
BROKEN: dict[str, tuple[type[Model], dict[str, Any]]] = {
    "alert_how_known": (Alert, {"how": "hourly"}),
    "question_kind_known": (Question, {"kind": "order"}),
    "question_state_known": (Question, {"state": "lost"}),
    "question_public_was_released": (Question, {"state": "released"}),
    "question_answered_has_answer": (
        Question,
        {"state": "answered", "number": 1, "released_at": F("asked_at"), "public_text": "why?", "answer": ""},
    ),
    "bureau_has_code": (Bureau, {"code": ""}),
    "bureau_bounds_are_a_box": (Bureau, {"west": F("east")}),
    "plan_year_in_range": (AnnualPlan, {"year": 1949}),
    "plan_has_title": (AnnualPlan, {"title_zh": ""}),
    "membership_role_known": (Membership, {"role": "king"}),
    "membership_ends_after_start": (Membership, {"ended": TOO_EARLY}),
    "assignment_ends_after_start": (Assignment, {"ended": TOO_EARLY}),
    "report_state_known": (ProgressReport, {"state": "lost", **REVIEWED}),
    "report_accuracy_in_range": (ProgressReport, {"accuracy": 100_001}),
    "report_reviewed_has_reviewer": (ProgressReport, {"reviewed_at": F("received_at")}),
    "report_not_reviewed_by_author": (ProgressReport, {"state": "accepted", **REVIEWED, "reviewed_by": F("author")}),
    "report_returned_says_why": (ProgressReport, {"state": "returned", **REVIEWED}),
    "project_has_code": (Project, {"code": ""}),
    "project_code_has_form": (Project, {"code": "610526/2023"}),
    "project_has_title": (Project, {"title_zh": "", "title_en": ""}),
    "project_kind_known": (Project, {"kind": "castle"}),
    "project_stage_known": (Project, {"stage": "castle"}),
    "project_status_known": (Project, {"status": "done"}),
    "project_status_reason_known": (Project, {"status": "suspended", "status_reason": "aliens"}),
    "project_status_since_in_range": (Project, {"status": "suspended", "status_since": TOO_EARLY}),
    "project_says_why_it_stands_still": (Project, {"status_reason": "land"}),
    "project_explains_a_reason": (Project, {"status": "suspended", "status_note": "because"}),
    "project_other_reason_is_explained": (Project, {"status": "suspended", "status_reason": "other"}),
    "project_classes_in_range": (Project, {"classes": 501}),
    "project_places_in_range": (Project, {"places": 50_001}),
    "project_floor_area_in_range": (Project, {"floor_area": 10_000_001}),
    "project_land_area_in_range": (Project, {"land_area": -1}),
    "project_investment_in_range": (Project, {"total_investment": -1}),
    "project_progress_in_range": (Project, {"progress": 101}),
    "project_target_belongs_to_plan": (Project, {"plan": None}),
    "project_site_says_how_known": (Project, {"site": None}),
    "project_site_accuracy_in_range": (Project, {"site_accuracy": 0}),
    "project_accuracy_is_of_a_site": (Project, {"site_accuracy": 5, "site": None, "location_precision": ""}),
    "project_outline_came_in_a_system": (Project, {"footprint_crs": "WGS84"}),
    "template_kind_known": (MilestoneTemplate, {"kind": "castle"}),
    "template_weight_in_range": (TemplateStage, {"weight": 101}),
    "milestone_state_known": (Milestone, {"state": "done"}),
    "milestone_reason_known": (Milestone, {"delay_reason": "aliens"}),
    "milestone_percent_in_range": (Milestone, {"percent": 101, "actual": date(2023, 6, 1), "state": "not_met"}),
    "milestone_weight_in_range": (Milestone, {"weight": 101}),
    "milestone_ends_after_start": (
        Milestone,
        {"started": date(2023, 6, 2), "actual": date(2023, 6, 1), "state": "met", "percent": 100},
    ),
    "milestone_planned_in_range": (Milestone, {"planned": TOO_EARLY}),
    "milestone_forecast_in_range": (Milestone, {"forecast": TOO_EARLY}),
    "milestone_started_in_range": (Milestone, {"started": TOO_EARLY, "state": "in_progress"}),
    "milestone_actual_in_range": (Milestone, {"actual": TOO_EARLY, "state": "met", "percent": 100}),
    "milestone_met_has_date": (Milestone, {"state": "met"}),
    "milestone_with_date_is_met": (Milestone, {"actual": date(2023, 6, 1), "percent": 100, "state": "in_progress"}),
    "milestone_complete_has_date": (Milestone, {"percent": 100, "state": "in_progress"}),
    "milestone_with_date_is_complete": (Milestone, {"actual": date(2023, 6, 1), "state": "not_met", "percent": 60}),
    "milestone_not_begun_says_nothing": (Milestone, {"percent": 40}),
    "milestone_explains_a_reason": (Milestone, {"delay_note": "because"}),
    "milestone_other_reason_is_explained": (Milestone, {"delay_reason": "other"}),
    **{
        f"{name}_{field}_in_range": (model, {field: 3661, "longest": 3661} if field == "duration" else {field: 3661})
        for name, model in (("milestone", Milestone), ("template", TemplateStage))
        for field in ("duration", "shortest", "longest")
    },
    **{
        f"{name}_{order}": (model, values)
        for name, model in (("milestone", Milestone), ("template", TemplateStage))
        for order, values in (
            ("usual_not_below_shortest", {"shortest": 20, "duration": 10, "longest": 30}),
            ("longest_not_below_usual", {"shortest": 5, "duration": 10, "longest": 9}),
        )
    },
    "project_needed_by_in_range": (Project, {"needed_by": TOO_EARLY}),
    "estimate_date_in_range": (Estimate, {"dated": TOO_EARLY}),
    "estimate_kind_known": (Estimate, {"kind": "guess"}),
    "estimate_amount_in_range": (Estimate, {"amount": -1}),
    "allocation_date_in_range": (Allocation, {"dated": TOO_EARLY}),
    "allocation_source_known": (Allocation, {"source": "lottery"}),
    "allocation_year_in_range": (Allocation, {"year": 1949}),
    "allocation_amount_in_range": (Allocation, {"amount": -1}),
    "spending_date_in_range": (Spending, {"dated": TOO_EARLY}),
    "spending_kind_known": (Spending, {"kind": "both"}),
    "spending_amount_in_range": (Spending, {}),  # no 15 digits lie outside it: the column itself is the limit
    "spending_is_not_nothing": (Spending, {"amount": 0}),
    "inspection_kind_known": (Inspection, {"kind": "party"}),
    "inspection_result_known": (Inspection, {"result": "fine"}),
    "inspection_date_in_range": (Inspection, {"held_on": TOO_EARLY}),
    "finding_severity_known": (Finding, {"severity": "grave"}),
    "finding_state_known": (Finding, {"state": "lost"}),
    "finding_has_owner": (Finding, {"owner": ""}),
    "finding_deadline_in_range": (Finding, {"raised_on": TOO_EARLY, "deadline": TOO_EARLY}),
    "finding_deadline_after_raised": (Finding, {"deadline": date(2023, 5, 31)}),
    "finding_rectified_after_raised": (Finding, {"rectified_on": date(2023, 5, 31)}),
    "finding_rectified_has_evidence": (Finding, {"state": "rectified"}),
    "finding_struck_off_has_inspector": (Finding, {"struck_off_on": date(2023, 6, 2)}),
    "finding_not_struck_off_by_who_mended": (
        Finding,
        {**MENDED, "struck_off_by": F("raised_by"), "rectified_by": F("raised_by")},
    ),
    "finding_reopened_says_why": (Finding, {"state": "reopened", "reopened_on": date(2023, 6, 2)}),
    "notification_kind_known": (Notification, {"kind": "gossip"}),
    "notification_mail_known": (Notification, {"mail": "by pigeon"}),
    "photo_state_known": (Photo, {"state": "lost"}),
    "photo_size_in_range": (Photo, {"size": 0}),
    "photo_accuracy_in_range": (Photo, {"accuracy": 100_001}),
    "photo_refused_says_why": (Photo, {"refusal": "damaged"}),
    "photo_complete_was_checked": (Photo, {"state": "complete"}),
    "photo_published_is_complete": (Photo, {"published": True}),
    "region_has_code": (Region, {"code": ""}),
    "region_level_known": (Region, {"level": "village"}),
    "region_kind_known": (Region, {"kind": "village"}),
    "region_is_not_its_own_parent": (Region, {"parent": F("id")}),
    "school_has_name": (School, {"name_zh": "", "name_en": ""}),
    "school_stage_known": (School, {"stage": "castle"}),
    "school_classes_in_range": (School, {"classes": 501}),
    "school_places_in_range": (School, {"places": 50_001}),
    "school_location_says_how_known": (School, {"location_precision": "surveyed"}),
    "school_event_kind_known": (SchoolEvent, {"kind": "party"}),
    "school_event_decision_known": (SchoolEvent, {"decision": "maybe"}),
    "school_event_decided_after_applied": (SchoolEvent, {"decided": TOO_EARLY}),
    "school_event_decision_is_documented": (SchoolEvent, {"document_number": ""}),
}
# UniqueConstraints: the same row once more.
TWICE: dict[str, type[Model]] = {
    "alert_once": Alert,
    "question_number_once": Question,
    "one_plan_per_bureau_and_year": AnnualPlan,
    "one_active_membership": Membership,
    "one_active_assignment": Assignment,
    "project_source_key_once": Project,
    "milestone_once_per_project": Milestone,
    "template_stage_once": TemplateStage,
    "template_version_once": MilestoneTemplate,
    "default_template_version_once": MilestoneTemplate,
    "estimate_numbered_once": Estimate,
    "allocation_numbered_once": Allocation,
    "spending_numbered_once": Spending,
    "school_event_numbered_once": SchoolEvent,
    "school_event_document_once": SchoolEvent,
    "inspection_numbered_once": Inspection,
    "finding_numbered_once": Finding,
    "notification_once": Notification,
}
# Tried in their own tests.
LEDGERS = {
    "ledger_version_once", "ledger_entry_has_one_subject", "idempotency_key_once", "baseline_number_once",
    "baseline_has_reason", "certificate_number_once", "certificate_once_per_inspection",
}  # fmt: skip

CONSTRAINTS = {
    constraint.name: (model, constraint)
    for model in apps.get_app_config("projects_api").get_models()
    for constraint in model._meta.constraints
}


def test_every_constraint_is_tried() -> None:
    assert CONSTRAINTS.keys() == BROKEN.keys() | TWICE.keys() | LEDGERS


@pytest.mark.parametrize("name", sorted(CONSTRAINTS.keys() - INTERNAL))
def test_every_constraint_has_words_of_its_own_and_names_a_field_that_exists(name: str) -> None:
    model, constraint = CONSTRAINTS[name]
    words = str(constraint.violation_error_message)
    assert (
        words != str(constraint.default_violation_error_message) and name not in words and words.endswith((".", "。"))
    )
    if constraint.violation_error_code:
        model._meta.get_field(constraint.violation_error_code)
    for language in ("en", "zh-hans"):
        with translation.override(language):
            assert constraint.get_violation_error_message() == str(constraint.violation_error_message), (
                "a % is no format"
            )


def refusal(broken: IntegrityError) -> InvalidInput:
    error = as_domain_error(broken)
    assert isinstance(error, InvalidInput)
    return error


def row_of(cast: Cast, model: type[Model]) -> Any:
    rows = model._default_manager.all()
    if model is Milestone:
        rows = rows.filter(state="scheduled")
    if model is Project:
        rows = rows.filter(code=cast.published)
    if model is MilestoneTemplate:
        rows = rows.filter(bureau__isnull=True)
    if model is ProgressReport:
        draft = Draft(id=uuid4(), base_version=1, made_at=LONG_AGO, text="第三层")
        return report_submit(project_id=cast.project().pk, actor=cast.user("engineer"), at=REPORTED, draft=draft)
    if model is SchoolEvent:
        return SchoolEvent.objects.create(
            school=School.objects.get(code=cast.school), number=2, kind="establishment", applicant="镇政府",
            applied=date(2022, 1, 1), decision="approved", decided=date(2022, 2, 1), document_number="1", authority="局",
        )  # fmt: skip
    if model is Photo:
        moment = datetime(2023, 6, 6, tzinfo=UTC)
        return Photo.objects.create(
            id=uuid4(), project=cast.project(), uploader=cast.user("engineer"), announced_at=moment, taken_at=moment,
            size=100, media_type="image/jpeg",
        )  # fmt: skip
    if model is Alert:
        return Alert.objects.create(address="parent@example.cn", scope="", language="en", made_at=REPORTED)
    if model is Question:
        return Question.objects.create(
            project=cast.project(), number=1, text="why?", language="en", asked_at=REPORTED, due_on=date(2023, 6, 20)
        )
    if model is Notification:
        return Notification.objects.create(
            recipient=cast.user("engineer"),
            project=cast.project(),
            kind="stale",
            key="stale:2023-06-01",
            created_at=REPORTED,
        )
    if model in (Inspection, Finding):
        inspection = Inspection.objects.create(
            project=cast.project(), number=1, kind="quality", held_on=date(2023, 6, 1), result="failed",
            author=cast.user("supervisor"),
        )  # fmt: skip
        if model is Inspection:
            return inspection
        return Finding.objects.create(
            project=cast.project(), number=1, inspection=inspection, severity="minor", description="the paint peels",
            owner="the painter", deadline=date(2023, 7, 1), raised_by=cast.user("supervisor"), raised_on=date(2023, 6, 1),
        )  # fmt: skip
    return rows.order_by("pk").first()


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_the_database_refuses_and_the_refusal_is_readable(cast: Cast, name: str) -> None:
    model, bad = BROKEN[name]
    if not bad:
        return
    constraint = CONSTRAINTS[name][1]
    row = row_of(cast, model)
    with pytest.raises(IntegrityError) as broken, transaction.atomic():
        model._default_manager.filter(pk=row.pk).update(**bad)
    assert engine.constraint_of(broken.value) is constraint
    (error,) = refusal(broken.value).errors
    assert str(error.message) == str(constraint.violation_error_message)
    assert error.pointer == "/" + (constraint.violation_error_code or "")


def known(row: Any, value: Any) -> Any:
    """A value of `BROKEN` as the row itself holds it: `F("author")`, or one more than that."""
    if isinstance(value, CombinedExpression):
        left, right = value.get_source_expressions()
        return known(row, left) + right.value
    return getattr(row, row._meta.get_field(value.deconstruct()[1][0]).attname) if isinstance(value, F) else value


@pytest.mark.parametrize("name", sorted(name for name, (_m, bad) in BROKEN.items() if bad))
def test_what_python_says_of_a_check_is_what_the_database_says(cast: Cast, name: str) -> None:
    """The services look at checks without asking the database (`projects_api.conditions`)."""
    model, bad = BROKEN[name]
    constraint = CONSTRAINTS[name][1]
    assert isinstance(constraint, CheckConstraint) and isinstance(constraint.condition, Q)
    row = row_of(cast, model)
    assert passes(constraint.condition, row)
    for field, value in bad.items():
        setattr(row, row._meta.get_field(field).attname, known(row, value))
    assert not passes(constraint.condition, row)


STATES = st.sampled_from([*MilestoneState.values, "lost"])
DAYS = st.none() | st.dates(date(1949, 9, 1), date(2101, 2, 1))
DURATIONS = st.none() | st.integers(0, 4000)


@given(
    st.fixed_dictionaries(
        {"state": STATES, "percent": st.integers(0, 120), "started": DAYS, "actual": DAYS, "planned": DAYS,
         "delay_reason": st.sampled_from(["", "other", "weather", "moon"]), "delay_note": st.sampled_from(["", "rain"]),
         "shortest": DURATIONS, "duration": DURATIONS, "longest": DURATIONS}
    )
)  # fmt: skip
def test_any_milestone_is_judged_by_python_as_by_the_database(cast: Cast, facts: dict[str, Any]) -> None:
    milestone = cast.project().milestones.get(key="foundations")
    for field, value in facts.items():
        setattr(milestone, field, value)
    for constraint in Milestone._meta.constraints:
        if isinstance(constraint, CheckConstraint) and isinstance(constraint.condition, Q):
            try:
                constraint.validate(Milestone, milestone)
                lets_in = True
            except ValidationError:
                lets_in = False
            assert passes(constraint.condition, milestone) is lets_in, constraint.name


@pytest.mark.parametrize("name", sorted(TWICE))
def test_the_same_row_twice_is_refused_by_name(cast: Cast, name: str) -> None:
    row = row_of(cast, TWICE[name])
    if name == "template_version_once":
        row = MilestoneTemplate.objects.create(bureau=cast.bureau(), kind="renovation", version=1)
    if name == "project_source_key_once":
        Project.objects.filter(pk=row.pk).update(source="s", source_key="k")
        row.refresh_from_db()
        row.code = "610526-2023-099"
    if isinstance(row, SchoolEvent):  # one of the two at a time
        row.number, row.document_number = (2, "2") if name == "school_event_numbered_once" else (3, "1")
    row.pk = None
    row._state.adding = True
    with pytest.raises(IntegrityError) as broken, transaction.atomic():
        row.save(force_insert=True)
    found = engine.constraint_of(broken.value)
    assert found is not None and found.name == name
    assert refusal(broken.value).errors[0].message


def test_a_broken_constraint_that_no_model_knows_is_still_a_readable_refusal(cast: Cast) -> None:
    with pytest.raises(IntegrityError) as broken, transaction.atomic():
        Project.objects.filter(pk=cast.project().pk).update(code=cast.unpublished)
    error = as_domain_error(broken.value)
    assert error is not None and error.status in (400, 409) and str(error.detail or error.errors)


def test_the_ledger_knows_one_subject_and_each_version_once(cast: Cast) -> None:
    entry = LedgerEntry.objects.filter(project__code=cast.published).latest("version")
    for change in ({"plan": None, "project": None, "version": 900}, {}):
        entry.pk = None
        for name, value in change.items():
            setattr(entry, name, value)
        with pytest.raises(IntegrityError), transaction.atomic():
            entry.save(force_insert=True)
        entry = LedgerEntry.objects.filter(project__code=cast.published).latest("version")


def test_the_services_say_the_same_words_before_the_database_does(cast: Cast, api: Any) -> None:
    """A constraint is checked twice: readable with its pointer in the service, as a last line in the table."""
    answer = api("official").change(f"projects/{cast.published}/", {"title_zh": "", "title_en": ""})
    with translation.override("en"):
        words = str(CONSTRAINTS["project_has_title"][1].violation_error_message)
    assert answer.problem(400, "/title_zh")["errors"][0]["message"] == words


def test_protected_rows_are_not_deleted(cast: Cast) -> None:
    """Archive instead of delete: every reference protects what it points at, down to raw SQL."""
    project = cast.project()
    for table, column, value in (
        ("projects_api_project", "id", project.pk),
        ("projects_api_bureau", "id", project.bureau_id),
        ("projects_api_user", "username", "'engineer'"),
        ("projects_api_annualplan", "id", project.plan_id),
    ):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {table} WHERE {column} = {value}")
            connection.check_constraints()


def test_every_check_is_of_the_database_too(cast: Cast) -> None:
    """No constraint exists in Python alone."""
    with connection.cursor() as cursor:
        for model, constraint in CONSTRAINTS.values():
            if isinstance(constraint, CheckConstraint):
                found = connection.introspection.get_constraints(cursor, model._meta.db_table)
                assert constraint.name in found, constraint.name
