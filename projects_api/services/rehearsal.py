"""What a write would make, without making it: for previews that say exactly what saving does."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.db import transaction

from projects_api import engine

Seen = TypeVar("Seen")


def rehearsed(act: Callable[[], Seen]) -> Seen:
    """Do it, look (``act`` gives what is to be seen), and take it all back. Raises what ``act`` raises."""
    with engine.writer():
        seen = act()
        transaction.set_rollback(True)
    return seen
