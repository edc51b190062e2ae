"""Pictures from outside, made safe: what a file really is, what its EXIF says, copies that hold nothing but the picture; pure.

Only JPEG, PNG, WebP and HEIC are ever decoded: Pillow is given no other reader, so that an SVG, HTML or EPS file is never
looked into. Everything shown to anyone is made anew from the pixels: no EXIF, no XMP, no second file hidden behind the first.
"""

from __future__ import annotations

import hashlib
import io
import math
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import IO, Any

from PIL import ExifTags, Image, ImageFile, ImageOps
from pillow_heif import register_heif_opener

from projects_api.choices import PhotoRefusal

register_heif_opener(thumbnails=False)

# Media type -> Pillow's formats. A JPEG with a second picture in it, as many phones write them, is an MPO to Pillow.
FORMATS: Mapping[str, tuple[str, ...]] = {
    "image/jpeg": ("JPEG", "MPO"),
    "image/png": ("PNG",),
    "image/webp": ("WEBP",),
    "image/heic": ("HEIF",),
    "image/heif": ("HEIF",),
}
READERS = ("JPEG", "PNG", "WEBP", "HEIF")
MAX_PIXELS = 50_000_000
DISPLAY_SIDE = 1600
PREVIEW_SIDE = 640
_ONE_AT_A_TIME = threading.Lock()
_TURNED = range(5, 9)  # EXIF orientations that swap width and height


class PictureRefused(Exception):
    """The file is not taken; ``why`` says it."""

    def __init__(self, why: PhotoRefusal) -> None:
        super().__init__(str(why.label))
        self.why = why


@dataclass(frozen=True)
class Picture:
    """What a file holds. ``width`` and ``height`` in pixels as it is looked at; ``phash`` 64 bits of its look.

    ``taken_at`` and ``position`` (longitude, latitude in WGS84) are what EXIF says, None where it is silent or says nonsense.
    ``display`` (at most 1,600 pixels a side) and ``preview`` (640) are JPEG files without metadata.
    """

    width: int
    height: int
    sha256: str
    phash: int
    taken_at: datetime | None
    position: tuple[float, float] | None
    direction: int | None
    display: bytes
    preview: bytes


def read_picture(file: IO[bytes], media_type: str, zone: tzinfo) -> Picture:
    """Decode a file wholly. ``zone`` is where a camera's clock without time zone is taken to stand.

    Raises PictureRefused. A JPEG is decoded at the scale that is needed; other formats at full size, a HEIC of 50 million
    pixels in about 400 MB for a second or two: one picture at a time in a process.
    """
    with _ONE_AT_A_TIME:
        return _read(file, media_type, zone)


def _read(file: IO[bytes], media_type: str, zone: tzinfo) -> Picture:
    digest = hashlib.sha256()
    while block := file.read(1024 * 1024):
        digest.update(block)
    file.seek(0)
    image = _open(file)
    if image.format not in FORMATS.get(media_type, ()):
        raise PictureRefused(PhotoRefusal.OTHER_FORMAT)
    exif = _exif(image)
    width, height = image.size
    if exif.get(ExifTags.Base.Orientation) in _TURNED:
        width, height = height, width
    shown = _pixels(image)
    return Picture(
        width=width,
        height=height,
        sha256=digest.hexdigest(),
        phash=difference_hash(shown),
        taken_at=_taken_at(exif, zone),
        position=_position(exif),
        direction=_direction(exif),
        display=_jpeg(shown, DISPLAY_SIDE, quality=82),
        preview=_jpeg(shown, PREVIEW_SIDE, quality=72),
    )


def small_picture(data: bytes) -> bytes:
    """A preview made anew from the device's: JPEG, at most 640 pixels a side. Raises PictureRefused."""
    with _ONE_AT_A_TIME:
        return _jpeg(_pixels(_open(io.BytesIO(data))), PREVIEW_SIDE, quality=72)


def difference_hash(image: Image.Image) -> int:
    """64 bits that stay nearly the same when a picture is scaled, compressed again or slightly brightened (dHash).

    Each bit says whether a cell of a 9 x 8 grid is darker than its right neighbour. Compare by `plausibility.hamming`.
    """
    cells = image.convert("L").resize((9, 8), Image.Resampling.LANCZOS).tobytes()
    bits = 0
    for row in range(0, 72, 9):
        for left in range(row, row + 8):
            bits = bits << 1 | (cells[left] < cells[left + 1])
    return bits


