"""The nightly edition: every file once, on the disk, with its size and SHA-256, published in one step (``docs/open-data.md``).

``OPEN_DATA_DIR/current`` is a link to the folder of the newest edition; a reader who has opened a file keeps it. The whole is in
the folder itself, each bureau's part in a folder of its code. ``manifest.json`` says what there is.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
from django.conf import settings
from django.utils import timezone, translation

from projects_api.interchange.opendata.columns import Reading
from projects_api.interchange.opendata.formats import FILES, File, written
from projects_api.interchange.opendata.licence import licence
from projects_api.interchange.opendata.metadata import described
from projects_api.interchange.opendata.table import Scope, public_scope
from projects_api.models import Bureau, LedgerEntry
from projects_api.selectors.ledger import newest_entry

HOUR = 3  # of the installation's time zone: from then on the files of the day before are old
CURRENT, MANIFEST, METADATA, SUMS = "current", "manifest.json", "csv-metadata.json", "SHA256SUMS"
_UNFINISHED = ".new-"
_KEPT = timedelta(days=1)  # what a build that was broken off left behind


@dataclass(frozen=True)
class Kept:
    """A file of the edition. ``rows``: None where it has none."""

    size: int
    sha256: str
    rows: int | None


@dataclass(frozen=True)
class Edition:
    """``ledger``: the newest entry when it was begun. ``folders``: by bureau ("" is everything), by name of the file."""

    made_at: datetime
    ledger: int
    folders: dict[str, dict[str, Kept]]
    directory: Path

    def path(self, bureau: str, name: str) -> Path:
        return self.directory / bureau / name


def build(*, at: datetime, root: Path | None = None) -> Edition:
    """Write a new edition and put it in the place of the one before. Constant memory; nothing is locked meanwhile.

    Rows are as they are when they are read: the edition is no single moment, but never older than ``at``.
    """
    root = root or settings.OPEN_DATA_DIR
    root.mkdir(parents=True, exist_ok=True)
    ledger = newest_entry()
    directory = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=root))
    directory.chmod(0o755)
    try:
        # Without an address of its own the product's pages are named as the API does it.
        reading = Reading(timezone.localdate(at), settings.SITE_URL if settings.SITE_URL_GIVEN else "")
        folders = {}
        with translation.override(settings.LANGUAGE_CODE):  # what is not said in both, like the package's notes
            for code, scope in _scopes():
                folder = directory / code
                folder.mkdir(exist_ok=True)
                folders[code] = {file.name: _kept(folder / file.name, file, scope, reading) for file in FILES.values()}
                _describe(folder, folders[code])
        edition = Edition(at, ledger, folders, directory)
        (directory / MANIFEST).write_bytes(orjson.dumps(_manifest(edition), option=orjson.OPT_INDENT_2))
        name = f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}{directory.name.removeprefix(_UNFINISHED)}"
        final = directory.rename(root / name)
    except BaseException:
        shutil.rmtree(directory, ignore_errors=True)
        raise
    before = _target(root)
    _point(root, name)
    _prune(root, keep={name, before.name if before else ""})
    return Edition(at, ledger, folders, final)


def current(root: Path | None = None) -> Edition | None:
    """The newest edition; None before the first one."""
    directory = _target(root or settings.OPEN_DATA_DIR)
    if directory is None:
        return None
    try:
        found: dict[str, Any] = orjson.loads((directory / MANIFEST).read_bytes())
    except OSError:
        return None
    folders = {code: {name: Kept(**facts) for name, facts in files.items()} for code, files in found["folders"].items()}
    return Edition(datetime.fromisoformat(found["made_at"]), found["ledger"], folders, directory)


def due(edition: Edition | None, at: datetime) -> bool:
    """Whether a new one is to be made: there is none, a night has passed, there are tables that it did not know, or something
    in it is public no longer."""
    if edition is None or not FILES.keys() <= edition.folders[""].keys():
        return True
    local = timezone.localtime(at)
    night = local.replace(hour=HOUR, minute=0, second=0, microsecond=0)
    if night > local:
        night -= timedelta(days=1)
    return edition.made_at < night or withdrawn(edition)


# --- what was taken back since ---

_checked: dict[str, tuple[int, bool]] = {}


def withdrawn(edition: Edition) -> bool:
    """Whether something that the files hold was taken back since: then nobody gets them any more, from the same moment on.

    One query; entries that were looked at once are not looked at again by this process.
    """
    name = str(edition.directory)
    seen, found = _checked.get(name, (edition.ledger, False))
    if not found:
        # One by one: after an import there may be more of them than memory for them.
        entries = LedgerEntry.objects.filter(id__gt=seen).order_by("id").values_list("id", "patch")
        for entry, patch in entries.iterator():
            seen = entry
            if found := takes_back(patch):
                break
        _checked.clear()
        _checked[name] = (seen, found)
    return found


def takes_back(patch: Iterable[dict[str, Any]]) -> bool:
    """Whether a change may have made something less public: anything removed, a switch of publication set. Errs on that side."""
    return any(
        change["op"] == "remove" or change["path"].rsplit("/", 1)[-1] in ("published", "archived", "public")
        for change in patch
        if change["path"]  # the first entry of a chain adds the whole
    )


# --- writing ---


def _scopes() -> Iterator[tuple[str, Scope]]:
    """Everything, and each bureau's part where there are several."""
    yield "", public_scope()
    bureaus = list(Bureau.objects.select_related("region").defer("region__boundary").order_by("code"))
    if len(bureaus) > 1:
        for bureau in bureaus:
            yield bureau.code, public_scope(bureau)


