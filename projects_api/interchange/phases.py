"""Rows that are phases of a project: milestones, with the money that their rows carry."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from projects_api.choices import MilestoneState, SpendingKind
from projects_api.drafts import EstimateDraft, MilestoneDraft, SpendingDraft
from projects_api.interchange.mapping import Mapping, MoneyRule, StatusRule
from projects_api.interchange.reports import Note
from projects_api.interchange.values import CellError, Values

MAX_NOTE = 500
# Days of what has happened; the others are plans.
FACTS = frozenset({"started", "actual"})
BEGUN = frozenset({MilestoneState.IN_PROGRESS, MilestoneState.MET})


# What the product's own mappings note, so that the report tells it in its reader's language.
_NOTED = (gettext_noop("The file gives no phase name"),)


@dataclass(frozen=True)
class PhaseRow:
    """One good row: its milestone (keys not yet told apart), its amounts by column, what to note about it."""

    milestone: MilestoneDraft
    amounts: dict[str, Decimal | None]
    words: dict[str, str]
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class Together:
    """The rows of one project as its parts."""

    milestones: tuple[MilestoneDraft, ...]
    estimates: tuple[EstimateDraft, ...]
    spending: tuple[SpendingDraft, ...]
    notes: tuple[Note, ...]


class Phases:
    """Reads phase rows by a mapping's [milestones] and [[money]]."""

    def __init__(self, mapping: Mapping, values: Values) -> None:
        self.mapping = mapping
        self.values = values

    def read(self, line: int, cells: dict[str, str]) -> tuple[PhaseRow | None, list[tuple[str, str]]]:
        """A row as a milestone with its amounts, or the faults (our column name, reason) that it has."""
        rules = self.mapping.milestones
        assert rules is not None
        faults: list[tuple[str, str]] = []
        phase = rules.phases.get(cells[rules.field].casefold())
        if phase is None:
            faults.append(
                (
                    rules.field,
                    _("“%(cell)s” is not a phase that the mapping knows") % {"cell": cells[rules.field][:40]},
                )
            )
        state = rules.states.get(cells[rules.state].casefold())
        if state is None:
            faults.append(
                (
                    rules.state,
                    _("“%(cell)s” is not a state that the mapping knows") % {"cell": cells[rules.state][:40]},
                )
            )
        dates: dict[str, date | None] = {}
        for name, column in rules.dates.items():
            try:
                dates[name] = (self.values.fact if name in FACTS else self.values.day)(cells[column])
            except CellError as error:
                faults.append((column, str(error)))
        amounts: dict[str, Decimal | None] = {}
        for rule in self.mapping.money:
            try:
                amounts[rule.field] = self.values.money(cells[rule.field], negative=rule.becomes == "spending")
            except CellError as error:
                faults.append((rule.field, str(error)))
        if faults or phase is None or state is None:
            return None, faults
        faults += self._contradictions(state, dates)
        if faults:
            return None, faults
        told = {name: self.values.word(cells[name]) for name in (*rules.dates.values(), *amounts)}
        milestone = MilestoneDraft(
            key=phase.key,
            position=phase.position * 10,
            title_zh=phase.title_zh,
            title_en=phase.title_en,
            weight=phase.weight,
            state=state,
            percent=100 if state == MilestoneState.MET else 0,
            note=_shortened([phase.note, *self._told({name: text for name, text in told.items() if text})]),
            line=line,
            started=dates.get("started"),
            planned=dates.get("planned"),
            forecast=dates.get("forecast"),
            actual=dates.get("actual"),
        )
        remarks = [_(phase.note)] if phase.note else []
        started, planned = dates.get("started"), dates.get("planned")
        if started and planned and planned < started:
            words = {"planned": planned, "started": started}
            remarks.append(
                _("the planned end %(planned)s lies before the start %(started)s; kept as a late start") % words
            )
        return PhaseRow(milestone, amounts, told, tuple(remarks)), []

    def _contradictions(self, state: str, dates: dict[str, date | None]) -> list[tuple[str, str]]:
        rules = self.mapping.milestones
        assert rules is not None
        started, actual = dates.get("started"), dates.get("actual")
        if started and actual and actual < started:
            words = {"actual": actual, "started": started}
            return [(rules.dates["actual"], _("it ends (%(actual)s) before it starts (%(started)s)") % words)]
        if state == MilestoneState.MET and not actual:
            return [(rules.dates.get("actual", rules.state), _("it is complete, but has no actual end date"))]
        if state != MilestoneState.MET and actual:
            return [(rules.state, _("it has an actual end date, but is not complete"))]
        if state in (MilestoneState.SCHEDULED, MilestoneState.NOT_APPLICABLE) and started:
            return [(rules.state, _("it has an actual start date, but is not begun"))]
        return []

    def _told(self, words: dict[str, str]) -> list[str]:
        """``Planned End Date, Budget Amount — DOES: …``: each word once, with the columns that it stands in."""
        columns: dict[str, list[str]] = {}
        for name, text in words.items():
            columns.setdefault(text, []).append(self.mapping.columns[name].header)
        return [f"{text} [{'; '.join(headers)}]" for text, headers in columns.items()]

    def together(self, rows: Sequence[PhaseRow]) -> Together:
        """Numbers repeated keys (``construction``, ``construction-2``), orders by position, collects the money."""
        counts: dict[str, int] = {}
        milestones: list[MilestoneDraft] = []
        estimates: list[EstimateDraft] = []
        spending: list[SpendingDraft] = []
        notes: list[Note] = []
        for row in rows:
            milestone = row.milestone
            count = counts[milestone.key] = counts.get(milestone.key, 0) + 1
            if count > 1:
                key = f"{milestone.key}-{count}"
                notes.append(
                    Note(
                        milestone.line,
                        _("the project has this phase more than once; kept as %(key)s") % {"key": key},
                    )
                )
                milestone = replace(
                    milestone,
                    key=key,
                    position=milestone.position + min(count - 1, 9),
                    title_zh=_numbered(milestone.title_zh, count),
                    title_en=_numbered(milestone.title_en, count),
                )
            milestones.append(milestone)
            for rule in self.mapping.money:
                amount = row.amounts[rule.field]
                if amount is not None:
                    _add_money(rule, milestone, amount, estimates, spending)
        milestones.sort(key=lambda m: (m.position, m.key))
        return Together(tuple(milestones), tuple(estimates), tuple(spending), tuple(notes))


