"""Mapbox Vector Tiles: PostGIS writes its own, SpatiaLite's are written by mapbox-vector-tile. The same features in both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import mapbox_vector_tile
from django.contrib.gis.db.models import GeometryField
from django.db import connection
from django.db.models import F, Func, QuerySet

from projects_api import engine
from projects_api.models import Project
from projects_api.tiling import DEPTH, Tile, column_row

LAYER = "sites"
EXTENT = 4096  # units of a tile's side
_BITS = 12


class _InTile(Func):
    """PostGIS: the site in a tile's own units, by the formula of `tiling.place_of`: half the time of ST_Transform with
    ST_AsMVTGeom."""

    output_field = GeometryField()
    template = (
        "ST_MakePoint(FLOOR((ST_X(%(expressions)s) / 360 + 0.5) * %(world)s::float8) - %(left)s::float8,"
        " FLOOR((0.5 - ATANH(SIN(RADIANS(GREATEST(LEAST(ST_Y(%(expressions)s), 89), -89)))) / (2 * PI()))"
        " * %(world)s::float8) - %(top)s::float8)"
    )

    def __init__(self, expression: F, tile: Tile) -> None:
        super().__init__(expression, world=EXTENT << tile.z, left=tile.x * EXTENT, top=tile.y * EXTENT)

    def select_format(self, compiler: Any, sql: str, params: Any) -> tuple[str, Any]:
        return sql, params  # not as text: ST_AsMVT reads it


def points_tile(
    projects: QuerySet[Project], tile: Tile, columns: Sequence[str], made: Mapping[str, Any], most: int
) -> bytes | None:
    """The projects, all within the tile, each a point with ``columns`` and what is ``made`` of them; None if more than ``most``.

    An attribute that is NULL is left out. One query on PostGIS; on SpatiaLite, where a row costs more than a count, two.
    """
    if engine.is_postgres():
        counted, first = projects.values("pk")[: most + 1].query.sql_with_params()
        # All in one call: each further one copies the query.
        drawn, second = projects.values(*columns, **made, geom=_InTile(F("site"), tile)).query.sql_with_params()
        return _as_mvt(
            f"SELECT CASE WHEN (SELECT COUNT(*) FROM ({counted}) counted) <= {most}"
            f" THEN (SELECT ST_AsMVT(feature, '{LAYER}', {EXTENT}, 'geom') FROM ({drawn}) feature) END",
            [*first, *second],
        )
    found = projects[: most + 1].count()
    if found > most:
        return None
    if not found:
        return b""
    names = [*columns, *made]
    return _encoded(
        (
            *_units(place, tile),
            {name: value for name, value in zip(names, values, strict=True) if value is not None},
        )
        for place, *values in projects.annotate(**made).values_list("place", *names)
    )


def counts_tile(features: Sequence[tuple[int, int, dict[str, int]]]) -> bytes:
    """Points in the tile's units with whole numbers as attributes; on PostGIS one query."""
    if not engine.is_postgres():
        return _encoded(features)
    names = sorted({name for _x, _y, numbers in features for name in numbers})
    columns = ["x", "y", *names]  # attributes of our own making: `count`, `count_in_use` …
    arrays: list[list[int | None]] = [[x for x, _y, _n in features], [y for _x, y, _n in features]]
    arrays += [[numbers.get(name) for _x, _y, numbers in features] for name in names]
    sql = (
        f"SELECT ST_AsMVT(feature, '{LAYER}', {EXTENT}, 'geom') FROM (SELECT ST_MakePoint(x, y) AS geom, "
        + ", ".join(f'"{name}"' for name in names)
        + f" FROM unnest({', '.join(['%s::int[]'] * len(columns))}) AS heap("
        + ", ".join(f'"{name}"' for name in columns)
        + ")) feature"
    )
    return _as_mvt(sql, arrays) or b""


def _units(place: int, tile: Tile) -> tuple[int, int]:
    """A place within the tile, in the tile's units from its upper left corner."""
    (x, y), up = column_row(place), DEPTH - tile.z - _BITS
    x, y = x - (tile.x << DEPTH - tile.z), y - (tile.y << DEPTH - tile.z)
    return (x >> up, y >> up) if up >= 0 else (x << -up, y << -up)


def _as_mvt(sql: str, parameters: Sequence[Any]) -> bytes | None:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        (tile,) = cursor.fetchone()
        return None if tile is None else bytes(tile)


def _encoded(features: Iterable[tuple[int, int, dict[str, Any]]]) -> bytes:
    layer = {
        "name": LAYER,
        "features": [{"geometry": f"POINT({x} {y})", "properties": attributes} for x, y, attributes in features],
    }
    return bytes(mapbox_vector_tile.encode([layer], default_options={"extents": EXTENT, "y_coord_down": True}))
