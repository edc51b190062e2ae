"""Room for Python's frames: why a page took twice as long in one process as in another.

CPython 3.11, which Debian 12 ships, keeps the frames of Python's own calls in pieces of 16 KB. It takes a piece from the system
when a call needs one, and gives it back as soon as that call returns. Where a loop stands at the end of a piece, each of its
calls costs two system calls and a page fault: 7 µs instead of 20 ns (`push_chunk` and `_PyThreadState_PopFrame` in CPython's
``Python/pystate.c``). Whether it does depends on how deep the stack happens to be: a million times in one run of ``publish_site``
by two processes, never in one by a single process.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

# Words of eight bytes. A frame of 560 KB gets a piece of 1 MB, the next power of two, and what is left holds all frames that a
# thread may have (1,000 of some 30 words). Pages that nobody touches are addresses, and no memory.
_WORDS = 70_000

P = ParamSpec("P")
R = TypeVar("R")


def with_room(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """What ``function`` returns; all that it calls has its frames in one piece. Costs 10 µs: once a request, not once a row."""
    return function(*args, **kwargs)


with_room.__code__ = with_room.__code__.replace(co_stacksize=_WORDS)
