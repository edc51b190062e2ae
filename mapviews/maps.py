"""The maps: each a question, the layers that answer it from the ground up, and what stands beside them.

A new map is one ``MapView`` in ``VIEWS``: its page, its files and its place in the menu follow (``mapviews.urls``). Layers are
taken from ``mapviews.layers``; the data they name is a view of its own (``mapviews.views``), narrowed by the page's filters.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.urls import get_script_prefix, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from mapviews.layers import (
    BaseMapLayer,
    ChoroplethLayer,
    CircleLayer,
    DataLayer,
    EditLayer,
    FindingLayer,
    FootprintLayer,
    OutlineLayer,
    PhotoLayer,
    SideBySide,
    SiteLayer,
    TimeSlider,
    ToolsLayer,
)
from mapviews.shells import Shell, SiteMap, assemble
from mapviews.sides import SIDES
from mapviews.timeline import MONTH
from projects_api.needs import STAGES

MEASURE = ("measure",)
Layers = Callable[[], Sequence[DataLayer]]


@dataclass(frozen=True)
class MapView:
    """``layers`` from the ground up. ``first`` names the address whose data the page brings along, as
    a script (``first``-script).

    ``legend``: sections of the legend (`mapviews.legend`), in order. ``before`` and ``beside``: templates of what the view has
    above its map and below its list; ``side``: what it has instead of the list; ``frame``: the template of map and list.
    ``parameters``: those of its own address that are no filters. ``past``: whether its address takes a day (``as_of``, ``on``).
    ``measures``: what ``?measure=`` can colour it by; a reader who may not see one is shown the first. ``answer``: the section
    of the legend whose numbers answer the question, and stand beside it.
    """

    key: str
    title: str | Promise
    question: str | Promise
    layers: Layers
    first: str = "mapviews:marks"
    legend: tuple[str, ...] = ("status", "stage", "place")
    before: str = ""
    beside: str = ""
    side: str = ""
    frame: str = "mapviews/_map.html"
    parameters: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    answer: str = ""
    past: bool = True

    @property
    def shell(self) -> Shell:
        """The rendered frame, the same for every reader and every filter; made once per process and language of the address."""
        prefix = get_script_prefix()
        if prefix not in self._shells:
            site_map = SiteMap(self.key)
            for layer in self.layers():
                layer.add_to(site_map)
            self._shells[prefix] = assemble(site_map)
        return self._shells[prefix]

    @cached_property
    def _shells(self) -> dict[str, Shell]:
        return {}


def _ground(*more: str) -> list[DataLayer]:
    """What lies under every map: base map if there is one, county boundaries, and the townships where it has none of its own."""
    return [BaseMapLayer(), OutlineLayer(*_data("outline", *more))]


def _data(*names: str) -> list[str]:
    return [reverse(f"mapviews:{name}") for name in names]


def _status() -> list[DataLayer]:
    return [*_ground("cells"), SiteLayer(*_data("marks", "sites", "clusters")), ToolsLayer()]


def _lights() -> list[DataLayer]:
    sites = SiteLayer(*_data("lights-marks", "lights-sites", "lights-clusters"), paint="light")
    return [*_ground("cells"), sites, ToolsLayer()]


def _timeline() -> list[DataLayer]:
    sites = SiteLayer(reverse("mapviews:marks"), reverse("mapviews:sites"))
    slider = TimeSlider(reverse("mapviews:timeline-data"), reverse("mapviews:timeline-known"))
    return [*_ground("cells"), sites, slider, ToolsLayer()]


def _compare() -> list[DataLayer]:
    names = ("marks", "sites", "lights-marks", "lights-sites", "outline")
    return [*_ground("cells"), SideBySide(*(reverse(f"mapviews:{name}") for name in names)), ToolsLayer()]


def _investment() -> list[DataLayer]:
    areas = ChoroplethLayer(reverse("mapviews:cells"), reverse("mapviews:investment-areas"))
    return [*_ground(), areas, CircleLayer(reverse("mapviews:investment-circles")), ToolsLayer()]


def _place() -> list[DataLayer]:
    return [*_ground("cells"), EditLayer(), ToolsLayer()]


def _coverage() -> list[DataLayer]:
    areas = ChoroplethLayer(reverse("mapviews:cells"), reverse("mapviews:coverage-areas"))
    return [*_ground(), areas, CircleLayer(reverse("mapviews:coverage-circles"), by="reach"), ToolsLayer()]


def _own() -> list[DataLayer]:
    path = reverse("project-map", args=["CODE"])
    return [*_ground("cells"), FootprintLayer(path), PhotoLayer(path), FindingLayer(path), ToolsLayer()]


_ALL = (
    MapView("status", _("Projects by status"), _("Where do we build, and how far is each?"), _status, answer="status"),
    MapView(
        "lights",
        _("What is late"),
        _("What is late, by how much, and why?"),
        _lights,
        first="mapviews:lights-marks",
        legend=("light", "place"),
        answer="light",
        beside="mapviews/_reasons.html",
    ),
    MapView(
        "timeline",
        _("Month by month"),
        _("What was planned, what happened, and when?"),
        _timeline,
        legend=("status", "behind", "stage"),
        before="mapviews/_timeline.html",
        parameters=MONTH,
        past=False,
    ),
    MapView(
        "compare",
        _("Side by side"),
        _("What is different between two days?"),
        _compare,
        legend=("status", "light", "differs", "stage", "place"),
        before="mapviews/_compare.html",
        frame="mapviews/_two_maps.html",
        parameters=SIDES,
        past=False,
    ),
    MapView(
        "investment",
        _("Investment"),
        _("Where does the money go?"),
        _investment,
        first="mapviews:investment-areas",
        legend=(),
        before="mapviews/_measures.html",
        side="mapviews/_areas.html",
        parameters=MEASURE,
        measures=("total", "per_place", "per_child", "share"),
    ),
    MapView(
        "coverage",
        _("School places"),
        _("Who is served?"),
        _coverage,
        first="mapviews:coverage-areas",
        legend=(),
        before="mapviews/_measures.html",
        side="mapviews/_areas.html",
        parameters=MEASURE,
        measures=STAGES,
    ),
)
VIEWS: dict[str, MapView] = {view.key: view for view in _ALL}

# The map that a page of the office holds (`portal.office.place`); of such, only the frame's files are served from here.
PLACE = MapView(
    "place", _("Place of a project"), _("Where is the site?"), _place, first="", legend=(), frame="", past=False
)
# The map on a project's public page (`portal.public.project`).
OWN = MapView("own", _("The project's own map"), _("What is where?"), _own, first="", legend=(), frame="", past=False)
FRAMES: dict[str, MapView] = VIEWS | {view.key: view for view in (PLACE, OWN)}
