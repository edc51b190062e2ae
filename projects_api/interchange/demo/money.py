"""Believable money for a demonstration, by the proportions of ``domain.md``. Pure; every figure is an invention."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from projects_api.choices import EstimateKind, FundSource, SpendingKind
from projects_api.interchange.demo.schedules import Stage, workday

# The estimate chain: the stage that settles it (building, short track) and its share of the total investment.
CHAIN = (
    (EstimateKind.INVESTMENT_ESTIMATE, ("feasibility_approval", "plan_approval"), Decimal("1.06")),
    (EstimateKind.DESIGN_ESTIMATE, ("preliminary_design",), Decimal("1.00")),
    (EstimateKind.CONSTRUCTION_BUDGET, ("fiscal_review", "design_review"), Decimal("0.94")),
    (EstimateKind.SETTLEMENT, ("settlement_audit", "audit"), Decimal("0.955")),
    (EstimateKind.FINAL_ACCOUNTS, ("final_accounts",), Decimal("0.958")),
)
# Value of work done when a stage is met, as a share of the construction budget.
WORK = {
    "foundations": Decimal("0.18"),
    "topping_out": Decimal("0.34"),
    "infill": Decimal("0.08"),
    "finishes": Decimal("0.24"),
    "external_works": Decimal("0.10"),
    "completion_acceptance": Decimal("0.06"),
    "works": Decimal("0.90"),
    "acceptance": Decimal("0.10"),
}
PAID = Decimal("0.80")  # of the work done, until the audit
RETAINED = Decimal("0.97")  # of the settlement: three percent stay as retention money


@dataclass(frozen=True)
class Fact:
    """A money fact: which table (``estimate``, ``allocation``, ``spending``), its date, its values."""

    table: str
    dated: date
    values: dict[str, Any]


def rounded(amount: Decimal) -> Decimal:
    """To whole hundreds of yuan."""
    return (amount / 100).quantize(Decimal(1)) * 100


def money_of(
    number: int, kind: str, stage: str, investment: Decimal, stages: Mapping[str, Stage], *, prefix: str, until: date
) -> Iterator[Fact]:
    """All money facts of a project up to a day. ``prefix`` begins the document numbers, like ``蒲``."""
    yield from _estimates(number, investment, stages, prefix)
    yield from _allocations(number, kind, stage, investment, stages, prefix, until)
    yield from _spending(investment, stages, until)


def _estimates(number: int, investment: Decimal, stages: Mapping[str, Stage], prefix: str) -> Iterator[Fact]:
    offices = {
        "feasibility_approval": "发改审",
        "plan_approval": "教发",
        "preliminary_design": "发改审",
        "fiscal_review": "财评",
        "design_review": "财评",
    }
    for kind, keys, share in CHAIN:
        for key in keys:
            met = stages[key].actual if key in stages else None
            if met:
                document = f"{prefix}{offices.get(key, '审报')}〔{met.year}〕示例{number}号"
                yield Fact(
                    "estimate",
                    met,
                    {"kind": kind, "amount": rounded(investment * share), "dated": met, "document_number": document},
                )


def _allocations(
    number: int, kind: str, stage: str, investment: Decimal, stages: Mapping[str, Stage], prefix: str, until: date
) -> Iterator[Fact]:
    if "funds_released" in stages:
        released = stages["funds_released"].actual
        shares = [
            (FundSource.CENTRAL_SPECIAL, 0, 60),
            (FundSource.PROVINCIAL_SPECIAL, 0, 25),
            (FundSource.COUNTY_BUDGET, 0, 15),
        ]
    else:
        approved = stages["fiscal_review"].actual
        released = workday(max(approved, date(stages["commencement"].planned.year, 3, 20))) if approved else None
        own = FundSource.PROVINCIAL_SPECIAL if stage == "kindergarten" else FundSource.CENTRAL_BUDGET
        later = int(kind != "renovation")  # built in one year, and paid for in it
        shares = [(FundSource.SPECIAL_BOND, 0, 50), (own, 0, 20), (FundSource.COUNTY_BUDGET, later, 30)]
    if released is None or (kind != "rural_upgrade" and "commencement" in stages and not stages["commencement"].actual):
        return
    for source, later, share in shares:
        dated = released if not later else workday(date(released.year + later, 3, 15))
        if dated <= until:
            values = {
                "source": source, "year": dated.year, "amount": rounded(investment * share / 100), "dated": dated,
                "document_number": f"{prefix}财教〔{dated.year}〕示例{number}号",
            }  # fmt: skip
            yield Fact("allocation", dated, values)


def _spending(investment: Decimal, stages: Mapping[str, Stage], until: date) -> Iterator[Fact]:
    budget = investment * Decimal("0.94")
    paid = Decimal(0)
    # Where the work is accepted, what was not done did not apply: the rest is the whole of it.
    accepted = any(key in stages and stages[key].actual for key in ("completion_acceptance", "acceptance"))
    whole = sum(share for key, share in WORK.items() if key in stages and (stages[key].actual or not accepted))
    for key, share in WORK.items():
        met = stages[key].actual if key in stages else None
        if met is None:
            continue
        done = rounded(budget * share / whole)
        yield Fact(
            "spending",
            met,
            {"kind": SpendingKind.WORK_DONE, "amount": done, "dated": met, "milestone": key, "note": "监理签认"},
        )
        due = workday(met + timedelta(days=28))
        if due <= until:
            paid += rounded(done * PAID)
            yield Fact(
                "spending",
                due,
                {
                    "kind": SpendingKind.MONEY_PAID,
                    "amount": rounded(done * PAID),
                    "dated": due,
                    "milestone": key,
                    "note": "工程进度款",
                },
            )
    last = next(
        (stages[key].actual for key in ("final_accounts", "payment") if key in stages and stages[key].actual), None
    )
    if last and paid:
        rest = rounded(investment * Decimal("0.955") * RETAINED) - paid
        key = "final_accounts" if "final_accounts" in stages else "payment"
        yield Fact(
            "spending",
            last,
            {
                "kind": SpendingKind.MONEY_PAID,
                "amount": rest,
                "dated": last,
                "milestone": key,
                "note": "结算款，留质量保证金3%",
            },
        )
