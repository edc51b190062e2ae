"""The data dictionary: what every table, column and code means, in both languages, from what the files themselves are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.utils import translation
from django.utils.translation import gettext_lazy

from projects_api.choices import STAGE_NAMES
from projects_api.interchange.opendata.columns import TEXT, Column, Row
from projects_api.interchange.opendata.table import Table
from projects_api.interchange.opendata.tables import TABLES

LANGUAGES = {"zh": "zh-hans", "en": "en"}
# The keys of the standard stages: a bureau's own template may have others.
_STAGES = "milestones.key"
TYPES = {
    "text": gettext_lazy("text"),
    "code": gettext_lazy("code of a list"),
    "integer": gettext_lazy("whole number"),
    "decimal": gettext_lazy("decimal number"),
    "date": gettext_lazy("date"),
    "moment": gettext_lazy("date and time"),
    "boolean": gettext_lazy("yes or no"),
    "json": gettext_lazy("JSON"),
}
CODES_COLUMNS = tuple(
    Column(name, TEXT, words)
    for name, words in (
        ("list", gettext_lazy("list of codes")),
        ("code", gettext_lazy("code of a list")),
        ("title_zh", gettext_lazy("title (Chinese)")),
        ("title_en", gettext_lazy("title (English)")),
    )
)


@dataclass(frozen=True)
class Words:
    """Something said in both languages."""

    zh: str
    en: str

    @property
    def here(self) -> str:
        return self.zh if (translation.get_language() or "zh").startswith("zh") else self.en

    def __bool__(self) -> bool:
        return bool(self.zh or self.en)


def both(lazy: Any) -> Words:
    said = []
    for language in LANGUAGES.values():
        with translation.override(language):
            said.append(str(lazy))
    return Words(*said)


@dataclass(frozen=True)
class Code:
    code: str
    title: Words


@dataclass(frozen=True)
class Entry:
    """A column as the dictionary tells of it."""

    name: str
    type: str
    title: Words
    about: Words
    codes: tuple[Code, ...]


def entry(column: Column) -> Entry:
    codes = tuple(Code(code, both(words)) for code, words in column.codes)
    return Entry(column.name, column.type, both(column.title), both(column.about), codes)


def entries(table: Table) -> list[Entry]:
    return [entry(column) for column in table.columns]


def code_lists() -> dict[str, tuple[Code, ...]]:
    """``table.column`` -> its codes; that of the standard stages is no closed list."""
    found = {
        f"{table.name}.{column.name}": entry(column).codes
        for table in TABLES.values()
        for column in table.columns
        if column.codes
    }
    found[_STAGES] = tuple(Code(key, Words(zh, en)) for key, (zh, en) in STAGE_NAMES.items())
    return found


def code_rows() -> Iterator[list[Row]]:
    """All lists as one table, in the order of `CODES_COLUMNS`."""
    yield [[name, code.code, code.title.zh, code.title.en] for name, codes in code_lists().items() for code in codes]


def sheet(table: Table, say: Callable[[Any], str] = str) -> tuple[str, list[list[str]]]:
    """Title and lines of the sheet that explains a workbook, the header as ``say`` says it, the rest in both languages."""
    header = [say(gettext_lazy("Column")), say(gettext_lazy("Type")), "中文", "English", "说明", "Explanation"]
    lines = [header]
    for found in entries(table):
        kind = say(TYPES[found.type])
        lines.append([found.name, kind, found.title.zh, found.title.en, found.about.zh, found.about.en])
        lines += [[f"{found.name} = {code.code}", "", code.title.zh, code.title.en, "", ""] for code in found.codes]
    return say(gettext_lazy("Dictionary")), lines
