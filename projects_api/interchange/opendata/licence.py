"""The licence of the open data: a setting, as its own community writes it, or as an address."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings


@dataclass(frozen=True)
class Licence:
    name: str
    url: str


def licence() -> Licence:
    """What ``OPEN_DATA_LICENCE`` says (`config.licences`)."""
    name, url = settings.OPEN_DATA_LICENCE
    return Licence(name if name == url else name.replace("-", " "), url)
