"""Whatever a change is answered with is what the tables hold and the ledger says: every writable field of the interface."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from projects_api.selectors.verify import verify
from tests.cast import Cast

P = "projects/610526-2023-001/"
# An address for each kind of thing that PATCH changes; what is missing here fails the test below.
CHANGED = {
    "plans/{slug}/": "plans/610526-2023/",
    "projects/{code}/": P,
    "projects/{code}/milestones/{key}/": f"{P}milestones/foundations/",
    "projects/{code}/estimates/{number}/": f"{P}estimates/1/",
    "projects/{code}/allocations/{number}/": f"{P}allocations/1/",
    "projects/{code}/spending/{number}/": f"{P}spending/1/",
    "projects/{code}/inspections/{number}/": f"{P}inspections/1/",
    "projects/{code}/findings/{number}/": f"{P}findings/1/",
    "schools/{code}/": "schools/610526-planned/",
    "schools/{code}/events/{number}/": "schools/610526-planned/events/1/",
}
ELSEWHERE = {  # uploaded and photographed: tests/api/test_photos.py
    "projects/{code}/photos/{photo_id}/", "projects/{code}/photos/{photo_id}/original/",
}  # fmt: skip
AMOUNTS = ("-0", -0.0, "007.5", 1e3, "-0.01", "1E+3", "0.005", "-0.00")
WORDS = " e\u0301𠀀/~ "


@cache
def interface() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((Path(__file__).parents[2] / "openapi.json").read_text())
    return found


def values(schema: dict[str, Any]) -> Iterator[Any]:
    """What to try in a field of this schema; what it may not hold is refused, which is as good."""
    if name := schema.get("$ref", "").rpartition("/")[2]:
        schema = interface()["components"]["schemas"][name]
    for kind in schema.get("anyOf", [schema]):
        if "enum" in kind:
            yield from kind["enum"][:2]
        elif kind.get("format") == "decimal":
            yield from AMOUNTS
        elif kind.get("format") == "date":
            yield "2023-03-31"
        elif "integer" in kind.get("type", ()):
            yield from (kind.get("minimum", 0), 30)
        elif kind.get("type") == "boolean":
            yield from (True, False)
        elif "string" in kind.get("type", ()) and "pattern" not in kind:
            yield WORDS


def test_every_change_of_the_interface_is_tried_below() -> None:
    paths = {path.removeprefix("/api/v1/") for path, methods in interface()["paths"].items() if "patch" in methods}
    assert paths == CHANGED.keys() | ELSEWHERE


@pytest.mark.parametrize("route", sorted(CHANGED))
def test_an_answer_is_what_the_tables_hold(cast: Cast, api: Any, route: str) -> None:
    """Found with ``{"total_investment": "-0"}``: the entry said -0.00, the row 0, and sent again it made another entry."""
    path = CHANGED[route]
    people = [api("official"), api("engineer"), api("supervisor")]
    if "/inspections/" in path or "/findings/" in path:
        held = {"kind": "quality", "held_on": "2023-06-02", "result": "passed", "checklist": [], "note": "n"}
        api("supervisor").post(f"{P}inspections/", held).ok(201)
        serious = {"severity": "minor", "description": "d", "owner": "o", "deadline": "2100-06-20"}
        api("supervisor").post(f"{P}findings/", serious).ok(201)
    name = interface()["paths"][f"/api/v1/{route}"]["patch"]["requestBody"]["content"]["application/json"]["schema"]
    fields = interface()["components"]["schemas"][name["$ref"].rpartition("/")[2]]["properties"]
    took: set[str] = set()
    etag = people[0].get(path).etag
    for field, schema in fields.items():
        for value in values(schema):
            body = {"reason": "r", field: value}
            for person in people:
                answer = person.patch(path, body, if_match=etag)
                if answer.status != 403:
                    break
            if answer.status != 200:
                assert answer.status in (400, 409), (body, answer)
                continue
            took.add(field)
            read = person.get(path)
            assert read.data == answer.data, body
            etag = read.etag
            again = person.patch(path, body, if_match=etag)
            assert again.status == 409 or again.version == read.version, f"{body} said twice is two changes"
    assert took, fields.keys()
    assert [str(fault) for fault in verify().faults] == []


@pytest.mark.parametrize(
    ("kind", "body"), [("estimates", {"kind": "settlement"}), ("allocations", {"source": "donation", "year": 2024})]
)
@pytest.mark.parametrize("amount", ["-0", -0.0])
def test_a_new_amount_is_what_the_tables_hold(
    cast: Cast, api: Any, kind: str, body: dict[str, Any], amount: Any
) -> None:
    made = api("official").post(f"{P}{kind}/", body | {"amount": amount}).ok(201)
    assert made["amount"] == "0.00"
    assert made == api("official").get(f"{P}{kind}/{made['number']}/").ok()
    assert verify().sound
