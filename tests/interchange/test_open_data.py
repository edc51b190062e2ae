"""Open data: every table says what the public documents say and nothing else, in every format; the nightly files; the page."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Set
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import openpyxl
import orjson
import pytest
import shapely
from django.contrib.auth.models import AnonymousUser
from django.contrib.gis.geos import Point
from django.utils import timezone, translation

from portal.edition.ask import Notice
from portal.public.downloads import AT_ONCE, Taken, _places
from projects_api import tasks
from projects_api.choices import Status
from projects_api.elsewhere import told as kept_elsewhere
from projects_api.interchange.opendata import nightly
from projects_api.interchange.opendata.columns import Reading
from projects_api.interchange.opendata.formats import FILES, written
from projects_api.interchange.opendata.projects import PROJECT_COLUMNS
from projects_api.interchange.opendata.table import public_scope
from projects_api.interchange.opendata.tables import TABLES
from projects_api.kept import EDITION
from projects_api.models import Project, Question, Region, Spending
from projects_api.public import (
    PUBLIC_ELSEWHERE,
    PUBLIC_FIELDS,
    PUBLIC_MEMBERS,
    PUBLIC_MILESTONE_FIELDS,
    public_document,
)
from projects_api.selectors.documents import project_document
from projects_api.services.baselines import baseline_approve
from projects_api.services.milestones import milestone_change
from projects_api.services.projects import project_change
from tests.api.test_private_values import TRACES
from tests.api.test_publishing import FINISHED, KEY, REASON, chosen, say
from tests.cast import Cast, _standing, api, cast
from tests.factories import make_county, make_money, make_project

__all__ = ["_standing", "api", "cast"]

AT = datetime(2026, 3, 1, 2, tzinfo=UTC)
PHOTO = "0a0b0c0d-0000-4000-8000-000000000001"
RING = [[109.5, 34.9], [109.51, 34.9], [109.51, 34.91], [109.5, 34.9]]
PUCHENG = "/open-data/{}?bureau=610526"


def reading() -> Reading:
    """Anew for each file, as the product does: what it keeps of the bureaus is of this test's alone."""
    return Reading(date(2026, 3, 1), "https://works.example.cn")


def whole(name: str, read: Reading | None = None, **options: Any) -> bytes:
    return b"".join(written(FILES[name], public_scope(), read or reading(), **options))


def rows(data: bytes | str) -> list[dict[str, str]]:
    text = data.decode("utf-8-sig") if isinstance(data, bytes) else data.removeprefix("\ufeff")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def texts(data: bytes, name: str) -> str:
    """All that a file holds, to be searched."""
    if not name.endswith(".xlsx"):
        return data.decode()
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        return "".join(book.read(part).decode() for part in book.namelist())


@pytest.fixture
def told(cast: Cast, api: Any) -> Project:
    """A project of which everything that can be public is, with what must stay inside beside it."""
    project = cast.project()
    official = api("bureau_admin")
    choice = "publishing/610526/"
    official.put(choice, {"money": True, "inspections": True}, if_match=official.get(choice).etag).ok()
    project_change(
        project_id=project.pk, actor=None, at=AT, expected=None,
        changes={"footprint": {"type": "Polygon", "coordinates": [RING]}, "contractor": "=HYPERLINK(1)",
                 "supervising_firm": "＝HYPERLINK(1)",
                 "needed_by": date(2027, 9, 1), "description": "第一行\n“引号”, \"quotes\" <b> & {{7*191}}"},
    )  # fmt: skip
    milestone_change(
        project_id=project.pk, key="topping_out", actor=None, at=AT, expected=None,
        changes={"forecast": date(2026, 8, 15), "delay_reason": "weather", "delay_note": "＠雨"},
    )  # fmt: skip
    for day, reason in enumerate(("first", "-zwischen", "now"), start=14):
        project.milestones.update(planned=date(2026, 8, day))
        baseline_approve(project_id=project.pk, actor=None, at=AT, expected=None, reason=reason)
    term: dict[str, Any] = {"asked_at": AT, "due_on": date(2026, 3, 20)}
    Question.objects.create(project=project, text="secret", **term)
    Question.objects.create(
        project=project, number=1, state="answered", text="secret", public_text="=when?", salt="s", released_at=AT,
        answered_at=AT, answer="=soon", **term,
    )  # fmt: skip
    elsewhere = {
        "photos": {
            PHOTO: {"caption": "=屋面", "taken": "2019-08-06", "milestone": "", "url": "https://other.example/p.jpg"}
        },
        "inspections": {n: {"kind": "quality", "held_on": "2019-08-07", "result": "passed"} for n in ("2", "10")},
        "certificates": {"610526-2019-1": {"issued_on": "2019-08-08"}},
        "questions": {"7": {"kind": "question", "asked": "2019-08-09", "due": "2019-08-30", "proof": "ab" * 32}},
    }
    Project.objects.filter(pk=project.pk).update(elsewhere=kept_elsewhere(elsewhere, inspections=True))
    make_money(
        Spending, project, kind="money_paid", dated=date(2026, 2, 1), amount=Decimal("-12.50"), at=AT, note="secret"
    )
    return project


