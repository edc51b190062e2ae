"""Second line of defence against template injection through folium (mechanism 7 in the architecture).

branca wraps text that a template has *already rendered* in ``Element(text)``, whose constructor compiles that text as a
Jinja2 template once more: ``{{…}}`` in anything a user typed would run on the server. The first line is that no such
text ever reaches folium. The second is here: a plain ``Element`` keeps its text as it is.

The constructor itself is changed, not the name ``Element`` in each module, so that no module of folium that imports the
class under another name, and none added in a new version, escapes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from branca.element import Element

# The one text that branca itself passes to a plain Element as a template: a Div's loop over its children (branca 0.8).
_BRANCA_OWN_TEMPLATES = frozenset(
    {"{% for name, element in this._children.items() %}{{element.render(**kwargs)}}{% endfor %}"}
)


class Literal:
    """Stands where branca expects a compiled template, and gives back the text it was made with."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.module = self

    def render(self, *args: Any, **kwargs: Any) -> str:
        return self.text


def _is_rendered_text(element: Element, text: object) -> bool:
    return type(element) is Element and isinstance(text, str) and text not in _BRANCA_OWN_TEMPLATES


def disarm() -> None:
    """Make ``branca.element.Element(text)`` literal. Calling it again does nothing."""
    if is_disarmed():
        return
    armed_init: Callable[..., None] = Element.__init__
    armed_setstate: Callable[..., None] = Element.__setstate__

    def __init__(self: Element, template: str | None = None, template_name: str | None = None) -> None:
        literal = _is_rendered_text(self, template)
        armed_init(self, None if literal else template, template_name)
        if literal and template is not None:
            self._template_str = template
            self._template = Literal(template)

    def __setstate__(self: Element, state: dict[str, Any]) -> None:
        text = state.get("_template_str")
        literal = _is_rendered_text(self, text)
        armed_setstate(self, {**state, "_template_str": None} if literal else state)
        if literal and isinstance(text, str):
            self._template_str = text
            self._template = Literal(text)

    __init__.disarmed = True  # type: ignore[attr-defined]
    Element.__init__ = __init__
    Element.__setstate__ = __setstate__


def is_disarmed() -> bool:
    return getattr(Element.__init__, "disarmed", False) is True
