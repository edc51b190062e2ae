"""What a reading found besides drafts: rejected rows and notes; and the file that lists the rejected rows."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from projects_api.interchange.tables import neutralised


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that was not imported: its physical line, the columns at fault (empty: the whole row), why, its cells."""

    line: int
    column: str
    reason: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Note:
    """Something that was imported, but that a reader of the report should know. ``line`` 0: not about one line."""

    line: int
    text: str


def write_rejects(path: Path, header: tuple[str, ...], rejects: Iterable[Reject]) -> None:
    """``line,column,reason`` and then the row as it was, every cell harmless to a spreadsheet. Raises OSError."""
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["line", "column", "reason", *map(neutralised, header)])
        for reject in rejects:
            writer.writerow(
                [
                    reject.line,
                    neutralised(reject.column),
                    neutralised(reject.reason),
                    *map(neutralised, reject.cells),
                ]
            )
