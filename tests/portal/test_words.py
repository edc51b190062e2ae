"""Dates, money, areas and places as each language writes them; how late is said."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import translation

from portal.public.lateness import lateness
from projects_api import wording as words
from projects_api.models import Milestone

TODAY = date(2024, 3, 1)


@pytest.mark.parametrize(
    ("language", "expected"), [("zh-hans", "2023年6月30日"), ("en", "30 June 2023"), ("en-gb", "30 June 2023")]
)
def test_a_day_is_written_as_the_language_does(language: str, expected: str) -> None:
    with translation.override(language):
        assert words.day(date(2023, 6, 30)) == words.day("2023-06-30") == expected
        assert words.day(None) == ""


@pytest.mark.parametrize(
    ("amount", "chinese", "english"),
    [
        ("24600000.00", "2,460万元", "24,600,000 yuan"),
        ("1849900.00", "184.99万元", "1,849,900 yuan"),
        ("12345.678", "1.23万元", "12,345.68 yuan"),
        ("9999.50", "9,999.5元", "9,999.5 yuan"),
        ("-25000.00", "-2.5万元", "-25,000 yuan"),
        ("0.00", "0元", "0 yuan"),
        ("100.00", "100元", "100 yuan"),
    ],
)
def test_money_is_in_ten_thousands_for_the_chinese_reader_and_in_yuan_else(
    amount: str, chinese: str, english: str
) -> None:
    with translation.override("zh-hans"):
        assert words.money(Decimal(amount)) == chinese
    with translation.override("en"):
        assert words.money(Decimal(amount)) == english


def test_other_money_keeps_its_code() -> None:
    for language in ("zh-hans", "en"):
        with translation.override(language):
            assert words.money(Decimal("24600000"), "USD") == "USD 24,600,000"
            assert words.money(None) == ""


def test_numbers_areas_and_places() -> None:
    with translation.override("en"):
        assert words.grouped(0) == "0"
        assert words.grouped(None) == ""
        assert words.grouped(Decimal("39970.50")) == "39,970.5"
        assert words.area(Decimal("1000.00")) == "1,000 m²"
        assert words.coordinates(109.58, 34.95) == "34.95000° N, 109.58000° E"
        assert words.coordinates(-73.9, -40.0) == "40.00000° S, 73.90000° W"
    with translation.override("zh-hans"):
        assert words.area(Decimal("1000")) == "1,000平方米"
        assert words.coordinates(109.58, 34.95) == "东经109.58000°，北纬34.95000°"


def days(n: int) -> date:
    return TODAY + timedelta(days=n)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"planned": days(-10), "actual": days(-3), "state": "met"}, (7, False, "7 days late")),
        ({"planned": days(-10), "actual": days(-9), "state": "met"}, (1, False, "1 day late")),
        ({"planned": days(-10), "actual": days(-12), "state": "met"}, (0, False, "")),
        ({"actual": days(-12), "state": "met"}, (0, False, "")),
        ({"planned": days(-10)}, (10, True, "overdue by 10 days")),
        ({"planned": days(-10), "forecast": days(-4)}, (4, True, "overdue by 4 days")),
        ({"planned": days(-10), "forecast": days(4)}, (14, False, "expected 14 days late")),
        ({"planned": days(10), "forecast": days(4)}, (0, False, "")),
        ({"planned": days(0)}, (0, False, "")),
        ({"forecast": days(4)}, (0, False, "")),
        ({}, (0, False, "")),
        ({"planned": days(-10), "state": "not_applicable"}, (0, False, "")),
    ],
)
def test_lateness_compares_the_day_met_or_expected_with_the_plan(
    facts: dict[str, date], expected: tuple[int, bool, str]
) -> None:
    with translation.override("en"):
        found = lateness(Milestone(**facts), TODAY)
    assert (found.days, found.overdue, found.words) == expected
