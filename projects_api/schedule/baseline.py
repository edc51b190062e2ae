"""What a schedule is measured against: a frozen baseline, or the working plan where nothing was approved yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Protocol, TypeVar

from django.utils.translation import gettext as _

from projects_api.choices import MilestoneState
from projects_api.errors import FieldError, InvalidInput
from projects_api.schedule.calendar import WorkCalendar
from projects_api.schedule.curve import Span
from projects_api.schedule.facts import MilestoneFacts, iso_date, seen_by_all
from projects_api.schedule.network import Link

# The stage with which a school is ready, the first of these that the public sees of a project. What it does not wait for (the
# filing, the audit, the final accounts) delays nobody's opening, wherever it stands in the list.
HANDOVER = "handover"
OPENING = (HANDOVER, "completion_acceptance", "acceptance")


class Opening(Protocol):
    @property
    def key(self) -> str: ...

    @property
    def public(self) -> bool: ...

    @property
    def state(self) -> str: ...


Opens = TypeVar("Opens", bound=Opening)


@dataclass(frozen=True, slots=True)
class Measure:
    """`number` of the baseline, None for the plan; `spans` by stage; `finish`: when the school is to be ready.

    `finish` None: the plan does not say when the school is to be ready. Its stages can be late, the whole cannot be measured.
    """

    number: int | None
    finish: date | None
    spans: Mapping[str, Span]


def opening_of(milestones: Iterable[Opens]) -> Opens | None:
    """The stage with which the school is ready; None where the public sees no such stage."""
    by_key = {m.key: m for m in seen_by_all(milestones) if m.state != MilestoneState.NOT_APPLICABLE}
    return next((by_key[key] for key in OPENING if key in by_key), None)


def counted(milestones: Iterable[MilestoneFacts]) -> list[MilestoneFacts]:
    """The stages that the opening hangs on, in order, itself included: those that it waits for by its links, and theirs.

    All up to it where it has no links of its own; all where there is no such stage.
    """
    stages = bridged(milestones)
    opening = opening_of(stages)
    if opening is None:
        return stages
    if not opening.links:
        return stages[: stages.index(opening) + 1]
    return leading_to(stages, opening.key)


def leading_to(stages: Sequence[MilestoneFacts], last: str) -> list[MilestoneFacts]:
    """Of bridged stages the one and all that it waits for by links, in their order."""
    by_key = {m.key: m for m in stages}
    needed, waiting = set[str](), [last]
    while waiting:
        key = waiting.pop()
        if key not in needed:
            needed.add(key)
            waiting += [link.after for link in by_key[key].links]
    return [m for m in stages if m.key in needed]


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
    stages, opening = counted(milestones), opening_of(milestones)
    last = opening.key if opening else None
    # A plan that stops before the opening, or before the last work whose length is known, has no finish.
    whole = bool(spans) and all(m.key in spans for m in stages if m.key == last or m.duration)
    dated = [spans[m.key].finish for m in stages if m.key in spans and last in (None, m.key)]
    return Measure(None, max(dated) if whole and dated else None, spans) if spans else None


def measure_of_document(number: int, baseline: Mapping[str, Any], milestones: Iterable[MilestoneFacts] = ()) -> Measure:
    """A baseline as a project's document holds it, measured at the opening of these stages.

    Its own `finish` only where it promises nothing of that: baselines of before hold the day of the filing there.
    """
    spans = {
        key: Span(date.fromisoformat(s["start"]), date.fromisoformat(s["finish"]), s["weight"])
        for key, s in baseline["stages"].items()
    }
    opening = opening_of(milestones)
    promised = spans.get(opening.key) if opening else None
    return Measure(number, promised.finish if promised else iso_date(baseline["finish"]), spans)


def current_measure(
    milestones: Sequence[MilestoneFacts], baselines: Mapping[str, Mapping[str, Any]], calendar: WorkCalendar
) -> Measure | None:
    """The newest baseline, else the plan, else nothing."""
    if baselines:
        number = max(int(number) for number in baselines)
        return measure_of_document(number, baselines[str(number)], milestones)
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
