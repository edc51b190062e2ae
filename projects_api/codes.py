"""What a project is called, and whose it is by its name; pure. One rule for the interface, tables and packages.

``610526-2023-001``            the bureau's own: its code, a year, a number of three to five digits
``NYC-K001-b14a06``            taken over from another register: the bureau's code and what it is called there, up to six groups
                               of letters, digits and underscores. Digits alone could be meant for a year and a number: they are
                               one group, of six at least
``oc4ids-abc123-77``           taken over from another publisher's package, whole: the standard gives every publisher a prefix

So nobody writes under the code of a bureau but the bureau, whatever table the codes stand in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.utils.translation import gettext as _

MAX_LENGTH = 40
# What a column may hold at all (a CHECK of the table says the same): a code is a part of addresses and of files' names.
FORM = r"^[0-9A-Za-z][0-9A-Za-z_-]*$"
PUBLISHERS = "oc4ids-"
LAST_NUMBER = 99_999

_FORM = re.compile(FORM, re.ASCII)
_NUMBER = re.compile(r"\d{4}-(\d{3,5})", re.ASCII)
_ELSEWHERE = re.compile(r"\w+(-\w+){0,5}", re.ASCII)
_LIKE_A_NUMBER = re.compile(r"\d{1,5}|\d+-\d+", re.ASCII)
_SCHOOL = re.compile(r"[0-9A-Za-z]+(-[0-9A-Za-z]+){1,4}", re.ASCII)


def is_code(code: str, bureau: str) -> bool:
    """Whether a project of this bureau may be called so."""
    if not has_form(code):
        return False
    if code.startswith(PUBLISHERS):
        return True
    own, rest = f"{bureau}-", code.removeprefix(f"{bureau}-")
    if not code.startswith(own):
        return False
    return bool(_NUMBER.fullmatch(rest) or (_ELSEWHERE.fullmatch(rest) and not _LIKE_A_NUMBER.fullmatch(rest)))


def refusal(code: str, bureau: str) -> str:
    """Why a project of this bureau cannot be called so, in words; "" where it can."""
    if is_code(code, bureau):
        return ""
    words = _("“%(code)s” cannot be a code of this bureau; one looks like %(example)s")
    return words % {"code": code[:60], "example": f"{bureau}-2023-001"}


def school_refusal(code: str, bureau: str) -> str:
    """Why a school of this bureau cannot be called so, in words; "" where it can."""
    if len(code) <= MAX_LENGTH and _SCHOOL.fullmatch(code) and code.startswith(f"{bureau}-"):
        return ""
    return _("A code looks like %(example)s.") % {"example": f"{bureau}-S01"}


def has_form(code: str) -> bool:
    """Whether any project of any bureau may be called so."""
    return len(code) <= MAX_LENGTH and bool(_FORM.fullmatch(code))


def next_number(prefix: str, taken: Iterable[str]) -> int | None:
    """The number after the highest that stands behind ``prefix`` (``610526-2023-``); after the last there is the lowest free one.

    None when all are taken.
    """
    tails = [code.removeprefix(prefix) for code in taken]
    numbers = {int(tail) for tail in tails if tail.isascii() and tail.isdecimal() and len(tail) <= 5}
    highest = max(numbers, default=0)
    if highest < LAST_NUMBER:
        return highest + 1
    return next((number for number in range(1, LAST_NUMBER) if number not in numbers), None)
