"""HTML drawn as a PDF, and a PDF's pages as a picture: by WeasyPrint and PDFium with the machine's fonts, fetching nothing."""

from __future__ import annotations

import gc
import io
import struct
import threading
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.utils.translation import gettext_lazy as _

from projects_api.errors import Unavailable

# One at a time, and always in the same thread: drawing takes 300 MB (350 where hundreds are listed), each thread that ever drew
# keeps 100, and PDFium is not made for several.
_DRAWER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="paper")
# Whoever waits holds one of the server's threads (`config.serving`: 8): a few who want paper must not keep everybody from pages.
WAITING = 4
_seats = threading.BoundedSemaphore(WAITING)


def pdf_of(html: str) -> bytes:
    """No address in the text is ever asked for. Raises Unavailable where Pango is not installed, or too many wait for a paper."""
    return _in_turn(lambda: _draw(html))


def png_of(html: str, *, dots_per_inch: int = 150) -> bytes:
    """All its pages, one below the other. Raises as `pdf_of`."""
    return _in_turn(lambda: _picture(_draw(html), dots_per_inch))


def _in_turn(work: Callable[[], bytes]) -> bytes:
    def tidied() -> bytes:
        try:
            return work()
        finally:
            gc.collect()  # a paper's boxes point at each other, 40 MB of them, and Python looks for such rings too seldom

    if not _seats.acquire(blocking=False):
        raise Unavailable(_("Many papers are being drawn just now. Try again in a moment."))
    try:
        return _DRAWER.submit(tidied).result()
    finally:
        _seats.release()


def _draw(html: str) -> bytes:
    try:
        # Only who prints pays for loading the layout engine (half a second).
        from weasyprint import HTML
        from weasyprint.urls import FatalURLFetchingError, URLFetcher
    except OSError as error:
        raise Unavailable(_("This server cannot draw PDFs: its administrator has to install Pango.")) from error

    class Nothing(URLFetcher):
        """Fetches nothing, from no network and no file: an address in the paper is a defect, and stops it."""

        def fetch(self, url: str, headers: Any = None) -> Any:
            raise FatalURLFetchingError(f"paper fetches nothing: {url[:200]}")

    pdf: bytes = HTML(string=html, url_fetcher=Nothing()).write_pdf()
    return pdf


def _picture(pdf: bytes, dots_per_inch: int) -> bytes:
    """Row by row: of all the pages one lies in memory at a time (13 MB where it is A3), however many there are, and only once."""
    import pypdfium2

    document = pypdfium2.PdfDocument(pdf)
    try:
        out = io.BytesIO()
        packer = zlib.compressobj(9)
        for at in range(len(document)):
            page = document[at]
            drawn = page.render(scale=dots_per_inch / 72, rev_byteorder=True)  # red, green, blue
            if not at:
                out.write(b"\x89PNG\r\n\x1a\n")
                size = (drawn.width, drawn.height * len(document))  # all pages are of one paper
                _chunk(out, b"IHDR", struct.pack(">IIBBBBB", *size, 8, 2, 0, 0, 0))
            pixels = memoryview(drawn.buffer).cast("B")
            for row in range(0, drawn.height * drawn.stride, drawn.stride):
                # As it is, "no filter": a drawing's flat colours shrink best so.
                _chunk(out, b"IDAT", packer.compress(b"\0" + pixels[row : row + 3 * drawn.width]))
            pixels.release()
            drawn.close()
            page.close()
        _chunk(out, b"IDAT", packer.flush())
        _chunk(out, b"IEND", b"")
        return out.getvalue()
    finally:
        document.close()


def _chunk(out: io.BytesIO, kind: bytes, data: bytes) -> None:
    if data or kind == b"IEND":
        out.write(struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)))
