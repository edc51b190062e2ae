"""The form of an inspection: its checklist point by point, and for each point that fails the finding that it raises."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from portal.office.fields import Faults, Field
from projects_api.api.serializers.inspections import MAX_POINTS
from projects_api.checklists import points
from projects_api.choices import CheckResult, InspectionResult, Severity
from projects_api.models import Inspection, Project
from projects_api.models.base import in_reader_language
from projects_api.services.acceptance import COMPLETION

OWN = 2  # empty rows for points of one's own; a button gives more
NO_FINDING = "none"


@dataclass
class Point:
    """A point of the list (``key``) or of one's own (``text``). ``raises``: the fields of the finding that it raises."""

    index: int
    key: str
    words: str
    result: Field
    text: Field
    note: Field
    raises: list[Field] = field(default_factory=list)

    @property
    def answered(self) -> bool:
        return bool(self.result.value or self.text.value or self.note.value)

    @property
    def fields(self) -> list[Field]:
        return [self.result, self.text, self.note, *self.raises]


@dataclass
class InspectionForm:
    """``new``: failed points may raise findings at once; a correction leaves the findings as they are."""

    kind: str
    new: bool
    held_on: Field
    inspector: Field
    attendees: Field
    milestone: Field
    result: Field
    note: Field
    reason: Field
    points: list[Point]

    @property
    def head(self) -> list[Field]:
        return [self.held_on, self.inspector, self.milestone]

    @property
    def fields(self) -> list[Field]:
        rest = [field for point in self.points for field in point.fields]
        return [
            self.held_on,
            self.inspector,
            self.attendees,
            self.milestone,
            *rest,
            self.result,
            self.note,
            self.reason,
        ]

    def body(self) -> dict[str, Any]:
        """As ``POST projects/{code}/inspections/`` takes it."""
        said = {item.id: item.value for item in (self.held_on, self.inspector, self.attendees, self.milestone)}
        last = {item.id: item.value for item in (self.result, self.note, self.reason)}
        body = {**said, **last, "checklist": [_check(point) for point in self._said]}
        missing = {name for name in ("held_on", "result") if self.new and not body[name]}
        return {name: value for name, value in body.items() if name not in missing} | (
            {"kind": self.kind} if self.new else {}
        )

    def findings(self) -> list[dict[str, Any]]:
        """As ``POST …/findings/`` takes them; what was left empty is left out, so that it is named as missing."""
        bodies = [
            {**{item.id.rsplit("-", 1)[-1]: item.value for item in point.raises}, "description": point.note.value}
            for point in self._raising
        ]
        return [{name: value for name, value in body.items() if value} for body in bodies]

    @property
    def _said(self) -> list[Point]:
        return [point for point in self.points if (point.answered if not point.key else point.result.value)]

    @property
    def _raising(self) -> list[Point]:
        failed = [p for p in self.points if p.raises and p.result.value == CheckResult.FAIL]
        return [point for point in failed if point.raises[0].value != NO_FINDING]

    def placed(self, faults: Faults) -> dict[str, list[str]]:
        """Faults of the body by the fields of the form: ``/checklist/1/note`` is about the second point that was answered."""
        moved: dict[str, list[str]] = {}
        for pointer, words in faults.items():
            name, _slash, rest = pointer.strip("/").partition("/")
            number, _slash, member = rest.partition("/")
            rows = {"checklist": self._said, "findings": self._raising}.get(name, [])
            if number.isdigit() and int(number) < len(rows):
                member = {"description": "note", "key": "result"}.get(member, member)
                pointer = f"/checklist/{rows[int(number)].index}/{member}"
            moved.setdefault(pointer, []).extend(words)
        return moved


def _check(point: Point) -> dict[str, str]:
    named = {"key": point.key} if point.key else {"text": point.text.value}
    return {**named, "result": point.result.value, "note": point.note.value}


