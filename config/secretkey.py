"""The secret key that is made once and kept in the product's own directory, for where none is given."""

from __future__ import annotations

import os
import secrets
import sys
import tempfile
from pathlib import Path

MIN_LENGTH = 32


def kept_secret_key(directory: Path) -> str:
    """The key in `directory`/secret_key (mode 0600), made on first use by exactly one of several processes.

    Raises `OSError` when it cannot be made or read, `ValueError` when the file does not hold a key.
    """
    if not directory.is_absolute():
        raise ValueError(f"VAR_DIR must be an absolute path, not {str(directory)!r}")  # before anything is made there
    path = directory / "secret_key"
    if not path.exists():
        directory.mkdir(parents=True, exist_ok=True)
        # mkstemp creates with mode 0600; link() lets one process win and never shows a half-written file.
        handle, draft = tempfile.mkstemp(prefix="secret_key.", dir=directory)
        try:
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(secrets.token_urlsafe(48) + "\n")
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            os.unlink(draft)
    key = path.read_text(encoding="utf-8").strip()
    if len(key) < MIN_LENGTH:
        raise ValueError(f"{path} does not hold a key of {MIN_LENGTH} characters: remove that file")
    return key


if __name__ == "__main__":
    print(kept_secret_key(Path(sys.argv[1])))
