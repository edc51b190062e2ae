"""A template's stages from day 0, in working days: when each can be worked on, and the critical path."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portal.charts.axis import percentage
from portal.charts.words import days_word
from projects_api.schedule.outline import Outline

POINT = 0.8  # percent of the width below which a bar would be a hairline and is drawn as a diamond
_STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
_TICKS, _PHONE = 10, 5


def network_chart(found: Outline, titles: Mapping[str, str]) -> dict[str, Any]:
    """The context of ``charts/_network.html``; rows in the order of ``titles`` (key to the reader's name)."""
    whole = max(found.whole, 1)
    return {
        "ready": found.ready,
        "whole": found.whole,
        "after": found.whole > found.ready,
        "path": [titles[key] for key in found.critical_path],
        "ticks": _ticks(whole),
        "rows": [_row(key, title, found, whole) for key, title in titles.items()],
    }


def _row(key: str, title: str, found: Outline, whole: int) -> dict[str, Any]:
    stage = found.stages[key]
    length = stage.finish - stage.start
    bar = {"x": percentage(100 * stage.start / whole)}
    if 100 * length / whole >= POINT:
        bar["w"] = percentage(100 * length / whole)
    return {
        "title": title,
        "start": stage.start,
        "finish": stage.finish,
        "critical": stage.critical,
        "float": "" if stage.total_float is None else days_word(stage.total_float),
        "bar": bar,
    }


def _ticks(whole: int) -> list[dict[str, Any]]:
    """Days that are named: ``day``, ``x``, ``more`` (no room for it on a phone)."""
    step = next((step for step in _STEPS if whole <= step * _TICKS), _STEPS[-1])
    phone = next((step for step in _STEPS if whole <= step * _PHONE), _STEPS[-1])
    # The last word stands to the right of its line and needs room there.
    days = [day for day in range(0, whole, step) if 100 * day / whole <= 96]
    return [
        {"day": day, "x": percentage(100 * day / whole), "more": day % phone != 0 or 100 * day / whole > 90}
        for day in days
    ]
