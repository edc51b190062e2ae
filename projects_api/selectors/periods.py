"""From when to when a project is built: the days that its public stages name, begun and met as far as known, else expected."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import Exists, Max, Min, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from projects_api.choices import MilestoneState
from projects_api.models import Milestone, Project

Period = tuple[date | None, date | None]

# A stage names two days: when it was begun, and when it was met, else is expected, else was planned.
_ENDS = Coalesce("actual", "forecast", "planned")
_DAYS = {"low": Min("started"), "low_end": Min("ends"), "high": Max("started"), "high_end": Max("ends")}


def _stages() -> QuerySet[Milestone]:
    return (
        Milestone.objects.filter(public=True)
        .exclude(state=MilestoneState.NOT_APPLICABLE)
        .annotate(ends=_ENDS)
        .order_by()
    )


def within_period(projects: QuerySet[Project], first: date | None, last: date | None) -> QuerySet[Project]:
    """Those whose period meets ``first`` to ``last``, both days included, and those that have none; None: open on that side.

    A project of which no stage names a day has no period; who asks by time gets it too (OGC 17-069r4, /req/core/fc-time-response,
    C). Up to four EXISTS on the stages' key, no sum: whether there is a day on the wrong side is mostly seen at the first stage.
    """
    mine = _stages().filter(project=OuterRef("pk"))
    if first is not None:
        after, before = Q(started__gte=first) | Q(ends__gte=first), Q(started__lt=first) | Q(ends__lt=first)
        projects = projects.filter(Q(Exists(mine.filter(after))) | ~Exists(mine.filter(before)))
    if last is not None:
        before, after = Q(started__lte=last) | Q(ends__lte=last), Q(started__gt=last) | Q(ends__gt=last)
        projects = projects.filter(Q(Exists(mine.filter(before))) | ~Exists(mine.filter(after)))
    return projects


def periods_of(ids: Iterable[int]) -> dict[int, Period]:
    """The first and the last day of each of these projects, by its id; left out where no stage names a day. One query."""
    rows: Any = _stages().filter(project__in=list(ids)).values("project_id").annotate(**_DAYS)
    return {row["project_id"]: found for row in rows if (found := _period(row)) != (None, None)}


def whole_period(projects: QuerySet[Project]) -> Period:
    """The first and the last day of all of them. One query, over every stage."""
    return _period(_stages().filter(project__in=projects.order_by()).aggregate(**_DAYS))


def _period(row: dict[str, Any]) -> Period:
    low = [day for day in (row["low"], row["low_end"]) if day]
    high = [day for day in (row["high"], row["high_end"]) if day]
    return min(low, default=None), max(high, default=None)
