"""A package read back: from bytes to drafts, and what of it cannot stand in this record.

A project is taken whole or refused whole, with the pointer and the reason of everything that is wrong with it; the others stand.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from projects_api.choices import STANDS_STILL, MilestoneState
from projects_api.codes import refusal
from projects_api.drafts import ProjectDraft
from projects_api.errors import FieldError, InvalidInput, TooLarge
from projects_api.geodesy import read_point, read_polygon
from projects_api.interchange.oc4ids import terms
from projects_api.interchange.oc4ids.project_back import Found, read_project
from projects_api.models import (
    Allocation,
    AnnualPlan,
    Baseline,
    Bureau,
    Certificate,
    Estimate,
    Inspection,
    MilestoneTemplate,
    Photo,
    Project,
    Question,
    Region,
    School,
    Spending,
)
from projects_api.schedule.facts import MilestoneFacts
from projects_api.schedule.progress import progress
from projects_api.selectors.facts import baseline_facts, moment, template_name
from projects_api.selectors.places import within_region
from projects_api.services.sites import bureau_boundary, bureau_bounds
from projects_api.strictjson import loads

MAX_BYTES = 500_000_000
MAX_PROJECTS = 200_000
MONEY: dict[str, tuple[Any, tuple[str, ...]]] = {
    "estimates": (Estimate, ("kind",)),
    "allocations": (Allocation, ("source", "year")),
    "spending": (Spending, ("kind",)),
}
# Evidence of our own, and what it is known by.
EVIDENCE: dict[str, tuple[Any, str]] = {
    "photos": (Photo, "pk"),
    "inspections": (Inspection, "number"),
    "certificates": (Certificate, "number"),
    "questions": (Question, "number"),
}


class PackageUnreadable(Exception):
    """The file as a whole is not a package that can be read; the message says why."""


@dataclass
class Package:
    """All projects of a package in their order, those that can be imported with their draft."""

    projects: list[Found] = field(default_factory=list)

    def taken(self, bureau: str) -> list[Found]:
        return [found for found in self.projects if found.draft and found.bureau == bureau]

    @property
    def rejected(self) -> list[Found]:
        return [found for found in self.projects if not found.draft]

    @property
    def bureaus(self) -> list[str]:
        return list(dict.fromkeys(found.bureau for found in self.projects if found.draft))


def read_package(path: Path, *, bureau: str = "") -> Package:
    """The package, held against the record. ``bureau``: take the projects of this one alone.

    Raises PackageUnreadable. About 8 queries for each bureau.
    """
    body = _body(path)
    projects = body["projects"]
    package = Package([read_project(value, f"/projects/{place}") for place, value in enumerate(projects)])
    _refuse_repeated(package)
    for found in package.projects:
        if found.draft and not found.bureau:
            found.bureau = bureau
            if not bureau:
                _refuse(
                    found,
                    "/publicAuthority/id",
                    "required",
                    _("Whose project this is, is not said: give --bureau CODE."),
                )
        elif found.draft and bureau and found.bureau != bureau:
            words = _("This is a project of the bureau %(code)s.") % {"code": found.bureau}
            _refuse(found, "/publicAuthority/id", "other_bureau", words)
    for code in package.bureaus:
        _against_record(code, package.taken(code))
    return package


def _body(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise PackageUnreadable(
                _("%(file)s is larger than %(max)d MB.") % {"file": path.name, "max": MAX_BYTES // 10**6}
            )
        body = loads(path.read_bytes(), max_bytes=MAX_BYTES)
    except OSError as error:
        raise PackageUnreadable(
            _("%(file)s cannot be read: %(error)s") % {"file": path, "error": error.strerror}
        ) from None
    except (InvalidInput, TooLarge) as error:
        words = {
            "file": path.name,
            "error": "; ".join(f"{e.pointer} {e.message}".strip() for e in error.errors) or error,
        }
        raise PackageUnreadable(_("%(file)s is not a package: %(error)s") % words) from None
    if not isinstance(body, dict) or not isinstance(body.get("projects"), list):
        raise PackageUnreadable(
            _("%(file)s is not an OC4IDS package: it has no list of projects.") % {"file": path.name}
        )
    if body.get("version") != terms.VERSION:
        words = {"file": path.name, "version": str(body.get("version"))[:20], "ours": terms.VERSION}
        raise PackageUnreadable(_("%(file)s is of version %(version)s of OC4IDS; this reads %(ours)s.") % words)
    if len(body["projects"]) > MAX_PROJECTS:
        raise PackageUnreadable(_("A package has at most %(max)d projects.") % {"max": MAX_PROJECTS})
    return body


def _refuse(found: Found, member: str, code: str, words: str) -> None:
    found.faults.append(FieldError(f"{found.pointer}{member}", code, words))
    found.draft = None


def _refuse_repeated(package: Package) -> None:
    """The first of an id, and of a code, is taken."""
    ids: dict[str, str] = {}
    codes: dict[str, str] = {}
    for found in package.projects:
        first = ids.setdefault(found.id, found.pointer)
        if first == found.pointer and found.draft:
            first = codes.setdefault(found.draft.code, found.pointer)
        if found.draft and first != found.pointer:
            _refuse(found, "/id", "duplicate", _("The same project as %(pointer)s.") % {"pointer": first})


def _against_record(code: str, taken: list[Found]) -> None:
    """What only the record can tell: whether bureau, division, plan and school are there, whether the place can be."""
    bureau = Bureau.objects.select_related("region").filter(code=code).first()
    if bureau is None:
        words = _("There is no bureau with the code %(code)s.") % {"code": code}
        for found in taken:
            _refuse(found, "/publicAuthority/id", "unknown_bureau", words)
        return
    record = _Record(bureau, taken)
    for found in taken:
        record.look_at(found)


class _Record:
    def __init__(self, bureau: Bureau, taken: list[Found]) -> None:
        self.bureau = bureau
        self.bounds, self.boundary = bureau_bounds(bureau), bureau_boundary(bureau)
        self.regions = set(
            Region.objects.filter(within_region("code", bureau.region.code)).values_list("code", flat=True)
        )
        self.plans = set(AnnualPlan.objects.filter(bureau=bureau).values_list("year", flat=True))
        templates = MilestoneTemplate.objects.filter(bureau=bureau) | MilestoneTemplate.objects.filter(bureau=None)
        self.templates = {template_name(template, bureau.code) for template in templates}
        self.schools = dict(
            _in_chunks(School, "code", [f.draft.school.code for f in taken if f.draft and f.draft.school])
        )
        codes = [f.draft.code for f in taken if f.draft]
        self.owners = dict(_in_chunks(Project, "code", codes))
        self.baselines: dict[str, dict[int, Baseline]] = {}
        with_baselines = Baseline.objects.filter(project__bureau=bureau).select_related("project", "approved_by")
        if any(f.draft and f.draft.baselines for f in taken) and self.owners:
            for baseline in with_baselines:
                self.baselines.setdefault(baseline.project.code, {})[baseline.number] = baseline

        self.money = {
            (part, code, number): tuple(purpose)
            for part, (model, names) in MONEY.items()
            if any(getattr(f.draft, part) for f in taken if f.draft) and self.owners
            for code, number, *purpose in model.objects.filter(project__bureau=bureau).values_list(
                "project__code", "number", *names
            )
        }

        told = {part for f in taken if f.draft for part in f.draft.elsewhere} if self.owners else set()
        self.evidence = {
            (part, code, str(key))
            for part in told
            for code, key in EVIDENCE[part][0]
            ._default_manager.filter(project__bureau=bureau)
            .exclude(**{EVIDENCE[part][1]: None})
            .values_list("project__code", EVIDENCE[part][1])
        }

    def look_at(self, found: Found) -> None:
        draft = found.draft
        assert draft is not None
        if self.owners.get(draft.code, self.bureau.pk) != self.bureau.pk:
            _refuse(found, "/identifiers", "other_bureau", _("A project of another bureau has this code."))
        elif draft.code not in self.owners and (words := refusal(draft.code, self.bureau.code)):
            _refuse(found, "/id", "invalid", words)
        if draft.region_code and draft.region_code not in self.regions:
            words = _("The bureau has no division %(code)s.") % {"code": draft.region_code}
            _refuse(found, "/locations/0/gazetteer/identifiers/0", "unknown_region", words)
        if draft.plan_year is not None and draft.plan_year not in self.plans:
            words = _("The bureau has no plan for %(year)s.") % {"year": draft.plan_year}
            _refuse(found, "/additionalClassifications", "unknown_plan", words)
        if found.currency and found.currency != self.bureau.currency:
            words = _("The bureau reckons in %(currency)s.") % {"currency": self.bureau.currency}
            _refuse(found, "/budget/amount/currency", "other_currency", words)
        self._school(found)
        self._places(found)
        self._baselines(found)
        self._money(found)
        self._evidence(found)
        if draft.progress == 100 and draft.code not in self.owners and progress(facts_of_draft(draft)) < 100:
            words = _("It is not done as long as a stage is not met.")
            _refuse(found, "/metrics", "contradiction", words)
        if "status" in draft.given and draft.status in STANDS_STILL and not draft.status_reason:
            found.notes.append(_("it stands still, and the package does not say why"))
        if draft.template and draft.template not in self.templates and draft.code not in self.owners:
            found.notes.append(_("there is no template %(name)s here") % {"name": draft.template})

    def _school(self, found: Found) -> None:
        draft = found.draft
        if draft is None or draft.school is None:
            return
        owner = self.schools.get(draft.school.code)
        if owner is None and not draft.school.stage:
            found.notes.append(
                _("its school %(code)s is not here, and of which stage it is, is not said")
                % {"code": draft.school.code}
            )
            found.draft = replace(draft, school=None)
        elif owner is not None and owner != self.bureau.pk:
            _refuse(found, "/additionalClassifications", "other_bureau", _("A school of another bureau has this code."))

    def _places(self, found: Found) -> None:
        draft = found.draft
        if draft is None:
            return
        try:
            if draft.site:
                raw = {"type": "Point", "coordinates": list(draft.site), "crs": "WGS84"}
                read_point(raw, pointer="/locations/0/geometry", bounds=self.bounds, boundary=self.boundary)
            if draft.footprint is not None:
                pointer = "/locations/1/geometry"
                read_polygon(draft.footprint, pointer=pointer, bounds=self.bounds, boundary=self.boundary)
        except InvalidInput as error:
            for fault in error.errors:
                _refuse(found, fault.pointer, fault.code, str(fault.message))

    def _money(self, found: Found) -> None:
        """Money is known by its number: here the number must stand for the same purpose, if it stands for any."""
        draft = found.draft
        if draft is None:
            return
        for part, (_model, names) in MONEY.items():
            for fact in getattr(draft, part):
                purpose = tuple(getattr(fact, name) for name in names)
                if self.money.get((part, draft.code, fact.number), purpose) != purpose:
                    words = _("Number %(number)s of its money is for something else here.") % {"number": fact.number}
                    _refuse(found, "", "contradiction", words)
                    return

    def _evidence(self, found: Found) -> None:
        """What is here stays as it is here: no package publishes again what is not public any more."""
        draft = found.draft
        if draft is None or not draft.elsewhere:
            return
        absent = {
            part: {key: facts for key, facts in rows.items() if (part, draft.code, key) not in self.evidence}
            for part, rows in draft.elsewhere.items()
        }
        if any(part != "questions" and rows for part, rows in absent.items()):
            found.notes.append(_("its photos, inspections and certificates are told as held elsewhere"))
        found.draft = replace(draft, elsewhere={part: rows for part, rows in absent.items() if rows})

    def _baselines(self, found: Found) -> None:
        """Frozen: one that is here must say the same, a new one comes after those that are here."""
        draft = found.draft
        if draft is None:
            return
        here = self.baselines.get(draft.code, {})
        for baseline in draft.baselines:
            known = here.get(baseline.number)
            if known is None:
                wrong = bool(here) and baseline.number < max(here)
            else:
                facts = baseline_facts(known)
                told = (moment(baseline.approved_at), baseline.reason, baseline.finish.isoformat())
                wrong = told != (facts["approved_at"], facts["reason"], facts["finish"]) or any(
                    facts["stages"].get(key) != stage for key, stage in baseline.stages.items()
                )
            if wrong:
                words = _("Baseline %(number)s is frozen here, and says something else.") % {"number": baseline.number}
                _refuse(found, "/forecasts", "frozen", words)
                return


def facts_of_draft(draft: ProjectDraft) -> list[MilestoneFacts]:
    return [
        MilestoneFacts(m.key, weight=m.weight, percent=m.percent, state=MilestoneState(m.state), actual=m.actual)
        for m in draft.milestones
    ]


def _in_chunks(model: type[Any], name: str, values: list[str]) -> list[tuple[str, int]]:
    """(value, bureau id) of the rows with these values."""
    found: list[tuple[str, int]] = []
    for start in range(0, len(values), 500):
        rows = model._default_manager.filter(**{f"{name}__in": values[start : start + 500]})
        found += rows.values_list(name, "bureau_id")
    return found
