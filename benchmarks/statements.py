"""The limit for ``sites.geojson``: one SQL statement that builds the whole FeatureCollection, through the bare driver."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import psycopg

COLUMNS = (
    "code", "title_zh", "title_en", "kind", "stage", "status", "progress", "next_milestone", "next_due",
    "location_precision", "illustrative", "places",
)  # fmt: skip
TODAY = datetime.now(ZoneInfo("Asia/Shanghai")).date()  # the server's own zone
LIGHT = f"""CASE WHEN p.measured_finish IS NULL THEN 'none' WHEN p.red_from <= '{TODAY}' THEN 'red'
            WHEN p.yellow_from <= '{TODAY}' THEN 'yellow' ELSE 'green' END"""
VISIBLE = "p.published AND p.archived_at IS NULL AND p.site IS NOT NULL"
TABLES = """projects_api_project p JOIN projects_api_bureau b ON b.id = p.bureau_id
            JOIN projects_api_region r ON r.id = p.region_id"""


def _properties(column: Callable[[str], str]) -> str:
    pairs = [f"'{name}', {column(name)}" for name in COLUMNS]
    return ", ".join([*pairs, f"'light', {LIGHT}", "'bureau', b.code", "'region', r.code"])


POSTGIS = f"""
    SELECT json_build_object('type', 'FeatureCollection', 'features', json_agg(json_build_object(
        'type', 'Feature', 'id', p.code, 'geometry', ST_AsGeoJSON(p.site, 6)::json,
        'properties', json_build_object({_properties(lambda name: f"p.{name}")})) ORDER BY p.code))::text
    FROM {TABLES} WHERE {VISIBLE}
"""

# SQLite keeps no booleans, and orders an aggregate only by the rows that it is given.
SPATIALITE = f"""
    SELECT json_object('type', 'FeatureCollection', 'features', json_group_array(json(feature))) FROM (
        SELECT json_object('type', 'Feature', 'id', p.code, 'geometry', json(AsGeoJSON(p.site, 6)),
            'properties', json_object({
    _properties(lambda name: f"json(iif(p.{name}, 'true', 'false'))" if name == "illustrative" else f"p.{name}")
})) AS feature
        FROM {TABLES} WHERE {VISIBLE} ORDER BY p.code)
"""


def statement(database_url: str) -> Callable[[], bytes]:
    """Run the one statement of this engine on a connection that is already open."""
    if database_url.startswith("postgis:"):
        connection = psycopg.connect(urlsplit(database_url)._replace(scheme="postgresql").geturl(), autocommit=True)

        def fetch() -> bytes:
            row = connection.execute(POSTGIS).fetchone()
            assert row is not None
            return str(row[0]).encode()

        return fetch
    lite = sqlite3.connect(database_url.removeprefix("spatialite://"))
    lite.enable_load_extension(True)
    lite.load_extension("mod_spatialite")
    return lambda: str(lite.execute(SPATIALITE).fetchone()[0]).encode()
