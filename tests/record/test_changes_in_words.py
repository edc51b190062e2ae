"""What changed, in plain words: the sentences that pages, feeds and e-mails share (`projects_api.selectors.changes`)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from django.utils import translation

from projects_api.models import LedgerEntry, Project
from projects_api.selectors.change_words import lines_of
from projects_api.selectors.changes import chain_of, changes_of, newest_changes, public_changes
from projects_api.services.milestones import milestone_change
from projects_api.services.projects import project_change
from tests.cast import PRIVATE, Cast, _standing, cast

__all__ = ["_standing", "cast"]
NOW = datetime(2023, 7, 3, 2, tzinfo=UTC)


def chain(*patches: list[dict[str, Any]]) -> list[LedgerEntry]:
    """Entries as the database would give them; what is written once the document is published is public."""
    found, published = [], False
    for number, patch in enumerate(patches, 1):
        published |= any(op["path"] == "/published" and op["value"] for op in patch)
        found.append(
            LedgerEntry(
                pk=number, version=number, at=NOW, patch=patch, public=published, reason=PRIVATE, actor_name=PRIVATE
            )
        )
    return found


def replace(path: str, value: Any) -> dict[str, Any]:
    return {"op": "replace", "path": path, "value": value}


TOPPING_OUT = {"planned": "2023-06-30", "forecast": "2023-06-30", "public": True, "delay_reason": "", "delay_note": ""}
CREATED = [
    {
        "op": "add",
        "path": "",
        "value": {"published": False, "places": 900, "note": PRIVATE, "milestones": {"topping_out": TOPPING_OUT}},
    }
]
PUBLISHED = [replace("/places", 1000), replace("/published", True)]
MOVED = [
    replace("/milestones/topping_out/delay_reason", "weather"),
    replace("/milestones/topping_out/forecast", "2023-08-15"),
    replace("/note", f"{PRIVATE} again"),
]


def test_a_sentence_says_what_stood_before_and_why() -> None:
    entries = chain(CREATED, PUBLISHED, MOVED, [replace("/places", 1100)], [replace("/note", PRIVATE)])
    with translation.override("en"):
        changes = public_changes(entries)
        assert [change.lines for change in changes] == [
            ["Places: from 1,000 to 1,100"],
            ["Topping-out: forecast moved from 30 June to 15 August 2023: weather"],
            # What stood there before publication was nobody's to read.
            ["Places: 1,000", "Published."],
        ]
        assert [change.version for change in changes] == [4, 3, 2]
        assert all(change.actor is None and change.reason == "" for change in changes)
        assert public_changes(entries, limit=1) == changes[:1]
    with translation.override("zh-hans"):
        assert public_changes(entries)[1].lines == ["主体封顶：预计完成日期由2023年6月30日改为2023年8月15日：天气原因"]


def test_a_hidden_stage_is_told_nothing_of() -> None:
    entries = chain(CREATED, PUBLISHED, MOVED)
    with translation.override("en"):
        assert len(public_changes(entries, hidden=frozenset({"topping_out"}))) == 1


def test_the_words_of_every_public_part() -> None:
    said: list[tuple[list[dict[str, Any]], dict[str, Any], list[str]]] = [
        (
            [
                {
                    "op": "add",
                    "path": "/allocations/2/public",
                    "value": {"source": "special_bond", "year": 2023, "amount": "5.00"},
                }
            ],
            {},
            ["Allocation (Special bond, 2023) recorded: 5 yuan"],
        ),
        (
            [replace("/estimates/1/public/amount", "7.00")],
            {"estimates": {"1": {"amount": "6.00", "public": {"kind": "final_accounts", "amount": "6.00"}}}},
            ["Final accounts corrected from 6 yuan to 7 yuan"],
        ),
        (
            [{"op": "remove", "path": "/spending/1/public"}],
            {"spending": {"1": {"public": {"kind": "money_paid", "amount": "6.00"}}}},
            ["Money paid: no longer public"],
        ),
        (
            [{"op": "remove", "path": f"/spending/{n}/public"} for n in range(1, 6)],
            {
                "spending": {
                    str(n): {"amount": "6.00", "public": {"kind": "money_paid", "amount": "6.00"}} for n in range(1, 6)
                }
            },
            ["5 figures of money are no longer public."],
        ),
        (
            [
                {
                    "op": "add",
                    "path": "/estimates/1/public",
                    "value": {"kind": "final_accounts", "amount": "5.00", "dated": "2022-10-07"},
                }
            ],
            {"estimates": {"1": {"kind": "final_accounts", "amount": "5.00"}}},
            ["Now public: Final accounts (7 October 2022): 5 yuan"],
        ),
        (
            [
                {
                    "op": "add",
                    "path": "/inspections/3/public",
                    "value": {"kind": "quality", "held_on": "2023-05-02", "result": "passed"},
                }
            ],
            {},
            ["Quality inspection: Passed (2 May 2023)"],
        ),
        (
            [
                {
                    "op": "add",
                    "path": "/photos/x/public",
                    "value": {"caption": "Roof", "taken": "2023-05-02", "milestone": ""},
                }
            ],
            {},
            ["Photo published: Roof"],
        ),
        ([{"op": "remove", "path": "/photos/x/public"}], {}, ["A photo is no longer public."]),
        (
            [replace("/site/coordinates", [109.59, 34.95])],
            {"site": {"type": "Point", "coordinates": [109.58, 34.95]}},
            ["The site on the map was moved by 911 m."],
        ),
        (
            [
                {
                    "op": "add",
                    "path": "/baselines/2",
                    "value": {"finish": "2024-08-20", "reason": "Redesign.", "stages": {}},
                }
            ],
            {"baselines": {"1": {"finish": "2024-02-01"}}},
            ["Baseline 2 approved: ready by 20 August 2024 instead of 1 February 2024. Rationale: Redesign."],
        ),
        (
            [replace("/milestones/topping_out/state", "met")],
            {"milestones": {"topping_out": {"state": "reported", "actual": "2023-07-01"}}},
            ["Topping-out: accepted, met on 1 July 2023"],
        ),
        (
            [replace("/milestones/topping_out/actual", "2023-07-05"), replace("/milestones/topping_out/state", "met")],
            {"milestones": {"topping_out": TOPPING_OUT | {"delay_reason": "land"}}},
            ["Topping-out: met on 5 July 2023, 5 days late: land"],
        ),
        (
            [replace("/milestones/topping_out/percent", 60), replace("/progress", 40)],
            {"milestones": {"topping_out": {"percent": 35}}, "progress": 31},
            ["Topping-out: from 35 % to 60 % done", "Progress of the whole: from 31 % to 40 %"],
        ),
        ([replace("/status", "suspended")], {"status": "tendering"}, ["Status: from Tendering to Suspended"]),
        ([replace("/published", False)], {"published": True}, ["No longer published."]),
        ([replace("/region", "610526102")], {"region": "610526101"}, ["Region: changed"]),
    ]
    with translation.override("en"):
        for patch, before, lines in said:
            assert lines_of(patch, {}, before) == lines


def test_what_the_services_write_is_told(cast: Cast, django_assert_num_queries: Any) -> None:
    """Through the ledger of a real project; of another one, not published, nothing is."""
    project, official = cast.project(), cast.user("official")
    common: dict[str, Any] = {"project_id": project.pk, "at": NOW, "expected": None}
    for planned in (date(2024, 6, 30), date(2024, 8, 15)):
        milestone_change(key="handover", actor=official, changes={"planned": planned}, **common)
    project_change(
        actor=official, changes={"status": "suspended", "status_reason": "land"}, reason=f"{PRIVATE} reason", **common
    )
    with translation.override("en"):
        with django_assert_num_queries(5):
            found = newest_changes(Project.objects.visible_to(cast.user("superuser")), 20).told
        assert {p.code for p, _change in found} == {cast.published, cast.gushi_published}
        lines = [line for p, change in found if p.code == cast.published for line in change.lines]
        assert lines[0] == "Status: from Approved to Suspended: Land"
        assert "Handover, in use: plan moved from 30 June to 15 August 2024" in lines
        assert PRIVATE not in " ".join(lines)
        loaded = Project.objects.select_related("region", "school").prefetch_related("milestones").get(pk=project.pk)
        assert [c.lines for c in changes_of(loaded, chain_of(loaded))] == [
            c.lines for p, c in found if p.pk == project.pk
        ]
