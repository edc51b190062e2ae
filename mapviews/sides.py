"""The two sides of a comparison: which layer, and of which day, from the address. Wrong ones are named with a 400."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.http import QueryDict
from django.utils.translation import gettext as _

from mapviews.columns import PAINTS
from projects_api.errors import InvalidInput
from projects_api.past import When, when_in

NAMES = ("left", "right")
SIDES = tuple(f"{side}_{what}" for side in NAMES for what in ("layer", "day", "known"))


@dataclass(frozen=True)
class Side:
    """``day`` None: today. ``known``: as it was known then (``as_of``), not as it was (``on``)."""

    name: str
    layer: str
    day: date | None
    known: bool

    @property
    def query(self) -> str:
        """What this side asks for beside the filters."""
        return f"{'as_of' if self.known else 'on'}={self.day}" if self.day else ""


def sides_in(query: QueryDict, today: date) -> tuple[Side, Side]:
    """``left_layer=status|light``, ``left_day=YYYY-MM-DD`` (empty: today), ``left_known=1``; the same of ``right``.

    Without any of them: a year ago on the left, today on the right. Raises InvalidInput.
    """
    nothing_said = not any(query.get(name) for name in SIDES)
    left, right = (_side(query, name, today) for name in NAMES)
    if nothing_said:
        left = Side("left", left.layer, today - timedelta(days=365), known=False)
    return left, right


def _side(query: QueryDict, name: str, today: date) -> Side:
    layer = query.get(f"{name}_layer") or "status"
    if layer not in PAINTS:
        raise InvalidInput.one(
            f"?{name}_layer", "invalid_choice", _("Choose one of: %(names)s.") % {"names": ", ".join(PAINTS)}
        )
    known = query.get(f"{name}_known") or ""
    if known not in ("", "1"):
        raise InvalidInput.one(f"?{name}_known", "invalid_choice", _("Choose one of: %(names)s.") % {"names": "1"})
    when = _day(query, f"{name}_day", today)
    return Side(name, layer, None if when.on == today else when.on, bool(known))


def _day(query: QueryDict, name: str, today: date) -> When:
    """A day of the record under another name. Raises InvalidInput that names it so."""
    text = query.get(name)
    try:
        return when_in({"on": text} if text else {}, today)
    except InvalidInput as error:
        raise InvalidInput.one(f"?{name}", error.errors[0].code, error.errors[0].message) from error
