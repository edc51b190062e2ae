"""Every example of docs/api.md, from the first to the last, as a reader runs them: one shell, a fresh server, curl."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from PIL import Image

from tests.servers import ROOT, Server

pytestmark = [pytest.mark.e2e, pytest.mark.once]

STRICT = """set -euo pipefail
curl() {
  command curl -sS --fail-with-body --max-time 300 "$@" || { echo "REFUSED: curl $*" >&2; return 22; }
  echo
}
"""


def test_the_examples_run(fresh_server: Server, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    examples = re.findall(r"^```sh\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert len(examples) > 10 and page.count("http://127.0.0.1:8000") == 1
    script = STRICT + "\n".join(examples).replace("http://127.0.0.1:8000", fresh_server.url)
    for name, size in (("photo.jpg", (1200, 900)), ("small.jpg", (400, 300))):
        Image.effect_noise(size, 80).convert("RGB").save(tmp_path / name)
    told = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=600)
    assert told.returncode == 0, told.stdout[-3000:] + told.stderr
    assert (tmp_path / "tile.mvt").stat().st_size > 100, "the tile of the county's seat is not empty"
