"""Totals of a set of projects, by what they are grouped: rows, never responses.

Money of several currencies is never one figure: sums come by currency, and the one without is null where there are several.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from projects_api.choices import Light, MilestoneState
from projects_api.models import Allocation, Milestone, Project, Spending
from projects_api.selectors.facts import decimal
from projects_api.selectors.lights import light_on

GROUPINGS = {
    "status": "status",
    "kind": "kind",
    "stage": "stage",
    "region": "region__code",
    "bureau": "bureau__code",
    "year": "plan__year",
}


def statistics(projects: QuerySet[Project], *, today: date, money_of: Sequence[int]) -> dict[str, Any]:
    """Totals of a filtered, visible set: one query per grouping and one for the sums.

    ``money_of`` are the bureaus (ids) whose allocations and spending the reader may see; those are added, value of work
    done and money paid apart.
    """
    plain = projects.order_by()
    answer: dict[str, Any] = {"totals": _totals(plain)}
    for name, path in GROUPINGS.items():
        rows = (
            plain.values_list(path, "bureau__currency")
            .annotate(n=Count("pk"), places=Sum("places"), total=Sum("total_investment"))
            .order_by()
        )
        answer[f"by_{name}"] = grouped(name, rows)
    lights = light_counts(plain, today)
    answer["by_light"] = [{"light": light.value, "projects": lights.get(light.value, 0)} for light in Light]
    answer["stages"] = stage_totals(plain)
    answer |= {f"days_lost_by_{name}": rows for name, rows in days_lost(plain).items()}
    if money_of:
        answer["money"] = money_totals(plain.filter(bureau__in=money_of))
    return answer


SUMS = ("places", "classes", "floor_area")


def _totals(projects: QuerySet[Project]) -> dict[str, Any]:
    rows = projects.values_list("bureau__currency").annotate(
        n=Count("pk"), total=Sum("total_investment"), **{f"sum_{name}": Sum(name) for name in SUMS}
    )
    found = list(rows.order_by("bureau__currency"))
    return totals(((currency, n, total, sums) for currency, n, total, *sums in found))


def totals(rows: Iterable[tuple[str, int, Decimal | None, Sequence[Any]]]) -> dict[str, Any]:
    """(currency, projects, investment, sums of `SUMS`) by currency as the member ``totals``; None: nothing is known."""
    found = list(rows)
    sums = {
        name: sum(known) if (known := [row[3][index] for row in found if row[3][index] is not None]) else None
        for index, name in enumerate(SUMS)
    }
    # SQLite adds decimals as floats: two decimals are what the sum is good for.
    area = sums["floor_area"]
    sums["floor_area"] = None if area is None else decimal(Decimal(area))
    money = investment((currency, total) for currency, _n, total, _sums in found)
    return {"projects": sum(row[1] for row in found)} | sums | money


def investment(sums: Iterable[tuple[str, Decimal | None]]) -> dict[str, Any]:
    """``investment``: by currency; ``total_investment``: in the only currency, null where there are several or none is known."""
    known = sorted((currency, total) for currency, total in sums if total is not None)
    rows = [{"currency": currency, "amount": decimal(total)} for currency, total in known]
    return {"total_investment": rows[0]["amount"] if len(rows) == 1 else None, "investment": rows}


def grouped(name: str, rows: Iterable[tuple[Any, str, int, int | None, Decimal | None]]) -> list[dict[str, Any]]:
    """(value, currency, projects, places, investment), at most one for each value and currency, as rows by value."""
    found: dict[Any, list[tuple[Any, ...]]] = {}
    for value, *row in rows:
        found.setdefault("" if value is None else value, []).append(tuple(row))
    return [
        {
            name: value,
            "projects": sum(n for _currency, n, _places, _total in held),
            "places": sum(places or 0 for _currency, _n, places, _total in held),
            **investment((currency, total) for currency, _n, _places, total in held),
        }
        for value, held in sorted(found.items(), key=lambda item: (item[0] != "", item[0]))
    ]


def light_counts(projects: QuerySet[Project], today: date) -> dict[str, int]:
    """How many of these projects show each light that occurs. One query."""
    lit = projects.order_by().annotate(light=light_on(today)).values_list("light").annotate(n=Count("pk"))
    return dict(lit.values_list("light", "n"))


def stage_totals(projects: QuerySet[Project]) -> dict[str, Any]:
    """The public stages of these projects that were promised: finished on time, finished late, open. One query.

    ``days_late`` and ``days_early``: calendar days between the promised and the actual end, added over the finished ones.
    """
    promised = Milestone.objects.filter(project__in=projects, public=True).exclude(state=MilestoneState.NOT_APPLICABLE)
    over, late = Q(actual__isnull=False, slip_days__isnull=False), Q(actual__isnull=False, slip_days__gt=0)
    totals: dict[str, Any] = promised.aggregate(
        on_time=Count("pk", filter=over & Q(slip_days__lte=0)),
        late=Count("pk", filter=late),
        open=Count("pk", filter=Q(actual__isnull=True)),
        undated=Count("pk", filter=Q(actual__isnull=False, slip_days__isnull=True)),
        days_late=Sum("slip_days", filter=late, default=0),
        days_early=-Sum("slip_days", filter=over & Q(slip_days__lt=0), default=0),
    )
    return totals


LOSSES = {"reason": "delay_reason", "region": "project__region__code", "contractor": "project__contractor"}


def days_lost(projects: QuerySet[Project]) -> dict[str, list[dict[str, Any]]]:
    """Calendar days lost at the public stages of these projects, where they were lost: by reason, township, contractor.

    By actual and typed dates against the current baseline (`schedule.slips`); what no reason was given for has the reason "".
    One query each.
    """
    lost = Milestone.objects.filter(project__in=projects, public=True, days_lost__gt=0)
    return {
        name: [
            {name: value or "", "days": days, "stages": stages}
            for value, days, stages in lost.values_list(path)
            .annotate(days=Sum("days_lost"), stages=Count("pk"))
            .order_by("-days", path)
            .values_list(path, "days", "stages")
        ]
        for name, path in LOSSES.items()
    }


def money_totals(projects: QuerySet[Project]) -> dict[str, Any]:
    """Allocations by source, spending by kind, each by currency; what was set aside is not counted. Two queries."""
    found = {}
    for name, model, by in (("allocations", Allocation, "source"), ("spending", Spending, "kind")):
        rows = (
            model._default_manager.filter(project__in=projects, archived=False)
            .values_list(by, "project__bureau__currency")
            .annotate(total=Sum("amount"))
        )
        found[name] = money_rows(by, rows.order_by())
    return found


def money_rows(by: str, rows: Iterable[tuple[str, str, Decimal]]) -> list[dict[str, Any]]:
    return [{by: value, "currency": currency, "amount": decimal(total)} for value, currency, total in sorted(rows)]
