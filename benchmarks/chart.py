"""The ratios of ``benchmarks/RESULTS.md`` as one picture, ``docs/images/benchmarks.svg``: how much of each limit is used.

Drawn by ``script/bench`` at the end of a full run; ``python -m benchmarks.chart`` draws it again from the results as written.
"""

from __future__ import annotations

import math
import re
import sys
from dataclasses import dataclass
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULTS, PICTURE = ROOT / "benchmarks" / "RESULTS.md", ROOT / "docs" / "images" / "benchmarks.svg"
ROW_HEIGHT, LABEL, BAR, VALUE = 20, 480, 340, 260
TOP = 64


@dataclass(frozen=True)
class Bar:
    """``used``: what is used of the limit, 1 is all of it. ``words``: ratio and goal as in the table."""

    section: str
    work: str
    used: float
    words: str
    met: bool


def bars(text: str) -> list[Bar]:
    """The rows that have a ratio and a goal. A goal "≥ 10 × as fast" is turned round, so that less is better everywhere."""
    found = []
    section = ""
    for line in text.splitlines():
        if line.startswith("## "):
            section = line[3:]
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) != 6 or cells[5] not in ("yes", "**no**"):
            continue
        work, _ours, peer, ratio, goal, met = cells
        numbers = re.findall(r"\d+(?:\.\d+)?", ratio)
        limit = re.match(r"(≤|≥) (\d+(?:\.\d+)?) ×", goal)
        if not numbers:
            continue
        value = max(map(float, numbers))
        # A ratio to a limit in other words ("≤ 10 s"): the ratio itself is the share that is used.
        share = value if limit is None else value / float(limit[2]) if limit[1] == "≤" else float(limit[2]) / value
        against = peer.partition(":")[0] if ":" in peer else ""
        found.append(Bar(section, f"{work} / {against}" if against else work, share, f"{ratio} ({goal})", met == "yes"))
    return found


def picture(found: list[Bar]) -> str:
    """Bars on a scale on which half and double are equally far from the limit, which is a line."""
    rows = []
    y = TOP
    section = ""
    x0 = LABEL

    def x(share: float) -> float:
        return x0 + BAR * min(1.0, max(0.0, (math.log2(max(share, 1 / 32)) + 5) / 6.5))

    for bar in found:
        if bar.section != section:
            section = bar.section
            y += 10
            rows.append(f'<text x="8" y="{y + 14}" class="section">{escape(section)}</text>')
            y += ROW_HEIGHT
        width = max(1.0, x(bar.used) - x0)
        rows.append(f'<text x="8" y="{y + 14}">{escape(bar.work[:80])}</text>')
        rows.append(
            f'<rect x="{x0}" y="{y + 3}" width="{width:.1f}" height="13" class="{"met" if bar.met else "missed"}"/>'
        )
        sign = "" if bar.met else "✕ "
        rows.append(f'<text x="{x0 + BAR + 8}" y="{y + 14}">{sign}{escape(bar.words)}</text>')
        y += ROW_HEIGHT
    height = y + 16
    scale = []
    for share, words in ((1 / 16, "1/16"), (1 / 4, "1/4"), (1, "the limit"), (2, "2 ×")):
        scale.append(f'<path d="M{x(share):.1f} {TOP - 6}V{height - 8}" class="{"limit" if share == 1 else "grid"}"/>')
        scale.append(f'<text x="{x(share):.1f}" y="{TOP - 12}" class="scale">{words}</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LABEL + BAR + VALUE} {height}" role="img" aria-labelledby="t">'
        '<title id="t">How much of each limit is used: benchmarks/RESULTS.md as a picture</title>'
        "<style>text{font:12px system-ui,sans-serif;fill:#1d2429}.section{font-weight:600}.scale{text-anchor:middle;fill:#55606a}"
        ".head{font-size:15px;font-weight:600}.met{fill:#0072b2}.missed{fill:#d55e00}.grid{stroke:#d5dade}"
        ".limit{stroke:#1d2429;stroke-dasharray:4 3}</style>"
        '<rect width="100%" height="100%" fill="#fff"/>'
        '<text x="8" y="24" class="head">How much of each limit is used (less is better)</text>'
        f"{''.join(scale)}{''.join(rows)}</svg>\n"
    )


def draw() -> None:
    PICTURE.write_text(picture(bars(RESULTS.read_text(encoding="utf-8"))), encoding="utf-8")


if __name__ == "__main__":
    draw()
    sys.exit(0)
