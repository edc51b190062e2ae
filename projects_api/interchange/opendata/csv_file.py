"""A table as CSV (RFC 4180): UTF-8, comma, CRLF, the names of the API in the first line."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import orjson

from projects_api.interchange.opendata.columns import BOOLEAN, CODE, DECIMAL, JSON, MOMENT, TEXT, Column, Row
from projects_api.interchange.tables import neutralised

MEDIA_TYPE = "text/csv; charset=utf-8"


def written(columns: tuple[Column, ...], chunks: Iterable[list[Row]], *, bom: bool = True) -> Iterator[bytes]:
    """The file in pieces, one for the header and one for each chunk. ``bom``: Excel takes it for UTF-8 with a mark only.

    An empty cell is nothing known. Dates as in the API, JSON members as JSON; a text that a spreadsheet would take for a formula
    begins with an apostrophe.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    as_cells = [(n, _CELLS[column.type]) for n, column in enumerate(columns) if column.type in _CELLS]

    def taken() -> bytes:
        text = buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
        return text.encode()

    writer.writerow([column.name for column in columns])
    yield (b"\xef\xbb\xbf" if bom else b"") + taken()
    for rows in chunks:
        for row in rows:
            for n, cell in as_cells:
                if row[n]:
                    row[n] = cell(row[n])
                elif row[n] is False:
                    row[n] = "false"
        writer.writerows(rows)
        if rows:
            yield taken()


def moment(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


def _number(value: Any) -> str:
    """Whatever the engine calls it: 12.50, not 1.25E+1."""
    return format(value, "f") if not isinstance(value, float) else repr(value)


# What of a type is written otherwise than by str(). A CODE is one of ours.
_CELLS: dict[str, Callable[[Any], Any]] = {
    TEXT: lambda value: neutralised(str(value)),
    CODE: str,
    BOOLEAN: lambda value: "true",
    MOMENT: moment,
    JSON: _json,
    DECIMAL: _number,
}
