"""``/projects/{code}/``: what and where, how far, when it opens, why it is late; what it costs, who confirmed, what changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from mapviews.own import own_map
from portal.languages import Addresses
from portal.public.changes import WHOLE, changes_for
from portal.public.confirmed import confirmations
from portal.public.facts import private_facts, public_facts
from portal.public.glance import glance_of
from portal.public.halted import halt_of
from portal.public.lateness import NOT_LATE, Lateness, lateness
from portal.public.locator import locator
from portal.public.money import costs_of
from portal.public.proof import proof_of
from portal.public.schedule import charts, project_schedule
from portal.public.shared import codes
from portal.public.structured import structured
from portal.public.sureness import sure_words
from portal.public.told import told
from projects_api.choices import STANDS_STILL, MilestoneState, PlanTarget, SpendingKind, Status
from projects_api.coordinates import system_name
from projects_api.errors import NotFound
from projects_api.filtersets import checked_query
from projects_api.geodesy import WGS84
from projects_api.kept import kept
from projects_api.models import AnnualPlan, Milestone, Project
from projects_api.schedule.targets import deciding
from projects_api.selectors import pages
from projects_api.selectors.changes import chain_of, hidden_of
from projects_api.selectors.inspections import certificates_of, findings_of, tally_of
from projects_api.selectors.photos import paired, photos_of
from projects_api.selectors.projects import project_page
from projects_api.wording import coordinates, precision_words

CHANGES = 20
PHOTOS = 12
PAIRS = 3
_OVER = frozenset({MilestoneState.MET, MilestoneState.NOT_APPLICABLE})


@dataclass(frozen=True)
class Stage:
    """A milestone as a row of the table. ``by``: the role that confirmed that it was met; ``still``: it is open, and its project
    suspended or cancelled."""

    milestone: Milestone
    late: Lateness
    is_next: bool
    by: str
    still: bool = False
    given_up: bool = False

    @property
    def expected(self) -> date | None:
        """The forecast where it says something that the plan does not; none of what stands still."""
        m = self.milestone
        if self.still:
            return None
        return m.forecast if m.forecast and not m.actual and m.forecast != m.planned else None

    @property
    def word(self) -> str:
        """Its state; of a cancelled project nothing is scheduled any more."""
        return _("given up") if self.given_up else self.milestone.get_state_display()

    @property
    def looks(self) -> str:
        """The class that its mark is drawn by."""
        if self.given_up:
            return "not_applicable"
        return "overdue" if self.late.overdue else str(self.milestone.state)


@kept
@require_safe
def project(request: HttpRequest, code: str) -> HttpResponse:
    """At most 12 queries for the public, `kept`'s included; 8 more for who reads money, roles and findings.

    Parameters that messengers and campaigns hang on an address are nothing to a page that has none; another day is refused.
    """
    if request.GET.keys() & {"on", "as_of"}:
        checked_query(request.GET, known=())
    user = request.user
    found = project_page(user, code)
    if found is None:
        raise NotFound(_("There is no project %(code)s that you can see.") % {"code": code})
    full = user.has_perm("project.read_private", found)
    every = list(found.milestones.all())
    public = [m for m in every if m.public]
    shown = every if full else public
    photos = list(photos_of(found, whole=False))
    today = found.bureau.day_of(timezone.now())
    chain = chain_of(found, *WHOLE) if full else chain_of(found, "actor_id")
    by = confirmations(found, chain)
    # The table says what this reader may know; every figure counts what is accepted, for all readers alike.
    stages = [_stage(m.as_reported() if full else m, found, today, by.get(m.key, "")) for m in shown]
    proof = proof_of(found, chain, hidden_of(every))
    changes = changes_for(user, found, every, chain, limit=CHANGES + 1)
    glance = glance_of(found, public, today)
    context: dict[str, Any] = {
        "project": found,
        "full": full,
        "glance": glance,
        "halt": halt_of(found, chain, whole=full),
        "facts": public_facts(found),
        "stages": stages,
        "upcoming": next((stage for stage in stages if stage.is_next), None),
        "target": _target(found, stages),
        "plan": found.plan if found.plan and _may_read(user, found.plan) else None,
        "delays": [s for s in stages if s.milestone.delay_reason],
        "locator": locator(found, found.bureau.region),
        "coordinates": coordinates(found.site.x, found.site.y) if found.site else "",
        "how_known": precision_words(found.location_precision, found.site_accuracy),
        "came_in": system_name(found.site_crs) if found.site_crs not in ("", WGS84) else "",
        # Said once where it holds for all of them, else beside each.
        "invented": found.illustrative or any(m.illustrative for m in shown),
        "all_invented": bool(shown) and all(m.illustrative for m in shown),
        "held_back": sum(bool(m.reported) for m in shown) if full else 0,
        "any_expected": any(stage.expected for stage in stages),
        "any_confirmed": any(stage.by for stage in stages),
        "changes": changes[:CHANGES],
        "more_changes": len(changes) > CHANGES,
        "proof": proof.newest,
        "certificates": certificates_of(found),
        "inspections": pages.public_inspections_of(found),
        "told": told(found),
        "costs": costs_of(found, pages.public_money_of(found)),
        "photos": photos[:PHOTOS],
        "pairs": paired(photos)[:PAIRS] if len(photos) > 1 else [],
        "open_to_all": found.published and found.archived_at is None,
    }
    if context["open_to_all"]:
        changed = proof.newest["at"] if proof.newest else found.updated_at.isoformat()
        context["structured"] = [structured(found, Addresses(request), changed)]
        context["codes"] = codes(found, Addresses(request))
    if any(m.planned or m.actual or m.duration for m in shown):
        schedule = project_schedule(found, every, today, chain)
        context |= charts(found, schedule, shown)
        if not (glance.opened or glance.stands or found.status == Status.ACCEPTED):
            context["sure"] = sure_words(
                glance.opens, schedule.odds
            )  # when what is built is taken into use is no work to draw
    if full:
        context |= {"private": private_facts(found), "engineers": pages.engineers_of(found)}
        context["tally"] = tally_of(findings_of(found), today)
    if user.has_perm("money.read", found):
        context |= _money(found)
    context |= own_map(found, full=full)
    with timezone.override(found.bureau.time_zone):
        return render(request, "public/project.html", context)


def _stage(milestone: Milestone, found: Project, today: date, by: str) -> Stage:
    still = found.status in STANDS_STILL and not milestone.actual
    is_next = milestone.key == found.next_milestone and found.status != Status.CANCELLED
    given_up = found.status == Status.CANCELLED and milestone.state not in _OVER
    late = NOT_LATE if still else lateness(milestone, today)
    return Stage(milestone, late, is_next, by if milestone.actual else "", still, given_up)


def _target(found: Project, stages: list[Stage]) -> tuple[PlanTarget, Stage | None] | None:
    """What the year's plan wants of the project, and the milestone that decides it."""
    if found.plan is None or not found.plan_target:
        return None
    target = PlanTarget(found.plan_target)
    row = next((s for s in stages if s.milestone == deciding(target, [one.milestone for one in stages])), None)
    return target, row


def _may_read(user: Any, plan: AnnualPlan) -> bool:
    return plan.published or user.has_perm("plan.read_unpublished", plan)


def _money(found: Project) -> dict[str, Any]:
    """Value of work done and money paid stay two figures."""
    facts = pages.money_of(found)
    sums = {
        kind: sum((s.amount for s in facts["spending"] if s.kind == kind), start=0) or None
        for kind in SpendingKind.values
    }
    return {
        "money": True,
        "estimates": facts["estimates"],
        "allocations": facts["allocations"],
        "allotted": sum((a.amount for a in facts["allocations"]), start=0) or None,
        "work_done": sums[SpendingKind.WORK_DONE],
        "money_paid": sums[SpendingKind.MONEY_PAID],
    }