def plain(value: Any) -> Any:
    """A value of a document as a cell of a CSV says it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list)):
        return orjson.dumps(value).decode() if value else ""
    if isinstance(value, str) and value and value[0] in "=+-@＝＋－＠" and not re.fullmatch(r"-\d+\.\d\d", value):
        return f"'{value}"
    return "" if value is None else str(value)


def agrees(row: dict[str, str], facts: dict[str, Any], names: Set[str], where: str) -> None:
    for name in sorted(names):
        absent = False if row[name] == "false" else None  # what says nothing is left out of a document
        expected = plain(facts.get(name, absent))
        found = row[name]
        if name in ("approved_at", "updated"):
            found, expected = found[:19], expected[:19]
        if found and found != expected and found[0] in "[{":
            assert json.loads(found) == facts.get(name), (where, name)
        else:
            assert found == expected, (where, name)


def test_every_row_says_what_the_public_document_says(told: Project) -> None:
    """The tables are read without documents; this holds them to `public_document`, member by member."""
    public = {p.code: public_document(project_document(p)) for p in Project.objects.visible_to(AnonymousUser())}
    tables = {name: rows(whole(f"{name}.csv")) for name in TABLES}
    assert PUBLIC_FIELDS - {column.name for column in PROJECT_COLUMNS} == {"site", "published", "archived"}
    assert {row["code"] for row in tables["projects"]} == public.keys()
    for row in tables["projects"]:
        facts = public[row["code"]]
        agrees(row, facts, PUBLIC_FIELDS - {"site", "published", "archived"}, row["code"])
        assert [float(row["lon"]), float(row["lat"])] == facts["site"]["coordinates"]
        assert row["url"] == f"https://works.example.cn/projects/{row['code']}/"
    for name, member, key, fields in (
        ("milestones", "milestones", "key", PUBLIC_MILESTONE_FIELDS - {"public", "title_zh", "title_en"}),
        ("baselines", "baselines", "number", {"approved_at", "reason", "finish", "stages", "illustrative"}),
        *((part, part, "number", fields) for part, fields in PUBLIC_MEMBERS.items() if part != "photos"),
    ):
        expected = {
            (code, key_): facts.get("public", facts) if member in PUBLIC_MEMBERS else facts
            for code, document in public.items()
            for key_, facts in document.get(member, {}).items()
        }
        assert {(row["project"], row[key]) for row in tables[name]} == expected.keys(), name
        for row in tables[name]:
            agrees(row, expected[row["project"], row[key]], fields, name)
    told_there = {
        (code, part, key): (part, row["public"])
        for code, document in public.items()
        for part, found in document.get("elsewhere", {}).items()
        for key, row in found.items()
    }
    assert [(row["project"], row["part"], row["key"]) for row in tables["elsewhere"]] == [
        (told.code, "photos", PHOTO), (told.code, "inspections", "2"), (told.code, "inspections", "10"),
        (told.code, "certificates", "610526-2019-1"), (told.code, "questions", "7"),
    ]  # fmt: skip
    for row in tables["elsewhere"]:
        part, facts = told_there.pop((row["project"], row["part"], row["key"]))
        agrees(row, facts, PUBLIC_ELSEWHERE[part], part)
    assert not told_there
    assert [row["number"] for row in tables["baselines"]] == ["1", "3"], "the first promise and the current one"
    top = next(row for row in tables["milestones"] if (row["project"], row["key"]) == (told.code, "topping_out"))
    assert (top["title_zh"], top["title_en"]) == ("主体封顶", "Topping-out"), (
        "what the project itself leaves to the standard"
    )
    for name in TABLES:
        assert whole(f"{name}.csv", chunk=1) == whole(f"{name}.csv"), "chunks are of no consequence"


def test_a_bureau_that_joins_while_the_files_are_made_is_in_the_next_one(told: Project) -> None:
    """The nightly run reads all its files with one ``Reading``, for minutes."""
    read = reading()
    assert told.code in whole("projects.csv", read).decode()
    box = (109.68, 34.60, 110.16, 35.05)
    joined = make_project(make_county({"code": "610523", "name_zh": "大荔县", "name_en": "Dali", "box": box}))
    assert {told.code, joined.code} <= {row["code"] for row in rows(whole("projects.csv", read))}


def test_cells_are_typed_and_no_text_is_a_formula(told: Project, cast: Cast) -> None:
    [row] = [row for row in rows(whole("projects.csv")) if row["code"] == told.code]
    assert row["contractor"] == "'=HYPERLINK(1)" and "{{7*191}}" in row["description"]
    assert row["supervising_firm"] == "'＝HYPERLINK(1)", "a Chinese keyboard's sign is one to Excel"
    assert rows(whole("spending.csv"))[-1]["amount"] == "-12.50", "a number is no formula"
    assert whole("plans.csv").startswith(b"\xef\xbb\xbfid,bureau") and whole("plans.csv", bom=False).startswith(b"id,")
    assert b"\r\n" in whole("plans.csv")

    with translation.override("zh-hans"):
        book = openpyxl.load_workbook(io.BytesIO(whole("projects.xlsx")))
        status = str(Status(told.status).label)
    header, *lines = book.worksheets[0].iter_rows()
    at = {column.name: n for n, column in enumerate(PROJECT_COLUMNS)}
    [line] = [line for line in lines if line[0].value == told.code]
    cell = {name: line[n] for name, n in at.items()}
    assert (header[at["status"]].value, cell["status"].value) == ("状态", status)
    assert (cell["contractor"].value, cell["contractor"].data_type) == ("=HYPERLINK(1)", "s")
    assert (cell["supervising_firm"].value, cell["supervising_firm"].data_type) == ("＝HYPERLINK(1)", "s")
    assert cell["needed_by"].value == datetime(2027, 9, 1) and cell["needed_by"].is_date
    assert cell["places"].value == 1350 and cell["total_investment"].value == 50_000_000
    assert str(cell["description"].value).startswith("第一行\n“引号”") and cell["illustrative"].value is False
    dictionary = {line[0]: line for line in book.worksheets[1].iter_rows(values_only=True)}
    assert dictionary["contractor"][2:4] == ("施工单位", "contractor")
    assert dictionary["status = under_construction"][2:4] == ("在建", "Under construction")

    collection = json.loads(whole("projects.geojson"))
    assert collection.keys() == {"type", "features"}, "no foreign members"
    [feature] = [feature for feature in collection["features"] if feature["id"] == told.code]
    assert feature.keys() == {"type", "id", "geometry", "properties"}
    assert feature["geometry"] == public_document(project_document(told))["site"]
    assert feature["properties"]["total_investment"] == "50000000.00"
    assert feature["properties"]["footprint"]["coordinates"] == [RING]


def test_no_file_holds_what_is_private_or_not_public(told: Project, cast: Cast, api: Any) -> None:
    """The canary, whoever asks: the open data is the public's for the bureau's own people too."""
    hidden = "settlement_audit"
    assert told.milestones.filter(key=hidden, public=False).exists()
    traces = [trace for trace in TRACES if "7654321" not in trace and trace not in ("7,654,321", "765.43", "15308643")]
    for name, file in FILES.items():
        for who in ("public", "official"):
            person = api(who)
            answer = person.get(f"/open-data/{name}")
            assert answer.status == 200 and answer.headers["Content-Type"] == file.media_type, name
            text = texts(answer.content, name)
            for word in (*traces, cast.unpublished, "secret", cast.draft_plan, "zwischen"):
                assert word not in text, (name, word)
            if not name.startswith("codes."):
                assert hidden not in text, name
            assert "7654321" not in text or name.split(".")[0] in ("estimates", "allocations", "spending", "oc4ids"), (
                name
            )
    official = api("bureau_admin")
    official.put("publishing/610526/", {"money": False}, if_match=official.get("publishing/610526/").etag).ok()
    told_of = rows(api().get("/open-data/elsewhere.csv").content)
    assert {row["part"] for row in told_of} == {"photos", "certificates", "questions"}, "nor inspections held elsewhere"
    for name in ("estimates.csv", "allocations.xlsx", "spending.csv", "oc4ids.json"):
        assert "7654321" not in texts(api().get(f"/open-data/{name}").content, name), name


def test_what_is_held_back_is_in_no_file(cast: Cast, api: Any) -> None:
    say(cast.project(), started="2023-06-10", percent=40)
    chosen(api, False)
    api("engineer").change(f"projects/{cast.published}/milestones/{KEY}/", FINISHED).ok()
    for name in FILES:
        text = texts(api().get(f"/open-data/{name}").content, name)
        assert "2023-07-19" not in text and REASON not in text and "45126" not in text, (
            name
        )  # Excel's number of that day


def test_on_demand_files_take_the_filters_of_the_list(cast: Cast, api: Any) -> None:
    for query in (
        "bureau=610526",
        "region=411525",
        "q=Gushi",
        "places_min=5000",
        "in_bbox=109,34,110,36",
        "light=none",
    ):
        expected = {row["code"] for row in api().get(f"projects/?{query}").ok()["results"]}
        assert {row["code"] for row in rows(api().get(f"/open-data/projects.csv?{query}").content)} == expected, query
        stages = rows(api().get(f"/open-data/milestones.csv?{query}").content)
        assert {row["project"] for row in stages} == expected
        features = json.loads(api().get(f"/open-data/projects.geojson?{query}").content)["features"]
        assert {feature["id"] for feature in features} == expected
    for wrong in ("colour=red", "published=false", "status=late", "bom=maybe", "page=2"):
        assert api().get(f"/open-data/projects.csv?{wrong}").status == 400, wrong
    for wrong in ("status=in_use", "bureau=999"):
        assert api().get(f"/open-data/schools.csv?{wrong}").status == 400, wrong
    for name in ("nothing.csv", "projects.exe", "schools.geojson/", "nightly/../manage.py", "nightly/projects.csv"):
        assert api().get(f"/open-data/{name}").status == 404, name
    first = api().get("/open-data/projects.csv")
    assert api().get("/open-data/projects.csv", if_none_match=first.etag).status == 304
    api("official").change(f"projects/{cast.published}/", {"published": False}).ok()
    again = api().get("/open-data/projects.csv", if_none_match=first.etag)
    assert again.status == 200 and cast.published not in again.text


def test_the_nightly_edition(told: Project, cast: Cast, api: Any, settings: Any, tmp_path: Any) -> None:
    settings.OPEN_DATA_DIR = tmp_path / "open-data"
    before = timezone.now()
    assert "Nightly" not in api().get("/open-data/").text
    tasks.publish.func()
    edition = nightly.current()
    assert edition is not None and edition.folders.keys() == {"", "610526", "411525"}
    manifest = (whole := api().get("/open-data/nightly/manifest.json")).ok()
    assert whole.headers["Last-Modified"]
    assert api().get("/open-data/nightly/manifest.json", if_none_match=whole.etag).status == 304
    for code, name in (
        ("", "projects.csv"),
        ("610526", "milestones.xlsx"),
        ("", "oc4ids.json"),
        ("411525", "SHA256SUMS"),
    ):
        path = f"/open-data/nightly/{code}/{name}" if code else f"/open-data/nightly/{name}"
        answer, facts = api().get(path), manifest["folders"][code][name]
        assert answer.status == 200 and hashlib.sha256(answer.content).hexdigest() == facts["sha256"], path
        assert (answer.etag, answer.headers["Content-Length"]) == (f'"{facts["sha256"]}"', str(facts["size"]))
        assert answer.headers["Last-Modified"] and api().get(path, if_none_match=answer.etag).status == 304
    assert manifest["folders"][""]["projects.csv"]["rows"] == 2
    book = openpyxl.load_workbook(io.BytesIO(api().get("/open-data/nightly/projects.xlsx").content))
    header, first, *_others = book.worksheets[0].iter_rows(values_only=True)
    assert "状态 status" in header and "新建 New build" in first, "one workbook for readers of either language"
    assert book.sheetnames == ["项目 Projects", "数据字典 Dictionary"]
    assert {row["bureau"] for row in rows(api().get("/open-data/nightly/411525/projects.csv").content)} == {"411525"}
    page = api().get("/open-data/").text
    assert "Nightly" in page and "/open-data/nightly/projects.csv" in page

    copy = api().client.get("/en/open-data/", **{EDITION: Notice(made=AT, live="")}).content.decode()
    assert "As of <time" in copy and "Nightly" not in copy, "a static copy of the site has the files of its own moment"
    for files in manifest["folders"].values():
        del files["questions.csv"], files["questions.xlsx"]
    (edition.directory / nightly.MANIFEST).write_text(json.dumps(manifest))
    assert api().get("/open-data/questions/").status == 200, "an edition of a version that knew no such table"
    before_it = nightly.current()
    assert before_it is not None and nightly.due(before_it, before), "is made anew"

    assert not nightly.due(edition, before) and nightly.due(edition, before + timedelta(days=1, hours=1))
    api("official").change(f"projects/{cast.published}/", {"places": 1400}).ok()
    assert not nightly.withdrawn(edition), "what was changed is right tomorrow"
    api("official").change(f"projects/{cast.published}/", {"published": False}).ok()
    gone = api().get("/open-data/nightly/projects.csv")
    assert (gone.status, gone.headers["Location"]) == (302, "/open-data/projects.csv"), "at once, not tomorrow"
    assert (
        api().get("/open-data/nightly/610526/projects.csv").headers["Location"]
        == "/open-data/projects.csv?bureau=610526"
    )
    tasks.publish.func()
    again = api().get("/open-data/nightly/projects.csv")
    assert again.status == 200 and cast.published not in again.text
    tasks.publish.func()
    assert sorted(path.is_symlink() for path in settings.OPEN_DATA_DIR.iterdir()) == [False, False, True]


def test_a_few_large_files_at_a_time(cast: Cast, api: Any, settings: Any, tmp_path: Any, monkeypatch: Any) -> None:
    """Who comes when all places are taken gets last night's file if it says the same, else a word of when."""
    settings.OPEN_DATA_DIR = tmp_path / "open-data"
    monkeypatch.setattr("portal.public.downloads.SMALL", 1)
    path, client = "/open-data/projects.csv", api().client
    readers = [client.get(path) for _ in range(2)]
    assert [reader.status_code for reader in readers] == [200, 200]
    for asked in (path, f"{path}?status=approved"):
        refused = api().get(asked, accept="application/json")
        assert refused.problem(503) and refused.headers["Retry-After"] == "30" and "Link" not in refused.headers
    assert "half a minute" in api().get(path, accept="text/html").text
    tasks.publish.func()
    assert (api().get(path).status, api().get(path).headers["Location"]) == (302, "/open-data/nightly/projects.csv")
    api("official").change(f"projects/{cast.published}/", {"places": 1400}).ok()
    older = api().get(f"{path}?bureau=610526", accept="application/json")
    assert "http://localhost/open-data/nightly/610526/projects.csv" in older.problem(503)["detail"]
    assert older.headers["Link"] == '</open-data/nightly/610526/projects.csv>; rel="alternate"'
    monkeypatch.setattr("portal.public.downloads.SMALL", 100)
    assert api().get(path).status == 200, "what is small waits for nobody"
    monkeypatch.setattr("portal.public.downloads.SMALL", 1)
    assert b"".join(readers.pop()) and api().get(path).status == 200, "at its end it gives its place back"
    readers.append(client.get(path))
    assert api().get(path).status == 503
    for reader in readers:  # as the server closes an answer; all of `close` would take the test's connection along
        [given_back] = [close for close in reader._resource_closers if isinstance(getattr(close, "__self__", 0), Taken)]
        given_back()
        given_back()
    assert api().get(path).status == 200, "and when its reader goes, once"
    assert _places._value == AT_ONCE


