"""The register of a demonstration: entered at the beginning of the record, changed by each act on its own day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from projects_api.interchange.demo.source import Source
from projects_api.models import Bureau, User
from projects_api.services.schools import FIELDS, school_act, school_create

BEFORE_THE_CALENDAR = timedelta(minutes=40)
UNDECIDED = {"decision": "pending", "decided": None, "document_number": "", "authority": ""}
Write = tuple[
    datetime, str, int, dict[str, Any]
]  # when, the school's code, in which order, and the arguments of `school_act`


def enter(source: Source, bureau: Bureau, official: User) -> None:
    """Every school as it was when the record began, with the acts up to then. Raises what the service raises."""
    begin = source.time(source.record["calendar_set"]) - BEFORE_THE_CALENDAR
    for number, entry in enumerate(source.schools):
        events = [event for event in entry["events"] if event["applied"] < begin.date()]
        closed = entry.get("closed")
        school_create(
            actor=official,
            at=begin + timedelta(minutes=number),
            bureau=bureau,
            code=entry["code"],
            values=_values(source, entry) | _before(entry, begin.date()),
            events=[_event(event, begin.date()) | {"illustrative": True} for event in events],
            closed=datetime.combine(closed, time(18), source.zone) if closed else None,
            reason=source.record["reason_register"],
        )


def _values(source: Source, entry: Mapping[str, Any]) -> dict[str, Any]:
    location = entry.get("location")
    return {name: entry[name] for name in FIELDS if name in entry} | {
        "region": entry["region"] or source.code,
        "location": location,
        "location_precision": entry.get("precision", "illustrative") if location else "",
        "illustrative": True,
    }


def _before(entry: Mapping[str, Any], day: date) -> dict[str, Any]:
    """What of the school was different on that day, by the alterations decided since."""
    found: dict[str, Any] = {}
    for event in reversed(entry["events"]):
        if event.get("decided") and event["decided"] >= day:
            found |= event.get("before", {})
    return found


def _event(event: Mapping[str, Any], day: date) -> dict[str, Any]:
    """An act as it was known on that day."""
    if event.get("decided") and event["decided"] >= day:
        return {**event, **UNDECIDED, "before": {}}
    return dict(event)


def acts(source: Source, official: User) -> Iterator[Write]:
    """What was applied for and decided since, each on its day."""
    begin = source.time(source.record["calendar_set"]).date()
    for entry in source.schools:
        for number, event in enumerate(entry["events"], start=1):
            told = {name: value for name, value in event.items() if name != "before"} | {"illustrative": True}
            known = event["applied"] < begin
            if not known:
                at = datetime.combine(event["applied"], time(11, 20), source.zone)
                yield at, entry["code"], number, {"actor": official, "event": told | UNDECIDED}
            if event.get("decided") and event["decided"] >= begin:
                at = datetime.combine(event["decided"], time(15, 40), source.zone)
                after = _before(entry, event["decided"] + timedelta(days=1))
                changes = {name: after.get(name, entry[name]) for name in event.get("before", {})}
                arguments = {"actor": official, "event": told, "number": number, "changes": changes}
                yield at, entry["code"], number, arguments


def write(pk: int, at: datetime, arguments: Mapping[str, Any]) -> None:
    school_act(school_id=pk, at=at, expected=None, **arguments)