def _numbered(title: str, count: int) -> str:
    return f"{title} ({count})" if title else ""


def _add_money(
    rule: MoneyRule,
    milestone: MilestoneDraft,
    amount: Decimal,
    estimates: list[EstimateDraft],
    spending: list[SpendingDraft],
) -> None:
    note = f"{rule.label}: {milestone.title_en or milestone.title_zh or milestone.key}".strip(": ")
    kind = rule.kind_when_met if milestone.state == MilestoneState.MET else rule.kind
    if rule.becomes == "estimate":
        estimates.append(EstimateDraft(kind, amount, note=note))
    else:
        spending.append(SpendingDraft(SpendingKind(kind), amount, milestone=milestone.key, note=note))


def _shortened(parts: Iterable[str]) -> str:
    text = "\n".join(part for part in parts if part)
    return text if len(text) <= MAX_NOTE else text[: MAX_NOTE - 1] + "…"


def status_of(milestones: Sequence[MilestoneDraft], rules: Sequence[StatusRule]) -> str:
    """What the first fitting rule gives; the last rule (the default) fits always. A key counts with its repetitions."""
    begun = {m.key.partition("-")[0] for m in milestones if m.state in BEGUN}
    all_met = bool(milestones) and all(m.state == MilestoneState.MET for m in milestones)
    for rule in rules:
        if (all_met or not rule.all_met) and (begun & rule.begun or not rule.begun):
            return rule.gives
    raise AssertionError("the last rule fits always")


def total_of(rows: Sequence[PhaseRow], columns: Sequence[str]) -> Decimal | None:
    """The sum of the first column that holds no word in any row; None where every column does, or it is nothing."""
    for column in columns:
        if all(not row.words[column] for row in rows):
            total = sum((row.amounts[column] or Decimal(0) for row in rows), Decimal(0))
            if total:
                return total
    return None
