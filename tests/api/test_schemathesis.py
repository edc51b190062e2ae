"""schemathesis against the served OpenAPI document: what the schema says is what the server does, whatever is sent.

All its checks but one: that everything the schema allows is accepted, which no schema can say (a division must exist, a
date must not lie in the future). The seed is fixed, so that a failure comes again; another day's is given by hand.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.api.test_bad_input import READS, everything_answers
from tests.api.wire import Wire, nobody_dies
from tests.servers import Prepared, Server, on_postgis

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

SEED = os.environ.get("SCHEMATHESIS_SEED", "20230601")
# One worker: with more, CPython 3.11 now and then fails inside Hypothesis ("AST constructor recursion depth mismatch").
# Signed in it would revoke its own token.
# An engine each, for it takes a minute and more: who may write, on PostGIS, which takes fewer values than SQLite does; the public
# on the embedded one. It is refused every write before its body is looked at: reads, and no tour of each parameter's edges.
# What was found so far is tried on both engines, by hand (test_bad_input).
WRITER, READER = "bureau_admin", ""
WHO = WRITER if on_postgis() else READER
RUNS = {
    WRITER: ("--phases", "coverage,fuzzing", "--max-examples", "3", "--exclude-operation-id", "tokens_revoke"),
    READER: ("--phases", "fuzzing", "--max-examples", "6", "--include-method", "GET"),
}


@pytest.fixture(scope="module")
def server(prepared: Prepared) -> Iterator[Server]:
    with prepared.server() as server:
        yield server


@pytest.mark.parametrize("who", [pytest.param(WHO, id=WHO or "public")])
def test_the_server_does_what_its_schema_says(server: Server, tmp_path: Path, who: str) -> None:
    signed_in = ["-H", f"Authorization: Token {Wire.signed_in(server, who).token}"] if who else []
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        "--config-file",
        str(Path(__file__).with_name("schemathesis.toml")),
        *("run", f"{server.url}/api/v1/schema/", "--seed", SEED, "--workers", "1"),
        *("--exclude-checks", "positive_data_acceptance", "--no-color"),
        *("--generation-database", "none", "--request-timeout", "300", *signed_in, *RUNS[who]),
    ]
    hooks = {"SCHEMATHESIS_HOOKS": str(Path(__file__).with_name("schemathesis_hooks.py"))}
    shown: dict[str, Any] = {"capture_output": True, "text": True, "check": False, "timeout": 1800}
    with nobody_dies(server):
        done = subprocess.run(command, cwd=tmp_path, env=os.environ | hooks, **shown)
        assert done.returncode == 0, done.stdout[-12_000:] + done.stderr[-2_000:]
        everything_answers(server, READS)
    assert "all sound" in server.manage("verify_ledger").stdout
