"""The folium shells: maps of constant size that name assets and data addresses, and hold nothing else.

A shell is rendered once per process and taken apart into the assets to link, the map's element and the script that
starts it. Django's template puts the parts together; the script is served from a URL of its own, so that the page needs
neither inline script nor inline style.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import folium
from branca.element import Figure
from folium.template import Template

from mapviews.layers import DataLayer, UnsafeShell

MAX_ZOOM = 18
STATIC = Path(__file__).resolve().parent / "static"


class SiteMap(folium.Map):
    """folium's map without its inline styles, CDN assets and ``user-scalable=no``; named by ``#map-title``."""

    default_js = [
        ("leaflet", "vendor/leaflet/leaflet.js"),
        ("core", "mapviews/core.js"),
        ("asking", "mapviews/asking.js"),
    ]
    default_css = [("leaflet_css", "vendor/leaflet/leaflet.css"), ("map_css", "mapviews/map.css")]
    _template = Template(
        "{% macro html(this, kwargs) %}"
        '<div id={{ this.get_name()|tojson }} class="map" role="region" aria-labelledby="map-title"></div>'
        "{% endmacro %}"
        "{% macro script(this, kwargs) %}"
        "const {{ this.get_name() }} = L.map({{ this.get_name()|tojson }}, {{ this.options|tojavascript }});"
        "{% endmacro %}"
    )

    def __init__(self, key: str) -> None:
        # tiles=None leaves folium without a maximum zoom, and clusters need one.
        super().__init__(tiles=None, maxZoom=MAX_ZOOM, minZoom=2, prefer_canvas=True, zoomSnap=0.5, worldCopyJump=True)
        self._id = key  # fixed, not random: the script can be cached


@dataclass(frozen=True)
class Shell:
    """The parts of a rendered map: the static files it asks for, its element, and folium's script.

    The browser gets ``bundle`` and ``sheet``: all scripts in one file with ``boot`` at the end, all styles in another. Each
    file more delays the first marks by milliseconds. ``later`` is fetched when the marks stand: what nobody can have pressed
    before, and ``later_sheet``, its styles. ``version`` is the hash of all four. ``paths``: the addresses that its layers fetch
    from.
    """

    scripts: tuple[str, ...]
    styles: tuple[str, ...]
    later_scripts: tuple[str, ...]
    later_styles: tuple[str, ...]
    paths: tuple[str, ...]
    html: str
    boot: str

    @cached_property
    def bundle(self) -> bytes:
        return "\n".join([*(eager(_text(path)) for path in self.scripts), self.boot]).encode()

    @cached_property
    def later(self) -> bytes:
        return "\n".join(map(_text, self.later_scripts)).encode()

    @cached_property
    def later_sheet(self) -> bytes:
        return "\n".join(map(_text, self.later_styles)).encode()

    @cached_property
    def sheet(self) -> bytes:
        return "\n".join(map(_text, self.styles)).encode()

    @cached_property
    def version(self) -> str:
        return hashlib.sha256(self.bundle + self.sheet + self.later + self.later_sheet).hexdigest()[:12]


_FACTORY = re.compile(r"(\(this,)(function\(.*\})(\);\s*)\Z", re.DOTALL)


def eager(script: str) -> str:
    """The script with its module's factory in parentheses, which V8 reads at once while the script arrives.

    A bare function it only skims then, and reads again on the page's own thread when it is called (decision 0008).
    """
    return _FACTORY.sub(r"\1(\2)\3", script)


# A line that is a comment and nothing else: a tenth of what our own scripts and styles weigh on the wire.
_REMARK = re.compile(r"^[ \t]*(?://.*|/\*[^*]*\*/)\n", re.MULTILINE)


def _text(path: str) -> str:
    text = (STATIC / path).read_text(encoding="utf-8")
    return _REMARK.sub("", text) if path.startswith("mapviews/") else text


class _Assets(HTMLParser):
    """Collects the links that folium wrote into the header; refuses whatever is not a local static file."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts: list[str] = []
        self.styles: list[str] = []
        self.open_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "script" and values.get("src"):
            self.scripts.append(_local(values["src"] or ""))
            self.open_script = True
        elif tag == "link" and values.get("rel") == "stylesheet":
            self.styles.append(_local(values.get("href") or ""))
        elif tag != "meta" or values.get("http-equiv") != "content-type":
            raise UnsafeShell(f"folium wrote <{tag}> into the page's head")

    handle_startendtag = handle_starttag

    def handle_endtag(self, tag: str) -> None:
        self.open_script = False

    def handle_data(self, data: str) -> None:
        if data.strip():
            raise UnsafeShell("folium wrote inline text into the page's head")


def _local(path: str) -> str:
    parts = urlsplit(path)
    if parts.scheme or parts.netloc or path.startswith(("/", "\\")) or ".." in path:
        raise UnsafeShell(f"not a static file of ours: {path!r}")
    return path


def assemble(site_map: folium.Map) -> Shell:
    """Render a map and take it apart. ``UnsafeShell`` if its head asks for anything but static files of ours."""
    figure = site_map.get_root()
    if not isinstance(figure, Figure):
        raise UnsafeShell("the map has no figure of its own")
    for child in list(figure._children.values()):
        child.render()  # rendering is when folium collects links and scripts in the figure
    assets = _Assets()
    assets.feed(figure.header.render())
    assets.close()
    layers = [layer for layer in site_map._children.values() if isinstance(layer, DataLayer)]
    boot = f'"use strict";\n{figure.script.render().strip()}\n'
    return Shell(
        scripts=tuple(dict.fromkeys(assets.scripts)),
        styles=tuple(dict.fromkeys(assets.styles)),
        later_scripts=tuple(
            path
            for path in dict.fromkeys(_local(path) for layer in layers for path in layer.later_js)
            if path not in assets.scripts
        ),
        later_styles=tuple(dict.fromkeys(_local(path) for layer in layers for path in layer.later_css)),
        paths=tuple(dict.fromkeys(path for layer in layers for path in layer.documents)),
        html=figure.html.render().strip(),
        boot=boot,
    )
