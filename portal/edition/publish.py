"""One run: which addresses changed, making their files, and the switch to the new edition."""

from __future__ import annotations

import gc
import hashlib
import mimetypes
import os
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import orjson
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.db import connections
from django.utils.html import escape

from portal.edition.ask import Notice, Page, ask
from portal.edition.folder import LIST, Folder
from portal.edition.links import Files, finished, page_file
from portal.edition.parts import Job, World, jobs, world
from portal.languages import PREFIXES, TAGS
from projects_api.selectors.moment import one_moment

# Of the static files: not the administration's and not the API's own pages.
STATIC = ("mapviews", "portal", "projects_api", "vendor")
PASSES = 3
_CHUNK = 10
_KINDS = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/svg+xml": ".svg",
    "image/webp": ".webp",
    "application/pdf": ".pdf",
}


class Failed(Exception):
    """A page could not be made: the edition that is served stays."""


@dataclass
class Entry:
    """A line of the manifest: the files of one address, each with its hash; the first is the address itself."""

    validator: str
    files: dict[str, str] = field(default_factory=dict)
    assets: list[str] = field(default_factory=list)
    title: bool = False  # whether it is a page that search engines may show


@dataclass
class Report:
    """What a run did, in numbers of addresses; ``edition`` is None where nothing had changed."""

    edition: Path | None
    made: int = 0
    kept: int = 0
    gone: int = 0


@dataclass(frozen=True)
class Task:
    """What a worker needs to know."""

    folder: Path
    notice: Notice
    files: Files


def publish(
    folder: Folder, *, at: datetime, live: str, base: str, processes: int, progress: Callable[[int, int], None]
) -> Report:
    """Bring ``folder`` up to date. ``live``: origin of the live server; ``base``: origin of the edition, for the sitemap.

    Raises Failed, and leaves what is served alone, when a page cannot be made.
    """
    told = repr((live, base, settings.DEMO, settings.MAP_REVIEW_NUMBER, settings.SITE_URL, _static_stamp()))
    now = world(told)
    old = folder.manifest()
    if old.get("whole") == now.whole:
        return Report(None, kept=len(old["pages"]))
    before = {key: Entry(**entry) for key, entry in old.get("pages", {}).items()}
    folder.begin()
    made: dict[str, Entry] = {}
    written = 0
    # What is written meanwhile is caught up with, so that no page is older than the ledger entry that the edition names.
    for _pass in range(PASSES):
        wanted = list(jobs(now))
        files = files_of(wanted, live)
        keys = {job.key for job in wanted}
        for key in made.keys() - keys:
            _drop(folder, made.pop(key))
        due = []
        for job in wanted:
            known = made.get(job.key)
            if known is not None and known.validator == job.validator:
                continue
            entry = before.get(job.key)
            if known is None and entry and entry.validator == job.validator and _keep(folder, entry):
                made[job.key] = entry
            else:
                due.append(job)
        task = Task(folder.root, Notice(at, live), files)
        for done, (job, made_entry) in enumerate(_all(task, together(due), processes), start=1):
            if made_entry is None:
                made.pop(job.key, None)
            else:
                made[job.key] = made_entry
            progress(done, len(due))
        written += len(due)
        after = world(told)
        if after.whole == now.whole:
            break
        now = after
    _static(folder)
    _around(folder, made, now, at, live=live, base=base)
    edition = folder.switch(at)
    return Report(edition, written, len(made) - min(written, len(made)), len(before.keys() - made.keys()))


def files_of(wanted: Iterable[Job], live: str) -> Files:
    wanted = list(wanted)
    return Files(frozenset(job.key for job in wanted), frozenset(job.key for job in wanted if job.pages), live)


def together(due: Iterable[Job]) -> list[list[Job]]:
    """By what they speak of, in their order: long lists first, so that nobody waits for them at the end."""
    groups: dict[str, list[Job]] = {}
    for job in due:
        groups.setdefault(job.about, []).append(job)
    return sorted(groups.values(), key=lambda jobs: not jobs[0].pages)


def _all(task: Task, groups: Sequence[list[Job]], processes: int) -> Iterator[tuple[Job, Entry | None]]:
    """Every page made, by several processes: each asks the database by itself, and writes files of its own."""
    if processes < 2 or len(groups) < 2 * _CHUNK:
        for group in groups:
            yield from zip(group, make_all(task, group), strict=True)
        return
    for connection in connections.all():
        connection.close()  # no two processes may hold one
        if hasattr(connection, "close_pool"):
            connection.close_pool()
    with ProcessPoolExecutor(processes, get_context("fork"), _begin_worker, (os.getpid(), task)) as pool:
        for group, entries in zip(groups, pool.map(_make_here, groups), strict=True):
            yield from zip(group, entries, strict=True)


