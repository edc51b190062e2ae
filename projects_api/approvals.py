"""A school's life by its approvals: how it was on a day, by what is known now (`on=DATE`), and what an act makes of it; pure.

A school's document (`selectors.schools.school_document`) says how it is now. An approved alteration holds what stood ``before``
it, so the past is read backwards from today. What is no act (a corrected spelling) has no day and is as it is now.
An act that was recorded by mistake is set aside (``archived``): it stays readable and counts for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from projects_api.choices import Decision, SchoolEventKind
from projects_api.errors import FieldError

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
    if document.get("withdrawn"):
        return None
    if document["closed"] and document["closed"] <= day:
        return None
    then = {**document, "closed": None, "events": {}}
    later = []
    for number, event in document["events"].items():
        if event.get("archived"):
            continue
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
    asked_for = _kinds(document["events"].values(), SchoolEventKind.ESTABLISHMENT)
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
    return any(event["decision"] == Decision.APPROVED for event in standing(document).values())


def cancelled(document: Mapping[str, Any]) -> bool:
    """Whether the end of it is decided, be the day of its closing still to come."""
    cancellations = _kinds(document["events"].values(), SchoolEventKind.CANCELLATION)
    return any(event["decision"] == Decision.APPROVED for event in cancellations)


def standing(document: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Its acts by number, but for those set aside."""
    return {number: event for number, event in document["events"].items() if not event.get("archived")}


def _kinds(events: Iterable[Mapping[str, Any]], kind: str) -> list[Mapping[str, Any]]:
    return [event for event in events if event["kind"] == kind and not event.get("archived")]


# An act among the school's states: it may be recorded long after later ones, so what it changes is woven in at its own day.


def altered(document: Mapping[str, Any], number: int) -> Document:
    """What the act made of each member that it changed."""
    event = document["events"][str(number)]
    return {name: _read(document, name, _after(document, number, name)) for name in event.get("before", {})}


def state_after(document: Mapping[str, Any], number: int) -> Document:
    """What can be altered of the school, as it stood right after the act."""
    return {name: _read(document, name, _after(document, number, name)) for name in ALTERED}


def with_change(document: Mapping[str, Any], number: int, changes: Mapping[str, Any]) -> Document:
    """The document in which the approved act ``number`` changes these members. What it changed before must have been undone.

    An alteration keeps what stood before it; an establishment is the beginning and keeps nothing.
    """
    now = _copied(document)
    event = now["events"][str(number)]
    before = {}
    for name, value in changes.items():
        stood = _write(now, name, _after(now, number, name), value)
        if stood != value:
            before[name] = stood
    if event["kind"] == SchoolEventKind.ALTERATION:
        event.pop("before", None)
        event |= {"before": before} if before else {}
    return now


def without_change(document: Mapping[str, Any], number: int) -> Document:
    """The document in which the act ``number`` has changed nothing."""
    now = _copied(document)
    for name, value in now["events"][str(number)].pop("before", {}).items():
        _write(now, name, _after(now, number, name), value)
    return now


def _after(document: Mapping[str, Any], number: int, name: str) -> str | None:
    """The first alteration after the act ``number`` that changed the member; None: the act's word is today's."""
    mine = _moment(document, number)
    later = [
        (_moment(document, int(other)), other)
        for other, event in document["events"].items()
        if int(other) != number and name in event.get("before", {}) and _moment(document, int(other)) > mine
    ]
    return min(later)[1] if later else None


def _moment(document: Mapping[str, Any], number: int) -> tuple[str, int]:
    event = document["events"][str(number)]
    return ("" if event["kind"] == SchoolEventKind.ESTABLISHMENT else event["decided"] or "", number)


def _read(document: Mapping[str, Any], name: str, later: str | None) -> Any:
    return document["events"][later]["before"][name] if later else document[name]


def _write(document: Document, name: str, later: str | None, value: Any) -> Any:
    """Put what stood up to the later act (or stands today); gives what was there."""
    stood = _read(document, name, later)
    if later:
        document["events"][later]["before"][name] = value
    else:
        document[name] = value
    return stood


def _copied(document: Mapping[str, Any]) -> Document:
    events = {
        number: event | ({"before": dict(event["before"])} if "before" in event else {})
        for number, event in document["events"].items()
    }
    return {**document, "events": events}


