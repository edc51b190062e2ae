"""What the record can hold: first and last day, the most of each figure. The tables' own checks, forms, tables that are read
and packages go by these; pure."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

# From the founding of the bureaus' predecessors to a far horizon; anything outside is a typing error.
EARLIEST, LATEST = date(1949, 10, 1), date(2100, 12, 31)
# A time as RFC 3339 writes it. Without its zone nobody could say which moment is meant.
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})", re.ASCII)
MONEY_MAX = Decimal("9999999999999.99")  # yuan
AREA_MAX = 10_000_000  # square metres
CLASSES_MAX, PLACES_MAX = 500, 50_000
