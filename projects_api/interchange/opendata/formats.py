"""Every file that there is by its name: which table in which format, and how it is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from django.utils.translation import gettext_lazy as _

from projects_api.interchange import oc4ids
from projects_api.interchange.opendata import csv_file, dictionary, geojson_file, then, xlsx_file
from projects_api.interchange.opendata.columns import Reading, Row
from projects_api.interchange.opendata.licence import licence
from projects_api.interchange.opendata.table import CHUNK, Scope, Table
from projects_api.interchange.opendata.tables import TABLES

CSV, XLSX, GEOJSON, OC4IDS = "csv", "xlsx", "geojson", "json"
MEDIA_TYPES = {
    CSV: csv_file.MEDIA_TYPE,
    XLSX: xlsx_file.MEDIA_TYPE,
    GEOJSON: geojson_file.MEDIA_TYPE,
    OC4IDS: "application/json",
}
CODES = Table("codes", _("Lists of codes"), _("What every code means, in both languages."), dictionary.CODES_COLUMNS,
              lambda scope, reading, chunk: dictionary.code_rows(), ("list", "code"), of_projects=False)  # fmt: skip


@dataclass(frozen=True)
class File:
    """``table``: None for the OC4IDS package, which is one of projects with all that hangs on them."""

    name: str
    format: str
    table: Table | None

    @property
    def of_projects(self) -> bool:
        return self.table is None or self.table.of_projects

    @property
    def has_past(self) -> bool:
        """Whether it can be of another day."""
        return self.table is not None and self.table.name in then.HAVE_A_PAST

    @property
    def media_type(self) -> str:
        return MEDIA_TYPES[self.format]


def _files() -> Iterator[File]:
    for table in (*TABLES.values(), CODES):
        for format_ in (CSV, XLSX, *((GEOJSON,) if table.located or table.shaped else ())):
            yield File(f"{table.name}.{format_}", format_, table)
    yield File("oc4ids.json", OC4IDS, None)


Count = Callable[[int], None]
FILES: dict[str, File] = {file.name: file for file in _files()}


def written(
    file: File,
    scope: Scope,
    reading: Reading,
    *,
    bom: bool = True,
    chunk: int = CHUNK,
    count: Count | None = None,
    bilingual: bool = False,
) -> Iterator[bytes]:
    """The file in pieces, in constant memory. Words (of a workbook) in the language in which this is called, or ``bilingual``: in
    both. ``count`` is told of every row, by chunks."""
    if file.table is None:
        return oc4ids.package(scope.projects, licence=licence().url, bureau=scope.bureau)
    table = file.table
    shaped = table.shaped if file.format == GEOJSON else None
    chunks: Iterable[list[Row]]
    if scope.pasts is None:
        chunks = (shaped or table.read)(scope, reading, chunk)
    else:
        chunks = then.rows_then(table, scope.pasts, reading, chunk)
    if count is not None:
        chunks = _counted(chunks, count)
    if file.format == CSV:
        return csv_file.written(table.columns, chunks, bom=bom)
    if file.format == GEOJSON:
        return geojson_file.written(table.columns, chunks, shaped=shaped is not None)
    say = _in_both if bilingual else str
    titles = [say(column.title) for column in table.columns]
    words = {
        n: {code: say(said) for code, said in column.codes} for n, column in enumerate(table.columns) if column.codes
    }
    more = dictionary.sheet(table, say)
    return xlsx_file.written(say(table.title), table.columns, titles, words, chunks, more=more)


def _in_both(lazy: object) -> str:
    words = dictionary.both(lazy)
    return words.zh if words.zh == words.en else f"{words.zh} {words.en}"


def _counted(chunks: Iterable[list[Row]], count: Callable[[int], None]) -> Iterator[list[Row]]:
    for rows in chunks:
        count(len(rows))
        yield rows


def preview(table: Table, scope: Scope, reading: Reading, rows: int) -> list[Row]:
    """The first rows of a table, as far as the first hundred projects have any: 4 short queries or 8."""
    found: list[Row] = []
    for chunk in islice(table.read(scope, reading, 25), 4):
        found += chunk
        if len(found) >= rows:
            break
    return found[:rows]
