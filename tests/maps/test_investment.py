"""`/maps/investment/` and what it fetches: sums that are plain sums, money in detail for those alone who may read it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.gis.geos import GEOSGeometry, MultiPolygon, Point, Polygon
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from projects_api.models import Bureau, Membership, Project, Region, Spending, User
from tests.maps.conftest import HOSTILE_TEXT
from tests.maps.test_taken_along import words_of

PAGE, AREAS, CIRCLES, CELLS = (
    "/maps/investment/", "/maps/investment/areas.json", "/maps/investment/circles.json", "/maps/cells.geojson",
)  # fmt: skip
Make = Callable[..., Project]


def get_json(client: Client, url: str, language: str = "en") -> Any:
    response = client.get(url, headers={"accept-language": language})
    assert response.status_code == 200, response.content
    return response.json()


def township(bureau: Bureau, number: int, point: tuple[float, float] | None = None, **fields: Any) -> Region:
    values = {"level": "township", "kind": "town", "name_zh": f"第{number}镇", "name_en": f"Town {number}"} | fields
    return Region.objects.create(
        code=f"{bureau.code}{number}", parent=bureau.region, point=Point(*point, srid=4326) if point else None, **values
    )


@pytest.fixture
def towns(bureau: Bureau) -> list[Region]:
    return [
        township(bureau, 101, (109.4, 34.9)), township(bureau, 102, (109.7, 35.0)),
        township(bureau, 103, (109.5, 35.1)), township(bureau, 104),
    ]  # fmt: skip


def column(data: Any, key: str) -> dict[str, Any]:
    """{name of the row: (sort value, words)} of a column."""
    at = [column["key"] for column in data["columns"]].index(key)
    return {row["name"]: (row["sort"][at], row["words"][at]) for row in data["rows"]}


def spend(project: Project, number: int, kind: str, amount: str, **fields: Any) -> None:
    Spending.objects.create(project=project, number=number, kind=kind, amount=Decimal(amount), **fields)


@pytest.fixture
def official(bureau: Bureau) -> Client:
    user = User.objects.create_user("boss", password="x")
    Membership.objects.create(user=user, bureau=bureau, role="official", since="2023-01-01")
    client = Client()
    client.force_login(user, "projects_api.services.sign_in.AccountBackend")
    return client


def test_the_figures_are_plain_sums(client: Client, make_project: Make, towns: list[Region]) -> None:
    amounts = [Decimal("18500000.10"), Decimal("50000000.25"), None, Decimal("2100000.00")]
    for amount, places in zip(amounts, [270, 1350, 90, None], strict=True):
        make_project(region=towns[0], total_investment=amount, places=places)
    make_project(region=towns[1], total_investment=Decimal("210000000"), places=1800)
    make_project(total_investment=Decimal("1000000"))  # of the county as a whole
    make_project(region=towns[1], total_investment=Decimal("9"), published=False)
    data = get_json(client, AREAS)
    totals, each, count = (column(data, key) for key in ("total", "per_place", "projects"))
    assert totals["Town 101"][0] == pytest.approx(float(sum(filter(None, amounts), Decimal(0))))
    assert each["Town 101"][0] == pytest.approx(68500000.35 / 1620)
    assert [count[f"Town {n}"][0] for n in (101, 102, 103, 104)] == [4, 1, 0, 0], "every township has a row"
    assert totals["Town 102"] == (210000000, "210")
    assert totals["Test County, not in a township"] == (1000000, "1")
    assert (
        data["count"] == 6
        and data["summary"] == "6 projects, 282 million yuan in all, of which 1 million yuan in no township"
    )
    assert "work_done" not in [column["key"] for column in data["columns"]]
    chinese = get_json(client, AREAS, "zh-hans")
    assert column(chinese, "total")["第102镇"][1] == "21,000"
    assert "28,160万元" in chinese["summary"]


def test_classes_follow_the_values_and_say_so(client: Client, make_project: Make, towns: list[Region]) -> None:
    for town, amount in zip(towns, (3, 17, 120, 0), strict=True):
        make_project(region=town, total_investment=amount * 1_000_000 or None)
    total = get_json(client, AREAS)["measures"][0]
    assert total["class"] == [0, 1, 2, -1]
    assert total["label"] == ["3", "17", "120", ""]
    assert total["legend"] == ["up to 5", "5 to 20", "over 20"]
    paper = words_of(client.get(f"{PAGE}map.pdf?bureau=999001").content)
    assert re.findall(r"第(\d+)镇", paper)[-4:] == ["103", "102", "101", "104"], "the most first"


def test_filters_narrow_the_figures(client: Client, make_project: Make, towns: list[Region]) -> None:
    make_project(region=towns[0], total_investment=1_000_000, stage="primary")
    make_project(region=towns[0], total_investment=5_000_000, stage="kindergarten")
    assert column(get_json(client, f"{AREAS}?stage=kindergarten"), "total")["Town 101"][1] == "5"
    assert get_json(client, f"{CIRCLES}?stage=primary")["value"] == [1_000_000]
    nothing = get_json(client, f"{AREAS}?q=nowhere")
    assert nothing["count"] == 0 and nothing["measures"][0]["legend"] == []


def test_per_child_divides_by_the_children_that_the_bureau_has_told(
    client: Client, make_project: Make, bureau: Bureau, towns: list[Region]
) -> None:
    whole = {"kindergarten": 100, "primary": 300, "junior_high": 100}
    told = {towns[0].code: whole, towns[1].code: {"primary": 300}, towns[2].code: whole}
    make_project(region=towns[0], total_investment=1_000_000, stage="primary")
    make_project(region=towns[1], total_investment=5_000_000, stage="primary")
    make_project(total_investment=9_000_000, stage="primary")  # of the county: no township's children
    assert "per_child" not in [column["key"] for column in get_json(client, AREAS)["columns"]], "nobody has told any"
    Bureau.objects.update(children={"townships": told, "counted": None, "source": "", "illustrative": True})
    data = get_json(client, AREAS)
    each = column(data, "per_child")
    assert each["Town 101"][0] == 2000 and each["Town 103"] == (None, "–"), "nothing is spent there"
    assert each["Town 102"] == (None, "–"), "not all of its children are known"
    assert "per_child" in [measure["key"] for measure in data["measures"]]
    assert client.get(f"{PAGE}?measure=per_child").status_code == 200
    assert any("children who live there" in note and "not real" in note for note in data["notes"])
    of_stage = column(get_json(client, f"{AREAS}?stage=primary"), "per_child")
    assert of_stage["Town 101"][0] == pytest.approx(1_000_000 / 300)
    assert of_stage["Town 102"][0] == pytest.approx(5_000_000 / 300)
    assert column(get_json(client, f"{AREAS}?on=2026-01-01"), "per_child")["Town 101"][0] == 2000


@pytest.mark.parametrize("address", [PAGE, AREAS, CIRCLES, CELLS])
@pytest.mark.parametrize("query", ["stage=none", "no_such=1", "as_of=2999-01-01", "in_bbox=1e308,0,0,0", "q=%00"])
def test_a_wrong_query_is_refused(client: Client, db: None, address: str, query: str) -> None:
    assert client.get(f"{address}?{query}").status_code == 400


def test_the_largest_sites_are_circles_and_the_rest_is_told(client: Client, make_project: Make) -> None:
    make_project(total_investment=2_000_000, title_en=HOSTILE_TEXT)
    large = make_project(total_investment=90_000_000)
    lost = make_project(total_investment=70_000_000, site=None)
    unknown = make_project(total_investment=None, site=None)
    make_project(total_investment=None)
    data = get_json(client, CIRCLES)
    assert data["unplaced"] == {
        "count": 2, "code": [lost.code, unknown.code], "title": [lost.title_en, unknown.title_en],
        "words": [["Investment 70 million yuan"], ["investment not known"]],
    }  # fmt: skip
    then = get_json(client, f"{CIRCLES}?on={timezone.localdate()}")
    assert then["unplaced"] == data["unplaced"]
    assert data["value"] == [90_000_000, 2_000_000] and data["code"][0] == large.code
    assert data["title"][1] == HOSTILE_TEXT
    assert data["words"][0] == ["Investment 90 million yuan"]
    assert data["notes"] == ["2 projects have no known location: they are in table and list only."]
    assert "done" not in data and data["parts"] == {}


def test_who_may_read_money_sees_what_was_spent_in_their_own_bureau(
    client: Client, official: Client, make_project: Make, make_bureau: Callable[..., Bureau], towns: list[Region]
) -> None:
    mine = make_project(region=towns[0], total_investment=10_000_000)
    unpriced = make_project(region=towns[0], total_investment=None)
    spend(mine, 1, "work_done", "4000000")
    spend(mine, 2, "money_paid", "2500000")
    spend(mine, 3, "work_done", "777777", archived=True)
    spend(unpriced, 1, "work_done", "600000")
    other = make_bureau("999002", "Other", west=110.5)
    abroad = township(other, 101)
    theirs = make_project(of=other, region=abroad, total_investment=10_000_000, site=Point(110.7, 34.9, srid=4326))
    spend(theirs, 1, "work_done", "3333333")
    data = get_json(official, AREAS)
    at = {row["code"]: row for row in data["rows"]}
    keys = [column["key"] for column in data["columns"]]
    row = dict(zip(keys, at[towns[0].code]["sort"], strict=True))
    assert (row["work_done"], row["paid"], row["share"]) == (4_600_000, 2_500_000, 40), "two figures, each its own"
    assert dict(zip(keys, at[abroad.code]["sort"], strict=True))["work_done"] is None, "the border"
    assert "3333333" not in json.dumps(data) and "3.33" not in json.dumps(data)
    circles = get_json(official, CIRCLES)
    assert dict(zip(circles["code"], circles["done"], strict=True)) == {mine.code: 4_000_000, theirs.code: None}
    public = json.dumps([get_json(client, AREAS), get_json(client, CIRCLES)])
    assert "work" not in public.lower() and "4000000" not in public


def test_amounts_of_two_currencies_are_not_added(
    client: Client, make_project: Make, make_bureau: Callable[..., Bureau], bureau: Bureau
) -> None:
    other = make_bureau("999002", "Other", west=110.5)
    Bureau.objects.filter(pk=other.pk).update(currency="USD")
    make_project(total_investment=1_000_000)
    make_project(of=other, total_investment=5_000_000, region=other.region)
    data = get_json(client, AREAS)
    assert data["summary"].startswith("1 project, 1 million yuan in all")
    assert any("CNY" in note for note in data["notes"])
    assert get_json(client, f"{AREAS}?bureau=999002")["summary"].startswith("1 project, 5 million USD in all")


def test_cells_cover_the_county_and_name_what_is_a_guess(
    client: Client, make_project: Make, towns: list[Region]
) -> None:
    make_project()
    box = Polygon.from_bbox((109.3, 34.7, 109.45, 34.8))
    surveyed = township(towns[0].parent.bureaus.get(), 105, boundary=MultiPolygon(box, srid=4326))  # type: ignore[union-attr]
    data = get_json(client, CELLS)
    found = {feature["properties"]["code"]: feature for feature in data["features"]}
    assert found.keys() == {towns[0].code, towns[1].code, towns[2].code, surveyed.code}, "one has no known place"
    assert [found[code]["properties"]["approximate"] for code in sorted(found)] == [True, True, True, False]
    shapes = [GEOSGeometry(json.dumps(feature["geometry"])) for feature in found.values()]
    assert sum(shape.area for shape in shapes) == pytest.approx(0.6 * 0.5, rel=1e-4)
    assert found[towns[1].code]["properties"]["name"] == "Town 102"


def test_a_county_of_which_too_little_is_known_has_no_cells(client: Client, make_project: Make, bureau: Bureau) -> None:
    make_project()
    for number in range(101, 108):
        township(bureau, number, (109.4, 34.9) if number == 101 else None)
    assert get_json(client, CELLS)["features"] == []


@pytest.mark.parametrize("address", [PAGE, AREAS, CIRCLES, CELLS])
def test_more_rows_cost_no_more_queries(client: Client, make_project: Make, towns: list[Region], address: str) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert client.get(f"{address}?kind=new_build").status_code == 200  # filtered answers are not kept
        return len(found)

    make_project(region=towns[0], total_investment=1)
    few = queries()
    for town in towns:
        make_project(region=town, total_investment=10**6)
    assert queries() == few <= 8


def test_figures_are_revalidated_and_end_with_a_right(official: Client, make_project: Make, bureau: Bureau) -> None:
    spend(make_project(total_investment=10), 1, "work_done", "5")
    first = official.get(AREAS)
    assert official.get(AREAS, headers={"if-none-match": first["ETag"]}).status_code == 304
    Membership.objects.filter(bureau=bureau).update(ended="2023-02-01")
    again = official.get(AREAS, headers={"if-none-match": first["ETag"]})
    assert again.status_code == 200 and b"work_done" not in again.content
