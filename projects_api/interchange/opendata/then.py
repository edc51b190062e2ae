"""Tables of another day (``as_of``, ``on``): the same columns, from the documents of that day (`projects_api.past`).

Projects, stages, baselines, certificates: what the API tells of another day too. Not what may be taken back (photos, money,
inspections, answers, evidence elsewhere): a table of a day before it was taken back would publish it again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from projects_api.choices import STAGE_NAMES
from projects_api.interchange.opendata.columns import BOOLEAN, CODE, DATE, DECIMAL, MOMENT, TEXT, Column, Reading, Row
from projects_api.interchange.opendata.table import Table
from projects_api.models import Region, School
from projects_api.past import Past
from projects_api.public import public_document

HAVE_A_PAST = frozenset({"projects", "milestones", "baselines", "certificates"})
Facts = dict[str, Any]
# A document leaves out what says nothing; a column of the database has that all the same.
_ABSENT: dict[str, Any] = {TEXT: "", CODE: "", BOOLEAN: False}
_TYPED: dict[str, Callable[[Any], Any]] = {
    DATE: date.fromisoformat,
    DECIMAL: Decimal,
    MOMENT: lambda text: datetime.fromisoformat(text.replace("Z", "+00:00")),
}


def rows_then(table: Table, pasts: Sequence[Past], reading: Reading, chunk: int) -> Iterator[list[Row]]:
    """The rows of a table in `HAVE_A_PAST`, in the order of the projects' codes. Two queries for the names of places."""
    if table.name == "projects":
        names = _Names(pasts)
        for some in _chunks(pasts, chunk):
            yield [_row(table.columns, _project(past, names, reading)) for past in some]
        return
    for some in _chunks(pasts, chunk):
        rows = []
        for past in some:
            for key, facts in _parts(public_document(past.document), table.name):
                rows.append(_row(table.columns, {**facts, "project": past.document["code"], table.key[-1]: key}))
        yield rows


def _chunks(pasts: Sequence[Past], size: int) -> Iterator[Sequence[Past]]:
    return (pasts[n : n + size] for n in range(0, len(pasts), size))


def _parts(document: Facts, part: str) -> list[tuple[Any, Facts]]:
    """By key, in the order of the table of today."""
    rows = document.get(part, {})
    if part == "milestones":
        ordered = sorted(rows, key=lambda key: (rows[key]["position"], key))
        return [(key, _stage(key, rows[key])) for key in ordered]
    if part == "baselines":
        return [(int(number), rows[number]) for number in sorted(rows, key=int)]
    return [(number, rows[number]) for number in sorted(rows)]


def _stage(key: str, facts: Facts) -> Facts:
    if facts["title_zh"] or facts["title_en"]:
        return facts
    zh, en = STAGE_NAMES.get(key, ("", ""))
    return {**facts, "title_zh": zh, "title_en": en}


class _Names:
    """What divisions and schools are called: as now, as everywhere where another day is shown."""

    def __init__(self, pasts: Sequence[Past]) -> None:
        self.regions = _names(Region, {past.document["region"] for past in pasts})
        self.schools = _names(School, {past.document["school"] for past in pasts if past.document["school"]})


def _names(model: type[Any], codes: set[str]) -> dict[str, tuple[str, str]]:
    found = model._default_manager.filter(code__in=codes).values_list("code", "name_zh", "name_en")
    return {code: (zh, en) for code, zh, en in found}


def _project(past: Past, names: _Names, reading: Reading) -> Facts:
    known = public_document(past.document)
    outlook, day, calendar = past.outlook, past.day, reading.calendar(past.bureau.pk)
    region, school = names.regions.get(known["region"]), names.schools.get(known["school"] or "")
    lon, lat = (known["site"] or {}).get("coordinates", (None, None))
    return {
        **known,
        "region_name_zh": region[0] if region else "",
        "region_name_en": region[1] if region else "",
        "school_name_zh": school[0] if school else None,
        "school_name_en": school[1] if school else None,
        "lon": lon,
        "lat": lat,
        "currency": past.bureau.currency,
        "light": outlook.light_on(day).value,
        "late": outlook.late_on(day),
        "critical": outlook.critical_on(day),
        "stale": outlook.stale_on(day),
        "misses_term": outlook.misses_term_on(day),
        "baseline_finish": outlook.measured_finish,
        "forecast_finish": outlook.finish_on(day, calendar),
        "slip_days": outlook.slip_on(day, calendar),
        "updated": past.recorded,
        "version": past.version,
        "url": f"{reading.origin}/projects/{known['code']}/",
    }


def _row(columns: Sequence[Column], facts: Facts) -> Row:
    return [_value(column, facts.get(column.name, _ABSENT.get(column.type))) for column in columns]


def _value(column: Column, value: Any) -> Any:
    """From the JSON of a document."""
    if isinstance(value, str) and value and column.type in _TYPED:
        return _TYPED[column.type](value)
    return None if value == {} else value
