"""Terms set by law: filing within 15 days of acceptance, start within 3 months of the permit (`domain.md`)."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

from projects_api.schedule.facts import MilestoneFacts
from projects_api.schedule.forecast import Forecast


def deadline_of(facts: MilestoneFacts, expected: Forecast) -> date | None:
    """The last day on which the law allows the stage to end; None without a term, or where nothing starts it."""
    limit = facts.limit
    begins = expected.stages.get(limit.after) if limit else None
    return later(begins.finish, days=limit.days, months=limit.months) if limit and begins else None


def later(day: date, *, days: int = 0, months: int = 0) -> date:
    """So many calendar months (the same day, or the month's last) and days later."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1])) + timedelta(days=days)
