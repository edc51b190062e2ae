"""What stands across every page of an internal sheet, above all that is drawn on it. Pure."""

from __future__ import annotations

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

PAGES = {"A4": (297.0, 210.0), "A3": (420.0, 297.0)}
INK, EDGE = 0.15, 0.3  # how much of what lies below the letters and their edges cover


def watermark(text: str, paper: str) -> SafeString | str:
    """The text three times from corner to corner, as an SVG of the whole page; nothing for no text.

    Dark letters with a light edge: one of both is seen on any ground. Over the drawing, since areas are opaque, and so pale
    that what lies below can be read.
    """
    if not text:
        return ""
    width, height = PAGES[paper]
    size = min(width / 31, 0.75 * width / sum(1 if ord(letter) > 0x2E7F else 0.56 for letter in text))
    lines = "".join(
        f'<text x="{width * across:.1f}" y="{height * down:.1f}" text-anchor="middle" font-size="{size:.2f}"'
        f' transform="rotate(-24 {width * across:.1f} {height * down:.1f})">{escape(text)}</text>'
        for across, down in ((0.4, 0.27), (0.5, 0.55), (0.6, 0.83))
    )
    edge = f'stroke="#ffffff" stroke-width="{size * 0.14:.2f}" stroke-opacity="{EDGE}" fill="none"'
    return mark_safe(  # noqa: S308 - the text is escaped above
        f'<svg width="{width}mm" height="{height}mm" viewBox="0 0 {width} {height}">'
        f'<g {edge}>{lines}</g><g fill="#1d2429" fill-opacity="{INK}">{lines}</g></svg>'
    )
