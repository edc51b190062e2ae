"""`/office/{bureau}/children/` and `bureaus/{code}/children/`: typed, pasted, read from a table, kept in the ledger."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import translation
from openpyxl import Workbook

from projects_api.errors import InvalidInput
from projects_api.interchange.children import read_table
from projects_api.models import LedgerEntry, User
from projects_api.selectors.verify import verify
from tests.cast import Cast, api

__all__ = ["api"]

PAGE, ADDRESS = "/office/610526/children/", "bureaus/610526/children/"
NAMES = {"610526101": ("610526101", "东镇", "Town 1"), "610526102": ("610526102", "西镇", "Town 2")}


@pytest.fixture
def office(cast: Cast) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(User.objects.get(username="official"), "projects_api.services.sign_in.AccountBackend")
    return client


def value_of(page: str, code: str, stage: str) -> str:
    found = re.search(rf'name="townships-{code}-{stage}" value="([^"]*)"', page)
    assert found, page[:3000]
    return found[1]


def test_the_office_types_the_figures_and_everybody_reads_them(office: Client, cast: Cast, api: Any) -> None:
    page = office.get(PAGE).content.decode()
    assert value_of(page, "610526101", "primary") == ""
    typed = {
        "version": "0", "act": "save", "reason": "counted in autumn", "counted": "2026-09-01", "source": "census",
        "townships-610526101-primary": "1,234", "townships-610526102-kindergarten": "0",
    }  # fmt: skip
    assert office.post(PAGE, typed).status_code == 303
    known = api().get(ADDRESS).ok()
    assert known["townships"] == {"610526101": {"primary": 1234}, "610526102": {"kindergarten": 0}}
    assert (known["version"], known["counted"], known["source"], known["illustrative"]) == (
        1,
        "2026-09-01",
        "census",
        False,
    )
    entry = LedgerEntry.objects.get(subject="bureau:610526")
    assert (entry.action, entry.actor_name, entry.reason) == ("bureau.children", "official", "counted in autumn")
    assert value_of(office.get(PAGE).content.decode(), "610526101", "primary") == "1234"
    assert office.post(PAGE, typed).status_code == 412, "somebody else's version"
    assert office.post(PAGE, {"version": "1", "act": "undo"}).status_code == 303
    assert api().get(ADDRESS).ok()["townships"] == {}
    assert verify().sound


def test_a_wrong_number_comes_back_at_its_field(office: Client) -> None:
    answer = office.post(PAGE, {"version": "0", "act": "save", "townships-610526101-primary": "many"})
    page = answer.content.decode()
    assert answer.status_code == 400 and value_of(page, "610526101", "primary") == "many"
    assert 'id="townships-610526101-primary-fault"' in page
    assert not LedgerEntry.objects.filter(subject="bureau:610526").exists()


def workbook(rows: list[list[Any]]) -> bytes:
    book, out = Workbook(), io.BytesIO()
    sheet: Any = book.active
    for row in rows:
        sheet.append(row)
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"code,kindergarten,primary\n610526101,10,\n610526102,,2700\n",
        '\ufeff乡镇,幼儿园,小学\r\n东镇,10,\r\n西镇,,"2,700"\r\n'.encode(),
        "乡镇,幼儿园,小学\n东镇,10,\n西镇,,2700\n".encode("gb18030"),
        b"Township\tPrimary\tKindergarten\nTown 1\t\t10\nTown 2\t2700\t\n",
        workbook([["code", "primary", "kindergarten"], [610526101, None, 10.0], ["610526102", 2700, None]]),
    ],
    ids=["csv", "chinese", "gb18030", "pasted", "xlsx"],
)
def test_tables_are_read_as_people_have_them(data: bytes) -> None:
    assert read_table(data, NAMES).numbers == {"610526101": {"kindergarten": 10}, "610526102": {"primary": 2700}}


@pytest.mark.parametrize(
    ("data", "notes"),
    [
        ("乡镇,幼儿园,小学\n东镇,10,\n西镇,,2700\n合 计,10,\"2,700\"\n", ["4: a total, left out"]),
        ("code,name,primary,kindergarten\n,总计：,2700,10\n610526101,,,10\n610526102,,2700,\n", ["2: a total, left out"]),
        ("序号,乡镇,幼儿园,小学\n1,东镇,10,\n小计,,10,\n2,西镇,,2700\n小计,,,2700\n蒲城县,,10,2700\n",
         ["3: a total, left out", "5: a total, left out", "6: a total, left out"]),
        ("name,kindergarten,primary\nTown 1,10,\nTown 2,,2700\nTotal,11,=SUM(C2:C3)\n",
         ["4: a total, left out; it is not the sum: Kindergarten “11”, the rows make 10; "
          "Primary school “=SUM(C2:C3)”, the rows make 2,700"]),
    ],
)  # fmt: skip
def test_a_row_of_totals_is_left_out_and_compared(data: str, notes: list[str]) -> None:
    with translation.override("en"):
        read = read_table(data.encode(), NAMES, county=("610526", "蒲城县", "Pucheng"))
    assert read.numbers == {"610526101": {"kindergarten": 10}, "610526102": {"primary": 2700}}
    assert [f"{note.line}: {note.words}" for note in read.notes] == notes
    assert [note.doubtful for note in read.notes] == ["not the sum" in words for words in notes]


@pytest.mark.parametrize(
    "data",
    [
        b"", b" \n", b"a,b\n1,2\n", b"code,primary\n999999,1\n", b"code,primary\n610526101,1\n610526101,2\n",
        b"code,primary\n610526101,-1\n", b"code,primary\n610526101,=1+1\n", b"code,primary\n610526101,1e5\n",
        b"code,primary\n610526101\n", b"code,primary\n" + b"610526101,1\n" * 1100, b"PK\x03\x04 no workbook", b"%PDF-1.7",
        b"\x00\x00\x00", b"code,primary,primary\n610526101,1,2\n", b"x" * 2_000_001,
        workbook([]),
    ],
)  # fmt: skip
def test_tables_that_are_none_are_refused(data: bytes) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_table(data, NAMES)
    assert {error.pointer for error in refused.value.errors} == {"/table"}


def test_reading_a_table_fills_the_form_and_saves_nothing(office: Client, api: Any) -> None:
    file = SimpleUploadedFile("t.csv", b"code,primary\n610526101,77\n")
    typed = {"version": "0", "act": "read", "townships-610526102-primary": "5"}
    page = office.post(PAGE, typed | {"file": file}).content.decode()
    assert (value_of(page, "610526101", "primary"), value_of(page, "610526102", "primary")) == ("77", "5")
    table = "name,primary\nTown 1,77\n合计,78\n"
    page = office.post(PAGE, typed | {"table": table}).content.decode()
    assert "To be looked at:</strong> Line 3: a total, left out; it is not the sum: Primary school “78”" in page
    assert value_of(page, "610526101", "primary") == "77"
    assert api().get(ADDRESS).ok()["version"] == 0
    answer = office.post(PAGE, typed | {"table": "code,primary\n<img src=x>,77\n"})
    assert answer.status_code == 400
    assert "there is no township “&lt;img src=x&gt;”" in answer.content.decode()
    assert "code,primary\n&lt;img src=x&gt;,77" in answer.content.decode(), (
        "what was pasted is still there to be mended"
    )


def test_the_table_to_fill_in_can_be_handed_back(office: Client) -> None:
    office.post(PAGE, {"version": "0", "act": "save", "townships-610526101-primary": "12"})
    table = office.get(f"{PAGE}table.csv").content
    assert read_table(table, NAMES).numbers == {"610526101": {"primary": 12}}


def test_the_api_takes_divisions_of_the_bureau_alone(cast: Cast, api: Any) -> None:
    official = api("official")
    body = {"townships": {"411525101": {"primary": 1}}}
    official.put(ADDRESS, body, if_match='"0"').problem(400, "/townships/411525101", "unknown_region")
    official.put(ADDRESS, {"townships": {"610526101": {"primary": -1}}}, if_match='"0"').problem(400)
    official.put(ADDRESS, {"no_such": 1}, if_match='"0"').problem(400)
    official.put(ADDRESS, {"townships": {}}).problem(428)
    assert official.put(ADDRESS, {"townships": {"610526101": {"primary": 9}}}, if_match='"0"').ok()["version"] == 1
    assert api().get("bureaus/999999/children/").problem(404)
