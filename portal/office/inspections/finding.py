"""``/projects/{code}/findings/…``: raising a finding, its story, and each step of its life as a form for who may take it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from portal.office.acting import Refusal, attempt, done, project_for, signed_in, taken, version_in
from portal.office.fields import Field, set_faults
from portal.office.inspections.lists import names_in, rows_of
from portal.office.inspections.story import stories_of
from projects_api.api.serializers.inspections import (
    FindingChange,
    FindingInput,
    RectifyInput,
    ReopenInput,
    StrikeOffInput,
)
from projects_api.choices import FindingState, InspectionKind, PhotoState, Severity
from projects_api.errors import DomainError, FieldError, InvalidInput, NotFound, StaleVersion
from projects_api.filtersets import checked_query
from projects_api.models import Finding, Photo, Project, User
from projects_api.selectors.inspections import TO_MEND, finding_entries, findings_of, inspections_of
from projects_api.selectors.photos import photos_of
from projects_api.services.inspections import (
    finding_change,
    finding_raise,
    finding_rectify,
    finding_reopen,
    finding_strike_off,
)
from projects_api.services.photos import Announcement, original_receive, photo_announce

SHOWN_PHOTOS = 24  # to choose from; older ones are in the project's reports
INSPECT = "project.inspect"
RECTIFY = "finding.rectify"


# --- raising one ---


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def finding_new(request: HttpRequest, code: str) -> HttpResponse:
    """``?inspection=``: the number of the one that found it."""
    query = checked_query(request.GET, known=("inspection",))
    found = project_for(request, code, INSPECT)
    said = request.POST if request.method == "POST" else query
    fields = _raising(found, said, new=request.method != "POST")
    if request.method != "POST":
        return _raise_page(request, found, fields)
    made: list[Finding] = []
    refusal = attempt(lambda: made.append(_raise(request, found, fields)))
    if made:
        words = _("Finding %(number)s is raised.") % {"number": made[0].number}
        return done(request, words, reverse("finding", args=[code, made[0].number]))
    return _raise_page(request, project_for(request, code, INSPECT), fields, refusal)


def _raising(found: Project, said: QueryDict, *, new: bool) -> list[Field]:
    severities = [("", _("Choose")), *((code, str(word)) for code, word in Severity.choices)]

    def of(name: str, label: str, default: str = "", **more: Any) -> Field:
        return Field(name, label, said.get(name, default if new else ""), **more)

    return [
        of("inspection", _("Found by the inspection"), options=_inspections(found, _("none: seen in passing"))),
        of("severity", _("Severity"), options=severities, required=True),
        of("description", _("What was found"), rows=3, max_length=1000, required=True),
        of("place", _("Where on the site"), max_length=200, hint=_("In words, like: third floor, axis 4.")),
        of("point", _("Position"), max_length=60, hint=_("Longitude, latitude in WGS84, like: 109.58765, 34.95612.")),
        of("owner", _("To be mended by"), found.contractor, max_length=200, required=True, offers="owners"),
        of("owner_user", _("Person responsible"), options=_people(found)),
        of("deadline", _("Deadline"), type="date", required=True),
    ]


def _raise(request: HttpRequest, found: Project, fields: list[Field]) -> Finding:
    said = {item.id: item.value for item in fields}
    body: dict[str, Any] = {name: said[name] for name in ("severity", "description", "place", "owner", "deadline")}
    body |= {"owner_user": said["owner_user"] or None, "inspection": _number(said["inspection"])}
    body["point"] = point_in(said["point"])
    values, reason = taken(FindingInput, {name: value for name, value in body.items() if value not in ("", None)})
    return finding_raise(
        project_id=found.pk,
        actor=signed_in(request),
        at=timezone.now(),
        values=values,
        expected=version_in(request.POST),
        reason=reason,
    )


def _raise_page(
    request: HttpRequest, found: Project, fields: list[Field], refusal: Refusal | None = None
) -> HttpResponse:
    context: dict[str, Any] = {
        "project": found,
        "fields": fields,
        "owners": owners_of(found),
        "refusal": refusal,
        "faults": set_faults(fields, refusal.faults if refusal else {}),
    }
    return render(request, "inspections/finding_new.html", context, status=refusal.status if refusal else 200)


def owners_of(found: Project) -> list[str]:
    return sorted(filter(None, {found.contractor, found.supervising_firm, found.responsible_unit}))


def point_in(text: str) -> dict[str, Any] | None:
    """A point as the API takes it from ``109.58765, 34.95612``. Raises InvalidInput."""
    if not text.strip():
        return None
    parts = text.replace("，", ",").replace(",", " ").split()
    try:
        lon, lat = (float(part) for part in parts)
    except ValueError as error:
        words = _("Two numbers: longitude, latitude, like 109.58765, 34.95612.")
        raise InvalidInput.one("/point", "invalid", words) from error
    return {"type": "Point", "coordinates": [lon, lat]}


# --- one finding ---


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def finding(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Its story and the steps that come next. A POST takes one: ``act`` is change, rectify, strike_off or reopen."""
    checked_query(request.GET, known=())
    found = project_for(request, code, "project.read_private")
    held = _held(found, number)
    if request.method != "POST":
        return _page(request, found, held)
    act = request.POST.get("act", "")
    step = _STEPS.get(act)
    if step is None:
        raise InvalidInput.one("/act", "invalid", _("This form is incomplete. Load the page again."))
    project_for(request, code, RECTIFY if act == "rectify" else INSPECT)
    kept: list[str] = []  # photos that arrived, whatever becomes of the rest
    refusal = attempt(lambda: step(request, found, held, kept))
    if refusal is None:
        return done(request, str(_DONE[act]()), reverse("finding", args=[code, number]))
    fresh = project_for(request, code, "project.read_private")
    return _page(request, fresh, _held(fresh, number), refusal, act, kept)


