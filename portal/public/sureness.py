"""How sure the expected day is, in one sentence: the forecast held against usual durations, so that no second date competes."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from projects_api.schedule.odds import Odds
from projects_api.wording import day


def sure_words(expected: date | None, odds: tuple[date, date, Odds] | None) -> str:
    """``odds``: the days by which half and 80 % of all cases are finished (`Schedule.odds`). "" where there is nothing to say."""
    if expected is None or odds is None:
        return ""
    even, likely, _runs = odds
    said = {"even": day(even), "likely": day(likely)}
    if likely < expected:
        words = _("Quite sure: at the usual pace it would be ready even earlier in 8 of 10 cases, by %(likely)s.")
    elif likely == expected:
        words = _("Quite sure: at the usual pace it is ready by then in 8 of 10 cases.")
    elif even <= expected:
        words = _(
            "Likely, not certain: at the usual pace it is ready by then in more than half of all cases, "
            "by %(likely)s in 8 of 10."
        )
    elif even == likely:
        words = _("Ambitious: at the usual pace it is ready by %(likely)s.")
    else:
        words = _(
            "Ambitious: at the usual pace it is ready by %(even)s in half of all cases, by %(likely)s in 8 of 10."
        )
    return words % said
