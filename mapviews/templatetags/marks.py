"""Marks for templates: the same shapes, colours and glyphs as on the map (``{% load marks %}``).

No inline style: presentation attributes and classes only, which the content security policy allows.
"""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from mapviews import styles
from projects_api.choices import Light, SchoolStage, Status

register = template.Library()


@register.simple_tag
def status_shape(status: str, stage: str = "", approximate: bool = False) -> SafeString:
    """The mark alone, for where the word stands beside it already. Hidden from screen readers."""
    style = styles.STATUS_STYLES.get(status)
    if style is None:
        return SafeString("")
    text = ""
    if character := styles.glyph(stage):
        text = format_html(
            '<text x="12" y="{}" fill="{}" class="mark-glyph">{}</text>', style.glyph_y, style.ink, character
        )
    return format_html(
        '<svg class="mark{}" viewBox="-1 -1 26 26" aria-hidden="true" focusable="false">'
        '<path d="{}" class="mark-halo"/><path d="{}" class="mark-shape" fill="{}" stroke="{}"/>{}</svg>',
        " mark-approximate" if approximate else "",
        style.path,
        style.path,
        style.fill,
        style.stroke,
        text,
    )


@register.simple_tag
def status_mark(status: str, stage: str = "") -> SafeString:
    """A status as mark and word: ``{% status_mark project.status %}``, with the stage's glyph if a stage is given."""
    if status not in Status.values:
        return SafeString("")
    return format_html(
        '<span class="status">{}<span class="status-word">{}</span></span>',
        status_shape(status, stage),
        Status(status).label,
    )


@register.simple_tag
def stage_glyph(stage: str) -> SafeString:
    """A school stage as glyph and word: ``{% stage_glyph project.stage %}``."""
    if stage not in SchoolStage.values:
        return SafeString("")
    return format_html(
        '<span class="stage"><span class="stage-glyph" aria-hidden="true">{}</span> {}</span>',
        styles.glyph(stage),
        SchoolStage(stage).label,
    )


@register.simple_tag
def light_mark(light: str) -> SafeString:
    """A traffic light as shape and word: ``{% light_mark row.light %}``."""
    style = styles.LIGHT_STYLES.get(light)
    if style is None:
        return SafeString("")
    glyph = format_html('<path d="{}" class="light-glyph" stroke="{}"/>', style.glyph, style.ink) if style.glyph else ""
    return format_html(
        '<span class="light-word"><svg class="light" viewBox="-1 -1 26 26" aria-hidden="true" focusable="false">'
        '<path d="{}" fill="{}" stroke="{}" stroke-width="1.6" stroke-linejoin="round"/>{}</svg> {}</span>',
        style.path,
        style.fill,
        style.stroke,
        glyph,
        Light(light).label,
    )
