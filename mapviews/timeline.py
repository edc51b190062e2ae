"""The timeline's documents: for each site the months in which its status changed, three ways of telling it; and what of it the
address asks for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from mapviews.columns import VOCABULARIES
from projects_api.choices import Status
from projects_api.errors import InvalidInput
from projects_api.models import Project
from projects_api.schedule.progress import FORWARD
from projects_api.schedule.steps import reached
from projects_api.selectors.timeline import known_steps, stories

MOST = 20_000  # sites; each holds about twenty stages, read at once
EARLIEST, LATEST = date(1990, 1, 1), date(2100, 1, 1)  # a date typed wrong must not make a slider of a thousand years
_PLACES = {code: place for place, code in enumerate(VOCABULARIES["status"])}
_VOCABULARY = {"status": VOCABULARIES["status"], "reached": [status.value for status in FORWARD]}
Steps = Sequence[tuple[date, Status | None]]
WAYS = ("happened", "promised", "known")
MONTH = ("month", "way")  # the page's own parameters


@dataclass(frozen=True)
class Told:
    """What the page shows first. ``month``: ``YYYY-MM``, empty for today's; ``way``: one of ``WAYS``."""

    month: str
    way: str

    @property
    def number(self) -> int | None:
        """Months since the year 0, as the documents count them from their ``from``."""
        return int(self.month[:4]) * 12 + int(self.month[5:]) - 1 if self.month else None


def told_in(query: Mapping[str, str]) -> Told:
    """``month=YYYY-MM`` from 1990 to 2099, ``way=happened|promised|known``; empty: today, what happened. Raises InvalidInput."""
    month, way = query.get("month") or "", query.get("way") or WAYS[0]
    if month:
        if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", month, re.ASCII):
            raise InvalidInput.one("?month", "invalid", _("A month is written like 2023-06."))
        if not EARLIEST.year <= int(month[:4]) < LATEST.year:
            values = {"low": EARLIEST.year, "high": LATEST.year - 1}
            raise InvalidInput.one("?month", "out_of_range", _("A month of the years %(low)s to %(high)s.") % values)
    if way not in WAYS:
        names = ", ".join(WAYS)
        raise InvalidInput.one("?way", "invalid_choice", _("Choose one of: %(names)s.") % {"names": names})
    return Told(month, way)


def timeline(projects: QuerySet[Project], *, version: str, today: date) -> bytes:
    """``{version, from, months, now, vocab, code, happened, promised, behind}`` of ``projects``, by code; 5 queries. With a
    place or without.

    Month 0 is ``from`` (``YYYY-MM``), ``now`` the month of today. ``happened`` and ``promised`` hold a list for each site:
    month, place in ``vocab.status``, place in ``vocab.reached``, month, … : the status at the end of that month and of those
    after it, and how far it had come by then (`schedule.steps.reached`). Before the first the project is proposed; an empty
    ``promised`` is no promise. ``behind``: the months in which being behind the promise begins, ends, begins, …
    Raises InvalidInput where there are more than ``MOST``.
    """
    _check(projects)
    found = stories(projects, today)
    codes = dict(projects.order_by("code").values_list("pk", "code"))
    happened = {pk: found[pk].happened for pk in codes}
    promised = {pk: found[pk].promised for pk in codes}
    days = [day for steps in (*happened.values(), *promised.values()) for day, _status in steps]
    first, last = _range([*days, today])
    packed = [(_packed(happened[pk], _month(first)), _packed(promised[pk], _month(first))) for pk in codes]
    return orjson.dumps(
        {
            "version": version,
            **_months(first, last, today),
            "vocab": _VOCABULARY,
            "code": list(codes.values()),
            "happened": [happens for happens, _promises in packed],
            "promised": [promises for _happens, promises in packed],
            "behind": [_behind(happens, promises) for happens, promises in packed],
        }
    )


def known(projects: QuerySet[Project], *, version: str, today: date, in_full: Iterable[int]) -> bytes:
    """The same with ``known``: what the record said at the end of each month, -1 -1 where it said nothing to this reader.
    ``behind``: the promise as the record said it. One query more.
    """
    _check(projects)
    codes = dict(projects.order_by("code").values_list("pk", "code"))
    steps: dict[int, Steps] = {**known_steps(projects, in_full=in_full)}
    promised = {pk: story.promised for pk, story in stories(projects, today).items()}
    first, last = _range([today, *(day for found in steps.values() for day, _status in found)])
    packed = [(_packed(steps.get(pk, ()), _month(first)), _packed(promised[pk], _month(first))) for pk in codes]
    return orjson.dumps(
        {
            "version": version,
            **_months(first, last, today),
            "vocab": _VOCABULARY,
            "code": list(codes.values()),
            "known": [knows for knows, _promises in packed],
            "behind": [_behind(knows, promises) for knows, promises in packed],
        }
    )


def _check(projects: QuerySet[Project]) -> None:
    if projects.order_by()[MOST : MOST + 1].exists():
        raise InvalidInput.one(
            "?", "too_many", _("A timeline shows at most %(n)s sites: narrow the filters.") % {"n": f"{MOST:,}"}
        )


def _range(days: Sequence[date]) -> tuple[date, date]:
    return max(min(days), EARLIEST), min(max(days), LATEST)


def _month(day: date) -> int:
    return day.year * 12 + day.month - 1


def _months(first: date, last: date, today: date) -> dict[str, Any]:
    return {
        "from": f"{first:%Y-%m}",
        "months": _month(last) - _month(first) + 1,
        "now": _month(today) - _month(first),
    }


def _packed(steps: Steps, first: int) -> list[int]:
    """The last step of each month: what holds at its end."""
    by_month = {
        max(0, _month(day) - first): (-1 if status is None else _PLACES[status], far)
        for day, status, far in reached(steps)
    }
    return [number for month, (place, far) in by_month.items() for number in (month, place, far)]


def _behind(happened: Sequence[int], promised: Sequence[int]) -> list[int]:
    """The months in which it changes whether the site is as far as was promised; at first it is. A promise ends with what it
    was given for: what was cancelled is behind nothing.
    """
    changes: list[int] = []
    for month in sorted({*happened[::3], *promised[::3]}) if promised else ():
        place, far = _at(happened, month)
        late = place not in (-1, _PLACES[Status.CANCELLED]) and far < _at(promised, month)[1]
        if late != bool(len(changes) % 2):
            changes.append(month)
    return changes


def _at(packed: Sequence[int], month: int) -> tuple[int, int]:
    """Status and how far, at the end of a month."""
    found = (0, 0)
    for since, place, far in zip(packed[::3], packed[1::3], packed[2::3], strict=True):
        if since <= month:
            found = (place, far)
    return found