# A worker's own: handed over once, as it knows every address.
_task: Task | None = None


def _make_here(group: list[Job]) -> list[Entry | None]:
    assert _task is not None
    return make_all(_task, group)


def _begin_worker(parent: int, task: Task) -> None:
    """A page leaves much garbage and little of it in circles: looking for those less often is a tenth of the time."""
    global _task
    _task = task
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)  # the run was killed; a worker waiting for work would wait for ever

    threading.Thread(target=watch, daemon=True).start()


def make_all(task: Task, group: list[Job]) -> list[Entry | None]:
    with one_moment():
        return [_make(task, job) for job in group]


def _make(task: Task, job: Job) -> Entry | None:
    """The files of one address; None where it is no longer public. Raises Failed."""
    entry, folder = Entry(job.validator), Folder(task.folder)
    number = 1
    while True:
        page = ask(job.key, f"page={number}" if number > 1 else "", task.notice)
        if page.status == 404 and number == 1:
            return None
        if page.status != 200:
            raise Failed(f"{job.key}{f'?page={number}' if number > 1 else ''} was answered with {page.status}.")
        body = page.body
        if page.is_html:
            html = page.body.decode()
            entry.title = entry.title or 'name="robots" content="noindex"' not in html
            here = job.key
            asset = partial(_asset, task, folder, entry)
            body = finished(html, here=here, policy=page.policy, files=task.files, asset=asset).encode()
        file = file_of(page_file(job.key, str(number)), page)
        folder.write(file, body)
        entry.files[file] = hashlib.sha256(body).hexdigest()
        number += 1
        if not job.pages or not re.search(rf"[?&;]page={number}\b".encode(), page.body):
            return entry


def file_of(key: str, page: Page | None = None) -> str:
    """``/zh/projects/`` is ``zh/projects/index.html``; an address with an ending is itself."""
    name = key.lstrip("/")
    return f"{name}index.html" if not name or name.endswith("/") else name


def _asset(task: Task, folder: Folder, entry: Entry, address: str) -> str | None:
    """A picture on a page as a file by its hash."""
    path, _mark, query = address.partition("?")
    found = ask(path, query, task.notice)
    ending = _KINDS.get(found.type) or mimetypes.guess_extension(found.type) or ""
    if found.status != 200 or not ending or found.is_html:
        return None
    file = f"assets/{hashlib.sha256(found.body).hexdigest()[:24]}{ending}"
    if not (folder.making / file).exists():
        folder.write(file, found.body)
    entry.assets.append(file)
    return f"/{file}"


def _keep(folder: Folder, entry: Entry) -> bool:
    return all(folder.keep(file) for file in (*entry.files, *entry.assets))


def _drop(folder: Folder, entry: Entry) -> None:
    for file in entry.files:
        (folder.making / file).unlink(missing_ok=True)


def _static_stamp() -> str:
    """Changes with the collected files: pages name them by their hashes."""
    try:
        return hashlib.sha256((Path(settings.STATIC_ROOT) / "staticfiles.json").read_bytes()).hexdigest()
    except OSError:
        return ""


def _static(folder: Folder) -> None:
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


def _around(folder: Folder, made: dict[str, Entry], now: World, at: datetime, *, live: str, base: str) -> None:
    """The front door, addresses without a language, the page for what is not there, the sitemap, and the manifest."""
    notice = Notice(at, live)
    # Pictures of the page for what is not there would be the page's own; it has none.
    files = Files(frozenset(made), frozenset(), live)
    for language in PREFIXES:
        page = ask(f"/{language}/no-such-page/", "", notice)
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
            folder.write(file_of(bare), _door(bare).encode())
        else:  # a feed, a badge, a table: who asks for it reads no page that offers both
            folder.also(file_of(key), file_of(bare))
    if base:
        folder.write("sitemap.xml", _sitemap([key for key in pages if made[key].title], base).encode())
    where = f"Sitemap: {base}/sitemap.xml\n" if base else ""
    folder.write("robots.txt", f"User-agent: *\nAllow: /\n{where}".encode())
    manifest = {
        "made": at.isoformat(timespec="seconds"),
        "entry": now.newest,
        "whole": now.whole,
        "live": live,
        "pages": {key: asdict(entry) for key, entry in sorted(made.items())},
    }
    folder.write(LIST, orjson.dumps(manifest, option=orjson.OPT_INDENT_2))


def _door(path: str) -> str:
    """The address without a language: a file server does not know the reader's, so the first is opened and both are offered."""
    links = {name: f"/{name}{path}" for name in PREFIXES}
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
