"""Making the files of addresses, by several processes: each asks the product and writes what it answers."""

from __future__ import annotations

import gc
import hashlib
import mimetypes
import os
import re
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from urllib.parse import urlsplit

from django.db import connections

from portal.edition.ask import Notice, Page, ask
from portal.edition.folder import Folder
from portal.edition.links import Files, finished, page_file, script
from portal.edition.parts import Job
from projects_api.selectors.moment import one_moment

_CHUNK = 10
_MADE = re.compile(rb'(<section class="edition-note".{,200}?<time )datetime="[^"]*">[^<]*', re.DOTALL)
_KINDS = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/svg+xml": ".svg",
    "image/webp": ".webp",
    "application/pdf": ".pdf",
    "application/json": ".json",
    "text/javascript": ".js",
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


@dataclass(frozen=True)
class Task:
    """What a worker needs to know."""

    folder: Path
    notice: Notice
    files: Files


def files_of(wanted: Iterable[Job], live: str, base: str = "") -> Files:
    wanted = list(wanted)
    lists = frozenset(job.key for job in wanted if job.pages)
    return Files(frozenset(job.key for job in wanted), lists, live, urlsplit(base).path)


def together(due: Iterable[Job]) -> list[list[Job]]:
    """By what they speak of, in their order: long lists first, so that nobody waits for them at the end."""
    groups: dict[str, list[Job]] = {}
    for job in due:
        groups.setdefault(job.about, []).append(job)
    return sorted(groups.values(), key=lambda jobs: not jobs[0].pages)


def made_by(task: Task, groups: Sequence[list[Job]], processes: int) -> Iterator[tuple[Job, Entry | None]]:
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
    task = replace(task, notice=replace(task.notice, version=job.validator))
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
        elif page.type == "text/javascript":
            body = script(body, task.files)
        file = file_of(page_file(job.key, str(number)), page)
        before = folder.served(file)
        if before is not None and undated(before) == undated(body):
            body = before  # the same file, so that whoever has it need not fetch it again
            folder.keep(file)
        else:
            folder.write(file, body)
        entry.files[file] = hashlib.sha256(body).hexdigest()
        number += 1
        if not job.pages or not re.search(rf"[?&;]page={number}\b".encode(), page.body):
            return entry


def undated(body: bytes) -> bytes:
    """Without the time at which it was made."""
    return _MADE.sub(rb"\1", body, count=1)


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


def keep(folder: Folder, entry: Entry) -> bool:
    return all(folder.keep(file) for file in (*entry.files, *entry.assets))


def drop(folder: Folder, entry: Entry) -> None:
    for file in entry.files:
        (folder.making / file).unlink(missing_ok=True)
