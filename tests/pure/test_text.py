"""Names and notes from outside: odd characters are refused, markup is ordinary text."""

from __future__ import annotations

import unicodedata

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from projects_api.errors import InvalidInput
from projects_api.text import clean_line, clean_text, validate_line, validate_text
from tests.pure.refusals import refusal


def line(value: object) -> str:
    return clean_line(value, pointer="/title_zh", max_length=200)


def text(value: object) -> str:
    return clean_text(value, pointer="/note", max_length=2_000)


@pytest.mark.parametrize(
    "value",
    [
        "{{7*191}}",
        "{% b",
        "${1}",
        "`whoami`",
        "</script><img src=x onerror=alert(1)>",
        "=1+1",
        "蒲城县第十二幼儿园（一期）",
        "𠮷野家小学",  # beyond U+FFFF
        "Ağrı · São",
        "50 % \\ \"quoted\" 'too'",
    ],
)
def test_ordinary_and_template_text_is_kept_letter_by_letter(value: str) -> None:
    assert line(value) == value
    assert text(value) == value
    validate_line(value)
    validate_text(value)


def test_names_are_stripped_and_normalised() -> None:
    assert line("  Cafe\u0301 \u3000") == "Café"
    assert text("a\r\nb\rc\u2028d\te") == "a\nb\nc\nd\te"


@pytest.mark.parametrize(
    ("char", "code"),
    [
        ("\x00", "control_character"),
        ("\x1b", "control_character"),
        ("\x7f", "control_character"),
        ("\t", "control_character"),
        ("\n", "line_break"),
        ("\r", "line_break"),
        ("\x85", "line_break"),
        ("\u2028", "line_break"),
        ("\ud800", "surrogate"),
        ("\udfff", "surrogate"),
        ("\ufffe", "noncharacter"),
        ("\uffff", "noncharacter"),
        ("\ufdd0", "noncharacter"),
        ("\U0010ffff", "noncharacter"),
        ("\u202e", "bidi_control"),
        ("\u2066", "bidi_control"),
        ("\u200f", "bidi_control"),
        ("\u061c", "bidi_control"),
        ("\u200b", "invisible_character"),
        ("\u200d", "invisible_character"),
        ("\u2060", "invisible_character"),
        ("\ufeff", "invisible_character"),
        ("\u00ad", "invisible_character"),
        ("\U000e0041", "invisible_character"),
        ("\u3164", "invisible_character"),
    ],
)
def test_what_cannot_be_stored_or_seen_is_refused_in_names(char: str, code: str) -> None:
    assert refusal(line, f"学校{char}一") == ("/title_zh", code)
    with pytest.raises(ValidationError) as caught:
        validate_line(f"学校{char}一")
    assert caught.value.code == code


def test_the_refusal_names_the_character_and_its_place() -> None:
    with pytest.raises(InvalidInput, match=r"U\+202E"):
        line("学校\u202e一")


@pytest.mark.parametrize("char", ["\x00", "\x1b", "\ud800", "\uffff", "\u202e", "\u200b", "\ufeff", "\x85"])
def test_notes_refuse_the_same_but_for_breaks_tabs_and_joiners(char: str) -> None:
    assert refusal(text, f"a{char}b")[0] == "/note"
    with pytest.raises(ValidationError):
        validate_text(f"a{char}b")
    assert text("a\n\tb \U0001f468\u200d\U0001f469") == "a\n\tb \U0001f468\u200d\U0001f469"
    validate_text("a\r\nb")


@pytest.mark.parametrize("value", [None, 1, True, ["a"], {"a": 1}, b"a"])
def test_only_text_is_text(value: object) -> None:
    assert refusal(line, value) == ("/title_zh", "not_a_string")


def test_blank_and_long_names_are_refused() -> None:
    assert refusal(line, " \u3000 ") == ("/title_zh", "blank")
    assert clean_line("  ", pointer="/address", max_length=5, allow_blank=True) == ""
    assert line("字" * 200) == "字" * 200
    assert refusal(line, "字" * 201) == ("/title_zh", "too_long")
    assert refusal(line, "字" * 1_000_000) == ("/title_zh", "too_long")
    assert line("e\u0301" * 200) == "é" * 200  # counted as it is stored


def test_a_tower_of_accents_is_refused() -> None:
    """Normalising such a run takes quadratic time, and it covers the lines above it."""
    assert refusal(line, "a" + "\u0301\u0316" * 100) == ("/title_zh", "too_many_marks")


@given(st.text(max_size=300))
def test_whatever_is_accepted_is_clean_and_stays_so(value: str) -> None:
    for clean in (line, text):
        try:
            cleaned = clean(value)
        except InvalidInput:
            continue
        assert cleaned == unicodedata.normalize("NFC", cleaned)
        assert cleaned == "" or clean(cleaned) == cleaned
        cleaned.encode("utf-8")
        assert "\x00" not in cleaned
