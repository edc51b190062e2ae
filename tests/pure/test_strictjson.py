"""Request bodies: what two parsers could read differently, or a database cannot hold, is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projects_api.errors import DomainError, TooLarge
from projects_api.strictjson import loads
from tests.pure.refusals import refusal


def read(body: bytes, **limits: int) -> Any:
    return loads(body, **{"max_bytes": 2_000_000} | limits)


storable = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**38), 10**38)
    | st.floats(allow_nan=False, allow_infinity=False)
    | storable,
    lambda inner: st.lists(inner) | st.dictionaries(storable, inner),
    max_leaves=20,
)


@given(value=plain, ascii_only=st.booleans())
def test_ordinary_json_is_read_as_python_reads_it(value: object, ascii_only: bool) -> None:
    assert read(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        (b"", "", "invalid_json"),
        (b"{", "", "invalid_json"),
        (b"{} {}", "", "invalid_json"),
        (b'{"a":1}x', "", "invalid_json"),
        (b"{'a':1}", "", "invalid_json"),
        (b'{"a":1,}', "", "invalid_json"),
        (b'{"a":01}', "", "invalid_json"),
        (b'{"a":+1}', "", "invalid_json"),
        (b'{"a":"\x01"}', "", "invalid_json"),
        (b'{"a":"\x00"}', "", "invalid_json"),
        (b'{"a":sNaN}', "", "invalid_json"),
        (b"\x00", "", "invalid_json"),
        (b'\xef\xbb\xbf{"a":1}', "", "byte_order_mark"),
        ('{"a":1}'.encode("utf-16"), "", "invalid_utf8"),
        ("蒲城县".encode("gb18030"), "", "invalid_utf8"),
        (b'{"a":"\xed\xa0\x80"}', "", "invalid_utf8"),
        (b'{"a":"\xc0\x80"}', "", "invalid_utf8"),
        (b'{"a":{"b":NaN}}', "/a/b", "not_finite"),
        (b'{"a":[1,Infinity]}', "/a/1", "not_finite"),
        (b"-Infinity", "", "not_finite"),
        (b'{"a":1e999}', "/a", "out_of_range"),
        (b'{"a":-1e999}', "/a", "out_of_range"),
        (b'{"a":' + b"9" * 5_000 + b"}", "/a", "too_many_digits"),
        (b'{"a":-' + b"9" * 100_000 + b"}", "/a", "too_many_digits"),
        (b'{"a":0.' + b"1" * 5_000 + b"}", "/a", "too_many_digits"),
        (b'{"a":1,"a":2}', "/a", "duplicate_key"),
        (b'{"a":{"b":1,"\\u0062":1}}', "/a/b", "duplicate_key"),
        (b'[{"x/y~z":1,"x/y~z":2}]', "/0/x~1y~0z", "duplicate_key"),
        (b'{"a":["\\ud800"]}', "/a/0", "surrogate"),
        (b'{"a":"\\udc00\\ud800"}', "/a", "surrogate"),
        (b'{"a":{"\\ud800":1}}', "/a", "surrogate"),
        (b'{"a":"x\\u0000"}', "/a", "nul"),
        (b'{"\\u0000":1}', "", "nul"),
    ],
)
def test_a_bad_body_is_refused_with_its_place(body: bytes, pointer: str, code: str) -> None:
    assert refusal(read, body) == (pointer, code)


def test_a_pair_of_surrogate_escapes_is_one_character() -> None:
    assert read(b'{"a":"\\ud842\\udfb7"}') == {"a": "𠮷"}


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"a":'])
def test_deep_nesting_is_refused_and_not_recursed_into(opening: bytes) -> None:
    assert refusal(read, opening * 100_000) == ("", "too_deep")


def test_brackets_in_strings_are_no_nesting() -> None:
    body = json.dumps({"a": "[" * 10_000 + '\\"{' * 10_000}).encode()
    assert read(body) == json.loads(body)
    # An unfinished string full of escaped quotes: each could start the search again.
    assert refusal(read, b'{"a":"' + b'\\"' * 500_000) == ("", "invalid_json")


def test_the_depth_and_the_size_are_limits() -> None:
    assert read(b"[" * 32 + b"]" * 32)
    assert refusal(read, b"[" * 33 + b"]" * 33) == ("", "too_deep")
    assert read(b"[[]]", max_depth=2) == [[]]
    assert read(b'"12345678"', max_bytes=10) == "12345678"
    with pytest.raises(TooLarge):
        read(b'"123456789"', max_bytes=10)


@given(st.binary(max_size=60) | st.text('{}[]",:\\u0eE+-19.aNI', max_size=60).map(str.encode))
def test_no_bytes_break_it(body: bytes) -> None:
    try:
        value = read(body)
    except DomainError:
        return
    json.dumps(value, allow_nan=False).encode("utf-8")
