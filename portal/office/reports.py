"""``/office/reports/``: what came from the sites and waits for somebody to look at it; one report, its acceptance or return."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from portal.office.acting import Refusal, attempt, done, project_for, signed_in, version_in
from portal.office.fields import Field, set_faults
from portal.office.photo_words import views_of
from projects_api.api.pagination import LARGEST_PAGE_NUMBER, Pages, whole_number
from projects_api.choices import DelayReason, EntryOutcome, MilestoneState, ReportState
from projects_api.errors import InvalidInput, NotAllowed, NotFound
from projects_api.filtersets import checked_query
from projects_api.geodesy import distance
from projects_api.models import Milestone, ProgressReport, Project, User
from projects_api.selectors.fieldwork import (
    other_sides,
    photo_counts,
    reported_milestones,
    reports_readable_by,
    reports_waiting,
    reviewing_bureaus,
)
from projects_api.selectors.photos import photos_of
from projects_api.services.milestones import milestone_accept
from projects_api.services.reports import report_review
from projects_api.text import clean_text
from projects_api.wording import day

FIELDS = {
    "started": gettext_lazy("Started"),
    "actual": gettext_lazy("Finished"),
    "percent": gettext_lazy("Progress"),
    "forecast": gettext_lazy("Expected"),
    "delay_reason": gettext_lazy("Reason for delay"),
    "delay_note": gettext_lazy("Explanation"),
    "note": gettext_lazy("Internal note"),
    "state": gettext_lazy("State"),
}
FAR = 500  # metres from the site from which on the page says so


@dataclass(frozen=True)
class Change:
    """One field of one stage, in words: what the record said, what the report says."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Part:
    """One stage of a report. ``clash``: who wrote the other side of a conflict."""

    title: str
    outcome: str
    outcome_word: str
    changes: list[Change]
    clash: str


