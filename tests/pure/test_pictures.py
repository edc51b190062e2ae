"""Files as phones, cameras and attackers make them: what is read of them, what is refused, what copies hold."""

from __future__ import annotations

import hashlib
import io
import struct
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from PIL import ExifTags, Image, ImageFile

from projects_api.choices import PhotoRefusal
from projects_api.pictures import DISPLAY_SIDE, PREVIEW_SIDE, Picture, PictureRefused, read_picture, small_picture
from projects_api.plausibility import SAME_LOOK, hamming
from tests.photo_files import bomb, exif, picture, scene

CHINA = ZoneInfo("Asia/Shanghai")
PLACE = (109.5877123, 34.9561234)


def read(data: bytes, media_type: str = "image/jpeg") -> Picture:
    return read_picture(io.BytesIO(data), media_type, CHINA)


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data), formats=("JPEG",))


@pytest.mark.parametrize(
    ("form", "media_type"),
    [
        ("JPEG", "image/jpeg"),
        ("PNG", "image/png"),
        ("WEBP", "image/webp"),
        ("HEIF", "image/heic"),
        ("HEIF", "image/heif"),
    ],
)
def test_every_format_is_read_with_its_place_and_time(form: str, media_type: str) -> None:
    data = picture(form=form, exif=exif(position=PLACE, taken=datetime(2023, 6, 5, 10, 30)))
    found = read(data, media_type)
    assert (found.width, found.height) == (800, 600)
    assert found.sha256 == hashlib.sha256(data).hexdigest()
    assert found.position == pytest.approx(PLACE, abs=1e-6)
    assert found.taken_at == datetime(2023, 6, 5, 2, 30, tzinfo=UTC)
    assert opened(found.display).size == (800, 600)


def test_a_camera_that_says_its_time_zone_is_believed() -> None:
    data = picture(exif=exif(taken=datetime(2023, 6, 5, 10, 30), offset="+06:00"))
    assert read(data).taken_at == datetime(2023, 6, 5, 4, 30, tzinfo=UTC)


def test_copies_hold_nothing_but_the_picture() -> None:
    marked = exif(position=PLACE, taken=datetime(2023, 6, 5), words="kanarienvogel")
    data = picture(
        exif=marked, comment=b"kanarienvogel", icc_profile=b"kanarienvogel" * 20, xmp=b"<x>kanarienvogel</x>"
    )
    assert data.count(b"kanarienvogel") >= 4, "the canary is in the original"
    found = read(data)
    for copy in (found.display, found.preview, small_picture(data)):
        assert b"kanarienvogel" not in copy and b"Exif" not in copy
        said = opened(copy).info.keys()
        assert not opened(copy).getexif() and not said & {"exif", "xmp", "icc_profile", "comment", "mp"}


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_picture_taken_upright_is_shown_upright(form: str) -> None:
    """Orientation 6: the camera was turned, the sky is at the left of what it stored."""
    stored = Image.new("RGB", (400, 200), "black")
    stored.paste("white", (0, 0, 200, 200))
    found = read(picture(stored, form, exif=exif(orientation=6)), f"image/{form.lower()}")
    assert (found.width, found.height) == (200, 400)
    for copy in (opened(found.display), opened(found.preview)):
        assert copy.size == (200, 400)
        assert copy.convert("L").getpixel((100, 40)) > 200 and copy.convert("L").getpixel((100, 360)) < 50  # type: ignore[operator]


def test_large_pictures_are_shown_small() -> None:
    found = read(picture(scene(2, (4000, 3000))))
    assert (found.width, found.height) == (4000, 3000)
    assert max(opened(found.display).size) == DISPLAY_SIDE and max(opened(found.preview).size) == PREVIEW_SIDE
    assert len(found.preview) < 200 * 1024


@pytest.mark.parametrize(
    ("position", "orientation"), [((0.0, 0.0), None), ((500.0, 34.9), None), ((109.0, 95.0), None), (None, 99)]
)
def test_nonsense_in_exif_is_no_reason_to_refuse(position: Any, orientation: int | None) -> None:
    found = read(picture(exif=exif(position=position, orientation=orientation)))
    assert found.position is None and found.taken_at is None


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow says so too
def test_exif_that_cannot_be_read_is_no_reason_to_refuse() -> None:
    entry = struct.pack("<HHII", ExifTags.IFD.GPSInfo, 4, 1, 26)
    latitude = struct.pack("<HHI4s", ExifTags.GPS.GPSLatitude, 2, 4, b"abc\0")
    gps = b"Exif\0\0II*\0" + struct.pack("<IH", 8, 1) + entry + struct.pack("<IH", 0, 1) + latitude + b"\0" * 4
    for broken in (gps, b"Exif\x00\x00II*\x00\xff\xff\xff\xff", b"Exif\x00\x00" + b"\x00" * 40):
        assert read(picture(exif=broken)).position is None


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGBA", "LA", "CMYK", "I;16"])
def test_every_kind_of_pixel_can_be_shown(mode: str) -> None:
    form = "JPEG" if mode == "CMYK" else "PNG"
    image = Image.new("I;16", (90, 80)) if mode == "I;16" else scene(3, (90, 80)).convert(mode)
    assert opened(read(picture(image, form), f"image/{form.lower()}").display).size == (90, 80)


