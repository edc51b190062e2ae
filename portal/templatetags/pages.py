"""Formats for templates (``{% load pages %}``): the words are those of ``portal.public.words``."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from portal.public import words

register = template.Library()

register.filter("grouped", words.grouped)
register.filter("area", words.area)


@register.filter
def day(value: date | None) -> SafeString | str:
    """A date as a ``<time>`` element, readable for people and programs; a dash for none."""
    if value is None:
        return format_html('<span class="quiet">{}</span>', "–")
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), words.day(value))


@register.filter
def moment(value: datetime) -> SafeString:
    return format_html('<time datetime="{}">{}</time>', timezone.localtime(value).isoformat(), words.moment(value))


@register.filter
def money(amount: Decimal | None, currency: Any = "CNY") -> str:
    return words.money(amount, str(currency))
