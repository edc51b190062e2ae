"""Whether a photo can be what it is said to be: where, when, and whether it was seen before; pure.

Every finding is a flag for the reviewer, never a refusal: a phone's clock may be wrong and its position off.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from projects_api.choices import LocationPrecision, PhotoPlace, PhotoTime
from projects_api.geodesy import Ring, distance_to_rings

NEAR = 300.0  # metres from the site or its outline
VAGUE = 2_000  # a position known no better than this (metres) says nothing
# How far from the point that stands for the site a photo may be before it is certainly elsewhere, where the point itself is
# only roughly known.
REACH = {
    LocationPrecision.ADDRESS: 2_000.0,
    LocationPrecision.TOWNSHIP_POINT: 15_000.0,
    LocationPrecision.ILLUSTRATIVE: 50_000.0,
}
EARLY = timedelta(days=7)
CLOCKS_DIFFER = timedelta(hours=2)
SAME_LOOK = 6  # bits of 64 in which two pictures of the same thing may differ
SAME_SPOT = 15.0  # metres
LATER = timedelta(days=30)


@dataclass(frozen=True)
class Site:
    """A project's site: its point (longitude, latitude), its outline's rings, how well the point is known."""

    point: tuple[float, float] | None
    rings: Sequence[Ring] = ()
    precision: str = ""


def place_of(
    position: tuple[float, float] | None, site: Site, accuracy: int | None = None
) -> tuple[PhotoPlace, int | None]:
    """Where a photo was taken, and how many metres from the site (0 inside its outline); (unknown, None) without a position.

    ``accuracy`` (metres) is the position's own; where the site is known only roughly, near is not claimed and far is far.
    """
    rings = site.rings or ([[site.point]] if site.point else [])
    if position is None or not rings or (accuracy or 0) > VAGUE:
        return PhotoPlace.UNKNOWN, None
    inside, away = distance_to_rings(*position, rings)
    distance = 0 if inside else round(away)
    if inside:
        return PhotoPlace.INSIDE, distance
    reach = None if site.rings else REACH.get(LocationPrecision(site.precision)) if site.precision else None
    if reach is not None:
        return (PhotoPlace.FAR if away > reach else PhotoPlace.UNKNOWN), distance
    return (PhotoPlace.NEAR if away - (accuracy or 0) <= NEAR else PhotoPlace.FAR), distance


def time_of(*, taken: datetime | None, announced: datetime, received: datetime, reported: datetime | None) -> PhotoTime:
    """How the time of capture fits. ``taken`` is the camera's word (EXIF), ``announced`` the device's, ``received`` when the
    photo was announced here, ``reported`` when the report was written.

    Without the camera's word a fitting time proves nothing: unknown.
    """
    captured = taken or announced
    if captured > received + CLOCKS_DIFFER:
        return PhotoTime.LATE
    if captured < (reported or received) - EARLY and (taken is not None or reported is not None):
        return PhotoTime.EARLY
    return PhotoTime.OK if taken is not None else PhotoTime.UNKNOWN


def bands_of(phash: int) -> tuple[int, int, int, int]:
    """A hash as four numbers of 16 bits, the highest first."""
    high, upper, lower, low = (phash >> shift & 0xFFFF for shift in (48, 32, 16, 0))
    return high, upper, lower, low


def hash_of(bands: Sequence[int]) -> int:
    phash = 0
    for band in bands:
        phash = phash << 16 | band
    return phash


def hamming(one: int, other: int) -> int:
    """In how many bits two hashes differ."""
    return (one ^ other).bit_count()


def neighbours(band: int) -> list[int]:
    """The 17 values at most one bit away: of two hashes that differ in 6 bits or fewer, one of the four bands does so."""
    return [band, *(band ^ 1 << bit for bit in range(16))]


@dataclass(frozen=True)
class Shot:
    """A photo as `pairs` needs it."""

    id: str
    taken: datetime
    position: tuple[float, float]


def pairs(shots: Sequence[Shot]) -> Iterator[tuple[Shot, Shot]]:
    """Before and after from the same spot: at most 15 m apart, at least 30 days between them.

    Each photo is the earliest view of at most one pair and the latest of at most one. Newest first. A grid keeps the
    comparisons to photos of neighbouring cells.
    """
    cell = SAME_SPOT / 60_000.0  # degrees: at 57 degrees of latitude and below no narrower than 15 m
    grid: dict[tuple[int, int], list[Shot]] = {}
    ordered = sorted(shots, key=lambda shot: (shot.taken, shot.id))
    for shot in ordered:
        grid.setdefault((int(shot.position[0] // cell), int(shot.position[1] // cell)), []).append(shot)
    shown: set[str] = set()
    for after in reversed(ordered):
        x, y = int(after.position[0] // cell), int(after.position[1] // cell)
        for before in sorted(
            (one for dx in (-1, 0, 1) for dy in (-1, 0, 1) for one in grid.get((x + dx, y + dy), [])),
            key=lambda one: (one.taken, one.id),
        ):
            if after.taken - before.taken < LATER:
                break
            if before.id not in shown and distance_to_rings(*after.position, [[before.position]])[1] <= SAME_SPOT:
                shown.add(before.id)
                yield before, after
                break
