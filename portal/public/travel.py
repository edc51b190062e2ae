"""The day of a page: ``?on=2023-06-30`` and ``?as_of=…`` as the API reads them, and the words that say which day is shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils import timezone

from projects_api.filtersets import checked_query
from projects_api.models import Bureau
from projects_api.past import When, when_in

PARAMETERS = ("on", "as_of")


@dataclass(frozen=True)
class Journey:
    """For ``public/_travel.html``. ``words`` and ``query`` (``?on=…``) are empty today; ``last`` is the last day to ask for."""

    on: date | None
    as_of: date | None
    last: date
    words: str
    query: str


def asked(request: HttpRequest, bureau: Bureau) -> When:
    """The day that the query string asks for; a field of the form left empty asks for nothing. Raises InvalidInput."""
    data = checked_query(request.GET, known=PARAMETERS)
    given = {name: text for name in PARAMETERS if (text := data.get(name))}
    return when_in(given, bureau.day_of(timezone.now()))


def journey(when: When) -> Journey:
    query = f"?{urlencode(when.given)}" if when.given else ""
    return Journey(when.on, when.as_of, when.today, when.words, query)
