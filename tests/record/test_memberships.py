"""Roles and assignments hold on days, those of the bureau; each is an act in the bureau's ledger."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from projects_api.errors import InvalidInput
from projects_api.models import Assignment, Bureau, LedgerEntry, Membership, assigned_to, roles_of
from projects_api.selectors.bureaus import bureau_document
from projects_api.selectors.ledger import changes_visible_to, replay
from projects_api.selectors.verify import verify
from projects_api.services.bureaus import lights_change
from projects_api.services.memberships import membership_end, membership_give
from tests.cast import Cast
from tests.factories import make_user

AT = datetime(2024, 5, 1, 2, tzinfo=UTC)


def give(cast: Cast, name: str, since: date, role: str = "official", **more: Any) -> Membership:
    user = cast.user(name)
    return membership_give(user=user, bureau=cast.bureau(), role=role, since=since, actor=None, at=AT, **more)


def chain(cast: Cast) -> list[LedgerEntry]:
    return list(LedgerEntry.objects.filter(bureau__code=cast.pucheng).order_by("version"))


def test_a_role_holds_from_its_day_on_until_its_day(cast: Cast, api: Any) -> None:
    """The day is the bureau's: in Shanghai it begins eight hours before it does in UTC."""
    membership = give(cast, "stranger", date(2024, 5, 2))
    with time_machine.travel(datetime(2024, 5, 1, 15, 59, tzinfo=UTC), tick=False):
        assert roles_of(cast.user("stranger")) == {}
    with time_machine.travel(datetime(2024, 5, 1, 16, tzinfo=UTC), tick=False):
        assert roles_of(cast.user("stranger")) == {cast.bureau().pk: {"official"}}
    membership_end(membership=membership, ended=date(2024, 6, 1), actor=None, at=AT)
    with time_machine.travel(datetime(2024, 5, 31, 15, 59, tzinfo=UTC), tick=False):
        assert roles_of(cast.user("stranger"))
    with time_machine.travel(datetime(2024, 5, 31, 16, tzinfo=UTC), tick=False):
        assert roles_of(cast.user("stranger")) == {}
    give(cast, "gushi_official", date(2099, 1, 1))
    api("gushi_official").get(f"projects/{cast.unpublished}/").problem(404)


def test_an_assignment_holds_on_its_days_too(cast: Cast, api: Any) -> None:
    """Found: from a day in the future on meant at once, until a day in the future meant until now."""
    project, engineer, today = cast.project(cast.unpublished), cast.user("other_engineer"), timezone.localdate()
    days = Assignment.objects.create(project=project, user=engineer, since=today + timedelta(days=3))
    path = f"projects/{cast.unpublished}/"
    api("other_engineer").get(path).problem(404)
    Assignment.objects.filter(pk=days.pk).update(since=today, ended=today + timedelta(days=3))
    assert api("other_engineer").change(f"{path}milestones/foundations/", {"percent": 5}).status == 200
    assert [row.project for row in assigned_to(cast.user("other_engineer"))] == [project]
    Assignment.objects.filter(pk=days.pk).update(ended=today)
    api("other_engineer").get(path).problem(404)


def test_each_role_is_an_act_of_the_bureaus_ledger(cast: Cast) -> None:
    """Those who were there before are taken over as they stand, by nobody; nobody outside the office reads of it."""
    admin, rules = cast.user("bureau_admin"), {"behind_yellow": 5, "behind_red": 20}
    lights_change(bureau_id=cast.bureau().pk, actor=admin, at=AT, expected=0, rules=rules)
    assert "people" not in chain(cast)[0].patch[0]["value"] and verify().sound, "an older ledger tells of nobody"
    given = membership_give(
        user=make_user("newcomer"), bureau=cast.bureau(), role="viewer", since=date(2024, 5, 2), actor=admin, at=AT,
        reason="hired",
    )  # fmt: skip
    membership_end(membership=given, ended=date(2024, 6, 1), actor=admin, at=AT)
    first, taken_over, gave, ended = chain(cast)
    assert [entry.action for entry in (taken_over, gave, ended)] == [
        "bureau.people",
        "membership.give",
        "membership.end",
    ]
    assert (taken_over.actor, gave.actor, gave.reason) == (None, admin, "hired")
    assert taken_over.patch[0]["value"]["official"] == {"official": {"2023-01-01": None}}
    assert gave.patch == [{"op": "add", "path": "/people/newcomer", "value": {"viewer": {"2024-05-02": None}}}]
    assert ended.patch == [{"op": "replace", "path": "/people/newcomer/viewer/2024-05-02", "value": "2024-06-01"}]
    assert [entry.public for entry in chain(cast)] == [True, False, False, False]
    for name, seen in {"official": 4, "bureau_admin": 4, "supervisor": 1, "stranger": 1, "gushi_official": 1}.items():
        assert changes_visible_to(cast.user(name)).filter(bureau__code=cast.pucheng).count() == seen, name
    bureau = Bureau.objects.get(code=cast.pucheng)
    assert replay(entry.patch for entry in chain(cast)) == bureau_document(bureau, people=True) and verify().sound
    # A later setting is public again, and leaves the people alone.
    lights_change(bureau_id=bureau.pk, actor=admin, at=AT, expected=4, rules={})
    assert chain(cast)[-1].public and verify().sound
    Membership.objects.filter(user__username="official").update(role="bureau_admin")
    assert [str(fault) for fault in verify().faults] == [
        "bureau:610526 entry 5: does not lead to what the tables hold: they were changed behind the ledger"
    ]


def test_the_first_act_of_a_bureau_that_has_set_nothing(cast: Cast) -> None:
    give(cast, "stranger", date(2024, 5, 2))
    assert [(entry.action, entry.public) for entry in chain(cast)] == [
        ("bureau.people", False),
        ("membership.give", False),
    ]
    assert verify().sound


def test_nobody_has_a_role_twice_at_a_time(cast: Cast) -> None:
    first = give(cast, "stranger", date(2024, 5, 2))
    membership_end(membership=first, ended=date(2024, 6, 1), actor=None, at=AT)
    with pytest.raises(InvalidInput):
        give(cast, "stranger", date(2024, 5, 31))
    give(cast, "stranger", date(2024, 6, 1))
    with pytest.raises(InvalidInput):
        membership_end(membership=first, ended=date(2024, 5, 1), actor=None, at=AT)
    assert verify().sound and len(chain(cast)) == 4
