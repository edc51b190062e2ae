"""Notifications: told in the write that brings them, once, to whom it concerns; and what time brings, however often asked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import translation

from projects_api.models import LedgerEntry, Notification, Project
from projects_api.selectors.notification_words import path, sentence
from projects_api.selectors.notifications import notifications_of, unread_count
from projects_api.services.bureaus import notifications_change, setting_undo
from projects_api.services.inspections import (
    finding_change,
    finding_raise,
    finding_rectify,
    finding_reopen,
)
from projects_api.services.memberships import membership_end
from projects_api.services.milestones import milestone_change
from projects_api.services.notification_sweep import sweep, sweep_bureau
from projects_api.services.notifications import notification_choose, notifications_read
from projects_api.services.projects import engineer_release
from projects_api.services.reports import Draft, report_review, report_submit
from tests.cast import Cast

AT = datetime(2023, 6, 6, 8, tzinfo=UTC)
DUE = date(2023, 7, 1)
REVIEWERS = {"supervisor", "official"}


@pytest.fixture(autouse=True)
def _in_english(_nothing_kept: None) -> Iterator[None]:
    with translation.override("en"):
        yield


def report(cast: Cast, at: datetime = AT, **more: Any) -> Any:
    project = cast.project()
    draft = Draft(id=uuid4(), base_version=project.version, made_at=at, **{"text": "Third floor", **more})
    return report_submit(project_id=project.pk, actor=cast.user("engineer"), at=at, draft=draft)


def review(cast: Cast, held: Any, *, accept: bool, note: str = "") -> None:
    report_review(
        project_id=held.project_id, report_id=held.pk, actor=cast.user("supervisor"), at=AT, expected=None,
        accept=accept, note=note,
    )  # fmt: skip


def finding(cast: Cast, **more: Any) -> int:
    values = {"severity": "serious", "description": "bare steel", "owner": "the builder", "deadline": DUE, **more}
    return finding_raise(project_id=cast.project().pk, actor=cast.user("supervisor"), at=AT, values=values).number


def told(kind: str = "") -> dict[str, list[str]]:
    """Kind -> who."""
    found: dict[str, list[str]] = {}
    for row in Notification.objects.select_related("recipient").order_by("recipient__username"):
        if kind in ("", row.kind):
            found.setdefault(row.kind, []).append(row.recipient.username)
    return found


def plan(cast: Cast, key: str, day: date) -> None:
    milestone_change(
        project_id=cast.project().pk, key=key, actor=cast.user("official"), at=AT, expected=None,
        changes={"planned": day},
    )  # fmt: skip


def on(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 4, tzinfo=UTC)


# --- with the write ---


def test_a_report_tells_the_reviewers_of_its_bureau_and_its_review_tells_the_author(cast: Cast) -> None:
    held = report(cast)
    assert told() == {"report_waiting": ["official", "supervisor"]}
    waiting = Notification.objects.filter(recipient=cast.user("official")).get()
    assert sentence(waiting) == "name of engineer has reported and waits for a review. Third floor"
    assert path(waiting) == f"/office/reports/{held.pk}/"
    review(cast, held, accept=False, note="no photo")
    back = Notification.objects.get(kind="report_returned")
    assert back.recipient == cast.user("engineer")
    assert sentence(back) == "Your report came back, to be corrected: no photo"
    review(cast, report(cast), accept=True)
    assert told("report_accepted") == {"report_accepted": ["engineer"]}


def test_the_same_report_again_tells_nobody_again(cast: Cast) -> None:
    project = cast.project()
    draft = Draft(id=uuid4(), base_version=project.version, made_at=AT, text="Third floor")
    for _again in range(3):
        report_submit(project_id=project.pk, actor=cast.user("engineer"), at=AT, draft=draft)
    assert told() == {"report_waiting": ["official", "supervisor"]}


def test_a_write_that_is_rolled_back_told_nobody(cast: Cast) -> None:
    entries = LedgerEntry.objects.count()
    with pytest.raises(RuntimeError), transaction.atomic():
        report(cast)
        assert told()
        raise RuntimeError
    assert told() == {} and LedgerEntry.objects.count() == entries


def test_the_database_itself_refuses_to_tell_a_thing_twice(cast: Cast) -> None:
    report(cast)
    row = Notification.objects.first()
    assert row is not None
    row.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)


def test_a_stage_reported_in_the_office_waits_for_its_acceptance(cast: Cast) -> None:
    milestone_change(
        project_id=cast.project().pk, key="completion_acceptance", actor=cast.user("bureau_admin"), at=AT,
        expected=None, changes={"started": date(2023, 6, 1), "actual": date(2023, 6, 5)}, confirmed=True, reason="told",
    )  # fmt: skip
    assert told() == {"report_waiting": ["official", "supervisor"]}
    found = Notification.objects.first()
    assert found is not None
    assert sentence(found) == "“Completion acceptance” is reported finished and waits to be accepted."


def test_a_finding_tells_who_mends_it_then_who_looks_again(cast: Cast) -> None:
    number = finding(cast, owner_user="other_engineer")
    project = cast.project()
    assert told() == {"finding": ["engineer", "other_engineer"]}
    common: dict[str, Any] = {"project_id": project.pk, "number": number, "at": AT, "expected": None}
    finding_change(actor=cast.user("supervisor"), changes={"deadline": date(2023, 7, 9)}, reason="rain", **common)
    assert len(told()["finding"]) == 4
    finding_rectify(actor=cast.user("engineer"), text="covered", day=date(2023, 6, 6), **common)
    assert told("finding_mended") == {"finding_mended": ["official", "supervisor"]}
    finding_reopen(actor=cast.user("official"), note="still bare", **common)
    newest = Notification.objects.filter(recipient=cast.user("engineer")).latest("pk")
    assert sentence(newest) == "Finding 1 (Serious) is open again, to be mended by 9 July 2023: bare steel"


def test_nothing_crosses_the_border_of_the_bureau_and_an_ended_role_hears_nothing_more(cast: Cast) -> None:
    official = cast.user("official")
    report(cast)
    assert not {name for names in told().values() for name in names} & {"gushi_official", "viewer", "stranger"}
    assert unread_count(official) == 1
    membership_end(
        membership=official.memberships.get(), ended=date(2023, 6, 7), actor=None, at=datetime(2023, 6, 7, tzinfo=UTC)
    )
    report(cast)
    assert len(told()["report_waiting"]) == 3, "only the supervisor heard of the second"
    assert unread_count(cast.user("official")) == 0, "what was told is gone with the role"


# --- what time brings ---


def test_a_stage_is_told_once_when_due_once_when_overdue_and_once_to_the_leader(cast: Cast) -> None:
    plan(cast, "foundations", DUE)
    bureau = cast.bureau()
    common = {"due_soon": ["engineer"]}
    assert sweep_bureau(bureau, at=on(DUE - timedelta(days=8))) == 0
    for _again in range(3):
        sweep_bureau(bureau, at=on(DUE - timedelta(days=7)))
        sweep_bureau(bureau, at=on(DUE))
    assert told() == common
    row = Notification.objects.get()
    assert sentence(row) == "Due soon: Foundations (1 July 2023)."
    for _again in range(2):
        sweep_bureau(bureau, at=on(DUE + timedelta(days=1)))
    assert told("overdue") == {"overdue": ["engineer", "official"]}
    plan(cast, "infill", DUE + timedelta(days=3))
    sweep_bureau(bureau, at=on(DUE + timedelta(days=4)))
    newest = Notification.objects.filter(kind="overdue", recipient=cast.user("engineer")).latest("pk")
    assert sentence(newest) == "Overdue: Foundations (1 July 2023); Infill masonry (4 July 2023)."
    for _again in range(2):
        sweep_bureau(bureau, at=on(DUE + timedelta(days=14)))
    assert told("escalation") == {"escalation": ["bureau_admin", "official"]}
    lasted = Notification.objects.filter(kind="escalation").first()
    assert lasted is not None
    assert sentence(lasted).startswith(
        "Overdue: Foundations (1 July 2023). You are told because this has lasted 14 days"
    )


def test_who_starts_late_hears_of_what_has_long_lasted_once_and_not_twice(cast: Cast) -> None:
    plan(cast, "foundations", DUE)
    for _again in range(2):
        sweep_bureau(cast.bureau(), at=on(DUE + timedelta(days=20)))
    assert told("overdue") == {"overdue": ["engineer"]}
    leaders = Notification.objects.filter(kind="escalation", key__startswith="escalation:overdue")
    assert sorted(leaders.values_list("recipient__username", flat=True)) == ["bureau_admin", "official"]
    plan(cast, "infill", DUE + timedelta(days=20))
    sweep_bureau(cast.bureau(), at=on(DUE + timedelta(days=21)))
    assert told("overdue") == {"overdue": ["engineer", "engineer", "official"]}, "what is new is told as ever"


def test_a_project_leader_with_an_account_hears_of_what_waits_too_long(cast: Cast) -> None:
    project = cast.project()
    Project.objects.filter(pk=project.pk).update(responsible_leader="王副县长")
    rules = {"escalate_days": 5, "leaders": {"王副县长": "viewer"}}
    bureau = notifications_change(
        bureau_id=project.bureau_id, actor=cast.user("bureau_admin"), at=AT, expected=None, rules=rules
    )
    report(cast)
    sweep(at=AT + timedelta(days=4))
    assert told("escalation") == {}
    sweep(at=AT + timedelta(days=5))
    assert told("escalation") == {"escalation": ["bureau_admin", "official", "viewer"]}
    entry = LedgerEntry.objects.filter(bureau=bureau).latest("pk")
    assert entry.action == "bureau.notifications" and not entry.public, "who is told of what is the bureau's own"
    assert cast.bureau().notifications == rules, "only what differs is recorded"
    setting_undo(name="notifications", bureau_id=bureau.pk, actor=None, at=AT, expected=None)
    assert cast.bureau().notifications == {}


def test_a_site_nobody_reports_on_and_a_finding_that_nobody_mends(cast: Cast) -> None:
    finding(cast, deadline=date(2023, 6, 20))
    Project.objects.filter(pk=cast.project().pk).update(stale_from=date(2023, 6, 18), status="under_construction")
    Notification.objects.all().delete()
    bureau = cast.bureau()
    sweep_bureau(bureau, at=on(date(2023, 6, 17)))
    assert told() == {"finding_due": ["engineer"]}
    sweep_bureau(bureau, at=on(date(2023, 6, 18)))
    assert told("stale") == {"stale": ["engineer", "supervisor"]}
    sweep_bureau(bureau, at=on(date(2023, 6, 21)))
    assert told("finding_overdue") == {"finding_overdue": ["engineer", "official", "supervisor"]}
    Notification.objects.filter(kind="finding_overdue", recipient=cast.user("official")).delete()
    assert sweep_bureau(bureau, at=on(date(2023, 6, 22))) == 1, "only who had not heard is told"


def test_an_engineer_who_was_taken_off_hears_nothing_more(cast: Cast) -> None:
    plan(cast, "foundations", DUE)
    engineer = cast.user("engineer")
    engineer_release(
        project_id=cast.project().pk, engineer=engineer, actor=cast.user("bureau_admin"), at=AT, expected=None
    )
    sweep(at=on(DUE))
    assert told() == {}


# --- what people do with them ---


def test_reading_marks_ones_own_and_not_what_came_in_since(cast: Cast) -> None:
    report(cast)
    official = cast.user("official")
    seen = notifications_of(official).get().pk
    report(cast)
    assert notifications_read(user=official, at=AT, up_to=seen) == 1
    assert unread_count(official) == 1 and unread_count(cast.user("supervisor")) == 2
    theirs = list(Notification.objects.filter(recipient=cast.user("supervisor")).values_list("pk", flat=True))
    assert notifications_read(user=official, at=AT, ids=theirs) == 0, "nobody reads for somebody else"


def test_what_is_switched_off_is_not_put_down(cast: Cast) -> None:
    official = cast.user("official")
    kinds = {"report_waiting": {"app": False, "mail": "off"}}
    notification_choose(user=official, language="en", kinds=kinds, at=AT)
    report(cast)
    assert told() == {"report_waiting": ["supervisor"]}
