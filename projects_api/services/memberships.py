"""Roles of people in bureaus: given and ended, never deleted, each an act in the bureau's ledger (decision 52)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from projects_api import engine
from projects_api.errors import InvalidInput
from projects_api.models import Bureau, Membership, User
from projects_api.selectors.bureaus import tells_of_people
from projects_api.selectors.ledger import ROLE_ENDED, ROLE_GIVEN, ROLES_TAKEN_OVER
from projects_api.services.bureaus import bureau_write
from projects_api.services.writing import checked


def membership_give(
    *, user: User, bureau: Bureau, role: str, since: date, actor: User | None, at: datetime, reason: str = ""
) -> Membership:
    """Give a role from a day on, which begins where the bureau is. Raises InvalidInput if the person has the role then."""
    membership = Membership(user=user, bureau=bureau, role=role, since=since)
    with _people_write(bureau.pk, actor=actor, action=ROLE_GIVEN, at=at, reason=reason):
        checked(membership)
        refuse_a_second(membership)
        membership.save(force_insert=True)
    return membership


def refuse_a_second(membership: Membership) -> None:
    """Raises InvalidInput where the person has the role already when this membership begins. One query."""
    held = Membership.objects.filter(user=membership.user_id, bureau=membership.bureau_id, role=membership.role)
    still = Q(ended__isnull=True) | Q(ended__gt=membership.since)
    if held.exclude(pk=membership.pk).filter(still, since__lte=membership.since).exists():
        raise InvalidInput.one("/role", "constraint", _("This person already has that role here."))


def membership_end(
    *, membership: Membership, ended: date, actor: User | None, at: datetime, reason: str = ""
) -> Membership:
    """End a role with a day: it no longer holds on it. Raises InvalidInput for a day before it began."""
    with _people_write(membership.bureau_id, actor=actor, action=ROLE_ENDED, at=at, reason=reason):
        membership.ended = ended
        checked(membership)
        membership.save(update_fields=["ended"])
    return membership


@contextmanager
def _people_write(bureau_id: int, *, actor: User | None, action: str, at: datetime, reason: str) -> Iterator[None]:
    """A write to the bureau's people. The first one finds those who were there before the ledger told of people: they are taken
    over as they stand, in an entry of nobody's. About 10 queries."""
    with engine.writer():
        bureau = Bureau.objects.get(pk=bureau_id)
        if not tells_of_people(bureau) and bureau.memberships.exists():
            with bureau_write(bureau_id, actor=None, action=ROLES_TAKEN_OVER, at=at, reason="", expected=None):
                pass
        with bureau_write(bureau_id, actor=actor, action=action, at=at, reason=reason, expected=None):
            yield
