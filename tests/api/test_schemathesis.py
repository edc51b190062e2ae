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
from tests.servers import Prepared, Server

pytestmark = pytest.mark.e2e

SEED = os.environ.get("SCHEMATHESIS_SEED", "20230601")
# One worker: with more, CPython 3.11 now and then fails inside Hypothesis ("AST constructor recursion depth mismatch").
# Signed in it would revoke its own token.
EXCLUDED = {"": (), "bureau_admin": ("--exclude-operation-id", "tokens_revoke")}


@pytest.fixture(scope="module")
def server(prepared: Prepared) -> Iterator[Server]:
    with prepared.server() as server:
        yield server


@pytest.mark.parametrize(("who", "examples"), [("", 3), ("bureau_admin", 5)], ids=["public", "bureau_admin"])
def test_the_server_does_what_its_schema_says(server: Server, tmp_path: Path, who: str, examples: int) -> None:
    signed_in = ["-H", f"Authorization: Token {Wire.signed_in(server, who).token}"] if who else []
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        "--config-file",
        str(Path(__file__).with_name("schemathesis.toml")),
        *("run", f"{server.url}/api/v1/schema/", "--seed", SEED, "--max-examples", str(examples), "--workers", "1"),
        *("--phases", "examples,coverage,fuzzing", "--exclude-checks", "positive_data_acceptance", "--no-color"),
        *("--generation-database", "none", "--request-timeout", "60", *signed_in, *EXCLUDED[who]),
    ]
    hooks = {"SCHEMATHESIS_HOOKS": str(Path(__file__).with_name("schemathesis_hooks.py"))}
    shown: dict[str, Any] = {"capture_output": True, "text": True, "check": False, "timeout": 400}
    with nobody_dies(server):
        done = subprocess.run(command, cwd=tmp_path, env=os.environ | hooks, **shown)
        assert done.returncode == 0, done.stdout[-12_000:] + done.stderr[-2_000:]
        everything_answers(server, READS)
    assert "all sound" in server.manage("verify_ledger").stdout
