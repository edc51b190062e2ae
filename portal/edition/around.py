"""What stands around the pages: style sheets and scripts, the front door, the page for what is not there, the lists."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.templatetags.static import static
from django.utils.html import escape

from portal.edition.ask import Notice, ask
from portal.edition.folder import LIST, Folder
from portal.edition.links import Files, finished
from portal.edition.making import Entry, file_of
from portal.edition.world import World
from portal.languages import PREFIXES, TAGS

# Of the static files: not the administration's and not the API's own pages.
STATIC = ("mapviews", "portal", "projects_api", "vendor")


def static_files(folder: Folder) -> None:
    """Style sheets, scripts and icons, as they were collected; as they are, where nothing is (in development)."""
    target = folder.making / settings.STATIC_URL.strip("/")
    root = Path(settings.STATIC_ROOT)
    if (root / "staticfiles.json").is_file():
        for name in STATIC:
            if (root / name).is_dir():
                shutil.copytree(root / name, target / name, copy_function=_copy(folder))
        return
    for finder in get_finders():
        for name, storage in finder.list([]):
            if name.split("/")[0] in STATIC:
                with storage.open(name) as file:
                    folder.write(f"{settings.STATIC_URL.strip('/')}/{name}", file.read())


def _copy(folder: Folder) -> Callable[[str, str], Any]:
    """Linked to the edition that is served where that has the same file, so that a file server sees it unchanged."""

    def copy(source: str, target: str) -> Any:
        old = folder.current and folder.current / Path(target).relative_to(folder.making)
        if old and old.is_file():
            there, here = old.stat(), os.stat(source)
            if (there.st_size, int(there.st_mtime)) == (here.st_size, int(here.st_mtime)):
                return os.link(old, target)
        return shutil.copy2(source, target)

    return copy


def around(
    folder: Folder, made: dict[str, Entry], now: World, at: datetime, *, files: Files, base: str, same: bool
) -> None:
    """The front door, addresses without a language, the page for what is not there, the sitemap, and the manifest.

    ``same``: program and settings are those of the edition that is served, and so its doors are what they were.
    """
    notice = Notice(at, files.live)
    for language in PREFIXES:
        page = ask(f"/{language}/no-such-page/", "", notice)
        # Pictures of its own it would have none of.
        html = finished(page.body.decode(), here=f"/{language}/", policy=page.policy, files=files, asset=lambda _: None)
        folder.write(f"{language}/404.html", html.encode())
        if language == next(iter(PREFIXES)):
            folder.write("404.html", html.encode())
    pages = [key for key, entry in made.items() if any(file.endswith("index.html") for file in entry.files)]
    first = f"/{next(iter(PREFIXES))}/"
    for key in [key for key in made if key.startswith(first)]:
        bare = "/" + key.removeprefix(first)
        if bare in made:
            continue
        if key in pages:
            if not (same and folder.keep(file_of(bare))):
                folder.write(file_of(bare), _door(bare, files.under).encode())
        else:  # a feed, a badge, a table: who asks for it reads no page that offers both
            folder.also(file_of(key), file_of(bare))
    if base:
        folder.write("sitemap.xml", _sitemap([key for key in pages if made[key].title], base).encode())
    where = f"Sitemap: {base}/sitemap.xml\n" if base else ""
    folder.write("robots.txt", f"User-agent: *\nAllow: /\n{where}".encode())
    manifest = {
        "made": at.isoformat(timespec="seconds"),
        "entry": now.newest,
        "standing": now.standing,
        "lasting": now.lasting,
        "live": files.live,
        "pages": {key: asdict(entry) for key, entry in sorted(made.items())},
    }
    folder.write(LIST, orjson.dumps(manifest, option=orjson.OPT_INDENT_2))


def _door(path: str, under: str) -> str:
    """The address without a language: a file server does not know the reader's, so the first is opened and both are offered.

    It names its icon: a browser that is told none asks the root of the host for one, which belongs to others.
    """
    icon = escape(under + static("portal/icon.svg"))
    links = {name: f"{under}/{name}{path}" for name in PREFIXES}
    first = escape(next(iter(links.values())))
    own = {"zh": "中文", "en": "English"}
    items = " · ".join(
        f'<a href="{escape(address)}" hreflang="{TAGS[name]}" lang="{TAGS[name]}">{own[name]}</a>'
        for name, address in links.items()
    )
    return (
        f'<!doctype html>\n<html lang="zh-Hans"><head><meta charset="utf-8"><meta name="robots" content="noindex">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="refresh" content="0; url={first}"><link rel="canonical" href="{first}">'
        f'<link rel="icon" href="{icon}" type="image/svg+xml">'
        f"<title>校建通 SchoolWorks</title></head><body><p>{items}</p></body></html>\n"
    )


def _sitemap(pages: Iterable[str], base: str) -> str:
    rows = []
    known = set(pages)
    for key in sorted(known):
        language, _slash, rest = key[1:].partition("/")
        others = "".join(
            f'<xhtml:link rel="alternate" hreflang="{TAGS[name]}" href="{escape(base)}/{name}/{escape(rest)}"/>'
            for name in PREFIXES
            if f"/{name}/{rest}" in known
        )
        rows.append(f"<url><loc>{escape(base)}{escape(key)}</loc>{others}</url>" if language in PREFIXES else "")
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
        'xmlns:xhtml="http://www.w3.org/1999/xhtml">\n' + "\n".join(filter(None, rows)) + "\n</urlset>\n"
    )
