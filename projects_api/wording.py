"""How dates, money, areas and places are written for the reader, in the language of the moment; pure formatting."""

from __future__ import annotations

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from projects_api.choices import LocationPrecision

_WAN = Decimal(10_000)


def in_chinese() -> bool:
    return (get_language() or "").startswith("zh")


def day(value: date | str | None) -> str:
    """``2023年6月30日`` or ``30 June 2023``; an ISO date is read, an empty value stays empty."""
    if not value:
        return ""
    if isinstance(value, str):
        value = date.fromisoformat(value)
    if in_chinese():
        return f"{value.year}年{value.month}月{value.day}日"
    return date_format(value, "j F Y")


def month(value: date) -> str:
    """``2023年6月`` or ``June 2023``."""
    return f"{value.year}年{value.month}月" if in_chinese() else date_format(value, "F Y")


def moment(value: datetime) -> str:
    """Day and time in the installation's time zone."""
    local = timezone.localtime(value)
    return f"{day(local.date())} {local:%H:%M}" if in_chinese() else f"{day(local.date())}, {local:%H:%M}"


def grouped(value: Decimal | int | str | None) -> str:
    """A number with its thousands apart and no useless zeros: ``39,970`` or ``0.5``."""
    if value is None or value == "":
        return ""
    text = f"{Decimal(value):,.2f}"
    return text.rstrip("0").rstrip(".")


def money(amount: Decimal | str | None, currency: str = "CNY") -> str:
    """万元 for the Chinese reader (below 10,000 yuan: 元), yuan with grouping in English; other currencies by their code."""
    if amount is None or amount == "":
        return ""
    amount = Decimal(amount)
    if currency != "CNY":
        return f"{currency} {grouped(amount)}"
    if not in_chinese():
        return _("%(amount)s yuan") % {"amount": grouped(amount)}
    if abs(amount) < _WAN:
        return f"{grouped(amount)}元"
    return f"{grouped((amount / _WAN).quantize(Decimal('0.01'), ROUND_HALF_UP))}万元"


def area(value: Decimal | str | None) -> str:
    """Square metres."""
    return _("%(area)s m²") % {"area": grouped(value)} if value not in (None, "") else ""


def coordinates(lon: float, lat: float) -> str:
    """Degrees in WGS84, with 5 decimals (about 1 m)."""
    values = {
        "lat": f"{abs(lat):.5f}",
        "lon": f"{abs(lon):.5f}",
        "ns": _("N") if lat >= 0 else _("S"),
        "ew": _("E") if lon >= 0 else _("W"),
    }
    return _("%(lat)s° %(ns)s, %(lon)s° %(ew)s") % values


def precision_words(precision: str, accuracy: int | None) -> str:
    """How well a place is known: ``Measured on site by a device, ± 12 m``."""
    known = str(LocationPrecision(precision).label) if precision in LocationPrecision.values else precision
    return _("%(known)s, ± %(n)s m") % {"known": known, "n": grouped(accuracy)} if accuracy else known
