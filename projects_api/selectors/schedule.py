"""The computed schedule of one project: facts, baseline, calendar and rules together on a day; and the stored outlook."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any

from django.db.models import TextField
from django.db.models.functions import Cast

from projects_api.choices import STANDS_STILL, MilestoneState, Status
from projects_api.models import Baseline, Bureau, Milestone, Project
from projects_api.schedule.baseline import Measure, bridged, counted, current_measure, measure_of_document
from projects_api.schedule.calendar import CalendarRules, WorkCalendar, calendar_of
from projects_api.schedule.curve import Curves, Point, Reports, Span, actual_share, actual_steps, series, share
from projects_api.schedule.facts import MilestoneFacts, iso_date, limit_of, links_of, milestones_of, seen_by_all
from projects_api.schedule.forecast import Forecast, activities, end_of, forecast
from projects_api.schedule.lights import LightRules
from projects_api.schedule.network import Link
from projects_api.schedule.odds import Odds, Range, Sample, Stage, finish_odds
from projects_api.schedule.outlook import Outlook, outlook
from projects_api.schedule.slips import slips
from projects_api.schedule.terms import deadline_of
from projects_api.selectors.facts import Document

# Members of the outlook and the project's columns that hold them.
OUTLOOK = {
    "yellow_from": "yellow_from", "red_from": "red_from", "late_from": "late_from", "critical_from": "critical_from",
    "stale_from": "stale_from", "term_missed_from": "term_missed_from", "measured_finish": "measured_finish",
    "finish": "finish", "tail": "finish_tail",
}  # fmt: skip

ODDS_RUNS = 1000
RECORD = 500  # finished stages of the bureau's own that are read for the odds, the newest first


def facts_of(milestone: Milestone) -> MilestoneFacts:
    return MilestoneFacts(
        key=milestone.key,
        position=milestone.position,
        started=milestone.started,
        planned=milestone.planned,
        forecast=milestone.forecast,
        actual=milestone.actual,
        percent=milestone.percent,
        weight=milestone.weight,
        state=MilestoneState(milestone.state),
        public=milestone.public,
        duration=milestone.duration,
        shortest=milestone.shortest,
        longest=milestone.longest,
        links=links_of(milestone.after),
        limit=limit_of(milestone.limit),
    )


def settings_of(bureau: Bureau) -> tuple[WorkCalendar, LightRules]:
    """The bureau's calendar and rules of the lights; what is stored has been checked when it was written."""
    return _settings(json.dumps(bureau.calendar, sort_keys=True), json.dumps(bureau.lights, sort_keys=True))


@lru_cache(maxsize=64)
def _settings(calendar: str, lights: str) -> tuple[WorkCalendar, LightRules]:
    return calendar_of(CalendarRules.from_document(json.loads(calendar))), LightRules.from_document(json.loads(lights))


def outlook_of(document: Mapping[str, Any], bureau: Bureau, *, reported: date) -> Outlook:
    """The outlook of a document, for past states: what `set_derived` would have written."""
    calendar, rules = settings_of(bureau)
    facts = milestones_of(document)
    return outlook(
        facts,
        current_measure(facts, document.get("baselines", {}), calendar),
        calendar,
        rules,
        status=Status(document["status"]),
        reported=reported,
        needed_by=iso_date(document.get("needed_by")),
    )


def stored_outlook(project: Project) -> Outlook:
    return Outlook(**{name: getattr(project, column) for name, column in OUTLOOK.items()})


@dataclass(frozen=True)
class Schedule:
    """Everything computed of a project, as expected on ``today``. ``deadlines``: statutory, by stage."""

    today: date
    stages: list[MilestoneFacts]
    measure: Measure | None
    outlook: Outlook
    forecast: Forecast
    curve: list[Point]
    progress: float
    planned: float | None
    odds: tuple[date, date, Odds] | None
    slips: dict[str, tuple[int, int]]
    deadlines: dict[str, date]
    needed_by: date | None
    unknown_years: list[int]


