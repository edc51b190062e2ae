"""Many at once, on a real server: no silent overwrite, no effect twice, nothing lost; with negative controls."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from urllib.parse import urlencode

import pytest

from tests.api.wire import Wire, at_once, nobody_dies
from tests.servers import Prepared, Server

pytestmark = pytest.mark.e2e

P = "projects/610526-2023-001/"
STAGE = f"{P}milestones/external_works/"


# Nobody sends it: no worker runs here.
MAIL = {"EMAIL_URL": "smtp://127.0.0.1:1", "EMAIL_FROM": "works@example.cn", "SITE_URL": "https://works.example.cn"}


@pytest.fixture(scope="module")
def server(prepared: Prepared) -> Iterator[Server]:
    with prepared.server(MAIL) as server:
        yield server
        assert "all sound" in server.manage("verify_ledger").stdout


@pytest.fixture(scope="module")
def unguarded(prepared: Prepared) -> Iterator[Server]:
    """The same without version check, locks and keys."""
    with prepared.server(MAIL, serving="tests.api.unlocked") as server:
        yield server


def hundred_changes_of_one_state(server: Server) -> Counter[int]:
    official = Wire.signed_in(server, "official")
    etag = official.etag(P)
    replies = at_once(
        100, lambda n: official.call("PATCH", P, {"places": 1000 + n}, if_match=etag, idempotency_key=f"n{n}")
    )
    stale = [reply for reply in replies if reply.status == 412]
    now = official.get(P).data
    assert all(reply.data["current"]["version"] == now["version"] for reply in stale[-1:])
    done = [reply for reply in replies if reply.status == 200]
    if len(done) == 1:
        assert done[0].data["places"] == now["places"], "the one that was told so is the one that stands"
    return Counter(reply.status for reply in replies)


def twenty_payments_with_one_key(server: Server) -> tuple[Counter[int], set[bytes], int]:
    official = Wire.signed_in(server, "official")
    body = {"kind": "money_paid", "dated": "2023-05-01", "amount": "12.50", "note": "twenty"}
    replies = at_once(20, lambda n: official.call("POST", f"{P}spending/", body, idempotency_key="the one key"))
    rows = official.get(f"{P}spending/").data
    effects = sum(row["note"] == "twenty" for row in rows)
    return Counter(reply.status for reply in replies), {reply.body for reply in replies}, effects


def test_of_a_hundred_changes_of_one_state_one_is_made_and_99_are_told(server: Server) -> None:
    before = Wire.signed_in(server, "official").get(P).data["version"]
    with nobody_dies(server):
        assert hundred_changes_of_one_state(server) == {200: 1, 412: 99}
    assert Wire.signed_in(server, "official").get(P).data["version"] == before + 1


def test_without_the_version_check_the_same_test_sees_lost_updates(unguarded: Server) -> None:
    counted = hundred_changes_of_one_state(unguarded)
    assert counted[200] > 1, "the control must lose updates, or the test above proves nothing"


def test_twenty_times_the_same_key_is_one_payment_and_twenty_times_its_answer(server: Server) -> None:
    with nobody_dies(server):
        statuses, bodies, effects = twenty_payments_with_one_key(server)
    assert (statuses, len(bodies), effects) == ({201: 20}, 1, 1)


def test_without_the_keys_the_same_test_sees_payments_twice(unguarded: Server) -> None:
    _statuses, _bodies, effects = twenty_payments_with_one_key(unguarded)
    assert effects > 1


def test_of_two_engineers_at_once_one_is_told(server: Server) -> None:
    """Both read the same state and report on the same stage; the loser gets the state to start again from."""
    admin = Wire.signed_in(server, "bureau_admin")
    reply = admin.call("PUT", f"{P}engineers/engineer2/", {}, if_match=admin.etag(P))
    assert reply.status == 200
    people = [Wire.signed_in(server, name) for name in ("engineer", "engineer2")]
    etag = people[0].etag(STAGE)
    assert etag == people[1].etag(STAGE)
    replies = at_once(2, lambda n: people[n].call("PATCH", STAGE, {"note": f"by {n}"}, if_match=etag))
    assert sorted(reply.status for reply in replies) == [200, 412]
    loser = next(n for n, reply in enumerate(replies) if reply.status == 412)
    current = replies[loser].data["current"]
    assert f"by {1 - loser}" in str(current["milestones"])
    assert people[loser].change(STAGE, {"note": "by both"}).status == 200


def test_sixteen_writers_on_sixteen_projects_lose_nothing(server: Server) -> None:
    """Each reads, changes and reads again, five times over: no error, every change stands, the ledger is sound."""
    official = Wire.signed_in(server, "official")
    codes = [f"610526-2023-{n:03d}" for n in range(3, 19)]
    before = {code: official.get(f"projects/{code}/").data["version"] for code in codes}

    def write(number: int) -> list[int]:
        path, statuses = f"projects/{codes[number]}/", []
        etag = official.etag(path)
        for step in range(5):
            reply = official.call("PATCH", path, {"contractor": f"writer {number} step {step}"}, if_match=etag)
            statuses.append(reply.status)
            etag = reply.headers["etag"]
        return statuses

    with nobody_dies(server):
        assert at_once(16, write) == [[200] * 5] * 16
    for number, code in enumerate(codes):
        now = official.get(f"projects/{code}/").data
        assert (now["version"], now["contractor"]) == (before[code] + 5, f"writer {number} step 4")
    ids = [row["id"] for row in official.get("changes/?since=0&limit=1000").data["results"]]
    assert ids == sorted(ids)
    assert "all sound" in server.manage("verify_ledger").stdout


def test_two_at_once_create_two_projects_with_two_codes(server: Server) -> None:
    official = Wire.signed_in(server, "official")
    body = {
        "bureau": "610526",
        "title_zh": "同时",
        "kind": "rural_upgrade",
        "plan": "610526-2023",
        "plan_target": "upgrade",
    }
    replies = at_once(8, lambda n: official.call("POST", "projects/", body))
    assert [reply.status for reply in replies] == [201] * 8
    assert len({reply.data["code"] for reply in replies}) == 8


def test_a_reader_of_the_feed_misses_nothing_while_others_write(server: Server) -> None:
    """Entries appear in the order of their ids: whoever has read up to N never has to look back."""
    official = Wire.signed_in(server, "official")
    start = since = official.get("changes/?since=0&limit=1000").data["next_since"]
    seen: list[int] = []

    def act(number: int) -> None:
        nonlocal since
        if number:
            for step in range(4):
                path = f"projects/610526-2023-{number + 2:03d}/"
                assert official.change(path, {"address": f"路 {number}.{step}"}).status == 200
            return
        for _look in range(40):
            page = official.get(f"changes/?since={since}&limit=1000").data
            seen.extend(row["id"] for row in page["results"])
            since = page["next_since"]

    at_once(7, act)
    seen += [row["id"] for row in official.get(f"changes/?since={since}&limit=1000").data["results"]]
    everything = [row["id"] for row in official.get(f"changes/?since={start}&limit=1000").data["results"]]
    assert seen == everything and len(everything) == 24


def twenty_approvals_at_once(server: Server) -> Counter[int]:
    """The plan is moved by a day, then approved by twenty at once."""
    official = Wire.signed_in(server, "official")
    path = "projects/610526-2023-008/"
    planned = official.get(f"{path}milestones/handover/").data["planned"]
    moved = (date.fromisoformat(planned) + timedelta(days=1)).isoformat()
    reply = official.call("PATCH", f"{path}milestones/handover/", {"planned": moved}, if_match=official.etag(path))
    assert reply.status == 200
    before = {row["number"]: row for row in official.get(f"{path}baselines/").data}
    replies = at_once(20, lambda n: official.call("POST", f"{path}baselines/", {"reason": f"approval {n}"}))
    after = {row["number"]: row for row in official.get(f"{path}baselines/").data}
    assert {number: after[number] for number in before} == before, "what was promised stays"
    assert len(after) == len(before) + sum(reply.status == 201 for reply in replies)
    return Counter(reply.status for reply in replies)


def test_of_twenty_who_approve_a_plan_at_once_one_makes_the_baseline(server: Server) -> None:
    with nobody_dies(server):
        assert twenty_approvals_at_once(server) == {201: 1, 409: 19}


def test_without_the_second_look_the_same_test_sees_the_promise_made_twice(unguarded: Server) -> None:
    assert twenty_approvals_at_once(unguarded)[201] > 1


def forty_sign_ups_at_once(server: Server) -> tuple[Counter[int], int]:
    """From one host, each for another address: the answers, and how many were put down. 30 an hour may be."""
    before = alerts(server)
    page = Wire(server).get("/alerts/")
    cookie = page.headers["set-cookie"].partition(";")[0]
    token = cookie.partition("=")[2]

    def sign_up(number: int) -> int:
        form = f"csrfmiddlewaretoken={token}&address=reader{number}@example.cn&how=now".encode()
        return (
            Wire(server)
            .call("POST", "/alerts/", form, cookie=cookie, content_type="application/x-www-form-urlencoded")
            .status
        )

    return Counter(at_once(40, sign_up)), alerts(server) - before


def thirty_forms_at_once(server: Server, sames: int) -> tuple[Counter[int], int]:
    """Questions without a browser's work from one host, of which 3 an hour are taken; ``sames``: so many send the same form."""
    path = f"/{P}questions/new/"
    before = rows(server, "Question")
    forms = []
    for _form in range(30 // sames):
        page = Wire(server).get(path)
        token = re.search(rb'name="token" value="([^"]+)"', page.body)
        assert token
        forms.append((page.headers["set-cookie"].partition(";")[0], token[1].decode()))
    time.sleep(3.1)  # no person fills a form in sooner

    def send(number: int) -> int:
        cookie, token = forms[number // sames]
        form = {
            "csrfmiddlewaretoken": cookie.partition("=")[2],
            "token": token,
            "kind": "question",
            "text": "Why so late?",
        }
        body = urlencode(form | {"crs": "EPSG:4326"}).encode()
        kind = "application/x-www-form-urlencoded"
        return Wire(server).call("POST", path, body, cookie=cookie, content_type=kind).status

    return Counter(at_once(30, send)), rows(server, "Question") - before


def test_of_thirty_questions_at_once_three_are_taken_and_one_sent_many_times_is_one(server: Server) -> None:
    with nobody_dies(server):
        assert thirty_forms_at_once(server, 1) == ({303: 3, 429: 27}, 3)
        server.manage(
            "shell", "--no-imports", "-c", "from projects_api.models import Throttle; Throttle.objects.all().delete()"
        )
        statuses, put_down = thirty_forms_at_once(server, 30)
        assert put_down == 1 and statuses[303] >= 1 and statuses.keys() <= {303, 429}


def alerts(server: Server) -> int:
    return rows(server, "Alert")


def rows(server: Server, model: str) -> int:
    code = f"from projects_api.models import {model}; print({model}.objects.count())"
    return int(server.manage("shell", "--no-imports", "-c", code).stdout.strip())


def test_of_forty_sign_ups_at_once_thirty_are_put_down(server: Server) -> None:
    with nobody_dies(server):
        assert forty_sign_ups_at_once(server) == ({303: 30, 429: 10}, 30)


def test_without_the_lock_the_same_test_sees_the_limit_broken(unguarded: Server) -> None:
    statuses, _put_down = forty_sign_ups_at_once(unguarded)
    assert statuses != {303: 30, 429: 10}
