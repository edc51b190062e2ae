"""The bytes that the ledger's hashes cover, judged by the reference package of RFC 8785."""

from __future__ import annotations

import hashlib
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from projects_api.canonical import canonical, entry_hash
from projects_api.choices import Status

SAFE = 2**53 - 1
text = st.text(st.characters(exclude_categories=["Cs"]))
plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-SAFE, SAFE)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.floats(-180, 180)
    | text,
    lambda inner: st.lists(inner) | st.dictionaries(text, inner),
    max_leaves=30,
)


@given(plain)
@example([40.0, -0.0, 1e-5, 1e-7, 1.5e-7, 1e16, 1.5e16, 1e20, 123456789012345680000.0, 1e21, -1e300, 5e-324])
@example({"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\u0080": 6, "ö": 7, "": 8})
@example('\u0000\u0008\u000c\n\r\t\u001f\u007f\u2028"\\/')
def test_it_is_rfc_8785(value: Any) -> None:
    assert canonical(value) == rfc8785.dumps(value)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_is_printed_as_ecmascript_does(value: float) -> None:
    assert canonical(value) == rfc8785.dumps(value)


def test_a_number_has_one_form_whatever_a_database_made_of_it() -> None:
    assert canonical([40, 1.0, -0.0, 109.58806]) == canonical([40.0, 1, 0, 109.58806]) == b"[40,1,0,109.58806]"


def test_the_order_of_members_does_not_matter_and_codes_are_text() -> None:
    assert canonical({"b": {"d": 1, "c": 2}, "a": Status.IN_USE}) == b'{"a":"in_use","b":{"c":2,"d":1}}'
    assert canonical({"县": "蒲城"}) == '{"县":"蒲城"}'.encode()


def test_the_hash_is_sha_256_of_the_bytes() -> None:
    fields: dict[str, Any] = {"version": 1, "patch": [{"op": "add", "path": "", "value": {"title_zh": "第十二幼儿园"}}]}
    assert entry_hash(fields) == hashlib.sha256(rfc8785.dumps(fields)).hexdigest()


@pytest.mark.parametrize("value", [date(2026, 11, 1), Decimal("1.00"), {1: 2}, {"a": object()}, {"a": {1, 2}}, b"a"])
def test_what_is_not_json_is_a_mistake_of_the_caller(value: Any) -> None:
    with pytest.raises(TypeError):
        canonical(value)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**53, -(2**53), 10**30, "\ud800", {"\ud800": 1}])
def test_what_json_cannot_hold_safely_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        canonical(value)
