"""The certificate of completion acceptance: issued once, on what was inspected, and never changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from projects_api.checklists import SPECIAL_ACCEPTANCES, points
from projects_api.choices import FindingState, InspectionKind, InspectionResult, MilestoneState, Status
from projects_api.elsewhere import serials
from projects_api.errors import InvalidInput, RuleBroken
from projects_api.models import Certificate, Inspection, Milestone, Project, User
from projects_api.selectors.facts import iso
from projects_api.services.acceptance import nothing_serious_open
from projects_api.services.inspections import day_of
from projects_api.services.writing import checked, project_write

SPECIAL = "special_acceptance"
_SETTLED = (MilestoneState.MET, MilestoneState.NOT_APPLICABLE)


def certificate_issue(
    *,
    project_id: int,
    actor: User,
    at: datetime,
    expected: int | None,
    inspection: int,
    signatories: Sequence[Mapping[str, str]],
    special_acceptances: Sequence[Mapping[str, Any]] = (),
    issued_on: date | None = None,
    reason: str = "",
) -> Certificate:
    """Issue the certificate of a passed completion acceptance, under the bureau's next number of the year.

    ``signatories``: ``{"name", "unit", "role"}``, at least one. ``special_acceptances``: ``{"key"`` of
    `checklists.SPECIAL_ACCEPTANCES`` or "text", "accepted_on", "document_number"}``. ``issued_on``: today if not given.

    Raises RuleBroken (the inspection is no passed completion acceptance or has its certificate, a serious finding is open,
    the stage of special acceptances is not met, a cancelled project), InvalidInput (``/inspection``, ``/issued_on``,
    ``/signatories``, ``/special_acceptances/{i}``), StaleVersion.
    """
    with project_write(
        project_id, actor=actor, action="certificate.issue", at=at, reason=reason, expected=expected
    ) as write:
        project = write.project
        if project.status == Status.CANCELLED or project.archived_at:
            raise RuleBroken(_("The project is cancelled or archived."))
        accepted = _accepted(project, inspection)
        nothing_serious_open(project)
        day = issued_on or day_of(project, at)
        if not accepted.held_on <= day <= day_of(project, at):
            words = _("Between the day of the inspection (%(held_on)s) and today.")
            raise InvalidInput.one("/issued_on", "out_of_range", words % {"held_on": accepted.held_on.isoformat()})
        if not signatories:
            raise InvalidInput.one("/signatories", "required", _("Name at least one who signs."))
        specials = _specials(project, special_acceptances, day)
        number = _number(project, day.year)
        certificate = Certificate(
            project=project,
            number=number,
            inspection=accepted,
            issued_on=day,
            issued_by=actor,
            content={
                "number": number,
                "issued_on": day.isoformat(),
                "bureau": {"zh": project.bureau.name_zh, "en": project.bureau.name_en},
                "project": _project(project),
                "inspection": _inspection(accepted),
                "remaining": _remaining(project),
                "special_acceptances": specials,
                "signatories": [{name: who.get(name, "") for name in ("name", "unit", "role")} for who in signatories],
                **({"illustrative": True} if project.illustrative else {}),  # says so on the paper itself
            },
        )
        checked(certificate, exclude={"project", "issued_by"})
        certificate.save(force_insert=True)
    return certificate


def certificate_obstacles(project: Project) -> list[str]:
    """What stands in the way of a certificate today, in words; the same rules that `certificate_issue` goes by. 3 queries."""
    said: list[str] = []
    if project.status == Status.CANCELLED or project.archived_at:
        said.append(_("The project is cancelled or archived."))
    if not acceptances_to_certify(project).exists():
        said.append(_("There is no passed completion acceptance that has no certificate yet."))
    try:
        nothing_serious_open(project)
    except RuleBroken as error:
        said += [str(item.message) for item in error.errors]
    try:
        _special_stage(project)
    except RuleBroken as error:
        said.append(str(error.detail))
    return said


def acceptances_to_certify(project: Project) -> QuerySet[Inspection]:
    """Passed completion acceptances without a certificate, the newest first."""
    passed = Inspection.objects.filter(
        project=project, kind=InspectionKind.COMPLETION_ACCEPTANCE, archived=False, certificates__isnull=True
    )
    return passed.exclude(result=InspectionResult.FAILED).order_by("-held_on", "-number")


def _special_stage(project: Project) -> Milestone | None:
    """The stage of special acceptances, where the project has one. Raises RuleBroken while it is not settled."""
    stage = project.milestones.filter(key=SPECIAL).first()
    if stage is not None and stage.state not in _SETTLED:
        raise RuleBroken(_("The special acceptances are not all met: the stage “%(stage)s”.") % {"stage": stage.title})
    return stage


def _accepted(project: Project, number: int) -> Inspection:
    inspection = Inspection.objects.filter(project=project, number=number, archived=False).first()
    if inspection is None:
        words = _("The project has no inspection %(number)s.") % {"number": number}
        raise InvalidInput.one("/inspection", "unknown_inspection", words)
    if inspection.kind != InspectionKind.COMPLETION_ACCEPTANCE or inspection.result == InspectionResult.FAILED:
        raise RuleBroken(_("A certificate needs a completion acceptance that was passed."))
    if held := inspection.certificates.first():
        raise RuleBroken(_("Certificate %(number)s rests on this inspection already.") % {"number": held.number})
    return inspection


def _specials(project: Project, given: Sequence[Mapping[str, Any]], day: date) -> list[dict[str, str]]:
    """The special acceptances as the certificate says them. Where the project has the stage, it is met and they are named."""
    stage = _special_stage(project)
    if stage is not None and stage.state == MilestoneState.MET and not given:
        words = _("Name the special acceptances with their dates and document numbers.")
        raise InvalidInput.one("/special_acceptances", "required", words)
    known = {point.key: point for point in SPECIAL_ACCEPTANCES}
    listed: list[dict[str, str]] = []
    for index, one in enumerate(given):
        at, key, text = f"/special_acceptances/{index}", one.get("key", ""), one.get("text", "")
        if bool(key) == bool(text) or key and key not in known:
            words = _("One of: %(names)s.") % {"names": ", ".join(known)}
            raise InvalidInput.one(f"{at}/key", "unknown_key", words)
        if key and key in {other["key"] for other in listed}:
            raise InvalidInput.one(f"{at}/key", "repeated", _("This one stands in the list twice."))
        if one["accepted_on"] > day:
            raise InvalidInput.one(f"{at}/accepted_on", "after_issued", _("Not after the certificate's own day."))
        zh, en = (known[key].zh, known[key].en) if key else (text, text)
        paper = {"accepted_on": one["accepted_on"].isoformat(), "document_number": one["document_number"]}
        listed.append({"key": key, "zh": zh, "en": en, **paper})
    return listed


def _number(project: Project, year: int) -> str:
    """``YS-610526-2026-001``. Certificates are never deleted, so that their count is the last one's number; those that another
    record issued in the bureau's name come before."""
    prefix = f"YS-{project.bureau.code}-{year}-"
    told = Project.objects.filter(bureau=project.bureau).exclude(elsewhere={}).values_list("elsewhere", flat=True)
    last = max([Certificate.objects.filter(number__startswith=prefix).count(), *serials(told, prefix)])
    return f"{prefix}{last + 1:03}"


def _project(project: Project) -> dict[str, str]:
    area = "" if project.floor_area is None else f"{project.floor_area:.2f}"
    return {
        "code": project.code,
        "title_zh": project.title_zh,
        "title_en": project.title_en,
        "kind": project.kind,
        "region": project.region.name_zh or project.region.name_en,
        "address": project.address,
        "floor_area": area,
        "responsible_unit": project.responsible_unit,
        "contractor": project.contractor,
        "supervising_firm": project.supervising_firm,
    }


def _inspection(inspection: Inspection) -> dict[str, Any]:
    known = points(inspection.kind)
    return {
        "number": inspection.number,
        "held_on": iso(inspection.held_on),
        "result": inspection.result,
        "inspector": inspection.inspector,
        "attendees": inspection.attendees,
        "note": inspection.note,
        "checklist": [
            {
                "zh": known[check["key"]].zh if "key" in check else check["text"],
                "en": known[check["key"]].en if "key" in check else check["text"],
                "result": check["result"],
                "note": check["note"],
            }
            for check in inspection.checklist
        ],
    }


def _remaining(project: Project) -> list[dict[str, Any]]:
    """What is still to be mended: nothing serious, but part of what was accepted."""
    rows = project.findings.exclude(state=FindingState.STRUCK_OFF).order_by("number")
    return [
        {"number": row.number, "severity": row.severity, "description": row.description, "deadline": iso(row.deadline)}
        for row in rows
    ]
