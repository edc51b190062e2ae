"""What is asked for without a link: by search engines ``/robots.txt``, ``/sitemap.xml`` and its parts, only what is public, in
each language; by browsers ``/favicon.ico``.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from xml.sax.saxutils import escape

from django.contrib.auth.models import AnonymousUser
from django.db.models import Max, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from mapviews.maps import VIEWS
from portal.languages import PREFIXES, Addresses
from projects_api.errors import NotFound
from projects_api.filtersets import checked_query
from projects_api.interchange.opendata.tables import TABLES
from projects_api.kept import kept
from projects_api.models import Project, Region
from projects_api.selectors.ledger import changes_visible_to
from projects_api.selectors.places import region_prefix, schools_visible_to
from projects_api.selectors.plans import plans_visible_to

# A part of 5,000 projects is 30,000 addresses and 18 MB: the protocol's limits are 50,000 and 50 MB.
PART = 5000
OF_A_PROJECT = ("project", "project-changes", "project-questions")
NOBODY = AnonymousUser()
# Pages that stand by themselves.
ALONE = (
    "home",
    "projects",
    "plans",
    *(f"mapviews:{view}" for view in VIEWS),
    "open-data",
    "open-data-dictionary",
    "ogc",
)
# Nothing for a search engine: what belongs to people who sign in, and what is heavy to make.
CLOSED = (
    "/office/",
    "/accounts/",
    "/admin/",
    "/field/",
    "/alerts/",
    "/api/",
    "/i18n/",
    "/maps/*/download/",
    "/maps/*/map.pdf",
    "/maps/*/map.png",
)
Place = tuple[str, datetime | None]  # the path without a language, and when it changed last


@require_safe
def icon(request: HttpRequest) -> HttpResponse:
    """A browser asks for it wherever an answer names no icon: feeds, JSON, pictures. No query; a picture, for those that draw no
    SVG. The way to it is kept for a day, the file itself, whose name is its hash, for a year.
    """
    response = HttpResponseRedirect(static("portal/field/icon-192.png"))
    response["Cache-Control"] = "public, max-age=86400"
    return response


@kept
@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    checked_query(request.GET, known=())
    closed = [f"Disallow: {before}{path}" for before in ("", *(f"/{name}" for name in PREFIXES)) for path in CLOSED]
    sitemap = Addresses(request).origin + _bare("sitemap")
    return HttpResponse(
        "\n".join(["User-agent: *", *closed, "", f"Sitemap: {sitemap}", ""]), "text/plain; charset=utf-8"
    )


@kept
@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    """The index of the parts. Three queries."""
    checked_query(request.GET, known=())
    origin = Addresses(request).origin
    count = _projects().count()
    newest = changes_visible_to(NOBODY).aggregate(at=Max("at"))["at"]
    schools = schools_visible_to(NOBODY).count()
    parts = [
        "pages",
        *(f"projects-{number}" for number in range(1, -(-count // PART) + 1)),
        *(f"schools-{number}" for number in range(1, -(-schools // PART) + 1)),
    ]
    rows = "".join(
        f"<sitemap><loc>{escape(origin + _bare('sitemap-part', part))}</loc>{_changed(newest)}</sitemap>\n"
        for part in parts
    )
    return _xml(f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{rows}</sitemapindex>')


@kept
@require_safe
def sitemap_part(request: HttpRequest, part: str) -> HttpResponse:
    """``pages`` or ``projects-1`` …, ``schools-1`` …. At most 5 queries."""
    checked_query(request.GET, known=())
    places = list(_pages() if part == "pages" else _part(part))
    if not places:
        raise NotFound(_("There is no such part."))
    addresses = Addresses(request)
    rows = "".join(_entry(addresses, path, at) for path, at in places)
    return _xml(
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml">\n'
        f"{rows}</urlset>"
    )


def _projects() -> QuerySet[Project]:
    found: QuerySet[Project] = Project.objects.visible_to(NOBODY).filter(archived_at__isnull=True)
    return found


def _part(part: str) -> Iterator[Place]:
    name, _dash, digits = part.partition("-")
    if name not in ("projects", "schools") or not (
        digits.isascii() and digits.isdigit() and 0 < len(digits) < 7 and digits[0] != "0"
    ):
        return
    first = (int(digits) - 1) * PART
    if name == "schools":
        yield from _schools(first)
        return
    codes = list(_projects().order_by("code").values_list("pk", "code")[first : first + PART])
    changes = _changes("project", [pk for pk, _code in codes])
    for pk, code in codes:
        for name in OF_A_PROJECT:
            yield _bare(name, code), changes.get(pk)


def _schools(first: int) -> Iterator[Place]:
    rows = list(schools_visible_to(NOBODY).order_by("code").values_list("pk", "code")[first : first + PART])
    changes = _changes("school", [pk for pk, _code in rows])
    for pk, code in rows:
        yield _bare("school", code), changes.get(pk)


def _pages() -> Iterator[Place]:
    """All that is no project's: by themselves, plans, and the regions where something is built."""
    newest = changes_visible_to(NOBODY).aggregate(at=Max("at"))["at"]
    for name in ALONE:
        yield _bare(name), newest
    for table in TABLES:
        yield _bare("open-data-table", table), newest
    plans = list(plans_visible_to(NOBODY).select_related("bureau"))
    changes = _changes("plan", [plan.pk for plan in plans])
    for plan in plans:
        for name in ("plan", "plan-wall"):
            yield _bare(name, plan.slug), changes.get(plan.pk)
    built = dict(_projects().order_by().values_list("region__code").annotate(at=Max("updated_at")))
    for code in Region.objects.order_by("code").values_list("code", flat=True):
        prefix = region_prefix(code)
        if inside := [at for held, at in built.items() if held.startswith(prefix)]:
            yield _bare("region", code), max(inside)


def _changes(subject: str, ids: list[int]) -> dict[int, datetime]:
    """When the public record of each of these changed last: the newest entry that anybody may read. One query."""
    rows = changes_visible_to(NOBODY).filter(**{f"{subject}__in": ids}).order_by()
    return dict(rows.values_list(f"{subject}_id").annotate(at=Max("at")))


def _entry(addresses: Addresses, path: str, at: datetime | None) -> str:
    """A page as one address per language, each naming the others."""
    links = "".join(
        f'<xhtml:link rel="alternate" hreflang="{tag}" href="{escape(address)}"/>'
        for tag, address in addresses.of(path)
    )
    named = [address for tag, address in addresses.of(path) if tag != "x-default"]
    return "".join(f"<url><loc>{escape(address)}</loc>{_changed(at)}{links}</url>\n" for address in named)


def _changed(at: datetime | None) -> str:
    return f"<lastmod>{at.isoformat(timespec='seconds')}</lastmod>" if at else ""


def _bare(name: str, *arguments: str) -> str:
    return Addresses.without_language(reverse(name, args=arguments))


def _xml(body: str) -> HttpResponse:
    return HttpResponse(f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n', "application/xml; charset=utf-8")
