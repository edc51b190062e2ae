"""The compiled translations (``.mo``) are built from ``locale/*.po`` on the spot, not committed."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

LOCALE_DIR = Path(__file__).resolve().parent.parent / "locale"


def compile_stale(locale_dir: Path = LOCALE_DIR) -> list[Path]:
    """Compile every ``.po`` whose ``.mo`` is missing or older; gives what was compiled.

    Needs gettext's ``msgfmt``. Safe against several processes at once: each file is replaced in one step.
    """
    compiled = []
    for source in sorted(locale_dir.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
            continue
        handle, draft = tempfile.mkstemp(prefix=f".{source.stem}.", suffix=".mo", dir=source.parent)
        os.close(handle)
        try:
            # --check-format: a translation that drops a {placeholder} fails here, not on a page.
            command = ["msgfmt", "--check-format", "--output-file", draft, str(source)]
            result = subprocess.run(command, capture_output=True, text=True, check=False)
            if result.returncode:
                raise ImproperlyConfigured(f"{source} cannot be compiled: {result.stderr.strip()}")
            os.chmod(draft, 0o644)
            os.replace(draft, target)
        except FileNotFoundError as error:
            raise ImproperlyConfigured("msgfmt is missing: script/bootstrap installs gettext") from error
        finally:
            Path(draft).unlink(missing_ok=True)
        compiled.append(target)
    return compiled
