"""``/projects/{code}/certificates/…``: issuing the certificate of completion acceptance, what still blocks it, its paper."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_safe

from portal.office.acting import Refusal, attempt, done, project_for, signed_in, taken, version_in
from portal.office.fields import Field, set_faults
from projects_api.api.serializers.inspections import CertificateInput
from projects_api.checklists import SPECIAL_ACCEPTANCES
from projects_api.choices import CheckResult, InspectionResult, Severity
from projects_api.errors import NotFound
from projects_api.filtersets import checked_query
from projects_api.interchange.certificates import certificate_pdf
from projects_api.models import Certificate, Project
from projects_api.models.base import in_reader_language
from projects_api.selectors.facts import certificate_facts
from projects_api.selectors.inspections import certificates_of
from projects_api.services.certificates import acceptances_to_certify, certificate_issue, certificate_obstacles
from projects_api.wording import day

ISSUE = "certificate.issue"
SIGNATORIES = 5  # the five parties; a button gives more
OWN = 2
MOST = 30


@dataclass
class Line:
    """A row of the form: one who signs, or one special acceptance (``title``, or one's own in the first field).

    ``preset``: what stood there before anybody wrote, by the field's id.
    """

    title: str
    key: str
    fields: list[Field]
    preset: dict[str, str]

    @property
    def says(self) -> bool:
        """Whether somebody wrote here: a unit and a role that stood there already are no signatory yet."""
        return any(item.value and item.value != self.preset.get(item.id) for item in self.fields)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def certificate_new(request: HttpRequest, code: str) -> HttpResponse:
    """What blocks it is said before anything is filled in."""
    checked_query(request.GET, known=())
    found = project_for(request, code, ISSUE)
    if request.method != "POST":
        return _page(request, found, QueryDict())
    if (act := request.POST.get("act", "")).startswith("more-"):
        return _page(request, found, request.POST, more=act.removeprefix("more-"))
    made: list[Certificate] = []
    refusal = attempt(lambda: made.append(_issue(request, found)))
    if made:
        words = _("Certificate %(number)s is issued.") % {"number": made[0].number}
        return done(request, words, reverse("certificate", args=[code, made[0].number]))
    return _page(request, project_for(request, code, ISSUE), request.POST, refusal=refusal)


def _issue(request: HttpRequest, found: Project) -> Certificate:
    post = request.POST
    signatories, specials = _lines(found, post)
    chosen = post.get("inspection", "")
    body: dict[str, Any] = {
        "signatories": [_said(line) for line in _filled(signatories)],
        "special_acceptances": [_said(line) | ({"key": line.key} if line.key else {}) for line in _filled(specials)],
        "reason": post.get("reason", ""),
    }
    if chosen.isascii() and chosen.isdigit():
        body["inspection"] = int(chosen)
    if post.get("issued_on"):
        body["issued_on"] = post["issued_on"]
    values, reason = taken(CertificateInput, body)
    return certificate_issue(
        project_id=found.pk,
        actor=signed_in(request),
        at=timezone.now(),
        expected=version_in(post),
        **values,
        reason=reason,
    )


def _said(line: Line) -> dict[str, str]:
    return {item.id.rsplit("-", 1)[-1]: item.value for item in line.fields if item.value}


def _filled(lines: list[Line]) -> list[Line]:
    return [line for line in lines if line.says]


def _page(
    request: HttpRequest, found: Project, said: QueryDict, *, more: str = "", refusal: Refusal | None = None
) -> HttpResponse:
    today = found.bureau.day_of(timezone.now())
    ready = list(acceptances_to_certify(found))
    results = dict(InspectionResult.choices)
    options = [
        (
            str(row.number),
            f"{_('No. %(number)s') % {'number': row.number}} · {day(row.held_on)} · {results[row.result]}",
        )
        for row in ready
    ]
    signatories, specials = _lines(found, said, more)
    chosen = Field(
        "inspection",
        _("Rests on the completion acceptance"),
        said.get("inspection", options[0][0] if options else ""),
        options=options,
    )
    issued = Field("issued_on", _("Issued on"), said.get("issued_on", today.isoformat()), type="date", required=True)
    fields = [chosen, issued, *(item for line in [*signatories, *specials] for item in line.fields)]
    # Where nobody signs yet, and where an acceptance is missing, is said at the first row.
    lists = [
        Field("signatories", _("Who signs")),
        Field("special_acceptances", _("Special acceptances")),
    ]
    faults = _placed(refusal.faults, _filled(signatories), _filled(specials)) if refusal else {}
    context: dict[str, Any] = {
        "project": found,
        "chosen": chosen,
        "issued": issued,
        "signatories": signatories,
        "specials": specials,
        "lists": lists,
        "obstacles": certificate_obstacles(found),
        "refusal": refusal,
        "faults": set_faults([*fields, *lists], faults),
    }
    return render(request, "inspections/certificate_new.html", context, status=refusal.status if refusal else 200)


def _placed(faults: dict[str, list[str]], signatories: list[Line], specials: list[Line]) -> dict[str, list[str]]:
    """Faults by the rows of the form instead of those that were sent."""
    moved: dict[str, list[str]] = {}
    for pointer, words in faults.items():
        name, _slash, rest = pointer.strip("/").partition("/")
        number, _slash, member = rest.partition("/")
        rows = {"signatories": signatories, "special_acceptances": specials}.get(name, [])
        if number.isdigit() and int(number) < len(rows):
            row = rows[int(number)]
            known = {item.id.rsplit("-", 1)[-1]: item.id for item in row.fields}
            pointer = "/" + known.get(member, row.fields[0].id)
        moved.setdefault(pointer, []).extend(words)
    return moved


def _lines(found: Project, said: QueryDict, more: str = "") -> tuple[list[Line], list[Line]]:
    """Who signs (the parties that are known stand there already) and the special acceptances."""

    def of(name: str, label: str, default: str = "", **options: Any) -> Field:
        return Field(name, label, said.get(name, default), **options)

    parties = [
        (found.responsible_unit or found.bureau.name, _("Employer")),
        (found.contractor, pgettext("who signs", "Contractor")),
        (found.supervising_firm, _("Supervising firm")),
        ("", _("Designer")),
        ("", _("Surveyor")),
    ]
    signed = _rows_in(said, "signatories") or SIGNATORIES
    signed += OWN if more == "signatories" else 0
    signatories = []
    for index in range(min(signed, MOST)):
        unit, role = parties[index] if index < len(parties) else ("", "")
        at = f"signatories-{index}"
        row = [
            of(f"{at}-name", _("Name"), max_length=100, autocomplete="off"),
            of(f"{at}-unit", _("Unit"), unit, max_length=200, offers="units"),
            of(f"{at}-role", _("Role"), role, max_length=100),
        ]
        signatories.append(Line("", "", row, {f"{at}-unit": unit, f"{at}-role": role}))
    known = list(SPECIAL_ACCEPTANCES)
    texts = max(_rows_in(said, "special_acceptances") - len(known), OWN)
    texts += OWN if more == "specials" else 0
    specials = []
    for index in range(min(len(known) + texts, MOST)):
        point = known[index] if index < len(known) else None
        at = f"special_acceptances-{index}"
        text = [] if point else [of(f"{at}-text", _("Another acceptance"), max_length=200)]
        title = in_reader_language(point.zh, point.en) if point else ""
        row = [
            *text,
            of(f"{at}-accepted_on", _("Accepted on"), type="date"),
            of(f"{at}-document_number", _("Document number"), max_length=100),
        ]
        specials.append(Line(title, point.key if point else "", row, {}))
    return signatories, specials


def _rows_in(said: QueryDict, name: str) -> int:
    """How many rows the form that came had."""
    numbers = [part[1] for part in (key.split("-") for key in said) if len(part) == 3 and part[0] == name]
    return max((int(number) + 1 for number in numbers if number.isdecimal() and len(number) < 3), default=0)


# --- one certificate ---


@login_required
@require_safe
def certificate(request: HttpRequest, code: str, number: str) -> HttpResponse:
    """What the paper says, for who reads the project in full."""
    checked_query(request.GET, known=())
    found = project_for(request, code, "project.read_private")
    held = _held(found, number)
    words = {**dict(CheckResult.choices), **dict(InspectionResult.choices), **dict(Severity.choices)}
    content = held.content
    context: dict[str, Any] = {
        "project": found,
        "certificate": held,
        "content": content,
        "result": words[content["inspection"]["result"]],
        "specials": [
            {
                **row,
                "title": in_reader_language(row["zh"], row["en"]),
                "accepted_on": date.fromisoformat(row["accepted_on"]),
            }
            for row in content["special_acceptances"]
        ],
        "remaining": [
            {**row, "severity_word": words[row["severity"]], "deadline": date.fromisoformat(row["deadline"])}
            for row in content["remaining"]
        ],
        "sha256": certificate_facts(held)["sha256"],
    }
    return render(request, "inspections/certificate.html", context)


@login_required
@require_safe
def certificate_paper(request: HttpRequest, code: str, number: str) -> HttpResponse:
    """The PDF, to be signed and sealed. Raises Unavailable where it cannot be drawn."""
    checked_query(request.GET, known=())
    found = project_for(request, code, "project.read_private")
    held = _held(found, number)
    pdf = certificate_pdf(held.content, certificate_facts(held)["sha256"])
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{held.number}.pdf"'
    response["Cache-Control"] = "private, no-cache"
    return response


def _held(found: Project, number: str) -> Certificate:
    held = certificates_of(found).filter(number=number).first()
    if held is None:
        raise NotFound(_("The project has no certificate %(number)s.") % {"number": number})
    return held
