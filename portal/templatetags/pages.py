"""Formats for templates (``{% load pages %}``): the words are those of ``projects_api.wording``."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import orjson
from django import template
from django.template.base import Parser, Token
from django.template.loader_tags import BLOCK_CONTEXT_KEY
from django.utils import timezone
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from projects_api import wording as words
from projects_api.late_words import slip_words

register = template.Library()

register.filter("grouped", words.grouped)
register.filter("area", words.area)

# A run of Chinese: from its first character to its last, over figures and signs, not over Latin words or markup.
_CHINESE = re.compile(r"[\u3400-\u9fff](?:[^A-Za-z<>&]*[\u3400-\u9fff])?[\u3001\u3002\uff01\uff09\uff1b\uff1f]?")


@register.filter
def chinese(value: Any) -> SafeString:
    """A text of the record: on a page in another language what is Chinese says so, for voices and fonts (WCAG 3.1.2)."""
    text = conditional_escape(value)
    if (get_language() or "").startswith("zh"):
        return text
    return mark_safe(_CHINESE.sub(lambda run: f'<span lang="zh-Hans">{run[0]}</span>', text))  # noqa: S308 - escaped above


@register.filter
def day(value: date | None) -> SafeString | str:
    """A date as a ``<time>`` element, readable for people and programs; a dash for none."""
    if value is None:
        return format_html('<span class="quiet">{}</span>', "–")
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), words.day(value))


@register.filter
def local_day(value: datetime) -> str:
    """The day of a moment in the installation's time zone."""
    return words.day(timezone.localtime(value).date())


@register.filter
def moment(value: datetime) -> SafeString:
    return format_html('<time datetime="{}">{}</time>', timezone.localtime(value).isoformat(), words.moment(value))


@register.filter
def money(amount: Decimal | None, currency: Any = "CNY") -> str:
    return words.money(amount, str(currency))


# A milestone's state as a shape in a 16 × 16 box; the word always stands beside it.
_STATE_SHAPES = {
    "scheduled": '<circle cx="8" cy="8" r="6" class="state-line"/>',
    "in_progress": '<circle cx="8" cy="8" r="6" class="state-line"/><path d="M8 2a6 6 0 0 1 0 12z" class="state-fill"/>',
    "reported": '<circle cx="8" cy="8" r="6" class="state-line"/><circle cx="8" cy="8" r="3" class="state-fill"/>',
    "met": '<circle cx="8" cy="8" r="7" class="state-done"/><path d="M4.5 8.2l2.4 2.4 4.6-5" class="state-tick"/>',
    "not_met": '<path d="M3 3l10 10M13 3L3 13" class="state-cross"/>',
    "not_applicable": '<path d="M3 8h10" class="state-dash"/>',
    "overdue": '<path d="M8 1.2l7 13.2H1z" class="state-late"/><path d="M8 6v4M8 12v.6" class="state-bang"/>',
}


@register.simple_tag
def state_mark(looks: str, word: str) -> SafeString:
    """A milestone's state as shape and word; ``looks`` is a state's code or ``overdue``."""
    shape = SafeString(_STATE_SHAPES.get(looks, ""))
    return format_html(
        '<span class="state"><svg class="state-mark" viewBox="0 0 16 16" aria-hidden="true" focusable="false">{}</svg>'
        "<span>{}</span></span>",
        shape,
        word,
    )


@register.simple_tag
def state_symbols() -> SafeString:
    """The same shapes for scripts to use: ``<use href="#state-met">``."""
    return SafeString(
        "".join(f'<symbol id="state-{name}" viewBox="0 0 16 16">{s}</symbol>' for name, s in _STATE_SHAPES.items())
    )


@register.filter
def slip(days: int, done: bool = False) -> str:
    """``12 days late``; negative days are early."""
    return slip_words(days, bool(done))


# As Django's json_script does it: nothing in a data block ends it.
_ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


@register.simple_tag
def json_ld(facts: dict[str, Any]) -> SafeString:
    """Facts for search engines (schema.org). A data block: no policy takes it for a script."""
    said = {"@context": "https://schema.org", **facts}
    text = orjson.dumps(said).decode().translate(_ESCAPES)
    return format_html('<script type="application/ld+json">{}</script>', SafeString(text))


class _Again(template.Node):
    def __init__(self, name: str) -> None:
        self.name = name

    def render(self, context: template.Context) -> str:
        block = context.render_context[BLOCK_CONTEXT_KEY].get_block(self.name)
        return SafeString(str(block.render(context)).replace('"', "&quot;")) if block else ""


@register.tag
def again(parser: Parser, token: Token) -> template.Node:
    """``{% again "title" %}``: what the page put into a block, once more, for an attribute."""
    _tag, name = token.split_contents()
    return _Again(name.strip("\"'"))