def _kept(path: Path, file: File, scope: Scope, reading: Reading) -> Kept:
    digest, size, rows = hashlib.sha256(), 0, 0

    def count(more: int) -> None:
        nonlocal rows
        rows += more

    with path.open("wb") as out:
        for piece in written(file, scope, reading, count=count, bilingual=True):
            out.write(piece)
            digest.update(piece)
            size += len(piece)
    return Kept(size, digest.hexdigest(), None if file.table is None else rows)


def _describe(folder: Path, files: dict[str, Kept]) -> None:
    """The metadata beside the CSV files, and the checksums as ``sha256sum --check`` reads them."""
    text = orjson.dumps(described(licence()), option=orjson.OPT_INDENT_2)
    (folder / METADATA).write_bytes(text)
    files[METADATA] = Kept(len(text), hashlib.sha256(text).hexdigest(), None)
    sums = "".join(f"{kept.sha256}  {name}\n" for name, kept in files.items()).encode()
    (folder / SUMS).write_bytes(sums)
    files[SUMS] = Kept(len(sums), hashlib.sha256(sums).hexdigest(), None)


def _manifest(edition: Edition) -> dict[str, Any]:
    return {
        "made_at": edition.made_at.astimezone(UTC).isoformat(timespec="seconds"),
        "ledger": edition.ledger,
        "licence": licence().url,
        "folders": {
            code: {name: asdict(kept) for name, kept in files.items()} for code, files in edition.folders.items()
        },
    }


def _target(root: Path) -> Path | None:
    try:
        return root / os.readlink(root / CURRENT)
    except OSError:
        return None


def _point(root: Path, name: str) -> None:
    """Move the link in one step: at no moment is there none."""
    beside = root / f"{_UNFINISHED}{name}"
    beside.symlink_to(name)
    beside.replace(root / CURRENT)


def _prune(root: Path, keep: set[str]) -> None:
    """The edition before stays, for readers who have just looked it up; and what somebody else may be writing now."""
    for path in root.iterdir():
        if path.is_symlink() or path.name in keep or not path.is_dir():
            continue
        if path.name.startswith(_UNFINISHED) and path.stat().st_mtime > time.time() - _KEPT.total_seconds():
            continue
        shutil.rmtree(path, ignore_errors=True)