def schedule_of(
    document: Document,
    bureau: Bureau,
    *,
    today: date,
    reported: date,
    baseline: int | None = None,
    pk: int = 0,
    record: bool = True,
    reports: Reports | None = None,
) -> Schedule:
    """The schedule of a document. ``baseline``: measure against this number (which exists) instead of the current one.

    ``pk`` is the project's, the seed of the odds. ``record``: draw them from the bureau's own stages finished by ``today``,
    where there are enough (one query); without, from the stages' ranges alone. ``reports``: when which percentage was told
    (`selectors.reported`); what is not in them counts from ``today``.
    """
    calendar, rules = settings_of(bureau)
    facts = milestones_of(document)
    baselines = document.get("baselines", {})
    measure = (
        current_measure(facts, baselines, calendar)
        if baseline is None
        else measure_of_document(baseline, baselines[str(baseline)], facts)
    )
    stages = bridged(facts)
    needed = iso_date(document.get("needed_by"))
    found = outlook(
        facts, measure, calendar, rules, status=Status(document["status"]), reported=reported, needed_by=needed
    )
    expected = forecast(facts, measure, calendar, today)
    stands = document["status"] in STANDS_STILL
    curves = curves_of(stages, measure, expected, today, reports=reports, stands_still=stands)
    deadlines = {facts.key: day for facts in stages if (day := deadline_of(facts, expected)) is not None}
    last = max([today, *(stage.finish for stage in expected.stages.values())])
    return Schedule(
        today=today,
        stages=stages,
        measure=measure,
        outlook=found,
        forecast=expected,
        curve=series(curves.planned, curves.actual, curves.ahead, today) if stages else [],
        progress=round(actual_share(curves.actual, today), 1),
        planned=round(share(curves.planned, today), 1) if curves.planned else None,
        odds=None if stands else _odds(stages, measure, bureau if record else None, calendar, today, seed=pk),
        slips=slips(facts, measure, calendar),
        deadlines=deadlines,
        needed_by=needed or (rules.term_after(measure.finish) if measure and measure.finish else None),
        unknown_years=calendar.unknown_years(today, last),
    )


def curves_of(
    stages: Sequence[MilestoneFacts],
    measure: Measure | None,
    expected: Forecast,
    today: date,
    *,
    reports: Reports | None = None,
    stands_still: bool = False,
) -> Curves:
    """What the three curves of a project are drawn from; ``stages`` are those that apply (`bridged`).

    Of what the public sees, for all readers alike; what stands still expects nothing, nor does what has no day that is known.
    """
    shown = seen_by_all(stages)
    planned = [measure.spans[facts.key] for facts in shown if facts.key in measure.spans] if measure else []
    ahead = [] if stands_still or expected.finish is None else _ahead(shown, expected)
    return Curves(planned, actual_steps(shown, today, reports), ahead)


def forecast_of(
    facts: list[MilestoneFacts], baselines: Mapping[str, Mapping[str, Any]], bureau: Bureau, today: date
) -> tuple[Measure | None, Forecast]:
    """Measure and forecast up to the opening, for many projects at once. No query."""
    calendar, _rules = settings_of(bureau)
    measure = current_measure(facts, baselines, calendar)
    return measure, forecast(facts, measure, calendar, today, to_opening=True)


_FACTS = (
    "key", "position", "started", "planned", "forecast", "actual", "percent", "weight", "state", "public", "duration",
    "shortest", "longest",
)  # fmt: skip


@lru_cache(maxsize=1024)
def _links(after: str) -> tuple[Link, ...]:
    """`links_of` from the column's text: projects of one template say the same, and reading it takes longer than the row."""
    return links_of(json.loads(after))


