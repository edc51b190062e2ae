"""Days behind the baseline, and at which stage they were lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import cache

from projects_api.choices import MilestoneState
from projects_api.schedule.baseline import Measure, bridged
from projects_api.schedule.calendar import LAST, WorkCalendar
from projects_api.schedule.facts import MilestoneFacts
from projects_api.schedule.forecast import end_of


def slips(
    facts: Sequence[MilestoneFacts], measure: Measure | None, calendar: WorkCalendar
) -> dict[str, tuple[int, int]]:
    """Calendar days behind the measure by stage, and how many of them were lost at this very stage.

    By actual and typed dates alone, so that no day changes them; stages without either, or without a promised day, are left
    out. What those that a stage waits for have lost moves its promised day as far as there was no room between them: that was
    lost there, and is not counted twice. A stage without a date of its own passes it on.
    """
    if measure is None:
        return {}
    spans = measure.spans
    # What was never promised is passed over like what does not apply.
    known = [m if m.key in spans else replace(m, state=MilestoneState.NOT_APPLICABLE) for m in facts]
    stages = {stage.key: stage for stage in bridged(known)}

    @cache
    def pushed(key: str) -> date:
        """The promised day, moved by what was lost before."""
        stage, span = stages[key], spans[key]
        push = 0
        for link in stage.links:
            before = stages[link.after]
            promised = end_of(spans[link.after].finish, calendar)
            lost = end_of(before.actual or before.forecast or pushed(link.after), calendar) - promised
            room = 0
            if link.kind == "FS":
                # An event happens on the very day on which what it waits for ends.
                room = max(0, calendar.index(span.start) - promised - link.lag + (not stage.duration))
            push = max(push, lost - room)
        return calendar.last(min(end_of(span.finish, calendar) + push, calendar.index(LAST))) if push else span.finish

    found = {}
    for key, stage in stages.items():
        if ends := stage.actual or stage.forecast:
            found[key] = (ends - spans[key].finish).days, max(0, (ends - pushed(key)).days)
    return found