def test_tables_of_another_day(told: Project, cast: Cast, api: Any) -> None:
    """As of today they say what the tables of today say, cell by cell; of a day before what was known, or was so, then."""
    today = timezone.localdate().isoformat()
    gushi = cast.project(cast.gushi_published)
    common: dict[str, Any] = {"project_id": gushi.pk, "actor": None, "at": AT, "expected": None}
    ring = [[115.6, 32.1], [115.61, 32.1], [115.61, 32.11], [115.6, 32.1]]
    for n, key in enumerate(gushi.milestones.order_by("position").values_list("key", flat=True)):
        milestone_change(key=key, changes={"planned": date(2026, 4, 1) + timedelta(days=7 * n)}, **common)
    for day in (1, 2, 3):
        milestone_change(key="final_accounts", changes={"planned": date(2027, 9, day)}, **common)
        baseline_approve(reason="r", **common)
    why = {"status": "suspended", "status_reason": "land", "footprint": {"type": "Polygon", "coordinates": [ring]}}
    project_change(changes=why, **common)
    for name in ("projects.csv", "projects.geojson", "milestones.csv", "baselines.csv", "certificates.csv"):
        path = f"/open-data/{name}?bureau=411525"
        now, then = (api().get(f"{path}{more}") for more in ("", f"&as_of={today}"))
        assert now.status == then.status == 200, name
        if name.endswith(".csv"):
            assert rows(then.content) == rows(now.content), name
        else:
            assert json.loads(then.content) == json.loads(now.content)
    day = api().get("/open-data/projects.csv?as_of=2023-05-01")
    assert "projects-2023-05-01.csv" in day.headers["Content-Disposition"]
    [before] = [row for row in rows(day.content) if row["code"] == told.code]
    [known] = [row for row in api().get("projects/?as_of=2023-05-01").ok()["results"] if row["code"] == told.code]
    assert (before["contractor"], before["needed_by"], before["status"]) == ("", "", known["status"])
    assert (before["light"], before["progress"]) == (known["light"], str(known["progress"]))
    assert rows(api().get("/open-data/projects.csv?as_of=2022-12-31").content) == [], "nobody knew of any"
    book = openpyxl.load_workbook(io.BytesIO(api().get("/open-data/milestones.xlsx?on=2023-05-01").content))
    assert book.worksheets[0].max_row == 1 + len(rows(whole("milestones.csv")))
    # What may be taken back is not published again by a day before it was.
    for name in ("photos.csv", "spending.xlsx", "elsewhere.csv", "oc4ids.json", "schools.csv", "boundaries.geojson"):
        api().get(f"/open-data/{name}?as_of={today}", accept="application/json").problem(400, "?as_of", "no_past")
    api().get("/open-data/projects.csv?on=2099-01-01", accept="application/json").problem(400, "?on", "in_future")


