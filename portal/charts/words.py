"""How charts write days, periods and percents, in the language of the page; slips: ``projects_api.late_words``."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from projects_api.wording import in_chinese


@lru_cache(maxsize=4096)
def _short_day(day: date, year: int | None, chinese: bool) -> str:
    if chinese:
        return f"{day.month}月{day.day}日" if day.year == year else f"{day.year}年{day.month}月{day.day}日"
    return date_format(day, "j M" if day.year == year else "j M Y")


def short_day(day: date | None, year: int | None = None, *, chinese: bool | None = None) -> str:
    """``30 Jun 2023`` or ``2023年6月30日``, without the year if it is ``year``; empty for none.

    Who writes thousands of days says ``chinese``, to have the language looked up once.
    """
    return _short_day(day, year, in_chinese() if chinese is None else chinese) if day else ""


def month_word(day: date) -> str:
    return f"{day.month}月" if in_chinese() else date_format(day, "M")


def year_word(day: date) -> str:
    return f"{day.year}年" if in_chinese() else str(day.year)


def days_word(count: int) -> str:
    return ngettext("%(n)s day", "%(n)s days", count) % {"n": f"{count:,}"}


def period(start: date | None, finish: date | None, year: int | None = None, *, chinese: bool | None = None) -> str:
    """Both days with their year where they are of two: 8 June 2020 – 25 August would be read as days of one summer."""
    if start and finish and start != finish:
        year = year if start.year == finish.year else None
        return f"{short_day(start, year, chinese=chinese)} – {short_day(finish, year, chinese=chinese)}"
    if start and not finish:
        return _("from %(day)s") % {"day": short_day(start, year, chinese=chinese)}
    return short_day(finish, year, chinese=chinese)


def percent(value: float) -> str:
    return f"{round(value, 1):g}%"