def empty(project: Project, kind: str, today: date, inspector: str) -> InspectionForm:
    """A new one, held today by who fills it in, about the stage that this kind of inspection closes."""
    keys = [milestone.key for milestone in project.milestones.all()]
    stage = next((key for key in keys if key in COMPLETION), "") if kind == "completion_acceptance" else ""
    stage = "special_acceptance" if kind == "special_acceptance" and kind in keys else stage
    said = {"held_on": today.isoformat(), "inspector": inspector, "milestone": stage}
    return _form(project, kind, said, new=True, own=OWN)


def sent(project: Project, kind: str, post: QueryDict, *, new: bool) -> InspectionForm:
    """The form as it was filled in; with empty rows below one's own points, more where they were asked for."""
    said = {name: post.get(name, "").replace("\r\n", "\n") for name in post}
    rows = [name for name in said if name.startswith("checklist-") and name.endswith("-text")]
    own = len(rows) + (OWN if post.get("act") == "more" else 0)
    return _form(project, kind, said, new=new, own=min(own, MAX_POINTS - len(points(kind))))


def saved(project: Project, inspection: Inspection) -> InspectionForm:
    """An inspection as it stands, to be corrected."""
    known = list(points(inspection.kind))
    said = {
        "held_on": inspection.held_on.isoformat(),
        **{name: getattr(inspection, name) for name in ("inspector", "attendees", "milestone", "result", "note")},
    }
    index = len(known)
    for check in inspection.checklist:
        at = known.index(check["key"]) if check.get("key") in known else index
        index += at == index
        said |= {f"checklist-{at}-{name}": check.get(name, "") for name in ("text", "result", "note")}
    own = index - len(known) + OWN
    return _form(project, inspection.kind, said, new=False, own=min(own, MAX_POINTS - len(known)))


def _form(project: Project, kind: str, said: Mapping[str, str], *, new: bool, own: int) -> InspectionForm:
    stages = [("", _("none in particular")), *((m.key, m.title) for m in project.milestones.all())]
    results = [("", _("Choose")), *((code, str(word)) for code, word in InspectionResult.choices)]

    def of(name: str, label: str, **more: Any) -> Field:
        return Field(name, label, said.get(name, ""), **more)

    return InspectionForm(
        kind=kind,
        new=new,
        held_on=of("held_on", _("Held on"), type="date", required=True),
        inspector=of("inspector", _("Inspector"), max_length=200, hint=_("Person or unit that inspected.")),
        attendees=of("attendees", _("Who was there"), rows=3, max_length=2000, hint=_("One a line.")),
        milestone=of("milestone", _("About the stage"), options=stages),
        result=of("result", _("Result of the inspection"), options=results, required=True),
        note=of("note", _("Remarks"), rows=3, max_length=1000),
        reason=of("reason", _("Why it is corrected"), max_length=500),
        points=list(_points(project, kind, said, new=new, own=own)),
    )


def _points(project: Project, kind: str, said: Mapping[str, str], *, new: bool, own: int) -> Iterator[Point]:
    known = list(points(kind).values())
    for index in range(len(known) + own):
        point = known[index] if index < len(known) else None
        words = in_reader_language(point.zh, point.en) if point else ""
        at = f"checklist-{index}"

        def of(name: str, label: str, default: str = "", at: str = at, **more: Any) -> Field:
            return Field(f"{at}-{name}", label, said.get(f"{at}-{name}", default), name=f"{at}-{name}", **more)

        raises = []
        if new:
            severities = [
                ("", _("Choose")),
                *((code, str(word)) for code, word in Severity.choices),
                (NO_FINDING, _("raise no finding")),
            ]
            raises = [
                of("severity", _("Severity of the finding"), options=severities),
                of("owner", _("To be mended by"), project.contractor, max_length=200, offers="owners"),
                of("deadline", _("Until"), type="date"),
                of("place", _("Where on the site"), max_length=200),
            ]
        yield Point(
            index=index,
            key=point.key if point else "",
            words=words,
            result=of("result", words or _("Result"), options=list(CheckResult.choices)),
            text=of("text", _("Point of your own"), max_length=200),
            note=of("note", _("Note; where it fails: what was found"), max_length=300),
            raises=raises,
        )