def _held(found: Project, number: int) -> Finding:
    held = findings_of(found).filter(number=number).first()
    if held is None:
        raise NotFound(_("The project has no finding %(number)s.") % {"number": number})
    return held


def _frame(request: HttpRequest, found: Project, held: Finding) -> dict[str, Any]:
    return {
        "project_id": found.pk,
        "number": held.number,
        "actor": signed_in(request),
        "at": timezone.now(),
        "expected": version_in(request.POST),
    }


def _change(request: HttpRequest, found: Project, held: Finding, _kept: list[str]) -> None:
    post = request.POST
    body: dict[str, Any] = {name: post.get(f"change-{name}", "") for name in ("owner", "deadline", "reason")}
    body["owner_user"] = post.get("change-owner_user") or None
    values, reason = taken(FindingChange, body)
    finding_change(**_frame(request, found, held), changes=values, reason=reason)


def _rectify(request: HttpRequest, found: Project, held: Finding, kept: list[str]) -> None:
    frame, post = _frame(request, found, held), request.POST
    _same_version(frame["expected"], found)
    came = _photos_taken(request, found, frame["at"])
    kept += post.getlist("rectify-photos") + came
    body: dict[str, Any] = {
        "text": post.get("rectify-text", ""),
        "on": post.get("rectify-on", ""),
        "photos": kept,
        "reason": post.get("rectify-reason", ""),
    }
    values, reason = taken(RectifyInput, body)
    if not reason and not request.user.has_perm("finding.rectify_from_site", found):
        raise InvalidInput.one("/reason", "required", _("Reporting for the engineer needs a reason."))
    photos = [str(photo) for photo in values["photos"]]
    # Each photo of one's own has just moved the version on by two entries: announced, checked.
    frame["expected"] += 2 * len(came)
    finding_rectify(**frame, text=values["text"], day=values["on"], photos=photos, reason=reason)


def _same_version(expected: int, found: Project) -> None:
    if expected != found.version:
        words = _("Somebody else changed this project meanwhile. Read it again and repeat your change.")
        raise StaleVersion(words, version=found.version)


def _photos_taken(request: HttpRequest, found: Project, at: datetime) -> list[str]:
    """The pictures that came with the form, entered as the project's photos; ids. Raises with ``/photos``."""
    taken_in: list[str] = []
    for file in request.FILES.getlist("rectify-files"):
        if not file.size:
            continue
        said = Announcement(id=uuid4(), taken_at=at, size=file.size, media_type=file.content_type or "")
        try:
            photo: Photo = photo_announce(project_id=found.pk, actor=signed_in(request), at=at, said=said)
            original_receive(photo, file.file, offset=0, length=file.size, at=at)
        except DomainError as error:
            error.errors = [FieldError("/files", error.kind, f"{file.name}: {error.detail or error.title}")]
            raise
        taken_in.append(str(said.id))
    return taken_in


def _strike_off(request: HttpRequest, found: Project, held: Finding, _kept: list[str]) -> None:
    values, reason = taken(StrikeOffInput, _looked(request, "strike_off"))
    values["reinspection"] = values.pop("inspection", None)
    finding_strike_off(**_frame(request, found, held), **values, reason=reason)


def _reopen(request: HttpRequest, found: Project, held: Finding, _kept: list[str]) -> None:
    body = _looked(request, "reopen")
    if deadline := request.POST.get("reopen-deadline", ""):
        body["deadline"] = deadline
    values, reason = taken(ReopenInput, body)
    values["reinspection"] = values.pop("inspection", None)
    finding_reopen(**_frame(request, found, held), note=values.pop("note", ""), **values, reason=reason)


def _looked(request: HttpRequest, act: str) -> dict[str, Any]:
    number = _number(request.POST.get(f"{act}-inspection", ""))
    return {"note": request.POST.get(f"{act}-note", ""), "inspection": number}


