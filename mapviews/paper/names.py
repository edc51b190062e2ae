"""Names of areas on a sheet: where each is seen, in its own area, and if it can be on no mark. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import shapely

from mapviews.paper.frame import Frame
from mapviews.paper.numbers import Box, overlap
from mapviews.paper.panels import Area

LABEL = 2.6  # millimetres, the size of a name
LINE = 3.0  # from one line of it to the next
# Where a name may move to from its middle, in millimetres, where something lies there.
_MOVES = ((0, 0), (0, -3.2), (0, 3.2), (-4, 0), (4, 0), (0, -6), (0, 6), (-6, -3), (6, -3), (-6, 3), (6, 3))


def seen(area: Area, frame: Frame) -> Area | None:
    """The area, named where it is seen, or without a name where that has no room; None where nothing of it is seen."""
    if not area.label:
        return area
    half, up = (length / 2 for length in _room(area))
    part = _shape(area, frame).intersection(shapely.box(0, 0, frame.width, frame.height))
    if part.is_empty:
        return None
    room = part.intersection(shapely.box(half, up, frame.width - half, frame.height - up))
    here = shapely.Point(frame.at(*area.at)) if area.at else room.centroid
    if room.is_empty or part.bounds[2] - part.bounds[0] < 2 * half:
        return replace(area, label="")
    if not room.covers(here):
        here = room.point_on_surface()
    return replace(area, at=frame.place(here.x, here.y))


def placed(areas: Sequence[Area], frame: Frame, taken: Sequence[Box]) -> Iterator[tuple[Area, float, float]]:
    """The areas that are named, each with the middle of its name. ``taken``: what no name should lie on.

    Where there is no such place, a ``quiet`` name is left out, and any other stays in the middle of its area.
    """
    full = list(taken)
    for area in areas:
        if not area.label:
            continue
        shape = _shape(area, frame)
        middle = shape.representative_point()
        x, y = frame.at(*area.at) if area.at else (middle.x, middle.y)
        breadth, height = _room(area)

        def box(right: float, down: float, x: float = x, y: float = y, b: float = breadth, h: float = height) -> Box:
            return x + right - b / 2, y + down - h / 2, x + right + b / 2, y + down + h / 2

        free = (
            move
            for move in _MOVES
            if not any(overlap(box(*move), other) for other in full)
            and shape.covers(shapely.Point(x + move[0], y + move[1]))
        )
        move = next(free, None if area.quiet else _MOVES[0])
        if move:
            full.append(box(*move))
            yield area, x + move[0], y + move[1]


def _shape(area: Area, frame: Frame) -> shapely.Geometry:
    return shapely.make_valid(shapely.polygons([frame.at(*place[:2]) for place in max(area.rings, key=len)]))


def _room(area: Area) -> tuple[float, float]:
    """About how many millimetres a name takes across and down: Chinese characters are square."""
    lines = area.label.split("\n")
    return max(sum(LABEL if ord(letter) > 0x2E7F else 0.55 * LABEL for letter in line) for line in lines), LINE * len(
        lines
    )
