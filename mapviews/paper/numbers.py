"""Marks moved apart and their numbers beside them, so that none lies on another: all that is numbered can be found. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

Place = tuple[float, float]
Box = tuple[float, float, float, float]  # left, top, right, bottom

_APART = 60  # rounds of moving marks apart; far more than a county's town needs
_REACHES = (1.15, 1.35, 1.6, 1.9)  # of a mark's size: farther apart only where the numbers find no room
# Where a number may stand, from the mark's middle: towards the right and up first, as one reads.
_SIDES = ((1, -0.6), (1, 0.6), (-1, -0.6), (-1, 0.6), (1, 0), (-1, 0), (0, -1), (0, 1))


def apart(places: Sequence[Place], reach: float, paper: Place | None = None) -> list[Place]:
    """The places, moved as little as it takes that no two are nearer than ``reach``; the same every time.

    ``paper``: breadth and height that they stay in, by half a ``reach``.
    """
    moved = [list(place) for place in places]
    for _round in range(_APART):
        still = True
        for one in range(len(moved)):
            for other in range(one):
                dx, dy = moved[one][0] - moved[other][0], moved[one][1] - moved[other][1]
                if abs(dx) >= reach or abs(dy) >= reach:
                    continue
                distance = math.hypot(dx, dy)
                if distance >= reach:
                    continue
                still = False
                if distance < 1e-6:  # one place: each goes its own way, by the golden angle
                    dx, dy, distance = math.cos(one * 2.4), math.sin(one * 2.4), 1.0
                push = (reach - distance if distance < reach else 0.1) / 2 / distance
                moved[one][0] += dx * push
                moved[one][1] += dy * push
                moved[other][0] -= dx * push
                moved[other][1] -= dy * push
        if paper:
            for place in moved:
                for axis in (0, 1):
                    place[axis] = min(max(place[axis], reach / 2), paper[axis] - reach / 2)
        if still:
            break
    return [(x, y) for x, y in moved]


def numbered(
    places: Sequence[Place], texts: Sequence[str], size: float, paper: Place
) -> tuple[list[Place], list[Place]]:
    """(where marks of ``size`` are drawn, the middles of their numbers): no number on a mark or on another number, where that can
    be.
    """
    best: tuple[int, list[Place], list[Place]] | None = None
    for reach in _REACHES:
        drawn = apart(places, size * reach, paper)
        hidden, middles = _beside(drawn, texts, size, paper)
        if best is None or hidden < best[0]:
            best = hidden, drawn, middles
        if not hidden:
            break
    if best is None:
        return [], []
    return best[1], best[2]


def extent_of(text: str, size: float) -> Place:
    """Breadth and height of a number's box beside a mark of ``size``."""
    letters = size * 0.5
    return 0.64 * letters * len(text), 0.86 * letters


def box_about(middle: Place, breadth: float, height: float) -> Box:
    return middle[0] - breadth / 2, middle[1] - height / 2, middle[0] + breadth / 2, middle[1] + height / 2


def _beside(drawn: Sequence[Place], texts: Sequence[str], size: float, paper: Place) -> tuple[int, list[Place]]:
    """(how many numbers found no room of their own, the middles of all)."""
    near = size * 3
    taken: list[Box] = []
    middles: list[Place] = []
    hidden = 0
    for (x, y), text in zip(drawn, texts, strict=True):
        breadth, height = extent_of(text, size)
        around = [place for place in drawn if abs(place[0] - x) < near and abs(place[1] - y) < near]
        labels = [box for box in taken if abs(box[0] - x) < near and abs(box[1] - y) < near]
        found: list[tuple[int, Place, Box]] = []
        for right, down in _SIDES:
            middle = (
                x + right * (size * 0.56 + breadth / 2),
                y + down * (size * (0.5 if right else 0.56) + height / 2),
            )
            box = box_about(middle, breadth, height)
            clashes = sum(touches(box, place, size * 0.52) for place in around) + sum(
                overlap(box, label) for label in labels
            )
            clashes += box[0] < 0 or box[1] < 0 or box[2] > paper[0] or box[3] > paper[1]
            found.append((clashes, middle, box))
            if not clashes:
                break
        clashes, middle, box = min(found, key=lambda each: each[0])
        hidden += clashes > 0
        middles.append(middle)
        taken.append(box)
    return hidden, middles


def touches(box: Box, middle: Place, radius: float) -> bool:
    x = min(max(middle[0], box[0]), box[2])
    y = min(max(middle[1], box[1]), box[3])
    return math.hypot(x - middle[0], y - middle[1]) < radius


def overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
