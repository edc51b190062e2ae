"""What several answers say of one thing, read once: while an edition makes all of a project's pages, nothing else is true."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, TypeVar

_facts: ContextVar[dict[Any, Any] | None] = ContextVar("what was read in this moment", default=None)

Read = TypeVar("Read", bound=Callable[..., Any])


@contextmanager
def one_moment() -> Iterator[None]:
    """Inside, a function marked `read_once` is asked once for each thing. For one reader, and for reading only."""
    token = _facts.set({})
    try:
        yield
    finally:
        _facts.reset(token)


def read_once(thing: Callable[..., Hashable]) -> Callable[[Read], Read]:
    """``thing(*arguments)`` names what is read. The answer must hold no words of one language, and nobody may change it.

    Outside of `one_moment` every call reads anew, so what a request sees is never older than the request.
    """

    def mark(read: Read) -> Read:
        @wraps(read)
        def reads(*args: Any, **options: Any) -> Any:
            if (facts := _facts.get()) is None:
                return read(*args, **options)
            key = (read, thing(*args, **options))
            if key not in facts:
                facts[key] = read(*args, **options)
            return facts[key]

        return reads  # type: ignore[return-value]

    return mark
