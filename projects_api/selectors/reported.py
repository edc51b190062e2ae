"""On which day the record was told how far a stage was: what the actual curve is drawn from.

A stage's row holds the percentage last reported and not its day; the ledger holds every one with its day.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import date, datetime
from typing import Any

from django.db.models import TextField
from django.db.models.functions import Cast

from projects_api.models import LedgerEntry
from projects_api.patches import Patch, pointer_of
from projects_api.schedule.curve import Reports


def said_of_stages(patch: Patch, member: str) -> Iterator[tuple[str, Any]]:
    """(stage, value) for every stage of which a patch writes this member; None where it takes the stage away. Pure."""
    for operation in patch:
        path, value = pointer_of(operation["path"]), operation.get("value")
        if not path or path == ("milestones",):
            stages = ((value or {}).get("milestones") if not path else value) or {}
            yield from ((key, facts.get(member)) for key, facts in stages.items())
        elif path[0] != "milestones":
            continue
        elif len(path) == 2:
            yield path[1], value.get(member) if isinstance(value, dict) else None
        elif path[2:] == (member,):
            yield path[1], value


def reports_in(entries: Iterable[tuple[datetime, Patch]], day_of: Callable[[datetime], date]) -> Reports:
    """The percentages by stage, each on the day (``day_of``, the bureau's) of its entry; ``entries`` oldest first. Pure.

    Of a day the last; what was nothing before the first report is left out.
    """
    found: dict[str, dict[date, int]] = {}
    for at, patch in entries:
        for key, percent in said_of_stages(patch, "percent"):
            steps = found.setdefault(key, {})
            if percent or steps:
                steps[day_of(at)] = percent or 0
    return {key: list(steps.items()) for key, steps in found.items() if steps}


def reports_of(codes: Collection[str], day_of: Callable[[datetime], date]) -> dict[str, Reports]:
    """`reports_in` of many projects of one bureau, by code. One query, of those entries alone that say a percentage."""
    rows = (
        LedgerEntry.objects.filter(project__code__in=list(codes))
        .annotate(_text=Cast("patch", TextField()))
        .filter(_text__contains="percent")
        .order_by("project_id", "version")
        .values_list("project__code", "at", "patch")
    )
    entries: dict[str, list[tuple[datetime, Patch]]] = {}
    for code, at, patch in rows:
        entries.setdefault(code, []).append((at, patch))
    return {code: reports_in(own, day_of) for code, own in entries.items()}
