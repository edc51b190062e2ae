"""Regions and schools: reads."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from django.db.models import Prefetch, Q, QuerySet

from projects_api.models import Region, School, SchoolEvent
from projects_api.spelling import search_words

AnyPlace = TypeVar("AnyPlace", Region, School)


def region_prefix(code: str) -> str:
    """What the codes of a division and of everything in it begin with.

    GB/T 2260: provinces end in 0000, prefectures in 00; townships extend the county's six digits. Codes of other
    countries' mappings (``NYC``, ``NYC-D08``) have no such zeros and are prefixes as they are.
    """
    if len(code) == 6 and code.isdigit():
        return code[:2] if code.endswith("0000") else code[:4] if code.endswith("00") else code
    return code


def within_region(path: str, code: str) -> Q:
    """Rows whose region code (at ``path``) is the division ``code`` or lies in it."""
    return Q(**{f"{path}__startswith": region_prefix(code)})


def named(rows: QuerySet[AnyPlace], typed: str) -> QuerySet[AnyPlace]:
    """Regions or schools whose name has every word of what somebody typed: Chinese, English, pinyin, initials."""
    for word in search_words(typed):
        rows = rows.filter(search_text__contains=word)
    return rows


def regions() -> QuerySet[Region]:
    return Region.objects.select_related("parent").order_by("code")


def region_names(codes: Iterable[str]) -> dict[str, str]:
    """The names of divisions in the reader's language, by code. One query."""
    found = Region.objects.filter(code__in=set(codes)).defer("boundary", "point")
    return {region.code: region.name for region in found}


def schools() -> QuerySet[School]:
    """Schools in use or planned, with their events; archived ones are history and not listed."""
    events = SchoolEvent.objects.order_by("number")
    return (
        School.objects.filter(archived_at__isnull=True)
        .select_related("bureau", "region")
        .prefetch_related(Prefetch("events", queryset=events))
        .order_by("code")
    )
