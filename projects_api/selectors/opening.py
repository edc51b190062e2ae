"""When schools open, as the database orders it: stored days and today, no calculation per row (`schedule.outlook`)."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Case, DateField, F, Func, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Greatest

from projects_api.models import Project


class _DaysAfter(Func):
    """The day that lies so many days after another."""

    output_field = DateField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="(%(expressions)s)", arg_joiner="::date + ", **context)

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "date(%(expressions)s || ' days')"
        return self.as_sql(compiler, connection, template=template, arg_joiner=", '+' || ", **context)


def open_now(today: date) -> Q:
    """Ready, as far as the record knows: nothing is left to do, and the day is there."""
    return Q(finish_tail__isnull=True, finish__lte=today)


def no_day(today: date) -> Q:
    """Of which no day is known: none was ever given, or the one given is over and nothing says how long the rest takes, or work
    stands still."""
    return Q(finish__isnull=True) | Q(finish_tail=0, finish__lt=today)


def soonest_first(projects: QuerySet[Project], today: date) -> QuerySet[Project]:
    """What opens next first; then what nobody has a date for; then what is open, the newest first."""
    # Working days at five a week: what orders, not what is shown.
    left = _DaysAfter(Value(today, DateField()), F("finish_tail") * 7 / 5)
    expected = Greatest(F("finish"), left)
    return projects.annotate(
        opening_group=Case(
            When(open_now(today), then=Value(2)),
            When(no_day(today), then=Value(1)),
            default=Value(0),
            output_field=IntegerField(),
        ),
        opening_day=Case(When(finish_tail__isnull=True, then=F("finish")), default=expected, output_field=DateField()),
    ).order_by(
        "opening_group",
        Case(When(opening_group=0, then=F("opening_day")), output_field=DateField()).asc(nulls_last=True),
        F("finish").desc(nulls_last=True),
        "code",
    )


def opens_next(projects: QuerySet[Project], today: date, limit: int) -> list[Project]:
    """The next that open, soonest first: those with a day, and neither open nor given up. One query."""
    waiting = projects.exclude(no_day(today)).exclude(open_now(today))
    return list(soonest_first(waiting, today)[:limit])
