"""A table with places as one RFC 7946 FeatureCollection: the columns are the properties, nothing stands beside the standard."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

import orjson

from projects_api.interchange.opendata.columns import Column, Row

MEDIA_TYPE = "application/geo+json"


def written(columns: tuple[Column, ...], chunks: Iterable[list[Row]], *, shaped: bool = False) -> Iterator[bytes]:
    """The file in pieces, one feature a line. What has no place has no geometry (null), as the standard asks.

    ``shaped``: the geometry stands last in every row, as GeoJSON; else it is the point of ``lon`` and ``lat``.
    """
    names = [column.name for column in columns]
    lon, lat = (-1, -1) if shaped else (names.index("lon"), names.index("lat"))
    shown = [(name, n) for n, name in enumerate(names) if n not in (lon, lat)]

    def geometry(row: Row) -> Any:
        if shaped:
            return orjson.Fragment(row[-1]) if row[-1] else None
        return None if row[lon] is None else {"type": "Point", "coordinates": [row[lon], row[lat]]}

    yield b'{"type":"FeatureCollection","features":[\n'
    separator = b""
    for rows in chunks:
        if rows:
            features = [
                {
                    "type": "Feature",
                    "id": row[0],
                    "geometry": geometry(row),
                    "properties": {name: row[n] for name, n in shown},
                }
                for row in rows
            ]
            yield separator + b",\n".join(orjson.dumps(f, default=_plain, option=orjson.OPT_UTC_Z) for f in features)
            separator = b",\n"
    yield b"\n]}\n"


def _plain(value: Any) -> str:
    """Amounts as the API writes them: a decimal string."""
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value)
