"""Days, money and references as OC4IDS writes them; pure."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

Json = dict[str, Any]


@lru_cache(maxsize=50_000)
def start_of(day: str, zone: str) -> str:
    """A day as the standard's date-time: its first moment where the bureau is."""
    first = date.fromisoformat(day)
    return datetime(first.year, first.month, first.day, tzinfo=ZoneInfo(zone)).isoformat()


def period(start: str | None, end: str | None, zone: str) -> Json:
    """From day to day. An end before the start would be an error in the standard: then the start is left out."""
    if start and end and end < start:
        start = None
    found = {}
    if start:
        found["startDate"] = start_of(start, zone)
    if end:
        found["endDate"] = start_of(end, zone)
    return found


def money(amount: str, currency: str) -> Json:
    """Up to 13 digits and two decimals: exact as a double."""
    value = float(amount)
    return {"amount": int(value) if value.is_integer() else value, "currency": currency}


def number(text: str) -> int | float:
    value = float(text)
    return int(value) if value.is_integer() else value


def organization_id(name: str) -> str:
    """The same name is the same organization, in every project and package."""
    return f"schoolworks-org-{hashlib.sha256(name.encode()).hexdigest()[:12]}"


def filled(**members: Any) -> Json:
    """Without what says nothing: the standard wants empty fields left out."""
    return {
        name: value
        for name, value in members.items()
        if value is not None and value != "" and value != [] and value != {}
    }
