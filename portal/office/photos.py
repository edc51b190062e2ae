"""``/projects/{code}/photos/``: all photos of a site for its own people; the office publishes them and sets them aside."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from django.views.decorators.http import require_http_methods

from portal.office.acting import Refusal, allowed, attempt, done, project_for, signed_in, version_in
from portal.office.fields import Field, set_faults
from portal.office.photo_words import views_of
from projects_api.api.pagination import LARGEST_PAGE_NUMBER, whole_number
from projects_api.choices import PhotoState
from projects_api.errors import InvalidInput, NotFound
from projects_api.filtersets import checked_query
from projects_api.models import Photo, Project
from projects_api.selectors.photos import before_and_after, photos_of
from projects_api.services.photos import photo_change
from projects_api.text import clean_line

PAGE = 24
PAIRS = 12
STATES = {
    "new": gettext_lazy("Not published"),
    "published": pgettext_lazy("photos", "Published"),
    "doubtful": gettext_lazy("Doubtful"),
    "coming": gettext_lazy("Still coming"),
    "refused": gettext_lazy("Not taken"),
    "aside": pgettext_lazy("photos", "Set aside"),
}
# What a button does.
ACTS: dict[str, dict[str, bool]] = {
    "publish": {"published": True},
    "withdraw": {"published": False},
    "aside": {"archived": True},
    "back": {"archived": False},
}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def photos(request: HttpRequest, code: str) -> HttpResponse:
    """24 a page, the newest first; ``?stage=`` and ``?state=``. At most 12 queries at any number."""
    query = checked_query(request.GET, known=("page", "stage", "state"))
    project = project_for(request, code, "project.read_private")
    refusal = None
    if request.method == "POST":
        allowed(request, "project.publish", project)
        chosen = _chosen(request.POST)
        act = request.POST.get("act", "")
        refusal = attempt(lambda: _act(request, project, chosen, act))
        if refusal is None:
            return done(request, _done_words(act, len(chosen)), request.get_full_path())
    return _list(request, project, query, refusal)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def photo(request: HttpRequest, code: str, photo_id: UUID) -> HttpResponse:
    """One photo with everything that is known of it, beside the ones that it looks like. At most 11 queries."""
    checked_query(request.GET, known=())
    project = project_for(request, code, "project.read_private")
    found = photos_of(project, whole=True).filter(pk=photo_id).first()
    if found is None:
        raise NotFound(_("The project has no such photo."))
    refusal = None
    if request.method == "POST":
        allowed(request, "project.publish", project)
        act = request.POST.get("act", "")
        refusal = attempt(lambda: _act(request, project, [photo_id], act))
        if refusal is None:
            return done(request, _done_words(act, 1), reverse("project-photo", args=[code, photo_id]))
    context = {
        "project": project,
        "view": views_of([found], project, request.user)[0],
        "may_publish": request.user.has_perm("project.publish", project),
        "refusal": refusal,
        "faults": _faults(refusal),
        "reason": request.POST.get("reason", ""),
        "caption": request.POST.get("caption", found.caption),
    }
    return render(request, "office/photo.html", context, status=refusal.status if refusal else 200)


def _chosen(form: QueryDict) -> list[UUID]:
    try:
        return [UUID(text) for text in dict.fromkeys(form.getlist("photo"))]
    except ValueError as error:
        raise InvalidInput.one("/photo", "invalid", _("This form is incomplete. Load the page again.")) from error


def _act(request: HttpRequest, project: Project, chosen: list[UUID], act: str) -> None:
    if not chosen:
        raise InvalidInput.one("/photo", "required", _("Choose at least one photo."))
    changes: dict[str, Any] = ACTS.get(act, {})
    if act == "caption":
        said = request.POST.get("caption", "")
        changes = {"caption": clean_line(said, pointer="/caption", max_length=200, allow_blank=True)}
    if not changes:
        raise InvalidInput.one("/act", "invalid", _("This form is incomplete. Load the page again."))
    reason = clean_line(request.POST.get("reason", ""), pointer="/reason", max_length=500, allow_blank=True)
    photo_change(
        project_id=project.pk,
        photo_ids=chosen,
        actor=signed_in(request),
        at=timezone.now(),
        expected=version_in(request.POST),
        reason=reason,
        **changes,
    )


def _faults(refusal: Refusal | None) -> list[tuple[Field | None, str]]:
    fields = [Field("reason", _("Reason")), Field("caption", _("Caption"))]
    return set_faults(fields, refusal.faults if refusal else {})


def _done_words(act: str, n: int) -> str:
    words = {
        "publish": ngettext("%(n)s photo is published.", "%(n)s photos are published.", n),
        "withdraw": ngettext("%(n)s photo is no longer published.", "%(n)s photos are no longer published.", n),
        "aside": ngettext("%(n)s photo is set aside.", "%(n)s photos are set aside.", n),
        "back": ngettext("%(n)s photo is fetched out again.", "%(n)s photos are fetched out again.", n),
        "caption": _("The caption is saved."),
    }[act]
    return words % {"n": n} if "%(n)s" in words else words


def _state(photo: Photo) -> str:
    """The one tab that it stands in; what is doubtful stands there too."""
    if photo.archived:
        return "aside"
    if photo.state == PhotoState.COMPLETE:
        return "published" if photo.published else "new"
    return "refused" if photo.state == PhotoState.REFUSED else "coming"


def _list(request: HttpRequest, project: Project, query: QueryDict, refusal: Refusal | None) -> HttpResponse:
    state, stage = query.get("state", ""), query.get("stage", "")
    if state and state not in STATES:
        raise InvalidInput.one("?state", "invalid_choice", _("One of: %(names)s.") % {"names": ", ".join(STATES)})
    every = list(photos_of(project, whole=True))  # at most the quota: 1,000 a project
    of_stage = [found for found in every if not stage or found.milestone == stage]
    groups: dict[str, list[Photo]] = {name: [] for name in STATES}
    for found in of_stage:
        groups[_state(found)].append(found)
        if found.doubtful and not found.archived:
            groups["doubtful"].append(found)
    number = whole_number(query.get("page") or "1", "?page", 1, LARGEST_PAGE_NUMBER)
    paginator = Paginator(groups[state] if state else of_stage, PAGE)
    if number > paginator.num_pages:
        raise NotFound(_("There are only %(n)s pages of this list.") % {"n": paginator.num_pages})
    page = paginator.page(number)
    used = {found.milestone for found in every}
    context = {
        "project": project,
        "page": page,
        "views": views_of(page.object_list, project, request.user),
        "total": len(every),
        "tabs": [("", _("All"), len(of_stage)), *[(name, words, len(groups[name])) for name, words in STATES.items()]],
        "state": state,
        "stage": stage,
        "stages": [(m.key, m.title) for m in project.milestones.all() if m.key in used],
        "pairs": before_and_after(project, whole=True)[:PAIRS] if number == 1 and not state and not stage else [],
        "may_publish": request.user.has_perm("project.publish", project),
        "chosen": set(request.POST.getlist("photo")),
        "refusal": refusal,
        "faults": _faults(refusal),
        "reason": request.POST.get("reason", ""),
    }
    return render(request, "office/photos.html", context, status=refusal.status if refusal else 200)