@login_required
@require_safe
def reports(request: HttpRequest) -> HttpResponse:
    """Waiting reports, the oldest first; ``?state=`` the reviewed ones. At most 11 queries."""
    query = checked_query(request.GET, known=("page", "state"))
    user = signed_in(request)
    bureaus = reviewing_bureaus(user)
    if not bureaus:
        raise NotAllowed(_("Reports are reviewed by supervisors and the office."))
    state = query.get("state", ReportState.SUBMITTED.value)
    if state not in ReportState.values:
        raise InvalidInput.one("?state", "invalid_choice", _("One of: %(names)s.") % {"names": ", ".join(ReportState)})
    waiting = reports_waiting(user, bureaus)
    found = waiting if state == ReportState.SUBMITTED else reports_readable_by(user).filter(state=state)
    number = whole_number(query.get("page") or "1", "?page", 1, LARGEST_PAGE_NUMBER)
    paginator = Paginator(found, Pages.page_size)
    if number > paginator.num_pages:
        raise NotFound(_("There are only %(n)s pages of this list.") % {"n": paginator.num_pages})
    page = paginator.page(number)
    names, photos = other_sides(page.object_list), photo_counts(page.object_list)
    context = {
        "state": state,
        "states": [(choice.value, choice.label) for choice in ReportState],
        "page": page,
        "rows": [(report, parts_of(report, names), photos.get(report.pk)) for report in page.object_list],
        "reported": [
            (milestone, not user.has_perm("report.review_in_turn", milestone.project))
            for milestone in (
                reported_milestones(user, bureaus) if state == ReportState.SUBMITTED and number == 1 else []
            )
        ],
    }
    return render(request, "office/reports.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest, report_id: UUID) -> HttpResponse:
    """One report beside the record. A POST accepts or returns it and leads to the next one."""
    checked_query(request.GET, known=())
    user = signed_in(request)
    found = _readable(user, report_id)
    if request.method != "POST":
        return _page(request, found)
    project_for(request, found.project.code, "report.review")
    accept = request.POST.get("decision") == "accept"
    note, reason = request.POST.get("note", ""), request.POST.get("reason", "")
    refusal = attempt(lambda: _review(request, found, accept=accept, note=note, reason=reason))
    if refusal is None:
        words = _("The report is accepted.") if accept else _("The report is returned. The engineer sees why.")
        following = reports_waiting(user, reviewing_bureaus(user)).first()
        address = reverse("office-report", args=[following.pk]) if following else reverse("office-reports")
        return done(request, words, address)
    return _page(request, _readable(user, report_id), refusal, note, reason)


@login_required
@require_http_methods(["POST"])
def accept_milestone(request: HttpRequest, code: str, key: str) -> HttpResponse:
    """Accept a milestone that was reported without a report of its own; ``/office/reports/`` has the button."""
    checked_query(request.GET, known=())
    project = project_for(request, code, "milestone.accept")
    reason = clean_text(request.POST.get("reason", ""), pointer="/reason", max_length=500)
    _in_turn(request, project, reason)
    milestone_accept(
        project_id=project.pk,
        key=key,
        actor=signed_in(request),
        at=timezone.now(),
        expected=version_in(request.POST),
        reason=reason,
    )
    return done(request, _("The milestone is accepted."), reverse("office-reports"))


def _readable(user: User, report_id: UUID) -> ProgressReport:
    found = reports_readable_by(user).filter(pk=report_id).select_related("corrects__reviewed_by").first()
    if found is None:
        raise NotFound(_("There is no such report that you can see."))
    return found


def _review(request: HttpRequest, found: ProgressReport, *, accept: bool, note: str, reason: str) -> None:
    note = clean_text(note, pointer="/note", max_length=500)
    reason = clean_text(reason, pointer="/reason", max_length=500)
    _in_turn(request, found.project, reason)
    report_review(
        project_id=found.project_id,
        report_id=found.pk,
        actor=signed_in(request),
        at=timezone.now(),
        expected=version_in(request.POST),
        accept=accept,
        note=note,
        reason=reason,
    )


def _in_turn(request: HttpRequest, project: Project, reason: str) -> None:
    if not reason and not request.user.has_perm("report.review_in_turn", project):
        raise InvalidInput.one("/reason", "required", _("Reviewing for the supervisor needs a reason."))


def _page(
    request: HttpRequest, found: ProgressReport, refusal: Refusal | None = None, note: str = "", reason: str = ""
) -> HttpResponse:
    user = signed_in(request)
    reviews = user.has_perm("report.review", found.project)
    fields = [
        Field("note", _("What is to be corrected (needed to return it)"), note, max_length=500),
        Field("reason", _("Why you review it for the supervisor"), reason, max_length=500),
    ]
    faults = set_faults(fields, refusal.faults if refusal else {})
    context: dict[str, Any] = {
        "report": found,
        "project": found.project,
        "parts": parts_of(found, other_sides([found])),
        "distance": _distance(found),
        "photos": views_of(photos_of(found.project, whole=True).filter(report=found.pk), found.project, user),
        "own": found.author_id == user.pk,
        "may_review": reviews and found.author_id != user.pk and found.state == ReportState.SUBMITTED,
        "needs_reason": reviews and not user.has_perm("report.review_in_turn", found.project),
        "note": fields[0],
        "reason": fields[1],
        "refusal": refusal,
        "faults": faults,
    }
    return render(request, "office/report.html", context, status=refusal.status if refusal else 200)


def parts_of(report: ProgressReport, names: Mapping[str, str], *, preview: bool = False) -> list[Part]:
    """The stages of a report in words; ``names`` as of `other_sides`; ``preview``: nothing of it is in the record yet.
    The project's milestones are asked for once a report."""
    titles = {m.key: m for m in report.project.milestones.all()} if report.entries else {}
    return [_part(key, entry, titles.get(key), names, preview) for key, entry in report.entries.items()]


def _part(
    key: str, entry: dict[str, Any], milestone: Milestone | None, names: Mapping[str, str], preview: bool
) -> Part:
    outcome = EntryOutcome(entry["outcome"])
    word = _("Will be entered") if preview and outcome == EntryOutcome.APPLIED else str(outcome.label)
    if "theirs" in entry:
        shown = {name: (entry["theirs"].get(name), value) for name, value in entry["changes"].items()}
    elif "after" in entry:
        shown = {name: (entry["before"].get(name), value) for name, value in entry["after"].items()}
    else:
        shown = {name: (value, value) for name, value in entry["changes"].items()}
    changes = [
        Change(str(FIELDS[name]), in_words(name, old), in_words(name, new))
        for name, (old, new) in sorted(shown.items(), key=by_field)
    ]
    by = entry.get("by", "")
    return Part(milestone.title if milestone else key, outcome.value, word, changes, names.get(by, by))


def by_field(item: tuple[str, Any]) -> int:
    return list(FIELDS).index(item[0])


def in_words(name: str, value: Any) -> str:
    """A field's value as a reader says it; a dash for none."""
    if value in (None, ""):
        return "–"
    if name in ("started", "actual", "forecast"):
        return day(date.fromisoformat(value))
    if name == "percent":
        return f"{value}%"
    if name == "delay_reason":
        return str(DelayReason(value).label)
    return str(MilestoneState(value).label) if name == "state" else str(value)


def _distance(report: ProgressReport) -> tuple[str, bool] | None:
    """How far from the site it was written, in words, and whether that is far; None where either is not known."""
    site = report.project.site
    if report.position is None or site is None:
        return None
    metres = round(distance(report.position.x, report.position.y, site.x, site.y))
    words = ngettext("%(n)s m from the site", "%(n)s m from the site", metres) % {"n": f"{metres:,}"}
    if report.accuracy:
        words += " " + _("(± %(n)s m)") % {"n": report.accuracy}
    return words, metres - (report.accuracy or 0) > FAR
