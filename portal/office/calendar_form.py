"""The working calendar as a form: from the saved rules, or from what was sent, to fields and back to rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain, zip_longest
from typing import Any, Self

from django.http import QueryDict
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _

from portal.charts.months import weekday_words
from portal.charts.words import period, short_day
from portal.office.fields import Faults, Field, day_choices, month_and_day, month_choices, month_day, set_faults, whole
from projects_api.models import Bureau
from projects_api.schedule.calendar import MAX_LABEL, CalendarRules

BLANK_ROWS = 3
LEAP = 2000  # a year in which every month-day is a day

Row = tuple[str, str, str]  # first day, last day, label, as typed


@dataclass(frozen=True)
class CalendarForm:
    """As typed. ``winter`` are two pairs of month and day; ``closures`` are the rows that say something, so that the rules
    count them as the form does."""

    weekdays: Sequence[str] = ()
    winter: tuple[tuple[str, str], tuple[str, str]] = (("", ""), ("", ""))
    festival: tuple[str, str] = ("", "")
    public_holidays: bool = False
    closures: Sequence[Row] = ()
    reason: str = ""

    @classmethod
    def saved(cls, document: Mapping[str, Any], reason: str = "") -> Self:
        rules = CalendarRules.from_document(document)
        first, last = rules.winter or ("", "")
        before, after = rules.spring_festival or ("", "")
        return cls(
            weekdays=[str(number) for number in rules.closed_weekdays],
            winter=(month_and_day(first), month_and_day(last)),
            festival=(str(before), str(after)),
            public_holidays=rules.public_holidays,
            closures=[(c.start.isoformat(), c.end.isoformat(), c.label) for c in rules.closures],
            reason=reason,
        )

    @classmethod
    def sent(cls, form: QueryDict) -> Self:
        def pair(name: str) -> tuple[str, str]:
            return form.get(f"{name}_month", ""), form.get(f"{name}_day", "")

        columns = [form.getlist(f"closure_{name}") for name in ("from", "to", "label")]
        return cls(
            weekdays=form.getlist("closed_weekdays"),
            winter=(pair("winter_first"), pair("winter_last")),
            festival=(form.get("festival_before", "").strip(), form.get("festival_after", "").strip()),
            public_holidays="public_holidays" in form,
            closures=[
                (first, last, label)
                for first, last, label in zip_longest(*columns, fillvalue="")
                if (first + last + label).strip()
            ],
            reason=form.get("reason", ""),
        )

    def rules(self) -> dict[str, Any]:
        """For the service, which judges them. A single day needs only its first."""
        return {
            "closed_weekdays": [whole(text) for text in self.weekdays],
            "winter": [month_day(*pair) for pair in self.winter] if any(chain(*self.winter)) else None,
            "spring_festival": [whole(text) for text in self.festival] if any(self.festival) else None,
            "public_holidays": self.public_holidays,
            "closures": [
                [first, last or first, *([label] if label.strip() else [])] for first, last, label in self.closures
            ],
        }

    def context(self, faults: Faults, bureau: Bureau) -> dict[str, Any]:
        """What ``office/calendar.html`` shows; ``told`` is the summary of the faults."""
        weekdays = Field("closed_weekdays", _("Closed weekdays"), self.weekdays)
        winter = [
            Field(f"winter-{place}", label, value, name=f"winter_{name}")
            for place, (name, label, value) in enumerate(
                [
                    ("first", _("First closed day"), self.winter[0]),
                    ("last", _("Last closed day"), self.winter[1]),
                ]
            )
        ]
        festival = [
            Field("spring_festival-0", _("Days closed before it"), self.festival[0], "festival_before", "number"),
            Field("spring_festival-1", _("Days closed from its first day on"), self.festival[1], "festival_after", "number"),
        ]  # fmt: skip
        holidays = Field("public_holidays", _("China’s public holidays are closed"), self.public_holidays)
        rows = [self._row(place, row) for place, row in enumerate([*self.closures, *[("", "", "")] * BLANK_ROWS])]
        closures = Field("closures", _("Other closures"))
        reason = reason_field(self.reason)
        fields = [weekdays, *winter, *festival, holidays, *chain(*rows), closures, reason]
        return {
            "told": set_faults(fields, faults),
            "weekdays": weekdays,
            "weekday_choices": [(str(number), str(WEEKDAYS[number])) for number in range(7)],
            "winter": winter,
            "months": month_choices(),
            "days": day_choices(),
            "festival": festival,
            "holidays": holidays,
            "closures": closures,
            "rows": rows,
            "reason": reason,
        }

    def _row(self, place: int, row: Row) -> list[Field]:
        columns = [
            ("from", "date", _("From"), _("Closure %(number)s: from")),
            ("to", "date", _("To"), _("Closure %(number)s: to")),
            ("label", "text", _("Why"), _("Closure %(number)s: why")),
        ]
        return [
            Field(
                f"closures-{place}-{column}",
                label % {"number": place + 1},
                row[column],
                name=f"closure_{name}",
                type=kind,
                short=short,
                max_length=MAX_LABEL if kind == "text" else None,
            )
            for column, (name, kind, short, label) in enumerate(columns)
        ]


def reason_field(value: str) -> Field:
    hint = _("Stands in the record beside your name.")
    return Field("reason", _("Reason for the change"), value, hint=hint, max_length=500)


def calendar_facts(document: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    """The saved calendar in words: what it is about, and a line or more."""
    rules = CalendarRules.from_document(document)
    none = [_("none")]
    winter = none
    if rules.winter:
        first, last = (date.fromisoformat(f"{LEAP}-{text}") for text in rules.winter)
        winter = [f"{short_day(first, LEAP)} – {short_day(last, LEAP)}"]
    festival = none
    if rules.spring_festival:
        words = _("days before it: %(before)s; days from its first day on: %(after)s")
        festival = [words % {"before": rules.spring_festival[0], "after": rules.spring_festival[1]}]
    closures = [f"{period(c.start, c.end)} {c.label}".strip() for c in rules.closures]
    return [
        (_("Closed weekdays"), [weekday_words(rules)] if rules.closed_weekdays else none),
        (_("Winter stop"), winter),
        (_("Spring Festival"), festival),
        (_("China’s public holidays"), [_("closed") if rules.public_holidays else _("worked")]),
        (_("Other closures"), closures or none),
    ]
