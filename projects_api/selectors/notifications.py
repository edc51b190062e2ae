"""Reading notifications: a person's own, and who in a bureau is told of a thing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from projects_api.choices import Role
from projects_api.models import Assignment, Bureau, Membership, Notification, Project, User, in_force
from projects_api.notification_rules import NotificationRules


def notifications_of(user: User) -> QuerySet[Notification]:
    """What the app shows this person: of projects that they read in full now. Newest first; one query (and the roles')."""
    return (
        Notification.objects.filter(recipient=user, in_app=True, project__in=Project.objects.read_in_full_by(user))
        .select_related("project__bureau")
        .defer("project__footprint", "project__site")
        .order_by("-created_at", "-pk")
    )


def unread_count(user: Any) -> int:
    """How many of them are unread. One query on the unread alone (and the roles', which a page asks for anyway); none for the
    public."""
    if not isinstance(user, User) or not user.is_active:
        return 0
    return notifications_of(user).filter(read_at__isnull=True).order_by().count()


class Audience:
    """Who in a bureau is told of what, by the roles and assignments that hold now. Two queries, whatever is asked then."""

    def __init__(self, bureau: Bureau, project_id: int | None = None) -> None:
        self.rules = NotificationRules.from_document(bureau.notifications)
        self._roles: dict[str, set[int]] = {}
        self._names: dict[str, int] = {}
        today = in_force(bureau.day_of(timezone.now()))
        members = Membership.objects.filter(today, bureau=bureau, user__is_active=True)
        for role, user, name in members.values_list("role", "user_id", "user__username"):
            self._roles.setdefault(role, set()).add(user)
            self._names[name] = user
        assigned = Assignment.objects.filter(today, project__bureau=bureau)
        if project_id is not None:
            assigned = assigned.filter(project=project_id)
        engineers = self.holders(Role.ENGINEER)
        self._assigned: dict[int, set[int]] = {}
        for project, user in assigned.values_list("project_id", "user_id"):
            if user in engineers:
                self._assigned.setdefault(project, set()).add(user)

    def engineers(self, project_id: int) -> set[int]:
        """Users (ids) who report on the project."""
        return set(self._assigned.get(project_id, ()))

    def holders(self, *roles: str) -> set[int]:
        """Users (ids) who hold one of these roles in the bureau."""
        return set().union(*(self._roles.get(role, set()) for role in roles))

    def named(self, usernames: Iterable[str]) -> set[int]:
        """Of these user names, those who hold a role in the bureau."""
        return {self._names[name] for name in usernames if name in self._names}

    def leaders(self, responsible_leader: str) -> set[int]:
        """Who decides when something waits too long: officials, administrators, and the project's own leader's account."""
        own = self.rules.leaders.get(responsible_leader, "")
        return self.holders(Role.OFFICIAL, Role.BUREAU_ADMIN) | self.named([own])
