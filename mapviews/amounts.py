"""Amounts as short words for legends, tables and marks: 万元 for the Chinese reader, millions of yuan for the English one."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from django.utils.translation import gettext as _

from mapviews.styles import speaks_chinese

_WAN, _MILLION = Decimal(10_000), Decimal(1_000_000)


def number(value: Decimal | int) -> str:
    """Grouped, with as many decimals as three figures need: ``11,800``, ``24.6``, ``1.85``."""
    value = Decimal(value)
    decimals = 0 if abs(value) >= 100 or value == value.to_integral_value() else 1 if abs(value) >= 10 else 2
    rounded = value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    text = f"{rounded:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@dataclass(frozen=True)
class Unit:
    """What amounts are counted in: ``word`` names it in a heading, ``size`` is how much of the currency it is."""

    word: str
    size: Decimal
    currency: str = "CNY"

    def count(self, amount: Decimal) -> Decimal:
        return amount / self.size

    def number(self, amount: Decimal | None) -> str:
        return "–" if amount is None else number(self.count(amount))

    @property
    def pattern(self) -> str:
        return f"%(n)s{self.word}" if speaks_chinese() else f"%(n)s {self.word}"

    def words(self, amount: Decimal) -> str:
        """With the unit: ``2,460万元``, ``24.6 million yuan``."""
        return self.pattern % {"n": self.number(amount)}


def large(currency: str) -> Unit:
    """For sums of whole projects."""
    if speaks_chinese():
        return Unit("万元" if currency == "CNY" else f"万 {currency}", _WAN, currency)
    return Unit(_("million yuan") if currency == "CNY" else f"million {currency}", _MILLION, currency)


def small(currency: str) -> Unit:
    """For what one place costs."""
    if speaks_chinese():
        return Unit("万元" if currency == "CNY" else f"万 {currency}", _WAN, currency)
    return Unit(_("thousand yuan") if currency == "CNY" else f"thousand {currency}", Decimal(1000), currency)