# What cannot be. Each is named by the member of the act that is wrong (a JSON pointer) and a code for programs.


def contradictions(document: Mapping[str, Any], number: int, today: date) -> list[FieldError]:
    """What of the act ``number`` does not fit the other acts, or the calendar. Nothing for one that is set aside."""
    acts = standing(document)
    act = acts.get(str(number))
    if act is None:
        return []
    others = {other: event for other, event in acts.items() if other != str(number)}
    found = [
        FieldError(f"/{name}", "in_future", _("This day has not come yet."))
        for name in ("applied", "decided")
        if act[name] and act[name] > today.isoformat()
    ]
    if act["kind"] == SchoolEventKind.ESTABLISHMENT:
        found += _not_first(act, others)
    else:
        found += _not_established(act, others) + _after_the_end(act, others, document["closed"])
    if act["kind"] == SchoolEventKind.CANCELLATION and act["decision"] == Decision.APPROVED:
        found += _not_last(act, others, document["closed"])
    return found


def _not_first(act: Mapping[str, Any], others: Mapping[str, Mapping[str, Any]]) -> list[FieldError]:
    if act["decision"] == Decision.REFUSED:
        return []
    if any(event["decision"] != Decision.REFUSED for event in _kinds(others.values(), SchoolEventKind.ESTABLISHMENT)):
        return [FieldError("/kind", "established_already", _("The establishment of this school is recorded already."))]
    rest = [event for event in others.values() if event["kind"] != SchoolEventKind.ESTABLISHMENT]
    if rest and act["decision"] != Decision.APPROVED:
        return [FieldError("/decision", "acts_follow", _("This school has later acts: it was established."))]
    earliest = min((event["applied"] for event in rest), default=None)
    if earliest and act["decided"] > earliest:
        words = _("Later than the act applied for on %(day)s: a school is established first.") % {"day": earliest}
        return [FieldError("/decided", "after_other_acts", words)]
    return []


def _not_established(act: Mapping[str, Any], others: Mapping[str, Mapping[str, Any]]) -> list[FieldError]:
    foundings = _kinds(others.values(), SchoolEventKind.ESTABLISHMENT)
    if not foundings:
        return []  # older than the register
    day = min((event["decided"] for event in foundings if event["decision"] == Decision.APPROVED), default=None)
    if day is None:
        words = _("The establishment of this school is not approved: there is nothing to alter or cancel.")
        return [FieldError("/kind", "not_established", words)]
    if act["applied"] < day:
        words = _("Before the establishment of the school, which was approved on %(day)s.") % {"day": day}
        return [FieldError("/applied", "before_establishment", words)]
    return []


def _after_the_end(
    act: Mapping[str, Any], others: Mapping[str, Mapping[str, Any]], closed: str | None
) -> list[FieldError]:
    ends = [
        e["decided"]
        for e in _kinds(others.values(), SchoolEventKind.CANCELLATION)
        if e["decision"] == Decision.APPROVED
    ]
    if act["kind"] == SchoolEventKind.CANCELLATION:
        if ends and act["decision"] != Decision.REFUSED:
            return [FieldError("/kind", "cancelled", _("The cancellation of this school is approved already."))]
        return []
    if not ends and not closed:
        return []
    end = max(*ends, closed or "", "")
    for name in ("decided", "applied"):
        if act[name] and act[name] > end:
            words = _("The school was cancelled: nothing is altered after %(day)s.") % {"day": end}
            return [FieldError(f"/{name}", "cancelled", words)]
    return []


def _not_last(act: Mapping[str, Any], others: Mapping[str, Mapping[str, Any]], closed: str | None) -> list[FieldError]:
    found = []
    if closed and closed < act["decided"]:
        words = _("A school is not closed before it is decided.")
        found.append(FieldError("/closed", "before_decision", words))
    end = max(act["decided"], closed or "")
    latest = max((event["decided"] or event["applied"] for event in others.values()), default="")
    if latest > end:
        words = _("Earlier than another act of the school, of %(day)s.") % {"day": latest}
        found.append(FieldError("/decided", "before_other_acts", words))
    return found
