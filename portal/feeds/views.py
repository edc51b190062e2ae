"""The feeds' addresses: thin views over `selectors.changes` and `selectors.terms`. Everybody gets the public's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
from projects_api.api.pagination import whole_number
from projects_api.errors import NotFound
from projects_api.filtersets import checked_query, filtered, narrows
from projects_api.kept import EDITION, kept
from projects_api.models import Bureau, Project, Region
from projects_api.selectors.changes import Change, chain_of, changes_of, newest_changes
from projects_api.selectors.places import within_region
from projects_api.selectors.projects import project_page
from projects_api.selectors.terms import Opening, openings
from projects_api.wording import day

ENTRIES = 50
# Where a page begins: before an entry of the ledger, or by its number.
PAGING = ("before", "page")

Page = tuple[
    list[Entry], Mapping[str, dict[str, str]]
]  # its entries, and by relation the parameters of its other pages


@kept
@require_safe
def changes(request: HttpRequest) -> HttpResponse:
    """What changed among the projects that the list's filters leave. Seven queries; one where nothing has."""
    projects = filtered(request, _public(), user=PUBLIC, view_parameters=("before",))
    some = narrows(request.GET, besides=PAGING)
    title = (
        _("What has changed in school construction, as searched for")
        if some
        else _("What has changed in school construction")
    )
    return _changes(request, projects, title, reverse("projects"), query=True)


@kept
@require_safe
def project(request: HttpRequest, code: str) -> HttpResponse:
    checked_query(request.GET, known=("before",))
    found = project_page(PUBLIC, code)
    if found is None or found.archived_at:
        raise NotFound(_("There is no project %(code)s that you can see.") % {"code": code})
    before = _before(request)

    def make() -> Page:
        limit = ENTRIES + 1 if before is None else None
        changes = [c for c in changes_of(found, chain_of(found), limit=limit) if before is None or c.id < before]
        told = changes[:ENTRIES]
        older = told[-1].id if len(changes) > ENTRIES else None
        return [_changed(Addresses(request), found, change) for change in told], _pages(older, before)

    page = reverse("project", args=[code])
    return _sent(request, make, found.title, page, _what(), author=found.bureau.name)


@kept
@require_safe
def region(request: HttpRequest, code: str) -> HttpResponse:
    checked_query(request.GET, known=("before",))
    found = Region.objects.filter(code=code).defer("boundary", "point").first()
    if found is None:
        raise NotFound(_("There is no region %(code)s.") % {"code": code})
    projects = _public().filter(within_region("region__code", code))
    title = _("School construction in %(place)s: what has changed") % {"place": found.name}
    return _changes(request, projects, title, reverse("region", args=[code]))


@kept
@require_safe
def bureau(request: HttpRequest, code: str) -> HttpResponse:
    checked_query(request.GET, known=("before",))
    found = Bureau.objects.filter(code=code).first()
    if found is None:
        raise NotFound(_("There is no bureau %(code)s.") % {"code": code})
    title = _("School construction of %(bureau)s: what has changed") % {"bureau": found.name}
    page = f"{reverse('projects')}?bureau={code}"
    return _changes(request, _public().filter(bureau=found), title, page, author=found.name)


@kept
@require_safe
def opening(request: HttpRequest) -> HttpResponse:
    """What has opened for the term that runs, and what opens for the one that comes, of the projects that the filters leave."""
    projects = filtered(request, _public(), user=PUBLIC, view_parameters=("page",))
    number = whole_number(request.GET.get("page") or "1", "?page", 1, 10**6)

    def make() -> Page:
        found, more = openings(projects, timezone.localdate(), ENTRIES, (number - 1) * ENTRIES)
        addresses = Addresses(request)
        pages = {"next": {"page": str(number + 1)}} if more else {}
        if number > 1:
            pages |= {"first": {}, "previous": {"page": str(number - 1)} if number > 2 else {}}
        return [_opens(addresses, one) for one in found], pages

    page = f"{reverse('projects')}{_query(request)}"
    return _sent(
        request, make, _("Schools that open this term or next"), page, _("By the expected day of opening."), query=True
    )


def _public() -> QuerySet[Project]:
    return Project.objects.visible_to(PUBLIC).filter(archived_at__isnull=True)  # type: ignore[no-any-return]


def _changes(
    request: HttpRequest, projects: QuerySet[Project], title: str, page: str, *, author: str = "", query: bool = False
) -> HttpResponse:
    before = _before(request)

    def make() -> Page:
        found = newest_changes(projects, ENTRIES, before)
        addresses = Addresses(request)
        return [_changed(addresses, *pair) for pair in found.told], _pages(found.older, before)

    return _sent(request, make, title, page + (_query(request) if query else ""), _what(), author=author, query=query)


def _before(request: HttpRequest) -> int | None:
    text = request.GET.get("before")
    return whole_number(text, "?before", 1, 10**18 - 1) if text else None


def _pages(older: int | None, before: int | None) -> dict[str, dict[str, str]]:
    """The other pages of changes that are shown before an entry, of which there are ``older`` ones."""
    return ({"next": {"before": str(older)}} if older else {}) | ({"first": {}} if before else {})


def _what() -> str:
    return _("Every public change, in plain words, from the ledger.")


def _sent(
    request: HttpRequest,
    make: Callable[[], Page],
    title: str,
    page: str,
    subtitle: str,
    *,
    author: str = "",
    query: bool = False,
) -> HttpResponse:
    """The feed, or 304. All its pages are one feed with one id; each has its own address (RFC 5005, 3)."""
    addresses = Addresses(request)
    asked = _query(request) if query else ""

    def text() -> str:
        entries, pages = make()
        return written(
            entries,
            key=f"feed/{spoken()}{addresses.path}{asked}",
            title=title,
            subtitle=subtitle,
            page=addresses.absolute(page),
            here=addresses.canonical + _query(request, **{name: request.GET.get(name, "") for name in PAGING}),
            author=author or "校建通 SchoolWorks",
            language=TAGS[spoken()],
            pages=_elsewhere(request, pages),
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


def _elsewhere(request: HttpRequest, pages: Mapping[str, dict[str, str]]) -> dict[str, str]:
    """The addresses of a feed's other pages. A static edition has the first page only: the others are the live server's."""
    addresses = Addresses(request)
    copy = request.META.get(EDITION)
    if copy is None:
        start = addresses.canonical
    elif copy.live:
        start = copy.live + request.path
    else:
        return {}
    return {rel: start + _query(request, **place) for rel, place in pages.items()}


def _opens(addresses: Addresses, one: Opening) -> Entry:
    words = _("ready since %(day)s") if one.ready else _("expected to be ready on %(day)s")
    said = words % {"day": day(one.day)}
    lines = [said[:1].upper() + said[1:]]
    if one.project.places:
        lines.append(_("Places: %(n)s") % {"n": one.project.places})
    if one.autumn:
        lines.append(_("For the term that begins on %(day)s") % {"day": day(one.term)})
    else:
        lines.append(_("For the spring term of %(year)s") % {"year": one.term.year})
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


def _query(request: HttpRequest, **page: str) -> str:
    """The filters in one order, whatever order they came in: the same search is the same feed. ``page``: which page of it."""
    asked = request.GET.copy()
    for name in sorted(asked):
        values = asked.pop(name)
        if any(values) and name not in PAGING:
            asked.setlist(name, values)
    for name, value in page.items():
        if value:
            asked[name] = value
    return f"?{asked.urlencode(safe=',')}" if asked else ""
