"""``/office/paper/``: the Excel form for who reports without the app: take it, fill it in, hand it in, look, enter it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.contrib.auth.decorators import login_required
from django.core import signing
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from portal.office.acting import Refusal, attempt, done, signed_in
from portal.office.fields import Field, set_faults
from portal.office.reports import parts_of
from projects_api.choices import EntryOutcome, Role
from projects_api.errors import FieldError, InvalidInput, NotAllowed, NotFound
from projects_api.filtersets import checked_query
from projects_api.interchange.paper import MAX_BYTES, PaperForm, cells_of, read, workbook
from projects_api.models import Bureau, ProgressReport, Project, User, roles_of
from projects_api.selectors.fieldwork import field_sites, other_sides, reportable
from projects_api.services.paper import paper_submit
from projects_api.services.rehearsal import rehearsed
from projects_api.services.reports import Draft
from projects_api.text import clean_text

SALT = "schoolworks.paper"
KEPT_FOR = 24 * 3600  # seconds between looking and entering
TEXTS = {"text": 500, "problems": 1000, "next_step": 500}
PROSE = {"delay_note": 500, "note": 500}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def paper(request: HttpRequest) -> HttpResponse:
    """The forms to take, and the way back in. A POST with a file looks at it; one with ``looked`` enters what was looked at."""
    checked_query(request.GET, known=())
    user = signed_in(request)
    mine = reportable(user).exists()
    bureaus = reported_for(user)
    if not mine and not bureaus:
        raise NotAllowed(_("The form is for who reports on projects."))
    context: dict[str, Any] = {"mine": mine, "bureaus": bureaus, "needs_reason": not mine}
    if request.method != "POST":
        return render(request, "office/paper.html", context)
    reason = Field("reason", _("Why you report for the engineer"), request.POST.get("reason", ""), max_length=500)
    reports: list[ProgressReport] = []
    looked, seen = request.POST.get("looked", ""), Look()
    refusal = attempt(lambda: reports.extend(_enter(user, looked) if looked else _look(request, seen, reason.value)))
    if refusal is None and looked:
        n = len(reports)
        words = ngettext(
            "%(n)s report is entered and waits for review.", "%(n)s reports are entered and wait for review.", n
        )
        return done(request, words % {"n": n}, reverse("office-paper"))
    context |= _answer(seen, reports, refusal, reason)
    return render(request, "office/paper.html", context, status=refusal.status if refusal else 200)


@login_required
@require_safe
def form(request: HttpRequest) -> HttpResponse:
    """The form: one's own sites, or with ``?bureau=`` a bureau's for its administrator. Four queries at any size."""
    query = checked_query(request.GET, known=("bureau",))
    user, now = signed_in(request), timezone.now()
    if code := query.get("bureau"):
        bureau = next((bureau for bureau in reported_for(user) if bureau.code == code), None)
        if bureau is None:
            raise NotFound(_("There is no such bureau."))
        sites = field_sites(Project.objects.read_in_full_by(user).filter(bureau=bureau), bureau.day_of(now))
        name = f"{bureau.name} {now:%Y-%m-%d}.xlsx"
    else:
        sites = field_sites(reportable(user), timezone.localdate())
        title = _("Progress form")  # not inside the f-string, where makemessages does not see it
        name = f"{title} {now:%Y-%m-%d}.xlsx"
    if not sites:
        raise NotFound(_("There is no project that you report on."))
    response = HttpResponse(
        workbook(sites, made_at=now),
        content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    )
    response["Content-Disposition"] = f"attachment; filename=\"form.xlsx\"; filename*=UTF-8''{quote(name)}"
    response["Cache-Control"] = "private, no-store"
    return response


def reported_for(user: User) -> list[Bureau]:
    """The bureaus in whose projects the user may report for the engineers."""
    if user.is_superuser:
        return list(Bureau.objects.order_by("code"))
    held = [pk for pk, roles in roles_of(user).items() if Role.BUREAU_ADMIN in roles]
    return list(Bureau.objects.filter(pk__in=held).order_by("code"))


@dataclass
class Look:
    """What was looked at, signed for its reader, to be entered as it was seen."""

    signed: str = ""


def _look(request: HttpRequest, seen: Look, reason: str) -> list[ProgressReport]:
    user, file = signed_in(request), request.FILES.get("file")
    if not isinstance(file, UploadedFile):
        raise InvalidInput.one("/file", "required", _("Choose the form that you filled in."))
    if (file.size or 0) > MAX_BYTES:
        raise InvalidInput.one("/file", "too_large", _("A form has at most 2 MB."))
    found = read(file.read())
    if not found.reports:
        raise InvalidInput.one("/file", "empty", _("Nothing in this form differs from the record."))
    reason = clean_text(reason, pointer="/reason", max_length=500)
    seen.signed = signing.dumps({"form": found.document(), "reason": reason}, salt=f"{SALT}.{user.pk}", compress=True)
    return _submitted(user, found, reason, preview=True)


def _submitted(user: User, found: PaperForm, reason: str, *, preview: bool) -> list[ProgressReport]:
    """Raises InvalidInput that names the cells."""
    known = {project.code: project for project in Project.objects.visible_to(user).select_related("bureau")}
    drafts, by_id, errors = {}, {}, []
    for report in found.reports:
        project = known.get(report.code)
        if project is None or not user.has_perm("milestone.report", project):
            errors.append(FieldError(report.code, "not_allowed", _("You do not report on this project (any more).")))
            continue
        if not reason and not user.has_perm("milestone.report_from_site", project):
            raise InvalidInput.one("/reason", "required", _("Reporting for the engineer needs a reason."))
        try:
            text, problems, next_step = (
                clean_text(report.texts.get(name, ""), pointer=f"/{name}", max_length=most)
                for name, most in TEXTS.items()
            )
            entries = {key: _clean(key, facts) for key, facts in report.entries.items()}
        except InvalidInput as error:
            errors += cells_of(report, error.errors)
            continue
        drafts[project.pk] = Draft(
            id=found.report_id(report),
            base_version=report.version,
            made_at=found.made_at,
            text=text,
            problems=problems,
            next_step=next_step,
            entries=entries,
            reason=reason,
        )
        by_id[project.pk] = report

    def submit() -> list[ProgressReport]:
        return paper_submit(drafts=drafts, actor=user, at=timezone.now())

    reports: list[ProgressReport] = []
    try:
        if drafts:
            reports = rehearsed(submit) if preview else submit()
    except InvalidInput as error:
        for item in error.errors:
            number, _slash, rest = item.pointer.strip("/").partition("/")
            errors += cells_of(by_id[int(number)], [FieldError(f"/{rest}" if rest else "", item.code, item.message)])
    if errors:
        raise InvalidInput(errors)
    return reports


def _clean(key: str, facts: dict[str, Any]) -> dict[str, Any]:
    """Texts cleaned, percent in range: what the API's serializer sees to."""
    for name, value in facts.items():
        if name in PROSE:
            facts[name] = clean_text(value, pointer=f"/entries/{key}/{name}", max_length=PROSE[name])
        elif name == "percent" and not 0 <= value <= 100:
            raise InvalidInput.one(f"/entries/{key}/percent", "out_of_range", _("Between 0 and 100 percent."))
    return facts


def _enter(user: User, looked: str) -> list[ProgressReport]:
    try:
        kept = signing.loads(looked, salt=f"{SALT}.{user.pk}", max_age=KEPT_FOR)
    except signing.BadSignature as error:
        raise InvalidInput.one(
            "/file", "expired", _("Hand the form in again: what you looked at is too old.")
        ) from error
    return _submitted(user, PaperForm.from_document(kept["form"]), kept["reason"], preview=False)


def _answer(seen: Look, reports: list[ProgressReport], refusal: Refusal | None, reason: Field) -> dict[str, Any]:
    if refusal:
        faults = set_faults([Field("file", _("The filled form")), reason], refusal.faults)
        cells = [cell for cell, messages in refusal.faults.items() for _message in messages]
        told = [
            (field, words if field or not cell else f"{cell}: {words}")
            for (field, words), cell in zip(faults, cells, strict=True)
        ]
        return {"refusal": refusal, "faults": told, "reason": reason}
    names = other_sides(reports)
    rows = [(report, parts_of(report, names, preview=True)) for report in reports]
    conflicts = sum(part.outcome == EntryOutcome.CONFLICT for _report, parts in rows for part in parts)
    return {"rows": rows, "looked": seen.signed, "conflicts": conflicts, "reason": reason}
