"""The ground under the data: what the page says of the base maps, and the files that the product serves itself.

A PMTiles file is one archive of all its tiles; the browser asks for ranges of bytes of it (RFC 9110, 14).
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.templatetags.static import static
from django.urls import reverse
from django.utils.http import parse_etags
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

DRAWER = "vendor/protomaps-leaflet/protomaps-leaflet.js"
CHUNK = 64 * 1024
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


def ground() -> dict[str, Any]:
    """The member ``tiles`` of the scripts' data: base maps in order, the script that draws files, the map review number."""
    offered = tuple(settings.BASE_MAPS)
    plain = [base.key for base in offered if base.urls and base.key.startswith("tiles")]
    maps = [
        {
            "key": base.key,
            "word": _word(base, plain.index(base.key) + 1 if len(plain) > 1 and base.key in plain else 0),
            "urls": list(base.urls),
            "servers": base.servers,
            "file": f"{reverse('mapviews:basemap', args=[base.key])}?v={_version(base.path)}" if base.path else "",
            # What the archive says of itself; where it is silent, what the settings say.
            "attribution": _credit(base.path) or base.attribution,
        }
        for base in offered
    ]
    drawer = static(DRAWER) if any(base["file"] for base in maps) else ""
    return {"maps": maps, "drawer": drawer, "reviewNumber": settings.MAP_REVIEW_NUMBER}


def _word(base: Any, number: int) -> str:
    """``number``: which of several that have no name."""
    if base.path or number:
        return _("Base map %(name)s") % {"name": number or base.key}
    return {"vec": _("Tianditu, map"), "img": _("Tianditu, imagery")}.get(base.key, _("Base map"))


def _version(path: Path) -> str:
    """Another one whenever the file is another; of a file that is gone, none."""
    try:
        state = path.stat()
    except OSError:
        return ""
    return f"{state.st_size:x}-{state.st_mtime_ns:x}"


def _credit(path: Path | None) -> str:
    return _credit_of(path, _version(path)) if path else ""


@lru_cache(maxsize=16)
def _credit_of(path: Path, version: str) -> str:
    """The credit that the archive itself names (metadata ``attribution``), without its markup."""
    try:
        with path.open("rb") as archive:
            head = archive.read(127)
            archive.seek(int.from_bytes(head[24:32], "little"))
            packed = archive.read(min(int.from_bytes(head[32:40], "little"), 1 << 20))
        text = json.loads(gzip.decompress(packed) if head[97] == 2 else packed).get("attribution", "")
        return re.sub(r"<[^>]*>", "", str(text)).strip()[:300]
    except (OSError, ValueError, IndexError, AttributeError, EOFError):
        return ""


@require_safe
def file(request: HttpRequest, key: str) -> HttpResponseBase:
    """A base map's archive, whole or a range of it: 200, 206, 304, or 416 for a range beyond its end. Public, no query."""
    path = next((base.path for base in settings.BASE_MAPS if base.path and base.key == key), None)
    version = _version(path) if path else ""
    if path is None or not version:
        raise Http404
    etag = f'"{version}"'
    if etag in parse_etags(request.headers.get("If-None-Match", "")):
        return _kept(HttpResponse(status=304), request, etag, version)
    size = path.stat().st_size
    wanted = _RANGE.fullmatch(request.headers.get("Range", ""))
    if not wanted or request.headers.get("If-Range", etag) != etag or wanted[0] == "bytes=-":
        return _kept(_piece(request, path, 0, size), request, etag, version)
    first, last = wanted[1], wanted[2]
    start = int(first) if first else max(0, size - int(last))
    end = min(int(last) if first and last else size - 1, size - 1)
    if start > end:
        refused = HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
        return _kept(refused, request, etag, version)
    response = _piece(request, path, start, end - start + 1)
    response.status_code = 206
    response["Content-Range"] = f"bytes {start}-{end}/{size}"
    return _kept(response, request, etag, version)


def _piece(request: HttpRequest, path: Path, start: int, length: int) -> StreamingHttpResponse:
    body = () if request.method == "HEAD" else _slice(path, start, length)
    headers = {"Content-Length": str(length)}
    return StreamingHttpResponse(body, content_type="application/octet-stream", headers=headers)


def _slice(path: Path, start: int, length: int) -> Iterator[bytes]:
    with path.open("rb") as archive:
        archive.seek(start)
        while length > 0 and (piece := archive.read(min(CHUNK, length))):
            length -= len(piece)
            yield piece


def _kept(response: HttpResponseBase, request: HttpRequest, etag: str, version: str) -> HttpResponseBase:
    lasting = request.GET.get("v") == version
    response["ETag"] = etag
    response["Accept-Ranges"] = "bytes"
    response["Cache-Control"] = "public, max-age=31536000, immutable" if lasting else "public, no-cache"
    return response
