"""A name is found however it is typed."""

from __future__ import annotations

import pytest

from projects_api.spelling import finds, search_text, search_words

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
    assert search_words("’ ́") == []
