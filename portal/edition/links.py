"""A page's links as they are right among files: what is a file stays, what needs the live server leads there."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape, unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.conf import settings
from django.urls import reverse

_LINK = re.compile(r'(<(?P<tag>[a-z]+)\b[^>]*?\s)(?P<name>href|src|action)="(?P<value>[^"]*)"', re.IGNORECASE)
_CONFIG = re.compile(r'(<script id="map-config" type="application/json">)(.*?)(</script>)', re.DOTALL)
_HEAD = re.compile(r"<meta charset=[^>]*>", re.IGNORECASE)
# As Django's json_script does it.
_ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}
_NOTE = "#edition"
# An address of data in a map's script.
_QUOTED = re.compile(rb'"(/(?:zh|en)/)')


@dataclass(frozen=True)
class Files:
    """Which addresses are files. ``pages``: lists of which the further pages may be asked for with ``?page=``.

    ``under``: the path on its host that the edition is served under (``/county``), "" for the root. What is a file is written in
    pages with it; nothing else knows of it.
    """

    known: frozenset[str]
    pages: frozenset[str]
    live: str
    under: str = ""


def finished(html: str, *, here: str, policy: str, files: Files, asset: Callable[[str], str | None]) -> str:
    """The page as a file at ``here``. ``asset(address)`` makes a file of a picture and gives its address, None if it cannot."""
    html = _LINK.sub(lambda found: _attribute(found, here, files, asset), html)
    html = _CONFIG.sub(lambda found: found[1] + _config(found[2], here, files, asset) + found[3], html)
    html = html.replace(' data-first="/', f' data-first="{files.under}/')
    if policy:
        # A file server sends no headers of ours. frame-ancestors means nothing here, so embedding is the file server's to allow.
        kept = "; ".join(part for part in policy.split("; ") if not part.startswith("frame-ancestors"))
        html = _HEAD.sub(
            lambda m: f'{m[0]}\n<meta http-equiv="Content-Security-Policy" content="{escape(kept)}">', html, count=1
        )
    return html


def script(body: bytes, files: Files) -> bytes:
    """A map's script as a file: where its data are."""
    return _QUOTED.sub(rb'"' + files.under.encode() + rb"\1", body) if files.under else body


def page_file(path: str, number: str) -> str:
    """The address of a list's further page."""
    return path if number == "1" else f"{path}page-{number}/"


def _attribute(found: re.Match[str], here: str, files: Files, asset: Callable[[str], str | None]) -> str:
    value = unescape(found["value"])
    name, tag = found["name"].lower(), found["tag"].lower()
    if value.startswith("?"):
        value = here + value
    if not value.startswith("/") or value.startswith("//"):
        return found[0]
    file = _file(value, files)
    if file is None and name == "src":
        file = asset(value)
    if file is None and tag == "link":
        file = value  # what other programs read: a canonical address, a feed
    elsewhere = files.live + value if files.live else _NOTE
    new = elsewhere if file is None else files.under + file
    return f'{found[1]}{found["name"]}="{escape(new)}"'


def _file(value: str, files: Files) -> str | None:
    """The address among the files; None where there is none."""
    parts = urlsplit(value)
    if value.startswith(settings.STATIC_URL):
        return value
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    if parts.path in files.pages and set(query) == {"page"} and query["page"].isdigit():
        return page_file(parts.path, query["page"]) + (f"#{parts.fragment}" if parts.fragment else "")
    if parts.path in files.known and set(query) <= {"v"}:
        return value
    return None


def _config(text: str, here: str, files: Files, asset: Callable[[str], str | None]) -> str:
    """What the map's scripts know: there is no search, and lists by filter are the live server's.

    A file server reads no query: a map of a part of the sites (a region's) is told under which address its own data lies.
    """
    config = json.loads(text)
    config["searchUrl"] = ""
    if config["query"] and not config.get("own"):
        language = "/" + here.split("/")[1]
        asked = [f"{language}{reverse(f'mapviews:{name}')}{config['query']}" for name in ("marks", "sites")]
        config["files"] = {files.under + address: asset(address) for address in asked}
    if files.live and "projectPath" in config:
        config["listPath"] = files.live + config["projectPath"].replace("CODE/", "")
    if files.under:
        config = _under(config, files)
    return json.dumps(config, ensure_ascii=False, separators=(",", ":")).translate(_ESCAPES)


def _under(value: Any, files: Files) -> Any:
    """Every address in it, under the edition's path."""
    if isinstance(value, dict):
        return {name: _under(one, files) for name, one in value.items()}
    if isinstance(value, list):
        return [_under(one, files) for one in value]
    return files.under + value if isinstance(value, str) and re.match(r"/[a-z]", value) else value
