"""A school and its acts in the reader's words: for the office's pages and for the public's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from projects_api.approvals import ALTERED, altered
from projects_api.choices import Decision, LocationPrecision, SchoolEventKind, SchoolStage
from projects_api.models.base import in_reader_language
from projects_api.selectors.facts import Document
from projects_api.selectors.places import region_names
from projects_api.wording import grouped


@dataclass(frozen=True)
class Change:
    """One member of a school that an act changed, in words."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Act:
    """One act in a school's life. ``day``: of its decision, of its application while it is pending."""

    number: int
    kind: str
    kind_word: str
    day: date
    applicant: str
    applied: date
    decision: str
    decision_word: str
    decided: date | None
    document_number: str
    authority: str
    summary: str
    changes: list[Change]
    archived: bool
    illustrative: bool


def label_of(name: str) -> str:
    return {
        "name_zh": _("Name (Chinese)"),
        "name_en": _("Name (English)"),
        "region": _("Township or subdistrict"),
        "stage": _("School stage"),
        "classes": _("Classes"),
        "places": _("Places"),
        "boarding": _("With boarders"),
        "location": _("Location"),
        "location_precision": _("How well known"),
    }[name]


def value_of(name: str, value: Any, regions: Mapping[str, str]) -> str:
    """A member's value; "—" where nothing is known."""
    if name == "boarding":
        return _("yes") if value else _("no")
    if value in (None, ""):
        return "—"
    if name == "region":
        return regions.get(value, value)
    if name == "stage":
        return str(SchoolStage(value).label)
    if name == "location":
        return "{:.5f}, {:.5f}".format(*value["coordinates"])
    if name == "location_precision":
        return str(LocationPrecision(value).label)
    return grouped(value) if isinstance(value, int) else str(value)


def regions_in(*documents: Mapping[str, Any]) -> dict[str, str]:
    """The names of all divisions that these documents speak of. One query."""
    codes = {document["region"] for document in documents}
    for document in documents:
        codes |= {
            event["before"]["region"] for event in document["events"].values() if "region" in event.get("before", {})
        }
    return region_names(codes)


def changed(before: Mapping[str, Any], after: Mapping[str, Any], regions: Mapping[str, str]) -> list[Change]:
    """What differs between two states of a school."""
    return [
        Change(label_of(name), value_of(name, before[name], regions), value_of(name, after[name], regions))
        for name in ALTERED
        if name in before and name in after and before[name] != after[name]
    ]


def act_of(document: Document, number: int, regions: Mapping[str, str]) -> Act:
    event = document["events"][str(number)]
    applied, decided = date.fromisoformat(event["applied"]), event["decided"]
    return Act(
        number=number,
        kind=event["kind"],
        kind_word=str(SchoolEventKind(event["kind"]).label),
        day=date.fromisoformat(decided) if decided else applied,
        applicant=event["applicant"],
        applied=applied,
        decision=event["decision"],
        decision_word=str(Decision(event["decision"]).label),
        decided=date.fromisoformat(decided) if decided else None,
        document_number=event["document_number"],
        authority=event["authority"],
        summary=in_reader_language(event["summary_zh"], event["summary_en"]),
        changes=changed(event.get("before", {}), altered(document, number), regions),
        archived=bool(event.get("archived")),
        illustrative=event["illustrative"],
    )


def acts_of(document: Document, regions: Mapping[str, str], numbers: Iterable[str] | None = None) -> list[Act]:
    """The acts in the order of their days."""
    acts = [act_of(document, int(number), regions) for number in numbers or document["events"]]
    return sorted(acts, key=lambda act: (act.day, act.number))
