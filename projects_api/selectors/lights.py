"""The lights as the database answers them: stored days compared with today (`schedule.outlook`), no calculation per row."""

from __future__ import annotations

from datetime import date

from django.db.models import Case, CharField, Q, QuerySet, Value, When

from projects_api.choices import Light
from projects_api.models import Project


def light_on(today: date) -> Case:
    """The light of a row as an annotation: one of `choices.Light`."""
    return Case(
        When(measured_finish__isnull=True, then=Value(Light.NONE.value)),
        When(red_from__lte=today, then=Value(Light.RED.value)),
        When(yellow_from__lte=today, then=Value(Light.YELLOW.value)),
        default=Value(Light.GREEN.value),
        output_field=CharField(),
    )


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
