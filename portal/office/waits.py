"""What a stage waits for, as an official writes it: ``Foundations; Drawing review SS+10``. Both ways, without a loss.

A piece is a stage by its title in either language or by its key, then ``FS`` (finish to start, which may be left out) or ``SS``,
then ``+`` and working days. Pieces are parted by semicolons. A statutory term is a stage and calendar time: ``Completion
acceptance +15 days``, ``施工许可 +3个月``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from projects_api.schedule.network import MAX_LAG
from projects_api.wording import in_chinese

Named = tuple[str, str, str]  # key, Chinese and English title

_PIECE = re.compile(
    r"(?P<name>.*?)\s*(?:(?<![0-9a-z_-])(?P<kind>fs|ss|ff|sf))?\s*(?:(?P<sign>[+-])\s*(?P<lag>\d{1,6})\s*(?:days?|d|天|日|工日|个?工作日)?)?",
    re.IGNORECASE,
)
_UNIT = r"(?:days?|d|天|日|months?|个月|月)"
_TERM = re.compile(rf"(?P<name>.*?)\s*(?P<times>(?:\+?\s*\d{{1,6}}\s*{_UNIT}\s*)*)", re.IGNORECASE)
_TIME = re.compile(rf"(\d+)\s*({_UNIT})", re.IGNORECASE)


class Unreadable(Exception):
    """A piece that says nothing; the message tells the writer what to do."""


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


class Names:
    """What stages are called: by key and by either title, in any letter case. ``older``: what they were called before."""

    def __init__(self, stages: Iterable[Named], older: Iterable[Named] = ()) -> None:
        stages = list(stages)
        self._titles = {key: (zh, en) for key, zh, en in stages}
        self._keys: dict[str, set[str]] = {}
        for key, zh, en in stages:
            for title in filter(None, (_folded(zh), _folded(en))):
                self._keys.setdefault(title, set()).add(key)
        for key, zh, en in older:
            for title in (_folded(zh), _folded(en)):
                if key in self._titles and title:
                    self._keys.setdefault(title, {key})
        # A key is never ambiguous: it wins over any title.
        self._keys |= {_folded(key): {key} for key in self._titles if key}

    def __contains__(self, name: str) -> bool:
        return _folded(name) in self._keys

    def key_of(self, name: str) -> str:
        found = self._keys.get(_folded(name))
        if not found:
            raise Unreadable(_("There is no stage “%(key)s”.") % {"key": name})
        if len(found) > 1:
            keys = {"name": name, "keys": ", ".join(sorted(found))}
            raise Unreadable(_("More than one stage is called “%(name)s”. Write its key: %(keys)s.") % keys)
        return next(iter(found))

    def names_of(self, key: str) -> list[str]:
        """From the best for this reader: title in the language of the page, the other title, key."""
        zh, en = self._titles.get(key, ("", ""))
        return [name for name in ((zh, en) if in_chinese() else (en, zh)) if name] + [key]


def _pieces(text: str) -> list[str]:
    return [piece.strip() for piece in re.split(r"[;；\n]", text) if piece.strip()]


def read_links(text: str, names: Names) -> dict[str, dict[str, Any]]:
    """``{key: {"kind", "lag"}}`` as the API takes it. Raises Unreadable."""
    links: dict[str, dict[str, Any]] = {}
    for piece in _pieces(text):
        key, link = _link(piece, names)
        if key in links:
            raise Unreadable(_("“%(name)s” is listed twice.") % {"name": names.names_of(key)[0]})
        links[key] = link
    return links


def _link(piece: str, names: Names) -> tuple[str, dict[str, Any]]:
    if piece in names:
        return names.key_of(piece), {"kind": "FS", "lag": 0}
    found = _PIECE.fullmatch(unicodedata.normalize("NFKC", piece))
    if found is None:  # a line break of another script, say
        return names.key_of(piece), {}
    kind = (found["kind"] or "FS").upper()
    if kind not in ("FS", "SS"):
        raise Unreadable(_("A link is FS (finish to start) or SS (start to start)."))
    lag = int((found["sign"] or "") + (found["lag"] or "0"))
    if not 0 <= lag <= MAX_LAG:
        raise Unreadable(_("A lag is between 0 and %(max)s working days.") % {"max": MAX_LAG})
    return names.key_of(found["name"] or piece), {"kind": kind, "lag": lag}


def written_links(links: Mapping[str, Mapping[str, Any]], names: Names) -> str:
    """What `read_links` reads back as these links."""
    return ("；" if in_chinese() else "; ").join(_written(key, link, names) for key, link in links.items())


def _written(key: str, link: Mapping[str, Any], names: Names) -> str:
    kind, lag = link.get("kind", "FS"), link.get("lag", 0)
    tail = f" {kind}+{lag}" if lag else "" if kind == "FS" else f" {kind}"
    for name in names.names_of(key):
        try:
            if read_links(name + tail, names) == {key: {"kind": kind, "lag": lag}}:
                return name + tail
        except Unreadable:
            continue
    return key + tail


def read_limit(text: str, names: Names) -> dict[str, Any] | None:
    """``{"after", "days", "months"}`` as the API takes it, without a time where none was written. Raises Unreadable."""
    text = text.strip()
    if not text:
        return None
    if text in names:
        return {"after": names.key_of(text)}
    found = _TERM.fullmatch(unicodedata.normalize("NFKC", text))
    if found is None:
        return {"after": names.key_of(text)}
    limit: dict[str, Any] = {"after": names.key_of(found["name"] or text)}
    for number, unit in _TIME.findall(found["times"]):
        name = "months" if unit.lower().startswith("month") or "月" in unit else "days"
        if name in limit:
            raise Unreadable(_("One number of days and one of months at most."))
        limit[name] = int(number)
    return limit


def written_limit(limit: Mapping[str, Any] | None, names: Names) -> str:
    """What `read_limit` reads back as this term."""
    if not limit:
        return ""
    times = [_time(limit[name], name) for name in ("months", "days") if name in limit]
    tail = f" +{' '.join(times)}" if times else ""
    for name in names.names_of(limit["after"]):
        try:
            if read_limit(name + tail, names) == dict(limit):
                return name + tail
        except Unreadable:
            continue
    return f"{limit['after']}{tail}"


def _time(number: int, name: str) -> str:
    """Not a translation but the language's own words, which `_UNIT` reads whatever the page's language is."""
    if in_chinese():
        return f"{number}{'个月' if name == 'months' else '天'}"
    return f"{number} {name if number != 1 else name[:-1]}"