_STEPS: dict[str, Callable[[HttpRequest, Project, Finding, list[str]], None]] = {
    "change": _change,
    "rectify": _rectify,
    "strike_off": _strike_off,
    "reopen": _reopen,
}
_DONE: dict[str, Callable[[], str]] = {
    "change": lambda: _("The finding is changed."),
    "rectify": lambda: _("It is reported as mended and waits for the inspector."),
    "strike_off": lambda: _("The finding is struck off."),
    "reopen": lambda: _("The finding is open again."),
}


def _page(
    request: HttpRequest,
    found: Project,
    held: Finding,
    refusal: Refusal | None = None,
    act: str = "",
    kept: list[str] | None = None,
) -> HttpResponse:
    user = signed_in(request)
    today = found.bureau.day_of(timezone.now())
    names = names_in(found)
    story = stories_of(finding_entries(found), names).get(held.number, [])
    said = request.POST if refusal else QueryDict()
    forms = _forms(found, held, user, said, today)
    faults = {f"/{act}{pointer}": words for pointer, words in refusal.faults.items()} if refusal else {}
    files = Field("rectify-files", _("New photos as evidence"))
    every = [files, *(item for fields in forms.values() for item in fields)]
    inspects, state = user.has_perm(INSPECT, found), held.state
    context: dict[str, Any] = {
        "project": found,
        "finding": held,
        "row": rows_of([held], today)[0],
        "story": story,
        "forms": forms,
        "files": files,
        "kept": bool(kept),
        "inspects": inspects,
        "own_work": inspects and state == FindingState.RECTIFIED and held.rectified_by_id == user.pk,
        "act": act,
        "refusal": refusal,
        "faults": set_faults(every, faults),
    }
    if "rectify" in forms:
        # A failed attempt keeps the pictures that it brought: they are the project's now, and chosen.
        chosen = kept or []
        recent = photos_of(found, whole=True).filter(archived=False).exclude(state=PhotoState.REFUSED)[:SHOWN_PHOTOS]
        context["choices"] = [(photo, str(photo.pk) in chosen) for photo in recent]
    return render(request, "inspections/finding.html", context, status=refusal.status if refusal else 200)


def _forms(found: Project, held: Finding, user: User, said: QueryDict, today: date) -> dict[str, list[Field]]:
    """The steps that this reader may take now, in the order in which they come, with what was typed."""

    def of(name: str, label: str, default: Any = "", **more: Any) -> Field:
        return Field(name, label, said.get(name, default), **more)

    def looked(act: str) -> Field:
        return of(f"{act}-inspection", _("Re-inspection"), options=_inspections(found, _("none recorded")))

    forms: dict[str, list[Field]] = {}
    inspects = user.has_perm(INSPECT, found)
    if held.state in TO_MEND and user.has_perm(RECTIFY, found):
        forms["rectify"] = [
            of("rectify-text", _("How it was mended"), rows=3, max_length=1000, required=True),
            of("rectify-on", _("Mended on"), today.isoformat(), type="date", required=True),
        ]
        if not user.has_perm("finding.rectify_from_site", found):
            reason = _("Why you report it for the engineer")
            forms["rectify"].append(of("rectify-reason", reason, max_length=500, required=True))
    if inspects and held.state == FindingState.RECTIFIED and held.rectified_by_id != user.pk:
        forms["strike_off"] = [
            of("strike_off-note", _("Note (need not be)"), rows=2, max_length=500),
            looked("strike_off"),
        ]
    if inspects and held.state not in TO_MEND:
        forms["reopen"] = [
            of("reopen-note", _("What is still to be mended"), rows=2, max_length=500, required=True),
            of("reopen-deadline", _("New deadline (need not be)"), type="date"),
            looked("reopen"),
        ]
    if inspects and held.state != FindingState.STRUCK_OFF:
        forms["change"] = [
            of("change-deadline", _("Deadline"), held.deadline.isoformat(), type="date", required=True),
            of("change-owner", _("To be mended by"), held.owner, max_length=200, required=True),
            of(
                "change-owner_user",
                _("Person responsible"),
                held.owner_user.username if held.owner_user else "",
                options=_people(found),
            ),
            of("change-reason", _("Reason (needed for another deadline)"), max_length=500),
        ]
    return forms


def _inspections(found: Project, none: str) -> list[tuple[str, str]]:
    """Those that count, the newest first."""
    kinds = dict(InspectionKind.choices)
    rows = inspections_of(found).filter(archived=False)
    named = [
        (str(row.number), f"{_('No. %(number)s') % {'number': row.number}} · {kinds[row.kind]} · {row.held_on}")
        for row in rows
    ]
    return [("", none), *named]


def _people(found: Project) -> list[tuple[str, str]]:
    return [("", _("nobody in particular")), *names_in(found).items()]


def _number(text: str) -> int | None:
    """A chosen number; what is none of ours is refused by the service as unknown."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
