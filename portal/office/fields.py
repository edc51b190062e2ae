"""The fields of the settings' forms: what was typed with what is wrong with it, for ``office/_field.html``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from portal.charts.words import month_word
from projects_api.wording import in_chinese

Faults = Mapping[str, list[str]]


@dataclass
class Field:
    """``id`` is also where a refusal's pointer leads: ``/closures/3/1`` to ``closures-3-1``."""

    id: str
    label: str
    value: Any = ""
    name: str = ""
    type: str = "text"
    unit: str = ""
    hint: str = ""
    standard: str = ""  # the product's default, in words
    short: str = ""  # seen in place of the label, where the eye knows the rest from the rows around
    max_length: int | None = None
    offers: str = ""  # the id of a datalist
    rows: int = 0  # of a field for running text
    options: list[tuple[str, str]] | None = None  # (value, words) of a select
    required: bool = False
    autocomplete: str = ""
    accept: str = ""  # of a file
    faults: list[str] = field(default_factory=list)

    @property
    def sent_as(self) -> str:
        return self.name or self.id


def set_faults(fields: Iterable[Field], faults: Faults) -> list[tuple[Field | None, str]]:
    """Give each fault to its field; all of them in order for the summary, with None those that are about no field."""
    known = {item.id: item for item in fields}
    told: list[tuple[Field | None, str]] = []
    for pointer, messages in faults.items():
        found = _field_of(pointer, known)
        for message in messages:
            told.append((found, message))
            if found is not None:
                found.faults.append(message)
    return told


def _field_of(pointer: str, known: Mapping[str, Field]) -> Field | None:
    """The field of a pointer, or the one around it: ``/closed_weekdays/1`` is about ``closed_weekdays``."""
    parts = pointer.strip("/").split("/")
    while parts:
        if found := known.get("-".join(parts)):
            return found
        parts.pop()
    return None


def month_day(month: str, day: str) -> str:
    """``11-15`` from two selects; what was not chosen is a question mark, which no rule takes for a day."""
    return f"{month or '?'}-{day or '?'}"


def month_and_day(text: str) -> tuple[str, str]:
    """The two values of `month_day`."""
    month, _hyphen, day = text.partition("-")
    return month.replace("?", ""), day.replace("?", "")


def month_choices() -> list[tuple[str, str]]:
    return [(f"{number:02}", month_word(date(2000, number, 1))) for number in range(1, 13)]


def day_choices() -> list[tuple[str, str]]:
    return [(f"{number:02}", f"{number}日" if in_chinese() else str(number)) for number in range(1, 32)]


def whole(text: str) -> int | str:
    """A number as the rules want it; anything else as it was typed, for them to refuse."""
    text = text.strip()
    return int(text) if text.isascii() and text.removeprefix("-").isdigit() and len(text) < 8 else text
