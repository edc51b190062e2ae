"""The end of script/test: one table over all runs, what was skipped and why, and the closing line.

    summary.py count FILE.xml           prints "passed failed skipped" of one pytest run
    summary.py print RESULTS.tsv XML…   prints the summary; exit code 1 when anything failed

RESULTS.tsv has a line per run: name, passed, failed, skipped, seconds, note, and the seconds its processes kept a
processor busy where that was measured.
"""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path


def cases(path: str) -> list[ElementTree.Element]:
    try:
        return list(ElementTree.parse(path).getroot().iter("testcase"))
    except (OSError, ElementTree.ParseError):
        return []


def outcome(case: ElementTree.Element) -> str:
    # A test that passed and then failed in its teardown is listed with an error: it counts as failed.
    kinds = {child.tag for child in case}
    if kinds & {"failure", "error"}:
        return "failed"
    return "skipped" if "skipped" in kinds else "passed"


def label(case: ElementTree.Element) -> str:
    return f"{case.get('classname', '')}.{case.get('name', '')}".strip(".")


def slowest(path: str, most: int = 10) -> list[tuple[float, str]]:
    """The tests that took longest, from one second on; the first of a module has what the module builds."""
    timed = sorted(((float(case.get("time", 0)), label(case)) for case in cases(path)), reverse=True)
    return [(seconds, name) for seconds, name in timed[:most] if seconds >= 1]


def count(path: str) -> None:
    outcomes: dict[str, str] = {}
    for case in cases(path):
        # pytest writes a second entry for a failing teardown: the worse one stands.
        known = outcomes.get(label(case))
        outcomes[label(case)] = "failed" if "failed" in (known, outcome(case)) else outcome(case)
    totals = Counter(outcomes.values())
    print(totals["passed"], totals["failed"], totals["skipped"])


def print_summary(results: str, reports: list[str]) -> int:
    lines = Path(results).read_text(encoding="utf-8").splitlines()
    rows = [(line.split("\t") + ["", ""])[:7] for line in lines]
    passed = sum(int(row[1]) for row in rows)
    failed = sum(int(row[2]) for row in rows)
    width = max((len(row[0]) for row in rows), default=0)
    for report in reports:
        if slow := slowest(report):
            print(f"\nSlowest: {Path(report).stem}")
            for seconds_taken, name in slow:
                print(f"  {seconds_taken:6.1f} s  {name}")
    print("\nSummary")
    for name, ok, bad, skipped, seconds, note, processor in rows:
        parts = [f"{ok:>5} passed", f"{bad:>3} failed"]
        if skipped != "0":
            parts.append(f"{skipped} skipped")
        busy = f" (processor {processor} s)" if processor else ""
        print(f"  {name:<{width}}  {', '.join(parts)}  {seconds:>4} s{busy}{'  ' + note if note else ''}")
    skips: Counter[str] = Counter()
    for report in reports:
        for case in cases(report):
            reason = case.find("skipped")
            if reason is not None and outcome(case) == "skipped":
                skips[f"{label(case)}: {reason.get('message', '')}"] += 1
    for row in rows:
        if row[5].startswith("skipped"):
            skips[f"{row[0]}: {row[5]}"] += 1
    if skips:
        print("Skipped")
        for text in sorted(skips):
            print(f"  {text}")
    broken = sorted({label(case) for report in reports for case in cases(report) if outcome(case) == "failed"})
    if broken:
        print("Failed")
        for text in broken[:60]:
            print(f"  {text}")
        if len(broken) > 60:
            print(f"  … and {len(broken) - 60} more")
    print(f"\n{passed} passed, {failed} failed", flush=True)
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    if sys.argv[1] == "count":
        count(sys.argv[2])
    else:
        sys.exit(print_summary(sys.argv[2], sys.argv[3:]))
