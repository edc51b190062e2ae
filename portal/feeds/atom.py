"""Atom 1.0 with GeoRSS, by Django's own writer: what is added is what its writer leaves to chance."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from django.contrib.gis.feeds import GeoAtom1Feed
from django.utils.html import format_html_join

# What XML 1.0 cannot say, not even escaped. The record refuses most of it; an older import may hold some.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# A feed without entries was never updated; Atom wants a day all the same.
NEVER = datetime(2023, 1, 1, tzinfo=UTC)
MEDIA = "application/atom+xml; charset=utf-8"


@dataclass(frozen=True)
class Entry:
    """``key`` names it within the installation and never changes. ``point``: longitude, latitude."""

    key: str
    title: str
    lines: Sequence[str]
    address: str
    author: str
    updated: datetime
    published: datetime
    point: tuple[float, float] | None
    categories: Sequence[str] = ()


class _Atom(GeoAtom1Feed):
    def add_root_elements(self, handler: Any) -> None:
        """With the links to the feed's other pages (RFC 5005, 3)."""
        super().add_root_elements(handler)
        for rel, href in self.feed["pages"].items():
            handler.addQuickElement("link", "", {"rel": rel, "href": href})

    def latest_post_date(self) -> datetime:
        """Django's would be the time of asking where nothing is in it: each answer another one."""
        return max((item["updateddate"] for item in self.items), default=NEVER)


def written(
    entries: Sequence[Entry],
    *,
    key: str,
    title: str,
    subtitle: str,
    page: str,
    here: str,
    author: str,
    language: str,
    pages: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """The feed as text. ``page``: the address of what it is about; ``here``: its own; ``pages``: those of its other pages, by
    relation. Pure.
    """
    host = urlsplit(here).hostname or "localhost"
    feed = _Atom(
        title=clean(title),
        link=page,
        description="",
        subtitle=clean(subtitle),
        language=language,
        author_name=clean(author),
        feed_url=here,
        feed_guid=tag(host, key),
        pages=pages,
    )
    for entry in entries:
        feed.add_item(
            title=clean(entry.title),
            link=entry.address,
            description=format_html_join("", "<p>{}</p>", ((clean(line),) for line in entry.lines)),
            author_name=clean(entry.author),
            pubdate=entry.published,
            updateddate=entry.updated,
            unique_id=tag(host, entry.key),
            categories=[clean(word) for word in entry.categories if word],
            geometry=entry.point,
        )
    return feed.writeString("utf-8")


def tag(host: str, key: str) -> str:
    """RFC 4151: this host, which was this installation's in 2026, and what it calls the thing."""
    return f"tag:{host},2026:{key}"


def clean(text: str) -> str:
    """With a replacement character for each that no XML document may hold."""
    return _NO_XML.sub("\ufffd", text)