@dataclass(frozen=True)
class ProjectFacts:
    """What a schedule needs of a project, without model objects: stages, titles (zh, en) by key, baselines as in a document."""

    stages: list[MilestoneFacts]
    titles: dict[str, tuple[str, str]]
    baselines: dict[str, Document]


def facts_of_projects(ids: Iterable[int]) -> dict[int, ProjectFacts]:
    """The facts of many projects from plain rows (mechanism 5): two queries at any number. Without statutory terms."""
    found = {pk: ProjectFacts([], {}, {}) for pk in ids}
    rows = (
        Milestone.objects.filter(project__in=list(found))
        .order_by("project", "position", "key")
        .annotate(_after=Cast("after", TextField()))
        .values_list("project_id", "title_zh", "title_en", "_after", *_FACTS)
    )
    for pk, zh, en, after, *values in rows:
        values[8] = MilestoneState(values[8])
        project = found[pk]
        facts = dict(zip(_FACTS, values, strict=True))
        project.stages.append(MilestoneFacts(**facts, links=_links(after)))
        project.titles[values[0]] = (zh, en)
    promised = Baseline.objects.filter(project__in=list(found)).values_list("project_id", "number", "finish", "stages")
    for pk, number, finish, stages in promised:
        found[pk].baselines[str(number)] = {"finish": finish.isoformat(), "stages": stages}
    return found


def _ahead(stages: Iterable[MilestoneFacts], expected: Forecast) -> list[Span]:
    """What remains of each stage, over its forecast span."""
    left = [
        (expected.stages[facts.key], facts.weight * (100 - min(facts.percent, 100)) / 100)
        for facts in stages
        if not facts.is_met
    ]
    return [Span(stage.start, stage.finish, weight) for stage, weight in left]


def _odds(
    stages: list[MilestoneFacts],
    measure: Measure | None,
    bureau: Bureau | None,
    calendar: WorkCalendar,
    today: date,
    *,
    seed: int,
) -> tuple[date, date, Odds] | None:
    """P50 and P80 of the day on which the school is ready; None when it is, or when no stage has a duration.

    ``bureau``: whose record is drawn from; None: nobody's.
    """
    opening = counted(stages)
    if not any(facts.duration for facts in opening if facts.actual is None):
        return None
    now = calendar.index(today)
    left = [facts.key for facts in opening if facts.actual is None]
    record = _record(bureau, left, calendar, today) if bureau else {}
    # A forecast somebody typed is one more opinion about what is drawn here: durations decide.
    untyped = [replace(facts, forecast=None) if facts.duration else facts for facts in opening]
    drawn = [
        Stage(activity, _range(facts), Sample(record.get(facts.key, ())))
        for facts, activity in zip(opening, activities(untyped, measure, calendar, now), strict=True)
    ]
    odds = finish_odds(drawn, now, seed=seed, runs=ODDS_RUNS)
    return (calendar.last_within(odds.p50), calendar.last_within(odds.p80), odds) if odds else None


def _range(facts: MilestoneFacts) -> Range:
    usual = max(1, facts.duration or 1)
    low, high = facts.shortest, facts.longest
    return Range(usual if low is None else max(1, low), usual, usual if high is None else max(high, usual))


def _record(bureau: Bureau, keys: list[str], calendar: WorkCalendar, today: date) -> dict[str, tuple[float, ...]]:
    """Actual over usual duration of the bureau's newest stages finished by ``today``, by key. One query."""
    rows = (
        Milestone.objects.filter(
            project__bureau=bureau, key__in=keys, actual__lte=today, started__isnull=False, duration__gt=0
        )
        .order_by("-actual")
        .values_list("key", "started", "actual", "duration")[:RECORD]
    )
    found: dict[str, list[float]] = {}
    for key, started, actual, duration in rows:
        assert started and actual and duration  # by the filter
        days = max(1, end_of(actual, calendar) - calendar.index(started))
        found.setdefault(key, []).append(days / duration)
    return {key: tuple(ratios) for key, ratios in found.items()}