def test_what_is_transparent_is_white() -> None:
    shown = opened(read(picture(Image.new("RGBA", (50, 50), (0, 0, 0, 0)), "PNG"), "image/png").display)
    assert shown.getpixel((25, 25)) == (255, 255, 255)


# --- refused ---


def test_a_second_file_behind_the_picture_is_not_in_the_copies() -> None:
    """A JPEG that is a zip archive too."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as inside:
        inside.writestr("kanarienvogel.html", "<script>alert(1)</script>")
    data = picture() + archive.getvalue()
    assert zipfile.is_zipfile(io.BytesIO(data))
    found = read(data)
    for copy in (found.display, found.preview):
        assert not zipfile.is_zipfile(io.BytesIO(copy)) and b"kanarienvogel" not in copy


EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n"


@pytest.mark.parametrize(
    ("data", "media_type", "why"),
    [
        (b"", "image/jpeg", PhotoRefusal.NOT_A_PICTURE),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "image/png", PhotoRefusal.NOT_A_PICTURE),
        (b"<!doctype html><script>alert(1)</script>", "image/jpeg", PhotoRefusal.NOT_A_PICTURE),
        (EPS, "image/jpeg", PhotoRefusal.NOT_A_PICTURE),
        ("GIF", "image/png", PhotoRefusal.NOT_A_PICTURE),
        ("TIFF", "image/jpeg", PhotoRefusal.NOT_A_PICTURE),
        ("BMP", "image/jpeg", PhotoRefusal.NOT_A_PICTURE),
        ("PNG", "image/jpeg", PhotoRefusal.OTHER_FORMAT),
        ("HEIF", "image/jpeg", PhotoRefusal.OTHER_FORMAT),
        ("JPEG", "image/heic", PhotoRefusal.OTHER_FORMAT),
        ("JPEG", "image/svg+xml", PhotoRefusal.OTHER_FORMAT),
    ],
    ids=["empty", "svg", "html", "eps", "gif", "tiff", "bmp", "png as jpeg", "heic as jpeg", "jpeg as heic", "unknown type"],
)  # fmt: skip
def test_other_files_are_refused_with_the_reason(data: bytes | str, media_type: str, why: PhotoRefusal) -> None:
    # Drawn here, not above: every process of a run reads the parameters of all tests.
    body = picture(form=data) if isinstance(data, str) else data
    with pytest.raises(PictureRefused) as refused:
        read(body, media_type)
    assert refused.value.why == why


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "HEIF"])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.9])
def test_what_is_cut_off_is_refused(form: str, share: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also in a process that has drawn a PDF: loading WeasyPrint turns this on for all."""
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    data = picture(scene(4, (1000, 800)), form)
    with pytest.raises(PictureRefused) as refused:
        read(data[: int(len(data) * share)], "image/heic" if form == "HEIF" else f"image/{form.lower()}")
    assert refused.value.why in (PhotoRefusal.DAMAGED, PhotoRefusal.NOT_A_PICTURE)


def test_a_bomb_is_refused_by_its_header() -> None:
    """169 million pixels in a few hundred kilobytes: nothing of it is decoded."""
    data = bomb()
    assert len(data) < 600_000
    started = datetime.now()
    with pytest.raises(PictureRefused) as refused:
        read(data, "image/png")
    assert refused.value.why == PhotoRefusal.TOO_MANY_PIXELS
    assert datetime.now() - started < timedelta(seconds=1)
    with pytest.raises(PictureRefused):
        small_picture(data)


def test_fifty_one_million_pixels_are_too_many() -> None:
    with pytest.raises(PictureRefused) as refused:
        read(bomb(7_150), "image/png")
    assert refused.value.why == PhotoRefusal.TOO_MANY_PIXELS


# --- the look ---


def test_the_same_picture_looks_the_same_however_it_was_saved() -> None:
    original = read(picture(scene(5, (1600, 1200)), quality=95)).phash
    smaller = read(picture(scene(5, (1600, 1200)).resize((640, 480)), quality=40)).phash
    other_format = read(picture(scene(5, (1600, 1200)), "WEBP", quality=60), "image/webp").phash
    brighter = read(picture(scene(5, (1600, 1200)).point(lambda value: min(255, int(value * 0.9) + 10)))).phash
    for copy in (smaller, other_format, brighter):
        assert hamming(original, copy) <= SAME_LOOK


def test_other_pictures_look_different() -> None:
    looks = [read(picture(scene(seed, (400, 300)))).phash for seed in range(20, 40)]
    assert min(hamming(a, b) for i, a in enumerate(looks) for b in looks[:i]) > SAME_LOOK
