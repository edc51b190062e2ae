"""Reading alerts: what an address asked to be told of, in words; and what there is to tell."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from projects_api.choices import Kind, Light, SchoolStage, Status
from projects_api.models import Bureau, Milestone, Project, Region, School
from projects_api.public import public_patch
from projects_api.selectors.change_words import lines_of
from projects_api.selectors.ledger import changes_visible_to

# What a scope means in projects; given by who knows the filters (`filtersets.public_projects`).
Search = Callable[[str], QuerySet[Project]]
NOBODY = AnonymousUser()
_WORDS: dict[str, Any] = {"kind": Kind, "stage": SchoolStage, "status": Status, "light": Light}


def scope_words(scope: str, *, typed: bool = True) -> str:
    """What an alert is about, in the language of the moment. ``typed``: with what somebody typed into the search.

    The letter that asks for confirmation goes to somebody who may not have asked for anything: it says only what the record
    says, so that nobody can send a text of their own through it. At most three queries.
    """
    query = QueryDict(scope)
    if code := query.get("project"):
        project = Project.objects.visible_to(NOBODY).filter(code=code).only("title_zh", "title_en").first()
        return project.title if project else _("a project")
    said: list[str] = []
    for name, model in (("bureau", Bureau), ("region", Region), ("school", School)):
        if code := query.get(name):
            named = model._default_manager.filter(code=code).first()
            said += [named.name] if named else []
    for name, vocabulary in _WORDS.items():
        codes = [code for value in query.getlist(name) for code in value.split(",")]
        said += [str(vocabulary(code).label) for code in codes if code in vocabulary.values]
    words = query.get("q", "")
    if words and typed:
        said.append(_("“%(words)s”") % {"words": words})
    if query.keys() - _WORDS.keys() - {"bureau", "region", "school", "q"} or (words and not typed):
        said.append(_("what was searched for"))
    return _(", ").join(said) or _("all projects")


@dataclass(frozen=True)
class Told:
    """What happened at one project, oldest first: (when, its lines)."""

    project: Project
    changes: list[tuple[datetime, list[str]]]


def changed_projects(since: int, until: int) -> dict[int, str]:
    """Id and code of the projects that have public changes after the one entry up to the other, as things stand. One query."""
    entries = changes_visible_to(NOBODY).filter(pk__gt=since, pk__lte=until, project__isnull=False)
    return dict(entries.order_by().values_list("project_id", "project__code").distinct())


def told_of(projects: Iterable[int], since: int, until: int) -> list[Told]:
    """The public changes of these projects after the one entry up to the other, in words; those that say nothing left out.

    As things stand: of a project that is not public now nothing is told, however public it was then. Three queries.
    """
    ids = list(projects)
    entries = changes_visible_to(NOBODY).filter(project__in=ids, pk__gt=since, pk__lte=until).order_by("pk")
    rows: dict[int, list[Any]] = {}
    for entry in entries:
        rows.setdefault(entry.project_id or 0, []).append(entry)
    stages: dict[int, list[Milestone]] = {}
    for stage in Milestone.objects.filter(project__in=list(rows)).defer("note"):
        stages.setdefault(stage.project_id, []).append(stage)
    found = Project.objects.visible_to(NOBODY).filter(pk__in=list(rows)).select_related("bureau").order_by("code")
    told = []
    for project in found.defer("footprint", "site", "search_text"):
        titles = {stage.key: stage.title for stage in stages.get(project.pk, [])}
        hidden = frozenset(stage.key for stage in stages.get(project.pk, []) if not stage.public)
        said = [
            (entry.at, lines)
            for entry in rows[project.pk]
            if (lines := lines_of(public_patch(entry.patch, hidden), titles))
        ]
        if said:
            told.append(Told(project, said))
    return told
