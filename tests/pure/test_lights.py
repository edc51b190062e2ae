"""The rules of the traffic lights: a bureau's setting, read strictly; and the light of a day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projects_api.choices import Light
from projects_api.errors import InvalidInput
from projects_api.schedule.lights import LightRules
from projects_api.schedule.outlook import Outlook
from tests.pure.refusals import refusal


def test_without_a_setting_it_is_yinchuans_rule() -> None:
    """10 to 30 points behind are yellow, more red; a planned start missed three months in a row is red."""
    rules = LightRules.from_document({})
    assert rules == LightRules()
    assert (rules.behind_yellow, rules.behind_red, rules.start_red, rules.term_start) == (10, 30, 3, "09-01")


@given(
    st.tuples(st.integers(0, 100), st.integers(0, 100)).map(sorted),
    st.tuples(st.integers(0, 3650), st.integers(0, 3650)).map(sorted),
    st.integers(0, 24),
    st.integers(0, 3650),
)
def test_a_setting_is_read_back_as_it_was_written(behind: list[int], slip: list[int], start: int, stale: int) -> None:
    (yellow, red), (days, more) = behind, slip
    rules = LightRules(yellow, red, days, more, start, stale, "02-28")
    assert LightRules.from_document(rules.document()) == rules


@pytest.mark.parametrize(
    ("document", "pointer", "code"),
    [
        ({"colour": 1}, "/colour", "unknown_field"),
        ({"behind_yellow": -1}, "/behind_yellow", "out_of_range"),
        ({"behind_red": 101}, "/behind_red", "out_of_range"),
        ({"behind_yellow": 10.5}, "/behind_yellow", "out_of_range"),
        ({"behind_yellow": "10"}, "/behind_yellow", "out_of_range"),
        ({"behind_yellow": None}, "/behind_yellow", "out_of_range"),
        ({"stale_days": True}, "/stale_days", "out_of_range"),
        ({"start_red": 25}, "/start_red", "out_of_range"),
        ({"slip_red": 3651}, "/slip_red", "out_of_range"),
        ({"behind_yellow": 31}, "/behind_red", "below_yellow"),
        ({"slip_yellow": 10, "slip_red": 9}, "/slip_red", "below_yellow"),
        ({"term_start": "02-29"}, "/term_start", "invalid"),
        ({"term_start": "02-30"}, "/term_start", "invalid"),
        ({"term_start": "9-1"}, "/term_start", "invalid"),
        ({"term_start": "0901"}, "/term_start", "invalid"),
        ({"term_start": "W36-5"}, "/term_start", "invalid"),
        ({"term_start": ""}, "/term_start", "invalid"),
        ({"term_start": 901}, "/term_start", "invalid"),
        ({"term_start": None}, "/term_start", "invalid"),
    ],
)
def test_a_setting_that_cannot_be_is_named(document: dict[str, Any], pointer: str, code: str) -> None:
    assert refusal(LightRules.from_document, document) == (pointer, code)


def test_every_fault_is_named_at_once() -> None:
    with pytest.raises(InvalidInput) as caught:
        LightRules.from_document({"colour": 1, "slip_red": "x", "term_start": "31-12"})
    assert [error.pointer for error in caught.value.errors] == ["/colour", "/slip_red", "/term_start"]


def test_nought_switches_a_rule_off_also_red_alone() -> None:
    rules = LightRules.from_document({"behind_yellow": 40, "behind_red": 0, "slip_yellow": 0, "slip_red": 5})
    assert (rules.behind_red, rules.slip_yellow) == (0, 0)


@pytest.mark.parametrize(
    ("day", "term"),
    [
        (date(2023, 8, 31), date(2023, 9, 1)),
        (date(2023, 9, 1), date(2023, 9, 1)),
        (date(2023, 9, 2), date(2024, 9, 1)),
        (date(2024, 2, 29), date(2024, 9, 1)),
        (date(2023, 12, 31), date(2024, 9, 1)),
    ],
)
def test_the_term_that_a_school_is_for_is_the_first_from_its_promised_day_on(day: date, term: date) -> None:
    assert LightRules().term_after(day) == term


DAY = date(2024, 2, 29)
days = st.none() | st.integers(-3, 3).map(lambda n: DAY + timedelta(days=n))


@given(days, days)
def test_a_light_turns_on_its_day_and_what_is_not_measured_has_none(yellow: date | None, red: date | None) -> None:
    assert Outlook(yellow_from=yellow, red_from=red).light_on(DAY) is Light.NONE
    light = Outlook(yellow_from=yellow, red_from=red, measured_finish=DAY).light_on(DAY)
    if red is not None and red <= DAY:
        assert light is Light.RED
    elif yellow is not None and yellow <= DAY:
        assert light is Light.YELLOW
    else:
        assert light is Light.GREEN


def test_the_light_of_the_day_before_is_another() -> None:
    turns = Outlook(measured_finish=DAY, yellow_from=DAY, red_from=DAY + timedelta(days=1))
    assert [turns.light_on(DAY + timedelta(days=n)) for n in (-1, 0, 1)] == [Light.GREEN, Light.YELLOW, Light.RED]