def test_outlines_of_divisions(cast: Cast, api: Any) -> None:
    """Boundaries as they are, cells called cells, nothing where nothing is known; under their sources' terms."""
    for code, lon in (("610526101", 109.5), ("610526102", 109.7)):
        Region.objects.filter(code=code).update(point=Point(lon, 34.9, srid=4326), source="GeoNames (CC BY 4.0)")
    answer = api().get("/open-data/boundaries.geojson")
    features = {f["id"]: f for f in json.loads(answer.content)["features"]}
    told = {row["code"]: row for row in rows(api().get("/open-data/boundaries.csv").content)}
    assert features.keys() == told.keys() == set(Region.objects.values_list("code", flat=True))
    kinds = {"610526": "boundary", "610526101": "cell", "610526102": "cell", "411525": "", "411525101": ""}
    assert {code: told[code]["outline"] for code in kinds} == kinds
    shapes = {
        code: shapely.from_geojson(json.dumps(features[code]["geometry"])) for code, kind in kinds.items() if kind
    }
    assert features["411525"]["geometry"] is None and features["610526101"]["properties"]["parent"] == "610526"
    county, *cells = shapes.values()
    assert county.equals(shapely.from_wkb(bytes(Region.objects.get(code="610526").boundary.wkb)))  # type: ignore[union-attr]
    assert shapely.union_all(cells).symmetric_difference(county).area < 1e-9 and cells[0].disjoint(
        cells[1].buffer(-1e-9)
    )
    for code, shape in shapes.items():
        ring = shape.exterior if shape.geom_type == "Polygon" else shape.geoms[0].exterior
        assert ring.is_ccw, "as RFC 7946 has it"
        assert [float(told[code][name]) for name in ("west", "south", "east", "north")] == pytest.approx(shape.bounds)
    assert told["610526101"]["source"] == "GeoNames (CC BY 4.0)" and told["411525"]["west"] == ""
    narrowed = rows(api().get("/open-data/boundaries.csv?bureau=411525").content)
    assert narrowed and all(row["code"].startswith("411525") for row in narrowed)
    # Not ours to license.
    assert 'rel="license"' not in answer.headers["Link"]
    assert 'rel="license"' in api().get("/open-data/regions.geojson").headers["Link"]
    page = api(language="en").get("/open-data/boundaries/").text
    assert "Each row names its source" in page and 'rel="license"' not in page
    [dataset] = [
        d for d in api().get("/open-data/catalog.jsonld").ok()["dcat:dataset"] if d["dct:identifier"] == "boundaries"
    ]
    assert "dct:rights" in dataset and "dct:license" not in json.dumps(dataset)


