"""GCJ-02 and BD-09, the shifted coordinates of Chinese phones and maps; pure.

The public formulas: GCJ-02 (Gaode, Tencent) is off by up to about 700 m, BD-09 (Baidu) by up to 1.3 km. Outside China both
are the identity. The inverse is exact to well below a millimetre.
"""

from __future__ import annotations

import math
from collections.abc import Callable

LonLat = tuple[float, float]

_AXIS = 6_378_245.0  # Krasovsky 1940
_ECCENTRICITY_2 = 0.00669342162296594323
_BD_TURN = math.pi * 3000.0 / 180.0


def _in_china(lon: float, lat: float) -> bool:
    return 72.004 <= lon <= 137.8347 and 0.8293 <= lat <= 55.8271


def wgs84_to_gcj02(lon: float, lat: float) -> LonLat:
    return _gcj_forward(lon, lat) if _in_china(lon, lat) else (lon, lat)


def gcj02_to_wgs84(lon: float, lat: float) -> LonLat:
    return _invert(_gcj_forward, lon, lat) if _in_china(lon, lat) else (lon, lat)


def gcj02_to_bd09(lon: float, lat: float) -> LonLat:
    return _bd_forward(lon, lat) if _in_china(lon, lat) else (lon, lat)


def bd09_to_gcj02(lon: float, lat: float) -> LonLat:
    return _invert(_bd_forward, lon, lat) if _in_china(lon, lat) else (lon, lat)


def wgs84_to_bd09(lon: float, lat: float) -> LonLat:
    return gcj02_to_bd09(*wgs84_to_gcj02(lon, lat))


def bd09_to_wgs84(lon: float, lat: float) -> LonLat:
    return gcj02_to_wgs84(*bd09_to_gcj02(lon, lat))


def _invert(forward: Callable[[float, float], LonLat], lon: float, lat: float) -> LonLat:
    """Fixed-point iteration: the offset changes slowly, so each step gains about three digits (below 1 mm in
    four).
    """
    x, y = lon, lat
    for _step in range(12):
        fx, fy = forward(x, y)
        dx, dy = lon - fx, lat - fy
        x, y = x + dx, y + dy
        if abs(dx) + abs(dy) < 1e-12:
            break
    return x, y


def _gcj_forward(lon: float, lat: float) -> LonLat:
    x, y = lon - 105.0, lat - 35.0
    sin, pi, root = math.sin, math.pi, math.sqrt(abs(x))
    wave = (20.0 * sin(6.0 * x * pi) + 20.0 * sin(2.0 * x * pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + wave
    north += (20.0 * sin(y * pi) + 40.0 * sin(y / 3.0 * pi)) * 2.0 / 3.0
    north += (160.0 * sin(y / 12.0 * pi) + 320.0 * sin(y * pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + wave
    east += (20.0 * sin(x * pi) + 40.0 * sin(x / 3.0 * pi)) * 2.0 / 3.0
    east += (150.0 * sin(x / 12.0 * pi) + 300.0 * sin(x / 30.0 * pi)) * 2.0 / 3.0
    phi = math.radians(lat)
    magic = 1.0 - _ECCENTRICITY_2 * sin(phi) ** 2
    north = north * 180.0 / (_AXIS * (1.0 - _ECCENTRICITY_2) / (magic * math.sqrt(magic)) * pi)
    east = east * 180.0 / (_AXIS / math.sqrt(magic) * math.cos(phi) * pi)
    return lon + east, lat + north


def _bd_forward(lon: float, lat: float) -> LonLat:
    radius = math.hypot(lon, lat) + 0.00002 * math.sin(lat * _BD_TURN)
    angle = math.atan2(lat, lon) + 0.000003 * math.cos(lon * _BD_TURN)
    return radius * math.cos(angle) + 0.0065, radius * math.sin(angle) + 0.006
