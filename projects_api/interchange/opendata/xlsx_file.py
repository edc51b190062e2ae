"""A table as an Excel workbook, written as it is read (decision 38): a piece leaves before the next rows are asked for.

Openpyxl and XlsxWriter put the whole sheet on the disk before the first byte can go out. Office Open XML needs no more than this:
sheets of typed cells, texts inside them (no formula can come of a text), four formats, and the list of the sheets at the end.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any, cast
from xml.sax.saxutils import escape

import orjson
from django.utils import timezone

from projects_api.interchange.opendata.columns import CODE, DATE, DECIMAL, INTEGER, JSON, MOMENT, TEXT, Column, Row

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LAST_ROW = 1_000_000  # Excel's last is 1,048,576
LARGEST_SHEET = 1_500_000_000  # bytes unpacked: beyond 2 GB a zip needs members that not every program reads
LONGEST_TEXT = 32_767  # of a cell
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_EPOCH = date(1899, 12, 30)  # Excel's day 0, given its leap year 1900
_WIDTHS = {TEXT: 24, CODE: 18, INTEGER: 10, DECIMAL: 16, DATE: 12, MOMENT: 18, JSON: 24}
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
PLAIN, DAY, TIME, AMOUNT, TITLE = range(5)  # the formats of `_STYLES`, in its order

_STYLES = (
    f'{_HEAD}<styleSheet xmlns="{_MAIN}"><numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/>'
    '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="5">'
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="4" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>'
    '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


class _Pipe:
    """What the zip writes, until it is taken; it cannot be gone back in."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self.parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        pass

    def taken(self) -> bytes:
        found = b"".join(self.parts)
        self.parts.clear()
        return found


