"""The grid of degrees on a sheet, with its figures along two edges: where one is on the earth, boundary or not. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

APART = 24.0  # millimetres between two lines at least
STEPS = (20, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001)


def step(millimetres: float) -> float:
    """Between two lines, in degrees, where a degree takes so many ``millimetres``: the finest that leaves them apart."""
    return next((degrees for degrees in reversed(STEPS) if degrees * millimetres >= APART), STEPS[0])


def ticks(low: float, high: float, every: float) -> Iterator[float]:
    """The multiples of ``every`` from ``low`` to ``high``."""
    for number in range(math.ceil(low / every), math.floor(high / every) + 1):
        yield number * every


def degrees(value: float, every: float, signs: str) -> str:
    """``109.5°E``. ``signs``: what stands for more and for less than nothing."""
    digits = max(0, -math.floor(math.log10(every) + 1e-9))
    return f"{abs(value):.{digits}f}°{'' if not value else signs[value < 0]}"


def graticule(
    west: float, south: float, east: float, north: float, at: Callable[[float, float], tuple[float, float]]
) -> tuple[list[str], list[tuple[str, float, float, str]]]:
    """(lines as SVG paths, figures as (text, x, y, anchor)) of what lies between these degrees. ``at``: from degrees to paper."""
    left, top = at(west, north)
    right, bottom = at(east, south)
    every = step(min((right - left) / max(east - west, 1e-9), (bottom - top) / max(north - south, 1e-9)))
    lines, figures = [], []
    for lon in ticks(west, east, every):
        x, _y = at(lon, north)
        lines.append(f"M{x:.2f} {top:.2f}V{bottom:.2f}")
        if left + 12 < x < right - 8:
            figures.append((degrees(lon, every, "EW"), x, top + 2.4, "middle"))
    for lat in ticks(south, north, every):
        _x, y = at(west, lat)
        lines.append(f"M{left:.2f} {y:.2f}H{right:.2f}")
        if top + 5 < y < bottom - 9:
            figures.append((degrees(lat, every, "NS"), left + 0.8, y - 0.5, "start"))
    return lines, figures
