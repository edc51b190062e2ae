"""The feeds' addresses: thin views over `selectors.changes` and `selectors.terms`. Everybody gets the public's."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal.feeds.atom import MEDIA, Entry, written
from portal.languages import TAGS, Addresses, spoken
from portal.public_answers import PUBLIC, revalidated
from projects_api.errors import NotFound
from projects_api.filtersets import checked_query, filtered, narrows
from projects_api.kept import kept
from projects_api.models import Bureau, Project, Region
from projects_api.selectors.changes import Change, chain_of, changes_of, newest_changes
from projects_api.selectors.places import within_region
from projects_api.selectors.projects import project_page
from projects_api.selectors.terms import Opening, openings
from projects_api.wording import day

ENTRIES = 50


@kept
@require_safe
def changes(request: HttpRequest) -> HttpResponse:
    """What changed among the projects that the list's filters leave. Seven queries; one where nothing has."""
    projects = filtered(request, _public(), user=PUBLIC)
    some = narrows(request.GET)
    title = (
        _("What has changed in school construction, as searched for")
        if some
        else _("What has changed in school construction")
    )
    return _changes(request, projects, title, reverse("projects"), query=True)


@kept
@require_safe
def project(request: HttpRequest, code: str) -> HttpResponse:
    checked_query(request.GET, known=())
    found = project_page(PUBLIC, code)
    if found is None or found.archived_at:
        raise NotFound(_("There is no project %(code)s for you.") % {"code": code})

    def make() -> list[Entry]:
        changes = changes_of(found, chain_of(found), limit=ENTRIES)
        return [_changed(Addresses(request), found, change) for change in changes]

    page = reverse("project", args=[code])
    return _sent(request, make, found.title, page, _what(), author=found.bureau.name)


@kept
@require_safe
def region(request: HttpRequest, code: str) -> HttpResponse:
    checked_query(request.GET, known=())
    found = Region.objects.filter(code=code).defer("boundary", "point").first()
    if found is None:
        raise NotFound(_("There is no region %(code)s.") % {"code": code})
    projects = _public().filter(within_region("region__code", code))
    title = _("School construction in %(place)s: what has changed") % {"place": found.name}
    return _changes(request, projects, title, reverse("region", args=[code]))


@kept
@require_safe
def bureau(request: HttpRequest, code: str) -> HttpResponse:
    checked_query(request.GET, known=())
    found = Bureau.objects.filter(code=code).first()
    if found is None:
        raise NotFound(_("There is no bureau %(code)s.") % {"code": code})
    title = _("School construction of %(bureau)s: what has changed") % {"bureau": found.name}
    page = f"{reverse('projects')}?bureau={code}"
    return _changes(request, _public().filter(bureau=found), title, page, author=found.name)


@kept
@require_safe
def opening(request: HttpRequest) -> HttpResponse:
    """What opens for the coming start of term, and what has opened since the last, of the projects that the filters leave."""
    projects = filtered(request, _public(), user=PUBLIC)
    today = timezone.localdate()
    page = f"{reverse('projects')}{_query(request)}"
    make = partial(_openings, request, lambda: openings(projects, today, ENTRIES))
    return _sent(
        request, make, _("Schools that open this term"), page, _("By the expected day of opening."), query=True
    )


def _public() -> QuerySet[Project]:
    return Project.objects.visible_to(PUBLIC).filter(archived_at__isnull=True)  # type: ignore[no-any-return]


def _changes(
    request: HttpRequest, projects: QuerySet[Project], title: str, page: str, *, author: str = "", query: bool = False
) -> HttpResponse:
    def make() -> list[Entry]:
        addresses = Addresses(request)
        return [_changed(addresses, *pair) for pair in newest_changes(projects, ENTRIES)]

    return _sent(request, make, title, page + (_query(request) if query else ""), _what(), author=author, query=query)


def _what() -> str:
    return _("Every public change, in plain words, from the ledger.")


def _sent(
    request: HttpRequest,
    make: Callable[[], list[Entry]],
    title: str,
    page: str,
    subtitle: str,
    *,
    author: str = "",
    query: bool = False,
) -> HttpResponse:
    addresses = Addresses(request)
    asked = _query(request) if query else ""

    def text() -> str:
        return written(
            make(),
            key=f"feed/{spoken()}{addresses.path}{asked}",
            title=title,
            subtitle=subtitle,
            page=addresses.absolute(page),
            here=addresses.canonical + asked,
            author=author or "校建通 SchoolWorks",
            language=TAGS[spoken()],
        )

    return revalidated(request, MEDIA, text)


def _changed(addresses: Addresses, project: Project, change: Change) -> Entry:
    first, *others = change.lines
    return Entry(
        key=f"{project.code}/{change.version}",
        title=_("%(title)s: %(change)s") % {"title": project.title, "change": f"{first} …" if others else first},
        lines=change.lines,
        updated=change.at,
        published=change.at,
        **_of(addresses, project),
    )


def _openings(request: HttpRequest, found: Callable[[], Iterable[Opening]]) -> list[Entry]:
    addresses = Addresses(request)
    return [_opens(addresses, one) for one in found()]


def _opens(addresses: Addresses, one: Opening) -> Entry:
    words = _("ready since %(day)s") if one.ready else _("expected to be ready on %(day)s")
    said = words % {"day": day(one.day)}
    lines = [said[:1].upper() + said[1:]]
    if one.project.places:
        lines.append(_("Places: %(n)s") % {"n": one.project.places})
    lines.append(_("Term begins on %(day)s") % {"day": day(one.term)})
    return Entry(
        key=f"{one.project.code}/opening",
        title=_("%(title)s: %(change)s") % {"title": one.project.title, "change": said},
        lines=lines,
        updated=one.changed,
        published=one.changed,
        **_of(addresses, one.project),
    )


def _of(addresses: Addresses, project: Project) -> dict[str, Any]:
    return {
        "address": addresses.absolute(reverse("project", args=[project.code])),
        "author": project.bureau.name,
        "point": (project.site.x, project.site.y) if project.site else None,
        "categories": (project.region.name, project.get_kind_display()),
    }


def _query(request: HttpRequest) -> str:
    """The filters in one order, whatever order they came in: the same search is the same feed."""
    asked = request.GET.copy()
    for name in sorted(asked):
        values = asked.pop(name)
        if any(values):
            asked.setlist(name, values)
    return f"?{asked.urlencode(safe=',')}" if asked else ""