def _open(file: IO[bytes]) -> Image.Image:
    # One switch for the whole process, and WeasyPrint turns it on when it is loaded: half a photo would pass for a whole one.
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        image = Image.open(file, formats=READERS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureRefused(PhotoRefusal.TOO_MANY_PIXELS) from error
    except Exception as error:  # a hostile header makes readers raise anything
        raise PictureRefused(PhotoRefusal.NOT_A_PICTURE) from error
    # The header's promise, before a single pixel is made room for.
    if image.width * image.height > MAX_PIXELS:
        raise PictureRefused(PhotoRefusal.TOO_MANY_PIXELS)
    return image


def _pixels(image: Image.Image) -> Image.Image:
    """The upright picture in RGB, scaled down to what is ever shown; transparent parts are white. Uses up ``image``."""
    turned = _exif(image).get(ExifTags.Base.Orientation, 1)
    try:
        image.draft("RGB", (DISPLAY_SIDE, DISPLAY_SIDE))  # a JPEG's decoder scales by itself, and still reads all of it
        image.load()
        flat = _flat(image)
        flat.thumbnail((DISPLAY_SIDE, DISPLAY_SIDE))
        flat.info.clear()  # comments, profiles and EXIF of the original would go along; only how it is turned counts
        flat.getexif().clear()
        flat.getexif()[ExifTags.Base.Orientation] = turned
        return ImageOps.exif_transpose(flat)
    except Exception as error:  # as above: whatever a decoder says of it, it is not whole
        raise PictureRefused(PhotoRefusal.DAMAGED) from error


def _flat(image: Image.Image) -> Image.Image:
    if image.has_transparency_data:
        layers = image.convert("RGBA")
        flat = Image.new("RGB", layers.size, "white")
        flat.paste(layers, mask=layers.getchannel("A"))
        return flat
    return image if image.mode == "RGB" else image.convert("RGB")


def _jpeg(image: Image.Image, side: int, *, quality: int) -> bytes:
    small = image.copy()
    small.thumbnail((side, side))
    small.info.clear()
    out = io.BytesIO()
    small.save(out, "JPEG", quality=quality, optimize=True, progressive=True)
    return out.getvalue()


def _exif(image: Image.Image) -> dict[int, Any]:
    """The EXIF entries of interest by number, {} where they cannot be read: a photo without them is still a photo."""
    try:
        exif = image.getexif()
        return {
            **exif,
            **exif.get_ifd(ExifTags.IFD.Exif),
            ExifTags.IFD.GPSInfo: dict(exif.get_ifd(ExifTags.IFD.GPSInfo)),
        }
    except Exception:  # EXIF is a format of its own, with readers that raise anything
        return {}


def _taken_at(exif: Mapping[int, Any], zone: tzinfo) -> datetime | None:
    text = str(exif.get(ExifTags.Base.DateTimeOriginal) or exif.get(ExifTags.Base.DateTime) or "")
    offset = str(exif.get(ExifTags.Base.OffsetTimeOriginal) or "").strip("\x00 ")
    for form, words in (
        ("%Y:%m:%d %H:%M:%S%z", text.strip("\x00 ") + offset),
        ("%Y:%m:%d %H:%M:%S", text.strip("\x00 ")),
    ):
        try:
            read = datetime.strptime(words, form)
        except ValueError:
            continue
        return (read if read.tzinfo else read.replace(tzinfo=zone)) if 1990 <= read.year <= 2100 else None
    return None


def _position(exif: Mapping[int, Any]) -> tuple[float, float] | None:
    gps = exif.get(ExifTags.IFD.GPSInfo) or {}
    try:
        lat = _degrees(gps[ExifTags.GPS.GPSLatitude], gps.get(ExifTags.GPS.GPSLatitudeRef), "S")
        lon = _degrees(gps[ExifTags.GPS.GPSLongitude], gps.get(ExifTags.GPS.GPSLongitudeRef), "W")
    except (KeyError, TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    # A receiver without a fix writes zeros.
    if not (abs(lat) <= 90 and abs(lon) <= 180) or (lat, lon) == (0, 0):
        return None
    return round(lon, 7), round(lat, 7)


def _direction(exif: Mapping[int, Any]) -> int | None:
    """Whole degrees clockwise from north; magnetic north passes for it (3 to 4 degrees off in both counties)."""
    gps = exif.get(ExifTags.IFD.GPSInfo) or {}
    try:
        degrees = float(gps[ExifTags.GPS.GPSImgDirection])
        return round(degrees) % 360 if 0 <= degrees <= 360 else None
    except (KeyError, TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None


def _degrees(parts: Any, ref: Any, negative: str) -> float:
    degrees, minutes, seconds = (float(part) for part in parts)
    value = degrees + minutes / 60 + seconds / 3600
    if not math.isfinite(value):
        raise ValueError(parts)
    return -value if str(ref).strip("\x00 ").upper() == negative else value
