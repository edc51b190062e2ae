"""Acts on schools over the API: founding, altering, cancelling; what cannot be; and what was recorded wrongly."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from projects_api.models import School
from projects_api.selectors.verify import verify
from tests.cast import Cast

SITE = {"type": "Point", "coordinates": [109.58, 34.95]}
ESTABLISHED = {
    "applicant": "Town 1", "applied": "2021-03-01", "decision": "approved", "decided": "2021-05-20",
    "document_number": "蒲政文〔2021〕8号", "authority": "蒲城县人民政府",
}  # fmt: skip
NEW = {
    "bureau": "610526", "name_zh": "东镇小学", "stage": "primary", "region": "610526101", "classes": 12, "places": 540,
    "location": SITE, "establishment": ESTABLISHED,
}  # fmt: skip


def act(kind: str, day: str, number: str = "", **more: Any) -> dict[str, Any]:
    return {
        "kind": kind, "applicant": "东镇小学", "applied": day, "decision": "approved", "decided": day,
        "document_number": number or f"蒲教审〔{day}〕", "authority": "蒲城县教育局", **more,
    }  # fmt: skip


def found(api: Any, **more: Any) -> str:
    return str(api("official").post("schools/", NEW | more).ok(201)["code"])


def test_a_school_is_founded_altered_and_closed(cast: Cast, api: Any) -> None:
    boss = api("official")
    founded = boss.post("schools/", NEW, idempotency_key="found")
    school = founded.ok(201)
    path = f"schools/{school['code']}/"
    assert school["code"].startswith("610526-S") and founded.headers["Location"] == f"/api/v1/{path}"
    assert (school["established"], school["location_precision"], school["closed"]) == (True, "map_pin", None)
    again = boss.post("schools/", NEW, idempotency_key="found")
    assert again.ok(201) == school and again.headers["Idempotency-Replayed"] == "true"
    assert api().get(path).ok() == school, "an approval is public"

    pending = {"kind": "alteration", "applicant": "东镇小学", "applied": "2023-01-10"}
    first = boss.post(f"{path}events/", pending, if_match=founded.etag)
    assert first.ok(201)["decision"] == "pending" and first.headers["Location"] == f"/api/v1/{path}events/2/"
    boss.post(f"{path}events/", pending, if_match=founded.etag).problem(412)
    boss.patch(f"{path}events/2/", {"decision": "refused"}).problem(428)
    decided = {
        name: value for name, value in act("", "2023-02-01").items() if name not in ("kind", "applicant", "applied")
    }
    made = boss.change(f"{path}events/2/", decided | {"changes": {"classes": 18, "places": 810}})
    assert made.ok()["before"] == {"classes": 12, "places": 540}
    # Forgotten at the time, recorded after the later one: it counts between the two.
    boss.post(f"{path}events/", act("alteration", "2022-06-01", changes={"places": 600, "name_en": "East"})).ok(201)
    assert [boss.get(f"{path}?on={day}").ok()["places"] for day in ("2022-05-31", "2022-06-01", "2023-02-01")] == [
        540,
        600,
        810,
    ]
    now = boss.get(path).ok()
    assert (now["places"], now["name_en"], now["events"][1]["before"]) == (810, "East", {"classes": 12, "places": 600})

    closing = act("cancellation", "2024-05-01", closed="2024-08-31")
    assert boss.post(f"{path}events/", closing).ok(201)["number"] == 4
    assert api().get(path).ok()["closed"] == "2024-08-31"
    assert school["code"] not in {row["code"] for row in api().get("schools/?page_size=200").ok()["results"]}
    entries = api().get(f"{path}history/").ok()
    assert [e["action"] for e in entries] == ["school.create", *["school.alteration"] * 3, "school.cancellation"]
    assert entries[0]["actor"] is None and boss.get(f"{path}history/").ok()[0]["actor"] == "official"
    assert verify().sound


def test_what_cannot_be_is_refused_by_name(cast: Cast, api: Any) -> None:
    boss, tomorrow = api("official"), (timezone.localdate() + timedelta(days=2)).isoformat()
    refused: list[tuple[dict[str, Any], int, str, str]] = [
        ({"places": -1}, 400, "/places", "min_value"),
        ({"location": {"type": "Point", "coordinates": [113.5, 34.95]}}, 400, "/location/coordinates", "outside_bureau"),
        ({"stage": "university"}, 400, "/stage", "invalid_choice"),
        ({"region": "411525101"}, 400, "/region", "unknown_region"),
        ({"name_zh": ""}, 400, "", "constraint"),
        ({"code": "411525-S99"}, 400, "/code", "invalid_code"),
        ({"code": cast.school}, 409, "/code", "taken"),
        ({"establishment": ESTABLISHED | {"decided": "2021-02-01"}}, 400, "/establishment/decided", "constraint"),
        ({"establishment": ESTABLISHED | {"document_number": ""}}, 400, "/establishment/decision", "constraint"),
        ({"establishment": ESTABLISHED | {"decided": tomorrow}}, 409, "/establishment/decided", "in_future"),
        ({"establishment": ESTABLISHED | {"applied": "soon"}}, 400, "/establishment/applied", "invalid"),
        ({"bureau": "411525"}, 403, "", ""),
    ]  # fmt: skip
    for changes, status, pointer, code in refused:
        boss.post("schools/", NEW | changes).problem(status, *((pointer or "/", code) if code else ()))
    path = f"schools/{found(api)}/"
    number = ESTABLISHED["document_number"]
    acts: list[tuple[dict[str, Any], int, str, str]] = [
        (act("alteration", "2021-04-01"), 409, "/applied", "before_establishment"),
        (act("establishment", "2022-04-01"), 409, "/kind", "established_already"),
        (act("alteration", "2022-04-01", number, authority="蒲城县人民政府"), 400, "/document_number", "constraint"),
        (act("alteration", "2022-04-01", changes={"places": -5}), 400, "/changes/places", "min_value"),
        (
            act("alteration", "2022-04-01", changes={"location": SITE | {"coordinates": [1, 2]}}),
            400,
            "/changes/location/coordinates",
            "outside_bureau",
        ),
        (
            act("alteration", "2022-04-01", decision="refused", changes={"places": 5}),
            400,
            "/changes",
            "not_an_alteration",
        ),
        (act("alteration", "2022-04-01", closed="2022-05-01"), 400, "/closed", "not_a_cancellation"),
        (act("cancellation", "2022-04-01", closed="2022-03-01"), 409, "/closed", "before_decision"),
    ]
    for event, status, pointer, code in acts:
        boss.post(f"{path}events/", event).problem(status, pointer, code)
    other = found(api, establishment=ESTABLISHED | {"document_number": "9"}, name_zh="西镇小学")
    merged = act("cancellation", "2023-04-01", "merger")
    boss.post(f"schools/{other}/events/", merged).ok(201)
    boss.post(f"{path}events/", merged).problem(409, "/document_number", "document_of_another_school")
    boss.post(f"{path}events/", merged | {"confirm": True}).ok(201)
    boss.post(f"{path}events/", act("alteration", "2024-01-01")).problem(409, "/decided", "cancelled")
    boss.post(f"{path}events/", act("cancellation", "2024-01-01")).problem(409, "/kind", "cancelled")
    assert verify().sound


def test_what_was_recorded_wrongly_is_set_right_and_stays_readable(cast: Cast, api: Any) -> None:
    boss, code = api("bureau_admin"), found(api)
    path = f"schools/{code}/"
    for day, places in (("2022-03-01", 600), ("2023-03-01", 700)):
        boss.post(f"{path}events/", act("alteration", day, changes={"places": places})).ok(201)
    boss.change(f"{path}events/2/", {"changes": {"places": 660}}).problem(400, "/reason", "required")
    boss.change(f"{path}events/2/", {"changes": {"places": 660}, "reason": "misread"}).ok()
    boss.change(f"{path}events/1/", {"changes": {"places": 500}, "reason": "misread"}).ok()

    def over_time() -> list[int]:
        return [boss.get(f"{path}?on={day}").ok()["places"] for day in ("2021-06-01", "2022-04-01", "2023-04-01")]

    assert over_time() == [500, 660, 700]
    boss.change(f"{path}events/2/", {"applied": "2024-02-01", "decided": "2024-02-01", "reason": "wrong year"}).ok()
    assert (over_time(), boss.get(path).ok()["places"]) == ([500, 500, 700], 660), "the later word counts"
    aside = boss.change(f"{path}events/2/", {"archived": True, "reason": "of another school"}).ok()
    assert aside["archived"] is True and boss.get(path).ok()["places"] == 700
    boss.change(f"{path}events/2/", {"archived": False, "reason": "after all"}).problem(409)
    boss.post(f"{path}events/", act("alteration", "2022-03-01")).ok(201)  # its document is free again
    boss.change(f"{path}events/1/", {"archived": True, "reason": "never"}).problem(409)

    boss.post(f"{path}events/", act("cancellation", "2024-05-01", closed="2024-08-31")).ok(201)
    boss.change(f"{path}events/5/", {"decided": "2024-05-02", "reason": "a day later"}).ok()
    assert api().get(path).ok()["closed"] == "2024-08-31"
    boss.change(f"{path}events/5/", {"archived": True, "reason": "it stays open"}).ok()
    assert api().get(path).ok()["closed"] is None

    boss.change(path, {"name_zh": "东镇中心小学", "reason": "spelling"}).ok()
    boss.change(path, {"withdrawn": True, "reason": "no such school"}).ok()
    api().get(path).problem(404)
    assert boss.get(path).ok()["withdrawn"] is True
    boss.post(f"{path}events/", act("alteration", "2024-06-01")).problem(409)
    boss.change(path, {"withdrawn": False, "reason": "there is"}).ok()
    assert api().get(path).ok()["name_zh"] == "东镇中心小学"
    boss.change(f"schools/{cast.school}/", {"withdrawn": True, "reason": "x"}).problem(409)
    assert verify().sound


def test_a_school_older_than_its_ledger_keeps_its_past(cast: Cast, api: Any) -> None:
    path = f"schools/{cast.school}/"
    before = api().get(f"{path}?as_of=2023-06-01").ok()
    api("official").post(f"{path}events/", act("alteration", "2024-03-01", changes={"places": 900})).ok(201)
    assert api().get(f"{path}?as_of=2023-06-01").ok() == before
    assert api().get(path).ok()["places"] == 900 and School.objects.get(code=cast.school).version == 2
    assert verify().sound
