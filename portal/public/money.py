"""What a project costs, where the bureau publishes it: by source, from the estimate to the final accounts, and what is spent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from projects_api.choices import EstimateKind, FundSource, SpendingKind
from projects_api.models import Project
from projects_api.publishing import PublishingRules
from projects_api.selectors.pages import PublicMoney

_MEASURE = EstimateKind.DESIGN_ESTIMATE  # the approved 概算 is what later figures are held against


@dataclass(frozen=True)
class Line:
    """``share``: percent of the whole, of an estimate its difference to the approved one; None: nothing to measure by."""

    word: str
    amount: Decimal
    share: Decimal | None = None
    day: object = None


@dataclass(frozen=True)
class Costs:
    sources: list[Line]
    allotted: Decimal
    estimates: list[Line]
    work_done: Line | None
    paid: Line | None
    illustrative: bool

    @property
    def measured(self) -> bool:
        """Whether any estimate is held against the approved one."""
        return any(line.share is not None for line in self.estimates)


def costs_of(project: Project, rows: Iterable[PublicMoney]) -> Costs | None:
    """None where the bureau publishes nothing of money; where it does, that nothing is recorded is said. No query."""
    facts = list(rows)
    if not facts and not PublishingRules.from_document(project.bureau.publishing).money:
        return None
    total = project.total_investment
    sources: dict[str, Decimal] = {}
    spent: dict[str, Decimal] = {}
    estimates: dict[str, PublicMoney] = {}
    for fact in facts:
        if fact.table == "allocation":
            sources[fact.kind] = sources.get(fact.kind, Decimal(0)) + fact.amount
        elif fact.table == "spending":
            spent[fact.kind] = spent.get(fact.kind, Decimal(0)) + fact.amount
        else:
            estimates[fact.kind] = fact  # the newest of a kind counts
    allotted = sum(sources.values(), start=Decimal(0))
    measure = estimates.get(_MEASURE)
    return Costs(
        sources=[
            Line(str(source.label), sources[source.value], _percent(sources[source.value], allotted))
            for source in FundSource
            if source.value in sources
        ],
        allotted=allotted,
        estimates=[
            Line(
                str(kind.label),
                estimates[kind.value].amount,
                _difference(estimates[kind.value].amount, measure.amount) if measure and kind != _MEASURE else None,
                estimates[kind.value].dated,
            )
            for kind in EstimateKind
            if kind.value in estimates
        ],
        work_done=_spent(spent, SpendingKind.WORK_DONE, total),
        paid=_spent(spent, SpendingKind.MONEY_PAID, total),
        illustrative=any(fact.illustrative for fact in facts),
    )


def _spent(spent: dict[str, Decimal], kind: SpendingKind, total: Decimal | None) -> Line | None:
    return Line(str(kind.label), spent[kind], _percent(spent[kind], total)) if kind in spent else None


def _percent(amount: Decimal, whole: Decimal | None) -> Decimal | None:
    return round(100 * amount / whole) if whole else None  # type: ignore[return-value]


def _difference(amount: Decimal, measure: Decimal) -> Decimal | None:
    return round(100 * (amount - measure) / measure, 1) if measure else None
