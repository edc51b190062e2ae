"""The admin: everything of the record to look up, nothing of it to change; people's roles through the services."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from projects_api.models import (
    Alert,
    Baseline,
    Certificate,
    DeviceToken,
    Finding,
    IdempotencyRecord,
    Inspection,
    Membership,
    Notification,
    NotificationChoice,
    PeriodicTask,
    Photo,
    Project,
    Question,
    School,
    SchoolEvent,
    TemplateStage,
    Throttle,
    User,
)
from projects_api.services.reports import Draft, report_submit
from tests.cast import PRIVATE, Cast
from tests.portal.conftest import Page

Browser = Callable[..., Client]
CHANGEABLE = {"user", "membership"}
# Seen on other pages of the admin, or the product's own book-keeping.
NOT_LISTED = {
    Question,
    Alert,
    Throttle,
    IdempotencyRecord,
    Notification,
    NotificationChoice,
    PeriodicTask,
    TemplateStage,
}


def record_models() -> list[Any]:
    return [model for model in admin.site._registry if model._meta.app_label == "projects_api"]


def address(model: Any, page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


@pytest.fixture
def full(cast: Cast) -> Cast:
    """A row in every table."""
    school = School.objects.get(code=cast.school)
    SchoolEvent.objects.create(
        school=school,
        number=2,
        kind="establishment",
        applicant="First School",
        applied=date(2023, 1, 1),
        decision="pending",
    )
    Baseline.objects.create(
        project=Project.objects.get(code=cast.published),
        number=1,
        approved_at=datetime(2023, 3, 1, tzinfo=UTC),
        reason="the plan of the year",
        finish=date(2024, 8, 20),
        stages={},
    )
    draft = Draft(id=uuid4(), base_version=1, made_at=datetime(2023, 6, 1, tzinfo=UTC), text="Third floor")
    report_submit(
        project_id=cast.project().pk, actor=cast.user("engineer"), at=datetime(2023, 6, 1, tzinfo=UTC), draft=draft
    )
    held = {"project": Project.objects.get(code=cast.published), "number": 1}
    inspection = Inspection.objects.create(
        **held, kind="quality", held_on=date(2023, 6, 1), result="failed", author=cast.user("supervisor")
    )
    Finding.objects.create(
        **held,
        severity="minor",
        description="the paint peels",
        owner="the painter",
        deadline=date(2023, 7, 1),
        raised_by=cast.user("supervisor"),
        raised_on=date(2023, 6, 1),
    )
    Photo.objects.create(
        id=uuid4(),
        project=held["project"],
        uploader=cast.user("engineer"),
        announced_at=timezone.now(),
        taken_at=timezone.now(),
        size=100,
        media_type="image/jpeg",
    )
    Certificate.objects.create(
        project=held["project"],
        number="YS-610526-2023-001",
        inspection=inspection,
        issued_on=date(2023, 6, 2),
        issued_by=cast.user("official"),
        content={},
    )
    return cast


def test_every_table_of_the_record_is_there() -> None:
    registered = set(admin.site._registry)
    for model in apps.get_app_config("projects_api").get_models():
        assert model in registered or model in NOT_LISTED, model


def test_every_page_of_the_admin_can_be_read(full: Cast, browser_of: Browser) -> None:
    client = browser_of("superuser", "zh-hans")
    assert client.get("/admin/").status_code == 200
    for model, site_admin in admin.site._registry.items():
        listing = client.get(address(model, "changelist"))
        assert listing.status_code == 200, model
        if site_admin.search_fields:
            assert client.get(address(model, "changelist"), {"q": "1"}).status_code == 200, model
        first: Any = model._default_manager.first()
        if model._meta.app_label == "projects_api":
            assert first is not None, model
            page = Page(client.get(address(model, "change", first.pk)))
            assert page.status == 200, model
            assert " style=" not in page.html and "onclick=" not in page.html, model
            assert client.get(address(model, "history", first.pk)).status_code == 200, model
    for name in ("user", "membership"):
        assert client.get(reverse(f"admin:projects_api_{name}_add")).status_code == 200


def test_no_write_to_the_record_is_possible(full: Cast, browser_of: Browser) -> None:
    client = browser_of("superuser")
    for model in record_models():
        if model._meta.model_name in CHANGEABLE:
            continue
        first: Any = model._default_manager.first()
        before = list(model._default_manager.values())
        fields = {field.name: "1" for field in model._meta.fields}
        assert client.get(address(model, "add")).status_code == 403, model
        assert client.post(address(model, "add"), fields).status_code == 403, model
        assert client.post(address(model, "change", first.pk), fields).status_code == 403, model
        assert client.post(address(model, "delete", first.pk), {"post": "yes"}).status_code == 403, model
        assert "_save" not in Page(client.get(address(model, "change", first.pk))).html, model
        client.post(
            address(model, "changelist"), {"action": "delete_selected", "_selected_action": [first.pk], "post": "yes"}
        )
        assert list(model._default_manager.values()) == before, model


def test_nobody_is_deleted(full: Cast, browser_of: Browser) -> None:
    client = browser_of("superuser")
    for model in (User, Membership):
        first: Any = model._default_manager.first()
        assert client.post(address(model, "delete", first.pk), {"post": "yes"}).status_code == 403
        client.post(
            address(model, "changelist"), {"action": "delete_selected", "_selected_action": [first.pk], "post": "yes"}
        )
        assert model._default_manager.filter(pk=first.pk).exists()


def test_the_ledger_shows_what_changed(full: Cast, browser_of: Browser) -> None:
    entry: Any = full.project().ledger.filter(action="milestone.change").last()
    page = Page(browser_of("superuser").get(address(type(entry), "change", entry.pk)))
    assert "/milestones/project_approval/actual" in page and entry.hash in page


def test_secrets_stay_out_of_sight(full: Cast, browser_of: Browser) -> None:
    token = DeviceToken.objects.all()[0]
    client = browser_of("superuser")
    assert token.digest not in client.get(address(DeviceToken, "change", token.pk)).content.decode()
    assert token.digest not in client.get(address(DeviceToken, "changelist")).content.decode()
    user = User.objects.get(username="official")
    assert user.password.split("$")[-1] not in client.get(address(User, "change", user.pk)).content.decode()


def test_a_superuser_makes_an_account_and_gives_and_ends_a_role(full: Cast, browser_of: Browser) -> None:
    client = browser_of("superuser")
    new = {"username": "new_person", "display_name": "新人", "usable_password": "true"}
    new |= {"password1": "long enough 57", "password2": "long enough 57"}
    assert client.post(address(User, "add"), new).status_code == 302
    user = User.objects.get(username="new_person")
    assert user.display_name == "新人" and not user.is_staff
    client.post(address(User, "change", user.pk), {"username": "another", "display_name": "新名", "is_active": "on"})
    user.refresh_from_db()
    assert (user.username, user.display_name) == ("new_person", "新名"), "ledgers name people by their user names"
    bureau = full.bureau()
    given = {"user": user.pk, "bureau": bureau.pk, "role": "official", "since": "2024-01-01"}
    assert client.post(address(Membership, "add"), given).status_code == 302
    membership = Membership.objects.get(user=user)
    again = client.post(address(Membership, "add"), given)
    assert again.status_code == 200 and "This person already has that role here." in Page(again)
    browser = Client(headers={"host": "localhost", "accept-language": "en"})
    browser.post("/accounts/login/", {"username": "new_person", "password": "long enough 57"})
    assert "Internal School" in Page(browser.get("/projects/"))

    # What was given stays as it was; it only ends.
    change = {**given, "role": "viewer", "ended": "2023-01-01"}
    refused = client.post(address(Membership, "change", membership.pk), change)
    assert refused.status_code == 200 and "cannot end before it began" in Page(refused)
    assert (
        client.post(address(Membership, "change", membership.pk), {**change, "ended": "2024-02-01"}).status_code == 302
    )
    membership.refresh_from_db()
    assert (membership.role, membership.ended) == ("official", date(2024, 2, 1))
    assert "Internal School" not in Page(browser.get("/projects/"))  # at the very next request


def test_roles_are_ended_together_from_the_list(full: Cast, browser_of: Browser) -> None:
    rows = Membership.objects.filter(user__username__in=["viewer", "supervisor"])
    browser_of("superuser").post(
        address(Membership, "changelist"), {"action": "end_today", "_selected_action": [row.pk for row in rows]}
    )
    assert {row.ended for row in rows.all()} == {timezone.localdate()}


def test_staff_see_their_own_bureau_and_no_accounts(full: Cast, browser_of: Browser) -> None:
    User.objects.filter(username__in=["official", "gushi_official", "viewer", "engineer"]).update(is_staff=True)
    mine = Page(browser_of("official").get(address(Project, "changelist")))
    assert "610526-2023-002" in mine and "411525" not in mine.text.partition("results")[2]
    other = Project.objects.get(code=full.gushi_published)
    assert browser_of("official").get(address(Project, "change", other.pk)).status_code == 302  # "does not exist"
    for model in (User, Membership, DeviceToken):
        assert browser_of("official").get(address(model, "changelist")).status_code == 403
    # Money and the ledger, which holds it, are not for a viewer; engineers have the pages and the API.
    for name in ("estimate", "allocation", "spending", "ledgerentry"):
        path = reverse(f"admin:projects_api_{name}_changelist")
        assert browser_of("official").get(path).status_code == 200
        assert browser_of("viewer").get(path).status_code == 403
        assert PRIVATE not in Page(browser_of("gushi_official").get(path, {"q": "610526"}))
    assert browser_of("engineer").get(address(Project, "changelist")).status_code == 403


def test_the_one_sign_in_is_the_admins_too(cast: Cast, browser_of: Browser) -> None:
    answer = browser_of().get("/admin/projects_api/project/")
    assert answer.status_code == 302 and answer["Location"].startswith("/admin/login/")
    answer = browser_of().get("/admin/login/?next=/admin/projects_api/project/")
    assert answer["Location"] == "/accounts/login/?next=/admin/projects_api/project/"
    assert Page(browser_of("official").get("/admin/login/")).status == 403
    assert browser_of("superuser").get("/admin/login/")["Location"] == "/admin/"
    answer = browser_of().post("/admin/login/", {"username": "superuser", "password": "demo-superuser"})
    assert "_auth_user_id" not in answer.client.session
