"""The folium shell: constant, local, without inline code, and closed to text."""

from __future__ import annotations

import dataclasses

import folium
import folium.plugins
import pytest
from branca.element import CssLink, Element, JavascriptLink

from mapviews.layers import DataLayer, SiteLayer, UnsafeShell
from mapviews.maps import VIEWS, MapView
from mapviews.shells import SiteMap, assemble, eager


def test_the_shell_names_local_files_and_data_addresses_only() -> None:
    shell = VIEWS["status"].shell
    assert shell.scripts[:2] == ("vendor/leaflet/leaflet.js", "mapviews/core.js")
    assert "mapviews/clusters.js" in shell.scripts
    assert shell.styles == ("vendor/leaflet/leaflet.css", "mapviews/map.css")
    assert "/maps/marks.json" in shell.boot
    assert "/maps/sites.json" in shell.boot
    assert "/maps/outline.geojson" in shell.boot


@pytest.mark.parametrize("view", VIEWS.values(), ids=list(VIEWS))
def test_no_map_names_another_host_or_holds_inline_code(view: MapView) -> None:
    assert "http" not in view.shell.boot + view.shell.html
    assert "style=" not in view.shell.html
    assert "<script" not in view.shell.html


@pytest.mark.parametrize("view", VIEWS.values(), ids=list(VIEWS))
def test_the_shell_is_the_same_every_time_so_that_its_script_can_be_cached(view: MapView) -> None:
    assert dataclasses.replace(view).shell == view.shell


@pytest.mark.parametrize("word", ["`${1}`", "{{7*191}}", "light'", "Light", ""])
def test_a_layer_takes_words_of_the_scripts_and_nothing_else(word: str) -> None:
    with pytest.raises(UnsafeShell):
        SiteLayer("/maps/marks.json", paint=word)


def test_a_module_factory_is_read_while_it_arrives() -> None:
    """Leaflet comes with its factory in parentheses; a script of another form as it is."""
    bundle = VIEWS["status"].shell.bundle.decode()
    assert "(this,(function(t){" in bundle and "window.L=t}));" in bundle
    assert eager("(function () {\n  run(this);\n})();\n") == "(function () {\n  run(this);\n})();\n"


@pytest.mark.parametrize(
    "path",
    [
        "/maps/sites.json?q={{7*191}}",
        "//elsewhere.example/sites.json",
        "https://elsewhere.example/sites.json",
        "/maps/`${1}`",
        "/maps/</script>",
        "sites.json",
        "/maps/{% b",
    ],
)
def test_a_layer_takes_a_plain_path_of_this_site_and_nothing_else(path: str) -> None:
    with pytest.raises(UnsafeShell):
        SiteLayer(path)


@pytest.mark.parametrize(
    "element",
    [
        JavascriptLink("https://cdn.example/x.js"),
        JavascriptLink("//cdn.example/x.js"),
        CssLink("https://cdn.example/x.css"),
        CssLink("../secrets.css"),
        Element("<style>body { color: red }</style>"),
        Element("<script>alert(1)</script>"),
        Element('<meta name="viewport" content="user-scalable=no">'),
    ],
)
def test_foreign_hosts_and_inline_code_in_the_head_are_refused(element: Element) -> None:
    site_map = SiteMap("trial")
    site_map.get_root().header.add_child(element)
    with pytest.raises(UnsafeShell):
        assemble(site_map)


def test_stock_folium_does_not_pass() -> None:
    """folium's own map brings CDN links, inline styles and a viewport that forbids zooming."""
    with pytest.raises(UnsafeShell):
        assemble(folium.Map(tiles=None))


def test_stock_layers_do_not_pass_either() -> None:
    site_map = SiteMap("trial")
    folium.plugins.MarkerCluster().add_to(site_map)
    with pytest.raises(UnsafeShell):
        assemble(site_map)


def test_every_layer_of_ours_holds_a_path_and_no_other_text() -> None:
    layer = DataLayer("/maps/sites.json")
    assert set(vars(layer)) - set(vars(Element())) == {"paths", "words"}
