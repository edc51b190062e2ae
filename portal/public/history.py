"""``/projects/{code}/changes/``: everything that changed, and how to check it; ``ledger.json``: the public chain to check."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal.public.changes import WHOLE, changes_for
from portal.public.proof import proof_of
from projects_api.api.pagination import LARGEST_PAGE_NUMBER, whole_number
from projects_api.canonical import canonical
from projects_api.errors import NotFound
from projects_api.kept import kept
from projects_api.models import Project
from projects_api.selectors.changes import chain_of, hidden_of
from projects_api.selectors.projects import project_page

PAGE = 20


@kept
@require_safe
def changes(request: HttpRequest, code: str) -> HttpResponse:
    """Newest first, 20 a page. Three queries for the public."""
    number = whole_number(request.GET.get("page") or "1", "?page", 1, LARGEST_PAGE_NUMBER)
    found = _found(request.user, code)
    every = list(found.milestones.all())
    full = request.user.has_perm("project.read_private", found)
    chain = chain_of(found, *WHOLE) if full else chain_of(found)
    paginator = Paginator(changes_for(request.user, found, every, chain, limit=None), PAGE)
    if number > paginator.num_pages:
        raise NotFound(_("There are only %(n)s pages of this list.") % {"n": paginator.num_pages})
    context: dict[str, Any] = {
        "project": found,
        "page": paginator.page(number),
        "proof": proof_of(found, chain, hidden_of(every)).newest,
        "canonical_query": f"?page={number}" if number > 1 else "",
    }
    with timezone.override(found.bureau.time_zone):
        return render(request, "public/changes.html", context)


@kept
@require_safe
def ledger(request: HttpRequest, code: str) -> HttpResponse:
    """The public chain as canonical JSON, for everybody the same: ``{"entries", "fingerprint"}``. Three queries."""
    found = _found(AnonymousUser(), code)
    every = list(found.milestones.all())
    proof = proof_of(found, chain_of(found), hidden_of(every))
    body = {"entries": proof.links, "fingerprint": proof.newest["hash"] if proof.newest else ""}
    response = HttpResponse(canonical(body), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="{found.code}-ledger.json"'
    return response


def _found(user: Any, code: str) -> Project:
    found = project_page(user, code)
    if found is None:
        raise NotFound(_("There is no project %(code)s that you can see.") % {"code": code})
    return found
