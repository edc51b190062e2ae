"""A table's own checks, looked at in Python: what the database will say of a row, without asking it once per constraint; pure.

Django's `validate_constraints` sends a query for every check (17 for a milestone), a third of what a write costs. The database
still checks each of them when the row is written; this only finds the words, and finds all of them at once.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from functools import reduce
from typing import Any

from django.db.models import F, Model, Q

Truth = bool | None  # SQL's three values: None is unknown

_COMPARES: dict[str, Callable[[Any, Any], bool]] = {
    "exact": operator.eq,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
    "in": lambda value, options: value in options,
    "regex": lambda value, pattern: re.search(pattern, value, re.ASCII) is not None,
}


class Unknown(Exception):
    """A condition that is not understood here: ask the database."""


def passes(condition: Q, row: Model) -> bool:
    """Whether a CHECK with this condition lets the row in: it does unless the condition is false. Raises Unknown."""
    return _truth(condition, row) is not False


def _truth(condition: Q, row: Model) -> Truth:
    found = [_truth(part, row) if isinstance(part, Q) else _lookup(part, row) for part in condition.children]
    if not found:
        return not condition.negated
    if condition.connector not in (Q.AND, Q.OR):
        raise Unknown(condition.connector)
    whole = reduce(_both if condition.connector == Q.AND else _either, found)
    return whole if not condition.negated or whole is None else not whole


def _both(one: Truth, other: Truth) -> Truth:
    if one is False or other is False:
        return False
    return None if one is None or other is None else True


def _either(one: Truth, other: Truth) -> Truth:
    if one is True or other is True:
        return True
    return None if one is None or other is None else False


def _lookup(part: Any, row: Model) -> Truth:
    if not isinstance(part, tuple):
        raise Unknown(repr(part))
    name, wanted = part
    field, _sep, lookup = name.partition("__")
    value = _value(row, field)
    if lookup == "isnull":
        return (value is None) is wanted
    if lookup not in ("", *_COMPARES):
        raise Unknown(name)
    if isinstance(wanted, F):
        wanted = _value(row, wanted.deconstruct()[1][0])
    if value is None or wanted is None:
        return None
    try:
        return _COMPARES[lookup or "exact"](value, wanted)
    except TypeError as error:
        raise Unknown(name) from error


def _value(row: Model, name: str) -> Any:
    """The column's value; a reference is its key."""
    try:
        value = getattr(row, row._meta.get_field(name).attname)  # type: ignore[union-attr]
    except (LookupError, AttributeError) as error:
        raise Unknown(name) from error
    if hasattr(value, "resolve_expression"):
        raise Unknown(name)
    return value
