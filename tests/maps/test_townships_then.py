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

from projects_api.models import Bureau, Project, Spending, User
from projects_api.services.bureaus import children_change
from projects_api.services.milestones import milestone_change
from projects_api.services.projects import project_change
from tests.cast import PUBLISHED, Cast, _empty_directory, _standing, cast
from tests.factories import make_money, make_school
from tests.maps.test_investment import column, get_json
from tests.maps.test_taken_along import get, words_of

__all__ = ["_empty_directory", "_standing", "cast"]

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
    note = "What the register says of a school"
    assert note in str(get_json(client, f"{COVERAGE}areas.json?{HERE}&on={today}")["notes"])
    assert note not in str(get_json(client, f"{COVERAGE}areas.json?{HERE}")["notes"])


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
