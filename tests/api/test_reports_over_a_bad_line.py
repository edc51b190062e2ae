"""Promise 3 over real connections: requests break off half-way, answers are thrown away, reports come twice and out of order."""

from __future__ import annotations

import json
import random
import socket
import struct
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.api.wire import Reply, Wire, nobody_dies
from tests.servers import Server

pytestmark = pytest.mark.e2e

REPORTS, CUT, UNHEARD, TWICE = 200, 0.1, 0.2, 0.1
SIDE_BY_SIDE = 6  # as many as the app sends at a time
WRONG_CLOCK = timedelta(days=-9)
Waiting = tuple[str, dict[str, Any]]  # the project's code and the report


def a_week_of_work(dice: random.Random, sites: list[dict[str, Any]], number: int) -> list[Waiting]:
    """What the phone holds: written over a week without a network against the last sync, by a clock nine days slow."""
    start = datetime.now(UTC) - timedelta(days=7)
    places = [(site, [stage["key"] for stage in site["milestones"] if not stage["actual"]]) for site in sites]
    week = []
    for count in range(number):
        site, stages = dice.choice([place for place in places if place[1]])
        report = {
            "id": new_id(dice),
            "base_version": site["version"],
            "made_at": (start + timedelta(minutes=45 * count) + WRONG_CLOCK).isoformat(),
            "text": f"report {count}",
            "entries": {dice.choice(stages): {"percent": dice.randrange(1, 100)}},
        }
        week.append((site["code"], report))
    return week


def new_id(dice: random.Random) -> str:
    return str(UUID(int=dice.getrandbits(128), version=4))


class BadLine:
    """Sends until every report is acknowledged: shuffled, some cut off, some answers unheard, some sent twice."""

    def __init__(self, engineer: Wire, dice: random.Random, *, new_ids: bool = False) -> None:
        self.engineer = engineer
        self.dice = dice
        self.new_ids = new_ids
        self.met: Counter[str] = Counter()

    def deliver(self, waiting: list[Waiting]) -> None:
        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            while waiting:
                self.dice.shuffle(waiting)
                fates = self.dice.choices(("cut", "unheard", "twice", "good"), (CUT, UNHEARD, TWICE, 1), k=len(waiting))
                heard = list(pool.map(self.send, waiting, fates))
                waiting = [item for item, acknowledged in zip(waiting, heard, strict=True) if not acknowledged]

    def send(self, item: Waiting, fate: str) -> bool:
        """Whether the phone has heard that the report is there."""
        code, report = item
        self.met[fate] += 1
        if self.new_ids:
            report = report | {"id": new_id(self.dice)}
        said = report | {"sent_at": (datetime.now(UTC) + WRONG_CLOCK).isoformat()}
        path = f"projects/{code}/reports/"
        if fate in ("cut", "unheard"):
            self.break_off(path, json.dumps(said).encode(), whole=fate == "unheard")
            return False
        replies: list[Reply] = [self.engineer.call("POST", path, said) for _copy in range(2 if fate == "twice" else 1)]
        assert {reply.status for reply in replies} == {201}, replies
        return True

    def break_off(self, path: str, body: bytes, *, whole: bool) -> None:
        """The connection is gone after half of the report, or after all of it and before the answer."""
        head = (
            f"POST /api/v1/{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Token {self.engineer.token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", self.engineer.server.port), timeout=60) as line:
            line.sendall(head.encode() + (body if whole else body[: len(body) // 2]))
            if whole:
                line.recv(1)  # it was worked on; nobody reads what came of it
            # Closed with a reset, as a network that is gone does.
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def reports_held(engineer: Wire) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    page = 1
    while True:
        answer = engineer.get(f"reports/?mine=true&page_size=200&page={page}").data
        found += answer["results"]
        if len(found) >= answer["count"]:
            return found
        page += 1


def test_two_hundred_reports_over_a_bad_line_arrive_once_or_are_conflicts(fresh_server: Server) -> None:
    dice = random.Random(20261126)
    engineer, office = (Wire.signed_in(fresh_server, name) for name in ("engineer", "bureau_admin"))
    sites = engineer.get("field/").data["sites"]
    before = {report["id"] for report in reports_held(engineer)}
    newest = office.get("changes/?since=0&limit=1000").data["next_since"]
    week = a_week_of_work(dice, sites, REPORTS)
    code, disputed = week[0][0], next(iter(week[0][1]["entries"]))
    path = f"projects/{code}/milestones/{disputed}/"
    assert office.change(path, {"percent": 77, "reason": "seen by the office"}).status == 200

    line = BadLine(engineer, dice)
    with nobody_dies(fresh_server):
        line.deliver(list(week))
    assert min(line.met[fate] for fate in ("cut", "unheard", "twice")) > 10, line.met

    held = {report["id"]: report for report in reports_held(engineer) if report["id"] not in before}
    assert held.keys() == {report["id"] for _code, report in week}, "each is there, and none twice"
    for where, report in week:
        (key,) = report["entries"]
        outcome = held[report["id"]]["entries"][key]["outcome"]
        contested = (where, key) == (code, disputed)
        assert outcome in (("conflict", "unchanged") if contested else ("applied", "unchanged", "overtaken")), outcome
    last = {(where, key): said["percent"] for where, report in week for key, said in report["entries"].items()}
    for (where, key), percent in (last | {(code, disputed): 77}).items():
        assert engineer.get(f"projects/{where}/milestones/{key}/").data["percent"] == percent, (
            "what was written last stands"
        )
    entries = office.get(f"changes/?since={newest}&limit=1000").data["results"]
    assert Counter(entry["action"] for entry in entries) == {"milestone.change": 1, "report.submit": REPORTS}
    assert "all sound" in fresh_server.manage("verify_ledger").stdout


@pytest.mark.once
def test_with_a_new_id_at_each_try_the_same_line_makes_duplicates(fresh_server: Server) -> None:
    """The control: it is the id that makes a report the same one, so this test must see reports twice."""
    dice = random.Random(20261126)
    engineer = Wire.signed_in(fresh_server, "engineer")
    week = a_week_of_work(dice, engineer.get("field/").data["sites"], 40)
    BadLine(engineer, dice, new_ids=True).deliver(list(week))
    assert max(Counter(report["text"] for report in reports_held(engineer)).values()) > 1
