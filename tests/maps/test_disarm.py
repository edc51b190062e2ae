"""branca must not compile rendered text as a template again, in any module of any folium version we install.

The product never hands text to folium; this is the second line of defence (mechanism 7).
"""

from __future__ import annotations

import ast
import pickle
from pathlib import Path

import branca
import folium
import folium.plugins
import pytest
from branca.element import Element, Html, IFrame

from mapviews import disarm

ATTACK = "{{7*14285714285713}}"
RESULT = "99999999999991"  # long enough to stand in no random name by chance

# Every place in branca and folium that compiles a template from something other than a literal: reviewed by hand.
# The first two of branca are the constructor that we disarm; folium's two concatenate constants of its own.
KNOWN_COMPILERS = {
    ("branca/element.py", "Template(template)"),
    ("branca/element.py", "Template(state['_template_str'])"),
    ("branca/element.py", "ENV.get_template(template_name)"),
    ("branca/element.py", "ENV.get_template(state['_template_name'])"),
    ("folium/features.py", "Template(GeoJsonTooltip)"),
    ("folium/features.py", "Template(GeoJsonPopup)"),
}


def everything_folium_renders(text: str) -> str:
    """A map with the text in every place where folium takes text."""
    shape = {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": {"title": text}, "geometry": {"type": "Point", "coordinates": [109, 34]}}
        ],
    }
    site_map = folium.Map(location=[34, 109], tiles="https://tiles.invalid/{z}/{x}/{y}", attr=text)
    group = folium.FeatureGroup(name=text).add_to(site_map)
    folium.Marker([34, 109], popup=text, tooltip=text, icon=folium.DivIcon(html=text)).add_to(group)
    folium.Marker([34, 109], popup=folium.Popup(Html(text, script=True)), tooltip=folium.Tooltip(text)).add_to(group)
    folium.CircleMarker([34, 109], popup=folium.Popup(IFrame(text)), tooltip=text).add_to(site_map)
    folium.GeoJson(
        shape, name=text, tooltip=folium.GeoJsonTooltip(["title"], aliases=[text]),
        popup=folium.GeoJsonPopup(["title"], aliases=[text]),
    ).add_to(site_map)  # fmt: skip
    cluster = folium.plugins.MarkerCluster(name=text).add_to(site_map)
    folium.Marker([34, 109], popup=text).add_to(cluster)
    folium.plugins.FastMarkerCluster([[34, 109, text]]).add_to(site_map)
    folium.LayerControl().add_to(site_map)
    site_map.get_root().html.add_child(Element(text))
    site_map.get_root().header.add_child(Element(text))
    site_map.get_root().script.add_child(Element(text))
    return str(site_map.get_root().render())


def test_nothing_that_folium_renders_runs_as_a_template() -> None:
    page = everything_folium_renders(ATTACK)
    assert ATTACK in page, "the text itself must arrive, or the test proves nothing"
    assert RESULT not in page


def test_a_broken_tag_in_text_does_not_break_the_map() -> None:
    assert "{% b" in everything_folium_renders("{% b")


def test_the_attack_is_real_where_branca_is_armed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: without the disarming, the same text runs."""
    monkeypatch.setattr(disarm, "_is_rendered_text", lambda element, text: False)
    assert RESULT in Element(ATTACK).render()


def test_text_stays_text_through_a_pickle() -> None:
    assert pickle.loads(pickle.dumps(Element(ATTACK))).render() == ATTACK


def test_elements_still_render_their_children_and_own_templates() -> None:
    parent = Element()
    parent.add_child(Element("child"))
    assert "child" in parent.render()


def test_no_new_place_compiles_templates_from_variables() -> None:
    """A new folium or branca that compiles text elsewhere fails here, and is read before it is let in."""
    found = set()
    for package in (folium, branca):
        root = Path(package.__file__ or "").parent
        for file in root.rglob("*.py"):
            for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(call, ast.Call) and _compiles(call):
                    words = ast.unparse(call)
                    for own, call_name in (("GeoJsonTooltip", "bindTooltip"), ("GeoJsonPopup", "bindPopup")):
                        words = f"Template({own})" if f".{call_name}('" in words and "base_template" in words else words
                    found.add((str(file.relative_to(root.parent)), words))
    assert found == KNOWN_COMPILERS


def _compiles(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    compiles = name in {"Template", "from_string", "get_template", "render_template"}
    return compiles and not (call.args and isinstance(call.args[0], ast.Constant))
