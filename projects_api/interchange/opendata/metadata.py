"""CSV on the Web (W3C, https://www.w3.org/TR/tabular-metadata/): the dictionary for programs, beside the CSV files."""

from __future__ import annotations

from typing import Any

from projects_api.interchange.opendata.columns import BOOLEAN, CODE, DATE, DECIMAL, INTEGER, JSON, MOMENT, Column
from projects_api.interchange.opendata.dictionary import CODES_COLUMNS, Words, both
from projects_api.interchange.opendata.licence import Licence
from projects_api.interchange.opendata.tables import TABLES

Json = dict[str, Any]
_TYPES: dict[str, Any] = {
    INTEGER: "integer",
    DECIMAL: "decimal",
    DATE: {"base": "date", "format": "yyyy-MM-dd"},
    MOMENT: "dateTime",
    BOOLEAN: {"base": "boolean", "format": "true|false"},
    JSON: "json",
}


def described(licence: Licence) -> Json:
    """The table group; addresses are relative, so that it is right wherever it lies beside the files."""
    tables = [
        _table(table.name, table.columns, table.key, table.title, table.about, table.terms) for table in TABLES.values()
    ]
    tables.append(_table("codes", CODES_COLUMNS, ("list", "code"), CODES_COLUMNS[0].title, ""))
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "dc:license": {"@id": licence.url},
        "dialect": {"encoding": "utf-8", "header": True, "delimiter": ",", "doubleQuote": True},
        "tables": tables,
    }


def spoken(words: Words) -> list[Json]:
    found = (("zh-Hans", words.zh), ("en", words.en))
    return [{"@value": text, "@language": tag} for tag, text in found if text]


def _table(
    name: str, columns: tuple[Column, ...], key: tuple[str, ...], title: Any, about: Any, terms: Any = ""
) -> Json:
    schema: Json = {"columns": [_column(column, column.name in key) for column in columns], "primaryKey": list(key)}
    if "project" in key or name == "certificates":
        reference = {"resource": "projects.csv", "columnReference": "code"}
        schema["foreignKeys"] = [{"columnReference": "project", "reference": reference}]
    found: Json = {"url": f"{name}.csv", "dc:title": spoken(both(title)), "tableSchema": schema}
    if about:
        found["dc:description"] = spoken(both(about))
    if terms:
        found["dc:rights"] = spoken(both(terms))
    return found


def _column(column: Column, required: bool) -> Json:
    found: Json = {"name": column.name, "titles": column.name, "dc:title": spoken(both(column.title))}
    if words := both(column.about):
        found["dc:description"] = spoken(words)
    kind = (
        {"base": "string", "format": "|".join(code for code, _words in column.codes)} if column.type == CODE else None
    )
    found["datatype"] = kind or _TYPES.get(column.type, "string")
    if required:
        found["required"] = True
    return found
