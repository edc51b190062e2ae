"""The timeline's document: for each site the months in which its status changed, three ways of telling it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import orjson
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from mapviews.columns import VOCABULARIES
from projects_api.choices import Status
from projects_api.errors import InvalidInput
from projects_api.models import Project
from projects_api.selectors.timeline import known_steps, stories

MOST = 20_000  # sites; each holds about twenty stages, read at once
EARLIEST, LATEST = date(1990, 1, 1), date(2100, 1, 1)  # a date typed wrong must not make a slider of a thousand years
_PLACES = {code: place for place, code in enumerate(VOCABULARIES["status"])}
Steps = Sequence[tuple[date, Status | None]]


def timeline(projects: QuerySet[Project], *, version: str, today: date) -> bytes:
    """``{version, from, months, now, vocab, code, happened, promised}`` of ``projects``, by code; 5 queries. With a place
    or without.

    Month 0 is ``from`` (``YYYY-MM``), ``now`` the month of today. ``happened`` and ``promised`` hold a list for each site:
    month, place in ``vocab.status``, month, … : the status at the end of that month and of those after it. Before the first
    the project is proposed. Raises InvalidInput where there are more than ``MOST``.
    """
    _check(projects)
    found = stories(projects, today)
    codes = dict(projects.order_by("code").values_list("pk", "code"))
    happened = {pk: found[pk].happened for pk in codes}
    promised = {pk: found[pk].promised for pk in codes}
    days = [day for steps in (*happened.values(), *promised.values()) for day, _status in steps]
    first, last = _range([*days, today])
    return orjson.dumps(
        {
            "version": version,
            **_months(first, last, today),
            "vocab": {"status": VOCABULARIES["status"]},
            "code": list(codes.values()),
            "happened": _all(happened, codes, first),
            "promised": _all(promised, codes, first),
        }
    )


def known(projects: QuerySet[Project], *, version: str, today: date, in_full: Iterable[int]) -> bytes:
    """The same with ``known``: what the record said at the end of each month, -1 where it said nothing to this reader."""
    _check(projects)
    codes = dict(projects.order_by("code").values_list("pk", "code"))
    steps: dict[int, Steps] = {**known_steps(projects, in_full=in_full)}
    first, last = _range([today, *(day for found in steps.values() for day, _status in found)])
    return orjson.dumps(
        {
            "version": version,
            **_months(first, last, today),
            "vocab": {"status": VOCABULARIES["status"]},
            "code": list(codes.values()),
            "known": _all(steps, codes, first),
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


def _all(steps: Mapping[int, Steps], codes: Iterable[int], first: date) -> list[list[int]]:
    return [_packed(steps.get(pk, ()), _month(first)) for pk in codes]


def _packed(steps: Steps, first: int) -> list[int]:
    """The last step of each month: what holds at its end."""
    by_month = {max(0, _month(day) - first): -1 if status is None else _PLACES[status] for day, status in steps}
    return [number for month, place in by_month.items() for number in (month, place)]
