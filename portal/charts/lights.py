"""How a traffic light looks, everywhere: shape, glyph and colour; the word stands beside it (``look.md``)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Light:
    """A shape and a glyph as SVG paths in a 24 × 24 box, with their colours. The word is the bureau's, beside it."""

    path: str
    fill: str
    stroke: str
    glyph: str
    ink: str


# Disc, triangle, octagon, dash (look.md): told apart in grey by outline, and disc from octagon by what is inside.
LIGHTS: dict[str, Light] = {
    "green": Light(
        "M12 1.5a10.5 10.5 0 1 1 0 21a10.5 10.5 0 1 1 0-21z", "#009e73", "#1d2429", "M7 12.4l3.6 3.6 6.4-7.6", "#ffffff"
    ),
    "yellow": Light("M12 .8L23.6 22.2H.4z", "#e69f00", "#1d2429", "M12 9v6.4M12 18v1.6", "#1d2429"),
    "red": Light(
        "M7.4 1h9.2L23 7.4v9.2L16.6 23H7.4L1 16.6V7.4z", "#d55e00", "#1d2429", "M8 8l8 8M16 8l-8 8", "#ffffff"
    ),
    "none": Light("M2.5 9h19v6h-19z", "none", "#6a7279", "", "#1d2429"),
}