def test_what_describes_the_files(told: Project, api: Any) -> None:
    metadata = json.loads(api().get("/open-data/csv-metadata.json").content)
    for table in metadata["tables"]:
        header = whole(table["url"], bom=False).decode().splitlines()[0].split(",")
        columns = table["tableSchema"]["columns"]
        assert [column["titles"] for column in columns] == header, table["url"]
        for column in columns:
            words = {word["@language"]: word["@value"] for word in column["dc:title"]}
            assert words.keys() == {"zh-Hans", "en"} and words["zh-Hans"] != words["en"], (table["url"], column["name"])
            about = column.get("dc:description", [])
            assert not about or about[0]["@value"] != about[1]["@value"], column["name"]
    catalogue = json.loads(api().get("/open-data/catalog.jsonld").content)
    addresses = [d["dcat:downloadURL"]["@id"] for s in catalogue["dcat:dataset"] for d in s["dcat:distribution"]]
    assert {address.rpartition("/")[2] for address in addresses} == FILES.keys()
    assert catalogue["dct:license"] == {"@id": "https://creativecommons.org/licenses/by/4.0/"}
    for language, title in (("en", "Open data"), ("zh-hans", "开放数据")):
        for path in ("/open-data/", "/open-data/projects/", "/open-data/photos/", "/open-data/dictionary/"):
            page = api(language=language).get(path)
            assert page.status == 200 and title in page.text, path
        assert '"@type":"Dataset"' in api(language=language).get("/open-data/").text
    first = api().get("/open-data/")
    assert api().get("/open-data/", if_none_match=first.etag).status == 304
    assert api().get("/open-data/?status=cancelled").status == 200
    assert api().get("/open-data/?colour=red").status == 400 and api().get("/open-data/nothing/").status == 404
