"""Static files as they are served: collected, hashed and compressed, but only when something changed."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

# The API page is Swagger UI; its package's other reader, of 4 MB, is never shown.
IGNORED = ["redoc"]


def sources_digest() -> str:
    """Changes whenever a static source file or the way of storing them does; reads no file's content. Where they are put
    is no part of it: the directory may move, its stamp with it."""
    digest = hashlib.sha256(f"{settings.STORAGES['staticfiles']!r}\n".encode())
    for name in sorted(name for name in dir(settings) if name.startswith(("STATIC", "WHITENOISE_"))):
        if name == "STATIC_ROOT":
            continue
        digest.update(f"{name}={getattr(settings, name)!r}\n".encode())
    for finder in get_finders():
        for path, storage in finder.list(IGNORED):
            stat = os.stat(storage.path(path))
            digest.update(f"{path}\0{stat.st_mtime_ns}\0{stat.st_size}\n".encode())
    return digest.hexdigest()


def collect_if_changed() -> bool:
    """Fill `STATIC_ROOT` if it is not up to date; says whether it had to (seconds, against milliseconds)."""
    root = Path(str(settings.STATIC_ROOT))
    stamp = root.with_name(f"{root.name}.stamp")
    digest = sources_digest()
    if root.is_dir() and stamp.is_file() and stamp.read_text() == digest:
        return False
    print("==> Static files: collecting, hashing and compressing", flush=True)
    stamp.unlink(missing_ok=True)
    root.mkdir(parents=True, exist_ok=True)
    # Files of earlier versions stay: a server that still runs goes on serving them.
    call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=IGNORED)
    stamp.write_text(digest)
    return True


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    collect_if_changed()
