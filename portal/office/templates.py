"""``/office/{bureau}/templates/``: the milestone templates of a bureau, version by version, and the next one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from portal.charts.network import network_chart
from portal.office.acting import Refusal, allowed, attempt, done, version_in
from portal.office.fields import Field, set_faults
from portal.office.stages import MOST, Row, in_titles, named, rearranged, rows_in, rows_of, shown, stages_of
from portal.office.waits import Names
from projects_api.choices import Kind
from projects_api.errors import FieldError, InvalidInput, NotFound, StaleVersion
from projects_api.filtersets import checked_query
from projects_api.models import Bureau, LedgerEntry, MilestoneTemplate, TemplateStage, User
from projects_api.models.base import in_reader_language
from projects_api.schedule.outline import Outline, outline
from projects_api.selectors.templates import facts_of_stages, followers_of, makers_of, newest_entry_of, versions_of
from projects_api.services.templates import template_create, template_rows
from projects_api.text import clean_text


@dataclass(frozen=True)
class Version:
    """A version as a row. ``maker``: the ledger entry that made it; None where it comes with the product."""

    template: MilestoneTemplate
    in_force: bool
    stages: int
    outline: Outline
    maker: LedgerEntry | None
    followers: int

    @property
    def by(self) -> str:
        if self.maker is None:
            return ""
        return self.maker.actor.get_full_name() if self.maker.actor else self.maker.actor_name


@dataclass(frozen=True)
class StageLine:
    """A stage as a line of the table. ``waits``: (title, kind, lag in working days)."""

    stage: TemplateStage
    title: str
    other_title: str
    share: float
    waits: list[tuple[str, str, int]]
    limit: tuple[str, int, int] | None


@login_required
@require_safe
def templates(request: HttpRequest, bureau: str) -> HttpResponse:
    """Every kind with its versions. 8 queries at any number of them."""
    checked_query(request.GET, known=())
    found = bureau_for(request, bureau)
    versions, makers, followers = versions_of(found), makers_of(found), followers_of(found)
    kinds = [
        (kind, [_version(row, versions[kind.value][0], makers, followers) for row in versions[kind.value]])
        for kind in Kind
        if versions.get(kind.value)
    ]
    context = {"bureau": found, "kinds": kinds, "may_edit": request.user.has_perm("bureau.configure", found)}
    return render(request, "office/templates.html", context)


@login_required
@require_safe
def template(request: HttpRequest, bureau: str, kind: str) -> HttpResponse:
    """One version: the newest, or ``?version=N``."""
    query = checked_query(request.GET, known=("version",))
    found = bureau_for(request, bureau)
    versions = _versions_of(found, kind)
    wanted = query.get("version")
    row = versions[0] if wanted is None else next((row for row in versions if str(row.version) == wanted), None)
    if row is None:
        raise NotFound(_("There is no such version."))
    version = _version(row, versions[0], makers_of(found), followers_of(found))
    stages = list(row.stages.all())
    titles = {stage.key: _title(stage) for stage in stages}
    context = {
        "bureau": found,
        "kind": Kind(kind),
        "version": version,
        "others": [other for other in versions if other is not row],
        "lines": _lines(stages, titles),
        "network": network_chart(version.outline, titles),
        "may_edit": request.user.has_perm("bureau.configure", found),
    }
    return render(request, "office/template.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def template_edit(request: HttpRequest, bureau: str, kind: str) -> HttpResponse:
    """The bureau's next version of a kind. Every button sends the whole form; only ``save`` writes."""
    checked_query(request.GET, known=())
    found = bureau_of(bureau)
    user = allowed(request, "bureau.configure", found)
    base = _versions_of(found, kind)[0]
    draft = Draft(found, base, rows_of(list(base.stages.all())))
    if request.method != "POST":
        return _form(request, draft)
    act = request.POST.get("do", "")
    draft.rows, draft.note = rows_in(request.POST), request.POST.get("note", "")
    if act == "check":
        draft.refusal = attempt(draft.check)
    elif act == "save":
        made: list[MilestoneTemplate] = []
        draft.refusal = attempt(lambda: made.append(draft.save(user, timezone.now(), version_in(request.POST))))
        if made:
            words = _("Version %(number)s is in force for new projects. Projects under way keep their stages.")
            address = reverse("office-template", args=[found.code, kind])
            return done(request, words % {"number": made[0].version}, address)
    else:
        draft.rows, draft.focus = rearranged(draft.rows, act)
    return _form(request, draft)


