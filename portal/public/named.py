"""What somebody typed that is no name but a filter: 高中, 固始幼儿园, "kindergartens in Pucheng"; no query."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import override

from portal.public.listing import VOCABULARIES, Known
from projects_api.choices import Light, SchoolStage, Status
from projects_api.spelling import fold

Named = tuple[str, str]  # parameter of the list, value

# As people say it, beside the words of the filters themselves.
_EVERYDAY: dict[str, Named] = {
    "职中": ("stage", SchoolStage.VOCATIONAL),
    "职高": ("stage", SchoolStage.VOCATIONAL),
    "中职": ("stage", SchoolStage.VOCATIONAL),
    "初级中学": ("stage", SchoolStage.JUNIOR_HIGH),
    "高级中学": ("stage", SchoolStage.SENIOR_HIGH),
    "停工": ("status", Status.SUSPENDED),
    "延误": ("light", f"{Light.YELLOW},{Light.RED}"),
    "late": ("light", f"{Light.YELLOW},{Light.RED}"),
}
_FILLING = ("的", "学校", "项目", "schools", "projects", "school", "in", "near")
_KINDS_OF_PLACE = ("街道", "省", "市", "县", "区", "镇", "乡")
_SEVERAL: Named = ("", "")


def filters_named(typed: str, rows: Known) -> dict[str, str]:
    """The filters that the words name, parameter → value, where every word of them does; else nothing. No query."""
    left, known = fold(typed), _names(rows)
    chosen: dict[str, str] = {}
    while left:
        word = next((word for word in known if _begins(left, word)), "")
        if not word:
            return {}
        left = left[len(word) :].strip()
        name, value = known[word]
        if not name:
            continue
        if name in chosen and name not in VOCABULARIES:
            return {}  # two places at once is no filter
        chosen[name] = f"{chosen[name]},{value}" if name in chosen else value
    return chosen


def _begins(text: str, word: str) -> bool:
    """Chinese is written without spaces; a word of letters ends where it ends."""
    return text.startswith(word) and not (word[-1].isascii() and text[len(word) : len(word) + 1].strip())


def _names(rows: Known) -> dict[str, Named]:
    """Folded word → what it names, the longest first. A name that two divisions share names neither."""
    found: dict[str, Named] = dict.fromkeys(_FILLING, ("", ""))
    places: dict[str, Named] = {}
    for region in rows.regions.values():
        for name in _spoken(region.name_zh, region.name_en):
            places[name] = (
                ("region", region.code) if places.get(name, ("region", region.code))[1] == region.code else _SEVERAL
            )
    found |= {name: place for name, place in places.items() if place != _SEVERAL}
    for language in ("zh-hans", "en"):
        with override(language):
            for parameter, vocabulary in VOCABULARIES.items():
                found |= {fold(str(code.label)): (parameter, str(code.value)) for code in vocabulary}
    found |= {word: (name, str(value)) for word, (name, value) in _EVERYDAY.items()}
    return {word: found[word] for word in sorted(found, key=len, reverse=True) if word}


def _spoken(*names: str) -> Iterator[str]:
    for name in filter(None, names):
        yield fold(name)
        for ending in _KINDS_OF_PLACE:
            if name.endswith(ending) and len(name) - len(ending) >= 2:
                yield fold(name.removesuffix(ending))
                break
