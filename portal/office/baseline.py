"""``/projects/{code}/baseline/``: what would be promised, beside what is; and the approval, which nobody can take back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from portal.office.acting import Refusal, attempt, done, project_for, signed_in, version_in
from portal.office.fields import Field, set_faults
from portal.office.stages import in_titles
from projects_api.errors import StaleVersion
from projects_api.filtersets import checked_query
from projects_api.models import Baseline, Project
from projects_api.models.milestones import milestone_title
from projects_api.schedule.baseline import bridged, measure_of_document, measure_of_plan
from projects_api.schedule.curve import Span
from projects_api.selectors.facts import baseline_facts
from projects_api.selectors.schedule import facts_of, settings_of
from projects_api.services.baselines import Draft, baseline_approve, baseline_draft
from projects_api.text import clean_text
from projects_api.wording import day


@dataclass
class Line(Field):
    """A stage: the dates that would be frozen, those of the current baseline, what stands in the way."""

    now: Span | None = None
    before: Span | None = None

    @property
    def days(self) -> list[tuple[str, date | None]]:
        """What each column is called and says: start and finish, and those of the current baseline."""
        return [
            (_("Start"), self.now.start if self.now else None),
            (_("Finish"), self.now.finish if self.now else None),
        ]

    @property
    def days_before(self) -> list[tuple[str, date | None]]:
        return [
            (_("Start before"), self.before.start if self.before else None),
            (_("Finish before"), self.before.finish if self.before else None),
        ]

    @property
    def moved(self) -> str:
        """By how many days the finish moves, in words."""
        if self.now is None or self.before is None:
            return ""
        return moved_words((self.now.finish - self.before.finish).days)

    @property
    def shifted(self) -> bool:
        return self.now is not None and self.before is not None and self.now.finish != self.before.finish


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def baseline(request: HttpRequest, code: str) -> HttpResponse:
    """7 queries to look; a refused approval looks again."""
    checked_query(request.GET, known=())
    found = project_for(request, code, "baseline.approve")
    if request.method != "POST":
        return _page(request, found)
    made: list[Baseline] = []
    refusal = attempt(lambda: made.append(_approve(request, found)))
    if made:
        words = _("Baseline %(number)s is approved: ready on %(day)s.")
        said = words % {"number": made[0].number, "day": day(made[0].finish)}
        return done(request, said, reverse("project", args=[code]))
    return _page(request, project_for(request, code, "baseline.approve"), refusal, request.POST.get("reason", ""))


def _approve(request: HttpRequest, found: Project) -> Baseline:
    reason = clean_text(request.POST.get("reason", ""), pointer="/reason", max_length=500)
    try:
        return baseline_approve(
            project_id=found.pk,
            actor=signed_in(request),
            at=timezone.now(),
            expected=version_in(request.POST),
            reason=reason,
            # A promise of invented dates is an invented promise.
            illustrative=found.illustrative or any(each.illustrative for each in found.milestones.all()),
        )
    except StaleVersion:
        # Of two who approve at once, the second hears that these dates are promised already.
        baseline_draft(project_for(request, found.code, "baseline.approve")).check_differs()
        raise


def _page(request: HttpRequest, found: Project, refusal: Refusal | None = None, typed: str = "") -> HttpResponse:
    drafts: list[Draft] = []
    # What stands in the way of any approval, whoever asks for it.
    gaps = attempt(lambda: drafts.append(baseline_draft(found)))
    repeats = attempt(drafts[0].check_differs) if drafts else None
    baselines = list(found.baselines.select_related("approved_by").order_by("-number"))
    current = baselines[0] if baselines else None
    before = measure_of_document(current.number, baseline_facts(current)).spans if current else {}
    lines = _lines(found, before)
    reason = Field("reason", _("Why these dates are promised"), typed, max_length=500)
    faults = (gaps.faults if gaps else {}) | (refusal.faults if refusal else {})
    finish = drafts[0].measure.finish if drafts else None
    context: dict[str, Any] = {
        "project": found,
        "lines": lines,
        "dropped": [milestone_title(key) for key in before if key not in {line.name for line in lines}],
        "baselines": baselines,
        "current": current,
        "next": current.number + 1 if current else 1,
        "finish": finish,
        "moved": moved_words((finish - current.finish).days) if finish and current else "",
        "reason": reason,
        "gaps": gaps,
        "repeats": repeats,
        "refusal": refusal,
        "faults": set_faults([reason, *lines], in_titles(faults, {line.name: line.label for line in lines})),
    }
    return render(request, "office/baseline.html", context, status=refusal.status if refusal else 200)


def _lines(found: Project, before: Mapping[str, Span]) -> list[Line]:
    calendar, _rules = settings_of(found.bureau)
    titles = {milestone.key: milestone.title for milestone in found.milestones.all()}
    stages = bridged([facts_of(milestone) for milestone in found.milestones.all()])
    measure = measure_of_plan(stages, calendar)
    now = measure.spans if measure else {}
    return [
        Line(
            f"milestones-{facts.key}",
            titles[facts.key],
            name=facts.key,
            now=now.get(facts.key),
            before=before.get(facts.key),
        )
        for facts in stages
    ]


def moved_words(days: int) -> str:
    """By how many calendar days a date moves."""
    n = {"n": f"{abs(days):,}"}
    if days == 0:
        return _("the same day")
    if days < 0:
        return ngettext("%(n)s day earlier", "%(n)s days earlier", -days) % n
    return ngettext("%(n)s day later", "%(n)s days later", days) % n
