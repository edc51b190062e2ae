"""``manage.py make_basemap roads=roads.shp water=lakes.gpkg … county.pmtiles``: a base map of one's own from vector data.

GDAL reads whatever it knows, brings it to Web Mercator, simplifies and cuts it into vector tiles (its MVT driver, in every
GDAL since 2.3); the archive is written here, for Debian 12's GDAL cannot (docs/decisions).
"""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from django.contrib.gis.gdal import DataSource, GDALException
from django.core.management.base import BaseCommand, CommandError

from mapviews import pmtiles

# The layers that the style draws (static/mapviews/basemap.js).
LAYERS = ("landuse", "water", "roads", "buildings", "boundaries", "places")
# Where sources keep what a thing is called and what it is; the first that is there is taken.
NAMES = ("name", "name_zh", "name:zh", "名称", "mc")
KINDS = ("kind", "fclass", "class", "highway", "landuse", "place", "type")


class Command(BaseCommand):
    help = "Make a base map (PMTiles) from vector data: make_basemap roads=roads.shp water=lakes.gpkg county.pmtiles"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "inputs", nargs="+", metavar="LAYER=FILE",
            help=f"LAYER is one of {', '.join(LAYERS)}; a FILE alone must have layers of these names or be called so",
        )  # fmt: skip
        parser.add_argument(
            "output", help="the file to write, ending in .pmtiles; VAR_DIR/basemap/ offers it to readers"
        )
        parser.add_argument("--min-zoom", type=int, default=6)
        parser.add_argument("--max-zoom", type=int, default=14, help="the finest level; nearer ones are drawn from it")
        parser.add_argument("--bbox", help="W,S,E,N in degrees: leave out what does not touch it")
        parser.add_argument("--attribution", default="", help="whose data it is; shown on the map")

    def handle(self, *args: Any, **options: Any) -> None:
        output = Path(options["output"])
        low, high = options["min_zoom"], options["max_zoom"]
        if output.suffix != ".pmtiles":
            raise CommandError(f"{output}: the file to write must end in .pmtiles")
        if not 0 <= low <= high <= 16:
            raise CommandError("the levels must be 0 ≤ --min-zoom ≤ --max-zoom ≤ 16")
        if shutil.which("ogr2ogr") is None:
            raise CommandError("ogr2ogr is needed to read the data and cut the tiles (Debian: apt install gdal-bin)")
        sources = [source for text in options["inputs"] for source in _sources(text)]
        output.parent.mkdir(parents=True, exist_ok=True)
        # Beside the output: readers keep the old file until the new one is whole.
        with tempfile.TemporaryDirectory(dir=output.parent, prefix=".make_basemap-") as folder:
            cut = Path(folder) / "tiles.mbtiles"
            (Path(folder) / "sources.vrt").write_text(_described(sources), encoding="utf-8")
            _cut(Path(folder) / "sources.vrt", cut, low, high, options["bbox"])
            made = Path(folder) / "made.pmtiles"
            count = _pack(cut, made, options["attribution"], output.stem, Path(folder) / "tiles")
            if not count:
                raise CommandError("nothing to draw: the data is empty, or none of it lies within --bbox")
            made.replace(output)
        self.stdout.write(f"{output}: {count} tiles of levels {low} to {high}, {output.stat().st_size / 1e6:.1f} MB")


def _sources(text: str) -> list[tuple[str, Path, str, dict[str, str]]]:
    """(our layer, file, its layer, {our field: its field}) of ``LAYER=FILE`` or ``FILE``."""
    name, equals, rest = text.partition("=")
    path = Path(rest if equals else text)
    if equals and name not in LAYERS:
        raise CommandError(f"{name}: no such layer; known are {', '.join(LAYERS)}")
    if not path.exists():
        raise CommandError(f"{path}: there is no such file")
    try:
        source = DataSource(str(path))
        layers = [source[number] for number in range(source.layer_count)]
    except GDALException as error:
        raise CommandError(f"{path}: GDAL cannot read it ({error})") from error
    found = []
    for layer in layers:
        ours = name if equals else layer.name if layer.name in LAYERS else path.stem
        if ours not in LAYERS:
            continue
        if layer.srs is None:
            raise CommandError(f"{path}: layer {layer.name} does not say its coordinate system")
        known = {field.lower(): field for field in layer.fields}
        picked = {
            "name": next((known[n] for n in NAMES if n in known), ""),
            "kind": next((known[n] for n in KINDS if n in known), ""),
        }
        found.append((ours, path.resolve(), layer.name, {our: its for our, its in picked.items() if its}))
    if not found:
        raise CommandError(f"{path}: say what it holds, like roads={path.name} ({', '.join(LAYERS)})")
    return found


def _described(sources: list[tuple[str, Path, str, dict[str, str]]]) -> str:
    """All sources as one GDAL virtual data set, with our names of layers and fields."""
    layers: dict[str, list[str]] = {}
    for ours, path, layer, fields in sources:
        chosen = "".join(f'<Field name="{our}" src={quoteattr(its)} type="String"/>' for our, its in fields.items())
        one = (
            f"<OGRVRTLayer name={quoteattr(ours)}><SrcDataSource>{escape(str(path))}</SrcDataSource>"
            f"<SrcLayer>{escape(layer)}</SrcLayer>{chosen}</OGRVRTLayer>"
        )
        layers.setdefault(ours, []).append(one)
    united = [
        "".join(parts)
        if len(parts) == 1
        else f"<OGRVRTUnionLayer name={quoteattr(ours)}>{''.join(parts)}</OGRVRTUnionLayer>"
        for ours, parts in layers.items()
    ]
    return f"<OGRVRTDataSource>{''.join(united)}</OGRVRTDataSource>"


def _cut(sources: Path, target: Path, low: int, high: int, bbox: str | None) -> None:
    command = ["ogr2ogr", "-f", "MVT", str(target), str(sources), "-dsco", f"MINZOOM={low}", "-dsco", f"MAXZOOM={high}"]
    if bbox:
        sides = bbox.split(",")
        if len(sides) != 4:
            raise CommandError("--bbox is W,S,E,N in degrees, like 109.3,34.7,110,35.2")
        command += ["-spat", *sides, "-spat_srs", "EPSG:4326"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode or not target.exists():
        raise CommandError(f"ogr2ogr could not cut the tiles: {done.stderr.strip() or 'no reason given'}")


def _pack(source: Path, target: Path, attribution: str, name: str, scratch: Path) -> int:
    """The MBTiles of `_cut` as PMTiles. Its tiles are compressed already; its rows count from the south."""
    with closing(sqlite3.connect(source)) as database, target.open("wb") as file:
        words = dict(database.execute("SELECT name, value FROM metadata"))
        places = sorted(
            (pmtiles.tile_id(zoom, column, (1 << zoom) - 1 - row), zoom, column, row)
            for zoom, column, row in database.execute("SELECT zoom_level, tile_column, tile_row FROM tiles")
        )
        if not places:
            return 0

        def tiles() -> Iterator[tuple[int, bytes]]:
            wanted = "SELECT tile_data FROM tiles WHERE zoom_level = ? AND tile_column = ? AND tile_row = ?"
            for number, *place in places:
                yield number, database.execute(wanted, place).fetchone()[0]

        west, south, east, north = (float(side) for side in words["bounds"].split(","))
        return pmtiles.write(
            file,
            tiles(),
            zooms=(int(words["minzoom"]), int(words["maxzoom"])),
            bounds=(west, south, east, north),
            metadata={"name": name, "attribution": attribution, "type": "baselayer"},
            scratch=scratch,
        )
