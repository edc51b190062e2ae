"""How many examples a property is tried with: enough to see a broken rule, ten times that with THOROUGH=true."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

FACTOR = 10 if os.environ.get("THOROUGH") == "true" else 1
USUAL = 40


def examples(usual: int) -> int:
    """For ``@settings(max_examples=examples(150))``, where a property wants more than `USUAL`."""
    return usual * FACTOR


def load_profile() -> None:
    """What properties without `@settings` follow, and those with it in all they do not set; taken when a test is defined."""
    settings.register_profile(
        "schoolworks",
        # Hypothesis' own for CI tries the same examples every time: a change is not refused by chance.
        parent=settings.get_profile("ci" if os.environ.get("CI") == "true" else "default"),
        max_examples=examples(USUAL),
        # A machine under load is not a slow function; a fixture that examples share is one they do not change.
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )
    settings.load_profile("schoolworks")
