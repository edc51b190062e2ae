"""What a setting's words may be: each reader gives a typed value, or refuses the variable by its name in one line."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from django.core.exceptions import ImproperlyConfigured

TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
FALSE_WORDS = frozenset({"0", "false", "no", "off"})
HOST = re.compile(r"\.?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:.]+\]", re.IGNORECASE)
CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]")


def refuse(name: str, problem: str) -> ImproperlyConfigured:
    """The one way in which a setting is refused."""
    return ImproperlyConfigured(f"{name} {problem}")


def given(variables: Mapping[str, str], name: str) -> str:
    return variables.get(name, "").strip()


def flag(variables: Mapping[str, str], name: str) -> bool:
    word = given(variables, name).lower()
    if word in TRUE_WORDS:
        return True
    if not word or word in FALSE_WORDS:
        return False
    raise refuse(name, f"must be true or false, not {word!r}")


def number(variables: Mapping[str, str], name: str, *, default: int, lowest: int, highest: int) -> int:
    text = given(variables, name)
    if not text:
        return default
    if not re.fullmatch(r"[0-9]{1,9}", text) or not lowest <= int(text) <= highest:
        raise refuse(name, f"must be a whole number from {lowest} to {highest}, not {text!r}")
    return int(text)


def line(variables: Mapping[str, str], name: str, *, max_length: int) -> str:
    text = given(variables, name)
    if CONTROL.search(text):
        raise refuse(name, "must be one line of text without control characters")
    if len(text) > max_length:
        raise refuse(name, f"must have at most {max_length} characters, not {len(text)}")
    return text


def listed(variables: Mapping[str, str], name: str, *, check: Callable[[str], bool], wanted: str) -> list[str]:
    entries = [entry.strip() for entry in given(variables, name).split(",") if entry.strip()]
    for entry in entries:
        if not check(entry):
            raise refuse(name, f"must be {wanted}, separated by commas, not {entry!r}")
    return entries


def is_origin(text: str) -> bool:
    scheme, separator, host = text.partition("://")
    host = re.sub(r":\d{1,5}$", "", host)
    return bool(separator) and scheme in {"http", "https"} and HOST.fullmatch(host.removeprefix("*.")) is not None
