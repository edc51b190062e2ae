"""The files of photos: what has arrived of an upload, and what is kept of it.

An upload in progress is one file in ``UPLOADS_DIR``, and its size *is* how much has arrived: a part that breaks off half-way
counts as far as it came, and nothing has to agree with it. Finished files are in Django's default storage, a folder of the
server or a bucket, under ``photos/{id}/``; no address leads there.
"""

from __future__ import annotations

import fcntl
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO
from uuid import UUID

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.utils.translation import gettext as _

from projects_api.errors import NotFound, Unavailable, WrongOffset

log = logging.getLogger(__name__)
# What the device sends as preview is never shown in the place of what its original holds.
ORIGINAL, FROM_DEVICE, PREVIEW, DISPLAY = "original", "device.jpg", "preview.jpg", "display.jpg"
# The pictures of the demonstration come with its fixtures, which no storage has ever taken.
DRAWN: Path = settings.BASE_DIR / "fixtures" / "photos"
KEPT_FOR = timedelta(days=30)
_BLOCK = 64 * 1024
_PATIENCE = 5.0


def arrived(photo: UUID) -> int:
    """How many bytes of an upload are here."""
    try:
        return _part(photo).stat().st_size
    except FileNotFoundError:
        return 0


@contextmanager
def upload(photo: UUID) -> Iterator[IO[bytes]]:
    """The upload's file, for one at a time. Raises Unavailable when somebody else is still at it after 5 seconds,
    or where files cannot be written.

    Never held while waiting for a network: a phone that vanished would keep everybody out, itself included.
    """
    path = _part(photo)
    with _on_disk():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(handle, "r+b") as file:
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise Unavailable(_("Another part of this photo is just arriving. Try again.")) from None
                time.sleep(0.05)
        yield file


def append(photo: UUID, stream: IO[bytes], *, offset: int, length: int, size: int) -> int:
    """Write ``length`` bytes from ``offset`` on to an upload of ``size`` bytes; how many are here then, fewer when the stream
    breaks off. Raises WrongOffset when somebody else has written on meanwhile: the connection that is alive wins.
    """
    here, end = offset, offset + length
    while here < end and (block := stream.read(min(_BLOCK, end - here))):
        with upload(photo) as file, _on_disk():
            # The last byte is never counted as here (`photos.offset_of`), and may come again.
            found = min(os.fstat(file.fileno()).st_size, size - 1)
            if found != here:
                raise gone_on(found)
            file.seek(here)
            file.truncate()
            file.write(block)
            file.flush()
            if here + len(block) == end:
                os.fsync(file.fileno())
        here += len(block)
    return here


def gone_on(here: int) -> WrongOffset:
    return WrongOffset(_("So far %(n)s bytes are here: go on from there.") % {"n": here}, offset=here)


def forget_upload(photo: UUID) -> None:
    _part(photo).unlink(missing_ok=True)


def sweep_uploads(*, at: datetime) -> int:
    """Throw away uploads that nobody has gone on with for 30 days; how many. For the worker, daily."""
    swept = 0
    for path in settings.UPLOADS_DIR.glob("*.part"):
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < (at - KEPT_FOR).timestamp():
                path.unlink()
                swept += 1
    return swept


def keep(photo: UUID, name: str, content: bytes | IO[bytes]) -> None:
    """Put a file into the storage, in the place of an older one, and down to the disk where it is one of this server's."""
    file: File[bytes] = ContentFile(content) if isinstance(content, bytes) else File(content)
    with _on_disk():
        saved = default_storage.save(f"photos/{photo}/{name}", file)
        with suppress(NotImplementedError):  # a bucket has no path, and keeps what it has taken
            handle = os.open(default_storage.path(saved), os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


def forget(photo: UUID) -> None:
    """Delete what is kept to be shown; nothing where there is nothing."""
    with _on_disk():
        for name in (DISPLAY, PREVIEW):
            default_storage.delete(f"photos/{photo}/{name}")


def kept(photo: UUID, name: str) -> File[bytes]:
    """A file of a photo, open for reading. Raises NotFound, and Unavailable where the storage is away."""
    try:
        return default_storage.open(f"photos/{photo}/{name}", "rb")
    except FileNotFoundError as error:
        with suppress(FileNotFoundError):
            return File((DRAWN / str(photo) / name).open("rb"), name=name)
        raise NotFound(_("This picture is not here.")) from error
    except OSError as error:
        log.error("a file cannot be read: %s", error)
        raise Unavailable(_("Files cannot be read just now. Try again later.")) from error


def _part(photo: UUID) -> Path:
    folder: Path = settings.UPLOADS_DIR
    return folder / f"{photo}.part"


@contextmanager
def _on_disk() -> Iterator[None]:
    """A full disk or a bucket that is away is nobody's fault who sends: what has arrived stays, the rest may come later."""
    try:
        yield
    except OSError as error:
        log.error("a file cannot be written: %s", error)
        raise Unavailable(_("Files cannot be stored just now. Try again later.")) from error
