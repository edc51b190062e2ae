"""What a map shows first, handed over by a script: the document to the letter, for this site's pages alone."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from projects_api.models import Bureau, Project, Region
from tests.maps.conftest import HOSTILE_TEXT

PAIRS = [f"/maps/{path}" for path in ("marks", "lights/marks", "investment/areas", "coverage/areas")]


def told(script: str) -> Any:
    """The document in a script, read as JavaScript reads a quoted text."""
    text = re.fullmatch(
        r"\(self\.SchoolWorks \|\|= \{\}\)\.first = JSON\.parse\('(.*)'\); SchoolWorks\.arrived\?\.\(\);", script
    )
    assert text and "\n" not in script
    assert not re.search(r"(?<!\\)(\\\\)*'", text[1]), "nothing ends the text early"
    return json.loads(re.sub(r"\\(['\\])", r"\1", text[1]))


@pytest.mark.parametrize("path", PAIRS)
def test_the_script_tells_the_document(
    client: Client, bureau: Bureau, make_project: Callable[..., Project], path: str
) -> None:
    make_project(
        region=Region.objects.create(
            code="999001101", level="township", name_zh=f"O'\\{HOSTILE_TEXT}", parent=bureau.region
        )
    )
    document, script = client.get(f"{path}.json"), client.get(f"{path}.js")
    assert told(script.content.decode()) == document.json()
    assert script["Content-Type"] == "text/javascript; charset=utf-8"
    assert script["Cross-Origin-Resource-Policy"] == "same-origin"
    packed = client.get(f"{path}.js", headers={"accept-encoding": "gzip"})
    assert packed["ETag"] == script["ETag"]
    assert client.get(f"{path}.js", headers={"if-none-match": script["ETag"]}).status_code == 304


def test_a_page_brings_its_own_with_its_filters(client: Client, bureau: Bureau) -> None:
    page = client.get("/maps/lights/?bureau=999001").content.decode()
    assert 'src="/maps/lights/marks.js?bureau=999001" data-first="/maps/lights/marks.json?bureau=999001"' in page
    assert client.get("/maps/marks.js?nonsense=1").status_code == 400
