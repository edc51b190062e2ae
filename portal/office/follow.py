"""``/projects/{code}/template/``: moving a running project to another version of its kind's template, on purpose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from portal.office.acting import Refusal, attempt, done, project_for, signed_in, version_in
from portal.office.fields import Field, set_faults
from portal.office.waits import Names, written_limit, written_links
from projects_api.filtersets import checked_query
from projects_api.models import LedgerEntry, Milestone, MilestoneTemplate, Project
from projects_api.models.base import in_reader_language
from projects_api.selectors.facts import template_name
from projects_api.selectors.templates import versions_of
from projects_api.services.templates import project_follow_template, template_for, template_preview
from projects_api.text import clean_text


@dataclass(frozen=True)
class Preview:
    """What a move would do, in words. ``changed``: (title of the stage, lines); ``moved``: how many only change their place."""

    template: MilestoneTemplate
    added: list[str]
    changed: list[tuple[str, list[str]]]
    moved: int
    kept: list[str]
    removed: list[str]

    @property
    def empty(self) -> bool:
        return not (self.added or self.changed or self.moved or self.removed)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def follow(request: HttpRequest, code: str) -> HttpResponse:
    """``?to=610526/new_build/3`` previews; a POST moves."""
    query = checked_query(request.GET, known=("to",))
    found = project_for(request, code, "milestone.plan")
    if request.method != "POST":
        return _page(request, found, query.get("to", ""))
    wanted = request.POST.get("template", "")
    moved: list[LedgerEntry | None] = []
    refusal = attempt(lambda: moved.append(_move(request, found, wanted)))
    if moved:
        words = _("The project follows another template now.") if moved[0] else _("Nothing changed.")
        return done(request, words, reverse("project", args=[code]))
    fresh = project_for(request, code, "milestone.plan")
    return _page(request, fresh, wanted, refusal, request.POST.get("reason", ""))


def _move(request: HttpRequest, found: Project, wanted: str) -> LedgerEntry | None:
    return project_follow_template(
        project_id=found.pk,
        actor=signed_in(request),
        at=timezone.now(),
        expected=version_in(request.POST),
        template_name=wanted,
        reason=clean_text(request.POST.get("reason", ""), pointer="/reason", max_length=500),
    )


def _page(
    request: HttpRequest, found: Project, wanted: str, refusal: Refusal | None = None, typed: str = ""
) -> HttpResponse:
    previews: list[Preview] = []
    unknown = attempt(lambda: previews.append(_preview(found, template_for(found, wanted)))) if wanted else None
    refusal = refusal or unknown
    choice = Field("template", _("Template"), wanted)
    reason = Field("reason", _("Why the stages change"), typed, max_length=500)
    versions = versions_of(found.bureau, found.kind).get(found.kind, [])
    now = template_name(found.template, found.bureau.code)
    preview = previews[0] if previews else None
    context: dict[str, Any] = {
        "project": found,
        "options": [(template_name(row, found.bureau.code), row) for row in versions],
        "now": now,
        "choice": choice,
        "reason": reason,
        "preview": preview,
        "nothing": preview is not None and preview.empty and wanted == now,
        "refusal": refusal,
        "faults": set_faults([choice, reason], refusal.faults if refusal else {}),
    }
    return render(request, "office/follow.html", context, status=refusal.status if refusal else 200)


def _preview(found: Project, template: MilestoneTemplate) -> Preview:
    plan = template_preview(found, template)
    wanted = {stage.key: in_reader_language(stage.title_zh, stage.title_en) for stage in template.stages.all()}
    held = {milestone.key: milestone.title for milestone in found.milestones.all()}
    names = Names(
        [
            *[(stage.key, stage.title_zh, stage.title_en) for stage in template.stages.all()],
            *[(m.key, m.title_zh, m.title_en) for m in found.milestones.all() if m.key not in wanted],
        ]
    )
    told = {key: _lines(members, names) for key, members in plan["changed"].items()}
    return Preview(
        template=template,
        added=[wanted[key] for key in plan["added"]],
        changed=[(held[key], lines) for key, lines in told.items() if lines],
        moved=sum(not lines for lines in told.values()),
        kept=[held[key] for key in plan["kept"]],
        removed=[held[key] for key in plan["removed"]],
    )


def _lines(members: Mapping[str, Sequence[Any]], names: Names) -> list[str]:
    """``Weight: 28 → 30`` for each member; a stage's place is not told one by one."""
    labels = {each.name: each.verbose_name for each in Milestone._meta.fields}
    return [
        _("%(member)s: %(old)s → %(new)s")
        % {
            "member": capfirst(labels[name]),
            "old": _word(name, old, names),
            "new": _word(name, new, names),
        }
        for name, (old, new) in members.items()
        if name != "position"
    ]


def _word(name: str, value: Any, names: Names) -> str:
    if name == "after":
        words = written_links(value or {}, names)
    elif name == "limit":
        words = written_limit(value, names)
    elif isinstance(value, bool):
        words = _("yes") if value else _("no")
    else:
        words = "" if value is None else str(value)
    return words or "–"
