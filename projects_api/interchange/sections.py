"""Reading the tables of a TOML file with clear refusals: every key is known, every value has its type."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from django.utils.translation import gettext as _


class MappingError(Exception):
    """The mapping cannot be used; the message names the file, the table and the key."""


class Section:
    """One TOML table. ``text``, ``flag`` … take a key out; ``done`` refuses what is left over."""

    def __init__(self, file: str, path: str, data: object) -> None:
        self.file = file
        self.path = path
        if not isinstance(data, dict):
            raise MappingError(_("%(where)s must be a table.") % {"where": self.where()})
        self._data: dict[str, Any] = dict(data)

    def where(self, key: str = "") -> str:
        return f"{self.file}: [{self.path}]" + (f" {key}" if key else "")

    def fail(self, key: str, message: str) -> MappingError:
        return MappingError(f"{self.where(key)}: {message}")

    def take(self, key: str, kind: type | tuple[type, ...], default: Any = ..., *, words: str = "") -> Any:
        if key not in self._data:
            if default is ...:
                raise self.fail(key, _("is missing"))
            return default
        value = self._data.pop(key)
        kinds = kind if isinstance(kind, tuple) else (kind,)
        # bool is an int to Python, but not to a reader of TOML.
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            raise self.fail(key, _("must be %(words)s") % {"words": words or getattr(kind, "__name__", "")})
        return value

    def text(self, key: str, default: Any = ...) -> str:
        value: str = self.take(key, str, default, words=_("text"))
        return value

    def flag(self, key: str, default: bool) -> bool:
        value: bool = self.take(key, bool, default, words=_("true or false"))
        return value

    def whole(self, key: str, default: Any = ..., *, low: int = 0, high: int = 100) -> int:
        value: int = self.take(key, int, default, words=_("a whole number"))
        if not low <= value <= high:
            raise self.fail(key, _("must lie between %(low)d and %(high)d") % {"low": low, "high": high})
        return value

    def texts(self, key: str, default: Any = ...) -> tuple[str, ...]:
        value = self.take(key, list, default, words=_("a list of texts"))
        if not all(isinstance(item, str) for item in value):
            raise self.fail(key, _("must be a list of texts"))
        return tuple(value)

    def choice(self, key: str, allowed: Iterable[str], default: Any = ...) -> str:
        value = self.text(key, default)
        if value not in set(allowed) and value != default:
            raise self.fail(
                key, _("“%(value)s” is not one of: %(known)s") % {"value": value, "known": ", ".join(allowed)}
            )
        return value

    def pattern(self, key: str, default: Any = ...) -> re.Pattern[str]:
        return compiled(self, key, self.text(key, default))

    def section(self, key: str) -> Section | None:
        return (
            Section(self.file, f"{self.path}.{key}" if self.path else key, self._data.pop(key))
            if key in self._data
            else None
        )

    def needed(self, key: str) -> Section:
        found = self.section(key)
        if found is None:
            raise MappingError(_("%(file)s: the table [%(table)s] is missing.") % {"file": self.file, "table": key})
        return found

    def sections(self, key: str) -> list[Section]:
        value = self.take(key, list, [], words=_("a list of tables"))
        return [
            Section(self.file, f"{self.path}.{key}.{n}" if self.path else f"{key}.{n}", item)
            for n, item in enumerate(value, start=1)
        ]

    def rest(self) -> dict[str, Any]:
        data, self._data = self._data, {}
        return data

    def done(self) -> None:
        if self._data:
            raise self.fail(", ".join(sorted(self._data)), _("is not known here"))


def compiled(section: Section, key: str, expression: str) -> re.Pattern[str]:
    try:
        return re.compile(expression, re.IGNORECASE)
    except re.error as error:
        raise section.fail(key, _("is not a regular expression: %(error)s") % {"error": error}) from None


class Template:
    """A text with ``{name}`` or ``{name:02}`` (padded with zeros) in it. Nothing else is formatted: it is data."""

    _part = re.compile(r"\{(\w+)(?::0(\d))?\}")

    def __init__(self, text: str) -> None:
        self.text = text
        self.names = tuple(match[1] for match in self._part.finditer(text))

    def fill(self, value_of: Callable[[str], str]) -> str:
        filled = self._part.sub(lambda m: value_of(m[1]).rjust(int(m[2]), "0") if m[2] else value_of(m[1]), self.text)
        return filled.strip() if self.names else self.text

    def check(self, section: Section, key: str, known: Iterable[str]) -> Template:
        unknown = [name for name in self.names if name not in known]
        if unknown or "{" in self._part.sub("", self.text):
            what = ", ".join(unknown) or self.text
            raise section.fail(key, _("“%(what)s” is not a column of [columns]") % {"what": what})
        return self