@dataclass
class Draft:
    """A form under way: the version that it starts from, what was typed, and what came of it."""

    bureau: Bureau
    base: MilestoneTemplate
    rows: list[Row]
    note: str = ""
    refusal: Refusal | None = None
    focus: int | None = None
    outline: tuple[Outline, dict[str, str]] | None = None

    def stages(self) -> list[dict[str, Any]]:
        return stages_of(self.rows, [named(stage) for stage in self.base.stages.all()])

    def check(self) -> None:
        """What saving would refuse, but for what is written beside the stages; and the network. Raises InvalidInput."""
        stages = template_rows(self.stages())
        self.outline = outline(facts_of_stages(stages)), {stage.key: _title(stage) for stage in stages}

    def save(self, user: User, at: datetime, expected: int) -> MilestoneTemplate:
        errors: list[FieldError] = []
        note, stages = "", []
        try:
            note = clean_text(self.note, pointer="/note", max_length=500)
            if not note:
                errors.append(FieldError("/note", "required", _("Say what changes and why.")))
        except InvalidInput as refused:
            errors += refused.errors
        try:
            stages = self.stages()
            template_rows(stages)
        except InvalidInput as refused:
            errors += refused.errors
        if errors:
            raise InvalidInput(errors)
        return template_create(
            bureau_id=self.bureau.pk,
            actor=user,
            at=at,
            expected=expected,
            kind=self.base.kind,
            stages=stages,
            note=note,
        )


def _form(request: HttpRequest, draft: Draft) -> HttpResponse:
    refusal = draft.refusal
    now = outline(facts_of_stages(draft.base.stages.all()))
    rows, note = shown(draft.rows), Field("note", _("What changes, and why"), draft.note)
    titles = {row.key: row.title for row in draft.rows}
    fields = [note, *(each for row in rows for each in row.fields)]
    context: dict[str, Any] = {
        "bureau": draft.bureau,
        "kind": Kind(draft.base.kind),
        "base": draft.base,
        "next": draft.base.version + 1,
        "rows": rows,
        "room": len(rows) < MOST,
        "focus": draft.focus,
        "note": note,
        "refusal": refusal,
        "faults": set_faults(fields, in_titles(refusal.faults, titles) if refusal else {}),
        "names": _names(draft.rows),
        "now": now,
    }
    if refusal and refusal.status == StaleVersion.status:
        context["newest"] = newest_entry_of(draft.bureau)
    if draft.outline:
        context["network"] = network_chart(*draft.outline)
    return render(request, "office/template_edit.html", context, status=refusal.status if refusal else 200)


def bureau_of(code: str) -> Bureau:
    bureau = Bureau.objects.filter(code=code).first()
    if bureau is None:
        raise NotFound(_("There is no such bureau."))
    return bureau


def bureau_for(request: HttpRequest, code: str) -> Bureau:
    """The bureau, for who reads all of it. Raises NotFound, NotAllowed."""
    found = bureau_of(code)
    allowed(request, "project.read_private", found)
    return found


def _versions_of(bureau: Bureau, kind: str) -> list[MilestoneTemplate]:
    found = versions_of(bureau, kind).get(kind)
    if not found:
        raise NotFound(_("There is no template of this kind."))
    return found


def _version(
    row: MilestoneTemplate,
    newest: MilestoneTemplate,
    makers: dict[datetime, LedgerEntry],
    followers: dict[int, int],
) -> Version:
    stages = list(row.stages.all())
    maker = makers.get(row.created_at) if row.bureau_id and row.created_at else None
    return Version(row, row is newest, len(stages), outline(facts_of_stages(stages)), maker, followers.get(row.pk, 0))


def _title(stage: TemplateStage) -> str:
    return in_reader_language(stage.title_zh, stage.title_en)


def _lines(stages: Sequence[TemplateStage], titles: dict[str, str]) -> list[StageLine]:
    total = sum(stage.weight for stage in stages) or 1

    def line(stage: TemplateStage) -> StageLine:
        title, limit = _title(stage), stage.limit
        return StageLine(
            stage,
            title,
            stage.title_en if title == stage.title_zh else stage.title_zh,
            round(100 * stage.weight / total, 1),
            [(titles[key], link["kind"], link["lag"]) for key, link in stage.after.items()],
            (titles[limit["after"]], limit.get("months", 0), limit.get("days", 0)) if limit else None,
        )

    return [line(stage) for stage in stages]


def _names(rows: Sequence[Row]) -> list[str]:
    """What can be written under "Waits for", for the browser to offer."""
    names = Names([row.named for row in rows])
    return [names.names_of(row.key)[0] for row in rows if row.key]
