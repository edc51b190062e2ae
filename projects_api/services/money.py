"""Money as facts: recorded, corrected by a new version of the fact or set aside, never deleted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

from django.db.models import Max
from django.utils.translation import gettext as _

from projects_api.errors import InvalidInput, NotFound
from projects_api.models import Allocation, Estimate, LedgerEntry, Spending, User
from projects_api.publishing import PublishingRules
from projects_api.services.writing import checked, project_write

Fact = TypeVar("Fact", Estimate, Allocation, Spending)
SHARED = frozenset({"amount", "dated", "document_number", "note", "illustrative"})
FIELDS: dict[type, frozenset[str]] = {
    Estimate: SHARED | {"kind"},
    Allocation: SHARED | {"source", "year"},
    Spending: SHARED | {"kind", "milestone"},
}


def money_record(
    *,
    model: type[Fact],
    project_id: int,
    actor: User | None,
    at: datetime,
    values: Mapping[str, Any],
    expected: int | None = None,
    reason: str = "",
) -> Fact:
    """Record an estimate, allocation or spending entry under the next number.

    Raises InvalidInput (also for a day that has not come: each is a fact, and the year of an allocation the only plan in
    it), RuleBroken (an archived project), StaleVersion.
    """
    action = f"{model._meta.model_name}.record"
    with project_write(project_id, actor=actor, action=action, at=at, reason=reason, expected=expected) as write:
        facts = model._default_manager.filter(project=write.project)
        number = (facts.aggregate(last=Max("number"))["last"] or 0) + 1
        public = PublishingRules.from_document(write.project.bureau.publishing).money
        fact = model(project=write.project, number=number, public=public)
        _apply(fact, values, at)
        fact.save(force_insert=True)
    return fact


def money_change(
    *,
    model: type[Fact],
    project_id: int,
    number: int,
    actor: User | None,
    at: datetime,
    changes: Mapping[str, Any],
    expected: int | None,
    reason: str = "",
) -> LedgerEntry | None:
    """Correct a fact, or set it aside with ``archived``: it stays readable, and no total counts it."""
    action = f"{model._meta.model_name}.change"
    with project_write(project_id, actor=actor, action=action, at=at, reason=reason, expected=expected) as write:
        fact = model._default_manager.filter(project=write.project, number=number).first()
        if fact is None:
            raise NotFound()
        fact.project = write.project
        if "archived" in changes:
            fact.archived = changes["archived"]
        _apply(fact, changes, at)
        fact.save()
    return write.entry


def _apply(fact: Estimate | Allocation | Spending, values: Mapping[str, Any], at: datetime) -> None:
    for name in FIELDS[type(fact)] & values.keys():
        setattr(fact, name, values[name])
    if "dated" in values and fact.dated and fact.dated > fact.project.bureau.day_of(at):
        raise InvalidInput.one("/dated", "in_future", _("This is a fact, so it cannot lie in the future."))
    if (
        isinstance(fact, Spending)
        and fact.milestone
        and not fact.project.milestones.filter(key=fact.milestone).exists()
    ):
        raise InvalidInput.one(
            "/milestone",
            "unknown_milestone",
            _("The project has no milestone %(key)s.") % {"key": fact.milestone},
        )
    checked(fact, exclude={"project"})
