"""Figures for templates, as the maps' documents write them (``{% load figures %}``)."""

from __future__ import annotations

from decimal import Decimal

from django import template

from mapviews.amounts import number

register = template.Library()


@register.filter
def grouped(value: Decimal | int) -> str:
    """``1,555``; with ``{% blocktranslate count k=… with n=…|grouped %}`` the words are those of any other count."""
    return number(value)
