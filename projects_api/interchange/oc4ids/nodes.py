"""A stranger's JSON, taken value by value: what is wrong is put down with its place, and reading goes on; pure."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from projects_api.bounds import EARLIEST, LATEST, MONEY_MAX
from projects_api.errors import FieldError, InvalidInput
from projects_api.text import clean_line, clean_text

# A day, with or without a time: the day as it is written is the day that is meant.
DAY = re.compile(r"(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2}))?", re.ASCII)
SLUG = re.compile(r"[-a-zA-Z0-9_]{1,60}", re.ASCII)
MOST = 2000  # of anything that one project has several of


class Node:
    """A value, where it stands (an RFC 6901 pointer), and the list that faults go to. A value that is absent has none."""

    __slots__ = ("faults", "pointer", "value")

    def __init__(self, value: Any, pointer: str, faults: list[FieldError]) -> None:
        self.value = value
        self.pointer = pointer
        self.faults = faults

    def fault(self, code: str, words: str) -> None:
        self.faults.append(FieldError(self.pointer, code, words))

    def member(self, name: str) -> Node:
        if self.value is not None and not isinstance(self.value, dict):
            self.fault("wrong_type", _("Expected an object."))
            self.value = None
        return Node((self.value or {}).get(name), f"{self.pointer}/{name}", self.faults)

    def at(self, *names: str) -> Node:
        found = self
        for name in names:
            found = found.member(name)
        return found

    def items(self) -> list[Node]:
        """The members of a list, each an object."""
        if self.value is None:
            return []
        if not isinstance(self.value, list):
            self.fault("wrong_type", _("Expected a list."))
            return []
        if len(self.value) > MOST:
            self.fault("too_many", _("At most %(max)s of these.") % {"max": MOST})
            return []
        found = [Node(value, f"{self.pointer}/{place}", self.faults) for place, value in enumerate(self.value)]
        for node in found:
            if not isinstance(node.value, dict):
                node.fault("wrong_type", _("Expected an object."))
                node.value = {}
        return found

    def by(self, name: str) -> dict[str, Node]:
        """The members of a list by one of their texts; a text that comes twice is a fault."""
        found: dict[str, Node] = {}
        for node in self.items():
            key = node.member(name).line(300)
            if key and found.setdefault(key, node) is not node:
                node.member(name).fault("duplicate", _("“%(text)s” comes twice.") % {"text": key})
        return found

    # --- values; "" or None where there is nothing ---

    def line(self, max_length: int) -> str:
        return self._text(clean_line, max_length)

    def prose(self, max_length: int) -> str:
        return self._text(clean_text, max_length)

    def _text(self, clean: Any, max_length: int) -> str:
        if self.value is None:
            return ""
        try:
            return str(clean(self.value, pointer=self.pointer, max_length=max_length, allow_blank=True))
        except InvalidInput as error:
            self.faults.extend(error.errors)
            return ""

    def choice(self, codes: Collection[str]) -> str:
        code = self.line(100)
        if code and code not in codes:
            self.fault(
                "unknown_code", _("“%(code)s” is not one of: %(codes)s") % {"code": code, "codes": ", ".join(codes)}
            )
            return ""
        return code

    def slug(self) -> str:
        key = self.line(60)
        if not SLUG.fullmatch(key):
            self.fault("invalid", _("Expected a key of letters, digits, hyphens and underscores."))
            return ""
        return key

    def day(self) -> date | None:
        if self.value is None:
            return None
        found = DAY.fullmatch(self.value) if isinstance(self.value, str) else None
        try:
            day = date.fromisoformat(found[1]) if found else None
        except ValueError:
            day = None
        if day is None or not EARLIEST <= day <= LATEST:
            words = _("Expected a date between %(low)s and %(high)s.") % {"low": EARLIEST, "high": LATEST}
            self.fault("not_a_date", words)
            return None
        return day

    def moment(self) -> datetime | None:
        if self.day() is None:
            return None
        try:
            found = datetime.fromisoformat(self.value)
        except ValueError:
            found = None
        if found is None or found.tzinfo is None:
            self.fault("not_a_time", _("Expected a time with its offset."))
            return None
        return found

    def number(self, high: Decimal, low: Decimal = Decimal(0)) -> Decimal | None:
        """With at most two decimals."""
        if self.value is None:
            return None
        if isinstance(self.value, bool) or not isinstance(self.value, (int, float)):
            self.fault("not_a_number", _("Expected a number."))
            return None
        found = Decimal(str(self.value))
        if not low <= found <= high or found != found.quantize(Decimal("0.01")):
            words = _("Expected a number between %(low)s and %(high)s with at most two decimals.")
            self.fault("out_of_range", words % {"low": low, "high": high})
            return None
        return found.quantize(Decimal("0.01"))

    def money(self, *, negative: bool = False) -> Decimal | None:
        return self.number(MONEY_MAX, -MONEY_MAX if negative else Decimal(0))

    def whole(self, high: int, low: int = 0) -> int | None:
        found = self.number(Decimal(high), Decimal(low))
        if found is not None and found != int(found):
            self.fault("not_a_number", _("Expected a whole number."))
            return None
        return None if found is None else int(found)
