"""A school's life by its approvals: how it was on a day, by what is known now (`on=DATE`); pure.

A school's document (`selectors.schools.school_document`) says how it is now. An approved alteration holds what stood ``before``
it, so the past is read backwards from today. What is no act (a corrected spelling) has no day and is as it is now.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from projects_api.choices import Decision, SchoolEventKind

Document = dict[str, Any]

# What an alteration can change, and so what it keeps of the time before it.
ALTERED = (
    "name_zh", "name_en", "region", "stage", "classes", "places", "boarding", "location", "location_precision",
)  # fmt: skip
_UNDECIDED = {"decision": Decision.PENDING.value, "decided": None, "document_number": "", "authority": ""}


def school_on(document: Mapping[str, Any], on: date) -> Document | None:
    """The school at the end of the day ``on``; None where it was not there: not applied for yet, or closed.

    Acts applied for later are left out, those decided later were pending. The input is not touched.
    """
    day = on.isoformat()
    if document["closed"] and document["closed"] <= day:
        return None
    then = {**document, "closed": None, "events": {}}
    later = []
    for number, event in document["events"].items():
        if event["applied"] > day:
            later.append((event, number))
        elif event["decided"] and event["decided"] > day:
            later.append((event, number))
            then["events"][number] = {**event, **_UNDECIDED}
            then["events"][number].pop("before", None)
        else:
            then["events"][number] = event
    for event, _number in sorted(later, key=lambda item: (item[0]["decided"] or "", int(item[1])), reverse=True):
        if event["decision"] == Decision.APPROVED:
            then |= event.get("before", {})
    asked_for = any(event["kind"] == SchoolEventKind.ESTABLISHMENT for event in document["events"].values())
    if asked_for and not _kinds(then["events"].values(), SchoolEventKind.ESTABLISHMENT):
        return None
    if any(
        event["decision"] == Decision.APPROVED
        for event in _kinds(then["events"].values(), SchoolEventKind.CANCELLATION)
    ):
        # With a day of closing of its own it stays open until then.
        return then if document["closed"] else None
    return then


def established(document: Mapping[str, Any]) -> bool:
    """Whether it may teach: its establishment is approved, or it is older than the acts that the register holds."""
    acts = _kinds(document["events"].values(), SchoolEventKind.ESTABLISHMENT)
    return not acts or any(event["decision"] == Decision.APPROVED for event in acts)


def approved(document: Mapping[str, Any]) -> bool:
    """Whether any act of it has been approved: then it stands in public by law."""
    return any(event["decision"] == Decision.APPROVED for event in document["events"].values())


def _kinds(events: Iterable[Mapping[str, Any]], kind: str) -> list[Mapping[str, Any]]:
    return [event for event in events if event["kind"] == kind]
