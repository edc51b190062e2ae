"""Folium elements of our own. Each names what the browser is to fetch or read; none carries any text.

``SiteLayer`` and ``OutlineLayer`` name a URL of this site. The base map's URL and attribution are the operator's text,
so ``BaseMapLayer`` names nothing: the script reads them from a data block that Django wrote into the page.
"""

from __future__ import annotations

import re

from branca.element import MacroElement
from folium.elements import JSCSSMixin
from folium.template import Template

# An absolute path of this site without query: nothing that HTML, JavaScript or Jinja2 could take for its own.
_OWN_PATH = re.compile(r"/[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)*/?")


class UnsafeShell(ValueError):
    """Something was about to enter the folium shell that must not: foreign text, a foreign host, inline code."""


def own_path(path: str) -> str:
    """``path`` as it is if it is a plain absolute path of this site; ``UnsafeShell`` otherwise."""
    if not _OWN_PATH.fullmatch(path):
        raise UnsafeShell(f"not a plain path of this site: {path!r}")
    return path


class DataLayer(JSCSSMixin):
    """A layer whose data the browser fetches from ``paths``; the page's filters are added there, not here."""

    default_css: list[tuple[str, str]] = []
    function = ""
    _template = Template(
        "{% macro script(this, kwargs) %}"
        "SchoolWorks.{{ this.function }}({{ this._parent.get_name() }}"
        "{% for path in this.paths %}, {{ path|tojson }}{% endfor %});"
        "{% endmacro %}"
    )

    def __init__(self, *paths: str) -> None:
        super().__init__()
        self._name = type(self).__name__
        self.paths = [own_path(path) for path in paths]


class SiteLayer(DataLayer):
    """Marks and clusters of the sites of two columnar JSON documents (``mapviews.columns``): what to draw, then the words."""

    default_js = [
        ("clusters", "mapviews/clusters.js"),
        ("panel", "mapviews/panel.js"),
        ("sites", "mapviews/sites.js"),
    ]
    function = "sites"


class OutlineLayer(DataLayer):
    """County boundaries as a GeoJSON document."""

    default_js: list[tuple[str, str]] = []
    function = "outline"


class BaseMapLayer(JSCSSMixin):
    """The operator's base map, if there is one: address and attribution come from the page, not from here."""

    default_js: list[tuple[str, str]] = []
    default_css: list[tuple[str, str]] = []
    _template = Template(
        "{% macro script(this, kwargs) %}SchoolWorks.baseMap({{ this._parent.get_name() }});{% endmacro %}"
    )

    def __init__(self) -> None:
        super().__init__()
        self._name = "BaseMapLayer"


__all__ = ["BaseMapLayer", "DataLayer", "MacroElement", "OutlineLayer", "SiteLayer", "UnsafeShell", "own_path"]
