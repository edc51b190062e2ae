"""The vocabulary of the maps: folium elements of our own. Each names what the browser is to fetch or do; none carries any text.

A data layer names addresses of this site and words of a fixed shape (``[a-z_]``), nothing else: text from the database or a
request never comes near folium. The script of the same name (``SchoolWorks.<function>``) does the drawing, fetches with the
page's filters, and registers itself so that it draws anew when they change. What a layer needs only after its data stands
(``later_js``, ``later_css``) is served in second files.
"""

from __future__ import annotations

import re
from typing import ClassVar

from branca.element import MacroElement
from folium.elements import JSCSSMixin
from folium.template import Template

# An absolute path of this site without query: nothing that HTML, JavaScript or Jinja2 could take for its own.
_OWN_PATH = re.compile(r"/[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)*/?")
_WORD = re.compile(r"[a-z][a-z_]*")


class UnsafeShell(ValueError):
    """Something was about to enter the folium shell that must not: foreign text, a foreign host, inline code."""


def own_path(path: str) -> str:
    """``path`` as it is if it is a plain absolute path of this site; ``UnsafeShell`` otherwise."""
    if not _OWN_PATH.fullmatch(path):
        raise UnsafeShell(f"not a plain path of this site: {path!r}")
    return path


def word(text: str) -> str:
    """``text`` as it is if it is a word of the scripts' own; ``UnsafeShell`` otherwise."""
    if not _WORD.fullmatch(text):
        raise UnsafeShell(f"not a word of the scripts: {text!r}")
    return text


class DataLayer(JSCSSMixin):
    """``SchoolWorks.<function>(map, path, …, {option: word, …})``: the layer fetches ``paths`` with the page's filters."""

    default_js: ClassVar[list[tuple[str, str]]] = []
    default_css: ClassVar[list[tuple[str, str]]] = []
    later_js: ClassVar[tuple[str, ...]] = ()
    later_css: ClassVar[tuple[str, ...]] = ()
    function = ""
    _template = Template(
        "{% macro script(this, kwargs) %}"
        "SchoolWorks.{{ this.function }}({{ this._parent.get_name() }}"
        "{% for path in this.paths %}, {{ path|tojson }}{% endfor %}"
        "{% if this.words %}, {{ this.words|tojson }}{% endif %});"
        "{% endmacro %}"
    )

    def __init__(self, *paths: str, **words: str) -> None:
        super().__init__()
        self._name = type(self).__name__
        self.paths = [own_path(path) for path in paths]
        self.words = {word(name): word(value) for name, value in words.items()}

    @property
    def documents(self) -> list[str]:
        """Those of ``paths`` that answer as a whole, for the filters alone: what a map taken along holds."""
        return self.paths


class SiteLayer(DataLayer):
    """Marks and clusters of the sites of two columnar JSON documents (``mapviews.columns``): what to draw, then the words.

    The third address answers for a window where there are too many to come (``mapviews.clusters``).

    ``paint="status"`` (the default) or ``"light"``: what colour and shape stand for.
    """

    default_js: ClassVar[list[tuple[str, str]]] = [
        ("clusters", "mapviews/clusters.js"),
        ("panel", "mapviews/panel.js"),
        ("sites", "mapviews/sites.js"),
    ]
    later_js: ClassVar[tuple[str, ...]] = (
        "mapviews/sitelist.js",
        "mapviews/told.js",
        "mapviews/facets.js",
        "mapviews/crowd.js",
    )
    function = "sites"

    @property
    def documents(self) -> list[str]:
        return self.paths[:2]


class TimeSlider(DataLayer):
    """Months under the sites: repaints the page's ``SiteLayer`` as each month was. Two documents (``mapviews.timeline``): what
    happened and was promised; what was known then, fetched when it is asked for.
    """

    default_js: ClassVar[list[tuple[str, str]]] = [("timeline", "mapviews/timeline.js")]
    later_js: ClassVar[tuple[str, ...]] = ("mapviews/months.js",)
    function = "timeline"


