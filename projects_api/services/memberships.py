"""Roles of people in bureaus: given and ended, never deleted."""

from __future__ import annotations

from datetime import date

from projects_api.models import Bureau, Membership, User
from projects_api.services.writing import checked


def membership_give(*, user: User, bureau: Bureau, role: str, since: date) -> Membership:
    """Give a role from a day on. Raises InvalidInput if the person already has it here."""
    membership = Membership(user=user, bureau=bureau, role=role, since=since)
    checked(membership)
    membership.save(force_insert=True)
    return membership


def membership_end(*, membership: Membership, ended: date) -> Membership:
    membership.ended = ended
    checked(membership)
    membership.save(update_fields=["ended"])
    return membership
