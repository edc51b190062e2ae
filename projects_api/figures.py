"""A number has one spelling in the record: there is no minus before a nought; pure.

-0.0 and -0.00 equal 0 and are written otherwise. A ledger that hashed one while the table holds the other contradicts itself.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TypeVar

Value = TypeVar("Value")


def unsigned_zero(value: Value) -> Value:
    """The same number; a nought of a Decimal or float without its sign. Whatever else is handed in comes back."""
    return abs(value) if isinstance(value, Decimal | float) and value == 0 else value  # type: ignore[return-value]
