"""Promise 4 over every format: whatever the public can ask for, enumerated from the URL configuration, is unpacked and read.

`test_permissions` fails where a route has no row; every row that lets the public in is asked here, in both languages and by
somebody from the next county. No private value of the published project may be in it, and no trace of the unpublished one.
"""

from __future__ import annotations

import gzip
import io
import zipfile
from typing import Any

import pypdfium2
import pytest

from tests.api.test_permissions import NO_REPORT, PAGES, TABLE
from tests.api.test_private_values import traces
from tests.cast import PUBLIC, Cast

UNPACKED = 5_000_000  # bytes: nothing of the cast is so large

ADDRESSES = sorted(
    {
        *(
            f"/api/v1/{case.path}"
            for (_name, method), cases in TABLE.items()
            for case in cases
            if method == "GET" and case.expected[PUBLIC] == 200
        ),
        *(path for rows in PAGES.values() for path, expected in rows if expected[PUBLIC] == 200),
    }
)
# A paper is drawn from answers that are asked themselves, in seconds: once. In its picture nothing can be read.
ASKED = [
    pytest.param(address, marks=pytest.mark.once) if address.endswith(".pdf") else address
    for address in ADDRESSES
    if not address.endswith(".png") or "/maps/" not in address
]


def unpacked(body: bytes) -> str:
    """The text of a body of any format that the product sends: members of archives, pages of PDFs, else the bytes."""
    if body.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            assert sum(member.file_size for member in archive.infolist()) < UNPACKED
            return "\n".join(unpacked(archive.read(member)) for member in archive.infolist())
    if body.startswith(b"\x1f\x8b"):
        return unpacked(gzip.decompress(body))
    if body.startswith(b"%PDF"):
        with pypdfium2.PdfDocument(body) as document:
            return "\n".join(page.get_textpage().get_text_range() for page in document)
    return body.decode("utf-8", "replace")


@pytest.mark.parametrize("address", ASKED)
def test_nothing_private_is_in_anything_the_public_can_ask_for(cast: Cast, api: Any, address: str) -> None:
    path = address.format(school=cast.school, report=NO_REPORT, own="", gushi_engineer="")
    internal = cast.project(cast.unpublished)
    for who, language in ((PUBLIC, "en"), (PUBLIC, "zh-hans"), ("gushi_official", "en")):
        person = api(who, language=language)
        if who != PUBLIC and not path.startswith("/api/"):
            person.client.force_login(cast.user(who), "projects_api.services.sign_in.AccountBackend")
        answer = person.get(path)
        assert answer.status == 200, (who, path)
        text = unpacked(answer.content)
        assert not traces(text), (who, language)
        for hidden in (internal.code, internal.title_zh, internal.title_en):
            assert not hidden or hidden not in text, (who, language, hidden)


def test_what_is_packed_is_read() -> None:
    """Else a clean workbook would prove nothing."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("sheet.xml", "a canary")
    assert "canary" in unpacked(packed.getvalue())
    assert "canary" in unpacked(gzip.compress(packed.getvalue()))
