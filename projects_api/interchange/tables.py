"""Reading a CSV table from a stranger: every limit is checked before a cell is believed.

A fault of the file as a whole raises ``TableUnreadable``; a fault of one row makes a ``BadRow`` and reading goes on.
Rows carry the physical line they start on (a quoted cell may span several lines), which is what an editor shows.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _

ENCODINGS = ("utf-8", "gb18030")
MAX_BYTES = 100_000_000
MAX_ROWS = 500_000
MAX_COLUMNS = 500
MAX_CELL = 20_000
# Beginnings of files that are not text, with what to tell the user instead of "wrong encoding".
_MAGIC = (
    (b"PK\x03\x04", "an Excel workbook or zip archive"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"%PDF", "a PDF"),
    (b"\xff\xfe", "UTF-16 text"),
    (b"\xfe\xff", "UTF-16 text"),
)

_HAN = re.compile("[\u4e00-\u9fff]")
# And what stands between them: “ ” — · ① × ㎡ and full-width signs.
_CHINESE_TEXT = re.compile("[§°±·×÷\u2010-\u2642\u3000-\u9fff\uff00-\uffef]*")


class TableUnreadable(Exception):
    """The file as a whole cannot be read; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Row:
    """A data row: its first physical line and its cells, stripped, as many as the header has."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that is not a row of this table: where, which column (empty = the row as a whole), why, what it held."""

    line: int
    column: str
    reason: str
    cells: tuple[str, ...]


class Table:
    """A CSV file with its header read and checked; iterate it once for its rows.

    Raises ``TableUnreadable`` on opening for an absent, empty, oversized, binary or wrongly encoded file and for a bad
    header, and while iterating for broken quoting. Memory is that of one row.
    """

    def __init__(self, path: Path, *, encoding: str = "utf-8") -> None:
        self.path = path
        self.encoding = encoding
        self.size = _check_bytes(path, encoding)
        rows = self._rows()
        first = next(rows, None)
        if first is None:
            raise TableUnreadable(_("%(file)s is empty: there is no header line.") % {"file": path.name})
        self.header = _check_header(path, first[1])
        self._body = rows

    def __iter__(self) -> Iterator[Row | BadRow]:
        width = len(self.header)
        for count, (line, raw) in enumerate(self._body, start=1):
            if count > MAX_ROWS:
                raise TableUnreadable(_("%(file)s has more than %(n)d rows.") % {"file": self.path.name, "n": MAX_ROWS})
            cells = tuple(cell.strip() for cell in raw)
            if not any(cells):
                continue
            fault = self._fault(cells, width)
            yield BadRow(line, *fault, cells) if fault else Row(line, cells)

    def _fault(self, cells: tuple[str, ...], width: int) -> tuple[str, str] | None:
        if len(cells) != width:
            return "", _("%(n)d cells, but the header has %(width)d") % {"n": len(cells), "width": width}
        for name, cell in zip(self.header, cells, strict=True):
            if len(cell) > MAX_CELL:
                return name, _("the cell is longer than %(n)d characters") % {"n": MAX_CELL}
            if not cell.isprintable() and any(ord(c) < 32 and c not in "\t\r\n" for c in cell):
                return name, _("the cell holds a control character")
        return None

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        name = "utf-8-sig" if self.encoding == "utf-8" else self.encoding
        with self.path.open(encoding=name, newline="") as stream:
            reader = csv.reader(stream, strict=True)
            line = 1
            while True:
                try:
                    cells = next(reader)
                except StopIteration:
                    return
                except csv.Error as error:
                    words = {"file": self.path.name, "line": line, "error": error}
                    raise TableUnreadable(
                        _("%(file)s, line %(line)d: the quoting is broken (%(error)s).") % words
                    ) from None
                if cells:
                    yield line, cells
                line = reader.line_num + 1


