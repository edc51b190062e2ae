"""The pyramid of web map tiles (Web Mercator, `WebMercatorQuad`), and a place on earth as one whole number.

The number is the place's Z-order code at level 30, where a cell is 4 cm wide at the equator: its first 2z bits are the tile
of zoom z that it lies in. So a tile is one range of the number and "in the same cell" is a shift, which an ordinary index
answers on every engine. The bits of y stand before those of x, as in a quadkey.
"""

from __future__ import annotations

import math
from typing import NamedTuple

DEPTH = 30
MAX_ZOOM = 22  # what clients of vector tiles ask for at most
_WORLD = 1 << DEPTH
_MASKS = (
    (16, 0x0000FFFF0000FFFF),
    (8, 0x00FF00FF00FF00FF),
    (4, 0x0F0F0F0F0F0F0F0F),
    (2, 0x3333333333333333),
    (1, 0x5555555555555555),
)

Range = tuple[int, int]


def place_of(lon: float, lat: float) -> int:
    """The number of a place in degrees WGS84. Beyond the square's edge (85.05°) it is the edge."""
    return interleaved(_cell_of(lon / 360 + 0.5), _cell_of(_down(lat)))


def _down(lat: float) -> float:
    """How far down the square a latitude lies, 0 to 1."""
    sine = math.sin(math.radians(min(max(lat, -89.0), 89.0)))
    return 0.5 - math.log((1 + sine) / (1 - sine)) / (4 * math.pi)


def _cell_of(share: float) -> int:
    return min(max(math.floor(share * _WORLD), 0), _WORLD - 1)


def interleaved(x: int, y: int) -> int:
    """Column and row as one number."""
    return _spread(x) | _spread(y) << 1


def column_row(number: int) -> tuple[int, int]:
    """The inverse of `interleaved`."""
    return _gathered(number), _gathered(number >> 1)


def _spread(value: int) -> int:
    for shift, mask in _MASKS:
        value = (value | value << shift) & mask
    return value


def _gathered(value: int) -> int:
    # Step by step and not in a loop: a window of clusters asks this for thousands of cells.
    value &= 0x5555555555555555
    value = (value | value >> 1) & 0x3333333333333333
    value = (value | value >> 2) & 0x0F0F0F0F0F0F0F0F
    value = (value | value >> 4) & 0x00FF00FF00FF00FF
    value = (value | value >> 8) & 0x0000FFFF0000FFFF
    return (value | value >> 16) & 0x00000000FFFFFFFF


def shift_of(level: int) -> int:
    """How far a number is shifted right to become the number of its cell at that level."""
    return 2 * (DEPTH - level)


def degrees(x: float, y: float, level: int) -> tuple[float, float]:
    """Longitude and latitude of a column and row (fractions count) of a level."""
    size = 1 << level
    return (x / size - 0.5) * 360, math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * y / size))))


class Tile(NamedTuple):
    """Zoom, column from the west, row from the north."""

    z: int
    x: int
    y: int

    @property
    def exists(self) -> bool:
        return 0 <= self.z <= MAX_ZOOM and 0 <= self.x < 1 << self.z and 0 <= self.y < 1 << self.z

    @property
    def range(self) -> Range:
        """The first and the last number in it."""
        first = interleaved(self.x, self.y) << shift_of(self.z)
        return first, first + (1 << shift_of(self.z)) - 1


class Window(NamedTuple):
    """Columns and rows of a level, both ends included."""

    west: int
    north: int
    east: int
    south: int

    @property
    def cells(self) -> int:
        return (self.east - self.west + 1) * (self.south - self.north + 1)


def window(west: float, south: float, east: float, north: float, level: int) -> Window:
    """The cells of a level that a box in degrees touches."""
    shift = DEPTH - level
    return Window(
        _cell_of(west / 360 + 0.5) >> shift, _cell_of(_down(north)) >> shift,
        _cell_of(east / 360 + 0.5) >> shift, _cell_of(_down(south)) >> shift,
    )  # fmt: skip


def covering(
    west: float, south: float, east: float, north: float, *, finest: int = DEPTH, most: int = 20
) -> list[Range]:
    """Ranges that hold a box in degrees, and little beyond it: those of the smallest cells of which it touches few.

    ``finest``: the level whose cells are to be whole.
    """
    level = finest
    while (view := window(west, south, east, north, level)).cells > most:
        level -= 1
    return ranges_of(view, level)


def ranges_of(view: Window, level: int) -> list[Range]:
    """The numbers of all cells of a window, neighbours joined, in order. As many steps as cells: ask for few."""
    columns, rows = range(view.west, view.east + 1), range(view.north, view.south + 1)
    found: list[Range] = []
    for first, last in sorted(Tile(level, x, y).range for x in columns for y in rows):
        if found and found[-1][1] + 1 == first:
            found[-1] = (found[-1][0], last)
        else:
            found.append((first, last))
    return found
