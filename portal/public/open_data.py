"""``/open-data/``: what there is, how large, how fresh, under which licence; the tables, their columns, the files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any, TypeVar

import orjson
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from mapviews.filters import FilterForm, filter_form
from portal.languages import Addresses
from portal.public.downloads import nightly_address, origin, reading, with_licence
from projects_api.errors import NotFound
from projects_api.filtersets import checked_query, filtered
from projects_api.interchange.opendata import catalog, nightly
from projects_api.interchange.opendata.catalog import OC4IDS_ABOUT, OC4IDS_TITLE
from projects_api.interchange.opendata.dictionary import TYPES, Entry, code_lists, entries
from projects_api.interchange.opendata.formats import File, preview
from projects_api.interchange.opendata.licence import licence
from projects_api.interchange.opendata.metadata import described
from projects_api.interchange.opendata.nightly import Edition
from projects_api.interchange.opendata.table import Scope, Table, public_scope
from projects_api.interchange.opendata.tables import TABLES
from projects_api.kept import CACHE_CONTROL, EDITION, VARY, for_the_public, kept
from projects_api.models import Bureau, Project
from projects_api.selectors.ledger import validator

PREVIEW = 5
LABELS = {"csv": "CSV", "xlsx": "Excel", "geojson": "GeoJSON", "json": "JSON"}
NOBODY = AnonymousUser()


View = Callable[..., HttpResponseBase]
Answer = TypeVar("Answer", bound=HttpResponseBase)


def _conditional(view: View) -> View:
    """304 for the public while neither the record nor the nightly edition has changed: `kept` knows of the record alone."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not for_the_public(request):
            return view(request, *args, **kwargs)
        edition = nightly.current()
        made = edition.directory.name if edition else ""
        words = (request.build_absolute_uri(), str(timezone.localdate()), get_language() or "", made)
        etag = f'W/"{validator(NOBODY, *words)}"'
        response = get_conditional_response(request, etag=etag) or view(request, *args, **kwargs)
        if response.status_code in (200, 304):
            response["ETag"], response["Cache-Control"] = etag, CACHE_CONTROL
            patch_vary_headers(response, VARY)
        return response

    return answered


@dataclass(frozen=True)
class Link:
    label: str
    href: str
    size: int | None = None


@dataclass(frozen=True)
class Line:
    """A table in the list. ``href``: its own page; ``rows``: as of the nightly edition."""

    name: str
    title: str
    about: str
    href: str
    rows: int | None
    now: list[Link]
    kept: list[Link]


@require_safe
@_conditional
def open_data(request: HttpRequest) -> HttpResponse:
    """The list of tables; the filters of the list of projects narrow the files on demand that it links to."""
    public = Project.objects.visible_to(NOBODY)
    found = filtered(request, public, user=NOBODY)
    form = filter_form(request, public)
    edition = _edition(request)
    folder = "" if not form.active else request.GET.get("bureau", "") if form.only_bureau else None
    if edition and folder == request.GET.get("bureau") and folder not in edition.folders:
        folder = "" if len(edition.folders) == 1 else None  # the only bureau is the whole
    addresses = _addresses(request)
    context = {
        "form": _without_empty(form),
        "projects": found.count(),
        "lines": list(_lines(request, edition, folder)),
        "folder": folder,
        "made": edition.made_at if edition and folder is not None else None,
        "licence": licence(),
        "cite": _cite(request, edition, form.bureaus),
        "preview": _preview(TABLES["projects"], Scope(found), request),
        "ogc": reverse("ogc"),
        "structured": [catalog.structured(None, addresses, edition, form.bureaus)],
        "noindex": bool(request.GET),
    }
    return render(request, "public/open_data.html", context)


@require_safe
@_conditional
def table(request: HttpRequest, name: str) -> HttpResponse:
    """A table: its columns with their codes, its first rows, its files."""
    checked_query(request.GET, known=())
    known = TABLES.get(name)
    if known is None:
        raise NotFound(_("There is no table %(name)s.") % {"name": name[:60]})
    edition = _edition(request)
    bureaus = _bureaus()
    line = _line(known, request, edition, "")
    context = {
        "table": known,
        "line": line,
        "entries": [_told(entry) for entry in entries(known)],
        # The edition may be of a version before that knew no such table.
        "made": edition.made_at if edition and line.kept else None,
        "licence": licence(),
        "preview": _preview(known, public_scope(), request),
        "structured": [catalog.structured(known, _addresses(request), edition, bureaus)],
    }
    return render(request, "public/open_data_table.html", context)


@kept
@require_safe
def dictionary(request: HttpRequest) -> HttpResponse:
    """Every table, column and code on one page."""
    checked_query(request.GET, known=())
    tables = [(table, [_told(entry) for entry in entries(table)]) for table in TABLES.values()]
    stages = code_lists()["milestones.key"]
    return render(request, "public/open_data_dictionary.html", {"tables": tables, "stages": stages})


