"""A name is found however it is typed."""

from __future__ import annotations

import pytest

from projects_api.spelling import finds, near_spelling, search_text, search_words

TITLES = {
    "zh": ("蒲城县第三高级中学（迁建）", "Pucheng No. 3 Senior High School", "610526-2023-001"),
    "road": ("绿地路幼儿园", "Lüdi Road Children's Kindergarten", "610526-2023-002"),
    "phrase": ("重庆路小学", "", "610526-2023-003"),
}


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("第三高级", "zh"),
        ("第三 中学", "zh"),
        ("puchengxian", "zh"),
        ("pu cheng", "zh"),
        ("Pǔchéng", "zh"),
        ("pcxdsgjzx", "zh"),
        ("SENIOR high", "zh"),
        ("seniorhigh", "zh"),
        ("ｐｕｃｈｅｎｇ", "zh"),
        ("2023-001", "zh"),
        ("lvdi", "road"),
        ("ludi", "road"),
        ("lüdì lù", "road"),
        ("childrens", "road"),
        ("chongqing", "phrase"),
        ("zhongqing", "phrase"),
        ("cqlxx", "phrase"),
    ],
)
def test_each_way_of_typing_finds_the_one(typed: str, found: str) -> None:
    assert [name for name, texts in TITLES.items() if finds(search_words(typed), search_text(*texts))] == [found]


def test_words_do_not_run_from_one_text_into_the_next() -> None:
    assert not finds(search_words("ab"), search_text("a", "b"))
    assert search_words(" ".join("abcdefghijkl")) == list("abcdefgh")


def test_signs_alone_find_nothing_and_not_everything() -> None:
    assert not finds(search_words("'"), search_text("St Mary's"))
    assert search_words("’ ́") == ["’"] and search_words("  ") == []


NAMES = [
    "蒲城县新蒲城中学",
    "第十一小学",
    "第二十小学",
    "县职业教育中心（北区）",
    "New vocational education center",
    "Pucheng Middle School",
]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("浦城", "蒲城"),
        ("新蒲城中學", "新蒲城中学"),
        ("11小学", "十一小学"),
        ("第20小学", "第二十小学"),
        ("职教中心", "职业教育中心"),
        ("puchegn", "pucheng"),
        ("vocational school", "vocational"),
        ("zzzz", ""),
        ("第99小学", ""),
        ("飞机场", ""),
    ],
)
def test_what_was_meant_is_said_in_the_characters_of_the_name(typed: str, meant: str) -> None:
    assert near_spelling(typed, NAMES) == meant
