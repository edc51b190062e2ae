"""Working calendars: the days on which a bureau's sites work, and counting in them; pure.

Chinese sites usually work seven days a week, so nothing is closed unless the bureau says so. What it can close: weekdays, a
winter stop, the weeks around Spring Festival, China's public holidays, and dated spans.

The `holidays` package (https://github.com/vacanza/holidays, country CN) knows the lunar years that begin in 1950 to 2100.
Public holidays are all days off that it names: the statutory ones, the days in lieu, and the days that the State Council's
yearly notice moves next to them; and the weekends between such days, for which nobody comes back. Weekends beside them are
weekends like any other. The working Saturdays and Sundays of the notice matter only where weekends are closed: there they
are open. A year whose notice is not out yet has its statutory days with those in lieu, and no moved ones.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, lru_cache
from itertools import accumulate, compress, pairwise
from typing import Any

from django.utils.translation import gettext as _
from holidays import country_holidays

from projects_api.errors import FieldError, InvalidInput
from projects_api.text import clean_line

FIRST, LAST = date(1949, 10, 1), date(2110, 12, 31)
MAX_CLOSURES = 200
MAX_CLOSURE_DAYS = 5 * 365 + 2  # five years, two of them leap years
MAX_FESTIVAL_DAYS = 60
MAX_LABEL = 100
MIN_WORKING_DAYS = 30
CHECKED_YEARS = range(2000, 2061)

_BASE = FIRST.toordinal()
_DAYS = LAST.toordinal() - _BASE + 1
_MONTH_DAY = re.compile(r"\d\d-\d\d", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


@dataclass(frozen=True, slots=True)
class Closure:
    """No work from `start` to `end`, both inclusive; `label` says why, at most 100 characters."""

    start: date
    end: date
    label: str = ""


@dataclass(frozen=True, slots=True)
class CalendarRules:
    """What a bureau closes.

    `closed_weekdays`: 0 Monday to 6 Sunday. `winter`: first and last closed day of every winter as "MM-DD", both inclusive, over
    New Year where the last comes before the first; 29 February means the 28th in a common year. `spring_festival`: how many
    days are closed before the first day of the lunar year, and how many from it on (that day included). `public_holidays`: see
    the module.
    """

    closed_weekdays: tuple[int, ...] = ()
    winter: tuple[str, str] | None = None
    spring_festival: tuple[int, int] | None = None
    public_holidays: bool = False
    closures: tuple[Closure, ...] = ()

    @classmethod
    def from_document(cls, document: object) -> CalendarRules:
        """From plain JSON, as `document` writes it; absent members take the defaults. Values are for `check` to judge.

        Raises InvalidInput naming every member that has the wrong shape, codes: not_an_object, unknown_member, not_a_list,
        not_an_integer, not_a_boolean, not_a_pair, not_a_string, not_a_closure, not_a_date, too_many, and those of
        `text.clean_line`.
        """
        if not isinstance(document, Mapping):
            raise InvalidInput.one("", "not_an_object", _("Expected an object."))
        errors = [
            FieldError(f"/{_token(name)}", "unknown_member", _("A calendar has no such member."))
            for name in document
            if name not in _READERS
        ]
        members = {
            name: read(document[name], f"/{name}", errors) for name, read in _READERS.items() if name in document
        }
        if errors:
            raise InvalidInput(errors)
        return cls(**members)

    def document(self) -> dict[str, Any]:
        """As plain JSON, every member present."""
        return {
            "closed_weekdays": list(self.closed_weekdays),
            "winter": list(self.winter) if self.winter else None,
            "spring_festival": list(self.spring_festival) if self.spring_festival else None,
            "public_holidays": self.public_holidays,
            "closures": [
                [closure.start.isoformat(), closure.end.isoformat(), *([closure.label] if closure.label else [])]
                for closure in self.closures
            ],
        }

    def check(self) -> None:
        """Raises InvalidInput naming every wrong member by JSON Pointer, codes: out_of_range, duplicate, not_a_month_day,
        ends_before_start, too_long, too_many; else no_working_day (pointer "") where fewer than 30 days of a year are left.
        """
        errors = [*self._wrong_weekdays(), *self._wrong_seasons(), *self._wrong_closures()]
        if errors:
            raise InvalidInput(errors)
        calendar = calendar_of(self)
        for year in CHECKED_YEARS:
            left = calendar.between(date(year, 1, 1), date(year + 1, 1, 1))
            if left < MIN_WORKING_DAYS:
                message = _("This calendar leaves %(left)s working days in %(year)s; it must leave at least %(least)s.")
                words = message % {"left": left, "year": year, "least": MIN_WORKING_DAYS}
                raise InvalidInput.one("", "no_working_day", words)

    def _wrong_weekdays(self) -> Iterator[FieldError]:
        for place, weekday in enumerate(self.closed_weekdays):
            pointer = f"/closed_weekdays/{place}"
            if not 0 <= weekday <= 6:
                yield FieldError(pointer, "out_of_range", _("A weekday is 0 (Monday) to 6 (Sunday)."))
            elif weekday in self.closed_weekdays[:place]:
                yield FieldError(pointer, "duplicate", _("This weekday is listed twice."))

    def _wrong_seasons(self) -> Iterator[FieldError]:
        for place, text in enumerate(self.winter or ()):
            if _month_day(text) is None:
                message = _("“%(text)s” is not a day of the year like 11-15.") % {"text": text}
                yield FieldError(f"/winter/{place}", "not_a_month_day", message)
        for place, days in enumerate(self.spring_festival or ()):
            if not 0 <= days <= MAX_FESTIVAL_DAYS:
                message = _("Between 0 and %(max)s days.") % {"max": MAX_FESTIVAL_DAYS}
                yield FieldError(f"/spring_festival/{place}", "out_of_range", message)

    def _wrong_closures(self) -> Iterator[FieldError]:
        if len(self.closures) > MAX_CLOSURES:
            yield _too_many("/closures")
            return
        for place, closure in enumerate(self.closures):
            pointer = f"/closures/{place}"
            ends = [(f"{pointer}/0", closure.start), (f"{pointer}/1", closure.end)]
            outside = [FieldError(at, "out_of_range", _beyond(day)) for at, day in ends if not FIRST <= day <= LAST]
            yield from outside
            if closure.end < closure.start:
                yield FieldError(f"{pointer}/1", "ends_before_start", _("This ends before it starts."))
            elif not outside and (closure.end - closure.start).days >= MAX_CLOSURE_DAYS:
                yield FieldError(f"{pointer}/1", "too_long", _("A closure lasts five years at most."))
            if len(closure.label) > MAX_LABEL:
                yield FieldError(f"{pointer}/2", "too_long", _("At most %(max)s characters.") % {"max": MAX_LABEL})


class WorkCalendar:
    """Working days counted from 0 over FIRST to LAST; get one from `calendar_of`.

    Days are kept as one byte each and as two tables of integers (about 0.5 MB), so that counting is a look-up.
    """

    __slots__ = ("_before", "_open", "_working", "rules")

    def __init__(self, rules: CalendarRules) -> None:
        """Of rules that passed `check`; ValueError for a month-day that is none."""
        self.rules = rules
        self._open = _open_days(rules)
        self._working = array("l", compress(range(_DAYS), self._open))
        self._before = array("l", accumulate(self._open, initial=0))

    def is_working(self, day: date) -> bool:
        """Raises InvalidInput (out_of_range) beyond FIRST and LAST, as all methods do."""
        return bool(self._open[_offset(day)])

    def index(self, day: date) -> int:
        """The number of working days before `day`: the index of a working day, of a closed day that of the next one."""
        return self._before[_offset(day)]

    def day(self, index: int) -> date:
        """The working day with that index: `day(index(d))` is d, or the next working day where d is closed."""
        if not 0 <= index < len(self._working):
            raise InvalidInput.one("", "out_of_range", _beyond(None))
        return date.fromordinal(self._working[index] + _BASE)

    def last(self, index: int) -> date:
        """The last day of work that ends before `index` (spans are half-open); for work of no days the working day before it."""
        return self.day(index - 1)

    def last_within(self, index: int) -> date:
        """`last`, or the calendar's last working day where work would end beyond it: what is computed is never refused."""
        return self.last(min(max(index, 1), len(self._working)))

    def day_within(self, index: int) -> date:
        """`day`, or the calendar's last working day beyond its end."""
        return self.day(min(max(index, 0), len(self._working) - 1))

    def add(self, day: date, working_days: int) -> date:
        """The working day that many working days after `day` (before it where negative); 0 gives `day` or the next open one."""
        return self.day(self.index(day) + working_days)

    def between(self, start: date, end: date) -> int:
        """Working days in [start, end); where end comes first, those in [end, start), negative."""
        return self.index(end) - self.index(start)

    def unknown_years(self, first: date, last: date) -> list[int]:
        """The years from `first` to `last` whose Spring Festival is to be closed, but is not known: there it is open."""
        if not (self.rules.spring_festival or self.rules.public_holidays):
            return []
        known = _china().years
        # The festival of the calendar's first year was over when the calendar begins.
        return [year for year in range(max(first.year, FIRST.year + 1), last.year + 1) if year not in known]


