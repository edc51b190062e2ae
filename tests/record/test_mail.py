"""E-mails of the outbox, through a real mail server: at once or in the morning, each once, and never lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from projects_api.models import Notification, User
from projects_api.services.mail import deliver, morning_of
from projects_api.services.memberships import membership_end
from projects_api.services.notifications import notification_choose, notifications_read
from projects_api.services.reports import report_review
from tests.cast import Cast
from tests.mail import Sink, mail_server, sent_to
from tests.record.test_notifications import AT, report

ADDRESS = "official@works.example.cn"
Deliver = Callable[..., int]


@pytest.fixture
def sink() -> Iterator[Sink]:
    with mail_server() as server:
        yield server


@pytest.fixture
def mail(cast: Cast, sink: Sink, settings: Any) -> Deliver:
    """The product with a mail server, everybody with an address; sends what may go out at a time."""
    sent_to(sink, settings)
    for name in ("official", "supervisor", "engineer"):
        User.objects.filter(username=name).update(email=f"{name}@works.example.cn")
    return lambda at=AT: deliver(at=at, clock=lambda: at)


def choose(cast: Cast, when: str, *, language: str = "en", kind: str = "report_waiting") -> None:
    for name in ("official", "supervisor", "engineer"):
        kinds = {kind: {"app": True, "mail": when}}
        notification_choose(user=cast.user(name), language=language, kinds=kinds, at=AT)


def test_at_once_one_mail_each_in_the_readers_language_with_a_link(cast: Cast, mail: Deliver, sink: Sink) -> None:
    choose(cast, "now")
    held = report(cast, text="Third floor\nBcc: everybody@example.cn")
    assert mail() == 2 and mail() == 0, "once"
    (letter,) = sink.to(ADDRESS)
    assert (
        letter["Subject"].strip()
        == "[SchoolWorks] A report waits for review · Public School of Pucheng Education Bureau"
    )
    assert letter["To"] == ADDRESS and letter["Bcc"] is None and letter["Auto-Submitted"] == "auto-generated"
    text = letter.get_content()
    assert "name of engineer has reported and waits for a review. Third floor Bcc: everybody@example.cn" in text
    assert f"https://works.example.cn/en/office/reports/{held.pk}/" in text
    assert not Notification.objects.filter(mail="now", emailed_at__isnull=True).exists()
    choose(cast, "now", language="zh-hans", kind="report_returned")
    report_review(
        project_id=held.project_id, report_id=held.pk, actor=cast.user("official"), at=AT, expected=None,
        accept=False, note="没有照片",
    )  # fmt: skip
    mail()
    (letter,) = sink.to("engineer@works.example.cn")
    assert "公开小学" in letter["Subject"] and "没有照片" in letter.get_content()


def test_a_title_with_a_line_break_cannot_add_a_header(cast: Cast, mail: Deliver, sink: Sink) -> None:
    choose(cast, "now")
    project = cast.project()
    type(project).objects.filter(pk=project.pk).update(title_en="School\r\nBcc: everybody@example.cn")
    report(cast)
    assert mail() == 2
    (letter,) = sink.to(ADDRESS)
    assert letter["Bcc"] is None and letter["Subject"].endswith("School Bcc: everybody@example.cn")
    assert all("everybody@example.cn" not in recipients for recipients, _letter in sink.letters)


def test_a_morning_is_one_mail_with_what_is_still_unread(cast: Cast, mail: Deliver, sink: Sink) -> None:
    choose(cast, "digest")
    for text in ("First", "Second", "Third"):
        report(cast, text=text)
    official = cast.user("official")
    read = Notification.objects.filter(recipient=official).earliest("pk")
    notifications_read(user=official, at=AT, ids=[read.pk])
    morning = datetime(2023, 6, 7, 0, tzinfo=UTC)  # 8 o'clock in Pucheng
    assert mail(AT + timedelta(hours=3)) == 0, "not in the evening"
    assert mail(morning - timedelta(minutes=1)) == 0
    assert mail(morning) == 2
    report(cast, at=morning + timedelta(hours=1), text="Fourth")
    assert mail(morning + timedelta(hours=5)) == 0, "once a day"
    (letter,) = sink.to(ADDRESS)
    assert letter["Subject"] == "[SchoolWorks] 2 notifications of 7 June 2023"
    text = letter.get_content()
    assert "Second" in text and "Third" in text and "First" not in text
    assert morning_of(cast.bureau(), morning - timedelta(seconds=1)) == morning - timedelta(days=1)


def test_a_mail_server_that_is_away_delays_and_loses_nothing(
    cast: Cast, mail: Deliver, sink: Sink, settings: Any
) -> None:
    choose(cast, "now")
    report(cast)
    settings.EMAIL_PORT = 1  # nobody listens there
    assert mail() == 0
    waits = []
    at = AT
    for _try in range(4):
        row = Notification.objects.filter(recipient=cast.user("official")).get()
        assert row.emailed_at is None and row.mail_error and row.next_attempt_at
        waits.append(row.next_attempt_at - at)
        at = row.next_attempt_at
        assert mail(at - timedelta(seconds=1)) == 0
        mail(at)
    assert waits == sorted(waits) and waits[0] < waits[-1] <= timedelta(hours=6), "later each time"
    settings.EMAIL_PORT = sink.port
    assert mail(at + timedelta(hours=6)) == 2
    assert len(sink.to(ADDRESS)) == 1


def test_a_worker_that_dies_after_the_server_took_it_sends_the_same_letter_again(
    cast: Cast, mail: Deliver, sink: Sink
) -> None:
    choose(cast, "now")
    report(cast)
    sink.drops_after_data = True
    assert mail() == 0, "nobody said that it was taken"
    sink.drops_after_data = False
    assert mail(AT + timedelta(minutes=9)) == 2
    first, second = sink.to(ADDRESS)
    assert first["Message-ID"] == second["Message-ID"] and first["Message-ID"].endswith("@works.example.cn>")


def test_while_one_worker_has_a_letter_another_leaves_it_alone(cast: Cast, mail: Deliver, sink: Sink) -> None:
    choose(cast, "now")
    report(cast)
    Notification.objects.update(next_attempt_at=AT + timedelta(minutes=10))  # as the other has put it
    assert mail() == 0 and mail(AT + timedelta(minutes=11)) == 2


def test_an_address_that_is_refused_is_given_up_after_a_while_and_keeps_nobody_waiting(
    cast: Cast, mail: Deliver, sink: Sink
) -> None:
    choose(cast, "now")
    sink.unknown = {ADDRESS}
    report(cast)
    at = AT
    assert mail(at) == 1 and sink.to("supervisor@works.example.cn")
    for _try in range(20):
        at += timedelta(hours=7)
        mail(at)
    row = Notification.objects.get(recipient=cast.user("official"))
    assert row.mail == "off" and row.attempts == 8 and "no such mailbox" in row.mail_error
    assert row.in_app and row.read_at is None, "it is in the app all the same"


def test_whoever_lost_the_role_before_it_was_sent_gets_nothing(cast: Cast, mail: Deliver, sink: Sink) -> None:
    choose(cast, "now")
    report(cast)
    membership_end(
        membership=cast.user("official").memberships.get(), ended=date(2023, 6, 7), actor=None, at=timezone.now()
    )
    assert mail() == 1 and sink.to(ADDRESS) == []
    assert mail(AT + timedelta(days=2)) == 0


def test_what_is_chosen_later_holds_for_what_still_waits(cast: Cast, mail: Deliver, sink: Sink) -> None:
    choose(cast, "now")
    report(cast)
    choose(cast, "off")
    assert mail() == 0 and sink.letters == []


def test_without_a_mail_server_nothing_is_put_down_for_it(cast: Cast, settings: Any) -> None:
    User.objects.filter(username="official").update(email=ADDRESS)
    choose(cast, "now")
    report(cast)
    assert set(Notification.objects.values_list("mail", flat=True)) == {"off"}
    assert deliver(at=timezone.now(), clock=timezone.now) == 0
