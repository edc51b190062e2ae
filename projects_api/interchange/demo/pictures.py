"""Photos of the demonstration: drawn, and said so on the picture itself; a JPEG as a telephone writes it, with place and time."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import datetime
from fractions import Fraction
from typing import Any

from PIL import ExifTags, Image, ImageDraw, ImageFont

WIDTH, HEIGHT, GROUND = 640, 420, 330
SKY, EARTH, PAVED = (205, 222, 232), (178, 152, 112), (150, 152, 150)
CONCRETE, PLASTER, GLASS, HOLE = (168, 166, 160), (226, 206, 172), (112, 150, 172), (92, 88, 84)
BARK, LEAVES = (96, 72, 48), (92, 128, 76)
STEEL, INK, PAPER = (196, 120, 40), (38, 38, 38), (255, 255, 255)
WORDS = "ILLUSTRATION - NOT A PHOTO"


def drawn(scene: Mapping[str, Any]) -> Image.Image:
    """``storeys`` of ``of`` stand, ``walls`` of them closed and plastered; ``span``: pixels from left to right; ``crane``,
    ``scaffold``, ``yard`` (paved, with trees)."""
    picture = Image.new("RGB", (WIDTH, HEIGHT), SKY)
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, GROUND, WIDTH, HEIGHT), fill=PAVED if scene.get("yard") else EARTH)
    (left, right), high = scene.get("span", (110, 530)), 200 // scene["of"]
    for storey in range(scene["storeys"]):
        low = GROUND - storey * high
        closed = storey < scene.get("walls", 0)
        pen.rectangle((left, low - high, right, low), fill=PLASTER if closed else CONCRETE, outline=INK)
        for x in range(left + 18, right - 30, 52):
            pen.rectangle(
                (x, low - high + high // 4, x + 32, low - high // 4), fill=GLASS if closed else HOLE, outline=INK
            )
    top = GROUND - scene["storeys"] * high
    if not scene["storeys"]:
        pen.polygon(((left, GROUND), (left + 40, GROUND + 46), (right - 40, GROUND + 46), (right, GROUND)), fill=HOLE)
    if scene.get("scaffold"):
        bays = (right - left + 24) // 36
        for bay in range(bays + 1):
            x = left - 12 + bay * (right - left + 24) // bays
            pen.line((x, GROUND, x, top - 16), fill=STEEL, width=3)
        for y in range(GROUND - 20, top - 16, -40):
            pen.line((left - 12, y, right + 12, y), fill=STEEL, width=2)
    for x in (34, 150, 256, 600) if scene.get("yard") else ():
        pen.rectangle((x - 5, GROUND - 50, x + 5, GROUND), fill=BARK)
        pen.ellipse((x - 44, GROUND - 140, x + 44, GROUND - 40), fill=LEAVES)
    if scene.get("crane"):
        pen.line((578, GROUND, 578, 40), fill=STEEL, width=7)
        pen.line((330, 58, 622, 58), fill=STEEL, width=5)
        pen.line((372, 58, 372, 112), fill=INK, width=2)
    pen.rectangle((0, HEIGHT - 40, WIDTH, HEIGHT), fill=PAPER)
    pen.text((WIDTH / 2, HEIGHT - 20), WORDS, fill=INK, font=ImageFont.load_default(size=22), anchor="mm")
    return picture


def taken(picture: Image.Image, *, at: datetime, position: tuple[float, float], direction: int) -> bytes:
    """``at`` with its zone; ``position`` (longitude, latitude) in WGS84; ``direction`` in degrees clockwise from north."""
    exif = Image.Exif()
    offset = at.strftime("%z")
    exif.get_ifd(ExifTags.IFD.Exif).update(
        {
            ExifTags.Base.DateTimeOriginal: at.strftime("%Y:%m:%d %H:%M:%S"),
            ExifTags.Base.OffsetTimeOriginal: f"{offset[:3]}:{offset[3:]}",
        }
    )
    lon, lat = position
    exif.get_ifd(ExifTags.IFD.GPSInfo).update(
        {
            ExifTags.GPS.GPSLatitudeRef: "N",
            ExifTags.GPS.GPSLatitude: _degrees(lat),
            ExifTags.GPS.GPSLongitudeRef: "E",
            ExifTags.GPS.GPSLongitude: _degrees(lon),
            ExifTags.GPS.GPSImgDirectionRef: "T",
            ExifTags.GPS.GPSImgDirection: Fraction(direction),
        }
    )
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=70, optimize=True, exif=exif)
    return out.getvalue()


def _degrees(value: float) -> tuple[Fraction, Fraction, Fraction]:
    """Degrees, minutes and seconds to a hundredth, about 30 cm."""
    hundredths = round(value * 360_000)
    return Fraction(hundredths // 360_000), Fraction(hundredths // 6000 % 60), Fraction(hundredths % 6000, 100)