@lru_cache(maxsize=32)
def calendar_of(rules: CalendarRules) -> WorkCalendar:
    """The calendar of rules that passed `check`; built in a few ms and kept."""
    return WorkCalendar(rules)


def office_rules(rules: CalendarRules) -> CalendarRules:
    """The days on which the bureau's own people are there: weekends and public holidays are off, whatever its sites do, and so is
    what it closes by date. Winter stops the sites alone.
    """
    weekend = tuple(sorted({5, 6, *rules.closed_weekdays}))
    return CalendarRules(closed_weekdays=weekend, public_holidays=True, closures=rules.closures)


def _open_days(rules: CalendarRules) -> bytearray:
    """One byte for each day from FIRST to LAST: 1 where it is open."""
    days = bytearray(b"\x01") * _DAYS
    for weekday in rules.closed_weekdays:
        first = (weekday - FIRST.weekday()) % 7
        days[first::7] = bytes(len(range(first, _DAYS, 7)))
    if rules.public_holidays:
        # Make-up days first: a longer stop below closes them again.
        for day in _china().made_up:
            days[day] = 1
        for day in _china().holidays:
            days[day] = 0
    if rules.winter:
        for start, end in _winters(*rules.winter):
            _close(days, start, end)
    if rules.spring_festival:
        before, after = rules.spring_festival
        for day in _china().festivals:
            _close(days, day - before, day + after - 1)
    for closure in rules.closures:
        _close(days, closure.start.toordinal() - _BASE, closure.end.toordinal() - _BASE)
    return days


