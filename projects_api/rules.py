"""Who may do what, as django-rules predicates: used by the API, the pages and the templates alike.

The table is `reliability.md`, "Who may do what". Rows are hidden by ``Project.objects.visible_to`` (404); what is visible
but not allowed is refused here (403). Everything ends at the bureau's border.
"""

from __future__ import annotations

from typing import Any

import rules
from django.contrib.auth.models import AnonymousUser

from projects_api.choices import Role
from projects_api.models import AnnualPlan, Bureau, Project, School, User, assigned_to, roles_of

Person = User | AnonymousUser


def bureau_of(thing: Any) -> int | None:
    """The bureau that a thing belongs to, by id."""
    if isinstance(thing, Bureau):
        return thing.pk
    if isinstance(thing, (Project, AnnualPlan, School)):
        return thing.bureau_id
    return None


def holds(*roles: str) -> Any:
    """A predicate: the person holds one of these roles in the thing's bureau."""

    @rules.predicate(f"holds:{'|'.join(roles)}")
    def predicate(user: Person, thing: Any = None) -> bool:
        bureau = bureau_of(thing)
        return bureau is not None and not roles_of(user).get(bureau, frozenset()).isdisjoint(roles)

    return predicate


@rules.predicate
def is_assigned(user: Person, project: Any = None) -> bool:
    """An engineer of the bureau who is assigned to this very project. One query, remembered on the user."""
    if not isinstance(project, Project) or Role.ENGINEER not in roles_of(user).get(project.bureau_id, frozenset()):
        return False
    known: set[int] | None = getattr(user, "_assigned", None)
    if known is None and isinstance(user, User):
        known = set(assigned_to(user).values_list("project_id", flat=True))
        user._assigned = known  # type: ignore[attr-defined]
    return project.pk in (known or ())


is_superuser = rules.is_superuser
is_viewer = holds(Role.VIEWER)
is_supervisor = holds(Role.SUPERVISOR)
is_official = holds(Role.OFFICIAL)
is_admin = holds(Role.BUREAU_ADMIN)
is_office = is_official | is_admin
is_inspector = is_supervisor | is_office

rules.add_perm("project.create", is_office | is_superuser)  # the thing is the bureau
rules.add_perm("project.change", is_office | is_superuser)
rules.add_perm("project.publish", is_office | is_superuser)
rules.add_perm("project.archive", is_office | is_superuser)
rules.add_perm("project.assign", is_admin | is_superuser)
rules.add_perm("project.read_private", is_assigned | is_inspector | is_viewer | is_superuser)
rules.add_perm("project.read_full_history", is_assigned | is_inspector | is_viewer | is_superuser)
rules.add_perm("milestone.report", is_assigned | is_admin | is_superuser)
rules.add_perm("milestone.report_from_site", is_assigned)  # everybody else who reports gives a reason
rules.add_perm("milestone.accept", is_inspector | is_superuser)  # never what one has reported oneself: a service's rule
rules.add_perm("report.review", is_inspector | is_superuser)
rules.add_perm("report.review_in_turn", is_supervisor | is_official | is_superuser)  # an administrator gives a reason
rules.add_perm("project.inspect", is_inspector | is_superuser)  # inspections, findings, striking off
rules.add_perm("question.moderate", is_office | is_superuser)
rules.add_perm("finding.rectify", is_assigned | is_admin | is_superuser)
rules.add_perm("finding.rectify_from_site", is_assigned)  # everybody else who answers one gives a reason
rules.add_perm("certificate.issue", is_office | is_superuser)
rules.add_perm("milestone.plan", is_office | is_superuser)
rules.add_perm("children.record", is_office | is_superuser)  # the thing is the bureau
rules.add_perm("school.record", is_office | is_superuser)  # a school, or the bureau for a new one
rules.add_perm("bureau.configure", is_admin | is_superuser)
rules.add_perm("baseline.approve", is_office | is_superuser)
rules.add_perm("money.read", is_inspector | is_superuser)
rules.add_perm("money.record", is_office | is_superuser)
rules.add_perm("plan.change", is_office | is_superuser)
rules.add_perm("plan.read_unpublished", is_inspector | is_viewer | is_superuser)
