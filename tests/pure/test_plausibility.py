"""Where, when, seen before: what a photo's findings say, and what they do not claim."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projects_api.choices import PhotoPlace, PhotoTime
from projects_api.plausibility import (
    SAME_LOOK,
    Shot,
    Site,
    bands_of,
    hamming,
    hash_of,
    neighbours,
    pairs,
    place_of,
    time_of,
)

HERE = (109.5877, 34.9561)
DEGREE = 111_195.0
NOON = datetime(2023, 6, 6, 4, tzinfo=UTC)


def north(metres: float, of: tuple[float, float] = HERE) -> tuple[float, float]:
    return of[0], of[1] + metres / DEGREE


SQUARE = [[109.587, 34.955], [109.589, 34.955], [109.589, 34.957], [109.587, 34.957], [109.587, 34.955]]
YARD = [[109.5878, 34.9558], [109.5882, 34.9558], [109.5882, 34.9562], [109.5878, 34.9562], [109.5878, 34.9558]]
SURVEYED = Site(HERE, precision="surveyed")
FENCED = Site(HERE, [SQUARE], "surveyed")


@pytest.mark.parametrize(
    ("position", "site", "accuracy", "place", "metres"),
    [
        (north(120), SURVEYED, None, PhotoPlace.NEAR, 120),
        (north(300), SURVEYED, None, PhotoPlace.NEAR, 300),
        (north(302), SURVEYED, None, PhotoPlace.FAR, 302),
        (north(360), SURVEYED, 100, PhotoPlace.NEAR, 360),
        (north(90_000), SURVEYED, None, PhotoPlace.FAR, 90_000),
        (north(100), SURVEYED, 5_000, PhotoPlace.UNKNOWN, None),
        (HERE, FENCED, None, PhotoPlace.INSIDE, 0),
        ((109.5892, 34.956), FENCED, None, PhotoPlace.NEAR, 18),
        ((109.588, 34.956), Site(HERE, [SQUARE, YARD], "surveyed"), None, PhotoPlace.NEAR, 18),
        (None, SURVEYED, None, PhotoPlace.UNKNOWN, None),
        (HERE, Site(None), None, PhotoPlace.UNKNOWN, None),
        (north(100), Site(HERE, precision="township_point"), None, PhotoPlace.UNKNOWN, 100),
        (north(20_000), Site(HERE, precision="township_point"), None, PhotoPlace.FAR, 20_000),
        (north(20_000), Site(HERE, precision="illustrative"), None, PhotoPlace.UNKNOWN, 20_000),
    ],
)
def test_the_place(position: Any, site: Site, accuracy: int | None, place: PhotoPlace, metres: int | None) -> None:
    found, distance = place_of(position, site, accuracy)
    assert found == place
    assert distance == (None if metres is None else pytest.approx(metres, abs=1))


@pytest.mark.parametrize(
    ("taken", "announced", "reported", "time"),
    [
        (-1, -1, -1, PhotoTime.OK),
        (-24 * 6, -24 * 6, -24, PhotoTime.OK),
        (-24 * 9, -1, -1, PhotoTime.EARLY),
        (-24 * 9, -24 * 9, -24 * 9, PhotoTime.OK),  # a week without a signal is no doubt
        (-24 * 30, -1, None, PhotoTime.EARLY),
        (5, -1, -1, PhotoTime.LATE),
        (1, 1, -1, PhotoTime.OK),  # clocks differ a little
        (None, -1, -1, PhotoTime.UNKNOWN),  # the device's word alone proves nothing
        (None, -24 * 9, -1, PhotoTime.EARLY),
        (None, 24, -1, PhotoTime.LATE),
    ],
)
def test_the_time(taken: int | None, announced: int, reported: int | None, time: PhotoTime) -> None:
    def at(hours: int | None) -> Any:
        return None if hours is None else NOON + timedelta(hours=hours)

    assert time_of(taken=at(taken), announced=at(announced), received=NOON, reported=at(reported)) == time


BITS = st.integers(min_value=0, max_value=2**64 - 1)


@given(BITS, st.sets(st.integers(min_value=0, max_value=63), max_size=SAME_LOOK))
def test_every_hash_within_six_bits_is_among_the_neighbours_of_a_band(phash: int, flipped: set[int]) -> None:
    other = phash
    for bit in flipped:
        other ^= 1 << bit
    assert hamming(phash, other) == len(flipped)
    assert any(there in neighbours(here) for here, there in zip(bands_of(phash), bands_of(other), strict=True))


@given(BITS)
def test_bands_are_the_hash(phash: int) -> None:
    assert hash_of(bands_of(phash)) == phash and all(0 <= band < 2**16 for band in bands_of(phash))


def shot(name: str, day: int, metres: float) -> Shot:
    return Shot(name, NOON + timedelta(days=day), north(metres))


def test_before_and_after_are_from_the_same_spot_and_a_month_apart() -> None:
    shots = [shot("first", 0, 0), shot("second", 10, 3), shot("third", 60, 8), shot("elsewhere", 60, 40)]
    assert [(a.id, b.id) for a, b in pairs(shots)] == [("first", "third")]
    assert [(a.id, b.id) for a, b in pairs([*shots, shot("last", 200, 2)])] == [("first", "last"), ("second", "third")]
    assert list(pairs([shot("a", 0, 0), shot("b", 29, 0)])) == []


@given(st.floats(min_value=-60, max_value=60), st.floats(min_value=0, max_value=13))
def test_two_photos_of_one_spot_are_found_across_the_edges_of_cells(start: float, apart: float) -> None:
    assert list(pairs([shot("a", 0, start), shot("b", 31, start + apart)]))
