"""Annual plans: made and changed in the office, versioned by the same ledger as projects."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from projects_api import engine
from projects_api.errors import InvalidInput, NotFound, StaleVersion
from projects_api.models import AnnualPlan, Bureau, LedgerEntry, User
from projects_api.selectors.facts import plan_document
from projects_api.services import ledger
from projects_api.services.writing import checked

FIELDS = frozenset({"title_zh", "title_en", "document_number", "issued", "published", "illustrative"})


def plan_create(
    *,
    actor: User | None,
    at: datetime,
    bureau: Bureau,
    year: int,
    values: Mapping[str, Any],
    reason: str = "",
) -> AnnualPlan:
    """A bureau's plan for a year. Raises InvalidInput; a second one for the same year is refused."""
    with engine.writer():
        plan = AnnualPlan(bureau=bureau, year=year)
        for name in FIELDS & values.keys():
            setattr(plan, name, values[name])
        _checked(plan, at)
        plan.save(force_insert=True)
        ledger.append(
            plan,
            actor=actor,
            action="plan.create",
            at=at,
            reason=reason,
            before=None,
            after=plan_document(plan),
        )
    return plan


def plan_change(
    *,
    plan_id: int,
    actor: User | None,
    at: datetime,
    expected: int,
    changes: Mapping[str, Any],
    reason: str = "",
) -> tuple[AnnualPlan, LedgerEntry | None]:
    with engine.writer():
        plan = AnnualPlan.objects.select_related("bureau").select_for_update(of=("self",)).filter(pk=plan_id).first()
        if plan is None:
            raise NotFound()
        if plan.version != expected:
            raise StaleVersion(
                _("Somebody else changed this plan meanwhile. Read it again and repeat your change."),
                version=plan.version,
            )
        before = plan_document(plan)
        for name in FIELDS & changes.keys():
            setattr(plan, name, changes[name])
        _checked(plan, at)
        plan.save()
        entry = ledger.append(
            plan,
            actor=actor,
            action="plan.change",
            at=at,
            reason=reason,
            before=before,
            after=plan_document(plan),
        )
    return plan, entry


def _checked(plan: AnnualPlan, at: datetime) -> None:
    if plan.issued and plan.issued > plan.bureau.day_of(at):
        raise InvalidInput.one("/issued", "in_future", _("This is a fact, so it cannot lie in the future."))
    checked(plan)
