"""Where the money goes: sums by township and the largest sites. What was spent is read only of the bureaus that allow it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Q, QuerySet, Sum

from projects_api.choices import SpendingKind
from projects_api.models import Bureau, Project, Spending
from projects_api.selectors.facts import Document

CENT = Decimal("0.01")


@dataclass(slots=True)
class Money:
    """Sums over some projects, in their currency; ``None`` where the reader may not know.

    ``total``: total investment. ``places`` and ``their_total``: of the projects of which both are known. ``work_done`` and
    ``paid``: value of work done and money paid, two figures. ``measured``: the value of work done at projects whose
    investment is known, and ``their_plan`` that investment. ``children``: who live there, where the bureau has said.
    """

    projects: int = 0
    total: Decimal = Decimal(0)
    places: int = 0
    their_total: Decimal = Decimal(0)
    their_plan: Decimal = Decimal(0)
    work_done: Decimal | None = None
    paid: Decimal | None = None
    measured: Decimal | None = None
    children: int | None = None

    def add(self, other: Money) -> None:
        self.projects += other.projects
        self.total += other.total
        self.places += other.places
        self.their_total += other.their_total
        self.their_plan += other.their_plan
        for name in ("work_done", "paid", "measured"):
            mine, theirs = getattr(self, name), getattr(other, name)
            setattr(self, name, mine if theirs is None else (mine or Decimal(0)) + theirs)

    @property
    def per_place(self) -> Decimal | None:
        return self.their_total / self.places if self.places else None

    @property
    def per_child(self) -> Decimal | None:
        """Total investment over the children of the division, where both are known."""
        return self.total / self.children if self.children and self.projects else None

    @property
    def share_done(self) -> Decimal | None:
        """Value of work done in percent of the investment, where both are known."""
        if self.measured is None or not self.their_plan:
            return None
        return 100 * self.measured / self.their_plan


def money_by_region(projects: QuerySet[Project], money_of: Collection[int]) -> Iterator[tuple[int, str, Money]]:
    """(bureau id, region code, sums) of visible, filtered projects. Two queries, one where nothing in detail may be read.

    ``money_of``: ids of the bureaus whose spending the reader may see. SQLite adds decimals as floats: two decimals are what a
    sum is good for.
    """
    plain = projects.order_by()
    spent: dict[tuple[int, str], list[Decimal]] = {}
    if money_of:
        facts = Spending.objects.filter(
            project__in=plain.filter(bureau__in=money_of).values("pk"), archived=False
        ).order_by()
        done = Q(kind=SpendingKind.WORK_DONE)
        for bureau, region, *sums in facts.values_list("project__bureau_id", "project__region__code").annotate(
            work_done=Sum("amount", filter=done, default=Decimal(0)),
            paid=Sum("amount", filter=Q(kind=SpendingKind.MONEY_PAID), default=Decimal(0)),
            measured=Sum("amount", filter=done & Q(project__total_investment__isnull=False), default=Decimal(0)),
        ):
            spent[bureau, region] = [_cents(amount) for amount in sums]
    both = Q(total_investment__isnull=False, places__gt=0)
    rows = plain.values_list("bureau_id", "region__code").annotate(
        n=Count("pk"),
        total=Sum("total_investment", default=Decimal(0)),
        seats=Sum("places", filter=both, default=0),
        their_total=Sum("total_investment", filter=both, default=Decimal(0)),
    )
    for bureau, region, n, total, seats, their_total in rows:
        money = Money(n, _cents(total), seats, _cents(their_total))
        if bureau in money_of:
            money.their_plan = money.total
            money.work_done, money.paid, money.measured = spent.get((bureau, region), [Decimal(0)] * 3)
        yield bureau, region, money


def money_of_documents(
    states: Iterable[tuple[Document, Bureau]], money_of: Collection[int]
) -> Iterator[tuple[int, str, Money]]:
    """The same of documents, one project each. No query."""
    for document, bureau in states:
        total, places = _amount(document["total_investment"]), document["places"]
        money = Money(1, total or Decimal(0))
        if total is not None and places:
            money.places, money.their_total = places, total
        if bureau.pk in money_of:
            money.their_plan = money.total
            money.work_done, money.paid = (spent(document, kind.value) for kind in SpendingKind)
            money.measured = money.work_done if total is not None else Decimal(0)
        yield bureau.pk, document["region"], money


def spent(document: Document, kind: str) -> Decimal:
    """The sum of a document's facts of a kind: value of work done, or money paid."""
    facts = (fact for fact in document["spending"].values() if fact["kind"] == kind and not fact["archived"])
    return sum((Decimal(fact["amount"]) for fact in facts), Decimal(0))


def _amount(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def work_done_by_project(projects: QuerySet[Project], money_of: Collection[int]) -> dict[str, Decimal]:
    """Value of work done by project code, of the projects whose bureau lets the reader know. One query, none where no one may."""
    if not money_of:
        return {}
    rows = Spending.objects.filter(
        project__in=projects.order_by().filter(bureau__in=money_of).values("pk"),
        archived=False,
        kind=SpendingKind.WORK_DONE,
    )
    return {code: _cents(total) for code, total in rows.order_by().values_list("project__code").annotate(Sum("amount"))}


def _cents(amount: Decimal) -> Decimal:
    return Decimal(amount).quantize(CENT)
