"""``field/reports/``: a phone's queue in one request is what the same reports would have been one by one."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.db import OperationalError

from projects_api.models import LedgerEntry, ProgressReport
from projects_api.selectors.verify import verify
from projects_api.services import reports
from tests.cast import Cast

CODE = "610526-2023-001"
P = f"projects/{CODE}/"


def queued(base: int, minute: int = 0, /, code: str = CODE, **said: Any) -> dict[str, Any]:
    return {
        "project": code,
        "id": str(uuid4()),
        "base_version": base,
        "made_at": f"2023-06-06T08:{minute:02}:00Z",
        **said,
    }


def percent(value: int, key: str = "foundations") -> dict[str, Any]:
    return {key: {"percent": value}}


def results(answer: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = answer.ok()["results"]
    return found


@pytest.fixture
def seen(cast: Cast) -> int:
    return cast.project().version


def test_each_report_has_the_answer_it_would_have_had_alone(cast: Cast, api: Any, seen: int) -> None:
    """In order; wrong, foreign and conflicting ones stop no other; each is one entry of the ledger."""
    api("bureau_admin").change(f"{P}milestones/infill/", {"percent": 30, "reason": "seen by the office"}).ok()
    entries = LedgerEntry.objects.count()
    first = queued(seen, 0, entries=percent(40), text="one")
    sent = [
        first,
        queued(seen, 1, entries={"no_such_stage": {"percent": 10}}),
        queued(seen, 2, entries={"infill": {"percent": 20}}),
        {"id": "no id", "project": CODE},
        queued(seen, 3, code="411525-2023-001", text="not my site"),
        queued(seen, 4, code="no-such", text="no site at all"),
        {**first, "text": "other words under the same id"},
        queued(seen, 5, entries=percent(55), text="last"),
    ]
    engineer = api("engineer")
    answer = engineer.post("field/reports/", {"reports": sent})
    found = results(answer)
    assert [row["id"] for row in found] == [report["id"] for report in sent]
    assert [row["status"] for row in found] == [201, 400, 201, 400, 403, 404, 422, 201]
    assert found[0]["version"] == seen + 2 and found[7]["version"] == seen + 4
    assert [row["report"]["entries"]["foundations"]["outcome"] for row in (found[0], found[7])] == ["applied"] * 2
    assert found[2]["report"]["entries"]["infill"]["outcome"] == "conflict"
    assert found[1]["problem"]["errors"][0]["pointer"].startswith("/entries/no_such_stage")
    assert LedgerEntry.objects.count() == entries + 3

    # The answer was lost and everything is sent again; and each alone is the same as well.
    again = results(engineer.post("field/reports/", {"reports": sent}))
    assert [row.get("report") for row in again] == [row.get("report") for row in found]
    assert [row["status"] for row in again] == [row["status"] for row in found]
    alone = {name: value for name, value in first.items() if name != "project"}
    assert engineer.post(f"{P}reports/", alone).ok(201) == found[0]["report"]
    assert LedgerEntry.objects.count() == entries + 3
    assert cast.project().milestones.get(key="foundations").percent == 55
    assert verify().sound


def test_a_report_may_settle_one_of_the_same_request(cast: Cast, api: Any, seen: int) -> None:
    api("bureau_admin").change(f"{P}milestones/foundations/", {"percent": 30, "reason": "seen by the office"}).ok()
    clash = queued(seen, 0, entries=percent(40))
    choice = queued(seen + 1, 1, entries=percent(41), corrects=clash["id"])
    found = results(api("engineer").post("field/reports/", {"reports": [clash, choice]}))
    assert [row["report"]["entries"]["foundations"]["outcome"] for row in found] == ["conflict", "applied"]
    assert ProgressReport.objects.get(pk=clash["id"]).entries["foundations"]["outcome"] == "settled"


def test_where_the_server_fails_the_projects_later_reports_wait(
    cast: Cast, api: Any, seen: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their order stays; other sites' reports go on; sent again all arrive."""
    other = cast.project("610526-2023-002")
    sent = [
        queued(seen, 0, entries=percent(40)),
        queued(seen, 1, text="fails"),
        queued(other.version, 2, code=other.code, text="another site"),
        queued(seen, 3, entries=percent(50)),
    ]
    check = reports._check

    def failing(draft: Any, project: Any) -> None:
        if draft.text == "fails":
            raise OperationalError("database is locked")
        check(draft, project)

    monkeypatch.setattr(reports, "_check", failing)
    found = results(api("engineer").post("field/reports/", {"reports": sent}))
    assert [row["status"] for row in found] == [201, 503, 201, 503]
    monkeypatch.undo()
    assert [row["status"] for row in results(api("engineer").post("field/reports/", {"reports": sent}))] == [201] * 4
    assert cast.project().milestones.get(key="foundations").percent == 50


@pytest.mark.parametrize(
    "body", [{}, {"reports": []}, {"reports": "one"}, {"reports": ["one"]}, {"reports": [{}] * 21}]
)
def test_what_is_no_batch_is_refused_whole(api: Any, body: dict[str, Any]) -> None:
    api("engineer").post("field/reports/", body).problem(400)


def test_a_batch_keeps_to_the_size_of_any_body(api: Any, seen: int) -> None:
    sent = [queued(seen, n, text="x" * 60_000) for n in range(20)]
    api("engineer").post("field/reports/", {"reports": sent}).problem(413)
