"""What a column of an open-data file is: its name, type, words and codes, taken from the model's field wherever there is one.

So the dictionary, the metadata and the files cannot say different things, and a new public field is in all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from operator import itemgetter
from typing import Any

from django.contrib.gis.db.models import GeometryField
from django.db import models

from projects_api.models import Bureau
from projects_api.schedule.calendar import WorkCalendar
from projects_api.selectors.schedule import settings_of

TEXT, CODE, INTEGER, DECIMAL, DATE, MOMENT, BOOLEAN, JSON = (
    "text", "code", "integer", "decimal", "date", "moment", "boolean", "json",
)  # fmt: skip
_TYPES: tuple[tuple[Any, str], ...] = (
    (models.DateTimeField, MOMENT),
    (models.DateField, DATE),
    (models.BooleanField, BOOLEAN),
    (models.DecimalField, DECIMAL),
    (models.IntegerField, INTEGER),
    (models.JSONField, JSON),
    (GeometryField, JSON),
)


@dataclass
class Reading:
    """What holds for all rows of one file: the day that it speaks of, and where its links lead."""

    day: date
    origin: str
    _calendars: dict[int, WorkCalendar] = field(default_factory=dict)

    def calendar(self, bureau: int) -> WorkCalendar:
        """A bureau's working calendar. One query for all; one more for a bureau that joined since."""
        if bureau not in self._calendars:
            self._calendars = {found.pk: settings_of(found)[0] for found in Bureau.objects.defer("publishing")}
        return self._calendars[bureau]


Make = Callable[..., Any]


@dataclass(frozen=True)
class Column:
    """``name``: as the API calls it. ``source``: the columns of the database that it is made from, by ``make(reading, *values)``
    where it is not the one value itself. ``title``, ``about``: in the reader's language when they are read."""

    name: str
    type: str
    title: Any
    source: tuple[Any, ...] = ()
    make: Make | None = None
    codes: tuple[tuple[str, Any], ...] = ()
    about: Any = ""


def of_field(model: Any, name: str, *, source: str = "", as_name: str = "", about: Any = "") -> Column:
    """The column of a model's field: its verbose name, its type, its choices; of a reference the other row's code."""
    found = model._meta.get_field(name)
    path = source or name
    if found.is_relation:
        return Column(as_name or name, TEXT, found.verbose_name, (f"{path}__code",), about=about)
    codes = tuple((code, words) for code, words in found.choices or ())
    kind = CODE if codes else next((type_ for of, type_ in _TYPES if isinstance(found, of)), TEXT)
    return Column(as_name or name, kind, found.verbose_name, (path,), codes=codes, about=about)


Row = list[Any]


class Reader:
    """Rows of plain values in the order of ``columns``, from rows of the database in the order of `sources`."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self.sources: list[Any] = list(dict.fromkeys(source for column in columns for source in column.source))
        at = {source: n for n, source in enumerate(self.sources)}
        self._plain = all(column.make is None for column in columns) and len(self.sources) == len(columns)
        self._steps: list[tuple[Make | None, Any]] = []
        for column in columns:
            where = [at[source] for source in column.source]
            single = column.make is None
            self._steps.append((column.make, where[0] if single else (_one if len(where) == 1 else itemgetter)(*where)))

    def rows(self, found: Iterable[Sequence[Any]], reading: Reading) -> list[Row]:
        if self._plain:
            return [list(row) for row in found]
        return [
            [row[where] if make is None else make(reading, *where(row)) for make, where in self._steps] for row in found
        ]


def _one(where: int) -> Callable[[Sequence[Any]], tuple[Any]]:
    return lambda row: (row[where],)
