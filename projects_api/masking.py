"""What in a text may say who somebody is or how to reach them: numbers of telephones and papers, addresses of mail; pure.

For what strangers write and everybody will read. It finds more than it should rather than less: a person looks at what was found
and may show it after all. Names it cannot find.
"""

from __future__ import annotations

import re

MASK = "[***]"
_DIGIT = r"[0-9０-９]"
_GAP = r"[ \t\u00a0\u3000.·\-–—－()（）]{0,2}"
_SPOKEN = "零〇一二三四五六七八九幺两壹贰叁肆伍陆柒捌玖"
# What looks like such a number and is none: a project's code, a day, an amount of money.
_HARMLESS = re.compile(
    r"(?<![0-9])(?:[0-9]{6}-[0-9]{4}-[0-9]{3}|(?:19|20)[0-9]{2}[-./年][0-9]{1,2}[-./月][0-9]{1,2}日?)(?![0-9])"
)
_FINDERS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("email", re.compile(r"[\w.+%-]+\s?[@＠]\s?[\w-]+(?:\s?[.．。]\s?[\w-]+)+")),
    ("id", re.compile(rf"(?<!{_DIGIT})(?:{_DIGIT}{_GAP}){{17}}[0-9０-９XxＸｘ]")),
    ("number", re.compile(rf"\+?{_DIGIT}(?:{_GAP}{_DIGIT}){{6,}}")),
    ("number", re.compile(rf"[{_SPOKEN}](?:\s?[{_SPOKEN}]){{6,}}")),
)


def find(text: str) -> list[tuple[int, int, str]]:
    """(start, end, kind) of what is to be masked, in order, none overlapping. Kinds: ``email``, ``id``, ``number``."""
    taken = [(m.start(), m.end(), "") for m in _HARMLESS.finditer(text)]
    found: list[tuple[int, int, str]] = []
    for kind, pattern in _FINDERS:
        for match in pattern.finditer(text):
            start, end = match.span()
            if all(end <= s or start >= e for s, e, _kind in taken):
                taken.append((start, end, kind))
                found.append((start, end, kind))
    return sorted(found)


def mask(text: str) -> str:
    """The text with `MASK` in the place of each of them."""
    parts, last = [], 0
    for start, end, _kind in find(text):
        parts += [text[last:start], MASK]
        last = end
    return "".join(parts) + text[last:]
