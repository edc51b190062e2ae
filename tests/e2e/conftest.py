"""Tests in this directory run the product's own commands or a real server."""

from __future__ import annotations

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/e2e/" in item.path.as_posix() and not item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.e2e)
