"""How late or early something is, in words of the moment's language: the one place for pages, charts, maps and paper. Pure.

Days are calendar days behind what was promised or planned; below zero: early.
"""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from projects_api.wording import day


def _days(count: int) -> dict[str, str]:
    return {"n": f"{abs(count):,}"}


def slip_words(days: int | None, done: bool) -> str:
    """Of a stage, or a figure with its own heading: for what is done, or else for what is expected; empty if not known."""
    if days is None:
        return ""
    if days == 0:
        return _("on plan")
    if days < 0:
        return ngettext("%(n)s day early", "%(n)s days early", -days) % _days(days)
    if done:
        return ngettext("%(n)s day late", "%(n)s days late", days) % _days(days)
    return ngettext("expected %(n)s day late", "expected %(n)s days late", days) % _days(days)


def overdue_words(days: int) -> str:
    """Of what was expected by now and has no other day."""
    return ngettext("overdue by %(n)s day", "overdue by %(n)s days", days) % _days(days)


def later_words(days: int, *, promised: bool) -> str:
    """Of an expected day beside the one that was promised, or only planned."""
    if promised:
        return ngettext("%(n)s day later than promised", "%(n)s days later than promised", days) % _days(days)
    return ngettext("%(n)s day later than planned", "%(n)s days later than planned", days) % _days(days)


def finished_words(days: int) -> str:
    """Of a project that is ready: it is not late any more, it was."""
    if days == 0:
        return _("finished on time")
    if days < 0:
        return ngettext("finished %(n)s day early", "finished %(n)s days early", -days) % _days(days)
    return ngettext("finished %(n)s day late", "finished %(n)s days late", days) % _days(days)


def standing_words(since: date | str | None) -> str:
    """Of a project that is suspended; ``since``: a day, an ISO date, or nothing where nobody said it."""
    return _("suspended since %(since)s") % {"since": day(since)} if since else _("work is suspended")


def project_words(
    days: int | None, *, over: bool, known: bool, suspended: bool = False, since: date | str | None = None
) -> str:
    """A whole project beside its light: ``expected 47 days late``, ``finished 3 days early``, ``suspended since 3 May 2024
    · overdue by 12 days``. ``days`` None: nothing was promised. ``known``: whether a day of opening is.
    """
    if over:
        return finished_words(days) if days is not None else ""
    overdue = overdue_words(days) if days and days > 0 and not known else ""
    if suspended:
        return " · ".join(filter(None, [standing_words(since), overdue]))
    if days is None or not known:
        return overdue
    return slip_words(days, False) if days else _("expected on time")
