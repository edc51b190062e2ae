"""Room for Python's frames, told by page faults, which are counted and not timed."""

from __future__ import annotations

import resource
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from config.stack import with_room

CALLS = 2_000
DEPTHS = 300


def nothing() -> None: ...


def many_calls() -> int:
    """How many pages the system had to give while a loop called a function."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(CALLS):
        nothing()
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def at_depth(depth: int) -> int:
    return at_depth(depth - 1) if depth else many_calls()


def most(start: Callable[[int], int]) -> int:
    return max(start(depth) for depth in range(DEPTHS))


def test_a_loop_costs_no_pages_at_any_depth() -> None:
    assert most(lambda depth: with_room(at_depth, depth)) < CALLS // 4
    if sys.version_info[:2] == (3, 11):  # what the room is for: without it some depth pays a page for each call
        # In a thread of its own: the tests run with room already.
        assert in_a_thread(lambda: most(at_depth)) > CALLS // 2


def in_a_thread(function: Callable[[], int]) -> int:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function).result()


def test_what_it_is_given_and_returns_is_the_functions_own() -> None:
    assert with_room(sorted, [2, 1], reverse=True) == [2, 1]