def _close(days: bytearray, start: int, end: int) -> None:
    """Close the days `start` to `end`, both inclusive, as far as the calendar reaches."""
    start, stop = max(start, 0), min(end + 1, _DAYS)
    if start < stop:
        days[start:stop] = bytes(stop - start)


def _winters(first: str, last: str) -> Iterator[tuple[int, int]]:
    """Offsets of the first and the last closed day of every winter."""
    start, end = _month_day(first), _month_day(last)
    if start is None or end is None:
        raise ValueError(f"not days of the year: {first}, {last}")
    over_new_year = int(end < start)
    for year in range(FIRST.year - 1, LAST.year + 1):
        yield _in_year(year, *start) - _BASE, _in_year(year + over_new_year, *end) - _BASE


def _in_year(year: int, month: int, day: int) -> int:
    if (month, day) == (2, 29):
        return date(year, 3, 1).toordinal() - 1
    return date(year, month, day).toordinal()


def _month_day(text: str) -> tuple[int, int] | None:
    """Month and day of "MM-DD"; None where there is no such day in a leap year."""
    if not _MONTH_DAY.fullmatch(text):
        return None
    month, day = int(text[:2]), int(text[3:])
    try:
        date(2000, month, day)
    except ValueError:
        return None
    return month, day


@dataclass(frozen=True, slots=True)
class _China:
    """Days as offsets from FIRST: first days of lunar years, public holidays, weekend days worked in their stead; and the years
    that the package knows.
    """

    years: frozenset[int]
    festivals: tuple[int, ...]
    holidays: tuple[int, ...]
    made_up: tuple[int, ...]


@cache
def _china() -> _China:
    """Read from the package once per process (about 50 ms, its own modules included)."""
    named = country_holidays("CN", years=range(FIRST.year, LAST.year + 1), language="zh_CN")
    first: dict[int, date] = {}
    for day in sorted(named.get_named("春节", lookup="exact")):
        first.setdefault(day.year, day)

    def offsets(found: Iterable[date]) -> tuple[int, ...]:
        return tuple(day.toordinal() - _BASE for day in found if FIRST <= day <= LAST)

    made_up = named.weekend_workdays
    days_off = set(named)
    for day, following in pairwise(sorted(named)):
        between = [day + timedelta(days=step) for step in range(1, min((following - day).days, 4))]
        if all(day.weekday() >= 5 and day not in made_up for day in between):
            days_off.update(between)
    return _China(frozenset(first), offsets(first.values()), offsets(days_off), offsets(made_up))


