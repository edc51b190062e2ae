"""Reading alerts: what an address asked to be told of, in words; and what there is to tell."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from projects_api.choices import Kind, Light, SchoolStage, Status
from projects_api.models import Bureau, Project, Region, School
from projects_api.selectors.changes import Change, chains_of, changes_of
from projects_api.selectors.places import schools_visible_to
from projects_api.selectors.plans import plans_visible_to

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
            rows = schools_visible_to(NOBODY) if model is School else model._default_manager.all()
            named = rows.filter(code=code).first()
            said += [named.name] if named else []
    if plan := _plan(query.get("plan", "")):
        said.append(plan)
    for name, vocabulary in _WORDS.items():
        codes = [code for value in query.getlist(name) for code in value.split(",")]
        said += [str(vocabulary(code).label) for code in codes if code in vocabulary.values]
    words = query.get("q", "")
    if words and typed:
        said.append(_("“%(words)s”") % {"words": words})
    if query.keys() - _WORDS.keys() - {"bureau", "region", "school", "plan", "q"} or (words and not typed):
        said.append(_("what was searched for"))
    return _(", ").join(said) or _("all projects")


def _plan(slug: str) -> str:
    """The plan's title, if it is public; whoever asks for one that is not hears what everybody could have guessed."""
    if not slug:
        return ""
    code, _dash, year = slug.rpartition("-")
    plans = plans_visible_to(NOBODY).filter(bureau__code=code, year=int(year) if year.isdecimal() else 0)
    plan = plans.first()
    return plan.title if plan else _("an annual plan")


@dataclass(frozen=True)
class Told:
    """What happened at one project, oldest first."""

    project: Project
    changes: list[Change]


def told_of(projects: Iterable[int], since: int, until: int) -> list[Told]:
    """The public changes of these projects after the one entry up to the other, in words; those that say nothing left out.

    As things stand: of a project that is not public now nothing is told, however public it was then. Three queries.
    """
    found = (
        Project.objects.visible_to(NOBODY)
        .filter(pk__in=list(projects))
        .select_related("bureau", "region", "school")
        .defer("footprint", "site", "search_text", "region__boundary", "region__point")
        .prefetch_related("milestones")
        .order_by("code")
    )
    chains = chains_of(project.pk for project in found)
    told = []
    for project in found:
        changes = [c for c in changes_of(project, chains.get(project.pk, [])) if since < c.id <= until]
        if changes:
            told.append(Told(project, changes[::-1]))
    return told
