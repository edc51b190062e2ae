"""The peers, written as their own documentation writes them."""

from __future__ import annotations

from typing import Any

import folium
from csp.decorators import csp_exempt
from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static
from folium.plugins import FastMarkerCluster
from rest_framework import generics, serializers
from rest_framework.pagination import PageNumberPagination
from rest_framework.permissions import AllowAny
from rest_framework.renderers import JSONRenderer
from rest_framework_gis.serializers import GeoFeatureModelSerializer

from projects_api.models import Project

VISIBLE = {"published": True, "archived_at__isnull": True}


class GisSite(GeoFeatureModelSerializer):
    """djangorestframework-gis with the properties of ``sites.geojson``."""

    bureau = serializers.CharField(source="bureau.code")
    region = serializers.CharField(source="region.code")

    class Meta:
        model = Project
        geo_field = "site"
        id_field = "code"
        fields = (
            "code", "title_zh", "title_en", "kind", "stage", "status", "progress", "next_milestone", "next_due",
            "location_precision", "illustrative", "places", "bureau", "region",
        )  # fmt: skip


class GisSites(generics.ListAPIView[Project]):
    queryset = (
        Project.objects.filter(**VISIBLE, site__isnull=False)
        .select_related("bureau", "region")
        .defer("region__boundary")
        .order_by("code")
    )
    serializer_class = GisSite
    pagination_class = None
    permission_classes = [AllowAny]
    authentication_classes: list[Any] = []
    renderer_classes = [JSONRenderer]


class BareProject(serializers.ModelSerializer[Project]):
    """What ``projects/`` shows, as far as a ModelSerializer knows it: columns and foreign keys."""

    class Meta:
        model = Project
        fields = (
            "code", "bureau", "region", "school", "plan", "plan_target", "title_zh", "title_en", "kind", "stage", "status",
            "progress", "next_milestone", "next_due", "classes", "places", "total_investment", "site", "location_precision",
            "published", "archived_at", "illustrative", "updated_at", "version",
        )  # fmt: skip


class TwentyAPage(PageNumberPagination):
    page_size = 20


class BareProjects(generics.ListAPIView[Project]):
    queryset = Project.objects.filter(**VISIBLE).order_by("code")
    serializer_class = BareProject
    pagination_class = TwentyAPage
    permission_classes = [AllowAny]
    authentication_classes: list[Any] = []
    renderer_classes = [JSONRenderer]


# What folium's page asks three other hosts for, as far as packages of this project hold it: the same jQuery, an older and
# smaller Bootstrap and icon font. The marker plug-in and one more style sheet have no like here and are left out.
STOCK_SCRIPTS = [
    ("leaflet", "vendor/leaflet/leaflet.js"),
    ("jquery", "admin/js/vendor/jquery/jquery.min.js"),
    ("bootstrap", "rest_framework/js/bootstrap.min.js"),
]
STOCK_STYLES = [
    ("leaflet_css", "vendor/leaflet/leaflet.css"),
    ("bootstrap_css", "rest_framework/css/bootstrap.min.css"),
    ("glyphicons_css", "rest_framework/css/bootstrap-theme.min.css"),
    ("awesome_markers_font_css", "rest_framework/css/font-awesome-4.0.3.css"),
]


MARK = """requestAnimationFrame(() => {
    performance.mark("peer:drawn");
    document.documentElement.dataset.marks = "drawn";
});"""


@csp_exempt()
def empty_folium(request: HttpRequest) -> HttpResponse:
    """folium's own page with nothing on it: its template, its inline script. ``?only=leaflet``: no other asset than that.

    The mark says when the frame after the map's making has run.
    """
    return _answer(_stock_map(1 if "only" in request.GET else None))


@csp_exempt()
def full_folium(request: HttpRequest, way: str) -> HttpResponse:
    """The visible sites in the ways that folium offers: ``markers`` (one ``Marker`` each), ``geojson`` (one layer) or ``fast``
    (`FastMarkerCluster`, whose plug-in has no like here: it is written, not drawn). Each site with its title."""
    rows = Project.objects.filter(**VISIBLE, site__isnull=False).order_by("code").values_list("site", "title_zh")
    sites = [(site.y, site.x, title) for site, title in rows.iterator()]
    page = _stock_map(None)
    if way == "markers":
        for lat, lon, title in sites:
            folium.Marker([lat, lon], tooltip=title).add_to(page)
    elif way == "geojson":
        features = [
            {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": [lon, lat]},
                "properties": {"title": title},
            }
            for lat, lon, title in sites
        ]
        layer = folium.GeoJson(
            {"type": "FeatureCollection", "features": features},
            marker=folium.CircleMarker(radius=6),
            tooltip=folium.GeoJsonTooltip(["title"]),
        )
        layer.add_to(page)
    else:
        FastMarkerCluster([list(site) for site in sites]).add_to(page)
    return _answer(page)


def _stock_map(count: int | None) -> folium.Map:
    page = folium.Map(location=[34.9, 109.6], zoom_start=10, tiles=None)
    page.default_js = [(name, static(path)) for name, path in STOCK_SCRIPTS[:count]]
    page.default_css = [(name, static(path)) for name, path in STOCK_STYLES[:count]]
    return page


def _answer(page: folium.Map) -> HttpResponse:
    page.render()  # what the layers add to the script comes before the mark
    page.get_root().script.add_child(folium.Element(MARK), name="mark")
    return HttpResponse(page.get_root().render())
