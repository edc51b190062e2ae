"""Run a command and print its seconds and its peak memory as JSON: ``python -m benchmarks.child LOG COMMAND…``.

A process of its own and a small one: Linux counts the memory of the process that starts another to the other's peak.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time


def main() -> int:
    log, *command = sys.argv[1:]
    with open(log, "w") as output:
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=output, stderr=output)
        _pid, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    print(json.dumps({"seconds": seconds, "megabytes": usage.ru_maxrss / 1024, "code": process.returncode}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
