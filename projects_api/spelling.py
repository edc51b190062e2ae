"""The ways in which a name is typed: Chinese, English, pinyin in full or by its initials, with tones and spaces or without; pure.

What is searched in is made once (`search_text`, a stored column of the projects); what is typed is folded the same way
(`search_words`), and every word of it must occur.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import lru_cache

MAX_WORDS = 8
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+")
_LONGEST = 40
_DROPPED = re.compile(r"['’`·•]")


def search_text(*texts: str) -> str:
    """Every way to type the ``texts``, one a line, each line after a line break: so ``"\\n" + word`` finds a beginning.

    As written and without spaces; Chinese also as pinyin (``pucheng``) and initials (``pc``), with ``ü`` as ``v`` and as
    ``u``. 0.2 ms for a Chinese title that was not asked for lately.
    """
    lines: dict[str, None] = {}
    for text in texts:
        folded = fold(text)
        lines |= dict.fromkeys((folded, folded.replace(" ", "")))
        if _HAN.search(folded):
            lines |= dict.fromkeys(_pinyin(folded))
    return "".join(f"\n{line}" for line in lines if line)


def search_words(typed: str) -> list[str]:
    """The words of what somebody typed, as they stand in `search_text`; at most eight.

    Of signs alone (``'``) folding leaves nothing, and nothing would find everything: they stay, and occur nowhere.
    """
    return fold(typed).split()[:MAX_WORDS] or typed.split()[:1]


def fold(text: str) -> str:
    """Small letters without accents, apostrophes and full-width forms; one space between words."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    return " ".join(_DROPPED.sub("", unicodedata.normalize("NFC", plain)).split())


def finds(words: Iterable[str], text: str) -> bool:
    """Whether all the words occur in a `search_text`."""
    return all(word in text for word in words)


def near_spelling(typed: str, names: Iterable[str]) -> str:
    """What somebody may have meant who found nothing: words that occur in no name are replaced by one that nearly does.

    Other characters of the same sound (浦城: 蒲城), a number in digits (11小学: 十一小学), a name cut short (职教中心:
    职业教育中心), a slip of the fingers in a word or in pinyin (``puchegn``: ``pucheng``). Where each word occurs, but never with
    the others, the rarest alone. Empty where nothing is near. At most `MAX_WORDS` words; a few milliseconds per thousand names.
    """
    texts = {search_text(name): name for name in names}
    whole = "\n".join(texts)
    known: list[str] | None = None
    meant = []
    for word in search_words(typed[:_LONGEST]):
        if word in whole:
            meant.append(word)
            continue
        in_han = _HAN.search(word) and (
            _in_numerals(word, whole) or _of_the_same_sound(word, texts) or _in_full(word, texts.values())
        )
        if in_han:
            meant.append(in_han)
            continue
        if known is None:
            known = list({part for text in texts for part in re.split(r"[\n ]", text) if 3 <= len(part) <= _LONGEST})
        near = get_close_matches(word, known, n=1, cutoff=0.75) if len(word) > 2 else []
        if not near:
            return ""
        meant.append(near[0])
    said = " ".join(meant)
    if said != fold(typed):
        return said
    return min(meant, key=lambda word: sum(word in text for text in texts)) if len(meant) > 1 else ""


_NUMBER = re.compile(r"[1-9][0-9]?(?![0-9])")
_NUMERALS = "零一二三四五六七八九"


def _in_numerals(word: str, whole: str) -> str:
    """第11小学 as schools are named: 第十一小学."""
    found = _NUMBER.sub(lambda number: _numeral(int(number[0])), word)
    return found if found != word and found in whole else ""


def _numeral(number: int) -> str:
    tens, ones = divmod(number, 10)
    return f"{_NUMERALS[tens] if tens > 1 else ''}{'十' if tens else ''}{_NUMERALS[ones] if ones else ''}"


def _of_the_same_sound(word: str, texts: Mapping[str, str]) -> str:
    """The characters of a name that are read as these are; of one character alone too many are."""
    sounds = {sound for sound in _pinyin(word) if len(sound) > 3}
    for text, name in texts.items():
        if any(sound in text for sound in sounds):
            parts = [part for run in _HAN.findall(name) for part in _windows(run, len(word))]
            if found := next((part for part in parts if sounds & set(_pinyin(part))), ""):
                return found
    return ""


def _windows(run: str, length: int) -> list[str]:
    return [run[start : start + length] for start in range(len(run) - length + 1)]


def _in_full(word: str, names: Iterable[str]) -> str:
    """The shortest part of a name that has these characters in their order: at least three, most of the part."""
    if len(word) < 3 or not _HAN.fullmatch(word):
        return ""
    spread = re.compile("[\u3400-\u9fff]{0,3}?".join(map(re.escape, word)))
    found = {match[0] for name in names for match in spread.finditer(name)}
    near = [part for part in found if len(part) <= 2 * len(word)]
    return min(near, key=lambda part: (len(part), part)) if near else ""


@lru_cache(maxsize=4096)
def _pinyin(text: str) -> tuple[str, ...]:
    # The dictionary takes a quarter of a second and 40 MB: a record in English never needs it.
    from pypinyin import lazy_pinyin

    syllables = [part for part in lazy_pinyin(text) if part != " "]
    one_by_one = [part for char in text if char != " " for part in lazy_pinyin(char)]
    found: dict[str, None] = {}
    # By the dictionary of phrases (重庆 chongqing), and as each character is read alone.
    for reading in (syllables, one_by_one):
        full = "".join(reading).replace(" ", "")
        initials = "".join(part if _DIGITS.fullmatch(part) else part[0] for part in reading if part)
        found |= dict.fromkeys((full, full.replace("v", "u"), initials))
    return tuple(found)


_DIGITS = re.compile(r"[0-9]+")
