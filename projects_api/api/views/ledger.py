"""``projects/{code}/history/`` and ``changes/``: the ledger, each reader with the part that is theirs."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from projects_api.api.conditional import etag_of, not_modified, unchanged, versioned
from projects_api.api.pagination import whole_number
from projects_api.api.serializers.others import ChangesOut, EntryOut
from projects_api.api.serializers.projects import MONEY
from projects_api.api.views.base import CODE, View, number_parameter, shown_part
from projects_api.errors import NotFound
from projects_api.models import LedgerEntry, Project
from projects_api.patches import Patch, only
from projects_api.public import public_patch
from projects_api.selectors.facts import Document
from projects_api.selectors.ledger import changes_visible_to, hidden_milestones_of
from projects_api.selectors.places import schools_visible_to

LARGEST_ID = 2**62


def entry_out(entry: LedgerEntry, user: Any, hidden: frozenset[str]) -> Document:
    """An entry for this reader: whole for who reads the project in full, without money for engineers, else its public part."""
    thing = entry.project or entry.plan or entry.bureau or entry.school
    project = entry.project
    if project is None:
        full = everything = user.has_perm("plan.read_unpublished", thing)
        patch = entry.patch
    else:
        full, everything = reads_of(user, project)
        patch = entry.patch if everything else readable_patch(entry.patch, full, hidden)
    return {
        "id": entry.pk,
        "subject": entry.subject,
        "project": project.code if project else None,
        "version": entry.version,
        "action": entry.action,
        "at": entry.at,
        "actor": entry.actor_name if full else None,
        "reason": entry.reason if full else None,
        "patch": patch,
        "partial": patch != entry.patch,
        # Without the salt a hash tells nothing of what it covers; with it, anybody could try all phone numbers.
        "salt": entry.salt if everything else None,
        "previous": entry.previous,
        "hash": entry.hash,
    }


def reads_of(user: Any, project: Project) -> tuple[bool, bool]:
    """Whether the user reads the project's history with who and why, and whether all of it, money too."""
    full = user.has_perm("project.read_full_history", project)
    return full, full and user.has_perm("money.read", project)


def readable_patch(patch: Patch, full: bool, hidden: frozenset[str]) -> Patch:
    """The part of a change for who does not read everything (`reads_of`)."""
    return only(patch, _without_money) if full else public_patch(patch, hidden)


def _without_money(pointer: tuple[str, ...]) -> bool:
    return bool(pointer) and pointer[0] not in MONEY


class History(View):
    @extend_schema(operation_id="projects_history", parameters=[CODE], responses=EntryOut(many=True))
    def get(self, request: Request, code: str) -> Response:
        """Who said what, when and why, oldest first; the public reads the public part since publication."""
        project = self.project(code)
        part = shown_part(request.user, project, money=True)
        if not_modified(request, etag_of(project.version, part)):
            return unchanged(etag_of(project.version, part))
        entries = changes_visible_to(request.user).filter(project=project).order_by("version")
        hidden = frozenset(m.key for m in project.milestones.all() if not m.public)
        rows = []
        for entry in entries:
            entry.project = project
            rows.append(entry_out(entry, request.user, hidden))
        return versioned(rows, project.version, part=part)


class SchoolHistory(View):
    @extend_schema(operation_id="schools_history", parameters=[CODE], responses=EntryOut(many=True))
    def get(self, request: Request, code: str) -> Response:
        """The school's acts as they were recorded and set right, oldest first; who and why for the bureau's own people."""
        school = schools_visible_to(request.user).filter(code=code).first()
        if school is None:
            raise NotFound()
        full = request.user.has_perm("plan.read_unpublished", school)
        entries = LedgerEntry.objects.filter(school=school).order_by("version")
        rows = []
        for entry in entries:
            entry.school = school
            rows.append(entry_out(entry, request.user, frozenset()))
        return versioned(rows, school.version, part="" if full else "public")


class Changes(View):
    query: ClassVar = frozenset({"since", "limit"})

    @extend_schema(
        operation_id="changes_list",
        parameters=[
            number_parameter("since", 0, LARGEST_ID, "The id after which to go on; 0 for all."),
            number_parameter("limit", 1, 1000, "100."),
        ],
        responses=ChangesOut,
    )
    def get(self, request: Request) -> Response:
        """Every change you may read after entry `since`, oldest first. Nothing is ever inserted before `next_since`."""
        since = whole_number(request.query_params.get("since", "0"), "?since", 0, LARGEST_ID)
        limit = whole_number(request.query_params.get("limit", "100"), "?limit", 1, 1000)
        found = list(
            changes_visible_to(request.user)
            .filter(pk__gt=since)
            .select_related("project", "plan", "bureau", "school")
            .defer("project__footprint", "project__site")
            .order_by("pk")[: limit + 1]
        )
        page, more = found[:limit], len(found) > limit
        hidden = hidden_milestones_of({entry.project_id for entry in page if entry.project_id})
        results = [entry_out(entry, request.user, hidden.get(entry.project_id or 0, frozenset())) for entry in page]
        return Response({"results": results, "next_since": page[-1].pk if page else since, "more": more})
