"""Base maps from the environment: tiles by address, Tianditu's by the owner's key, files that the product serves itself.

``TILE_URL`` holds one or several, separated by blanks, in the order in which readers choose between them. Raises `Refused` with
the name of the variable and one line that says what is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# {s} may only stand for (the end of) the first label: the page's Content-Security-Policy turns it into a wildcard there.
TILE_HOST = re.compile(
    r"(\{s\}\.)?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*(:\d{1,5})?", re.IGNORECASE
)
UNSAFE_IN_URL = re.compile(r"[\x00-\x20\x7f\"'<>`;,\\^|]|[^\x00-\x7f]")
MOST = 6
FOLDER = "basemap"  # in VAR_DIR
FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,59}")
TIANDITU_KEY = re.compile(r"[A-Za-z0-9]{16,64}")
TIANDITU_HOST = "https://t{s}.tianditu.gov.cn"
TIANDITU_SERVERS = "01234567"
# What each preset is made of, from the ground up: a picture and its lettering.
TIANDITU = {"vec": ("vec", "cva"), "img": ("img", "cia")}


class Refused(ValueError):
    """``name``: the variable. The text says what is wrong with it."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(problem)
        self.name = name


@dataclass(frozen=True, slots=True)
class BaseMap:
    """``urls``: tiles from the ground up, ``{s}`` standing for one of ``servers``; or ``path``: a PMTiles file."""

    key: str
    urls: tuple[str, ...] = ()
    servers: str = "abc"
    attribution: str = ""
    path: Path | None = None

    @property
    def origins(self) -> Iterator[str]:
        """Hosts that a page with this map asks for pictures, as Content-Security-Policy sources."""
        for url in self.urls:
            if url.startswith("/"):
                continue
            scheme, rest = url.split("://", 1)
            host = rest.split("/", 1)[0].lower()
            if host.startswith("{s}"):
                yield f"{scheme.lower()}://{host.replace('{s}', '*')}"
            else:
                yield from (f"{scheme.lower()}://{name}" for name in _hosts(host, self.servers))


def _hosts(host: str, servers: str) -> list[str]:
    return [host.replace("{s}", server) for server in servers] if "{s}" in host else [host]


def base_maps(text: str, *, attribution: str, key: str, var_dir: Path) -> tuple[BaseMap, ...]:
    """The base maps of a ``TILE_URL``, then the files in ``VAR_DIR/basemap`` that it does not name."""
    if key and not TIANDITU_KEY.fullmatch(key):
        raise Refused("TIANDITU_KEY", "must be the key that Tianditu gave: 16 to 64 letters and digits")
    found: list[BaseMap] = []
    for entry in text.split():
        found.append(_base_map(entry, attribution=attribution, key=key, var_dir=var_dir, number=len(found) + 1))
    found += _unnamed(var_dir / FOLDER, found, attribution)
    if len(found) > MOST:
        raise Refused("TILE_URL", f"names {len(found)} base maps; at most {MOST} are offered")
    if len({base.key for base in found}) < len(found):
        raise Refused("TILE_URL", "names the same base map twice")
    if any(base.urls and not base.attribution for base in found):
        raise Refused("TILE_ATTRIBUTION", "is required when TILE_URL is set: base maps must be credited")
    return tuple(found)


def _unnamed(folder: Path, named: Iterable[BaseMap], attribution: str) -> list[BaseMap]:
    """The files of a folder that nothing has named, by name. Some hundred microseconds."""
    known = {base.path for base in named}
    paths = sorted(folder.glob("*.pmtiles")) if folder.is_dir() else []
    fresh = (path for path in paths if path not in known and FILE_NAME.fullmatch(path.stem) and not _fault(path))
    return [BaseMap(path.stem, attribution=attribution, path=path) for path in fresh]


class Offered(Sequence[BaseMap]):
    """The base maps as they are now: those the server started with, and what has come into the folder since; at most ``MOST``.

    A file is looked for whenever it is asked for, so that a new one needs no restart.
    """

    def __init__(self, named: tuple[BaseMap, ...], folder: Path, attribution: str) -> None:
        self._named, self._folder, self._attribution = named, folder, attribution

    def _now(self) -> tuple[BaseMap, ...]:
        named = [
            base for base in self._named if base.path is None or base.path.parent != self._folder or base.path.exists()
        ]
        keys = {base.key for base in named}
        fresh = [base for base in _unnamed(self._folder, named, self._attribution) if base.key not in keys]
        return (*named, *fresh)[:MOST]

    def __iter__(self) -> Iterator[BaseMap]:
        return iter(self._now())

    def __len__(self) -> int:
        return len(self._now())

    def __getitem__(self, index: Any) -> Any:
        return self._now()[index]

    def __repr__(self) -> str:
        return repr(self._now())


def _base_map(entry: str, *, attribution: str, key: str, var_dir: Path, number: int) -> BaseMap:
    kind, _colon, rest = entry.partition(":")
    if kind == "tianditu":
        return _tianditu(rest, key)
    if kind == "pmtiles":
        return _file(rest, attribution, var_dir)
    return BaseMap(f"tiles{number}", (_tile_url(entry),), attribution=attribution)


def _tianditu(preset: str, key: str) -> BaseMap:
    if preset not in TIANDITU:
        raise Refused("TILE_URL", f"knows tianditu:vec and tianditu:img, not tianditu:{preset[:20]}")
    if not key:
        raise Refused("TIANDITU_KEY", "is required by tianditu:… in TILE_URL; it is free at console.tianditu.gov.cn")
    urls = tuple(
        f"{TIANDITU_HOST}/{layer}_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER={layer}&STYLE=default"
        f"&TILEMATRIXSET=w&FORMAT=tiles&TILEMATRIX={{z}}&TILEROW={{y}}&TILECOL={{x}}&tk={key}"
        for layer in TIANDITU[preset]
    )
    return BaseMap(preset, urls, servers=TIANDITU_SERVERS, attribution="天地图")


def _file(name: str, attribution: str, var_dir: Path) -> BaseMap:
    path = Path(name) if name.startswith("/") else var_dir / FOLDER / f"{name.removesuffix('.pmtiles')}.pmtiles"
    if not FILE_NAME.fullmatch(path.stem) or "/" in name.lstrip("/") and not name.startswith("/"):
        raise Refused(
            "TILE_URL", "must name a file by letters and digits, or by its absolute path: pmtiles:/srv/x.pmtiles"
        )
    if fault := _fault(path):
        raise Refused("TILE_URL", f"names {path}, {fault}")
    return BaseMap(path.stem, attribution=attribution, path=path)


def _fault(path: Path) -> str:
    """Why this is no PMTiles file; empty if it is one."""
    try:
        with path.open("rb") as file:
            head = file.read(8)
    except OSError as error:
        return f"which cannot be read: {error.strerror}"
    return "" if head == b"PMTiles\x03" else "which is no PMTiles file of version 3"


def _tile_url(url: str) -> str:
    missing = [part for part in ("{z}", "{x}", "{y}") if part not in url]
    if missing:
        raise Refused("TILE_URL", f"must hold {{z}}, {{x}} and {{y}}; it lacks {', '.join(missing)}")
    if UNSAFE_IN_URL.search(url):
        raise Refused("TILE_URL", "holds a character that has no place in a URL")
    if url.startswith("/") and not url.startswith("//"):
        return url
    scheme, separator, rest = url.partition("://")
    host = rest.split("/", 1)[0]
    if scheme.lower() not in {"http", "https"} or not separator or not TILE_HOST.fullmatch(host):
        raise Refused("TILE_URL", "must be https://host/… or a path of this server that starts with one /")
    return url
