"""The documents of the standard; each is JSON or a page (`answers.document`)."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from django.contrib.gis.db.models import Extent
from django.http import HttpRequest, HttpResponsePermanentRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import iri_to_uri
from django.utils.translation import gettext as _

from portal.ogc import items as reading
from portal.ogc.answers import GEOJSON, HTML, JSON, OPENAPI, Document, document, link, self_and_other
from portal.ogc.definition import definition, spelled_out
from portal.public_answers import PUBLIC
from projects_api.errors import NotFound
from projects_api.filtersets import ProjectFilterSet
from projects_api.interchange.opendata.licence import licence
from projects_api.kept import kept
from projects_api.models import Project
from projects_api.selectors.periods import whole_period

CONFORMANCE = [
    f"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/{name}" for name in ("core", "oas30", "html", "geojson")
]
GREGORIAN = "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"
ITEMS = frozenset({*reading.OWN, *ProjectFilterSet.base_filters})


@document("ogc/landing.html")
def landing(request: HttpRequest, form: str) -> Document:
    """What there is, for a program that knows nothing but this address."""
    return {
        "title": _("SchoolWorks: school construction, for the public"),
        "description": _("Every published project: where it is, what is built, how far it is. OGC API – Features 1.0."),
        "links": [
            *self_and_other(request, form),
            link(request, "service-desc", reverse("ogc-api"), OPENAPI, _("This interface as OpenAPI 3.0")),
            link(request, "service-doc", reverse("ogc-api"), HTML, _("This interface as a page")),
            *_both(request, "conformance", "ogc-conformance", JSON, _("What of the standard is kept")),
            *_both(request, "data", "ogc-collections", JSON, _("The collections")),
        ],
    }


@kept
def root(request: HttpRequest) -> HttpResponseBase:
    """``/ogc``, as people type it into a program: the landing page: QGIS 3.22 follows no redirect there, and opens nothing.

    A browser is sent to ``/ogc/``, so that the page has one address.
    """
    answer: HttpResponseBase = landing(request)
    if answer.headers.get("Content-Type", "").startswith(HTML):
        query = request.META.get("QUERY_STRING", "")
        return HttpResponsePermanentRedirect(reverse("ogc") + (f"?{iri_to_uri(query)}" if query else ""))
    return answer


@document("ogc/api.html", OPENAPI)
def api(request: HttpRequest, form: str) -> Document:
    """The OpenAPI 3.0 description. No query beyond the validator's."""
    return spelled_out() if form == "html" else definition(request.build_absolute_uri(reverse("ogc")).rstrip("/"))


@document("ogc/conformance.html")
def conformance(request: HttpRequest, form: str) -> Document:
    return {"links": self_and_other(request, form), "conformsTo": CONFORMANCE}


@document("ogc/collections.html")
def collections(request: HttpRequest, form: str) -> Document:
    links = [*self_and_other(request, form), _licence()]
    return {"links": links, "collections": [_projects(request, [])]}


@document("ogc/collections.html")
def collection(request: HttpRequest, form: str) -> Document:
    return _projects(request, self_and_other(request, form))


@document("ogc/items.html", GEOJSON, query=ITEMS)
def items(request: HttpRequest, form: str) -> Document:
    """A page of features."""
    page = reading.page(request)
    media = HTML if form == "html" else GEOJSON
    links = self_and_other(request, form, GEOJSON)
    for rel, name, code, words in (
        ("next", "after", page.after, _("The next page")),
        ("prev", "before", page.before, _("The page before")),
    ):
        if code:
            links.append(link(request, rel, request.path, media, words, _from(request.GET, name, code)))
    links += _both(request, "collection", "ogc-collection", JSON, _("Projects"))
    return {
        "type": "FeatureCollection",
        "links": links,
        "timeStamp": timezone.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
        "numberMatched": page.matched,
        "numberReturned": len(page.features),
        "features": page.features,
    }


@document("ogc/item.html", GEOJSON)
def item(request: HttpRequest, form: str, code: str) -> Document:
    """One feature. Raises NotFound also for what is not published."""
    found = None if "\x00" in code else reading.one(code)
    if found is None:
        raise NotFound(_("There is no project %(code)s that you can see.") % {"code": code})
    page = {
        "href": request.build_absolute_uri(reverse("project", args=[code])),
        "rel": "describedby",
        "type": HTML,
        "title": _("The project’s own page"),
    }
    links = [*self_and_other(request, form, GEOJSON), page]
    return found | {"links": links + _both(request, "collection", "ogc-collection", JSON, _("Projects"))}


def _projects(request: HttpRequest, links: list[Document]) -> Document:
    """The one collection, with where and when its features lie. Two queries, once after each write."""
    box, (first, last) = reading.kept(request, _extent)
    return {
        "id": "projects",
        "title": _("Projects"),
        "description": _("Published school construction projects, each as a point where its site is known."),
        "links": [
            *(links or _both(request, "self", "ogc-collection", JSON, _("Projects"), other="alternate")),
            *_both(request, "items", "ogc-items", GEOJSON, _("The projects as features")),
            _licence(),
            {
                "href": request.build_absolute_uri(reverse("open-data-table", args=["projects"])),
                "rel": "describedby",
                "type": HTML,
                "title": _("The columns and their codes, and the same as files"),
            },
        ],
        "extent": {
            "spatial": {"bbox": [box or (-180, -90, 180, 90)], "crs": reading.CRS84},
            "temporal": {"interval": [[_moment(first, time.min), _moment(last, time(23, 59, 59))]], "trs": GREGORIAN},
        },
        "itemType": "feature",
        "crs": [reading.CRS84],
    }


def _licence() -> Document:
    """QGIS and others show its title among a layer's properties."""
    found = licence()
    return {"href": found.url, "rel": "license", "type": HTML, "title": found.name}


def _extent() -> tuple[Any, Any]:
    projects = Project.objects.visible_to(PUBLIC)
    return projects.order_by().aggregate(box=Extent("site"))["box"], whole_period(projects)


def _moment(day: str | None, of_day: time) -> str | None:
    return timezone.make_aware(datetime.combine(date.fromisoformat(day), of_day)).isoformat() if day else None


def _both(request: HttpRequest, rel: str, name: str, media: str, words: str, other: str = "") -> list[Document]:
    """The two forms of a document of ours; ``other``: the page's relation where it is not the same."""
    return [link(request, r, reverse(name), kind, words) for r, kind in ((rel, media), (other or rel, HTML))]


def _from(asked: QueryDict, name: str, code: str) -> QueryDict:
    """The same question from another place on."""
    moved = asked.copy()
    for own in ("after", "before"):
        moved.pop(own, None)
    moved[name] = code
    return moved
