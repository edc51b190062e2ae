"""What came from the sites, and what was asked about them: reports and their review, photos, inspections with findings, an
acceptance's certificate, questions of the public. Invented.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from projects_api.checklists import CHECKLISTS
from projects_api.interchange.demo.pictures import drawn, taken
from projects_api.interchange.demo.source import Source
from projects_api.models import Project, User
from projects_api.services.certificates import certificate_issue
from projects_api.services.inspections import finding_rectify, finding_strike_off, inspection_hold
from projects_api.services.photos import Announcement, original_receive, photo_announce, photo_change
from projects_api.services.questions import Asked, question_answer, question_receive
from projects_api.services.reports import Draft, report_review, report_submit

Do = Callable[[int, datetime], object]


def fieldwork(source: Source, people: Mapping[str, User]) -> Iterator[tuple[datetime, str, Do]]:
    """(when, project's code, the call that does it), in the order of the source."""
    makers: dict[str, Callable[[Mapping[str, Any], Any], Do]] = {
        "report": _report,
        "review": _review,
        "inspection": _inspection,
        "rectify": _rectify,
        "strike_off": _strike_off,
        "certificate": _certificate,
        "photo": _photo,
        "publish": _publish,
        "question": _question,
        "answer": _answer,
    }
    for entry in source.fieldwork:
        yield source.time(entry["at"]), entry["code"], makers[entry["act"]](entry, people.get(entry.get("by", "")))


def _id(entry: Mapping[str, Any]) -> UUID:
    """The same at every build: what has an id of its own is known by its project and its name in the source."""
    return uuid5(NAMESPACE_URL, f"schoolworks-demo/{entry['code']}/{entry['name']}")


def _report(entry: Mapping[str, Any], actor: User) -> Do:
    def do(pk: int, at: datetime) -> None:
        project = Project.objects.get(pk=pk)
        place = (project.site.x, project.site.y) if project.site else None
        words = {name: entry.get(name, "") for name in ("text", "problems", "next_step")}
        draft = Draft(_id(entry), project.version, made_at=at, position=place, accuracy=8, **words)
        report_submit(project_id=pk, actor=actor, at=at, draft=draft)

    return do


def _review(entry: Mapping[str, Any], actor: User) -> Do:
    def do(pk: int, at: datetime) -> None:
        report_review(
            project_id=pk, report_id=_id(entry), actor=actor, at=at, expected=None, accept=entry["accept"],
            note=entry.get("note", ""),
        )  # fmt: skip

    return do


def _inspection(entry: Mapping[str, Any], actor: User) -> Do:
    """Every point of the kind's list is in order but those that ``failed`` names."""
    failed = entry.get("failed", {})
    values = {
        name: entry[name] for name in ("kind", "held_on", "inspector", "attendees", "result", "note") if name in entry
    }
    values["checklist"] = [
        {"key": point.key, "result": "fail" if point.key in failed else "pass", "note": failed.get(point.key, "")}
        for point in CHECKLISTS[entry["kind"]]
    ]

    def do(pk: int, at: datetime) -> None:
        findings = [_placed(finding, pk) for finding in entry.get("findings", [])]
        inspection_hold(project_id=pk, actor=actor, at=at, values=values, findings=findings)

    return do


def _placed(finding: Mapping[str, Any], pk: int) -> dict[str, Any]:
    facts = dict(finding)
    if spot := facts.pop("spot", None):
        facts["point"] = {"type": "Point", "coordinates": list(_near(Project.objects.get(pk=pk), spot)), "crs": "WGS84"}
    return facts


def _near(project: Project, spot: tuple[float, float]) -> tuple[float, float]:
    """Longitude and latitude so many metres east and north of the site."""
    assert project.site is not None
    east, north = spot
    lon = project.site.x + east / 111_320 / math.cos(math.radians(project.site.y))
    return round(lon, 7), round(project.site.y + north / 111_320, 7)


def _rectify(entry: Mapping[str, Any], actor: User) -> Do:
    def do(pk: int, at: datetime) -> None:
        finding_rectify(
            project_id=pk,
            number=entry["number"],
            actor=actor,
            at=at,
            expected=None,
            text=entry["text"],
            day=entry["on"],
        )

    return do


def _strike_off(entry: Mapping[str, Any], actor: User) -> Do:
    def do(pk: int, at: datetime) -> None:
        finding_strike_off(project_id=pk, number=entry["number"], actor=actor, at=at, expected=None, note=entry["note"])

    return do


def _certificate(entry: Mapping[str, Any], actor: User) -> Do:
    def do(pk: int, at: datetime) -> None:
        certificate_issue(
            project_id=pk, actor=actor, at=at, expected=None, inspection=entry["inspection"],
            signatories=entry["signatories"], special_acceptances=entry["special_acceptances"], issued_on=entry["issued_on"],
        )  # fmt: skip

    return do


def _photo(entry: Mapping[str, Any], actor: User) -> Do:
    """``spot``: metres east and north of the site. It is sent as a telephone sends it, and checked as every photo is."""

    def do(pk: int, at: datetime) -> None:
        position = _near(Project.objects.get(pk=pk), entry["spot"])
        moment = entry["taken"].replace(tzinfo=at.tzinfo)
        data = taken(drawn(entry["scene"]), at=moment, position=position, direction=entry["direction"])
        report = _id({**entry, "name": entry["report"]}) if "report" in entry else None
        said = Announcement(
            _id(entry), moment, len(data), "image/jpeg", report=report, milestone=entry.get("milestone", ""),
            caption=entry["caption"], position=position, accuracy=6,
        )  # fmt: skip
        photo = photo_announce(project_id=pk, actor=actor, at=at, said=said)
        original_receive(photo, io.BytesIO(data), offset=0, length=len(data), at=at)

    return do


def _publish(entry: Mapping[str, Any], actor: User) -> Do:
    ids = [_id({**entry, "name": name}) for name in entry["photos"]]

    def do(pk: int, at: datetime) -> None:
        photo_change(project_id=pk, photo_ids=ids, actor=actor, at=at, expected=None, published=True)

    return do


def _question(entry: Mapping[str, Any], actor: User | None) -> Do:
    """Nobody's: who asks has no account."""

    def do(pk: int, at: datetime) -> None:
        project = Project.objects.select_related("bureau__region").get(pk=pk)
        asked = Asked(_id(entry), entry["kind"], entry["text"], entry.get("language", "zh-hans"), worked=True)
        question_receive(project=project, asked=asked, host=None, at=at)

    return do


def _answer(entry: Mapping[str, Any], actor: User) -> Do:
    def do(pk: int, at: datetime) -> None:
        question_answer(question_id=_id(entry), actor=actor, at=at, answer=entry["text"])

    return do
