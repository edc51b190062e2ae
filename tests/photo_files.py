"""Picture files made for tests, as phones, cameras and attackers make them."""

from __future__ import annotations

import io
import struct
import zlib
from datetime import datetime
from functools import cache
from typing import Any

import numpy
from PIL import ExifTags, Image


def scene(seed: int, size: tuple[int, int] = (800, 600)) -> Image.Image:
    """A picture with large soft shapes, as photos have; the same seed gives the same one."""
    coarse = numpy.random.default_rng(seed).integers(0, 256, (12, 16, 3), dtype=numpy.uint8)
    return Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)


def exif(
    *,
    position: tuple[float, float] | None = None,
    taken: datetime | None = None,
    offset: str = "",
    orientation: int | None = None,
    words: str = "",
    direction: float | None = None,
) -> Image.Exif:
    """EXIF with the position (longitude, latitude) as degrees, minutes and seconds."""
    made = Image.Exif()
    made[ExifTags.Base.Make] = "phone"
    if orientation is not None:
        made[ExifTags.Base.Orientation] = orientation
    if words:
        made[ExifTags.Base.Artist] = words
    details = made.get_ifd(ExifTags.IFD.Exif)
    if taken is not None:
        details[ExifTags.Base.DateTimeOriginal] = taken.strftime("%Y:%m:%d %H:%M:%S")
    if offset:
        details[ExifTags.Base.OffsetTimeOriginal] = offset
    if position is not None:
        gps = made.get_ifd(ExifTags.IFD.GPSInfo)
        lon, lat = position
        gps[ExifTags.GPS.GPSLatitudeRef], gps[ExifTags.GPS.GPSLatitude] = "N" if lat >= 0 else "S", sixty(abs(lat))
        gps[ExifTags.GPS.GPSLongitudeRef], gps[ExifTags.GPS.GPSLongitude] = "E" if lon >= 0 else "W", sixty(abs(lon))
    if direction is not None:
        made.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSImgDirection] = direction
    return made


def sixty(value: float) -> tuple[float, float, float]:
    degrees = int(value)
    minutes = int((value - degrees) * 60)
    return float(degrees), float(minutes), round(((value - degrees) * 60 - minutes) * 60, 4)


def picture(image: Image.Image | None = None, form: str = "JPEG", **more: Any) -> bytes:
    out = io.BytesIO()
    (image or scene(1)).save(out, form, **more)
    return out.getvalue()


@cache
def bomb(side: int = 13_000) -> bytes:
    """A PNG of side x side white pixels, a multiple of fifty, in a few hundred kilobytes: fifty lines are packed, once."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    lines, times, check = (b"\x00" + b"\xff" * (side * 3)) * 50, side // 50, 1
    packed = packer.compress(lines) + packer.flush(zlib.Z_FULL_FLUSH)
    for _fifty in range(times):
        check = zlib.adler32(lines, check)
    data = b"\x78\xda" + packed * times + packer.flush() + struct.pack(">I", check)

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
