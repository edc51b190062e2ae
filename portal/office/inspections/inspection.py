"""``/projects/{code}/inspections/new/`` and ``…/{number}/``: recording an inspection, reading, correcting, setting it aside."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from portal.office.acting import Refusal, allowed, attempt, done, project_for, signed_in, taken, version_in
from portal.office.fields import set_faults
from portal.office.inspections.inspection_form import InspectionForm, empty, saved, sent
from portal.office.inspections.lists import rows_of
from projects_api.api.serializers.inspections import (
    FindingInput,
    InspectionChange,
    InspectionInput,
    inspection_out,
)
from projects_api.choices import CheckResult, InspectionKind
from projects_api.errors import FieldError, InvalidInput
from projects_api.filtersets import checked_query
from projects_api.models import Inspection, Project
from projects_api.selectors.inspections import findings_of
from projects_api.services.inspections import find_inspection, inspection_change, inspection_hold


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def inspection_new(request: HttpRequest, code: str) -> HttpResponse:
    """``?kind=``; without it the kinds to choose from."""
    query = checked_query(request.GET, known=("kind",))
    found = project_for(request, code, "project.inspect")
    kind = query.get("kind", "")
    if not kind:
        return render(request, "inspections/kinds.html", {"project": found, "kinds": InspectionKind.choices})
    if kind not in InspectionKind.values:
        names = ", ".join(InspectionKind.values)
        raise InvalidInput.one("?kind", "invalid_choice", _("One of: %(names)s.") % {"names": names})
    if request.method != "POST":
        user, today = signed_in(request), found.bureau.day_of(timezone.now())
        return _form_page(request, found, empty(found, kind, today, user.get_full_name()))
    form = sent(found, kind, request.POST, new=True)
    if request.POST.get("act") == "more":
        return _form_page(request, found, form)
    made: list[Inspection] = []
    refusal = attempt(lambda: made.append(_record(request, found, form, timezone.now())))
    if made:
        raised = made[0].findings.count()
        words = _("Inspection %(number)s is recorded.") % {"number": made[0].number}
        if raised:
            words += " " + ngettext("%(n)s finding was raised.", "%(n)s findings were raised.", raised) % {"n": raised}
        return done(request, words, reverse("inspection", args=[code, made[0].number]))
    return _form_page(request, project_for(request, code, "project.inspect"), form, refusal)


def _record(request: HttpRequest, found: Project, form: InspectionForm, at: datetime) -> Inspection:
    """All that is wrong is said at once: of the inspection, and of each finding."""
    faults: list[FieldError] = []
    findings: list[dict[str, Any]] = []
    values, reason = dict[str, Any](), ""
    try:
        values, reason = taken(InspectionInput, form.body())
    except InvalidInput as error:
        faults += error.errors
    for index, body in enumerate(form.findings()):
        try:
            findings.append(taken(FindingInput, body)[0])
        except InvalidInput as error:
            faults += [FieldError(f"/findings/{index}{e.pointer}", e.code, e.message) for e in error.errors]
    if faults:
        raise InvalidInput(faults)
    return inspection_hold(
        project_id=found.pk,
        actor=signed_in(request),
        at=at,
        values=values,
        findings=findings,
        expected=version_in(request.POST),
        reason=reason,
    )


@login_required
@require_http_methods(["GET", "HEAD"])
def inspection(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """One inspection with what it found. At most 9 queries."""
    checked_query(request.GET, known=())
    found = project_for(request, code, "project.read_private")
    held = find_inspection(found, number)
    today = found.bureau.day_of(timezone.now())
    words = dict(CheckResult.choices)
    checks = [{**check, "result_word": words[check["result"]]} for check in inspection_out(held)["checklist"]]
    certificate = held.certificates.first()
    stage = next((m.title for m in found.milestones.all() if m.key == held.milestone), held.milestone)
    context: dict[str, Any] = {
        "project": found,
        "inspection": held,
        "checks": checks,
        "stage": stage,
        "rows": rows_of(findings_of(found).filter(inspection=held), today),
        "looked_again": rows_of(findings_of(found).filter(reinspection=held), today),
        "certificate": certificate,
        "inspects": request.user.has_perm("project.inspect", found),
    }
    return render(request, "inspections/inspection.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def inspection_edit(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Correct it, or set it aside (``act=archive``) and take it back (``act=restore``)."""
    checked_query(request.GET, known=())
    found = project_for(request, code, "project.inspect")
    held = find_inspection(found, number)
    if request.method != "POST":
        return _form_page(request, found, saved(found, held), held=held)
    act = request.POST.get("act")
    form = saved(found, held) if act in ("archive", "restore") else sent(found, held.kind, request.POST, new=False)
    form.reason.value = request.POST.get("reason", "")
    if act == "more":
        return _form_page(request, found, form, held=held)
    refusal = attempt(lambda: _change(request, found, held, form, act))
    if refusal is None:
        words = {"archive": _("The inspection is set aside."), "restore": _("The inspection counts again.")}
        said = words.get(act or "", _("The inspection is corrected."))
        return done(request, said, reverse("inspection", args=[code, number]))
    return _form_page(request, project_for(request, code, "project.inspect"), form, refusal, held=held)


def _change(request: HttpRequest, found: Project, held: Inspection, form: InspectionForm, act: str | None) -> None:
    user = allowed(request, "project.inspect", found)
    if act in ("archive", "restore"):
        body: dict[str, Any] = {"archived": act == "archive", "reason": form.reason.value}
    else:
        body = form.body()
    values, reason = taken(InspectionChange, body)
    if not reason:
        raise InvalidInput.one("/reason", "required", _("Say why the inspection is changed."))
    inspection_change(
        project_id=found.pk,
        number=held.number,
        actor=user,
        at=timezone.now(),
        changes=values,
        expected=version_in(request.POST),
        reason=reason,
    )


def _form_page(
    request: HttpRequest,
    found: Project,
    form: InspectionForm,
    refusal: Refusal | None = None,
    held: Inspection | None = None,
) -> HttpResponse:
    faults = form.placed(refusal.faults) if refusal else {}
    context: dict[str, Any] = {
        "project": found,
        "form": form,
        "kind": InspectionKind(form.kind).label,
        "held": held,
        "owners": sorted(filter(None, {found.contractor, found.supervising_firm, found.responsible_unit})),
        "refusal": refusal,
        "faults": set_faults(form.fields, faults),
    }
    return render(request, "inspections/form.html", context, status=refusal.status if refusal else 200)
