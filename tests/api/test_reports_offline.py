"""Offline work arrives once (`reliability.md`, promise 3): a week of reports over a bad line, against a record that went on."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from projects_api.models import LedgerEntry, ProgressReport
from projects_api.selectors.verify import verify
from tests.cast import Cast

P = "projects/610526-2023-001/"
STAGES = ("foundations", "topping_out", "infill", "finishes", "external_works")
REPORTS, LOST, TWICE = 200, 0.3, 0.2
WRONG_CLOCK = timedelta(days=-9)


def queue(dice: random.Random, base: int) -> list[dict[str, Any]]:
    """What the phone holds: written offline over a week, all against the version of the last sync, by a clock 9 days slow."""
    start = timezone.now() - timedelta(days=7)
    return [
        {
            "id": str(UUID(int=dice.getrandbits(128), version=4)),
            "base_version": base,
            "made_at": (start + timedelta(minutes=45 * number) + WRONG_CLOCK).astimezone(UTC).isoformat(),
            "entries": {dice.choice(STAGES): {"percent": dice.randrange(1, 100)}},
            "text": f"report {number}",
        }
        for number in range(REPORTS)
    ]


def deliver(api: Any, waiting: list[dict[str, Any]], dice: random.Random) -> Counter[str]:
    """Sends until every report is acknowledged: shuffled, some requests lost, some answers lost, some sent twice."""
    seen: Counter[str] = Counter()
    waiting = list(waiting)
    engineer = api("engineer")
    while waiting:
        dice.shuffle(waiting)
        left = []
        for report in waiting:
            if dice.random() < LOST / 2:  # the request never arrives
                left.append(report)
                continue
            sent_at = (timezone.now() + WRONG_CLOCK).astimezone(UTC).isoformat()
            for _copy in range(2 if dice.random() < TWICE else 1):
                seen[report["id"]] += 1
                answer = engineer.post(f"{P}reports/", {**report, "sent_at": sent_at})
                assert answer.status == 201, answer
            if dice.random() < LOST / 2:  # it arrived, but the phone does not know
                left.append(report)
        waiting = left
    return seen


def test_two_hundred_queued_reports_arrive_once_or_are_shown_as_conflicts(cast: Cast, api: Any) -> None:
    dice = random.Random(20261122)
    base = cast.project().version
    reports = queue(dice, base)
    api("bureau_admin").change(f"{P}milestones/finishes/", {"percent": 77, "reason": "seen by the office"}).ok()
    entries = LedgerEntry.objects.count()
    seen = deliver(api, reports, dice)
    assert max(seen.values()) > 1, "else nothing was sent twice"

    held = {str(report.pk): report for report in ProgressReport.objects.all()}
    assert held.keys() == {report["id"] for report in reports}
    assert LedgerEntry.objects.count() == entries + REPORTS, "each report is one entry, however often it came"

    # One's own reports do not conflict, in whatever order they come; where the office was faster, each is shown with both sides.
    said: dict[str, Counter[str]] = {key: Counter() for key in STAGES}
    for report in held.values():
        for key, entry in report.entries.items():
            said[key][entry["outcome"]] += 1
            if entry["outcome"] == "conflict":
                assert (key, entry["by"], entry["theirs"]) == ("finishes", "bureau_admin", {"percent": 77})
    for key in set(STAGES) - {"finishes"}:
        assert said[key].keys() <= {"applied", "unchanged", "overtaken"} and said[key]["overtaken"], said
    assert said["finishes"].keys() <= {"conflict", "unchanged"}
    assert sum(counts.total() for counts in said.values()) == REPORTS

    # What was written last stands, though it did not arrive last.
    last = {key: report["entries"][key]["percent"] for report in reports for key in report["entries"]}
    percents = {m.key: m.percent for m in cast.project().milestones.filter(key__in=STAGES)}
    assert percents == {**last, "finishes": 77}

    # Nine days slow, and yet every report is from the week in which it was written.
    latest = datetime.now(UTC)
    assert all(latest - timedelta(days=8) < report.made_at <= latest for report in held.values())
    assert verify().sound
