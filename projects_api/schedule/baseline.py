"""What a schedule is measured against: a frozen baseline, or the working plan where nothing was approved yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from projects_api.errors import FieldError, InvalidInput
from projects_api.schedule.calendar import WorkCalendar
from projects_api.schedule.curve import Span
from projects_api.schedule.facts import MilestoneFacts, iso_date
from projects_api.schedule.network import Link

# The stage with which a school is ready, the first that a project has: what comes after it (audit, final accounts) delays
# nobody's opening.
OPENING = ("handover", "completion_acceptance", "acceptance")


@dataclass(frozen=True, slots=True)
class Measure:
    """`number` of the baseline, None for the plan; `spans` by stage; `finish`: when the last stage up to the opening ends.

    `finish` None: the plan does not say when the school is to be ready. Its stages can be late, the whole cannot be measured.
    """

    number: int | None
    finish: date | None
    spans: Mapping[str, Span]


def counted(milestones: Iterable[MilestoneFacts]) -> list[MilestoneFacts]:
    """The stages that apply, in order, up to the one with which the school is ready; all where there is no such stage."""
    stages = sorted((m for m in milestones if m.is_applicable), key=lambda m: (m.position, m.key))
    places = {m.key: place for place, m in enumerate(stages)}
    last = next((places[key] for key in OPENING if key in places), len(stages) - 1)
    return stages[: last + 1]


def bridged(milestones: Iterable[MilestoneFacts]) -> list[MilestoneFacts]:
    """The stages that apply, in order; a link to one that does not apply goes on to what that one waited for."""
    everything = {m.key: m for m in milestones}

    def through(link: Link, seen: frozenset[str]) -> list[Link]:
        before = everything.get(link.after)
        if before is None or link.after in seen:
            return []
        if before.is_applicable:
            return [link]
        return [further for own in before.links for further in through(own, seen | {link.after})]

    kept = []
    for facts in sorted(everything.values(), key=lambda m: (m.position, m.key)):
        if facts.is_applicable:
            links = [found for link in facts.links for found in through(link, frozenset({facts.key}))]
            if tuple(links) != facts.links:
                once = {(link.after, link.kind): link for link in links}
                facts = replace(facts, links=tuple(once.values()))
            kept.append(facts)
    return kept


def span_of(facts: MilestoneFacts, calendar: WorkCalendar) -> Span | None:
    """When a stage is planned to be worked on: its duration up to its planned day; None where no day is planned."""
    if facts.planned is None:
        return None
    days = max(1, facts.duration or 1)
    start = calendar.day_within(calendar.index(facts.planned) + calendar.is_working(facts.planned) - days)
    return Span(min(start, facts.planned), facts.planned, facts.weight)


def measure_of_plan(milestones: Sequence[MilestoneFacts], calendar: WorkCalendar) -> Measure | None:
    """The working plan as a measure; None where no stage has a planned day."""
    spans = {m.key: span for m in milestones if m.is_applicable and (span := span_of(m, calendar)) is not None}
    stages = counted(milestones)
    dated = [spans[m.key].finish for m in stages if m.key in spans]
    # A plan that stops before the opening, or before the last work whose length is known, has no finish.
    whole = bool(dated) and all(m.key in spans for m in stages if m.key in OPENING or m.duration)
    return Measure(None, max(dated) if whole else None, spans) if spans else None


def measure_of_document(number: int, baseline: Mapping[str, Any]) -> Measure:
    """A baseline as a project's document holds it."""
    spans = {
        key: Span(date.fromisoformat(s["start"]), date.fromisoformat(s["finish"]), s["weight"])
        for key, s in baseline["stages"].items()
    }
    return Measure(number, iso_date(baseline["finish"]), spans)


def current_measure(
    milestones: Sequence[MilestoneFacts], baselines: Mapping[str, Mapping[str, Any]], calendar: WorkCalendar
) -> Measure | None:
    """The newest baseline, else the plan, else nothing."""
    if baselines:
        number = max(int(number) for number in baselines)
        return measure_of_document(number, baselines[str(number)])
    return measure_of_plan(milestones, calendar)


def freeze(milestones: Sequence[MilestoneFacts], calendar: WorkCalendar) -> Measure:
    """The plan as it can be promised. Raises InvalidInput: no stage, one without a planned day or before its predecessor."""
    stages = bridged(milestones)
    if not stages:
        raise InvalidInput.one(
            "/milestones", "no_milestones", _("A project without milestones has no dates to promise.")
        )
    planned = {m.key: m.planned for m in stages}
    errors = [
        FieldError(
            f"/milestones/{m.key}/planned", "gap", _("This stage has no planned day: a baseline needs all of them.")
        )
        for m in stages
        if m.planned is None
    ]
    for stage in stages:
        for link in stage.links:
            before, own = planned.get(link.after), stage.planned
            if link.kind == "FS" and before and own and own < before:
                words = _("Planned before the stage that it waits for: %(path)s.") % {
                    "path": f"{link.after} ({before}) → {stage.key} ({own})"
                }
                errors.append(FieldError(f"/milestones/{stage.key}/planned", "before_predecessor", words))
    if errors:
        raise InvalidInput(errors)
    measure = measure_of_plan(stages, calendar)
    assert measure is not None
    return measure
