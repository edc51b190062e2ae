"""Money, where the bureau publishes it: budget by source, the estimate chain, what was paid and what was built for it; pure.

Value of work done and money paid are two metrics, never added to each other.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_noop as _

from projects_api.choices import EstimateKind, FundSource, SpendingKind
from projects_api.interchange.oc4ids import terms
from projects_api.interchange.oc4ids.values import Json, filled, money, period, start_of
from projects_api.interchange.oc4ids.words import label, said

Facts = list[tuple[str, Json]]


def published(document: Json, part: str) -> Facts:
    """The public facts of a part by number, in order."""
    found = document.get(part, {})
    return [(number, found[number]["public"]) for number in sorted(found, key=int)]


def noted(text: str, facts: Json) -> str:
    return "; ".join(filter(None, (text, terms.ILLUSTRATIVE_NOTE if facts["illustrative"] else "")))


def budget(document: Json, language: str, zone: str) -> Json:
    total, currency = document["total_investment"], document["currency"]
    lines = [
        filled(
            id=f"allocation-{number}",
            description=noted(label(FundSource, facts["source"], language), facts),
            amount=money(facts["amount"], currency),
            period=period(f"{facts['year']}-01-01", f"{facts['year']}-12-31", zone),
            sourceParty={"id": fund_id(facts["source"]), "name": label(FundSource, facts["source"], language)},
            approvalDate=facts["dated"] and start_of(facts["dated"], zone),
        )
        for number, facts in published(document, "allocations")
    ]
    group = {"id": "by-source", "description": said(_("By source and year"), language), "budgetBreakdown": lines}
    return filled(amount=None if total is None else money(total, currency), budgetBreakdowns=[group] if lines else None)


def fund_id(source: str) -> str:
    return f"{terms.FUND}-{source}"


def funders(document: Json, language: str) -> list[Json]:
    sources = dict.fromkeys(facts["source"] for _number, facts in published(document, "allocations"))
    return [
        {"id": fund_id(source), "name": label(FundSource, source, language), "roles": ["funder"]} for source in sources
    ]


def estimates(document: Json, language: str, zone: str) -> list[Json]:
    """The chain 估算 → 概算 → 预算 → 结算 → 决算: each link a measurement of the whole cost, as it was then reckoned."""
    return [
        filled(
            id=f"estimate-{number}",
            date=facts["dated"] and start_of(facts["dated"], zone),
            costGroups=[
                {
                    "id": "total",
                    "costs": [
                        {
                            "id": f"estimate-{number}",
                            "classification": {
                                "scheme": terms.ESTIMATE,
                                "id": facts["kind"],
                                "description": noted(label(EstimateKind, facts["kind"], language), facts),
                            },
                            "value": money(facts["amount"], document["currency"]),
                        }
                    ],
                }
            ],
        )
        for number, facts in published(document, "estimates")
    ]


def final_value(document: Json) -> Json | None:
    """The newest of the final accounts, else of the settlement."""
    chain = published(document, "estimates")
    for kind in (EstimateKind.FINAL_ACCOUNTS, EstimateKind.SETTLEMENT):
        amounts = [facts["amount"] for _number, facts in chain if facts["kind"] == kind]
        if amounts:
            return money(amounts[-1], document["currency"])
    return None


def spending(document: Json, language: str, zone: str) -> list[Json]:
    """Money paid and value of work done, each a metric with one observation for each entry."""
    found: list[Json] = []
    for kind, metric in terms.SPENDING.items():
        seen = [
            filled(
                id=f"spending-{number}",
                period=period(None, facts["dated"], zone),
                value=money(facts["amount"], document["currency"]),
                notes=noted("", facts),
            )
            for number, facts in published(document, "spending")
            if facts["kind"] == kind
        ]
        if seen:
            found.append({"id": metric, "title": label(SpendingKind, kind, language), "observations": seen})
    return found


def transactions(document: Json, zone: str) -> list[dict[str, Any]]:
    """Money paid, once more where the standard's readers look for it."""
    return [
        filled(
            id=f"spending-{number}",
            date=facts["dated"] and start_of(facts["dated"], zone),
            value=money(facts["amount"], document["currency"]),
        )
        for number, facts in published(document, "spending")
        if facts["kind"] == SpendingKind.MONEY_PAID
    ]
