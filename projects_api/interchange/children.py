"""A table of children by township: CSV, an Excel workbook, or cells pasted from one. Small, and every limit checked first."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from openpyxl import load_workbook

from projects_api.choices import SchoolStage
from projects_api.errors import FieldError, InvalidInput
from projects_api.interchange.paper import MAX_BYTES, check_package
from projects_api.interchange.tables import BadRow, Table, TableUnreadable
from projects_api.needs import MOST_CHILDREN, STAGES

MAX_ROWS = 1000
MAX_COLUMNS = 50
# How the columns may be called, in lower case.
_CODE = frozenset({"code", "代码", "区划代码", "乡镇代码", "行政区划代码"})
_NAME = frozenset({"name", "township", "乡镇", "乡镇名称", "名称", "乡镇（街道）", "township or subdistrict"})
_STAGES = {
    "kindergarten": {"kindergarten", "幼儿园", "学前", "幼儿"},
    "primary": {"primary", "primary school", "小学"},
    "junior_high": {"junior_high", "junior high", "junior high school", "初中", "初级中学"},
}
# Rows that are no township: of all rows, of those since the last such row.
_TOTALS = frozenset({"合计", "总计", "共计", "全县", "全县合计", "全县总计", "total", "totals", "grandtotal", "sum"})
_SUBTOTALS = frozenset({"小计", "subtotal", "subtotals"})
Numbers = dict[str, dict[str, int]]


class Note(NamedTuple):
    """Something that was left out of a table; ``doubtful``: it should be looked at before the figures are saved."""

    line: int
    words: str
    doubtful: bool


class Read(NamedTuple):
    """``numbers``: children by township code and stage; ``notes``: the rows that were totals."""

    numbers: Numbers
    notes: list[Note]


class _Total(NamedTuple):
    """``since``: of how many townships it is no total, because they stand before it and have their own."""

    line: int
    cells: Sequence[str]
    since: int | None


def read_table(data: bytes, townships: Mapping[str, Sequence[str]], *, county: Sequence[str] = ()) -> Read:
    """Children by township code and stage; empty cells are left out. ``townships``: what each code may be called; ``county``:
    what the whole may be called. A row of totals is no township: it is left out, and noted, and compared with the sum.

    The first row names the columns: ``code`` or ``name`` and one or more of the stages, in either language. Raises InvalidInput
    (pointer ``/table``) with every row that is wrong, by its line.
    """
    if len(data) > MAX_BYTES:
        raise InvalidInput.one("/table", "too_large", _("A table has at most 2 MB."))
    if not data.strip():
        raise InvalidInput.one("/table", "required", _("Paste a table, or choose a file."))
    try:
        rows = list(islice(_workbook(data) if data.startswith(b"PK\x03\x04") else _text(data), MAX_ROWS + 2))
    except TableUnreadable as error:
        raise InvalidInput.one("/table", "unreadable", str(error)) from error
    except InvalidInput as refusal:  # the workbook's, which speaks of a file
        raise InvalidInput([replace(error, pointer="/table") for error in refusal.errors]) from refusal
    if len(rows) > MAX_ROWS + 1:
        raise InvalidInput.one("/table", "too_large", _("A table has at most %(n)s rows.") % {"n": f"{MAX_ROWS:,}"})
    if not rows:
        raise InvalidInput.one("/table", "required", _("Paste a table, or choose a file."))
    (_line, header), *body = rows
    return _numbers(header, body, townships, {*_TOTALS, *(_plain(name) for name in county if name)})


def _text(data: bytes) -> Iterator[tuple[int, Sequence[str]]]:
    """Through the reader of imported tables, which takes a file. Cells that were copied from a spreadsheet are parted by tabs."""
    encoding = "utf-8"
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        encoding, text = "gb18030", data.decode("gb18030", "replace")
    if "\t" in text.partition("\n")[0]:
        lines = io.StringIO()
        csv.writer(lines).writerows(line.split("\t") for line in text.splitlines())
        data, encoding = lines.getvalue().encode("utf-8", "surrogatepass"), "utf-8"
    with NamedTemporaryFile(suffix=".csv") as file:
        file.write(data)
        file.flush()
        table = Table(Path(file.name), encoding=encoding)
        yield 1, table.header
        for row in table:
            if isinstance(row, BadRow):
                raise InvalidInput.one(
                    "/table", "bad_row", _("Line %(line)s: %(words)s.") % {"line": row.line, "words": row.reason}
                )
            yield row.line, row.cells


def _workbook(data: bytes) -> Iterator[tuple[int, Sequence[str]]]:
    check_package(data)
    try:
        book: Any = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        for line, row in enumerate(
            book.worksheets[0].iter_rows(values_only=True, max_row=MAX_ROWS + 2, max_col=MAX_COLUMNS), start=1
        ):
            cells = [_cell(value) for value in row]
            if any(cells) or line == 1:
                yield line, cells
    except InvalidInput:
        raise
    except Exception as error:  # openpyxl raises whatever its parsers raise
        raise TableUnreadable(_("This workbook cannot be read: save it as .xlsx or as CSV.")) from error


def _cell(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else str(value).strip()


def _numbers(
    header: Sequence[str],
    body: Sequence[tuple[int, Sequence[str]]],
    townships: Mapping[str, Sequence[str]],
    whole: set[str],
) -> Read:
    titles = [title.strip().casefold() for title in header]
    who = next((n for n, title in enumerate(titles) if title in _CODE), None)
    if who is None:
        who = next((n for n, title in enumerate(titles) if title in _NAME), None)
    columns = {stage: n for stage, names in _STAGES.items() for n, title in enumerate(titles) if title in names}
    if who is None or not columns:
        words = _("The first row must name the columns: code or name, and %(stages)s.")
        stages = _(", ").join(f"{SchoolStage(stage).label} ({stage})" for stage in STAGES)
        raise InvalidInput.one("/table", "no_columns", words % {"stages": stages})
    known = {name.casefold(): code for code, names in townships.items() for name in names if name}
    named = {0, who, *(n for n, title in enumerate(titles) if title in _NAME)} - set(columns.values())
    found: Numbers = {}
    totals: list[_Total] = []
    errors: list[FieldError] = []

    def wrong(line: int, words: str) -> None:
        errors.append(FieldError("/table", "bad_row", _("Line %(line)s: %(words)s.") % {"line": line, "words": words}))

    for line, cells in body:
        name = cells[who].strip().removeprefix("'")
        code = known.get(name.casefold())
        said = {_plain(cells[n]) for n in named}
        if code is None and said & (whole | _SUBTOTALS):
            totals.append(_Total(line, cells, None if said & whole else len(found)))
        elif code is None:
            wrong(line, _("there is no township “%(name)s”") % {"name": name[:40]})
        elif code in found:
            wrong(line, _("“%(name)s” stands here twice") % {"name": name[:40]})
        else:
            found[code] = {}
            for stage, n in columns.items():
                text = _digits(cells[n])
                if text and not (text.isascii() and text.isdigit() and len(text) < 8 and int(text) <= MOST_CHILDREN):
                    wrong(line, _("“%(cell)s” is not a number of children") % {"cell": cells[n][:40]})
                elif text:
                    found[code][stage] = int(text)
    if errors:
        raise InvalidInput(errors)
    notes = _compared(totals, list(found.values()), columns)
    return Read({code: numbers for code, numbers in found.items() if numbers}, notes)


def _compared(totals: Sequence[_Total], rows: Sequence[Mapping[str, int]], columns: Mapping[str, int]) -> list[Note]:
    """What each row of totals is: left out; doubtful where it is not the sum, or no number."""
    notes: list[Note] = []
    before = 0
    for total in totals:
        of = rows if total.since is None else rows[before : total.since]
        before = before if total.since is None else total.since
        differ = []
        for stage, n in columns.items():
            said, summed = _digits(total.cells[n]), sum(row.get(stage, 0) for row in of)
            if said and said != str(summed):
                words = _("%(stage)s “%(said)s”, the rows make %(sum)s")
                differ.append(
                    words % {"stage": SchoolStage(stage).label, "said": total.cells[n][:40], "sum": f"{summed:,}"}
                )
        words = _("a total, left out; it is not the sum: %(what)s") if differ else _("a total, left out")
        notes.append(Note(total.line, words % {"what": _("; ").join(differ)} if differ else words, bool(differ)))
    return notes


def _plain(text: str) -> str:
    """``合　计：`` is 合计."""
    return "".join(text.split()).strip(":：").casefold().removeprefix("'")


def _digits(cell: str) -> str:
    return cell.replace(",", "").replace("，", "").strip()
