"""``/projects/{code}/status/``: what an official decides and no fact says: a step, a halt, an end, and why, in public words."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from portal.office.acting import Refusal, attempt, done, project_for, signed_in, taken, version_in
from portal.office.fields import Field, set_faults
from projects_api.api.serializers.projects import ProjectChange
from projects_api.choices import STANDS_STILL, Status, StatusReason
from projects_api.filtersets import checked_query
from projects_api.models import LedgerEntry, Project
from projects_api.schedule.progress import TRANSITIONS
from projects_api.services.projects import project_change
from projects_api.services.standstill import WHY

RIGHT = "project.change"
_TEXT = 500  # characters


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def status(request: HttpRequest, code: str) -> HttpResponse:
    """Two queries to look (and the roles)."""
    checked_query(request.GET, known=())
    found = project_for(request, code, RIGHT)
    if request.method != "POST":
        return _page(request, found, _recorded(found))
    entries: list[LedgerEntry | None] = []
    refusal = attempt(lambda: entries.append(_write(request, found)))
    if entries:
        words = _("The status is saved.") if entries[0] else _("Nothing changed.")
        return done(request, words, reverse("project", args=[code]))
    return _page(request, project_for(request, code, RIGHT), request.POST, refusal)


def _write(request: HttpRequest, found: Project) -> LedgerEntry | None:
    form = request.POST
    wanted = form.get("status", "")
    still = wanted in STANDS_STILL
    data: dict[str, Any] = {"status": wanted, "reason": form.get("reason", "")}
    if still:  # what was typed about a halt says nothing of work that goes on
        data |= {name: form.get(name, "") for name in WHY}
        data["status_since"] = data["status_since"] or None
    values, reason = taken(ProjectChange, data)
    return project_change(
        project_id=found.pk,
        actor=signed_in(request),
        at=timezone.now(),
        expected=version_in(form),
        changes=values,
        reason=reason,
        action="project.status",
    )


def _recorded(found: Project) -> dict[str, str]:
    return {
        "status": found.status,
        "status_reason": found.status_reason,
        "status_note": found.status_note,
        "status_since": found.status_since.isoformat() if found.status_since else "",
        "reason": "",
    }


def _page(
    request: HttpRequest, found: Project, said: QueryDict | dict[str, str], refusal: Refusal | None = None
) -> HttpResponse:
    now = Status(found.status)
    open_to = [status for status in Status if status == now or status in TRANSITIONS[now]]
    typed = {name: said.get(name, "") for name in ("status", *WHY, "reason")}
    fields = {
        "status": Field(
            "status",
            _("Status"),
            typed["status"],
            options=[(status.value, str(status.label)) for status in open_to],
        ),
        "status_reason": Field(
            "status_reason",
            _("Why does it stand still?"),
            typed["status_reason"],
            options=[("", _("choose")), *((reason.value, str(reason.label)) for reason in StatusReason)],
        ),
        "status_note": Field(
            "status_note",
            _("In words, for the public"),
            typed["status_note"],
            max_length=_TEXT,
            rows=3,
            hint=_("What happened, and what happens to the children. No names, no telephone numbers."),
        ),
        "status_since": Field(
            "status_since",
            _("Day of the decision"),
            typed["status_since"],
            type="date",
            hint=_("Today, if nothing is entered."),
        ),
        "reason": Field(
            "reason",
            _("Note for the record"),
            typed["reason"],
            max_length=_TEXT,
            rows=2,
            hint=_("For the bureau’s own people: the document, who decided. Not public."),
        ),
    }
    context: dict[str, Any] = {
        "project": found,
        "fields": fields,
        "faults": set_faults(fields.values(), refusal.faults if refusal else {}),
        "refusal": refusal,
        # A form made anew after somebody else's change starts from what stands now.
        "version": found.version,
        "may_halt": not STANDS_STILL.isdisjoint(open_to),
    }
    return render(request, "office/status.html", context, status=refusal.status if refusal else 200)
