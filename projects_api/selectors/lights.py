"""The lights as the database answers them: stored days compared with today (`schedule.outlook`), no calculation per row."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import CharField, DateField, Expression, Func, Q, QuerySet, Value

from projects_api.choices import Light
from projects_api.models import Project


class _LightOn(Func):
    """One expression and not `Case` of `When`: their conditions are resolved anew for every query, which takes longer than
    reading a page of the list."""

    output_field = CharField()

    def __init__(self, today: date) -> None:
        super().__init__("measured_finish", "red_from", "yellow_from", Value(today, DateField()))

    def as_sql(self, compiler: Any, connection: Any, *_words: Any, **_extra: Any) -> tuple[str, tuple[Any, ...]]:
        (finish, _), (red, _), (yellow, _), (today, params) = map(compiler.compile, self.get_source_expressions())
        sql = (
            f"CASE WHEN {finish} IS NULL THEN '{Light.NONE.value}' WHEN {red} <= {today} THEN '{Light.RED.value}'"
            f" WHEN {yellow} <= {today} THEN '{Light.YELLOW.value}' ELSE '{Light.GREEN.value}' END"
        )
        return sql, (*params, *params)


def light_on(today: date) -> Expression:
    """The light of a row as an annotation: one of `choices.Light`."""
    return _LightOn(today)


def with_light(projects: QuerySet[Project], lights: list[str], today: date) -> QuerySet[Project]:
    """Those whose light is one of ``lights``; the same comparison without an annotation, so that indexes serve."""
    red = Q(measured_finish__isnull=False, red_from__lte=today)
    not_red = Q(red_from__isnull=True) | Q(red_from__gt=today)
    conditions = {
        Light.RED: red,
        Light.YELLOW: Q(measured_finish__isnull=False, yellow_from__lte=today) & not_red,
        Light.GREEN: Q(measured_finish__isnull=False)
        & not_red
        & (Q(yellow_from__isnull=True) | Q(yellow_from__gt=today)),
        Light.NONE: Q(measured_finish__isnull=True),
    }
    wanted = Q()
    for light in lights:
        wanted |= conditions[Light(light)]
    return projects.filter(wanted) if lights else projects


def since(column: str, today: date) -> Q:
    """Whether what ``column`` (``late_from`` …) dates is true today."""
    return Q(**{f"{column}__lte": today})
