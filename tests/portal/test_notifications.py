"""``/accounts/notifications/``: what one has been told, read and unread; what one chooses; and the bureau's rules for it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from projects_api.models import Notification, NotificationChoice, PeriodicTask, User
from projects_api.services.memberships import membership_end
from tests.cast import PRIVATE, Cast
from tests.portal.conftest import Page
from tests.record.test_notifications import AT, finding, report

pytestmark = pytest.mark.once  # words and forms; what is behind them is tried on both engines (tests/api, tests/record)

LIST, CHOICES, RULES = "/accounts/notifications/", "/accounts/notifications/settings/", "/office/610526/notifications/"
Browser = Callable[..., Client]


def bell(page: Page) -> str:
    found = re.search(r'<a class="bell".*?</a>', page.html, re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", found[0])).strip() if found else ""


def test_an_official_sees_how_many_reads_them_and_marks_them(cast: Cast, browser_of: Browser) -> None:
    held = report(cast, text="Third floor")
    report(cast, text="Fourth floor")
    client = browser_of("official")
    assert bell(Page(client.get("/"))) == "2 unread notifications"
    page = Page(client.get(LIST))
    assert "A report waits for review" in page and "Third floor" in page and "Fourth floor" in page
    assert f"/office/reports/{held.pk}/" in page.html
    first = Notification.objects.filter(recipient=cast.user("official")).earliest("pk")
    answer = client.post(LIST, {"id": str(first.pk)})
    assert (answer.status_code, answer["Location"]) == (303, LIST)
    page = Page(client.get(LIST))
    assert "1 notification marked as read." in page and "Third floor" not in page and "Fourth floor" in page
    assert "Third floor" in Page(client.get(LIST + "?all=true"))
    newest = re.search(r'name="up_to" value="(\d+)"', page.html)
    assert newest
    report(cast, text="Fifth floor")
    client.post(LIST, {"up_to": newest[1]})
    page = Page(client.get(LIST))
    assert "Fourth floor" not in page and "Fifth floor" in page, "what came in since is still unread"
    assert bell(page) == "1 unread notification"


def test_what_a_finding_tells_leads_to_its_page(cast: Cast, browser_of: Browser) -> None:
    finding(cast)
    client = browser_of("engineer")
    found = re.search(r'<h2><a href="([^"]+)"', client.get(LIST).content.decode())
    assert found and found[1] == "/projects/610526-2023-001/findings/1/"
    assert "bare steel" in Page(client.get(found[1]))


def test_empty_pages_say_what_would_stand_there(cast: Cast, browser_of: Browser) -> None:
    client = browser_of("viewer")
    assert "Nothing unread." in Page(client.get(LIST))
    assert "You have not been told anything yet." in Page(client.get(LIST + "?all=true"))
    assert bell(Page(client.get("/"))) == "Notifications"


def test_the_public_is_asked_to_sign_in_and_has_no_bell(cast: Cast, browser_of: Browser) -> None:
    for path in (LIST, CHOICES, RULES):
        answer = browser_of().get(path)
        assert (answer.status_code, answer["Location"]) == (302, f"/accounts/login/?next={path}")
    assert bell(Page(browser_of().get("/"))) == ""


def test_nobody_reads_marks_or_keeps_what_is_not_theirs(cast: Cast, browser_of: Browser) -> None:
    report(cast, text=PRIVATE)
    theirs = Notification.objects.get(recipient=cast.user("supervisor"))
    for name in ("gushi_official", "other_engineer", "stranger", "viewer"):
        assert PRIVATE not in browser_of(name).get(LIST + "?all=true").content.decode()
        assert browser_of(name).post(LIST, {"id": str(theirs.pk)}).status_code == 303
    theirs.refresh_from_db()
    assert theirs.read_at is None
    supervisor = browser_of("supervisor")
    assert PRIVATE in supervisor.get(LIST).content.decode()
    membership_end(membership=cast.user("supervisor").memberships.get(), ended=AT.date(), actor=None, at=timezone.now())
    page = Page(supervisor.get(LIST))
    assert PRIVATE not in page.html and bell(page) == "Notifications"


@pytest.mark.parametrize("form", [{}, {"id": "x"}, {"id": "1e9"}, {"up_to": "-1"}, {"up_to": "9" * 30}])
def test_a_form_that_says_nothing_readable_is_refused(cast: Cast, browser_of: Browser, form: dict[str, str]) -> None:
    assert browser_of("official").post(LIST, form).status_code == 400


def test_the_bell_costs_one_query_and_the_public_none(cast: Cast, browser_of: Browser) -> None:
    report(cast)

    def asked(person: str) -> int:
        client = browser_of(person) if person else browser_of()
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get("/plans/")
        return sum("projects_api_notification" in query["sql"] for query in queries)

    assert asked("official") == 1 and asked("") == 0


def test_a_list_of_many_costs_the_same(cast: Cast, browser_of: Browser) -> None:
    client = browser_of("official")

    def cost() -> int:
        client.get(LIST)
        with CaptureQueriesContext(connection) as queries:
            client.get(LIST)
        return len(queries)

    report(cast)
    few = cost()
    for _more in range(5):
        report(cast)
    assert cost() == few <= 9


# --- what one chooses ---


def test_one_chooses_by_kind_and_only_what_ones_role_is_told(cast: Cast, browser_of: Browser, settings: Any) -> None:
    settings.EMAIL_ON = True
    User.objects.filter(username="engineer").update(email="engineer@works.example.cn")
    client = browser_of("engineer")
    page = Page(client.get(CHOICES))
    assert "E-mails go to engineer@works.example.cn" in page
    assert "Your report was returned" in page and "A report waits for review" not in page
    sent = {"app-overdue": "on", "mail-overdue": "now", "mail-stale": "off", "language": "en"}
    assert client.post(CHOICES, sent).status_code == 303
    held = NotificationChoice.objects.get(user=cast.user("engineer"))
    assert held.language == "en"
    assert held.kinds["overdue"] == {"app": True, "mail": "now"} and held.kinds["stale"] == {
        "app": False,
        "mail": "off",
    }
    assert held.kinds["finding"] == {"app": False, "mail": "now"}, "how was not said, so it stays"
    assert 'name="app-overdue" checked' in client.get(CHOICES).content.decode()
    assert client.post(CHOICES, {"mail-overdue": "by pigeon"}).status_code == 400


def test_without_a_mail_server_or_an_address_the_page_says_so(cast: Cast, browser_of: Browser, settings: Any) -> None:
    client = browser_of("engineer")
    page = Page(client.get(CHOICES))
    assert "This installation sends no e-mail" in page and "mail-overdue" not in page.html
    client.post(CHOICES, {"app-overdue": "on"})
    assert NotificationChoice.objects.get().kinds["overdue"] == {"app": True, "mail": "digest"}
    settings.EMAIL_ON = True
    assert "No e-mail address is known for you" in Page(client.get(CHOICES))


# --- what the bureau sets ---


def test_the_administrator_sets_the_rules_and_takes_them_back(cast: Cast, browser_of: Browser) -> None:
    project = cast.project()
    type(project).objects.filter(pk=project.pk).update(responsible_leader="王副县长")
    client = browser_of("bureau_admin")
    page = Page(client.get(RULES))
    assert "王副县长" in page and "Nobody has changed it yet" in page
    form = {
        "version": "0", "act": "save", "due_days": "10", "finding_days": "3", "escalate_days": "0", "digest_hour": "7",
        "leader_name": "王副县长", "leader_user": "viewer", "reason": "as decided",
    }  # fmt: skip
    assert client.post(RULES, form).status_code == 303
    assert cast.bureau().notifications == {
        "due_days": 10, "escalate_days": 0, "digest_hour": 7, "leaders": {"王副县长": "viewer"}
    }  # fmt: skip
    page = Page(browser_of("official").get(RULES))
    assert "as decided" in page and "王副县长: viewer" in page and "Save" not in page, "an official reads"
    refused = Page(client.post(RULES, form | {"version": "1", "digest_hour": "24", "leader_user": "gushi_official"}))
    assert refused.status == 400 and "A whole number between 0 and 23." in refused
    refused = Page(client.post(RULES, form | {"version": "1", "leader_user": "gushi_official"}))
    assert refused.status == 400 and "The bureau has no such person: gushi_official" in refused
    assert client.post(RULES, form | {"version": "0", "due_days": "1"}).status_code == 412
    assert client.post(RULES, {"version": "1", "act": "undo", "reason": "again"}).status_code == 303
    assert cast.bureau().notifications == {}
    for name in ("gushi_official", "engineer"):
        assert browser_of(name).get(RULES).status_code == 403
    assert browser_of("official").post(RULES, form).status_code == 403


def test_who_is_told_of_what_is_not_in_the_public_change_feed(cast: Cast, browser_of: Browser) -> None:
    form = {"version": "0", "act": "save", "due_days": "7", "finding_days": "3", "escalate_days": "3", "digest_hour": "8",
            "leader_name": "王副县长", "leader_user": "viewer"}  # fmt: skip
    assert browser_of("bureau_admin").post(RULES, form).status_code == 303
    feed = "/api/v1/changes/?limit=1000"
    for name in ("public", "gushi_official", "engineer"):
        assert "bureau.notifications" not in browser_of(name).get(feed).content.decode()
    assert "bureau.notifications" in browser_of("official").get(feed).content.decode()


# --- whether somebody works ---


def test_readiness_says_whether_the_worker_works_and_stays_ready_without_it(cast: Cast) -> None:
    def tasks() -> str:
        answer = Client(headers={"host": "localhost"}).get("/readyz")
        assert answer.status_code == 200
        return str(answer.json()["tasks"])

    assert tasks() == "never ran"
    now = timezone.now()
    PeriodicTask.objects.create(name="deliver", due_at=now, finished_at=now)
    assert tasks() == "ok"
    PeriodicTask.objects.update(finished_at=now - timedelta(minutes=6))
    assert tasks() == "late"
