"""The directory that a file server serves: editions side by side, and ``current``, which is switched in one step."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

MARK = "schoolworks-edition.txt"
_WORDS = (
    "Written by `manage.py publish_site`. Serve `current`; what else is here is made and deleted by each run.\n"
    "由 `manage.py publish_site` 生成。请以 `current` 为网站根目录；其余内容由每次运行创建和删除。\n"
)
LIST = "edition.json"


class Refused(Exception):
    """This directory must not be written to; the message says why and what to do."""


class Folder:
    """``root/current`` is a symbolic link to ``root/editions/NAME``; ``root/making`` is what a run works on."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.making = root / "making"

    def prepare(self) -> None:
        """Make it ours. Raises Refused for a file, for what holds something else, for what cannot be written."""
        if self.root.is_symlink() or (self.root.exists() and not self.root.is_dir()):
            raise Refused(f"{self.root} is not a directory. Name a new one or an empty one.")
        if self.root.is_dir() and any(self.root.iterdir()) and not (self.root / MARK).is_file():
            raise Refused(
                f"{self.root} holds files that no edition put there, and each run deletes what it does not know. "
                "Name a new directory or an empty one."
            )
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            (self.root / MARK).write_text(_WORDS, encoding="utf-8")
        except OSError as error:
            raise Refused(f"{self.root} cannot be written: {error.strerror}.") from None

    @contextmanager
    def alone(self) -> Iterator[None]:
        """One run at a time; a second one is told so. The lock goes with its process, however that ends."""
        with open(self.root / MARK, "rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Refused(f"Another run is writing to {self.root}.") from None
            yield

    @property
    def current(self) -> Path | None:
        link = self.root / "current"
        return link.resolve() if link.is_symlink() and link.is_dir() else None

    def manifest(self) -> dict[str, Any]:
        """What the edition that is served says of itself; nothing where there is none or it cannot be read."""
        try:
            found = orjson.loads((self.root / "current" / LIST).read_bytes())
        except (OSError, orjson.JSONDecodeError):
            return {}
        return found if isinstance(found, dict) else {}

    def begin(self) -> None:
        """An empty place to work in; what a run that broke off has left there goes."""
        if self.making.exists():
            shutil.rmtree(self.making)
        self.making.mkdir()

    def write(self, file: str, body: bytes) -> None:
        """A new file, whatever stood there: it may be the one that is served, linked by `keep` in a pass before."""
        path = self.making / file
        while True:
            try:
                with open(path, "xb") as out:
                    out.write(body)
                return
            except FileNotFoundError:
                path.parent.mkdir(parents=True, exist_ok=True)
            except FileExistsError:
                path.unlink()

    def served(self, file: str) -> bytes | None:
        """What is served now."""
        try:
            return (self.root / "current" / file).read_bytes()
        except OSError:
            return None

    def keep(self, file: str) -> bool:
        """The same file as in the edition that is served, without copying it; False where that has none."""
        old, new = self.root / "current" / file, self.making / file
        try:
            if not new.parent.is_dir():
                new.parent.mkdir(parents=True, exist_ok=True)
            os.link(old, new)
        except FileExistsError:
            return True
        except OSError:
            return False
        return True

    def also(self, file: str, name: str) -> None:
        """The same file under another name too, without copying it."""
        new = self.making / name
        new.parent.mkdir(parents=True, exist_ok=True)
        os.link(self.making / file, new)

    def switch(self, made: datetime) -> Path:
        """What was made becomes what is served, for the next request; older editions are deleted."""
        editions = self.root / "editions"
        editions.mkdir(exist_ok=True)
        name = made.strftime("%Y%m%d-%H%M%S-%f")
        os.sync()
        self.making.rename(editions / name)
        link = self.root / ".current"
        link.unlink(missing_ok=True)
        link.symlink_to(Path("editions", name))
        link.replace(self.root / "current")
        for old in editions.iterdir():
            if old.name != name:
                shutil.rmtree(old)
        return editions / name
