"""One byte string per document: RFC 8785 (JSON Canonicalization Scheme) for the ledger's hashes; pure.

orjson does the writing. It differs from RFC 8785 in two ways: floats that are integral, very small or very
large print differently, and keys sort by code point instead of UTF-16 unit. Only where that shows are they
written here by hand.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import orjson

_MAX_INTEGER = 2**53 - 1  # I-JSON (RFC 7493): beyond it readers disagree
_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS


def canonical(value: object) -> bytes:
    """The RFC 8785 bytes of plain JSON: dict with str keys, list, str, int, finite float, bool, None.

    Raises TypeError for any other type (dates, Decimal: write them as strings first), ValueError for a number
    that JSON cannot hold safely or a lone surrogate.
    """
    return _dump(_plain(value))


def entry_hash(fields: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical bytes, 64 hexadecimal digits."""
    return hashlib.sha256(canonical(dict(fields))).hexdigest()


def _dump(plain: Any) -> bytes:
    try:
        return orjson.dumps(plain, option=_OPTIONS)
    except orjson.JSONEncodeError as error:
        raise ValueError(str(error)) from None


def _plain(value: Any) -> Any:
    """The same value, or where orjson would write something else a value that it writes right."""
    kind = type(value)
    if kind is str or value is None or kind is bool:
        return value
    if kind is dict:
        # One look at all keys together is cheaper than one at each; it also refuses keys that are not
        # strings.
        keys = "".join(value)
        members = {key: _plain(item) for key, item in value.items()}
        return members if keys.isascii() or max(keys) <= "\uffff" else _sorted_by_utf16(members)
    if kind is int:
        if not -_MAX_INTEGER <= value <= _MAX_INTEGER:
            raise ValueError("an integer beyond 2**53 is not safe in JSON: write it as a string")
        return value
    if kind is float:
        return _number(value)
    if kind is list or kind is tuple:
        return [_plain(item) for item in value]
    if isinstance(value, str):  # TextChoices, SafeString
        return str.__str__(value)
    raise TypeError(f"{kind.__name__} has no place in a document")


def _sorted_by_utf16(members: dict[str, Any]) -> orjson.Fragment:
    """The two orders part company beyond U+FFFF (rare Chinese characters, emoji)."""
    keys = sorted(members, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
    return orjson.Fragment(b"{" + b",".join(_dump(key) + b":" + _dump(members[key]) for key in keys) + b"}")


def _number(value: float) -> Any:
    if not math.isfinite(value):
        raise ValueError("a number in a document is finite")
    if value.is_integer() and abs(value) <= _MAX_INTEGER:
        return int(value)
    # In between orjson prints as ECMAScript does.
    return value if 1e-3 <= abs(value) < 1e15 else orjson.Fragment(_ecmascript(value))


def _ecmascript(value: float) -> str:
    """ECMA-262, Number::toString: Python's shortest digits, laid out the other way."""
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    text = "".join(map(str, digits))
    point = len(text) + int(exponent)  # where the decimal point stands, counted from the first digit
    if len(text) <= point <= 21:
        text += "0" * (point - len(text))
    elif 0 < point <= 21:
        text = f"{text[:point]}.{text[point:]}"
    elif -6 < point <= 0:
        text = f"0.{'0' * -point}{text}"
    else:
        fraction = f".{text[1:]}" if len(text) > 1 else ""
        text = f"{text[0]}{fraction}e{point - 1:+d}"
    return f"-{text}" if sign else text