def written(
    title: str, columns: Sequence[Column], titles: Sequence[str], words: dict[int, dict[str, str]], chunks: Iterable[list[Row]],
    *, more: tuple[str, Sequence[Sequence[str]]],
) -> Iterator[bytes]:  # fmt: skip
    """The workbook in pieces. ``title``: the sheet's; ``titles``: the header. ``words``: by column, what a code is called.
    ``more``: title and rows of a last sheet of texts, the dictionary. Past a million rows the table goes on in another sheet.
    """
    pipe = _Pipe()
    sheets: list[str] = []
    formats = [
        (letter, words.get(n), AMOUNT if column.type == DECIMAL and column.name not in ("lon", "lat") else PLAIN)
        for n, (letter, column) in enumerate(zip(letters(len(columns)), columns, strict=True))
    ]
    widths = [_WIDTHS.get(column.type, 10) for column in columns]
    with zipfile.ZipFile(cast(IO[bytes], pipe), "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book:
        _add(book, "_rels/.rels", _rels([("officeDocument", "xl/workbook.xml")]))
        _add(book, "xl/styles.xml", _STYLES)
        rows = _flat(chunks)
        pending: Row | None = next(rows, None)
        while pending is not None or not sheets:
            sheets.append(sheet_title(title, len(sheets)))
            with book.open(f"xl/worksheets/sheet{len(sheets)}.xml", "w") as sheet:
                size = sheet.write(_opening(widths) + _header(titles))
                number, lines = 1, []
                while pending is not None and number < LAST_ROW and size < LARGEST_SHEET:
                    number += 1
                    lines.append(_line(number, pending, formats))
                    pending = next(rows, None)
                    if len(lines) == 500:
                        size += sheet.write("".join(lines).encode())
                        lines.clear()
                        if piece := pipe.taken():
                            yield piece
                sheet.write(("".join(lines) + "</sheetData></worksheet>").encode())
        sheets.append(sheet_title(more[0], 0))
        with book.open(f"xl/worksheets/sheet{len(sheets)}.xml", "w") as sheet:
            header, *others = more[1]
            sheet.write(_opening([24] * len(header)) + _header(header))
            plain = [(letter, None, PLAIN) for letter in letters(len(header))]
            sheet.write("".join(_line(n, row, plain) for n, row in enumerate(others, start=2)).encode())
            sheet.write(b"</sheetData></worksheet>")
        for name, text in _closing(sheets):
            _add(book, name, text)
    yield pipe.taken()


def letters(count: int) -> list[str]:
    """A, B … Z, AA …"""
    return [(chr(64 + n // 26) if n >= 26 else "") + chr(65 + n % 26) for n in range(count)]


def sheet_title(title: str, number: int) -> str:
    """At most 31 characters, none of those that Excel refuses."""
    return re.sub(r"[\[\]:*?/\\]", " ", title)[:26] + (f" {number + 1}" if number else "")


def _flat(chunks: Iterable[list[Row]]) -> Iterator[Row]:
    for rows in chunks:
        yield from rows


def _opening(widths: Sequence[int]) -> bytes:
    cols = "".join(
        f'<col min="{n}" max="{n}" width="{width}" customWidth="1"/>' for n, width in enumerate(widths, start=1)
    )
    pane = '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
    views = f'<sheetViews><sheetView workbookViewId="0">{pane}</sheetView></sheetViews>'
    return f'{_HEAD}<worksheet xmlns="{_MAIN}">{views}<cols>{cols}</cols><sheetData>'.encode()


def _header(titles: Sequence[str]) -> bytes:
    cells = "".join(_text(letter, 1, words, TITLE) for letter, words in zip(letters(len(titles)), titles, strict=True))
    return f'<row r="1">{cells}</row>'.encode()


def _line(number: int, row: Sequence[Any], formats: Sequence[tuple[str, dict[str, str] | None, int]]) -> str:
    cells = []
    for (letter, words, style), value in zip(formats, row, strict=True):
        if value is None or value == "":
            continue
        if words is not None:
            cells.append(_text(letter, number, words.get(value, value)))
        else:
            cells.append(_WRITERS.get(type(value), _other)(letter, number, value, style))
    return f'<row r="{number}">{"".join(cells)}</row>'


def _text(letter: str, number: int, value: Any, style: int = PLAIN) -> str:
    text = escape(_NOT_XML.sub("", str(value))[:LONGEST_TEXT])
    return f'<c r="{letter}{number}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def _number(letter: str, number: int, value: Any, style: int) -> str:
    return f'<c r="{letter}{number}" s="{style}"><v>{value}</v></c>'


def _amount(letter: str, number: int, value: Decimal, style: int) -> str:
    return f'<c r="{letter}{number}" s="{style}"><v>{value:f}</v></c>'


def _boolean(letter: str, number: int, value: bool, style: int) -> str:
    return f'<c r="{letter}{number}" t="b"><v>{int(value)}</v></c>'


def _day(letter: str, number: int, value: date, style: int) -> str:
    return f'<c r="{letter}{number}" s="{DAY}"><v>{(value - _EPOCH).days}</v></c>'


def _moment(letter: str, number: int, value: datetime, style: int) -> str:
    """In the installation's time zone: Excel knows none."""
    local = timezone.localtime(value)
    serial = (local.date() - _EPOCH).days + (local.hour * 3600 + local.minute * 60 + local.second) / 86_400
    return f'<c r="{letter}{number}" s="{TIME}"><v>{serial:.6f}</v></c>'


def _other(letter: str, number: int, value: Any, style: int) -> str:
    return _text(letter, number, orjson.dumps(value).decode() if isinstance(value, (dict, list)) else value)


_WRITERS: dict[type, Callable[[str, int, Any, int], str]] = {
    str: lambda letter, number, value, style: _text(letter, number, value),
    int: _number, float: _number, Decimal: _amount, bool: _boolean, date: _day, datetime: _moment,
}  # fmt: skip


def _add(book: zipfile.ZipFile, name: str, text: str) -> None:
    with book.open(name, "w") as member:  # `writestr` would write the time: the same rows are the same bytes
        member.write(text.encode())


def _rels(targets: Sequence[tuple[str, str]]) -> str:
    found = "".join(
        f'<Relationship Id="rId{n}" Type="{_RELATIONS}/{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(targets, 1)
    )
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{found}</Relationships>'


def _closing(sheets: Sequence[str]) -> Iterator[tuple[str, str]]:
    """What names the sheets, once it is known how many there are."""
    listed = "".join(
        f'<sheet name="{escape(name, {chr(34): "&quot;"})}" sheetId="{n}" r:id="rId{n}"/>'
        for n, name in enumerate(sheets, 1)
    )
    yield (
        "xl/workbook.xml",
        f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><sheets>{listed}</sheets></workbook>',
    )
    targets = [("worksheet", f"worksheets/sheet{n}.xml") for n in range(1, len(sheets) + 1)]
    yield "xl/_rels/workbook.xml.rels", _rels([*targets, ("styles", "styles.xml")])
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = [("/xl/workbook.xml", "sheet.main"), ("/xl/styles.xml", "styles")]
    parts += [(f"/xl/worksheets/sheet{n}.xml", "worksheet") for n in range(1, len(sheets) + 1)]
    overrides = "".join(f'<Override PartName="{name}" ContentType="{kind}.{part}+xml"/>' for name, part in parts)
    yield (
        "[Content_Types].xml",
        f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>',
    )
