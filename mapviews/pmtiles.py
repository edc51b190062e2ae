"""Vector tiles into one PMTiles archive, version 3 (github.com/protomaps/PMTiles, spec/v3): written here, for it is 100 lines.

Tile ids run along a Hilbert curve over all levels; directories hold differences as varints and are compressed.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import struct
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

HEADER = 127
ROOM = 16 * 1024  # header and root directory fit into the first request of a reader
LEAF = 4096  # entries in a leaf directory, to begin with
GZIP, MVT = 2, 1
Entry = tuple[int, int, int, int]  # tile id, offset, length, run length


def tile_id(zoom: int, x: int, y: int) -> int:
    """The number of a tile (XYZ): all levels before its own, then its place on the level's Hilbert curve."""
    number = ((1 << (2 * zoom)) - 1) // 3
    side = (1 << zoom) >> 1
    while side:
        right, down = int(bool(x & side)), int(bool(y & side))
        number += side * side * ((3 * right) ^ down)
        if not down:
            if right:
                x, y = side - 1 - x, side - 1 - y
            x, y = y, x
        side >>= 1
    return number


def write(
    target: BinaryIO,
    tiles: Iterable[tuple[int, bytes]],
    *,
    zooms: tuple[int, int],
    bounds: tuple[float, float, float, float],
    metadata: Mapping[str, Any],
    scratch: Path,
) -> int:
    """Write the archive of ``tiles`` (id, gzip of a vector tile), which come in the order of their ids; how many they are.

    Equal tiles are stored once. ``scratch``: a file for the tiles until the directory before them is known.
    """
    entries: list[Entry] = []
    places: dict[bytes, tuple[int, int]] = {}
    count = end = 0
    with scratch.open("w+b") as data:
        for number, tile in tiles:
            count += 1
            digest = hashlib.blake2b(tile, digest_size=16).digest()
            if digest not in places:
                places[digest] = (end, len(tile))
                data.write(tile)
                end += len(tile)
            offset, length = places[digest]
            last = entries[-1] if entries else None
            if last and last[1] == offset and last[0] + last[3] == number:
                entries[-1] = (last[0], offset, length, last[3] + 1)
            else:
                entries.append((number, offset, length, 1))
        root, leaves = _directories(entries)
        words = gzip.compress(json.dumps(metadata, ensure_ascii=False).encode(), mtime=0)
        first = HEADER + len(root)
        header = struct.pack(
            "<7sB11Q6B4iB2i",
            b"PMTiles", 3,
            HEADER, len(root), first, len(words), first + len(words), len(leaves), first + len(words) + len(leaves), end,
            count, len(entries), len(places),
            1, GZIP, GZIP, MVT, *zooms,
            *(round(degrees * 1e7) for degrees in bounds),
            zooms[0], round((bounds[0] + bounds[2]) * 5e6), round((bounds[1] + bounds[3]) * 5e6),
        )  # fmt: skip
        target.write(header + root + words + leaves)
        data.seek(0)
        while piece := data.read(1 << 20):
            target.write(piece)
    return count


def _directories(entries: list[Entry]) -> tuple[bytes, bytes]:
    """(root, leaves): one directory if it fits where a reader looks first, else a root of leaves."""
    root = _directory(entries)
    if len(root) <= ROOM - HEADER:
        return root, b""
    size = LEAF
    while True:
        leaves, pointers = b"", []
        for start in range(0, len(entries), size):
            leaf = _directory(entries[start : start + size])
            pointers.append((entries[start][0], len(leaves), len(leaf), 0))
            leaves += leaf
        root = _directory(pointers)
        if len(root) <= ROOM - HEADER:
            return root, leaves
        size *= 2


def _directory(entries: list[Entry]) -> bytes:
    packed = bytearray(_varint(len(entries)))
    before = 0
    for number, *_rest in entries:
        packed += _varint(number - before)
        before = number
    for *_rest, run in entries:
        packed += _varint(run)
    for _number, _offset, length, _run in entries:
        packed += _varint(length)
    following = -1
    for _number, offset, length, _run in entries:
        packed += _varint(0 if offset == following else offset + 1)
        following = offset + length
    return gzip.compress(bytes(packed), mtime=0)


def _varint(value: int) -> bytes:
    packed = bytearray()
    while value > 127:
        packed.append(value & 127 | 128)
        value >>= 7
    packed.append(value)
    return bytes(packed)