def _offset(day: date) -> int:
    offset = day.toordinal() - _BASE
    if not 0 <= offset < _DAYS:
        raise InvalidInput.one("", "out_of_range", _beyond(day))
    return offset


def _beyond(day: date | None) -> str:
    span = {"first": FIRST.isoformat(), "last": LAST.isoformat()}
    if day is None:
        return _("The calendar reaches from %(first)s to %(last)s.") % span
    return _("%(day)s is beyond the calendar, which reaches from %(first)s to %(last)s.") % {"day": day, **span}


def _too_many(pointer: str) -> FieldError:
    return FieldError(pointer, "too_many", _("At most %(max)s closures.") % {"max": MAX_CLOSURES})


def _token(name: str) -> str:
    """A member's name inside a JSON Pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")


# Readers of the document's members: each appends what is wrong, and its answer counts only where nothing was.
_Errors = list[FieldError]


def _read_weekdays(value: object, pointer: str, errors: _Errors) -> tuple[int, ...]:
    if not isinstance(value, list):
        errors.append(FieldError(pointer, "not_a_list", _("Expected a list.")))
        return ()
    return _read_integers(value[:8], pointer, errors)  # an eighth is one too many, which `check` says


def _read_winter(value: object, pointer: str, errors: _Errors) -> tuple[str, str] | None:
    if value is None:
        return None
    if not isinstance(value, list) or len(value) != 2:
        errors.append(FieldError(pointer, "not_a_pair", _("Expected two days of the year, first and last.")))
        return None
    for place, text in enumerate(value):
        if not isinstance(text, str):
            errors.append(FieldError(f"{pointer}/{place}", "not_a_string", _("Expected a text.")))
    return value[0], value[1]


def _read_festival(value: object, pointer: str, errors: _Errors) -> tuple[int, int] | None:
    if value is None:
        return None
    if not isinstance(value, list) or len(value) != 2:
        errors.append(FieldError(pointer, "not_a_pair", _("Expected two numbers of days, before and after.")))
        return None
    _read_integers(value, pointer, errors)
    return value[0], value[1]


def _read_flag(value: object, pointer: str, errors: _Errors) -> bool:
    if not isinstance(value, bool):
        errors.append(FieldError(pointer, "not_a_boolean", _("Expected true or false.")))
    return bool(value)


def _read_closures(value: object, pointer: str, errors: _Errors) -> tuple[Closure, ...]:
    if not isinstance(value, list):
        errors.append(FieldError(pointer, "not_a_list", _("Expected a list.")))
        return ()
    if len(value) > MAX_CLOSURES:
        errors.append(_too_many(pointer))
        return ()
    return tuple(_read_closure(item, f"{pointer}/{place}", errors) for place, item in enumerate(value))


def _read_closure(value: object, pointer: str, errors: _Errors) -> Closure:
    if not isinstance(value, list) or len(value) not in (2, 3):
        message = _("Expected first day, last day and, if you like, a label.")
        errors.append(FieldError(pointer, "not_a_closure", message))
        return Closure(FIRST, FIRST)
    start, end = (_read_date(value[place], f"{pointer}/{place}", errors) for place in (0, 1))
    label = ""
    if len(value) == 3:
        try:
            label = clean_line(value[2], pointer=f"{pointer}/2", max_length=MAX_LABEL, allow_blank=True)
        except InvalidInput as refusal:
            errors.extend(refusal.errors)
    return Closure(start, end, label)


def _read_date(value: object, pointer: str, errors: _Errors) -> date:
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    errors.append(FieldError(pointer, "not_a_date", _("Expected a date like 2026-06-07.")))
    return FIRST


def _read_integers(value: Sequence[Any], pointer: str, errors: _Errors) -> tuple[int, ...]:
    for place, number in enumerate(value):
        if not isinstance(number, int) or isinstance(number, bool):
            errors.append(FieldError(f"{pointer}/{place}", "not_an_integer", _("Expected a whole number.")))
    return tuple(value)


_READERS: dict[str, Callable[[object, str, _Errors], Any]] = {
    "closed_weekdays": _read_weekdays,
    "winter": _read_winter,
    "spring_festival": _read_festival,
    "public_holidays": _read_flag,
    "closures": _read_closures,
}