def _check_bytes(path: Path, encoding: str) -> int:
    """The whole file decodes in ``encoding`` and is text; returns its size. One pass, constant memory."""
    if encoding not in ENCODINGS:
        raise TableUnreadable(
            _("Unknown encoding %(name)s; known: %(known)s.") % {"name": encoding, "known": ", ".join(ENCODINGS)}
        )
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            if not path.is_file():
                raise TableUnreadable(_("%(file)s is not a file.") % {"file": path})
            if size > MAX_BYTES:
                raise TableUnreadable(
                    _("%(file)s is larger than %(n)d MB.") % {"file": path.name, "n": MAX_BYTES // 10**6}
                )
            head = stream.read(8)
            for magic, what in _MAGIC:
                if head.startswith(magic):
                    raise TableUnreadable(
                        _("%(file)s is %(what)s, not CSV: save it as “CSV UTF-8” first.")
                        % {"file": path.name, "what": what}
                    )
            stream.seek(0)
            for number, line in enumerate(stream, start=1):
                if b"\x00" in line and b"\x00\x00" in line:
                    words = {"file": path.name, "line": number}
                    raise TableUnreadable(_("%(file)s, line %(line)d: this is not text (NUL bytes).") % words)
                if encoding == "utf-8":
                    _check_utf8(path, number, line)
            if encoding != "utf-8":
                _check_other(path, encoding)
    except OSError as error:
        raise TableUnreadable(
            _("%(file)s cannot be opened: %(error)s.") % {"file": path, "error": error.strerror}
        ) from None
    return size


def _check_utf8(path: Path, number: int, line: bytes) -> None:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError as error:
        words = {"file": path.name, "line": number, "byte": error.start + 1}
        message = _("%(file)s, line %(line)d, byte %(byte)d: this is not UTF-8.") % words
        if _looks_like_gb18030(line):
            message += " " + _("It looks like GB18030 (GBK): say --encoding gb18030, or save it as “CSV UTF-8”.")
        else:
            message += " " + _("Save it as “CSV UTF-8”.")
        raise TableUnreadable(message) from None


def _check_other(path: Path, encoding: str) -> None:
    try:
        with path.open(encoding=encoding, newline="") as stream:
            for _line in stream:
                pass
    except UnicodeDecodeError as error:
        words = {"file": path.name, "encoding": encoding, "error": error.reason}
        raise TableUnreadable(_("%(file)s is not %(encoding)s: %(error)s.") % words) from None


def _looks_like_gb18030(line: bytes) -> bool:
    try:
        text = line.decode("gb18030")
    except UnicodeDecodeError:
        return False
    foreign = "".join(c for c in text if ord(c) > 127)
    return bool(_HAN.search(foreign)) and bool(_CHINESE_TEXT.fullmatch(foreign))


def _check_header(path: Path, raw: list[str]) -> tuple[str, ...]:
    header = tuple(" ".join(cell.split()) for cell in raw)
    if len(header) > MAX_COLUMNS:
        raise TableUnreadable(_("%(file)s has more than %(n)d columns.") % {"file": path.name, "n": MAX_COLUMNS})
    doubles = sorted(name for name, count in Counter(header).items() if count > 1 and name)
    if doubles:
        words = {"file": path.name, "names": ", ".join(f"“{name}”" for name in doubles)}
        raise TableUnreadable(_("%(file)s: column names occur twice: %(names)s.") % words)
    if not any(header):
        raise TableUnreadable(_("%(file)s: the header line is empty.") % {"file": path.name})
    return header


# What begins a formula; Excel takes the full-width signs of a Chinese keyboard for the same (OWASP, "CSV Injection"). Tabs and
# line breaks are skipped before it looks.
FORMULA_SIGNS = "=+-@＝＋－＠\t\r\n"


def neutralised(cell: str) -> str:
    """A cell as it may be written to a table that a spreadsheet opens: a leading formula sign loses its power."""
    return "'" + cell if cell and cell[0] in FORMULA_SIGNS else cell
