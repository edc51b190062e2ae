"""The maps, mounted at ``/maps/``."""

from __future__ import annotations

from collections.abc import Callable

from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from django.views.generic import RedirectView

from mapviews import basemaps, views, views_areas
from mapviews.answers import as_script
from mapviews.maps import FRAMES, VIEWS
from mapviews.paper.sheet import FORMATS

app_name = "mapviews"


def _files(view: str) -> list[URLPattern]:
    """What a map's frame is made of."""
    which = {"view": view}
    return [
        path(f"{view}/boot.js", views.boot, which, name=f"{view}-boot"),
        path(f"{view}/later.js", views.later, which, name=f"{view}-later"),
        path(f"{view}/later.css", views.later_sheet, which, name=f"{view}-later-sheet"),
        path(f"{view}/map.css", views.sheet, which, name=f"{view}-sheet"),
    ]


def _page(view: str) -> list[URLPattern]:
    """A map's page, and what is taken along of it."""
    which = {"view": view}
    return [
        path(f"{view}/", views.page, which, name=view),
        path(f"{view}/download/", views.download, which, name=f"{view}-download"),
        *(path(f"{view}/map.{kind}", views.printed, which | {"kind": kind}, name=f"{view}-{kind}") for kind in FORMATS),
    ]


def _first(address: str, view: Callable[..., HttpResponseBase], name: str, **own: str) -> list[URLPattern]:
    """A document that a map shows first: by itself, and handed over by a script."""
    script = address.removesuffix(".json") + ".js"
    return [path(address, view, own, name=name), path(script, as_script(view), own, name=f"{name}-script")]


urlpatterns = [
    path("", RedirectView.as_view(pattern_name="mapviews:status", query_string=True), name="index"),
    *(pattern for view in VIEWS for pattern in _page(view)),
    *(pattern for view in FRAMES for pattern in _files(view)),
    *_first("marks.json", views.marks, "marks"),
    path("sites.json", views.sites, name="sites"),
    *_first("lights/marks.json", views.marks, "lights-marks", paint="light"),
    path("lights/sites.json", views.sites, {"paint": "light"}, name="lights-sites"),
    path("timeline/timeline.json", views.timeline, name="timeline-data"),
    path("timeline/known.json", views.known, name="timeline-known"),
    path("clusters.json", views.clusters, name="clusters"),
    path("lights/clusters.json", views.clusters, {"paint": "light"}, name="lights-clusters"),
    path("basemap/<str:key>.pmtiles", basemaps.file, name="basemap"),
    path("search.json", views.search, name="search"),
    path("outline.geojson", views.outline, name="outline"),
    path("cells.geojson", views_areas.cells, name="cells"),
    *_first("investment/areas.json", views_areas.investment_areas, "investment-areas"),
    path("investment/circles.json", views_areas.investment_circles, name="investment-circles"),
    *_first("coverage/areas.json", views_areas.coverage_areas, "coverage-areas"),
    path("coverage/circles.json", views_areas.coverage_circles, name="coverage-circles"),
]