@dataclass(frozen=True)
class Told:
    entry: Entry
    kind: str

    @property
    def other(self) -> str:
        """The title in the language that the page is not in."""
        return self.entry.title.en if self.entry.title.here == self.entry.title.zh else self.entry.title.zh


def _told(entry: Entry) -> Told:
    return Told(entry, str(TYPES[entry.type]))


def _lines(request: HttpRequest, edition: Edition | None, folder: str | None) -> Iterator[Line]:
    for known in catalog.tables():
        yield _line(known, request, edition, folder)


def _line(known: Table | None, request: HttpRequest, edition: Edition | None, folder: str | None) -> Line:
    title, about = (known.title, known.about) if known else (OC4IDS_TITLE, OC4IDS_ABOUT)
    files = catalog.files_of(known)
    there = edition.folders.get(folder, {}) if edition and folder is not None else {}
    first = there.get(files[0].name)
    return Line(
        name=known.name if known else "",
        title=str(title),
        about=str(about),
        href=reverse("open-data-table", args=[known.name]) if known and known.name in TABLES else "",
        rows=first.rows if first else None,
        now=[Link(LABELS[file.format], _now(file, request)) for file in files],
        kept=[
            Link(LABELS[file.format], nightly_address(folder or "", file.name), there[file.name].size)
            for file in files
            if file.name in there
        ],
    )


def _now(file: File, request: HttpRequest) -> str:
    """A file on demand, narrowed as the page is; what is not of projects by the bureau alone."""
    query = request.GET.copy()
    for name in list(query):
        if not query[name] or (not file.of_projects and name != "bureau"):
            del query[name]
    address = reverse("open-data-file", args=[file.name])
    return f"{address}?{query.urlencode()}" if query else address


def _without_empty(form: FilterForm) -> FilterForm:
    return replace(form, kept=tuple((name, value) for name, value in form.kept if value))


def _preview(known: Table, scope: Scope, request: HttpRequest) -> dict[str, Any]:
    rows = preview(known, scope, reading(request), PREVIEW)
    return {
        "columns": [(column.name, str(column.title)) for column in known.columns],
        "rows": [[_shown(value) for value in row] for row in rows],
    }


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = orjson.dumps(value).decode() if isinstance(value, (dict, list)) else str(value)
    return text if len(text) <= 80 else f"{text[:79]}…"


def _cite(request: HttpRequest, edition: Edition | None, bureaus: tuple[Bureau, ...]) -> str:
    who = _(", ").join(bureau.name for bureau in bureaus[:3]) or "SchoolWorks"
    copy = request.META.get(EDITION)
    moment = copy.made if copy else edition.made_at if edition else timezone.now()
    day = timezone.localtime(moment).date().isoformat()
    address = Addresses(request).absolute(reverse("open-data"))
    return _("%(who)s: %(title)s, %(day)s. %(address)s (%(licence)s)") % {
        "who": who, "title": catalog.TITLE, "day": day, "address": address, "licence": licence().name,
    }  # fmt: skip


# --- for machines ---


@require_safe
@_conditional
def catalogue(request: HttpRequest) -> HttpResponse:
    """DCAT 3."""
    checked_query(request.GET, known=())
    found = catalog.dcat(_addresses(request), _edition(request), _bureaus())
    return with_licence(
        HttpResponse(orjson.dumps(found, option=orjson.OPT_INDENT_2), content_type="application/ld+json")
    )


@kept
@require_safe
def metadata(request: HttpRequest) -> HttpResponse:
    """CSV on the Web."""
    checked_query(request.GET, known=())
    text = orjson.dumps(described(licence()), option=orjson.OPT_INDENT_2)
    return with_licence(HttpResponse(text, content_type="application/csvm+json"))


def _edition(request: HttpRequest) -> Edition | None:
    """The nightly edition while it may be given out. A static copy of the site has its own files, of its own moment."""
    edition = nightly.current() if EDITION not in request.META else None
    return None if edition is None or nightly.withdrawn(edition) else edition


def _bureaus() -> list[Bureau]:
    return list(Bureau.objects.select_related("region").defer("region__boundary", "region__point").order_by("code"))


def _addresses(request: HttpRequest) -> catalog.Addresses:
    def absolute(name: str, *arguments: str) -> str:
        return origin(request) + reverse(name, args=arguments)

    return catalog.Addresses(
        home=absolute("open-data"),
        api=absolute("api-docs").removesuffix("docs/"),
        api_schema=absolute("api-schema"),
        now=lambda name: absolute("open-data-file", name),
        kept=lambda name: absolute("open-data-nightly", name),
        about=lambda name: absolute("open-data-table", name) if name in TABLES else absolute("open-data"),
    )
