"""The maps of investment and school places on another day, and the measure that their address chooses."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from projects_api.models import Bureau, Project, School, Spending, User
from projects_api.selectors.verify import verify
from projects_api.services.bureaus import children_change
from projects_api.services.milestones import milestone_change
from projects_api.services.projects import project_change
from projects_api.services.schools import school_act, school_create
from tests.cast import PUBLISHED, Cast, _standing, api, cast
from tests.factories import make_money, make_school
from tests.maps.test_investment import column, get_json
from tests.maps.test_taken_along import get, words_of

__all__ = ["_standing", "api", "cast"]

HERE = "bureau=610526"
INVESTMENT, COVERAGE = "/maps/investment/", "/maps/coverage/"


def noon(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T04:00").replace(tzinfo=UTC)


def change(project: Project, day: str, **changes: Any) -> None:
    project_change(project_id=project.pk, actor=None, at=noon(day), expected=None, changes=changes)


@pytest.fixture
def official(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.user("official"), "projects_api.services.sign_in.AccountBackend")
    return client


def test_investment_as_it_was_known_and_as_it_was(cast: Cast, client: Client, official: Client) -> None:
    project = cast.project()
    change(project, "2024-05-01", total_investment=Decimal("80000000"))
    late: dict[str, Any] = {"kind": "work_done", "amount": Decimal("9000000"), "dated": date(2023, 11, 1)}
    make_money(Spending, project, at=noon("2024-03-01"), **late)  # of November, heard of in March

    def figures(reader: Client, query: str) -> dict[str, Any]:
        data = get_json(reader, f"{INVESTMENT}areas.json?{HERE}&{query}")
        keys = [column["key"] for column in data["columns"]]
        row = next(row for row in data["rows"] if row["code"] == "610526101")
        return dict(zip(keys, row["sort"], strict=True)) | {"count": data["count"]}

    today = timezone.localdate().isoformat()
    assert figures(client, f"as_of={PUBLISHED.date()}")["total"] == 50_000_000
    assert figures(client, "as_of=2024-05-01")["total"] == 80_000_000
    assert figures(client, "as_of=2022-01-01")["count"] == 0, "before it was public"
    assert "work_done" not in figures(client, "as_of=2024-05-01")
    seen = {
        query: figures(official, query)["work_done"]
        for query in ("as_of=2024-02-28", "as_of=2024-03-01", "on=2023-10-31", "on=2023-11-01", f"on={today}")
    }
    assert list(seen.values()) == [0, 9_000_000, 0, 9_000_000, 9_000_000]
    assert figures(official, f"on={today}") == figures(official, ""), "the same by rows and by documents"
    for reader in (client, official):
        then, now = (
            get_json(reader, f"{INVESTMENT}circles.json?{HERE}{day}") | {"version": ""}
            for day in (f"&as_of={today}", "")
        )
        assert then == now
    assert get_json(client, f"{INVESTMENT}circles.json?{HERE}&as_of=2024-04-30")["value"] == [50_000_000]


def test_school_places_as_they_were_known_and_as_they_were(cast: Cast, client: Client) -> None:
    bureau: Bureau = cast.bureau()
    boss: User = cast.user("bureau_admin")
    school = make_school(bureau, name_zh="新建小学", places=1080, stage="primary")
    make_school(bureau, name_zh="老小学", places=200, stage="primary")
    project = cast.project()
    change(project, "2023-04-02", school=school.code, places=1080)
    rules = {"townships": {"610526101": {"primary": 900}}, "counted": None, "source": "", "illustrative": False}
    children_change(bureau_id=bureau.pk, actor=boss, at=noon("2024-09-01"), expected=None, rules=rules)
    for key, day in (("commencement", "2023-07-01"), ("handover", "2024-08-25")):
        if key in {m.key for m in project.milestones.all()}:
            milestone_change(
                project_id=project.pk, key=key, actor=None, at=noon("2024-09-10"), expected=None,
                changes={"actual": date.fromisoformat(day)},
            )  # fmt: skip

    def primary(query: str, name: str) -> list[Any]:
        data = get_json(client, f"{COVERAGE}areas.json?{HERE}&{query}")
        found = column(data, f"primary-{name}")
        return [value for value, _words in found.values()]

    today = timezone.localdate().isoformat()
    for name in ("children", "now", "coming", "gap"):
        assert primary(f"on={today}", name) == primary("", name), "the same by rows and by documents"
        assert primary(f"as_of={today}", name) == primary("", name)
    assert 900 in primary("as_of=2024-09-01", "children") and 900 not in primary("as_of=2024-08-31", "children")
    assert 900 in primary("on=2023-08-01", "children"), "an undated fact"
    assert sum(primary("on=2023-05-01", "now")) == sum(primary("as_of=2022-01-01", "now")), (
        "not in use before it is built"
    )
    assert sum(primary("", "coming")) + sum(primary("", "now")) >= 1280
    told = [get_json(client, f"{COVERAGE}circles.json?{HERE}{day}") | {"version": ""} for day in (f"&on={today}", "")]
    assert told[0] == told[1]
    note = "as the approvals of that day have them"
    assert note in str(get_json(client, f"{COVERAGE}areas.json?{HERE}&on={today}")["notes"])
    assert note not in str(get_json(client, f"{COVERAGE}areas.json?{HERE}")["notes"])


APPROVED = {"decision": "approved", "document_number": "1", "authority": "county"}


def test_the_register_as_it_was_and_as_it_was_known(cast: Cast, client: Client, api: Any) -> None:
    """Acts have a day of their own and one on which they were recorded; map and API read both alike."""
    bureau, boss = cast.bureau(), cast.user("official")

    def enter(code: str, places: int, *events: dict[str, Any], **more: Any) -> School:
        values = {"name_zh": code, "stage": "primary", "region": "610526101", "places": places} | more
        return school_create(
            actor=boss, at=noon("2023-01-10"), bureau=bureau, code=code, values=values,
            events=[{"applicant": "county", "applied": date(2022, 12, 1), **event} for event in events],
        )  # fmt: skip

    def act(school: School, day: str, recorded: str, **arguments: Any) -> None:
        event = {"applicant": "county", "applied": date.fromisoformat(day), "decided": date.fromisoformat(day)}
        event |= APPROVED | {"document_number": day, "authority": school.code} | arguments.pop("event")
        school_act(school_id=school.pk, actor=boss, at=noon(recorded), expected=None, event=event, **arguments)

    old, new = enter("S-old", 100), enter("S-new", 360, {"kind": "establishment"})
    enter(
        "S-refused",
        5000,
        {
            "kind": "establishment",
            **APPROVED,
            "decision": "refused",
            "decided": date(2023, 1, 5),
            "document_number": "0",
        },
    )
    enter("S-other", 700, stage="vocational")
    act(new, "2023-06-01", "2023-06-05", event={"applied": date(2022, 12, 1)}, number=1)
    act(new, "2024-05-01", "2024-05-20", event={"kind": "alteration"}, changes={"places": 540, "name_en": "Grown"})
    closed = noon("2024-08-31")
    act(old, "2024-06-30", "2024-07-03", event={"kind": "cancellation"}, closed=closed)

    def told(query: str) -> tuple[int, list[str]]:
        data = get_json(client, f"{COVERAGE}areas.json?{HERE}&{query}")
        schools = api().get(f"schools/?bureau=610526&stage=primary&page_size=200&{query}").ok()["results"]
        places = sum(school["places"] or 0 for school in schools if school["established"])
        on_the_map = sum(value or 0 for value, _words in column(data, "primary-now").values())
        assert on_the_map == places, query
        circles = get_json(client, f"{COVERAGE}circles.json?{HERE}&{query}")
        assert not circles["code"] or all(circles["code"]), "no school has a place"
        return places, [school["code"] for school in schools if school["code"].startswith("S-")]

    both, today = ["S-new", "S-old", "S-refused"], timezone.localdate().isoformat()
    asked = {
        "on=2022-11-30": (100, ["S-old"]),  # nobody had applied
        "on=2023-05-31": (100, both),
        "on=2023-06-01": (460, both),
        "on=2024-05-01": (640, both),
        "on=2024-08-30": (640, both),  # cancelled, and still teaching
        "on=2024-08-31": (540, ["S-new", "S-refused"]),
        "as_of=2023-01-09": (0, []),  # nothing was recorded
        "as_of=2023-06-04": (100, both),
        "as_of=2023-06-05": (460, both),
        "as_of=2024-05-19": (460, both),
        "as_of=2024-05-20": (640, both),
        "as_of=2024-05-19&on=2024-05-02": (460, both),
        "as_of=2024-05-20&on=2024-04-30": (460, both),
        f"on={today}": (540, ["S-new", "S-refused"]),
        f"as_of={today}": (540, ["S-new", "S-refused"]),
        "": (540, ["S-new", "S-refused"]),
    }
    assert {query: told(query) for query in asked} == asked
    one = api().get("schools/S-new/?on=2024-04-30").ok()
    assert (one["places"], one["name"], [event["kind"] for event in one["events"]]) == (360, "S-new", ["establishment"])
    now = api().get("schools/S-new/").ok()
    assert (now["name"], now["events"][1]["before"]) == ("Grown", {"places": 360, "name_en": ""})
    assert api().get(f"schools/S-new/?on={today}").ok() == now == api().get(f"schools/S-new/?as_of={today}").ok()
    assert api().get("schools/S-old/").ok()["closed"] == "2024-08-31", "by its own address, for who looks back"
    api().get("schools/S-new/?as_of=2022-01-01").problem(404)
    api().get("schools/?on=2099-01-01").problem(400, "?on", "in_future")
    assert [row["code"] for row in api().get("schools/?q=grown&on=2024-04-30").ok()["results"]] == []
    assert verify().sound
    kinds = [e["action"] for e in api().get("changes/?limit=1000").ok()["results"] if e["subject"] == "school:S-new"]
    assert kinds == ["school.create", "school.establishment", "school.alteration"]


def test_a_school_being_planned_shows_once_its_project_was_public(cast: Cast, client: Client, api: Any) -> None:
    def found(who: str, query: str = "") -> bool:
        return cast.planned_school in {s["code"] for s in api(who).get(f"schools/?{query}").ok()["results"]}

    assert [found(who) for who in ("public", "other_engineer", "gushi_official")] == [False] * 3
    assert [found(who) for who in ("engineer", "official", "viewer", "superuser")] == [True] * 4
    change(cast.project(cast.unpublished), "2024-03-01", published=True)
    assert found("public") and found("public", "as_of=2024-03-01") and not found("public", "as_of=2024-02-29")
    assert found("official", "as_of=2024-02-29") and found("public", "on=2024-02-29")
    change(cast.project(cast.unpublished), "2024-04-01", published=False)
    assert not found("public") and not found("public", "as_of=2024-03-15")
    decided = {"decided": date(2024, 4, 3)} | APPROVED
    pk = School.objects.get(code=cast.planned_school).pk
    school_act(school_id=pk, actor=None, at=noon("2024-04-05"), expected=None, number=1, event=decided)
    assert found("public") and not found("public", "as_of=2024-04-04"), "an approval is public by law"


@pytest.mark.parametrize("view", ["investment", "coverage"])
def test_the_page_says_which_day_it_shows_and_its_files_hold_it(cast: Cast, client: Client, view: str) -> None:
    page = get(client, f"/maps/{view}/?{HERE}&as_of=2024-05-01").content.decode()
    assert "As it was known on 1 May 2024" in page and f'href="/maps/{view}/?bureau=610526"' in page
    assert re.search(r'href="[^"]*/maps/status/\?bureau=610526&amp;as_of=2024-05-01"', page), (
        "the other maps know the day too"
    )
    paper = words_of(get(client, f"/maps/{view}/map.pdf?{HERE}&as_of=2024-05-01").content)
    assert "As known on: 2024-05-01" in paper
    for query in ("as_of=2999-01-01", "on=yesterday", "measure=none"):
        assert client.get(f"/maps/{view}/?{query}").status_code == 400
        assert client.get(f"/maps/{view}/map.pdf?{query}").status_code == 400


def test_file_and_paper_keep_the_measure(cast: Cast, client: Client) -> None:
    file = get(client, f"{INVESTMENT}download/?{HERE}&measure=per_place").content.decode()
    assert (
        json.loads(re.findall(r'id="map-config" type="application/json">(.*?)</script>', file, re.S)[0])["measure"]
        == "per_place"
    )
    assert "Investment per place" in words_of(get(client, f"{INVESTMENT}map.pdf?{HERE}&measure=per_place").content)
    assert "Total investment, million yuan" in words_of(
        get(client, f"{INVESTMENT}map.pdf?{HERE}&measure=share").content
    ), "a measure that is not for everybody: the first"
    sheets = [words_of(get(client, f"{COVERAGE}map.pdf?{HERE}{more}").content) for more in ("", "&measure=primary")]
    counted = [len(re.findall(r"children not known,", sheet)) for sheet in sheets]
    assert counted == [3, 1], "one stage on a sheet of its own"
