"""Days behind the baseline, and at which stage they were lost."""

from __future__ import annotations

from collections.abc import Sequence

from projects_api.schedule.baseline import Measure
from projects_api.schedule.facts import MilestoneFacts


def slips(facts: Sequence[MilestoneFacts], measure: Measure | None) -> dict[str, tuple[int, int]]:
    """Calendar days behind the measure by stage, and how many of them were lost at this very stage.

    By actual and typed dates alone, so that no day changes them; stages without either, or without a promised day, are left
    out. What a stage inherits from the latest of those that it waits for was lost there, and is not counted twice.
    """
    behind: dict[str, int] = {}
    for stage in facts:
        ends = stage.actual or stage.forecast
        span = measure.spans.get(stage.key) if measure and stage.is_applicable else None
        if ends and span:
            behind[stage.key] = (ends - span.finish).days
    links = {stage.key: stage.links for stage in facts}
    inherited = {key: max([0, *(behind.get(link.after, 0) for link in links[key])]) for key in behind}
    return {key: (days, max(0, days - inherited[key])) for key, days in behind.items()}
