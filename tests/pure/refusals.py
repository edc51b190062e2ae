"""How the tests of this folder look at a refusal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from projects_api.errors import InvalidInput


def refusal(read: Callable[..., Any], *args: Any, **kwargs: Any) -> tuple[str, str]:
    """Pointer and code of the first error that `read` raises; every error has words."""
    with pytest.raises(InvalidInput) as caught:
        read(*args, **kwargs)
    assert caught.value.errors
    assert all(str(error.message).strip() for error in caught.value.errors)
    return caught.value.errors[0].pointer, caught.value.errors[0].code