class SideBySide(DataLayer):
    """Two maps that move together, each with sites of its own day and paint, and the list of what differs between them.

    Paths: marks and words by status, marks and words by light, outline. What each side shows stands in the page's data.
    """

    default_js: ClassVar[list[tuple[str, str]]] = [*SiteLayer.default_js, ("compare", "mapviews/compare.js")]
    later_js: ClassVar[tuple[str, ...]] = (*SiteLayer.later_js, "mapviews/differences.js")
    function = "compare"


class ChoroplethLayer(DataLayer):
    """Townships coloured by one of several measures, and the table of them beside the map (``mapviews.areas``).

    Two documents: the polygons as GeoJSON, then the figures, which the filters narrow. The page needs ``_areas.html`` beside it.
    """

    default_js: ClassVar[list[tuple[str, str]]] = [
        ("panel", "mapviews/panel.js"),
        ("choropleth", "mapviews/choropleth.js"),
    ]
    default_css: ClassVar[list[tuple[str, str]]] = [("areas_css", "mapviews/areas.css")]
    later_js: ClassVar[tuple[str, ...]] = ("mapviews/facets.js",)
    function = "areas"


class CircleLayer(DataLayer):
    """Circles of a columnar document: ``by="amount"`` (the default), area ∝ money, or ``"reach"``, radii in metres.

    They stand on townships, which come first.
    """

    later_js: ClassVar[tuple[str, ...]] = ("mapviews/clusters.js", "mapviews/circles.js", "mapviews/circlelist.js")
    function = "circles"


class OutlineLayer(DataLayer):
    """County boundaries as a GeoJSON document; with a second one the townships, faint, where the map is not about them."""

    later_js: ClassVar[tuple[str, ...]] = ("mapviews/townships.js",)
    function = "outline"


class BaseMapLayer(DataLayer):
    """The operator's base maps, if there are any: addresses and credits come from the page, not from here."""

    later_js: ClassVar[tuple[str, ...]] = ("mapviews/basemap.js",)
    function = "baseMap"


class EditLayer(DataLayer):
    """A site and its outline to be drawn and moved. It fetches nothing: the page's form and data block hold both."""

    default_js: ClassVar[list[tuple[str, str]]] = [
        ("measure", "mapviews/measure.js"),
        ("draft", "mapviews/draft.js"),
        ("edit", "mapviews/edit.js"),
    ]
    default_css: ClassVar[list[tuple[str, str]]] = [("edit_css", "mapviews/edit.css")]
    function = "edit"


class FootprintLayer(DataLayer):
    """A project's own site and outline. Its path has CODE where the page's data names the project; so have the two below, and
    the document is fetched once (``mapviews.own``).
    """

    default_js: ClassVar[list[tuple[str, str]]] = [("own", "mapviews/own.js")]
    default_css: ClassVar[list[tuple[str, str]]] = [("own_css", "mapviews/own.css")]
    function = "footprint"


class PhotoLayer(FootprintLayer):
    """Where its photos were taken and which way they look; empty for the public."""

    function = "photos"


class FindingLayer(FootprintLayer):
    """Inspection findings that have a point; empty for the public."""

    function = "findings"


class ToolsLayer(DataLayer):
    """Full screen, where am I, measuring, layers, an address of the view, search, what is taken along: by our own scripts."""

    later_js: ClassVar[tuple[str, ...]] = (
        "mapviews/tools.js",
        "mapviews/measure.js",
        "mapviews/search.js",
        "mapviews/takealong.js",
    )
    later_css: ClassVar[tuple[str, ...]] = ("mapviews/tools.css",)
    function = "tools"


__all__ = [
    "BaseMapLayer",
    "ChoroplethLayer",
    "CircleLayer",
    "DataLayer",
    "FindingLayer",
    "FootprintLayer",
    "EditLayer",
    "MacroElement",
    "OutlineLayer",
    "PhotoLayer",
    "SideBySide",
    "SiteLayer",
    "TimeSlider",
    "ToolsLayer",
    "UnsafeShell",
    "own_path",
    "word",
]
