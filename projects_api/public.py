"""What the public may read (mechanism 2): one allow-list over the project's document.

It decides fields in detail pages, history and change feed; filters and orderings by anything outside it need a role.
Everything not named here is private: internal notes, contacts, money in detail, who is assigned, actors' names.

`verify_ledger` asks `entry_is_public` of entries of any age. So what documents hold already is not made public or private by
naming it here: the older entries would all be wrong. It gets a member of its own, as money did (decisions 29, 51).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from projects_api.patches import only, pointer_of

Pointer = tuple[str, ...]

PUBLIC_FIELDS = frozenset(
    {
        "code", "bureau", "region", "school", "plan", "plan_target", "title_zh", "title_en", "kind", "stage", "status",
        "status_reason", "status_note", "status_since",
        "description", "classes", "places", "floor_area", "land_area", "total_investment", "currency",
        "responsible_leader", "responsible_unit", "contractor", "supervising_firm", "address",
        "site", "footprint", "location_precision", "site_crs", "site_accuracy", "footprint_crs",
        "published", "archived", "illustrative",
        "progress", "next_milestone", "next_due", "source", "template", "needed_by",
        "physical_progress", "physical_progress_on",
    }
)  # fmt: skip

PUBLIC_MILESTONE_FIELDS = frozenset(
    {
        "position", "title_zh", "title_en", "weight", "public", "planned", "forecast", "started", "actual",
        "percent", "state", "delay_reason", "delay_note", "illustrative", "duration", "shortest", "longest", "after",
        "needs_acceptance", "limit",
    }
)  # fmt: skip

PUBLIC_BASELINE_FIELDS = frozenset({"approved_at", "reason", "finish", "stages", "illustrative"})

# That there is a certificate: its number (the key) and its day. Who signed, and what was found, is the bureau's own.
PUBLIC_CERTIFICATE_FIELDS = frozenset({"issued_on"})

# Of a photo the public reads one member, which is there only while it is published (`selectors.facts.photo_facts`): so the
# history of one that was not published, or is no longer, stays inside.
PUBLIC_PHOTO_FIELDS = frozenset({"caption", "taken", "milestone"})

# Of money and of inspections likewise one member each, there while the bureau publishes them (`publishing.PublishingRules`,
# decision 29): amounts without their documents and notes, inspections that were passed without what was found and by whom.
PUBLIC_MEMBERS: dict[str, frozenset[str]] = {
    "photos": PUBLIC_PHOTO_FIELDS,
    "estimates": frozenset({"kind", "amount", "dated", "illustrative"}),
    "allocations": frozenset({"source", "year", "amount", "dated", "illustrative"}),
    "spending": frozenset({"kind", "amount", "dated", "illustrative"}),
    "inspections": frozenset({"kind", "held_on", "result"}),
    # Of a question of the public the answer and the days; its words are beside the ledger (decision 32).
    "questions": frozenset({"kind", "asked", "due", "proof", "answered", "answer"}),
}

# Of evidence that another record holds (`elsewhere`) the same as of our own, and where a photo is to be seen.
PUBLIC_ELSEWHERE: dict[str, frozenset[str]] = {
    "photos": PUBLIC_PHOTO_FIELDS | {"url"},
    "inspections": PUBLIC_MEMBERS["inspections"],
    "certificates": PUBLIC_CERTIFICATE_FIELDS,
    "questions": PUBLIC_MEMBERS["questions"],
}

# The parts of the document (`selectors.documents.PARTS`) with something public in them: who wants the public alone reads these.
PUBLIC_PARTS = frozenset({"milestones", "baselines", "certificates", *PUBLIC_MEMBERS})


def public_pointer(hidden: frozenset[str] = frozenset()) -> Callable[[Pointer], bool]:
    """Whether a leaf of the document is public. ``hidden`` are the keys of milestones that the public does not see."""

    def allowed(pointer: Pointer) -> bool:
        if not pointer:
            return False
        if pointer[0] == "milestones":
            shown = len(pointer) >= 3 and pointer[1] not in hidden and pointer[2] in PUBLIC_MILESTONE_FIELDS
            return shown and not (pointer[2] == "after" and len(pointer) > 3 and pointer[3] in hidden)
        if pointer[0] == "baselines":
            shown = len(pointer) >= 3 and pointer[2] in PUBLIC_BASELINE_FIELDS
            return shown and not (pointer[2] == "stages" and (len(pointer) == 3 or pointer[3] in hidden))
        if pointer[0] in PUBLIC_MEMBERS:
            return pointer[2:3] == ("public",) and set(pointer[3:]) <= PUBLIC_MEMBERS[pointer[0]]
        if pointer[0] == "certificates":
            return len(pointer) == 3 and pointer[2] in PUBLIC_CERTIFICATE_FIELDS
        if pointer[0] == "elsewhere":
            names = PUBLIC_ELSEWHERE.get(pointer[1] if len(pointer) > 1 else "", frozenset())
            return bool(names) and pointer[3:4] == ("public",) and set(pointer[4:]) <= names
        return pointer[0] in PUBLIC_FIELDS

    return allowed


def hidden_milestones(document: dict[str, Any]) -> frozenset[str]:
    return frozenset(key for key, facts in document.get("milestones", {}).items() if not facts.get("public", True))


def public_document(document: dict[str, Any]) -> dict[str, Any]:
    """The part of a document that anyone may read, in the same shape."""
    hidden = hidden_milestones(document)
    shown = {key: value for key, value in document.items() if key in PUBLIC_FIELDS}
    shown["milestones"] = {
        key: {
            name: without(value, hidden) if name == "after" else value
            for name, value in facts.items()
            if name in PUBLIC_MILESTONE_FIELDS
        }
        for key, facts in document.get("milestones", {}).items()
        if key not in hidden
    }
    if baselines := document.get("baselines"):
        shown["baselines"] = {
            number: {
                name: without(value, hidden) if name == "stages" else value
                for name, value in baselines[number].items()
                if name in PUBLIC_BASELINE_FIELDS
            }
            for number in first_and_current(baselines)
        }
    for part, names in PUBLIC_MEMBERS.items():
        found = {key: facts["public"] for key, facts in document.get(part, {}).items() if "public" in facts}
        if found:
            shown[part] = {
                key: {"public": {name: value for name, value in facts.items() if name in names}}
                for key, facts in found.items()
            }
    if certificates := document.get("certificates"):
        shown["certificates"] = {
            number: {name: value for name, value in facts.items() if name in PUBLIC_CERTIFICATE_FIELDS}
            for number, facts in certificates.items()
        }
    if elsewhere := public_elsewhere(document.get("elsewhere", {})):
        shown["elsewhere"] = elsewhere
    return shown


def public_elsewhere(elsewhere: dict[str, Any]) -> dict[str, Any]:
    found = {
        part: {
            key: {"public": {name: value for name, value in row["public"].items() if name in names}}
            for key, row in elsewhere.get(part, {}).items()
            if "public" in row
        }
        for part, names in PUBLIC_ELSEWHERE.items()
    }
    return {part: rows for part, rows in found.items() if rows}


def first_and_current(baselines: dict[str, Any]) -> list[str]:
    """The numbers of the baselines that the public sees: the first promise and the one that holds now."""
    numbers = sorted(baselines, key=int)
    return sorted({numbers[0], numbers[-1]}, key=int)


def without(keyed: dict[str, Any], hidden: frozenset[str]) -> dict[str, Any]:
    return {key: value for key, value in keyed.items() if key not in hidden}


def public_patch(patch: list[dict[str, Any]], hidden: frozenset[str] = frozenset()) -> list[dict[str, Any]]:
    """The part of a change that anyone may read; empty when nothing public changed."""
    return only(patch, public_pointer(hidden))


def entry_is_public(kind: str, patch: list[dict[str, Any]], after: dict[str, Any] | None) -> bool:
    """Whether anyone may read of a change. ``kind`` is the first word of the chain's name, ``after`` the document as it left it.

    How a bureau's lights are set is everybody's business, who is told of what its own; a school's acts are public with the
    school; of a project what is public, once it is published.
    """
    if kind == "school":
        return True
    if kind == "bureau":
        return not any(_speaks_of_people(operation) for operation in patch)
    if not after or not after.get("published"):
        return False
    return kind == "plan" or bool(public_patch(patch, hidden_milestones(after)))


_OF_PEOPLE = frozenset({"notifications", "people"})  # who is told of what; who holds which role


def _speaks_of_people(operation: dict[str, Any]) -> bool:
    path, value = pointer_of(operation["path"]), operation.get("value")
    return not _OF_PEOPLE.isdisjoint(path[0:1] if path else value or ())
